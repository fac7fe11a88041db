// Package otelcol is a processor for the OpenTelemetry Collector: it scores the
// log records that pass and writes what it found into their attributes.
//
//	tiercel.score             double in [0,1]; ranks
//	tiercel.false_alarm_rate  double: share of normal events that score at least this high
//	tiercel.threat            bool: the rate is within the budget
//	tiercel.kind              http, flow, dns or auth
//	tiercel.entity            source address, user or client that is judged
//	tiercel.severity, tiercel.class, tiercel.incident, threat.technique.id   of threats
//	tiercel.missing           base learners that abstained
//	tiercel.error             why a record could not be read; it has none of the others then
//
// Attributes of these names that a sender has set are removed: nobody scores
// himself.
//
// A record whose body is a text is read as a line of a log, as the filelog
// receiver sends it; one whose body is a map, or that has no body, as a JSON
// object of the body's or the attributes' members. The windows of entities are
// the processor's own and last as long as the Collector runs; records are judged
// in the order in which they come.
package otelcol

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// NewFactory returns the factory of the processor, which is called tiercel.
func NewFactory() processor.Factory {
	return processor.NewFactory(component.MustNewType("tiercel"),
		func() component.Config { return &Config{} },
		processor.WithLogs(create, component.StabilityLevelDevelopment))
}

// create makes the processor of one pipeline.
func create(ctx context.Context, set processor.Settings, config component.Config, next consumer.Logs) (processor.Logs, error) {
	s, err := newScorer(config.(*Config))
	if err != nil {
		return nil, fmt.Errorf("tiercel: %w", err)
	}
	return processorhelper.NewLogs(ctx, set, config, next, s.score,
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: true}))
}

// newEngine returns the engine that a configuration asks for.
func newEngine(c *Config) (*core.Engine, error) {
	o := core.Options{Workers: 1}
	if c.Budget != "" {
		var err error
		if o.Budget, err = core.ParseBudget(c.Budget); err != nil {
			return nil, err
		}
	}
	add := func(name string, data []byte) error {
		m, err := model.Read(data, model.Limits{})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		o.Models = append(o.Models, m)
		return nil
	}
	for _, path := range c.Models {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := add(path, data); err != nil {
			return nil, err
		}
	}
	if len(c.Models) == 0 {
		for k := event.KindNone + 1; k < event.NumKinds; k++ {
			if data, ok := models.Default(k); ok {
				if err := add(k.String(), data); err != nil {
					return nil, err
				}
			}
		}
	}
	return core.New(o)
}
