package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// trainFlags are the flags of train.
type trainFlags struct {
	reading
	labelling
	plugging
	data    []string
	file    string
	name    string
	seed    uint64
	workers int
	whole   bool
	ignore  []string
}

func newTrain(s streams) *cobra.Command {
	f := &trainFlags{}
	c := &cobra.Command{
		Use:   "train --kind KIND --data FILE... --label COLUMN -o MODEL",
		Short: "Make a model from labelled logs",
		Long: `Train fits base learners, meta-learners and the super-learner to labelled logs
and writes one model file. Rows of one group never straddle a fold; a guard
part that no lower tier saw sets the weights of the meta-learners and the
thresholds. The same data and seed give the same bytes.

Kind table takes CSV of arbitrary columns.`,
		Example: `  tiercel train --kind http --data train.ndjson --label label --type attack_class -o shop.tiercel
  tiercel train --kind auth --data auth.log --labels auth.labels.csv -o auth.tiercel`,
		RunE: func(c *cobra.Command, args []string) error { return fit(c.Context(), s, f, args) },
	}
	f.reading.flags(c)
	f.labelling.flags(c)
	f.plugging.flags(c)
	c.Flags().Lookup("kind").DefValue, f.kind = "", ""
	c.Flags().Lookup("kind").Usage = "kind of events: http, flow, dns, auth or table (required)"
	c.Flags().StringSliceVar(&f.data, "data", nil, "labelled `FILE`, repeatable; arguments are further ones")
	c.Flags().StringVarP(&f.file, "out", "o", "", "`MODEL` file to write (required)")
	c.Flags().StringVar(&f.name, "name", "", "name of the model, for people; default: its kind")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "seed of all random choices")
	c.Flags().IntVar(&f.workers, "workers", 0, "goroutines, 0 for one a core; the model does not depend on it")
	c.Flags().BoolVar(&f.whole, "whole", true, "http: also learn requests as a whole; right for one application, wrong for many")
	c.Flags().StringSliceVar(&f.ignore, "ignore", nil, "table: `COLUMN` that is no feature, such as an address or a leak; repeatable")
	return c
}

// fit trains a model and writes it.
func fit(ctx context.Context, s streams, f *trainFlags, args []string) error {
	if f.file == "" {
		return errors.New("train: -o MODEL is missing")
	}
	kind, err := kindOf(f.kind)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	options, _, err := f.options()
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	options.Kind = kind
	names := append(f.data, args...)
	bar := progress.New(s.err, terminalWidth(s.err))
	set, err := f.load(s, train.LoadOptions{Event: options, Ignore: f.ignore, Whole: f.whole && kind == event.HTTP}, f.format, names, bar)
	if err != nil {
		return err
	}
	if err := f.open(ctx, s, nil, []event.Kind{kind}, f.workers); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	defer f.close()
	recipe := train.Recipe(set, train.Full, f.seed)
	plugins, err := f.specs(&set.Schema)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	fitted, err := train.Fit(ctx, set, train.Options{
		Recipe: append(recipe, plugins...),
		Seed:   f.seed, Workers: f.workers, Sites: len(set.Sites) > 1, Hedge: true,
		Progress: func(done, total int, what string) {
			bar.Show(progress.State{Label: "training " + what, Done: int64(done), Total: int64(total)})
		},
	})
	bar.Clear()
	if err != nil {
		return err
	}
	bar.Note("%s", leaderboard(fitted))
	m := &model.Model{Kind: kind, Name: f.name, Schema: set.Schema, Tiers: fitted.Tiers, Card: cardOf(set, fitted, f.seed)}
	if m.Name == "" {
		m.Name = kind.String()
	}
	f.pin(m, bar)
	data, err := m.Append(nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.file, data, 0o644); err != nil {
		return err
	}
	bar.Note("%s: %d bytes, %s", report.Visible(f.file), len(data), progress.Duration(bar.Elapsed()))
	return nil
}

// cardOf says what a model was trained on and how it did on the guard part.
func cardOf(set *train.Set, fitted *train.Fitted, seed uint64) model.Card {
	card := model.Card{Seed: seed}
	for i, name := range set.Sites {
		source := model.Source{Name: filepath.Base(name)} // a model holds no paths
		for r, site := range set.Site {
			if int(site) == i {
				source.Rows++
				source.Threats += int(set.Y[r])
			}
		}
		card.Trained = append(card.Trained, source)
	}
	const part = "guard part of the training rows"
	m := fitted.Super.Metrics
	for _, q := range []model.Measure{
		{Set: part, Metric: "auroc", Value: m.AUROC},
		{Set: part, Metric: "average_precision", Value: m.AP},
		{Set: part, Metric: "recall_at_fpr 0.01", Value: m.R1},
		{Set: part, Metric: "recall_at_fpr 0.001", Value: m.R01},
	} {
		if q.Value == q.Value {
			card.Quality = append(card.Quality, q)
		}
	}
	return card
}

// leaderboard lists how each part of the tiers did on the guard part.
func leaderboard(f *train.Fitted) string {
	var b strings.Builder
	fmt.Fprintf(&b, "on the guard part, %d rows that no lower tier saw:\n", len(f.Guard))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tweight\tauroc\trecall at 1%\tat 0.1%\t")
	tier := func(name string, lines []train.Line) {
		for _, l := range lines {
			fmt.Fprintf(w, "%s %s\t%.3f\t%.4f\t%.3f\t%.3f\t\n", name, l.Name, l.Weight, l.Metrics.AUROC, l.Metrics.R1, l.Metrics.R01)
		}
	}
	tier("base", f.Learner)
	tier("meta", f.Meta)
	tier("super", []train.Line{f.Super})
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}
