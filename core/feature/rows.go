package feature

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/portable"
)

var nan32 = float32(math.NaN())

// prepare makes dst a batch of n rows of d columns, all NaN, without values,
// and obs n empty observations, in the memory that they have.
func prepare(dst *Batch, obs *[]Observation, n, d int) {
	room(dst, obs, n, d)
	fillNaN(dst.X)
}

// room is prepare without the NaN: what the rows hold is not defined.
func room(dst *Batch, obs *[]Observation, n, d int) {
	dst.N, dst.D = n, d
	dst.X = slices.Grow(dst.X[:0], n*d)[:n*d]
	dst.Texts.Reset()
	dst.Raw = Raw{Parts: dst.Raw.Parts[:0]}
	*obs = slices.Grow((*obs)[:0], n)[:n]
	clear(*obs)
}

// fillNaN sets all of x to NaN; long ones by copying what is set already, which
// moves 32 bytes at a time.
func fillNaN(x []float32) {
	const few = 32
	for i := range x[:min(len(x), few)] {
		x[i] = nan32
	}
	for set := few; set < len(x); set *= 2 {
		copy(x[set:], x[:set])
	}
}

// endRow closes the list of values of a row.
func (t *Texts) endRow() { t.First = append(t.First, uint32(len(t.Values))) }

// readableEvent reports whether an event has a row of that kind.
func readableEvent(e *event.Event, k event.Kind) bool { return e.Kind == k && e.Err == nil }

// schema returns the schema of a kind whose stateless columns have these names.
func schema(k event.Kind, stateless []string) *Schema {
	names := slices.Concat(stateless, ContextNames(k))
	return &Schema{Kind: k, Names: names, Stateless: len(stateless)}
}

// flag is a column that says yes or no.
func flag(yes bool) float32 {
	if yes {
		return 1
	}
	return 0
}

// logOf returns log1p of a count or size, NaN where it is absent or no size.
func logOf(x float64) float32 {
	if !(x >= 0) || x > math.MaxFloat64 {
		return nan32
	}
	return float32(portable.Log1p(x))
}

// coarse returns log1p rounded to quarters: steps of 28 %. NaN passes.
func coarse(x float64) float32 {
	return float32(math.Floor(float64(float64(logOf(x))*4)+0.5)) / 4
}

// hashOf returns the hash of a text field, 0 where it is absent.
func hashOf(b *event.Batch, e *event.Event, f event.TextField) uint64 {
	if e.Text[f].Len == 0 {
		return 0
	}
	return Hash64(b.Text(e, f))
}
