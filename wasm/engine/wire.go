package main

import (
	"math"
	"slices"
	"unsafe"

	"github.com/tiercel/tiercel/core/feature"
)

// What instances tell each other is laid out as the memory of their common
// module is: structs are copied as they stand, every part aligned to 8 bytes.
// Such messages never leave the page and are never stored.

// wireVerdict is a verdict on its way from the instance that scored it to the
// one that orders.
type wireVerdict struct {
	offset, time int64
	score, rate  float64
	missing      uint64
	lift         float64
	line         uint32 // in its batch, from 1
	length       uint32
	text         uint32 // offset of its texts: entity, class, reason, raw, context
	entity       uint32 // their lengths
	class        uint32
	reason       uint32
	raw          uint32
	context      uint32 // bytes
	kind         uint8
	severity     uint8
	bounded      uint8
	certified    uint8 // see packCertificate
	shapes       uint32
}

// batchHead is ahead of what is told of one batch.
type batchHead struct {
	events uint32
	lines  uint32
	texts  uint32 // bytes of texts behind the verdicts
	shapes uint32 // behind the texts, those of the verdicts in turn; 0 where no site is learnt
}

// seenHead is ahead of a batch's observations of one kind.
type seenHead struct {
	kind uint32
	rows uint32 // 0 when the batch has none of that kind
}

// appendWire appends values as they stand in memory, padded to 8 bytes.
func appendWire[T batchHead | seenHead | wireVerdict | feature.Observation | feature.Shape | int64 | float32 | byte](dst []byte, values []T) []byte {
	if len(values) > 0 {
		size := len(values) * int(unsafe.Sizeof(values[0]))
		dst = append(dst, unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), size)...)
	}
	return append(dst, make([]byte, -len(dst)&7)...)
}

const batchHeadSize = int(unsafe.Sizeof(batchHead{}))

// roomFor makes room for n verdicts behind dst, to be written yet.
func roomFor(dst []byte, n int) []byte {
	size := n * int(unsafe.Sizeof(wireVerdict{}))
	return slices.Grow(dst, size)[:len(dst)+size]
}

// cutWire returns n values that data starts with, in place, and what is behind
// them. data is aligned to 8 bytes.
func cutWire[T batchHead | seenHead | wireVerdict | feature.Observation | feature.Shape | int64 | float32 | byte](data []byte, n uint32) (values []T, rest []byte, err error) {
	var one T
	size := (uint64(n)*uint64(unsafe.Sizeof(one)) + 7) &^ 7
	if size > uint64(len(data)) {
		return nil, nil, errWire
	}
	if n > 0 {
		values = unsafe.Slice((*T)(unsafe.Pointer(&data[0])), n)
	}
	return values, data[size:], nil
}

// appendFloat appends a float32, little-endian.
func appendFloat(dst []byte, x float32) []byte {
	u := math.Float32bits(x)
	return append(dst, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
}

// readFloat reads a float32, little-endian.
func readFloat(b []byte) float32 { return math.Float32frombits(readUint32(b)) }

// readUint32 reads a number, little-endian.
func readUint32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// putUint32 writes a number, little-endian.
func putUint32(b []byte, x uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(x), byte(x>>8), byte(x>>16), byte(x>>24)
}
