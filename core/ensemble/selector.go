package ensemble

import (
	"errors"
	"math"
	"slices"
)

// Selector knows from the scores of a few base learners which rows the others
// made threats of in training, and so which rows are hardly worth their while:
// the part of alpha that depends on the row.
//
// The scores of the learners asked cut the rows into cells. Cells stand in an
// order for each of some rates, those of least risk first, and each tells which
// share of the threats was lost in training by it and all before it (see Losses):
// in the kind of folds, or the type of attack left out, that lost most. A row may
// be spared the other learners where its cell is
//
//   - confident: next to none of its training rows was a threat, and
//   - known: enough training rows were there. Scores beyond all those of training,
//     and learners missing that never were, make cells that nobody has seen.
//
// Confidence alone is not enough: on rows unlike the training ones it says
// nothing. Where there are learners that know what normal rows are like, training
// puts one of them among those asked. Unlike a [Ceiling] a Selector can be wrong;
// how often it may be is the caller's choice, see Plan.
//
// It is immutable and safe for concurrent use.
type Selector struct {
	Asked []int       // indices of the base learners that run on every row, 1 to MaxAsked of them
	Edges [][]float32 // of each learner asked: where its raw scores are cut, strictly increasing, at most MaxEdges
	Cells []Cell      // by Key, strictly increasing, at most MaxCells
}

// Cell is what became of the training rows whose scores lie in the same steps.
type Cell struct {
	Key     uint32 // see Selector.Key
	Rows    int32  // how many there were, at least LeastKnown
	Losses  Losses
	LogOdds float32 // of h, on average
}

// Losses are the shares of the threats that sparing a cell and all of less risk
// loses, where threats are rows whose false-alarm rate is at most 1e-4, 3e-4, 1e-3
// and so on to 1e-1 (LossRate). Above 0; what is above 1 is never spared.
type Losses [7]float32

// lossRates are the rates of Losses.
var lossRates = [len(Losses{})]float64{1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1}

// LossRate returns the rate of element k of Losses.
func LossRate(k int) float64 { return lossRates[k] }

// Bounds of a Selector.
const (
	MaxAsked = 6
	MaxEdges = 30 // a key has 5 bits a learner: 0 for missing, then the steps
	MaxCells = 1 << 10

	// LeastKnown is how many training rows make a cell known.
	LeastKnown = 20

	keyBits = 5
)

// Check says what is wrong with a selector over that many base learners, or nil.
func (s *Selector) Check(bases int) error {
	if n := len(s.Asked); n < 1 || n > MaxAsked || len(s.Edges) != n {
		return errors.New("ensemble: selector: number of learners asked out of range")
	}
	for n, b := range s.Asked {
		if b < 0 || b >= bases || slices.Contains(s.Asked[:n], b) {
			return errors.New("ensemble: selector: no such base learner, or one that is asked twice")
		}
		edges := s.Edges[n]
		if len(edges) < 1 || len(edges) > MaxEdges {
			return errors.New("ensemble: selector: number of edges out of range")
		}
		for k, e := range edges {
			if e-e != 0 || k > 0 && e <= edges[k-1] {
				return errors.New("ensemble: selector: edges are not finite and strictly increasing")
			}
		}
	}
	if n := len(s.Cells); n < 1 || n > MaxCells {
		return errors.New("ensemble: selector: number of cells out of range")
	}
	for i := range s.Cells {
		c := &s.Cells[i]
		if c.Key >= 1<<(keyBits*len(s.Asked)) || i > 0 && c.Key <= s.Cells[i-1].Key {
			return errors.New("ensemble: selector: keys of cells are not strictly increasing")
		}
		if !(c.LogOdds >= -Clip && c.LogOdds <= Clip) {
			return errors.New("ensemble: selector: log-odds of a cell out of range")
		}
		if c.Rows < LeastKnown {
			return errors.New("ensemble: selector: a cell of too few rows")
		}
		for _, v := range c.Losses {
			if !(v > 0 && v <= math.MaxFloat32) {
				return errors.New("ensemble: selector: losses of a cell out of range")
			}
		}
	}
	return nil
}

// Key returns the cell of row i of the raw scores, one slice a base learner; those
// of learners not asked are not read.
func (s *Selector) Key(raw [][]float32, i int) uint32 {
	var key uint32
	for n, b := range s.Asked {
		key = key<<keyBits | step(s.Edges[n], raw[b][i])
	}
	return key
}

// step returns 1 + how many edges are at most v, 0 for NaN.
func step(edges []float32, v float32) uint32 {
	if v != v {
		return 0
	}
	k := uint32(1)
	for _, e := range edges {
		if v < e {
			break
		}
		k++
	}
	return k
}

// Plan is which cells are spared at a budget: see Selector.Plan. It is immutable
// and safe for concurrent use.
type Plan struct {
	selector *Selector
	keys     []uint32
	logOdds  []float32
}

// Plan returns the cells whose rows may be spared where threats are rows of at
// most that rate, and at most that share of the threats may be lost; nil where
// there are none. A rate between two of Losses counts as the higher.
func (s *Selector) Plan(rate, share float64) *Plan {
	k := slices.IndexFunc(lossRates[:], func(r float64) bool { return rate <= r })
	if k < 0 {
		return nil
	}
	p := &Plan{selector: s}
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Losses[k] <= float32(min(share, 1)) {
			p.keys, p.logOdds = append(p.keys, c.Key), append(p.logOdds, c.LogOdds)
		}
	}
	if len(p.keys) == 0 {
		return nil
	}
	return p
}

// Spares reports whether row i of the raw scores is spared, and the log-odds of h
// that rows like it had on average in training.
func (p *Plan) Spares(raw [][]float32, i int) (logOdds float64, ok bool) {
	at, ok := slices.BinarySearch(p.keys, p.selector.Key(raw, i))
	if !ok {
		return 0, false
	}
	return float64(p.logOdds[at]), true
}

// Has reports whether the rows of a cell are spared.
func (p *Plan) Has(key uint32) bool {
	_, ok := slices.BinarySearch(p.keys, key)
	return ok
}
