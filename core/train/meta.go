package train

import (
	"errors"
	"math"

	"github.com/tiercel/tiercel/core/ensemble"
)

// Truth is what upper tiers know of rows beside their scores: one element a row.
type Truth struct {
	Y    []uint8   // 1 for an attack
	W    []float32 // weights, nil for 1 each; BalanceTypes makes them
	Type []int32   // type of attack, 0 for normal rows; nil for one type
	Site []int32   // where the row comes from; nil for one site
}

// Subset returns the truth of some rows.
func (t *Truth) Subset(rows []int) Truth {
	s := Truth{Y: take(t.Y, rows)}
	if t.W != nil {
		s.W = take(t.W, rows)
	}
	if t.Type != nil {
		s.Type = take(t.Type, rows)
	}
	if t.Site != nil {
		s.Site = take(t.Site, rows)
	}
	return s
}

// take returns the elements of v at rows.
func take[T any](v []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}

// FitBase fits a base learner's calibration and tail to its out-of-fold raw
// scores. Rows with GuardFold in fold are left out; fold may be nil.
func FitBase(raw []float32, t *Truth, fold []uint8) (ensemble.Base, error) {
	rows := trainingRows(len(raw), fold)
	sub, scores := t.Subset(rows), take(raw, rows)
	c, err := FitCalibration(scores, sub.Y, sub.W)
	if err != nil {
		return ensemble.Base{}, err
	}
	tail, err := fitNormalTail(scores, &sub)
	return ensemble.Base{Calibration: c, Tail: tail}, err
}

// fitNormalTail fits a tail to the normal rows among scores, sites alike.
func fitNormalTail[T real](scores []T, t *Truth) (*ensemble.Tail, error) {
	var normal []int
	for i, y := range t.Y {
		if y == 0 {
			normal = append(normal, i)
		}
	}
	sub := t.Subset(normal)
	return FitTail(take(scores, normal), sub.Site, nil)
}

// trainingRows returns the rows outside the guard part.
func trainingRows(n int, fold []uint8) []int {
	rows := make([]int, 0, n)
	for i := range n {
		if fold == nil || fold[i] != GuardFold {
			rows = append(rows, i)
		}
	}
	return rows
}

// Table holds the calibrated scores of N rows by M base learners, row-major:
// what meta-learners are fitted on.
type Table struct {
	N, M           int
	P, Logit, Tail []float64 // N*M; NaN where a learner abstained
	Evidence       []float64 // -log Tail; nil computes it where needed
}

// NewTable calibrates raw scores: raw[j][i] is what base j gave row i.
func NewTable(bases []ensemble.Base, raw [][]float32) (*Table, error) {
	if len(bases) != len(raw) || len(raw) == 0 {
		return nil, errors.New("train: table: base learners and their scores differ in number")
	}
	m, n := len(raw), len(raw[0])
	t := &Table{N: n, M: m, P: make([]float64, n*m), Logit: make([]float64, n*m), Tail: make([]float64, n*m), Evidence: make([]float64, n*m)}
	for j := range raw {
		if len(raw[j]) != n {
			return nil, errors.New("train: table: base learners scored different numbers of rows")
		}
		for i, v := range raw[j] {
			z := bases[j].Calibration.LogOdds(float64(v))
			t.Logit[i*m+j] = z
			t.P[i*m+j] = 1 / (1 + math.Exp(-z))
			t.Evidence[i*m+j] = -bases[j].Tail.LogOf(float64(v))
			t.Tail[i*m+j] = math.Exp(-t.Evidence[i*m+j])
		}
	}
	return t, nil
}

// Row returns the scores of row i; they alias the table.
func (t *Table) Row(i int) ensemble.Scores {
	from, to := i*t.M, (i+1)*t.M
	s := ensemble.Scores{P: t.P[from:to:to], Logit: t.Logit[from:to:to], Tail: t.Tail[from:to:to]}
	if t.Evidence != nil {
		s.Evidence = t.Evidence[from:to:to]
	}
	return s
}

// Subset returns the rows of those indices.
func (t *Table) Subset(rows []int) *Table {
	size := len(rows) * t.M
	s := &Table{N: len(rows), M: t.M, P: make([]float64, 0, size), Logit: make([]float64, 0, size), Tail: make([]float64, 0, size)}
	if t.Evidence != nil {
		s.Evidence = make([]float64, 0, size)
	}
	for _, r := range rows {
		row := t.Row(r)
		s.P = append(s.P, row.P...)
		s.Logit = append(s.Logit, row.Logit...)
		s.Tail = append(s.Tail, row.Tail...)
		s.Evidence = append(s.Evidence, row.Evidence...)
	}
	return s
}

// filled returns a copy of scores in which a missing one has the mean of the
// row's others, as ensemble.Mean treats it, and 0 where all are missing.
func (t *Table) filled(scores []float64) []float64 {
	out := append([]float64(nil), scores...)
	for i := range t.N {
		row := out[i*t.M : (i+1)*t.M]
		var sum, n float64
		for _, v := range row {
			if v == v {
				sum += v
				n++
			}
		}
		for j, v := range row {
			if v != v {
				row[j] = sum / max(n, 1)
			}
		}
	}
	return out
}

// SingleName is the kind of meta that passes on the one base learner with the
// highest recall at few false alarms: the discrete fallback's candidate. Its
// mixer is a stack of one weight.
const SingleName = "single"

// MetaKinds are the kinds of meta-learners that Fit tries, in the order in which a
// model lists them. FitMeta knows ensemble.TrimmedName too, for who asks for it.
var MetaKinds = [...]string{
	ensemble.StackName, ensemble.ConvexName, ensemble.GreedyName,
	ensemble.FisherName, ensemble.MinPName, SingleName,
}

// Meta is a fitted meta-learner and what it says of rows that it was not
// fitted on.
type Meta struct {
	Learner *ensemble.MetaLearner
	LogOdds []float64 // of g, cross-fitted, one a row of the table; NaN for the guard part
}

// FitMeta fits a meta-learner of a kind to base scores that were made out of
// fold, on the same folds: for each fold a mixer is fitted to the others and
// scores it, which is what Calibration is fitted to; the mixer that is kept is
// fitted to all rows. Rows with GuardFold are not looked at.
func FitMeta(kind string, t *Table, truth *Truth, fold []uint8) (*Meta, error) {
	rows := trainingRows(t.N, fold)
	mixer, err := fitMixer(kind, t.Subset(rows), truth, rows)
	if err != nil {
		return nil, err
	}
	raw := make([]float64, t.N)
	for i := range raw {
		raw[i] = math.NaN()
	}
	for f := range uint8(Folds) {
		var in, out []int
		for _, i := range rows {
			if fold[i] == f {
				out = append(out, i)
			} else {
				in = append(in, i)
			}
		}
		if len(out) == 0 {
			continue
		}
		cross, err := fitMixer(kind, t.Subset(in), truth, in)
		if err != nil {
			return nil, err
		}
		for _, i := range out {
			s := t.Row(i)
			raw[i] = cross.Mix(&s)
		}
	}
	sub := truth.Subset(rows)
	c, err := FitCalibration(take(raw, rows), sub.Y, sub.W)
	if err != nil {
		return nil, err
	}
	for i, v := range raw {
		raw[i] = c.LogOdds(v)
	}
	return &Meta{
		Learner: &ensemble.MetaLearner{Name: kind, Mixer: mixer, Calibration: c},
		LogOdds: raw,
	}, nil
}

// fitMixer fits one mixer to a table whose rows have the truth at index rows.
func fitMixer(kind string, t *Table, truth *Truth, rows []int) (ensemble.Mixer, error) {
	sub := truth.Subset(rows)
	var class [2]bool
	for _, y := range sub.Y {
		class[y] = true
	}
	if !class[0] || !class[1] {
		return nil, errors.New("train: meta: rows outside a fold lack a class")
	}
	switch kind {
	case ensemble.StackName:
		alpha, bias := fitStack(t.filled(t.Logit), t.M, sub.Y, sub.W)
		return ensemble.NewStack(alpha, bias)
	case ensemble.ConvexName:
		return ensemble.NewConvex(fitMixture(t.filled(t.P), t.M, sub.Y, sub.W))
	case ensemble.GreedyName:
		return ensemble.NewGreedy(fitGreedy(t.filled(t.Logit), t.M, sub.Y, sub.W))
	case ensemble.FisherName:
		return ensemble.NewFisher(informative(t, &sub))
	case ensemble.MinPName:
		return ensemble.NewMinP(informative(t, &sub))
	case ensemble.TrimmedName:
		return ensemble.NewTrimmed(informative(t, &sub), 1)
	case SingleName:
		alpha := make([]float64, t.M)
		alpha[bestLearner(t, &sub)] = 1
		return ensemble.NewStack(alpha, 0)
	}
	return nil, errors.New("train: meta: unknown kind " + kind)
}

// column returns the scores of learner j.
func (t *Table) column(scores []float64, j int) []float64 {
	out := make([]float64, t.N)
	for i := range out {
		out[i] = scores[i*t.M+j]
	}
	return out
}

// budgetRate is the highest false-alarm rate that selection looks at: 1 %.
const budgetRate = 1e-2

// bestLearner returns the base learner with the highest mean recall over
// budgets up to 1 %, the first of equals.
func bestLearner(t *Table, truth *Truth) int {
	best, most := 0, math.Inf(-1)
	for j := range t.M {
		if v := PartialAUC(t.column(t.Logit, j), truth.Y, truth.W, budgetRate); v > most {
			best, most = j, v
		}
	}
	return best
}

// informative returns 1 for each base learner whose AUROC is above chance by
// three standard errors, 0 for the others: p-values are combined with equal
// weights, because few parameters are what makes the combination transfer
// (research: Fisher over two learners, R1 .591 on NSL-KDD). None chosen means
// all, see ensemble.NewFisher.
func informative(t *Table, truth *Truth) []float64 {
	var n [2]float64
	for _, y := range truth.Y {
		n[y]++
	}
	// Standard deviation of AUROC without any signal (Mann and Whitney 1947).
	se := math.Sqrt((n[0] + n[1] + 1) / (12 * n[0] * n[1]))
	weights := make([]float64, t.M)
	for j := range weights {
		if AUROC(t.column(t.Logit, j), truth.Y, nil) > 0.5+3*se {
			weights[j] = 1
		}
	}
	return weights
}

// Apply returns the log-odds of g of each meta-learner for each row.
func (t *Table) Apply(metas []*ensemble.MetaLearner) [][]float64 {
	out := make([][]float64, len(metas))
	for j, m := range metas {
		out[j] = make([]float64, t.N)
		for i := range t.N {
			s := t.Row(i)
			out[j][i] = m.LogOdds(&s)
		}
	}
	return out
}
