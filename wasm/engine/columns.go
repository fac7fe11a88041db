package main

import (
	"unsafe"

	"github.com/tiercel/tiercel/core"
)

// columns collects the rows of a piece for JavaScript, which reads them in
// place as typed arrays. append lays them out, little-endian, n rows:
//
//	n u32, bytes of texts u32
//	offset, time, line, record, incident  i64[n] each
//	missing                               u64[n]
//	score, rate, daily, discount          f64[n] each; daily: core.Stream's when
//	                                      the row was settled; discount: what it
//	                                      multiplied the rate by, for plugins and
//	                                      for the site
//	length, text, entity, raw, context    u32[n] each: of the record; offset of
//	                                      its texts; their lengths in bytes
//	class, reason                         u32[n] each: words, 0 for none
//	kind, severity, flags                 u8[n] each; flags: 1 threat,
//	                                      2 of a site that the model does not know
//	certified                             u8[n]: see packCertificate, 0 unless a threat
//	texts                                 each row's entity, raw record, context columns
type columns struct {
	longs  [6][]int64   // offset, time, line, record, incident, missing
	reals  [4][]float64 // score, rate, daily, discount
	words  [7][]uint32
	bytes  [4][]uint8
	texts  []byte
	length int
}

const (
	flagThreat  = 1
	flagStrange = 2
)

func (c *columns) reset() {
	for i := range c.longs {
		c.longs[i] = c.longs[i][:0]
	}
	for i := range c.reals {
		c.reals[i] = c.reals[i][:0]
	}
	for i := range c.words {
		c.words[i] = c.words[i][:0]
	}
	for i := range c.bytes {
		c.bytes[i] = c.bytes[i][:0]
	}
	c.texts, c.length = c.texts[:0], 0
}

// add adds a row.
func (c *columns) add(v *core.Verdict, daily, discount float64, class, reason word, raw, context []byte) {
	for i, x := range [...]int64{v.Offset, v.Time, v.Line, v.Record, int64(v.Incident), int64(v.Missing)} {
		c.longs[i] = append(c.longs[i], x)
	}
	for i, x := range [...]float64{v.Score, v.FalseAlarmRate, daily, discount} {
		c.reals[i] = append(c.reals[i], x)
	}
	for i, x := range [...]uint32{
		v.Length, uint32(len(c.texts)), uint32(len(v.Entity)), uint32(len(raw)), uint32(len(context)),
		uint32(class), uint32(reason),
	} {
		c.words[i] = append(c.words[i], x)
	}
	flags := uint8(0)
	if v.Threat {
		flags = flagThreat
	}
	if v.Strange {
		flags |= flagStrange
	}
	for i, x := range [...]uint8{uint8(v.Kind), uint8(v.Severity), flags, packCertificate(v.Certified)} {
		c.bytes[i] = append(c.bytes[i], x)
	}
	c.texts = append(append(append(c.texts, v.Entity...), raw...), context...)
	c.length++
}

// append appends all rows in the layout above.
func (c *columns) append(dst []byte) []byte {
	for _, n := range [...]uint32{uint32(c.length), uint32(len(c.texts))} {
		dst = append(dst, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	for _, x := range c.longs {
		dst = appendColumn(dst, x)
	}
	for _, x := range c.reals {
		dst = appendColumn(dst, x)
	}
	for _, x := range c.words {
		dst = appendColumn(dst, x)
	}
	for _, x := range c.bytes {
		dst = append(dst, x...)
	}
	return append(dst, c.texts...)
}

// appendColumn appends a column as it stands in memory, which in WebAssembly is
// little-endian.
func appendColumn[T int64 | float64 | uint32](dst []byte, column []T) []byte {
	if len(column) == 0 {
		return dst
	}
	return append(dst, unsafe.Slice((*byte)(unsafe.Pointer(&column[0])), len(column)*int(unsafe.Sizeof(column[0])))...)
}
