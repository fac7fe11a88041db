package ensemble_test

import (
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
)

func selectorOf() *ensemble.Selector {
	return &ensemble.Selector{
		Asked: []int{2, 0},
		Edges: [][]float32{{0, 1}, {5}},
		Total: ensemble.Hits{100, 100, 200, 200, 200, 200, 200},
		Cells: []ensemble.Cell{
			{Key: 1<<5 | 1, Rows: 10_000, LogOdds: -7},                                     // certain and known
			{Key: 1<<5 | 2, Rows: 1000, Hits: ensemble.Hits{0, 0, 1, 1, 1, 1, 1}},          // one threat in a thousand
			{Key: 2<<5 | 1, Rows: ensemble.LeastKnown - 1},                                 // certain, but hardly known
			{Key: 2<<5 | 2, Rows: 400, Hits: ensemble.Hits{50, 50, 150, 150, 150, 150, 0}}, // threats
			{Key: 3<<5 | 1, Rows: 200},                                                     // certain, known a little
		},
	}
}

func TestSelectorPlan(t *testing.T) {
	s := selectorOf()
	s.Cells[3].Hits[6] = 150
	if err := s.Check(3); err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	raw := [][]float32{{4, 9, 4, 9, 4, 4, nan}, nil, {-1, -1, 0, 0, 1, nan, -1}}
	cases := []struct {
		name        string
		rate, share float64
		want        string // of the rows: s for spared
	}{
		{"nothing may be lost", 1e-3, 0, "-------"},
		{"half a threat of 200", 1e-3, 0.0025, "s------"},
		{"as much at a rate with 100 threats", 1e-4, 0.005, "s------"},
		{"two and a half", 1e-3, 0.0125, "ss--s--"},
		{"the cell of few rows stays however much may be lost", 1e-3, 1, "ss-ss--"},
		{"a rate between two counts as the higher", 9e-4, 0.0125, "ss--s--"},
		{"a rate above all", 0.2, 1, "-------"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plan, got := s.Plan(c.rate, c.share), ""
			for i := range raw[0] {
				mark := "-"
				if plan != nil {
					if z, ok := plan.Spares(raw, i); ok {
						mark = "s"
						if i == 0 && z != -7 {
							t.Errorf("log-odds %v, want -7", z)
						}
					}
				}
				got += mark
			}
			if got != c.want {
				t.Errorf("spared %s, want %s", got, c.want)
			}
		})
	}
	plan := s.Plan(1e-3, 0.0125)
	if n := testing.AllocsPerRun(100, func() { plan.Spares(raw, 0) }); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
}
