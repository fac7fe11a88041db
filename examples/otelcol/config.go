package otelcol

import (
	"errors"
	"fmt"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// Config is the processor's part of a Collector's configuration. The zero value
// works.
type Config struct {
	// Format of text bodies, a name that `tiercel formats` lists. Empty detects it
	// in each group of records of one resource.
	Format string `mapstructure:"format"`

	// Kind of the events: http, flow, dns or auth. Empty detects it.
	Kind string `mapstructure:"kind"`

	// Map names fields of bodies that are maps: theirs to ours (ECS).
	Map map[string]string `mapstructure:"map"`

	// Budget of false alarms: a share of normal events (0.1%, 1e-3) or a number a
	// day (20/day). Default 0.1%.
	Budget string `mapstructure:"budget"`

	// Models are model files, at most one a kind. Default: the embedded models of
	// all kinds.
	Models []string `mapstructure:"models"`
}

// Validate implements component.ConfigValidator (xconfmap.Validator).
func (c *Config) Validate() error {
	var wrong []error
	if c.Format != "" {
		if _, ok := event.FormatByName(c.Format); !ok {
			wrong = append(wrong, fmt.Errorf("format: %q is not known; tiercel formats lists them", c.Format))
		}
	}
	if c.Kind != "" {
		if _, ok := event.ParseKind(c.Kind); !ok {
			wrong = append(wrong, fmt.Errorf("kind: %q, want http, flow, dns or auth", c.Kind))
		}
	}
	if c.Budget != "" {
		if _, err := core.ParseBudget(c.Budget); err != nil {
			wrong = append(wrong, fmt.Errorf("budget: %w", err))
		}
	}
	return errors.Join(wrong...)
}
