package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
	"github.com/tiercel/tiercel/host/internal/progress"
)

// evaluateFlags are the flags of evaluate.
type evaluateFlags struct {
	reading
	labelling
	plugging
	model, budget string
}

func newEvaluate(s streams) *cobra.Command {
	f := &evaluateFlags{}
	c := &cobra.Command{
		Use:   "evaluate --model MODEL --label COLUMN|--labels FILE FILE...",
		Short: "Measure a model on labelled logs",
		Long: `Evaluate scores labelled logs and prints one JSON object: AUROC, average
precision, recall at fixed shares of false alarms, the false alarms that the
budget really cost, and beside them the best that any single feature does.`,
		Example: `  tiercel evaluate --model http --label label --where split=test requests.ndjson
  tiercel evaluate --model auth.tiercel --labels auth.labels.csv --budget 1% auth.log`,
		RunE: func(c *cobra.Command, args []string) error { return evaluate(c.Context(), s, f, args) },
	}
	f.reading.flags(c)
	f.labelling.flags(c)
	f.plugging.flags(c)
	c.Flags().StringVar(&f.model, "model", "", "`MODEL` file, or the kind of an embedded one (required)")
	c.Flags().StringVar(&f.budget, "budget", "0.1%", "false alarms allowed: a share of normal events")
	return c
}

// number is a figure that may not exist (NaN), which JSON writes as null.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// measured are the figures of one ranking.
type measured struct {
	AUROC            number            `json:"auroc"`
	AveragePrecision number            `json:"average_precision"`
	RecallAtFPR      map[string]number `json:"recall_at_fpr"`
}

func measuredOf(m train.Metrics) measured {
	return measured{number(m.AUROC), number(m.AP), map[string]number{"0.01": number(m.R1), "0.001": number(m.R01)}}
}

// evaluation is what evaluate prints.
type evaluation struct {
	Model   string `json:"model"`
	Kind    string `json:"kind"`
	Rows    int    `json:"rows"`
	Normal  int    `json:"normal"`
	Threats int    `json:"threats"`
	Unread  int64  `json:"unread"`
	measured
	Budget       string            `json:"budget"`
	FalseAlarms  falseAlarms       `json:"false_alarms"`
	Recall       number            `json:"recall"` // at the budget
	RecallByType map[string]number `json:"recall_by_type"`
	Baseline     *baseline         `json:"baseline"` // null when a class is missing
}

// falseAlarms are those that really came at the budget.
type falseAlarms struct {
	Allowed number `json:"allowed"` // share of normal events
	Count   int    `json:"count"`
	Rate    number `json:"rate"`
}

// baseline is the best that a single feature does.
type baseline struct {
	Feature string `json:"feature"`
	Low     bool   `json:"low_means_threat"`
	measured
}

// evaluate measures a model.
func evaluate(ctx context.Context, s streams, f *evaluateFlags, names []string) error {
	if f.model == "" {
		return errors.New("evaluate: --model is missing")
	}
	budget, err := core.ParseBudget(f.budget)
	if err != nil || budget.PerDay > 0 {
		return fmt.Errorf("evaluate: --budget %s: want a share of normal events, such as 0.1%%", f.budget)
	}
	m, _, err := readModel(f.model)
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	options, _, err := f.options()
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	if options.Kind != event.KindNone && options.Kind != m.Kind {
		return fmt.Errorf("evaluate: the model is for %s events, --kind says %s", m.Kind, options.Kind)
	}
	options.Kind = m.Kind
	bar := progress.New(s.err, terminalWidth(s.err))
	set, err := f.load(s, train.LoadOptions{Event: options, Schema: &m.Schema}, f.format, names, bar)
	if err != nil {
		return err
	}
	if set.Rows.D != len(m.Schema.Names) {
		return fmt.Errorf("evaluate: the model has %d features, this version computes %d; train it again", len(m.Schema.Names), set.Rows.D)
	}
	models := []*model.Model{m}
	if err := f.open(ctx, s, models, nil, 0); err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	defer f.close()
	engine, err := core.New(core.Options{Models: models, Plugins: f.learners(s, models)})
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	scored, err := train.Score(engine.Tiers(m.Kind), &set.Rows)
	if err != nil {
		return err
	}
	scored.Adapt(m, engine.Labels(m.Kind).Adjuster(), &set.Rows)
	engine.Raise(m.Kind, &set.Rows, scored.LogOdds, scored.Rate)
	f.tell(bar)
	e := evaluation{Model: m.Name, Kind: m.Kind.String(), Rows: set.Len(), Unread: set.Unread, Budget: f.budget}
	e.measure(set, scored, budget.Rate)
	return printJSON(s, e)
}

// measure fills in the figures.
func (e *evaluation) measure(set *train.Set, scored *train.Scored, rate float64) {
	y := make([]uint8, set.Len())
	found, byType, ofType := 0, make([]int, len(set.Types)), make([]int, len(set.Types))
	e.FalseAlarms.Allowed = number(rate)
	for i, v := range set.Y {
		y[i] = uint8(v)
		alarm := scored.Rate[i] <= rate
		switch {
		case v == 0:
			e.Normal++
			if alarm {
				e.FalseAlarms.Count++
			}
			continue
		case alarm:
			found++
			byType[set.Type[i]]++
		}
		e.Threats++
		ofType[set.Type[i]]++
	}
	e.FalseAlarms.Rate = number(float64(e.FalseAlarms.Count) / float64(e.Normal))
	e.Recall = number(float64(found) / float64(e.Threats))
	e.RecallByType = map[string]number{}
	for i, name := range set.Types {
		if ofType[i] > 0 {
			e.RecallByType[name] = number(float64(byType[i]) / float64(ofType[i]))
		}
	}
	e.measured = measuredOf(train.Measure(scored.LogOdds, y, nil))
	if b, ok := train.BestColumn(set); ok {
		e.Baseline = &baseline{Feature: b.Column, Low: b.Below, measured: measuredOf(b.Metrics)}
	}
}
