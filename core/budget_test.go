package core_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/tiercel/tiercel/core"
)

func TestParseBudget(t *testing.T) {
	tests := []struct {
		text string
		want core.Budget
	}{
		{"20/day", core.Budget{PerDay: 20}},
		{"0.5/day", core.Budget{PerDay: 0.5}},
		{"1e3/day", core.Budget{PerDay: 1000}},
		{"0.1%", core.Budget{Rate: 0.001}},
		{"50%", core.Budget{Rate: 0.5}},
		{"1e-3", core.Budget{Rate: 0.001}},
		{"0.5", core.Budget{Rate: 0.5}},
	}
	for _, c := range tests {
		t.Run(c.text, func(t *testing.T) {
			got, err := core.ParseBudget(c.text)
			if err != nil || math.Abs(got.Rate-c.want.Rate) > 1e-15 || got.PerDay != c.want.PerDay {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
	for _, text := range []string{
		"", "/day", "%", "day", "x/day", "20 /day", "20/hour", "0", "0%", "0/day", "-1", "-1%", "-1/day",
		"0.51", "51%", "1", "NaN", "NaN%", "NaN/day", "Inf", "inf/day", "1e13/day", "1e400/day", "0x", "0.1 %", "0.1%%",
	} {
		t.Run("refused "+text, func(t *testing.T) {
			if got, err := core.ParseBudget(text); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}

// What a budget parses to is a budget that works.
func FuzzParseBudget(f *testing.F) {
	for _, text := range []string{"20/day", "0.1%", "1e-3", "", "/day", "%", "1e309", "0x1p-2", "1_0", "-0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := core.ParseBudget(text)
		if err != nil {
			return
		}
		if r := b.Allowed(1000, 0); !(r > 0 && r <= core.MaxRate) {
			t.Errorf("%q allows %v", text, r)
		}
	})
}

func TestBudgetAllowed(t *testing.T) {
	const day = int64(24 * 60 * 60 * 1e9)
	tests := []struct {
		name    string
		budget  core.Budget
		n, span int64
		want    float64
	}{
		{"a share is the same at any time", core.Budget{Rate: 1e-3}, 1, 0, 1e-3},
		{"a share is the same after much", core.Budget{Rate: 1e-3}, 1e9, 90 * day, 1e-3},
		{"a day's alarms over a day's events", core.Budget{PerDay: 20}, 100_000, day, 2e-4},
		{"a short log has the whole day's budget", core.Budget{PerDay: 20}, 100_000, day / 100, 2e-4},
		{"several days share out", core.Budget{PerDay: 20}, 100_000, 10 * day, 2e-3},
		{"the first events do not get all", core.Budget{PerDay: 20}, 10, 0, 1e-2},
		{"before the first event", core.Budget{PerDay: 20}, 0, 0, 1e-2},
		{"a daily budget wins", core.Budget{Rate: 0.5, PerDay: 1}, 1_000_000, day, 1e-6},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if got := c.budget.Allowed(c.n, c.span); math.Abs(got-c.want) > 1e-12 {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// A daily budget holds over a scan: no more alarms than it allows at the rate
// of events that the log turned out to have.
func TestScanDailyBudget(t *testing.T) {
	l := &sampleOf(t).test[0]
	count := func(b core.Budget) (threats int64) {
		_, sum, _ := scanAll(t, engineOf(t, core.Options{Workers: 2, Budget: b}), l, 0)
		return sum.Threats
	}
	few, many := count(core.Budget{PerDay: 0.001}), count(core.Budget{PerDay: 1000})
	if few >= many || many == 0 {
		t.Errorf("%d threats at 0.001 a day, %d at 1000 a day", few, many)
	}
	if got := count(core.Budget{PerDay: 1000}); got > count(core.Budget{Rate: 1e-2}) {
		t.Errorf("%d threats at 1000 a day, beyond the cap", got)
	}
}

func ExampleParseBudget() {
	for _, text := range []string{"20/day", "0.1%", "1e-3", "all"} {
		b, err := core.ParseBudget(text)
		fmt.Println(text, b.Allowed(100_000, 0), err != nil)
	}
	// Output:
	// 20/day 0.0002 false
	// 0.1% 0.001 false
	// 1e-3 0.001 false
	// all 0 true
}

// What is within another budget never allows more than it.
func TestBudgetWithin(t *testing.T) {
	budgets := []core.Budget{{Rate: 1e-4}, {Rate: 5e-3}, {Rate: 1e-2}, {Rate: 0.1}, {PerDay: 1}, {PerDay: 50}}
	within := 0
	for _, b := range budgets {
		for _, wide := range budgets {
			if !b.Within(wide) {
				continue
			}
			within++
			for _, n := range []int64{1, 100, 1e4, 1e9} {
				for _, span := range []int64{0, 1e15, 1e18} {
					if b.Allowed(n, span) > wide.Allowed(n, span) {
						t.Errorf("%+v allows more than %+v after %d events over %d ns", b, wide, n, span)
					}
				}
			}
		}
	}
	if want := 4 + 3 + 2 + 1 + 2 + 1 + 2*2; within != want {
		t.Errorf("%d pairs, want %d", within, want)
	}
}
