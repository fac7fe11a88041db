package adapt

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// Example is what a label remembers of its record: numbers, no text. The
// n-grams are hashed; short values could still be guessed from them, so a state
// is to be kept like the log.
type Example struct {
	Raw   []float32 // raw scores of the base learners, NaN for a missing one
	X     []float32 // the encoded row, NaN for what the record did not have
	Grams []uint16  // buckets of its texts' n-grams, strictly increasing

	Voices []Voice // of guests, their ids strictly increasing; see Say
}

// grams says which n-grams the site's learner reads.
var grams = learner.Grams{MinN: 1, MaxN: 3, Buckets: 1 << 12}

// read are the texts that it reads: what was asked for, not who asked. Cookies
// are left out: a session's number is noise.
const read = 1<<feature.FromPath | 1<<feature.FromQuery | 1<<feature.FromBody | 1<<feature.FromPayload | 1<<feature.FromName

// NewExample remembers row i of a batch and the raw scores that the base
// learners gave it.
func NewExample(raw []float32, b *feature.Batch, i int) *Example {
	x := &Example{Raw: numbers(raw), X: numbers(b.Row(i))}
	var s Scratch
	for _, g := range s.grams(b, i) {
		x.Grams = append(x.Grams, uint16(g))
	}
	slices.Sort(x.Grams)
	return x
}

// numbers copies v; what is no number becomes the one NaN that snapshots hold.
func numbers(v []float32) []float32 {
	out := make([]float32, len(v))
	for i, f := range v {
		if out[i] = f; f-f != 0 {
			out[i] = float32(math.NaN())
		}
	}
	return out
}

// scored reports whether any learner said anything.
func (x *Example) scored() bool {
	for _, v := range x.Raw {
		if v == v {
			return true
		}
	}
	return false
}

// Scratch is the memory of one goroutine for [Adjuster.Apply]. The zero value is
// ready.
type Scratch struct {
	buckets []uint32
	seen    []uint64
	columns []float64
}

// grams returns the distinct buckets of the texts of row i, in the order of
// their first occurrence; valid until the next call.
func (s *Scratch) grams(b *feature.Batch, i int) []uint32 {
	s.buckets = s.buckets[:0]
	if len(b.Texts.First) <= i+1 {
		return nil
	}
	if s.seen == nil {
		s.seen = make([]uint64, grams.Buckets/64)
	}
	clear(s.seen)
	for n := range b.Texts.Of(i) {
		if v := &b.Texts.Of(i)[n]; read>>v.Origin&1 == 1 {
			s.buckets = grams.AppendNew(s.buckets, s.seen, b.Texts.Bytes(v))
		}
	}
	return s.buckets
}

// squash writes the row's columns to s.columns on a logarithmic scale, divided
// by their length, so that a row is a direction; all zero for a row without
// numbers.
func (s *Scratch) squash(row []float32) []float64 {
	s.columns = s.columns[:0]
	var sum float64
	for _, f := range row {
		v := float64(f)
		switch {
		case v > 0 && v < math.MaxFloat32:
			v = log1p(v)
		case v < 0 && v > -math.MaxFloat32:
			v = -log1p(-v)
		default:
			v = 0
		}
		sum += float64(v * v)
		s.columns = append(s.columns, v)
	}
	if sum > 0 {
		scale := 1 / math.Sqrt(sum)
		for i := range s.columns {
			s.columns[i] *= scale
		}
	}
	return s.columns
}
