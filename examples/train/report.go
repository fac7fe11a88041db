package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/tiercel/tiercel/core/train"
)

// outcome is what a model came to on one test.
type outcome struct {
	set, test string
	train.Metrics
	best      string // the best single learner or meta by AUROC on the test
	bestAUROC float64
	realised  []float64 // false alarms at each of the budgets asked
	limits    []limited

	superROC, bestROC []float64 // recall at rocRates
}

// limited is what a decision at a limit of false alarms comes to: with the
// threshold that the training part's rows out of fold set, and with the one that
// is read off the test.
type limited struct{ fromTraining, fromTest train.Confusion }

// decisionLimits are the shares of false alarms that the goals allow decisions.
var decisionLimits = [...]float64{0.06, 0.03}

func (o *outcome) title() string {
	if o.test == "" {
		return o.set
	}
	return o.set + ": " + o.test
}

// outcomeOf measures what the tiers said of the rows of a test.
func outcomeOf(set, test string, learners, metas []string, s *train.Scored, y []uint8) *outcome {
	o := &outcome{set: set, test: test, Metrics: train.Measure(s.LogOdds, y, nil), bestAUROC: math.Inf(-1)}
	rates := rocRates()
	o.superROC = roc(s.LogOdds, y, rates)
	for i, b := range s.Bases {
		if a := train.AUROC(b, y, nil); a > o.bestAUROC {
			o.best, o.bestAUROC, o.bestROC = learners[i], a, roc(b, y, rates)
		}
	}
	for i, m := range s.Metas {
		if a := train.AUROC(m, y, nil); a > o.bestAUROC {
			o.best, o.bestAUROC, o.bestROC = "meta "+metas[i], a, roc(m, y, rates)
		}
	}
	for _, budget := range asked {
		fpr, _ := realised(s.Rate, y, budget)
		o.realised = append(o.realised, fpr)
	}
	against := make([]float64, len(s.Rate)) // high where the rate is low
	for i, r := range s.Rate {
		against[i] = -r
	}
	for _, limit := range decisionLimits {
		_, threshold := train.RecallAt(s.LogOdds, y, nil, limit)
		o.limits = append(o.limits, limited{
			train.Confuse(against, y, nil, -limit), train.Confuse(s.LogOdds, y, nil, threshold),
		})
	}
	return o
}

// summarise writes the tables over all tests, the goals with what the reports in
// the folder beside say of them, and embeds the plots of another folder.
func summarise(w io.Writer, tests []*outcome, beside, folder string, plots []string) {
	fmt.Fprint(w, "\n# Over all tests\n\n## Decisions\n\nF1 and accuracy where false alarms may be at most 6 % and 3 %. First by a threshold that the training part's normal rows out of fold set, with the false alarms that it came to on the test; then, for comparison with published figures, by the threshold read off the test itself, which nobody has who must decide.\n\n")
	fmt.Fprintln(w, "| test | limit | F1 | accuracy | false alarms realised | F1, threshold off the test | accuracy |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for _, t := range tests {
		for i, limit := range decisionLimits {
			a, b := t.limits[i].fromTraining, t.limits[i].fromTest
			fmt.Fprintf(w, "| %s | %.0f %% | %.3f | %.3f | %.2f %% | %.3f | %.3f |\n", t.title(), 100*limit, a.F1(), a.Accuracy(), 100*a.FPR(), b.F1(), b.Accuracy())
		}
	}
	superLessBest(w, tests)
	writeGoals(w, tests, beside)
	if len(plots) > 0 {
		fmt.Fprint(w, "\n## Plots\n\n")
	}
	for _, p := range plots {
		fmt.Fprintf(w, "![%s](%s/%s)\n", strings.TrimSuffix(p, ".svg"), folder, p)
	}
}

// leastOfBest is how far below the best of its parts the super-learner may be.
const leastOfBest = -0.005

// superLessBest writes the super-learner beside the best single learner or meta
// of each test, chosen by hindsight.
func superLessBest(w io.Writer, tests []*outcome) {
	fmt.Fprint(w, "\n## Super less best\n\nAUROC of the super-learner less that of the best single learner or meta on the test, which only hindsight tells. The goal: never below -.005, above 0 on half of the sets.\n\n")
	fmt.Fprintln(w, "| test | super | best | AUROC | super less best |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	worst, above, below := math.Inf(1), 0, 0
	for _, t := range tests {
		d := t.AUROC - t.bestAUROC
		worst = min(worst, d)
		if d > 0 {
			above++
		}
		if d < leastOfBest {
			below++
		}
		fmt.Fprintf(w, "| %s | %.4f | %s | %.4f | %+.4f |\n", t.title(), t.AUROC, t.best, t.bestAUROC, d)
	}
	if len(tests) > 0 {
		fmt.Fprintf(w, "\nLowest %+.4f; below -.005 on %d of %d tests, above 0 on %d.\n", worst, below, len(tests), above)
	}
}

// writePlots draws everything into a folder and returns the files' names.
func writePlots(folder string, tests []*outcome, fewshot string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	var names []string
	write := func(name string, p *plot) error {
		names = append(names, name+".svg")
		return os.WriteFile(filepath.Join(folder, name+".svg"), p.svg(), 0o644)
	}
	if err := write("budgets", budgetPlot(tests)); err != nil {
		return nil, err
	}
	for from := 0; from < len(tests); {
		to := from
		for to < len(tests) && tests[to].set == tests[from].set {
			to++
		}
		if err := write("roc-"+tests[from].set, rocPlot(tests[from].set, tests[from:to])); err != nil {
			return nil, err
		}
		from = to
	}
	if report, err := os.ReadFile(fewshot); err == nil {
		if p := fewshotPlot(string(report)); p != nil {
			if err := write("fewshot", p); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}
