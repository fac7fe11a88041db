package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/train"
)

// reporting says what quality measures and where it writes.
type reporting struct {
	data, out, only string
	plots           string // folder of the plots; beside out by default
	seed            uint64
	seeds           int // how many seeds each set is trained with
	most            int // rows of a site and label, 0 for all
}

// quality writes the report: each set with a model of its own, then the
// default models, then what goes over all tests.
func quality(ctx context.Context, o *reporting) error {
	var report bytes.Buffer
	w := io.MultiWriter(os.Stdout, &report)
	fmt.Fprintf(w, "# Measured quality\n\nWritten by `make quality DATA=...` (seed %d). R1, R01: recall at 1 %% and 0.1 %% false alarms, threshold read off the test scores (ranking). The last columns are decisions: the threshold comes from the training part alone. Choices (weights, thresholds, learners) are made on training parts only, with one configuration for all sets.\n", o.seed)
	var tests []*outcome
	var chance []*spread
	for _, d := range sets() {
		if o.only != "" && o.only != d.name {
			continue
		}
		l, err := o.load(&d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		measured, err := l.measure(ctx, w, o.seed)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		tests = append(tests, measured...)
		spreads, err := l.spread(ctx, measured, o.seed, o.seeds)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		chance = append(chance, spreads...)
	}
	for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
		if o.only != "" && o.only != "default-"+kind.String() {
			continue
		}
		measured, err := measureDefault(w, o.data, kind)
		if err != nil {
			return fmt.Errorf("default model of %s: %w", kind, err)
		}
		tests = append(tests, measured)
	}
	folder := o.plots
	if folder == "" && o.only == "" && o.out != "" {
		folder = filepath.Join(filepath.Dir(o.out), "plots")
	}
	beside := filepath.Dir(o.out) // the other reports
	var names []string            // of the plots
	if folder != "" {
		var err error
		if names, err = writePlots(folder, tests, filepath.Join(beside, "FEWSHOT.md")); err != nil {
			return err
		}
		if link, err := filepath.Rel(beside, folder); err == nil {
			folder = filepath.ToSlash(link)
		}
	}
	summarise(w, tests, beside, folder, names)
	writeSpread(w, chance)
	if o.out == "" || o.only != "" {
		return nil
	}
	return os.WriteFile(o.out, report.Bytes(), 0o644)
}

// loaded is a set whose parts are read, to train with several seeds.
type loaded struct {
	*dataset
	train *train.Set
	parts []*train.Set // of tests
}

// load reads a set, at most so many rows of each part.
func (o *reporting) load(d *dataset) (*loaded, error) {
	l := &loaded{dataset: d}
	var err error
	if l.train, err = load(o.data, d, d.train, nil); err != nil {
		return nil, err
	}
	all := func(int) bool { return true }
	for _, t := range d.tests {
		test, err := load(o.data, d, t.files, l.train)
		if err != nil {
			return nil, err
		}
		if o.most > 0 {
			test = subset(test, all, o.most)
		}
		l.parts = append(l.parts, test)
	}
	if o.most > 0 {
		l.train = subset(l.train, all, o.most)
	}
	return l, nil
}

// fit trains a model on the training part.
func (l *loaded) fit(ctx context.Context, seed uint64) (*train.Fitted, error) {
	o := options(l.name, seed)
	o.Hedge = true
	return train.Fit(ctx, l.train, o)
}

// measure trains on the training part and writes a table for each of the tests.
func (l *loaded) measure(ctx context.Context, w io.Writer, seed uint64) ([]*outcome, error) {
	fitted, err := l.fit(ctx, seed)
	if err != nil {
		return nil, err
	}
	var out []*outcome
	for k, test := range l.parts {
		scored, err := train.Score(fitted.Tiers, &test.Rows)
		if err != nil {
			return nil, err
		}
		y := labels(test)
		learners, metas := names(fitted.Tiers)
		o := outcomeOf(l.name, l.tests[k].name, learners, metas, scored, y)
		heading(w, o.title(), l.train, test)
		row := func(name string, weight float64, m train.Metrics) {
			fmt.Fprintf(w, "| %s | %s | %.4f | %.4f | %.4f | %.4f | | |\n", name, share(weight), m.AUROC, m.AP, m.R1, m.R01)
		}
		name, trivial := trivialRule(l.dataset, l.train, test)
		row("rule: "+name, math.NaN(), train.Measure(trivial, y, nil))
		for i, name := range learners {
			row(name, weightOf(fitted.Learner, name), train.Measure(scored.Bases[i], y, nil))
		}
		for i, name := range metas {
			row("meta: "+name, fitted.Tiers.Super.Beta[i], train.Measure(scored.Metas[i], y, nil))
		}
		fpr, recall := realised(scored.Rate, y, 1e-2)
		fmt.Fprintf(w, "| **super** | | **%.4f** | **%.4f** | **%.4f** | **%.4f** | %.2f %% | %.4f |\n", o.AUROC, o.AP, o.R1, o.R01, 100*fpr, recall)
		besideAnchor(w, o.title(), o.Metrics)
		decided(w, o)
		out = append(out, o)
	}
	return out, nil
}

// names returns those of the learners and metas of a model.
func names(t *ensemble.Tiers) (learners, metas []string) {
	for _, b := range t.Bases {
		learners = append(learners, b.Learner.Info().ID)
	}
	for _, m := range t.Metas {
		metas = append(metas, m.Name)
	}
	return learners, metas
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
