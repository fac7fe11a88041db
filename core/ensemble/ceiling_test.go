package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"
)

// rowsOf returns n rows of raw scores, one slice a learner: most of them alike,
// as those of ordinary logs are, some missing.
func rowsOf(r *rand.Rand, learners, n int, missing bool) (raw [][]float32, rows []int) {
	for b := range learners {
		column := make([]float32, n)
		for i := range column {
			column[i] = float32(r.NormFloat64()*2 - 4)
			switch {
			case b%2 == 0 && r.IntN(4) > 0:
				column[i] = -3.25
			case missing && r.IntN(10) == 0:
				column[i] = float32(math.NaN())
			case r.IntN(50) == 0:
				column[i] = float32(r.NormFloat64() * 20)
			}
		}
		raw = append(raw, column)
	}
	for i := range n {
		rows = append(rows, i)
	}
	return raw, rows
}

// A ceiling may leave a row undecided, it never calls one below that is not,
// whatever the learners not asked say.
func TestCeilingNeverWrong(t *testing.T) {
	decided := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		tiers := randomTiers(t, r, 2+r.IntN(8))
		n := len(tiers.Bases)
		cost := make([]float64, n)
		for b := range cost {
			cost[b] = 100 * r.Float64()
		}
		learnt, rows := rowsOf(r, n, 200, seed%3 == 0)
		rate := []float64{1e-3, 1e-2, 0.1, 0.5}[seed%4]
		c := tiers.CeilingOf(learnt, rows, cost, rate, 0)
		if c == nil {
			continue
		}
		e := tiers.NewEvaluation()
		one := make([]float32, n)
		raw, _ := rowsOf(r, n, 500, true)
		for i := range 500 {
			if !c.Below(raw, i) {
				continue
			}
			decided++
			for range 4 {
				for b := range one {
					one[b] = raw[b][i]
					if c.Asked>>b&1 == 0 {
						one[b] = []float32{float32(math.NaN()), float32(math.Inf(1)), 100, float32(r.NormFloat64())}[r.IntN(4)]
					}
				}
				tiers.Evaluate(e, one)
				if e.Rate <= rate {
					t.Fatalf("seed %d: row %v has rate %v, and the ceiling for %v calls it below", seed, one, e.Rate, rate)
				}
			}
		}
	}
	if decided < 1000 {
		t.Errorf("only %d rows were decided", decided)
	}
}

func TestCeilingOfNothing(t *testing.T) {
	tiers := randomTiers(t, rand.New(rand.NewPCG(1, 1)), 3)
	if c := tiers.CeilingOf(make([][]float32, 3), nil, make([]float64, 3), 1e-3, 0); c != nil {
		t.Errorf("got a ceiling of no rows: %+v", c)
	}
}

func TestBelowDoesNotAllocate(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		tiers := randomTiers(t, r, 5)
		raw, rows := rowsOf(r, 5, 100, false)
		c := tiers.CeilingOf(raw, rows, make([]float64, 5), 1e-3, 0)
		if c == nil {
			continue
		}
		if n := testing.AllocsPerRun(10, func() { c.Below(raw, 7) }); n != 0 {
			t.Fatalf("%v allocations", n)
		}
		return
	}
	t.Fatal("no ceiling")
}
