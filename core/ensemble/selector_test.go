package ensemble_test

import (
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
)

func selectorOf() *ensemble.Selector {
	const no = 2
	return &ensemble.Selector{
		Asked: []int{2, 0},
		Edges: [][]float32{{0, 1}, {5}},
		Cells: []ensemble.Cell{
			{Key: 1<<5 | 1, Rows: 10_000, LogOdds: -7, Losses: ensemble.Losses{.005, .005, .0025, .0025, .0025, .0025, no}},
			{Key: 1<<5 | 2, Rows: 1000, Losses: ensemble.Losses{.01, .01, .01, .01, .01, .01, .01}},
			{Key: 2<<5 | 2, Rows: 400, Losses: ensemble.Losses{no, no, .8, .8, .8, .8, .8}},
			{Key: 3<<5 | 1, Rows: ensemble.LeastKnown, Losses: ensemble.Losses{.0125, .0125, .0125, .0125, .0125, .0125, .0125}},
		},
	}
}

func TestSelectorPlan(t *testing.T) {
	s := selectorOf()
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
		{"the cell of least risk", 1e-3, 0.0025, "s------"},
		{"its loss at another rate", 1e-4, 0.0025, "-------"},
		{"three cells", 1e-3, 0.0125, "ss--s--"},
		{"however much may be lost, what is above 1 stays", 1e-4, 5, "ss--s--"},
		{"all known cells", 1e-3, 1, "ss-ss--"},
		{"a rate between two counts as the higher", 2e-4, 0.005, "s------"},
		{"a cell of its own order", 1e-1, 0.01, "-s-----"},
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
