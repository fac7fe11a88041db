package abi

import (
	"math"

	"github.com/tiercel/tiercel/core/feature"
)

// AllOrigins selects the texts of every origin for a text column.
const AllOrigins = feature.NumOrigins

// Selection is what of a batch a plugin gets to see: the columns and texts
// that it declared, and nothing else.
type Selection struct {
	Columns []int            // indices into a row; in the order of the declaration
	Texts   []feature.Origin // one a text column; AllOrigins for every text

	whole bool // the columns are 0, 1, 2 ... : rows are copied as one where D equals their number
}

// NewSelection returns the selection of a description's columns in a schema.
// It refuses a feature that the schema does not have: scoring without it would
// be scoring something else.
func NewSelection(d *Description, s *feature.Schema) (Selection, error) {
	var sel Selection
	for _, name := range d.Features {
		if name == All {
			for c := range s.Names {
				sel.Columns = append(sel.Columns, c)
			}
			continue
		}
		c := s.Column(name)
		if c < 0 {
			return sel, Error("selection: no feature " + quote(name) + " in the schema of kind " + s.Kind.String())
		}
		sel.Columns = append(sel.Columns, c)
	}
	if len(sel.Columns) > MaxColumns {
		return sel, Error("selection: more features than the contract allows")
	}
	for _, name := range d.Texts {
		o, ok := originOf(name)
		if !ok {
			return sel, Error("selection: no text " + quote(name))
		}
		sel.Texts = append(sel.Texts, o)
	}
	sel.whole = true
	for i, c := range sel.Columns {
		sel.whole = sel.whole && i == c
	}
	return sel, nil
}

func originOf(name string) (feature.Origin, bool) {
	if name == All {
		return AllOrigins, true
	}
	for o := range AllOrigins {
		if o.String() == name {
			return o, true
		}
	}
	return 0, false
}

// Size returns the length in bytes of the frame of rows [from, to). It may
// exceed MaxFrame: then the rows must be cut further.
func (s *Selection) Size(b *feature.Batch, from, to int) int {
	size := HeaderSize + 4*(to-from)*len(s.Columns)
	for _, o := range s.Texts {
		values, length := 0, 0
		for i := from; i < to; i++ {
			for k := range textsOf(b, i) {
				if v := &textsOf(b, i)[k]; o == AllOrigins || v.Origin == o {
					values++
					length += int(v.Text.Len)
				}
			}
		}
		size += (8 + 4*(to-from+1) + 4*(values+1) + length + 3) &^ 3
	}
	return size
}

// Encode writes the frame of rows [from, to) to dst, whose length is what Size
// returns. It allocates nothing.
func (s *Selection) Encode(dst []byte, b *feature.Batch, from, to int) {
	n, d := to-from, len(s.Columns)
	texts := HeaderSize + 4*n*d
	put32(dst, Magic)
	put32(dst[4:], uint32(n))
	put32(dst[8:], uint32(d))
	put32(dst[12:], uint32(len(s.Texts)))
	put32(dst[16:], uint32(len(dst)))
	put32(dst[20:], uint32(texts))
	put32(dst[24:], 0)
	put32(dst[28:], 0)
	s.features(dst[HeaderSize:texts], b, from, to)
	rest := dst[texts:]
	for _, o := range s.Texts {
		rest = encodeTexts(rest, b, from, to, o)
	}
}

func (s *Selection) features(dst []byte, b *feature.Batch, from, to int) {
	d := len(s.Columns)
	switch {
	case d == 0:
	case s.whole && d == b.D:
		copyFloats(dst, b.X[from*d:to*d])
	case s.whole:
		for i := from; i < to; i++ {
			copyFloats(dst[4*d*(i-from):][:4*d], b.X[i*b.D:][:d])
		}
	default:
		for i := from; i < to; i++ {
			row, out := b.X[i*b.D:][:b.D], dst[4*d*(i-from):][:4*d]
			for k, c := range s.Columns {
				put32(out[4*k:], math.Float32bits(row[c]))
			}
		}
	}
}

// encodeTexts writes one text column and returns what of dst follows it.
func encodeTexts(dst []byte, b *feature.Batch, from, to int, o feature.Origin) []byte {
	first, values, length := dst[8:], uint32(0), uint32(0)
	put32(first, 0)
	for i := from; i < to; i++ {
		for k := range textsOf(b, i) {
			if v := &textsOf(b, i)[k]; o == AllOrigins || v.Origin == o {
				values++
			}
		}
		put32(first[4*(i-from+1):], values)
	}
	off := first[4*(to-from+1):]
	text := off[4*(values+1):]
	put32(off, 0)
	at := 4
	for i := from; i < to; i++ {
		for k := range textsOf(b, i) {
			if v := &textsOf(b, i)[k]; o == AllOrigins || v.Origin == o {
				length += uint32(copy(text[length:], b.Texts.Bytes(v)))
				put32(off[at:], length)
				at += 4
			}
		}
	}
	put32(dst, values)
	put32(dst[4:], length)
	text = text[length:]
	pad := -int(length) & 3
	clear(text[:pad])
	return text[pad:]
}

// textsOf returns the values of row i; a batch without texts has none.
func textsOf(b *feature.Batch, i int) []feature.Value {
	if i+1 >= len(b.Texts.First) {
		return nil
	}
	return b.Texts.Of(i)
}
