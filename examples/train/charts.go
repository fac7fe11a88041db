package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// asked are the budgets of false alarms that are compared with what they came to.
var asked = []float64{0.001, 0.003, budgetMain, 0.03}

// budgetMain is the budget that tables speak of: 1 %.
const budgetMain = 0.01

// rocFrom and rocTo are the ends of the ROC plots: a budget above 5 % of all
// normal events is none.
const (
	rocFrom, rocTo = 2e-4, 0.05
	rocPoints      = 72
)

// rocRates are the shares of false alarms of the ROC plots, evenly spaced in
// their logarithm.
func rocRates() []float64 {
	rates := make([]float64, rocPoints)
	for i := range rates {
		rates[i] = rocFrom * math.Pow(rocTo/rocFrom, float64(i)/(rocPoints-1))
	}
	return rates
}

// roc returns the recall at each of the rates, which rise: the attacks that
// score above as many normal rows as the rate allows. Equals are not found, and
// of two rows with one score neither is told apart. All are NaN where a class
// is missing.
func roc[T ~float32 | ~float64](scores []T, y []uint8, rates []float64) []float64 {
	var normal, attack []float64
	for i, s := range scores {
		v := float64(s)
		if v != v {
			v = math.Inf(-1) // what nobody judged is not found
		}
		if y[i] == 1 {
			attack = append(attack, v)
		} else {
			normal = append(normal, v)
		}
	}
	out := make([]float64, len(rates))
	if len(normal) == 0 || len(attack) == 0 {
		for i := range out {
			out[i] = math.NaN()
		}
		return out
	}
	slices.SortFunc(normal, func(a, b float64) int { return cmp.Compare(b, a) })
	slices.SortFunc(attack, func(a, b float64) int { return cmp.Compare(b, a) })
	found := 0
	for i, rate := range rates {
		// The first normal row that may not be an alarm, and all that equal it.
		allowed := int(rate * float64(len(normal)))
		for ; found < len(attack) && (allowed >= len(normal) || attack[found] > normal[allowed]); found++ {
		}
		out[i] = float64(found) / float64(len(attack))
	}
	return out
}

// rateAxis is an axis of shares of false alarms, as logarithms.
func rateAxis(label string, from, to float64) axis {
	a := axis{label: label, min: from, max: to, scale: math.Log}
	for _, v := range []float64{1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 5e-2, 0.1, 0.3} {
		if v >= from && v <= to && !(v == 5e-2 && to > v) {
			a.ticks = append(a.ticks, tick{v, strconv.FormatFloat(100*v, 'g', 2, 64) + " %"})
		}
	}
	return a
}

// shareAxis is an axis from 0 to 1.
func shareAxis(label string) axis {
	a := axis{label: label, max: 1}
	for i := range 6 {
		v := float64(i) / 5
		a.ticks = append(a.ticks, tick{v, fmt.Sprintf("%.1f", v)})
	}
	return a
}

// rocPlot draws recall against few false alarms for the tests of one set: the
// super-learner, and dashed the best learner or meta below it.
func rocPlot(set string, tests []*outcome) *plot {
	p := &plot{
		title: set + ": recall at few false alarms",
		note:  "Threshold read off the test (ranking). Dotted: budgets of 0.1 % and 1 %.",
		x:     rateAxis("false alarms, share of normal rows", rocFrom, rocTo),
		y:     shareAxis("recall, share of attacks"), within: []float64{1e-3, 1e-2},
	}
	rates := rocRates()
	for i, t := range tests {
		name := ""
		if t.test != "" {
			name = t.test + ": "
		}
		p.series = append(
			p.series,
			series{name: name + "super", x: rates, y: t.superROC, colour: i},
			series{name: name + t.best, x: rates, y: t.bestROC, colour: i, dashed: true},
		)
	}
	return p
}

// budgetFrom and budgetTo are the ends of the plot of budgets.
const budgetFrom, budgetTo = 1e-4, 0.5

// budgetPlot draws for all tests what budgets came to.
func budgetPlot(tests []*outcome) *plot {
	p := &plot{
		title: "Budget asked, budget realised",
		note:  "Thresholds from the training part. Shaded: half to one and a half of the budget. At the lower edge: 0.01 % or less.",
		x:     rateAxis("false alarms asked", 7e-4, 0.043), y: rateAxis("false alarms realised on the test", budgetFrom, budgetTo),
		diagonal: true, band: [2]float64{0.5, 1.5},
	}
	for i, t := range tests {
		p.series = append(p.series, series{
			name: t.title(), x: asked, y: t.realised, colour: i, dashed: i >= len(palette), marks: true,
		})
	}
	return p
}

// fewshotPlot draws what labels of a new site gain, from the report of that
// experiment; nil where it has no table of means.
func fewshotPlot(report string) *plot {
	lines := [...]series{
		{name: "AUROC", marks: true},
		{name: "R1", colour: 1, marks: true},
		{name: "AUROC, plain refit", dashed: true, marks: true},
		{name: "R1, plain refit", colour: 1, dashed: true, marks: true},
	}
	p := &plot{
		title: "A new site, with few labels",
		note:  "Mean over pairs of sites (FEWSHOT.md). Plain refit: the anchor in scikit-learn.",
		x:     axis{label: "labels of the new site", scale: math.Log1p}, y: shareAxis(""),
	}
	_, table, _ := strings.Cut(report, "\n## Means")
	table, _, _ = strings.Cut(table, "\n## ")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 {
			continue
		}
		refit, more, _ := strings.Cut(cells[5], "/")
		k, err := strconv.ParseFloat(strings.TrimSpace(cells[1]), 64)
		if err != nil {
			continue // the head of the table
		}
		for i, text := range []string{cells[2], cells[3], refit, more} {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				v = math.NaN()
			}
			lines[i].x, lines[i].y = append(lines[i].x, k), append(lines[i].y, v)
		}
		p.x.max = max(p.x.max, k)
		p.x.ticks = append(p.x.ticks, tick{k, strconv.FormatFloat(k, 'g', -1, 64)})
	}
	if len(p.x.ticks) < 2 {
		return nil
	}
	p.y.min, p.y.ticks = 0.5, nil
	for i := range 6 {
		v := 0.5 + float64(i)/10
		p.y.ticks = append(p.y.ticks, tick{v, fmt.Sprintf("%.1f", v)})
	}
	p.y.label = "AUROC; recall at 1 % false alarms"
	p.series = lines[:]
	return p
}
