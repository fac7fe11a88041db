package train

import (
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
)

// typesSuffix and heardSuffix end the names of metas: of those that were fitted on
// folds that leave out types and sites, and of those over the learners that such
// folds heard.
const (
	typesSuffix = "-types"
	heardSuffix = "-heard"
)

// hear weighs further metas beside those that the super-learner chose, as much as
// all of these: fitted on the same random folds, but over those learners alone that
// a stack on types left out gives weight. Random folds say how much a learner is
// worth and hear what remembers best; which of them know an attack that nobody has
// seen, folds without its type say. It is left out where the guard part can tell
// that it costs; g are the log-odds of the metas for its rows, those of table.
func (f *fitting) hear(super *Super, table *Table, g [][]float64, truth *Truth, o SuperOptions) ([][]float64, error) {
	metas, err := f.heard()
	if len(metas) == 0 || err != nil {
		return g, err
	}
	all := append(slices.Clip(g), table.Apply(metas)...)
	was, beta := make([]float64, len(all)), make([]float64, len(all))
	copy(was, super.Learner.Beta)
	for j, b := range was {
		if beta[j] = b / 2; j >= len(g) {
			beta[j] = 0.5 / float64(len(metas))
		}
	}
	rows := present(all, len(truth.Y))
	sub, p := truth.Subset(rows), probabilities(all, rows)
	judge := newJudge(&sub, rows, o.withDefaults())
	if !judge.alike(judge.rank(blend(p, beta)), judge.rank(blend(p, was))) {
		return g, nil
	}
	f.meta = append(f.meta, metas...)
	return all, super.calibrate(beta, all, p, &sub)
}

// heard fits those metas; none where no types were left out, or where every
// learner or none is heard.
func (f *fitting) heard() ([]*ensemble.MetaLearner, error) {
	at := slices.IndexFunc(f.meta, func(m *ensemble.MetaLearner) bool { return m.Name == ensemble.StackName+typesSuffix })
	if at < 0 {
		return nil, nil
	}
	var heard []int
	for n, w := range f.meta[at].Mixer.(ensemble.Stateful).State().Weights {
		if w > 0 {
			heard = append(heard, n)
		}
	}
	if len(heard) == 0 || len(heard) == len(f.base) {
		return nil, nil
	}
	table, err := NewTable(take(f.base, heard), take(f.outOfFold, take(f.use, heard)))
	if err != nil {
		return nil, err
	}
	var metas []*ensemble.MetaLearner
	for _, kind := range []string{ensemble.StackName, ensemble.ConvexName, ensemble.GreedyName} {
		m, err := FitMeta(kind, table, f.truth(), f.fold)
		if err != nil {
			return nil, err
		}
		state := m.Learner.Mixer.(ensemble.Stateful).State()
		weights := make([]float64, len(f.base))
		for k, n := range heard {
			weights[n] = state.Weights[k]
		}
		state.Weights = weights
		if m.Learner.Mixer, err = ensemble.NewMixer(kind, state); err != nil {
			return nil, err
		}
		m.Learner.Name = kind + heardSuffix
		metas = append(metas, m.Learner)
	}
	return metas, nil
}
