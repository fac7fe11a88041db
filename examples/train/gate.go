package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// What the gate is measured at: the budget of R1, and the share of threats that
// learned skipping may lose unless another is asked for.
const (
	gateBudget = 1e-2
	gateShare  = 0.005
	gateRows   = 512 // that the exact gate's box is made from, as in the engine
)

// gate measures what the exact gate and learned skipping save, and what skipping
// loses, on each set with a model of its own and on the default models. Models
// are kept in a folder and made where they are missing. Share is what skipping may lose.
func gate(ctx context.Context, data, out, folder, only string, seed uint64, share float64) error {
	var report bytes.Buffer
	w := io.MultiWriter(os.Stdout, &report)
	fmt.Fprintf(w, "# What the gate saves\n\nWritten by `go run ./examples/train gate -data FOLDER -models FOLDER -o examples/train/GATE.md` (seed %d): base learners that run on a row, on average, at a budget of %g %% where learned skipping may lose %g %% of the threats. Exact: early exit alone, which changes no threat. Learned: skipping alone. A threat is always given every learner, so what is saved on all rows is bounded by the share of attacks among them; a log is nearly all normal rows. R1 and recall at the budget: with every learner, and the change by skipping.\n\n", seed, 100*gateBudget, 100*share)
	fmt.Fprintln(w, "| test | attacks | learners | exact | learned | saved | on normal rows | saved | R1 | change | recall at 1 % | change |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, d := range sets() {
		if only != "" && only != d.name {
			continue
		}
		set, err := load(data, &d, d.train, nil)
		if err != nil {
			return err
		}
		m, err := setModel(ctx, folder, &d, set, seed)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		for _, t := range d.tests {
			test, err := load(data, &d, t.files, set)
			if err != nil {
				return err
			}
			if err := measureGate(w, d.name+": "+t.name, m, test, share); err != nil {
				return err
			}
		}
	}
	for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
		name := "default-" + kind.String()
		if only != "" && only != name {
			continue
		}
		m, err := defaultModel(kind)
		if err != nil {
			return err
		}
		test, err := load(data, &dataset{kind: kind}, defaults(kind, "test"), nil)
		if err != nil {
			return err
		}
		if err := measureGate(w, name, m, test, share); err != nil {
			return err
		}
	}
	if out == "" || only != "" {
		return nil
	}
	return os.WriteFile(out, report.Bytes(), 0o644)
}

// setModel returns the model of a set as quality trains it, from the folder where
// it is there.
func setModel(ctx context.Context, folder string, d *dataset, set *train.Set, seed uint64) (*model.Model, error) {
	return keptModel(folder, fmt.Sprintf("%s-%d", d.name, seed), func() (*model.Model, error) {
		o := options(d.name, seed)
		o.Hedge = true
		fitted, err := train.Fit(ctx, set, o)
		if err != nil {
			return nil, err
		}
		return &model.Model{Kind: d.kind, Name: d.name, Schema: set.Schema, Tiers: fitted.Tiers, Selector: fitted.Selector}, nil
	})
}

// measureGate writes a row of the table.
func measureGate(w io.Writer, name string, m *model.Model, test *train.Set, share float64) error {
	scored, err := train.Score(m.Tiers, &test.Rows)
	if err != nil {
		return err
	}
	y, n := labels(test), float64(test.Len())
	attacks := 0.0
	for _, v := range y {
		attacks += float64(v)
	}
	learners := float64(len(m.Tiers.Bases))
	plain := train.Measure(scored.LogOdds, y, nil)
	_, recall := realised(scored.Rate, y, gateBudget)
	fmt.Fprintf(w, "| %s | %.0f %% | %.0f | %.2f |", name, 100*attacks/n, learners, exactCost(m.Tiers, scored.Bases))
	var plan *ensemble.Plan
	if m.Selector != nil {
		plan = m.Selector.Plan(gateBudget, share)
	}
	if plan == nil {
		fmt.Fprintf(w, " no selector | | | | %.4f | | %.4f | |\n", plain.R1, recall)
		return nil
	}
	logOdds, rate := slices.Clone(scored.LogOdds), slices.Clone(scored.Rate)
	var skipped [2]float64 // normal rows, attacks
	for i := range y {
		z, ok := plan.Spares(scored.Bases, i)
		if !ok {
			continue
		}
		skipped[y[i]]++
		logOdds[i], rate[i] = z, max(m.Tiers.Super.Rate(z), 2*gateBudget)
	}
	asked := float64(len(m.Selector.Asked))
	cost := func(share float64) float64 { return learners - (learners-asked)*share }
	all, normal := cost((skipped[0]+skipped[1])/n), cost(skipped[0]/(n-attacks))
	after := train.Measure(logOdds, y, nil)
	_, left := realised(rate, y, gateBudget)
	fmt.Fprintf(w, " %.2f | %.1fx | %.2f | %.1fx | %.4f | %+.4f | %.4f | %+.4f |\n",
		all, learners/all, normal, learners/normal, plain.R1, after.R1-plain.R1, recall, left-recall)
	return nil
}

// exactCost returns how many learners run on a row with early exit alone.
func exactCost(t *ensemble.Tiers, raw [][]float32) float64 {
	cost := make([]float64, len(t.Bases))
	for b := range cost {
		cost[b] = 1
	}
	rows := make([]int, len(raw[0]))
	for i := range rows {
		rows[i] = i
	}
	all := float64(len(cost))
	step := max(1, len(rows)/gateRows)
	var some []int
	for i := 0; i < len(rows) && len(some) < gateRows; i += step {
		some = append(some, i)
	}
	box := t.CeilingOf(raw, some, cost, gateBudget, 0)
	if box == nil {
		return all
	}
	asked := 0.0
	for b := range cost {
		asked += float64(box.Asked >> b & 1)
	}
	return asked + (all-asked)*box.Undecided(raw, rows)
}
