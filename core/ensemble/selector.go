package ensemble

import (
	"errors"
	"slices"
)

// Selector knows from the scores of a few base learners which rows the others
// made threats of in training, and so which rows are hardly worth their while:
// the part of alpha that depends on the row.
//
// The scores of the learners asked cut the rows into cells. A cell tells how many
// training rows lay in it, each scored by learners that had not seen it, and how
// many of them all tiers together put within each of some rates (see Hits). A row may be
// spared the other learners where its cell is
//
//   - confident: next to none of its training rows was a threat, and
//   - known: enough training rows were there. Scores beyond all those of training,
//     and learners missing that never were, make cells that nobody has seen.
//
// Confidence alone is not enough: on rows unlike the training ones it says
// nothing. Unlike a [Ceiling] a Selector can be wrong; how often it may be is the
// caller's choice, see Plan.
//
// It is immutable and safe for concurrent use.
type Selector struct {
	Asked []int       // indices of the base learners that run on every row, 1 to MaxAsked of them
	Edges [][]float32 // of each learner asked: where its raw scores are cut, strictly increasing, at most MaxEdges
	Total Hits        // training rows within each rate, those of cells that are not kept included
	Cells []Cell      // by Key, strictly increasing, at most MaxCells
}

// Cell is what became of the training rows whose scores lie in the same steps.
type Cell struct {
	Key     uint32 // see Selector.Key
	Rows    int32  // how many there were, at least 1
	Hits    Hits   // how many of them were within each rate; rises, to Rows at most
	LogOdds float32
}

// Hits counts rows whose false-alarm rate is at most 1e-4, 3e-4, 1e-3 and so on to 1e-1.
type Hits [7]int32

// selectorRates are the rates that cells count threats at.
var selectorRates = [len(Hits{})]float64{1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1}

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
	var sum [len(Hits{})]int64
	for i := range s.Cells {
		c := &s.Cells[i]
		if c.Key >= 1<<(keyBits*len(s.Asked)) || i > 0 && c.Key <= s.Cells[i-1].Key {
			return errors.New("ensemble: selector: keys of cells are not strictly increasing")
		}
		if !(c.LogOdds >= -Clip && c.LogOdds <= Clip) {
			return errors.New("ensemble: selector: log-odds of a cell out of range")
		}
		if !c.Hits.rising(c.Rows) || c.Rows < 1 {
			return errors.New("ensemble: selector: a cell counts more threats than rows")
		}
		for k, n := range c.Hits {
			sum[k] += int64(n)
		}
	}
	for k, n := range s.Total {
		if n < 0 || k > 0 && n < s.Total[k-1] || int64(n) < sum[k] {
			return errors.New("ensemble: selector: cells count more threats than there are")
		}
	}
	return nil
}

// rising reports whether the counts rise from 0 to at most rows.
func (h *Hits) rising(rows int32) bool {
	last := int32(0)
	for _, n := range h {
		if n < last {
			return false
		}
		last = n
	}
	return last <= rows
}

// Count adds a row of that rate.
func (h *Hits) Count(rate float64) {
	for k, r := range selectorRates {
		if rate <= r {
			h[k]++
		}
	}
}

// At returns the count at the smallest of the rates that is not below rate; not
// ok where all are.
func (h *Hits) At(rate float64) (n int32, ok bool) {
	for k, r := range selectorRates {
		if rate <= r {
			return h[k], true
		}
	}
	return 0, false
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
// there are none.
//
// Cells are taken by risk, the share of threats among their training rows (k +
// 1/2 of n + 1, Jeffreys' prior), the smallest first, as long as what the cells
// taken lose, half a row for each cell more than was seen, is within that share
// of all training threats. So a cell of few rows costs as much as it saves little.
func (s *Selector) Plan(rate, share float64) *Plan {
	total, ok := s.Total.At(rate)
	if !ok {
		return nil
	}
	type candidate struct {
		cell       *Cell
		lost, risk float64
	}
	var known []candidate
	for i := range s.Cells {
		c := &s.Cells[i]
		k, _ := c.Hits.At(rate)
		if lost := float64(k) + 0.5; c.Rows >= LeastKnown {
			known = append(known, candidate{c, lost, lost / (float64(c.Rows) + 1)})
		}
	}
	slices.SortStableFunc(known, func(a, b candidate) int {
		switch {
		case a.risk < b.risk:
			return -1
		case a.risk > b.risk:
			return 1
		}
		return 0
	})
	allowed := float64(share * float64(total))
	var taken []*Cell
	for _, c := range known {
		if allowed -= c.lost; allowed < 0 {
			break
		}
		taken = append(taken, c.cell)
	}
	if len(taken) == 0 {
		return nil
	}
	slices.SortFunc(taken, func(a, b *Cell) int { return int(int64(a.Key) - int64(b.Key)) })
	p := &Plan{selector: s}
	for _, c := range taken {
		p.keys, p.logOdds = append(p.keys, c.Key), append(p.logOdds, c.LogOdds)
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
