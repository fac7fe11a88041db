package train

import (
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
)

// ScoreModel is Score with what labels of a site changed in the model's file:
// the verdicts that an engine gives.
func ScoreModel(m *model.Model, rows *feature.Batch) (*Scored, error) {
	labels, err := adapt.Of(m)
	if err != nil {
		return nil, err
	}
	s, err := Score(m.Tiers, rows)
	if err != nil {
		return nil, err
	}
	s.Adapt(m, labels.Adjuster(), rows)
	return s, nil
}

// Adapt moves the scores of the rows by what an adjuster makes of them; nil
// moves none.
func (s *Scored) Adapt(m *model.Model, a *adapt.Adjuster, rows *feature.Batch) {
	if a == nil {
		return
	}
	var scratch adapt.Scratch
	e := m.Tiers.NewEvaluation()
	for i := range s.LogOdds {
		m.Tiers.Evaluate(e, s.Raw(i))
		a.Apply(e, rows, i, &scratch)
		s.LogOdds[i], s.Rate[i] = e.LogOdds, e.Rate
	}
}

// Raw returns the raw scores of row i, one a base learner.
func (s *Scored) Raw(i int) []float32 {
	raw := make([]float32, len(s.Bases))
	for b := range raw {
		raw[b] = s.Bases[b][i]
	}
	return raw
}
