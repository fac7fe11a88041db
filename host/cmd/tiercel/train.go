package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

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
	output  string
	tuning
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

Kind table takes CSV of arbitrary columns.

--tune first chooses the settings of the base learners, by successive halving
over a small grid for each, judged out of fold on the rows outside the guard
part; what is not better than the default by more than a standard error stays.
With a budget of fits the same data, seed and budget give the same settings;
with one of time they depend on the machine. Stopped with ctrl-c, it goes on
from --tune-state.

The leaderboard goes to standard error; with --output json it goes to standard
output, for programs.`,
		Example: `  tiercel train --kind http --data train.ndjson --label label --type attack_class -o shop.tiercel
  tiercel train --kind auth --data auth.log --labels auth.labels.csv -o auth.tiercel
  tiercel train --kind dns --data names.csv --tune --tune-budget 10m --tune-state names.tune -o dns.tiercel`,
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
	c.Flags().StringVar(&f.output, "output", "text", "leaderboard: text on standard error, or json on standard output")
	f.tuning.flags(c)
	c.Flags().StringSliceVar(&f.ignore, "ignore", nil, "table: `COLUMN` that is no feature, such as an address or a leak; repeatable")
	return c
}

// fit trains a model and writes it.
func fit(ctx context.Context, s streams, f *trainFlags, args []string) error {
	if f.file == "" {
		return errors.New("train: -o MODEL is missing")
	}
	if f.output != "text" && f.output != "json" {
		return fmt.Errorf("train: --output %s: want text or json", f.output)
	}
	if err := f.tuning.parse(); err != nil {
		return fmt.Errorf("train: %w", err)
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
	o := train.Options{
		Recipe: append(recipe, plugins...),
		Seed:   f.seed, Workers: f.workers, Sites: len(set.Sites) > 1, Hedge: true,
	}
	tuned, err := f.tune(ctx, set, &o, s)
	if err != nil {
		return err
	}
	show := progress.New(s.err, terminalWidth(s.err)) // time left is that of the fits
	o.Progress = func(done, total int, what string) {
		show.Show(progress.State{Label: "training " + what, Done: int64(done), Total: int64(total)})
	}
	fitted, err := train.Fit(ctx, set, o)
	show.Clear()
	if err != nil {
		return err
	}
	board := boardOf(fitted, fitted.Costs(set), len(fitted.Guard))
	if f.output == "text" {
		bar.Note("%s", board.text())
	}
	m := &model.Model{Kind: kind, Name: f.name, Schema: set.Schema, Tiers: fitted.Tiers, Selector: fitted.Selector, Card: cardOf(set, fitted, f.seed)}
	m.Card.Tuned = tuned
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
	if f.output == "json" {
		return printJSON(s, board)
	}
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
