package train

import (
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
)

// Adapt moves the scores of the rows by what labels of a site say, as an engine
// does; nil moves none.
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
