package abi

import "unsafe"

// Magic opens a frame: "TCF1" in memory order.
const Magic = 0x31464354

// HeaderSize is the length of a frame's header in bytes; the features follow
// it, so they are aligned to 16 bytes where the frame is.
const HeaderSize = 32

// Frame is a decoded frame. Its slices alias the bytes it was decoded from.
type Frame struct {
	N, D  int
	X     []float32 // N*D features, row-major; NaN where the record has no value
	Texts []TextColumn
}

// TextColumn holds the texts of one declared column: row i has the values
// [First[i], First[i+1]), value k is Bytes[Off[k]:Off[k+1]].
type TextColumn struct {
	First []uint32 // N+1
	Off   []uint32 // one more than values
	Bytes []byte
}

// Of returns the range of values of row i.
func (c *TextColumn) Of(i int) (from, to int) { return int(c.First[i]), int(c.First[i+1]) }

// Value returns value k.
func (c *TextColumn) Value(k int) []byte {
	return c.Bytes[c.Off[k]:c.Off[k+1]:c.Off[k+1]]
}

// Reasons why a frame is refused.
const (
	ErrShort   = Error("frame: shorter than its header says")
	ErrMagic   = Error("frame: not a frame of version 1")
	ErrSizes   = Error("frame: more rows, columns or bytes than the contract allows")
	ErrOffsets = Error("frame: text offsets out of order or out of range")
	ErrTrail   = Error("frame: bytes after its end")
	ErrAlign   = Error("frame: not aligned to 4 bytes")
	ErrPadding = Error("frame: padding or reserved bytes that are not zero")
)

// littleEndian says whether this machine stores numbers as the frame does;
// then slices of numbers alias the frame's bytes.
var littleEndian = func() bool {
	x := uint16(1)
	return *(*byte)(unsafe.Pointer(&x)) == 1
}()

// Decode reads a frame. b must be aligned to 4 bytes and hold the frame and
// nothing else. f.Texts keeps its memory; on a little-endian machine nothing
// else is allocated.
func (f *Frame) Decode(b []byte) error {
	if len(b) < HeaderSize {
		return ErrShort
	}
	if u32(b) != Magic {
		return ErrMagic
	}
	n, d, t, size, texts := u32(b[4:]), u32(b[8:]), u32(b[12:]), u32(b[16:]), u32(b[20:])
	if n > MaxRows || d > MaxColumns || t > MaxTextColumns || size > MaxFrame {
		return ErrSizes
	}
	switch end := HeaderSize + 4*uint64(n)*uint64(d); {
	case uint64(size) > uint64(len(b)) || end > uint64(size):
		return ErrShort
	case uint64(size) < uint64(len(b)):
		return ErrTrail
	case uint64(texts) != end:
		return ErrOffsets
	case u32(b[24:])|u32(b[28:]) != 0:
		return ErrPadding
	case !aligned(b):
		return ErrAlign
	}
	f.N, f.D = int(n), int(d)
	f.X = floats(b[HeaderSize:texts])
	f.Texts = f.Texts[:0]
	rest := b[texts:]
	for range t {
		var c TextColumn
		var err error
		if c, rest, err = decodeTexts(rest, int(n)); err != nil {
			return err
		}
		f.Texts = append(f.Texts, c)
	}
	if len(rest) != 0 {
		return ErrTrail
	}
	return nil
}

// decodeTexts reads one text column and returns what follows it.
func decodeTexts(b []byte, n int) (c TextColumn, rest []byte, err error) {
	if len(b) < 8 {
		return c, nil, ErrShort
	}
	values, length := uint64(u32(b)), uint64(u32(b[4:]))
	end := 8 + 4*(uint64(n)+1) + 4*(values+1) + length
	padded := (end + 3) &^ 3
	if padded > uint64(len(b)) {
		return c, nil, ErrShort
	}
	c.First = words(b[8 : 8+4*(n+1)])
	c.Off = words(b[8+4*(n+1) : end-length])
	c.Bytes = b[end-length : end : end]
	if !rising(c.First, values) || !rising(c.Off, length) {
		return c, nil, ErrOffsets
	}
	for _, z := range b[end:padded] {
		if z != 0 {
			return c, nil, ErrPadding
		}
	}
	return c, b[padded:], nil
}

func aligned(b []byte) bool { return uintptr(unsafe.Pointer(unsafe.SliceData(b)))%4 == 0 }

// rising says whether offsets start at 0, never fall and end at last.
func rising(off []uint32, last uint64) bool {
	before := uint32(0)
	for _, o := range off {
		if o < before {
			return false
		}
		before = o
	}
	return off[0] == 0 && uint64(before) == last
}

func u32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func put32(b []byte, v uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// words views aligned bytes as numbers, or copies them where the machine's order differs.
func words(b []byte) []uint32 {
	if len(b) == 0 {
		return nil
	}
	if littleEndian {
		return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
	}
	w := make([]uint32, len(b)/4)
	for i := range w {
		w[i] = u32(b[4*i:])
	}
	return w
}

func floats(b []byte) []float32 {
	w := words(b)
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
}

// PutScores writes scores in the frame's byte order to dst, 4 bytes each.
func PutScores(dst []byte, scores []float32) {
	copyFloats(dst[:4*len(scores)], scores)
}

// Scores reads n scores of 4 bytes each from b into dst, which has length n.
func Scores(dst []float32, b []byte) {
	b = b[:4*len(dst)]
	if littleEndian {
		copy(bytesOf(dst), b)
		return
	}
	w := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(dst))), len(dst))
	for i := range w {
		w[i] = u32(b[4*i:])
	}
}

func bytesOf(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// copyFloats writes x to dst, which has length 4*len(x) and any alignment.
func copyFloats(dst []byte, x []float32) {
	if littleEndian {
		copy(dst, bytesOf(x))
		return
	}
	w := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
	for i, v := range w {
		put32(dst[4*i:], v)
	}
}
