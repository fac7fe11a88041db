package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// Settings of the few-shot experiment: those of the anchor that it is compared
// with.
const (
	fewshotRows  = 5000 // of a site's part, evenly spaced
	fewshotDraws = 5    // of the labels
)

var fewshotLabels = [...]int{0, 5, 10, 50}

// source is a site: its rows to train on and draw labels from, and its test.
type source struct {
	name        string
	train, test *train.Set
}

// fewshotSources loads the labelled HTTP sets, each taken for one site. Requests
// are not learned whole: a model is to serve another site.
func fewshotSources(data string) ([]source, error) {
	var out []source
	for _, d := range sets() {
		if d.kind != event.HTTP {
			continue
		}
		d.whole = false
		all := func(int) bool { return true }
		learn, err := load(data, &d, d.train, nil)
		if err != nil {
			return nil, err
		}
		test, err := load(data, &d, d.tests[0].files, learn)
		if err != nil {
			return nil, err
		}
		out = append(out, source{d.name, subset(learn, all, fewshotRows/2), subset(test, all, fewshotRows/2)})
	}
	return out, nil
}

// fewshot measures what a model of one site does on another, without labels and
// with a few, for all pairs of sites. Models are kept in a folder and made where
// they are missing.
func fewshot(ctx context.Context, data, out, folder string, seed uint64) error {
	sources, err := fewshotSources(data)
	if err != nil {
		return err
	}
	var pairs []*fewshotPair
	for from := range sources {
		m, err := fewshotModel(ctx, folder, &sources[from], seed)
		if err != nil {
			return fmt.Errorf("%s: %w", sources[from].name, err)
		}
		for to := range sources {
			if from == to {
				continue
			}
			p, err := newPair(from, to, m, &sources[to])
			if err != nil {
				return err
			}
			pairs = append(pairs, p)
		}
	}
	priors := fewshotPriors()
	if err := measureAll(pairs, priors); err != nil {
		return err
	}
	constants, others, reptile := newFewshotTable(), newFewshotTable(), newFewshotTable()
	var rows bytes.Buffer
	for _, p := range pairs {
		constants.add(p.byPrior[0])
		others.add(p.byPrior[chosen(pairs, len(priors), p.to)])
		reptile.add(p.reptile)
		for i, k := range fewshotLabels {
			q := p.byPrior[0].mean(i)
			fmt.Fprintf(&rows, "| %s | %s | %d | %.3f | %.3f | %.3f | %s |\n", sources[p.from].name, p.site.name, k, q.auroc, q.r1, q.alarms, q.shares())
		}
	}
	var report bytes.Buffer
	w := io.MultiWriter(os.Stdout, &report)
	fmt.Fprintf(w, "# Few labels of a new site\n\nWritten by `go run ./examples/train fewshot -data FOLDER -o examples/train/FEWSHOT.md` (seed %d). A model learns one site (%d rows at most) and is scored on another; then k records of that one are labelled, half of them attacks, in %d draws. Thresholds of R1 are read off the test scores (ranking).\n", seed, fewshotRows, fewshotDraws)
	fmt.Fprintf(w, "\n## Means over %d pairs\n\nWith scales of the prior that were chosen on the other sites.\n\n| k | AUROC | R1 | false alarms at a budget of 1 %% | anchor: refit, AUROC / R1 | anchor: best of four, R1 |\n|---|---|---|---|---|---|\n", len(pairs))
	anchors := [...][2]string{{".869 / .615", ""}, {".884 / .625", ".731"}, {".872 / .630", ".749"}, {".928 / .676", ".784"}}
	for i, k := range fewshotLabels {
		q := others.mean(i)
		fmt.Fprintf(w, "| %d | %.3f | %.3f | %.3f | %s | %s |\n", k, q.auroc, q.r1, q.alarms, anchors[i][0], anchors[i][1])
	}
	writePriors(w, constants, others, reptile)
	if err := siteLog(ctx, w, data, pairs, func(source int) string { return sources[source].name }); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n## Pairs\n\nWith the constants. The last columns are the shares of the recipes.\n\n| learned | new site | k | AUROC | R1 | false alarms at 1 %% |")
	for r := range adapt.NumRecipes {
		fmt.Fprintf(w, " %s |", r)
	}
	fmt.Fprintf(w, "\n|---|---|---|---|---|---|---|---|---|---|---|\n%s", rows.Bytes())
	if out == "" {
		return nil
	}
	return os.WriteFile(out, report.Bytes(), 0o644)
}

// fewshotModel returns the model of a site, from the folder where it is there.
func fewshotModel(ctx context.Context, folder string, s *source, seed uint64) (*model.Model, error) {
	return keptModel(folder, s.name, func() (*model.Model, error) {
		fitted, err := train.Fit(ctx, s.train, options(s.name, seed))
		if err != nil {
			return nil, err
		}
		return &model.Model{Kind: event.HTTP, Name: s.name, Schema: s.train.Schema, Tiers: fitted.Tiers}, nil
	})
}

// keptModel returns the model of that name in a folder; where there is none it
// makes and keeps it. Without a folder it is made each time.
func keptModel(folder, name string, fit func() (*model.Model, error)) (*model.Model, error) {
	path := filepath.Join(folder, name+".tiercel")
	if folder != "" {
		if data, err := os.ReadFile(path); err == nil {
			return model.Read(data, model.Limits{})
		}
	}
	m, err := fit()
	if err != nil || folder == "" {
		return m, err
	}
	data, err := m.Append(nil)
	if err != nil {
		return nil, err
	}
	return m, os.WriteFile(path, data, 0o644)
}

// fewshotQuality is what was measured for one number of labels.
type fewshotQuality struct {
	auroc, r1, alarms float64
	share             [adapt.NumRecipes]float64
}

func (q *fewshotQuality) shares() string {
	text := ""
	for r, v := range q.share {
		if r > 0 {
			text += " | "
		}
		text += fmt.Sprintf("%.2f", v)
	}
	return text
}

// fewshotTable adds up what was measured, by number of labels.
type fewshotTable struct {
	sum   []fewshotQuality
	count []float64
}

func newFewshotTable() *fewshotTable {
	n := len(fewshotLabels)
	return &fewshotTable{sum: make([]fewshotQuality, n), count: make([]float64, n)}
}

func (t *fewshotTable) put(i int, q fewshotQuality) {
	s := &t.sum[i]
	s.auroc += q.auroc
	s.r1 += q.r1
	s.alarms += q.alarms
	for r := range s.share {
		s.share[r] += q.share[r]
	}
	t.count[i]++
}

func (t *fewshotTable) mean(i int) fewshotQuality {
	q, n := t.sum[i], t.count[i]
	q.auroc, q.r1, q.alarms = q.auroc/n, q.r1/n, q.alarms/n
	for r := range q.share {
		q.share[r] /= n
	}
	return q
}

// add adds the means of a pair.
func (t *fewshotTable) add(pair *fewshotTable) {
	for i := range t.sum {
		t.put(i, pair.mean(i))
	}
}
