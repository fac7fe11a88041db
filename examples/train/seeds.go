package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/train"
)

// chanceSets are the sets on which the seed decides: the tests hold what training
// has not seen. On the others all seeds come to nearly the same.
var chanceSets = []string{"nsl-kdd", "unsw-nb15-new-types", "dga"}

// seedsReport trains the sets on which the seed decides with several seeds, or the one
// set only, and writes what is chance. Models are kept in a folder, one a set and
// seed, so that a run that was broken off goes on.
func seedsReport(ctx context.Context, data, out, folder, only string, seed uint64, seeds int) error {
	var list []*spread
	for _, d := range sets() {
		if only == "" && !slices.Contains(chanceSets, d.name) || only != "" && only != d.name {
			continue
		}
		l, err := (&reporting{data: data}).load(&d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		of := make([]*spread, len(l.parts))
		for i := range of {
			of[i] = &spread{title: d.name + ": " + d.tests[i].name}
		}
		for n := range seeds {
			m, err := setModel(ctx, folder, &d, l.train, seed+uint64(n))
			if err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			if err := l.addTo(of, m.Tiers); err != nil {
				return err
			}
		}
		list = append(list, of...)
	}
	var report bytes.Buffer
	w := io.MultiWriter(os.Stdout, &report)
	fmt.Fprintf(w, "# What is chance\n\nWritten by `go run ./examples/train seeds -data FOLDER -models FOLDER -seeds %d -o examples/train/SEEDS.md` (first seed %d).\n", seeds, seed)
	writeSpread(w, list)
	if out == "" || only != "" {
		return nil
	}
	return os.WriteFile(out, report.Bytes(), 0o644)
}

// spread is what several seeds came to on one test.
type spread struct {
	title          string
	auroc, r1, r01 []float64 // one a seed
	alarms         []float64 // at a budget of 1 %
}

func (s *spread) add(m train.Metrics, alarms float64) {
	s.auroc, s.r1, s.r01, s.alarms = append(s.auroc, m.AUROC), append(s.r1, m.R1), append(s.r01, m.R01), append(s.alarms, alarms)
}

// spread trains the set with further seeds, after the first, whose outcomes are
// known: learners, folds and the guard part are drawn anew. It returns nothing
// for fewer than two seeds.
func (l *loaded) spread(ctx context.Context, first []*outcome, seed uint64, seeds int) ([]*spread, error) {
	if seeds < 2 {
		return nil, nil
	}
	out := make([]*spread, len(first))
	for i, o := range first {
		out[i] = &spread{title: o.title()}
		out[i].add(o.Metrics, o.realised[slices.Index(asked, budgetMain)])
	}
	for n := range seeds - 1 {
		fitted, err := l.fit(ctx, seed+1+uint64(n))
		if err != nil {
			return nil, err
		}
		if err := l.addTo(out, fitted.Tiers); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// addTo measures a model on each of the tests.
func (l *loaded) addTo(list []*spread, t *ensemble.Tiers) error {
	for i, test := range l.parts {
		scored, err := train.Score(t, &test.Rows)
		if err != nil {
			return err
		}
		y := labels(test)
		alarms, _ := realised(scored.Rate, y, budgetMain)
		list[i].add(train.Measure(scored.LogOdds, y, nil), alarms)
	}
	return nil
}

// writeSpread writes means and standard deviations over the seeds.
func writeSpread(w io.Writer, list []*spread) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n## Chance\n\nMean and standard deviation over %d seeds of the super-learner: learners, folds and the guard part are drawn anew, the data stay.\n\n", len(list[0].auroc))
	fmt.Fprintln(w, "| test | AUROC | R1 | R01 | false alarms at budget 1 % |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	for _, s := range list {
		fmt.Fprintf(w, "| %s |", s.title)
		for _, v := range [][]float64{s.auroc, s.r1, s.r01} {
			mean, sd := meanOf(v)
			fmt.Fprintf(w, " %.4f ± %.4f |", mean, sd)
		}
		mean, sd := meanOf(s.alarms)
		fmt.Fprintf(w, " %.2f ± %.2f %% |\n", 100*mean, 100*sd)
	}
}

// meanOf returns the mean and the standard deviation of a sample (n-1).
func meanOf(v []float64) (mean, sd float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / float64(len(v)-1))
}
