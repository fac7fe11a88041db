package model

import "strconv"

// Policy is what a loader demands of a model beside being valid. The zero value
// means the defaults.
type Policy struct {
	// MaxInfluence is the most that one arbitrary base learner that is not in the
	// file, a plugin, may move h: see ensemble.Tiers.Influence. Default
	// DefaultInfluence; 1 allows anything.
	MaxInfluence float64
	// MaxCore is the same for the learners in the file. Default 1: their code is
	// the engine's own and their numbers are read with the model.
	MaxCore float64
}

// DefaultInfluence is how far one plugin may move the final score: not from a
// sure no to a sure yes, which is what a plugin could do that is all there is of
// a model.
const DefaultInfluence = 0.9

func (p Policy) withDefaults() Policy {
	if p.MaxInfluence == 0 {
		p.MaxInfluence = DefaultInfluence
	}
	if p.MaxCore == 0 {
		p.MaxCore = 1
	}
	return p
}

// Check returns an error that names the base learner whose influence on h is
// above policy, nil when there is none.
func (p Policy) Check(m *Model) error {
	p = p.withDefaults()
	for i, b := range m.Tiers.Bases {
		most := p.MaxCore
		id := b.Learner.Info().ID
		if m.supplied(id) {
			most = p.MaxInfluence
		}
		if most >= 1 {
			continue
		}
		if v := m.Tiers.Influence(i); v > most {
			return Error("learner " + strconv.Quote(id) + " can move the score by " + strconv.FormatFloat(v, 'f', 3, 64) +
				", the policy allows " + strconv.FormatFloat(most, 'f', 3, 64))
		}
	}
	return nil
}

// supplied reports whether a plugin supplies the base learner of that id.
func (m *Model) supplied(id string) bool {
	for i := range m.Plugins {
		if m.Plugins[i].ID == id {
			return true
		}
	}
	return false
}

// Influence is what one arbitrary base learner can do.
type Influence struct {
	ID     string
	Plugin bool
	Most   float64 // by which it can move h, in [0,1]
	Floor  bool    // the verdict never falls below it
}

// Influences returns the bound of each base learner, in their order.
func (m *Model) Influences() []Influence {
	out := make([]Influence, len(m.Tiers.Bases))
	for i, b := range m.Tiers.Bases {
		id := b.Learner.Info().ID
		out[i] = Influence{ID: id, Plugin: m.supplied(id), Most: m.Tiers.Influence(i), Floor: m.Tiers.OnFloor(i)}
	}
	return out
}
