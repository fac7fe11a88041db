package core

import (
	"math"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// gate spares the dear learners the events that provably are no threats, where
// nobody asked for their scores (Options.ThreatsOnly). It keeps a box of raw
// scores that no threat lies in, made from the rows of the log at hand, and
// makes another when the log has changed so much that many rows leave it.
//
// What it decides does not depend on the box: gates of several workers differ
// and give the same verdicts.
type gate struct {
	limit rateLimit
	reach float64 // rate of the trained tiers above which guests can make no threat
	cost  []float64
	skip  *skipper          // nil unless Options.Skip: what is asked of every row then
	box   *ensemble.Ceiling // nil: all learners run on every row that is not skipped
	quick feature.Partial   // nil unless the box asks for no more of a row than it encodes quickly
	out   float64           // share of the rows outside it, of those that it was made from

	left []int // scratch: rows that were not skipped
	rows []int // rows outside the box, of these

	wait, pause int  // batches until the next box may be made, and what wait is set to then
	stale       bool // the box no longer serves: the next batch is scored whole
}

// Bounds on the work of making boxes.
const (
	boxRows  = 512 // rows that a box is made from
	maxPause = 256 // batches between two boxes of a log that no box fits
	// moreOut is how much the share of rows outside the box may grow before there
	// is a new one: what a batch differs from the next by.
	moreOut = 0.05
)

// rateLimit is the highest rate that a budget can allow, and what verdicts
// beyond it carry.
type rateLimit struct{ rate, score float64 }

func limitOf(t *ensemble.Tiers, b Budget) rateLimit {
	rate := b.Ceiling()
	return rateLimit{rate, portable.Logistic(t.Super.Threshold(rate))}
}

// mark makes v the verdict of an event that is no threat.
func (l rateLimit) mark(v *Verdict) {
	v.Bounded, v.Missing = true, 0
	v.Score, v.FalseAlarmRate = l.score, math.Nextafter(l.rate, 1)
}

func newGate(s *scorer, o *Options) *gate {
	g := &gate{limit: limitOf(s.tiers, o.Budget)}
	g.reach = g.limit.rate
	if len(s.guests) > 0 {
		g.reach = min(1, g.limit.rate*portable.Exp(ensemble.GuestReach)*(1+guestSlack))
	}
	for i := range s.tiers.Bases {
		g.cost = append(g.cost, costOf(s.tiers.Bases[i].Learner.Info()))
	}
	g.skip = newSkipper(s, o, g.reach, s.adjuster.Bound())
	return g
}

// guestSlack is room for the rounding of what guests divide a rate by.
const guestSlack = 1e-6

// costOf estimates what a learner costs a row, in nanoseconds measured on one
// machine: only their ratios matter, and only to what is run first.
func costOf(info learner.Info) float64 {
	switch {
	case info.Cost > 0:
		return float64(info.Cost)
	case info.Texts:
		return 400
	case info.Type == "trees":
		return 700 + 4*float64(len(info.Columns))
	case info.Type == "linear", info.Type == "bayes", info.Type == "histogram":
		return 10 + 6*float64(len(info.Columns))
	}
	return 3000 // trees of any shape, and what is not known
}

// asks reports whether learner i runs on every row.
func (g *gate) asks(i int) bool {
	switch {
	case g == nil:
		return true
	case g.skip != nil:
		return g.skip.asked>>i&1 == 1
	}
	return g.box == nil || g.box.Asked>>i&1 == 1
}

// boxed reports whether learner i runs on the rows that are not skipped, before
// the box decides them.
func (g *gate) boxed(i int) bool {
	return g.skip != nil && g.box != nil && !g.asks(i) && g.box.Asked>>i&1 == 1
}

// held reports whether learner i runs only on the rows outside the box.
func (g *gate) held(i int) bool { return !g.asks(i) && !g.boxed(i) }

// begin makes the gate ready for the next batch.
func (g *gate) begin() {
	if g != nil && g.stale {
		g.box, g.quick, g.stale = nil, nil, false
	}
}

// quickly returns the encoder to encode the next batch quickly with: what it
// leaves out of a row is only written when the box has not decided it. Nil where
// all columns of all rows are read.
func (g *gate) quickly() feature.Partial {
	if g == nil {
		return nil
	}
	return g.quick
}

// sees reports whether all stateless columns that the box's learners read are
// among those that an encoder writes quickly.
func (g *gate) sees(s *scorer, p feature.Partial) bool {
	from, to := p.Quick()
	for i := range s.tiers.Bases {
		if !g.asks(i) {
			continue
		}
		for _, c := range s.tiers.Bases[i].Learner.Info().Columns {
			if c < s.model.Schema.Stateless && (c < from || c >= to) {
				return false
			}
		}
	}
	return true
}

// fate is what became of a row at the gate.
type fate uint8

const (
	whole   fate = iota // all learners ran
	inside              // the box decided: no threat
	skipped             // spared, by what was learned
	checked             // would have been; all learners ran, to see what that loses
)

// finish runs the learners that the gate held back on the rows that need them,
// and forms a new box where there is none that serves. It says of each row of
// kind k what became of it.
func (g *gate) finish(j *job, s *scorer, r *kindRows, k event.Kind) {
	r.fate = sized(r.fate, r.rows.N)
	g.left, g.rows = g.left[:0], g.rows[:0]
	if g.skip != nil {
		g.skip.logOdds = sized(g.skip.logOdds, r.rows.N)
	}
	for i := range r.seen {
		r.fate[i] = whole
		if r.seen[i].Kind != k {
			continue
		}
		if g.skip != nil && g.skip.spares(r.raw, i) {
			if r.fate[i] = skipped; !g.skip.audits(j.recordOf(i)) {
				continue
			}
			r.fate[i] = checked
		}
		g.left = append(g.left, i)
	}
	for b := range s.tiers.Bases {
		if g.boxed(b) {
			r.ask(s.tiers.Bases[b].Learner, r.raw[b], g.left)
		}
	}
	for _, i := range g.left {
		if g.box != nil && r.fate[i] == whole && g.box.Below(r.raw, i) {
			r.fate[i] = inside
		} else {
			g.rows = append(g.rows, i)
		}
	}
	if len(g.rows) > 0 {
		r.fill(j, g.rows)
		g.rest(s, r)
	}
	if g.wait--; g.wait > 0 {
		return
	}
	switch {
	case g.box == nil:
		g.form(s, r)
	case float64(len(g.rows)) > (g.out+moreOut)*float64(len(g.left)):
		g.stale = true
	}
}

// form makes the box from the rows of a batch that was scored whole.
func (g *gate) form(s *scorer, r *kindRows) {
	if len(g.rows) == 0 {
		return
	}
	g.pause = min(max(1, 2*g.pause), maxPause)
	g.wait = g.pause
	rows := g.rows[:min(len(g.rows), boxRows)]
	if g.box = s.tiers.CeilingOf(r.raw, rows, g.cost, g.reach, s.adjuster.Bound()); g.box == nil {
		return
	}
	g.out = g.box.Undecided(r.raw, rows)
	// Guests and what was learned to skip ask of other rows too.
	if p, ok := s.encoder.(feature.Partial); ok && g.skip == nil && len(s.guests) == 0 && g.sees(s, p) {
		g.quick = p
	}
}

// complete runs the learners that were held back on row i.
func (g *gate) complete(j *job, s *scorer, r *kindRows, i int) {
	g.rows = append(g.rows[:0], i)
	r.fill(j, g.rows)
	for b := range s.tiers.Bases {
		if !g.asks(b) && (g.held(b) || r.fate[i] == skipped) {
			r.ask(s.tiers.Bases[b].Learner, r.raw[b], g.rows)
		}
	}
	r.fate[i] = whole
}

// rest runs the learners held back on g.rows.
func (g *gate) rest(s *scorer, r *kindRows) {
	for b := range s.tiers.Bases {
		if g.held(b) {
			r.ask(s.tiers.Bases[b].Learner, r.raw[b], g.rows)
		}
	}
}

// gather makes dst a batch of some rows of src. The bytes of the texts are shared.
func gather(dst, src *feature.Batch, rows []int) {
	dst.N, dst.D = len(rows), src.D
	dst.X = dst.X[:0]
	dst.Texts.Buf, dst.Texts.Values = src.Texts.Buf, dst.Texts.Values[:0]
	dst.Texts.First = append(dst.Texts.First[:0], 0)
	dst.Raw.Parts = dst.Raw.Parts[:0]
	for _, i := range rows {
		dst.X = append(dst.X, src.Row(i)...)
		dst.Texts.Values = append(dst.Texts.Values, src.Texts.Of(i)...)
		dst.Texts.First = append(dst.Texts.First, uint32(len(dst.Texts.Values)))
		dst.Raw.Add(&src.Raw, i)
	}
}

// sized returns a slice of length n, reusing v's memory where it suffices.
func sized[T any](v []T, n int) []T {
	if cap(v) < n {
		return make([]T, n)
	}
	return v[:n]
}
