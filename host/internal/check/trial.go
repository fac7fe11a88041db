package check

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/canary"
)

// trialCalls are those of the memory test where a plugin is tried by a service:
// a leak that shows later is caught by the bound of its memory.
const trialCalls = 2000

// Trial tries a plugin that is offered before it is at work: it is what its pin
// says, it keeps the contract, and with it, beside what else the options name,
// their models say of the canaries what they must. The options' Pins have the
// plugin's file. Of the canaries at least one must be of a kind that it scores.
func Trial(ctx context.Context, o *host.Offer, pin *host.Pin, options host.Options, canaries []canary.Canary) error {
	report := &Report{}
	var kinds []string
	whole := func(err error) error { return err }
	err := Open(ctx, o.Package, func(s Subject) error {
		d := s.Description()
		if d.ID != pin.ID || d.Version != pin.Version {
			return fmt.Errorf("it says that it is %s %s, pinned is %s %s", d.ID, d.Version, pin.ID, pin.Version)
		}
		kinds = d.Kinds
		Run(s, Options{Config: o.Config, Calls: trialCalls}, report)
		return nil
	}, whole)
	if err != nil {
		return fmt.Errorf("plugin %s: %w", pin.ID, err)
	}
	for _, r := range report.Results {
		if r.Verdict == Fail {
			return fmt.Errorf("plugin %s: check: %s: %s", pin.ID, r.Name, r.Detail)
		}
	}
	return replay(ctx, pin, kinds, options, canaries)
}

// replay judges the canaries by the models with all plugins at work.
func replay(ctx context.Context, pin *host.Pin, kinds []string, options host.Options, canaries []canary.Canary) (err error) {
	h, err := host.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	tried := 0
	for _, m := range options.Models {
		n, err := canary.Try(m, canaries, h.Learners(&m.Schema)...)
		if err != nil {
			return fmt.Errorf("plugin %s: the %s model with it: %w", pin.ID, m.Kind, err)
		}
		if slices.Contains(kinds, m.Kind.String()) {
			tried += n
		}
	}
	for _, f := range h.Faults() {
		if f.Plugin == pin.ID {
			return errors.New(f.Last)
		}
	}
	if tried == 0 {
		return fmt.Errorf("plugin %s: no canary is of a kind that it scores", pin.ID)
	}
	return nil
}
