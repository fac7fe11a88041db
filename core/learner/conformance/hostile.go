package conformance

import (
	"bytes"
	"math"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// special are the numbers that arithmetic treats in a way of their own.
var special = [...]float32{
	float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32,
	math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)), 0,
}

// texts are bytes that no decoder should trip over.
var texts = [...][]byte{
	nil,
	{0},
	bytes.Repeat([]byte{0}, 300), bytes.Repeat([]byte{0xff}, 70), []byte("a"), bytes.Repeat([]byte("a"), 5000),
	[]byte("\xf0\x9f\x92"), bytes.Repeat([]byte("../"), 999),
}

// builder collects rows.
type builder struct{ b *learner.Batch }

func newBuilder(d int) builder {
	return builder{&learner.Batch{D: d, Texts: feature.Texts{First: []uint32{0}}}}
}

// row adds a row whose k-th text comes from the k-th origin; the first of them
// are its texts as they stand in the log, too.
func (w builder) row(value func(c int) float32, values ...[]byte) {
	for c := range w.b.D {
		w.b.X = append(w.b.X, value(c))
	}
	t := &w.b.Texts
	for k, text := range values {
		t.Values = append(t.Values, feature.Value{
			Text:   event.Span{Off: uint32(len(t.Buf)), Len: uint32(len(text))},
			Origin: feature.Origin(k % int(feature.NumOrigins)),
		})
		t.Buf = append(t.Buf, text...)
	}
	t.First = append(t.First, uint32(len(t.Values)))
	raw := &w.b.Raw
	for k := range feature.RawParts {
		var part event.Span
		if k < len(values) {
			part = event.Span{Off: uint32(len(raw.Buf)), Len: uint32(len(values[k]))}
			raw.Buf = append(raw.Buf, values[k]...)
		}
		raw.Parts = append(raw.Parts, part)
	}
	w.b.N++
}

// Special returns rows of special numbers: in every column, and in one column
// of an ordinary row.
func Special(sample *learner.Batch) *learner.Batch {
	w := newBuilder(sample.D)
	for _, v := range special {
		w.row(func(int) float32 { return v })
	}
	for c := range sample.D {
		for _, v := range special {
			w.row(func(k int) float32 {
				if k == c {
					return v
				}
				return sample.Row(0)[k]
			})
		}
	}
	return w.b
}

// Hostile returns rows of hostile texts beside special numbers.
func Hostile(sample *learner.Batch) *learner.Batch {
	w := newBuilder(sample.D)
	for _, v := range special {
		w.row(func(int) float32 { return v }, texts[:]...)
	}
	for _, text := range texts {
		for o := range int(feature.NumOrigins) {
			values := make([][]byte, o+1)
			values[o] = text
			w.row(func(c int) float32 { return special[(c+o)%len(special)] }, values...)
		}
	}
	return w.b
}
