package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// engine returns the engine that the flags ask for beside the options given, with
// the plugins, which the caller closes, and settles in o how the records of its
// model are read.
func (j *judging) engine(ctx context.Context, s streams, o *event.Options, options core.Options, since, until string) (*core.Engine, error) {
	budget, err := core.ParseBudget(j.budget)
	if err != nil {
		return nil, fmt.Errorf("--budget %s: %w", j.budget, err)
	}
	if j.workers < 0 {
		return nil, fmt.Errorf("--workers %d: want 0 or more", j.workers)
	}
	options.Budget, options.Workers = budget, j.workers
	if options.Since, err = parseTime("--since", since); err != nil {
		return nil, err
	}
	if options.Until, err = parseTime("--until", until); err != nil {
		return nil, err
	}
	defer loading()()
	if options.Models, err = j.models(o); err != nil {
		return nil, err
	}
	if err := j.plugging.open(ctx, s, options.Models, nil, j.workers); err != nil {
		return nil, err
	}
	options.Plugins = j.learners(s, options.Models)
	return core.New(options)
}

// models loads the model of --model, else the embedded ones.
func (j *judging) models(o *event.Options) ([]*model.Model, error) {
	if j.model != "" {
		m, _, err := readModel(j.model)
		if err != nil {
			return nil, err
		}
		if err := (model.Policy{MaxInfluence: j.influence}).Check(m); err != nil {
			return nil, fmt.Errorf("--model %s: %w; --max-influence sets another policy", j.model, err)
		}
		if o.Kind != event.KindNone && o.Kind != m.Kind {
			return nil, fmt.Errorf("--model %s is for %s events, --kind says %s", j.model, m.Kind, o.Kind)
		}
		if m.Kind == event.Table {
			// Only a table is anything that it is taken for; elsewhere a record's
			// own kind decides whether the model may judge it.
			o.Kind, o.Cells = event.Table, true
		}
		return []*model.Model{m}, nil
	}
	var list []*model.Model
	for k := event.KindNone + 1; k < event.Table; k++ {
		data, ok := models.Default(k)
		if !ok || o.Kind != event.KindNone && o.Kind != k {
			continue
		}
		m, err := model.Read(data, model.Limits{})
		if err != nil {
			return nil, fmt.Errorf("embedded model %s: %w", k, err)
		}
		list = append(list, m)
	}
	if len(list) == 0 {
		return nil, errNoModel
	}
	return list, nil
}

var errNoModel = errors.New("no model is embedded for these events; --model FILE names one")

// readModel reads a model file, or the embedded model for the name of a kind
// that is no file.
func readModel(name string) (*model.Model, []byte, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if k, ok := event.ParseKind(name); ok {
			if embedded, ok := models.Default(k); ok {
				data, err = embedded, nil
			}
		}
	}
	if err != nil {
		return nil, nil, err
	}
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, data, nil
}

// timeLayouts are the ways to write a time on the command line, the time zone
// being UTC where none is given.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

// parseTime returns nanoseconds since 1970 UTC, 0 for no text.
func parseTime(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			if y := t.Year(); y < 1678 || y > 2261 {
				break // nanoseconds in 64 bits reach no further
			}
			return t.UnixNano(), nil
		}
	}
	return 0, fmt.Errorf("%s %s: want a time such as 2026-01-29 or 2026-01-29T10:00:00Z", flag, text)
}
