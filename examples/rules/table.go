package main

import (
	"fmt"
	"io"
	"math"

	"github.com/tiercel/tiercel/core/train"
)

// writeRow writes one line of the table.
func writeRow(w io.Writer, s *set, d detector, j *judgement) {
	y := make([]uint8, len(s.requests))
	var all, alarmed [2]float64
	for i, r := range s.requests {
		y[i] = r.label
		all[r.label]++
		if j.alarms[i] {
			alarmed[r.label]++
		}
	}
	m := train.Measure(j.scores, y, nil)
	if all[0] == 0 || all[1] == 0 { // a rank among one class says nothing
		m.AUROC, m.R01 = math.NaN(), math.NaN()
	}
	fmt.Fprintf(w, "| %s | %.0f / %.0f | %s | %s | %s | %s | %s | %.0f |\n",
		s.name, all[0], all[1], d, figure(alarmed[1]/all[1]), figure(alarmed[0]/all[0]), figure(m.AUROC), figure(m.R01), j.speed)
}

func figure(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprintf("%.4f", v)
}
