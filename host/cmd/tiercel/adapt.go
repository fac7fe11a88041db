package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// adaptFlags are the flags of adapt.
type adaptFlags struct {
	reading
	labelling
	plugging
	model, file, budget string
}

func newAdapt(s streams) *cobra.Command {
	f := &adaptFlags{}
	c := &cobra.Command{
		Use:   "adapt --model MODEL --labels FILE FILE... -o MODEL",
		Short: "Fit a model to a site by a few labels",
		Long: `Adapt reads logs of a site of which a few records are labelled, and writes a
model that judges the site's other records better: the same learners, and the
labels beside them. Each label may move a score by ` + fmt.Sprint(adapt.Step) + ` in log-odds, all together by
` + fmt.Sprint(adapt.Most) + ` and those of one file by ` + fmt.Sprint(adapt.SourceMost) + `, so wrong ones do bounded harm.

The table compares the records labelled before and after, each judged by the
labels of the others.

With --plugin the labels also say how far that plugin may raise scores from now
on: one that speaks up for what they call harmless is heeded less.`,
		Example: `  tiercel adapt --model http --labels labels.csv access.log -o shop.tiercel
  tiercel scan --model shop.tiercel access.log`,
		RunE: func(c *cobra.Command, args []string) error { return adaptModel(c.Context(), s, f, args) },
	}
	f.reading.flags(c)
	f.labelling.flags(c)
	f.plugging.flags(c)
	c.Flags().StringVar(&f.model, "model", "", "`MODEL` file, or the kind of an embedded one; default: the embedded model of --kind")
	c.Flags().StringVarP(&f.file, "out", "o", "", "`MODEL` file to write (required)")
	c.Flags().StringVar(&f.budget, "budget", "0.1%", "false alarms allowed, for the table: a share of normal events")
	return c
}

// adaptModel writes a model with the labels of a site.
func adaptModel(ctx context.Context, s streams, f *adaptFlags, names []string) error {
	if f.file == "" {
		return errors.New("adapt: -o MODEL is missing")
	}
	budget, err := core.ParseBudget(f.budget)
	if err != nil || budget.PerDay > 0 {
		return fmt.Errorf("adapt: --budget %s: want a share of normal events, such as 0.1%%", f.budget)
	}
	options, _, err := f.options()
	if err != nil {
		return fmt.Errorf("adapt: %w", err)
	}
	if f.model == "" {
		if options.Kind == event.KindNone {
			return errors.New("adapt: --model is missing; --kind names an embedded one")
		}
		f.model = options.Kind.String()
	}
	m, _, err := readModel(f.model)
	if err != nil {
		return fmt.Errorf("adapt: %w", err)
	}
	if options.Kind != event.KindNone && options.Kind != m.Kind {
		return fmt.Errorf("adapt: the model is for %s events, --kind says %s", m.Kind, options.Kind)
	}
	options.Kind = m.Kind
	bar := progress.New(s.err, terminalWidth(s.err))
	set, err := f.load(s, train.LoadOptions{Event: options, Schema: &m.Schema}, f.format, names, bar)
	if err != nil {
		return fmt.Errorf("adapt: %w", err)
	}
	if set.Rows.D != len(m.Schema.Names) {
		return fmt.Errorf("adapt: the model has %d features, this version computes %d; train it again", len(m.Schema.Names), set.Rows.D)
	}
	state, err := adapt.Of(m)
	if err != nil {
		return err
	}
	had := state.Len()
	models := []*model.Model{m}
	if err := f.open(ctx, s, models, nil, 0); err != nil {
		return fmt.Errorf("adapt: %w", err)
	}
	defer f.close()
	engine, err := core.New(core.Options{Models: models, Plugins: f.learners(s, models)})
	if err != nil {
		return fmt.Errorf("adapt: %w", err)
	}
	if err := label(state, engine, set); err != nil {
		return err
	}
	f.tell(bar)
	if n := set.Len() + had - state.Len(); n > 0 {
		bar.Note("%s that equal others or are beyond %d count for nothing", counted(int64(n), "label"), adapt.MaxLabels)
	}
	next := adapted(m, state)
	out, err := next.Append(nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.file, out, 0o644); err != nil {
		return err
	}
	if err := report.Adaptation(s.out, m, state, budget.Rate, styleOf(s.out)); err != nil {
		return err
	}
	bar.Note("%s: %d bytes, epoch %d, not signed, %s", report.Visible(f.file), len(out), next.Epoch, progress.Duration(bar.Elapsed()))
	return nil
}

// label adds the labels of a set to the state, those of a file as one source's.
// Where they are too many it takes as many of each class, evenly spaced.
func label(state *adapt.State, engine *core.Engine, set *train.Set) error {
	scored, err := train.Score(engine.Tiers(state.Kind()), &set.Rows)
	if err != nil {
		return err
	}
	hear := engine.Hear(state.Kind(), &set.Rows)
	room := adapt.MaxLabels - state.Len()
	if room <= 0 {
		return adapt.ErrFull
	}
	var of, seen [2]int
	for _, y := range set.Y {
		of[y]++
	}
	quota := [2]int{room / 2, room - room/2}
	for y := range quota { // what one class does not use the other may
		quota[y] = max(quota[y], room-of[1-y])
	}
	for i, y := range set.Y {
		n := seen[y]
		seen[y]++
		if of[y] > quota[y] && n*quota[y]/of[y] == (n+1)*quota[y]/of[y] {
			continue
		}
		source := filepath.Base(set.Sites[set.Site[i]])
		source = source[:min(len(source), adapt.MaxSource)]
		x := adapt.NewExample(scored.Raw(i), &set.Rows, i)
		hear(x, i)
		_, err := state.Label(x, y == 1, source)
		if err != nil && !errors.Is(err, adapt.ErrNoScores) {
			return err
		}
	}
	return nil
}

// Words by which a card's lines about labels are known: adapting again replaces them.
const (
	labelsLeftOut = "labels of the site, each left out"
	labelsBefore  = "labels of the site, before"
	adaptedBy     = "Adapted by labels of the site: "
)

// adapted returns the model that carries the state: the next epoch, with what
// the labels left out one by one say in its card.
func adapted(m *model.Model, state *adapt.State) *model.Model {
	next := *m
	next.Adaptation = state.AppendTo(nil)
	next.Epoch++
	next.Key, next.Signature = [32]byte{}, [64]byte{}
	next.Card.Quality, next.Card.Limits = nil, nil
	for _, q := range m.Card.Quality {
		if q.Set != labelsBefore && q.Set != labelsLeftOut {
			next.Card.Quality = append(next.Card.Quality, q)
		}
	}
	for _, l := range m.Card.Limits {
		if !strings.HasPrefix(l, adaptedBy) {
			next.Card.Limits = append(next.Card.Limits, l)
		}
	}
	var before, after []float64
	var y []uint8
	for _, l := range state.LeaveOneOut() {
		before, after = append(before, l.Before), append(after, l.After)
		if l.Threat {
			y = append(y, 1)
		} else {
			y = append(y, 0)
		}
	}
	for _, q := range []model.Measure{
		{Set: labelsBefore, Metric: "auroc", Value: train.AUROC(before, y, nil)},
		{Set: labelsLeftOut, Metric: "auroc", Value: train.AUROC(after, y, nil)},
	} {
		if !math.IsNaN(q.Value) { // one class alone has none
			next.Card.Quality = append(next.Card.Quality, q)
		}
	}
	next.Card.Limits = append(next.Card.Limits, fmt.Sprintf(
		adaptedBy+"%d are in force, no score lies further than %g in log-odds from what the model says without them.",
		state.Len(), state.Bound()))
	return &next
}
