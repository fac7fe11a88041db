package main

import (
	"errors"
	"slices"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
	"github.com/tiercel/tiercel/host/internal/progress"
)

// specs returns the plugins as base learners to train with: they are as they
// are, what is fitted is how far to trust them.
func (p *plugging) specs(s *feature.Schema) ([]train.Spec, error) {
	p.trained = p.host.Learners(s)
	for _, f := range p.host.Faults() {
		return nil, errors.New(f.Last) // a model that pins a broken plugin would be none
	}
	var specs []train.Spec
	for _, l := range p.trained {
		specs = append(specs, train.Spec{
			Info:  l.Info(),
			Given: true,
			Fit:   func(*train.Data, learner.Info) (learner.Learner, error) { return l.Learner, nil },
		})
	}
	return specs, nil
}

// pin leaves out of a trained model the learners of plugins, and names them in it.
func (p *plugging) pin(m *model.Model, bar *progress.Bar) {
	for i := range m.Tiers.Bases {
		b := &m.Tiers.Bases[i]
		at := slices.IndexFunc(p.trained, func(l core.Plugin) bool { return l.Learner == b.Learner })
		if at < 0 {
			continue
		}
		l := &p.trained[at]
		m.Plugins = append(m.Plugins, model.Plugin{ID: l.Info().ID, Version: l.Version, SHA256: l.SHA256})
		b.Learner = model.NewAbsent(l.Info())
	}
	for _, l := range p.trained {
		id := l.Info().ID
		if !slices.ContainsFunc(m.Plugins, func(q model.Plugin) bool { return q.ID == id }) {
			bar.Note("plugin %s: of no use beside the other learners; the model goes without it", id)
		}
	}
}
