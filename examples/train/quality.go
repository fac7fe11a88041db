package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/train"
)

// quality writes the report: each set with a model of its own, then the
// default models.
func quality(ctx context.Context, data, out, only string, seed uint64) error {
	var report bytes.Buffer
	w := io.MultiWriter(os.Stdout, &report)
	fmt.Fprintf(w, "# Measured quality\n\nWritten by `make quality DATA=...` (seed %d). R1, R01: recall at 1 %% and 0.1 %% false alarms, threshold read off the test scores (ranking). The last columns are decisions: the threshold comes from the training part alone. Choices (weights, thresholds, learners) are made on training parts only, with one configuration for all sets.\n", seed)
	for _, d := range sets() {
		if only != "" && only != d.name {
			continue
		}
		if err := measureSet(ctx, w, data, &d, seed); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
		if only != "" && only != "default-"+kind.String() {
			continue
		}
		if err := measureDefault(w, data, kind); err != nil {
			return fmt.Errorf("default model of %s: %w", kind, err)
		}
	}
	if out == "" || only != "" {
		return nil
	}
	return os.WriteFile(out, report.Bytes(), 0o644)
}

// measureSet trains on a set's training part and writes a table for each of its tests.
func measureSet(ctx context.Context, w io.Writer, data string, d *dataset, seed uint64) error {
	set, err := load(data, d, d.train, nil)
	if err != nil {
		return err
	}
	o := options(d.name, seed)
	o.Hedge = true
	fitted, err := train.Fit(ctx, set, o)
	if err != nil {
		return err
	}
	for _, t := range d.tests {
		test, err := load(data, d, t.files, set)
		if err != nil {
			return err
		}
		scored, err := train.Score(fitted.Tiers, &test.Rows)
		if err != nil {
			return err
		}
		y := labels(test)
		heading(w, d.name+": "+t.name, set, test)
		row := func(name string, weight float64, m train.Metrics) {
			fmt.Fprintf(w, "| %s | %s | %.4f | %.4f | %.4f | %.4f | | |\n", name, share(weight), m.AUROC, m.AP, m.R1, m.R01)
		}
		name, trivial := trivialRule(d, set, test)
		row("rule: "+name, math.NaN(), train.Measure(trivial, y, nil))
		for i, b := range fitted.Tiers.Bases {
			row(b.Learner.Info().ID, weightOf(fitted.Learner, b.Learner.Info().ID), train.Measure(scored.Bases[i], y, nil))
		}
		for i, m := range fitted.Tiers.Metas {
			row("meta: "+m.Name, fitted.Tiers.Super.Beta[i], train.Measure(scored.Metas[i], y, nil))
		}
		m := train.Measure(scored.LogOdds, y, nil)
		fpr, recall := realised(scored.Rate, y, 1e-2)
		fmt.Fprintf(w, "| **super** | | **%.4f** | **%.4f** | **%.4f** | **%.4f** | %.2f %% | %.4f |\n", m.AUROC, m.AP, m.R1, m.R01, 100*fpr, recall)
		besideAnchor(w, d.name+": "+t.name, m)
		decided(w, scored, y)
	}
	return nil
}

func heading(w io.Writer, title string, set, test *train.Set) {
	attacks := 0
	for _, y := range test.Y {
		attacks += int(y)
	}
	fmt.Fprintf(w, "\n## %s\n\ntrain %d rows, test %d rows (%.1f %% attacks)\n\n", title, set.Len(), test.Len(), 100*float64(attacks)/float64(max(test.Len(), 1)))
	fmt.Fprintln(w, "| learner | weight | AUROC | AP | R1 | R01 | false alarms at budget 1 % | recall there |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
}

func share(w float64) string {
	if math.IsNaN(w) {
		return ""
	}
	return fmt.Sprintf("%.2f", w)
}

func weightOf(lines []train.Line, name string) float64 {
	for _, l := range lines {
		if l.Name == name {
			return l.Weight
		}
	}
	return math.NaN()
}

func labels(s *train.Set) []uint8 {
	y := make([]uint8, s.Len())
	for i, v := range s.Y {
		y[i] = uint8(v)
	}
	return y
}

// realised returns the share of normal rows, and of attacks, whose
// false-alarm rate is within the budget.
func realised(rate []float64, y []uint8, budget float64) (fpr, recall float64) {
	var n, hit [2]float64
	for i, r := range rate {
		n[y[i]]++
		if r <= budget {
			hit[y[i]]++
		}
	}
	return hit[0] / n[0], hit[1] / n[1]
}

// trivialRule scores the test by one column: the set's own, or the one that
// separates the training part best, in the better direction there.
func trivialRule(d *dataset, set, test *train.Set) (string, []float64) {
	y := labels(set)
	best, direction, most := -1, 1.0, -1.0
	for c, name := range set.Schema.Names[:set.Schema.Stateless] {
		a := train.AUROC(columnOf(&set.Rows, c, 1), y, nil)
		if name == d.rule { // the README's own
			a = 2
			if train.AUROC(columnOf(&set.Rows, c, 1), y, nil) < 0.5 {
				a = -1
			}
		}
		if v := max(a, 1-a); v > most {
			best, most, direction = c, v, 1
			if a < 0.5 {
				direction = -1
			}
		}
	}
	return set.Schema.Names[best] + " alone", columnOf(&test.Rows, best, direction)
}

// columnOf returns a column times a factor; a missing value is the lowest.
func columnOf(rows *feature.Batch, c int, factor float64) []float64 {
	out := make([]float64, rows.N)
	for i := range out {
		out[i] = factor * float64(rows.Row(i)[c])
		if math.IsNaN(out[i]) {
			out[i] = math.Inf(-1)
		}
	}
	return out
}
