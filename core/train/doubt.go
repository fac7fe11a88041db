package train

import (
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
)

// NoveltyName is the meta-learner that ranks what the others are sure of by how
// unlike all normal rows it is: Fisher's combination of the learners that are
// fitted on normal rows alone.
const NoveltyName = "novelty"

// unconfirmed returns the log-odds above which novelty ranks: the lowest that no more
// normal rows exceed than the smallest budget that merit looks at allows, neither
// those that the final rates rest on nor those of the guard part, whose log-odds
// are z. So the decision at no budget that was judged can change on rows like the
// training ones, and an order that no normal row has confirmed gives way where
// they change: in NSL-KDD's test 2.8 % of the normal rows stand where .05 % of
// those of the training part did, because their very likes are attacks there.
func unconfirmed(l *ensemble.SuperLearner, z []float64, truth *Truth, rates []float64) float64 {
	rate := slices.Min(rates)
	var normal []float64
	for i, y := range truth.Y {
		if y == 0 {
			normal = append(normal, z[i])
		}
	}
	slices.Sort(normal)
	allowed := min(int(rate*float64(len(normal))), len(normal)-1)
	return max(l.Tail.Threshold(rate), normal[len(normal)-1-allowed])
}

// doubt puts the rows that the super-learner is surer of than normal rows can
// tell under the rule of novelty, and fits the final rates again. It is left out
// where that costs more than a standard error of merit on the guard part, whose
// rows are those of table; g are the log-odds of the metas for them.
func (f *fitting) doubt(super *Super, table *Table, g [][]float64, truth *Truth, sites bool, o SuperOptions) ([][]float64, error) {
	meta, err := f.novelty()
	if meta == nil || err != nil {
		return g, err
	}
	l := super.Learner
	o = o.withDefaults()
	from := unconfirmed(l, super.LogOdds, truth, o.Rates)
	if !(from > 0 && from < ensemble.Clip) {
		return g, nil
	}
	ranked := &ensemble.SuperLearner{
		Name: l.Name, Beta: append(slices.Clip(l.Beta), 0), Calibration: l.Calibration,
		Novelty: len(f.meta) + 1, Certain: from,
	}
	g = append(slices.Clip(g), table.Apply([]*ensemble.MetaLearner{meta})...)
	after := SuperLogOdds(ranked, g)

	rows := make([]int, len(truth.Y))
	for i := range rows {
		rows[i] = i
	}
	judge := newJudge(truth, rows, o)
	was, is := judge.rank(super.LogOdds), judge.rank(after)
	if judge.merit(was, nil)-judge.merit(is, nil) > judge.standardError(was, is) {
		return g[:len(f.meta)], nil
	}
	f.meta = append(f.meta, meta)
	super.Learner, super.LogOdds = ranked, after
	ranked.Tail, err = f.tail(super, sites)
	return g, err
}

// novelty makes that meta; nil where no learner knows what is new.
func (f *fitting) novelty() (*ensemble.MetaLearner, error) {
	truth := f.truth().Subset(f.inner)
	scores := f.random.Subset(f.inner)
	weights := informative(scores, &truth)
	known := false
	for n, l := range f.use {
		if !f.specs[l].Novelty {
			weights[n] = 0
		}
		known = known || weights[n] > 0
	}
	if !known {
		return nil, nil
	}
	mixer, err := ensemble.NewFisher(weights)
	if err != nil {
		return nil, err
	}
	raw := make([]float64, scores.N)
	for i := range raw {
		s := scores.Row(i)
		raw[i] = mixer.Mix(&s)
	}
	c, err := FitCalibration(raw, truth.Y, truth.W)
	if err != nil {
		return nil, err
	}
	return &ensemble.MetaLearner{Name: NoveltyName, Mixer: mixer, Calibration: c}, nil
}

// ranksByNovelty reports whether base learner n is one of those that the novelty
// meta of a super-learner reads.
func (f *fitting) ranksByNovelty(super *ensemble.SuperLearner, n int) bool {
	if super.Novelty == 0 {
		return false
	}
	return f.meta[super.Novelty-1].Mixer.(ensemble.Stateful).State().Weights[n] > 0
}
