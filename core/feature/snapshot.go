package feature

import (
	"math"
	"strconv"

	"github.com/tiercel/tiercel/core/event"
)

// SnapshotError is why bytes are no snapshot of a Context.
type SnapshotError string

func (e SnapshotError) Error() string { return "feature: context snapshot: " + string(e) }

// snapshotMagic names the format and its version; a change of the windows or
// of what they hold needs a new one.
const snapshotMagic = "TCX2"

// AppendTo appends the whole state of the context to dst, little-endian:
//
//	magic, kind u8, timed u8, roles u8, 0 u8, now i64
//	each role: windows u32, floats a window u32, words a window u32,
//	           then each window from the oldest to the newest use:
//	           key u64, time i64, floats f32..., words u64...
//
// A context restored from it goes on exactly as this one would.
func (c *Context) AppendTo(dst []byte) []byte {
	dst = append(dst, snapshotMagic...)
	timed := byte(0)
	if c.timed {
		timed = 1
	}
	dst = append(dst, byte(c.kind), timed, numRoles, 0)
	dst = append64(dst, uint64(c.now))
	for i := range numRoles {
		w := *c.role(i)
		if w == nil {
			dst = append(dst, make([]byte, 12)...)
			continue
		}
		dst = append32(dst, uint32(len(w.entries)))
		dst = append32(dst, uint32(w.nfloats))
		dst = append32(dst, uint32(w.nwords))
		for slot := w.oldest; slot != none; slot = w.entries[slot].newer {
			dst = append64(dst, w.entries[slot].key)
			dst = append64(dst, uint64(w.entries[slot].time))
			numbers, words := w.at(int(slot))
			for _, f := range numbers {
				dst = append32(dst, math.Float32bits(f))
			}
			for _, b := range words {
				dst = append64(dst, b)
			}
		}
	}
	return dst
}

// Restore replaces the state by a snapshot of a context of the same kind whose
// windows fit the limits of this one. On an error, a SnapshotError, the context
// is empty. Hostile bytes cost no more memory than a full context.
func (c *Context) Restore(data []byte) error {
	err := c.restore(data)
	if err != nil {
		for i := range numRoles {
			if w := *c.role(i); w != nil {
				w.clear()
			}
		}
		c.now, c.timed = 0, false
	}
	return err
}

func (c *Context) restore(data []byte) error {
	const header = len(snapshotMagic) + 4 + 8
	if len(data) < header || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return SnapshotError("not one, or of another version")
	}
	h := data[len(snapshotMagic):]
	if event.Kind(h[0]) != c.kind {
		return SnapshotError("of kind " + event.Kind(h[0]).String() + ", not " + c.kind.String())
	}
	if h[1] > 1 || h[2] != numRoles || h[3] != 0 {
		return SnapshotError("header is not valid")
	}
	c.timed = h[1] == 1
	c.now = int64(read64(h[4:]))
	if c.now < -maxTime || c.now > maxTime {
		return SnapshotError("time out of range")
	}
	data = data[header:]
	for i := range numRoles {
		if len(data) < 12 {
			return SnapshotError("ends too early")
		}
		n, floats, words := int64(read32(data)), int64(read32(data[4:])), int64(read32(data[8:]))
		data = data[12:]
		w := *c.role(i)
		if w == nil {
			if n|floats|words != 0 {
				return SnapshotError("has windows that this kind does not use")
			}
			continue
		}
		if floats != int64(w.nfloats) || words != int64(w.nwords) {
			return SnapshotError("windows are of another shape")
		}
		if n > int64(w.max) {
			return SnapshotError("holds " + strconv.FormatInt(n, 10) + " windows of a role, the limit is " + strconv.Itoa(w.max))
		}
		size := 16 + 4*floats + 8*words
		if int64(len(data)) < n*size {
			return SnapshotError("ends too early")
		}
		if err := w.restore(data[:n*size], int(size)); err != nil {
			return err
		}
		data = data[n*size:]
	}
	if len(data) != 0 {
		return SnapshotError("has bytes behind its end")
	}
	return nil
}

// restore reads windows of size bytes each.
func (w *windows) restore(data []byte, size int) error {
	w.clear()
	for ; len(data) > 0; data = data[size:] {
		key, t := read64(data), int64(read64(data[8:]))
		if key == 0 || w.find(key) >= 0 {
			return SnapshotError("has a key twice, or none")
		}
		if t < -maxTime || t > maxTime {
			return SnapshotError("time out of range")
		}
		slot := w.add(key, t)
		numbers, words := w.at(slot)
		at := 16
		for j := range numbers {
			f := math.Float32frombits(read32(data[at:]))
			if !(f >= 0 && f <= math.MaxFloat32) {
				return SnapshotError("has a count that is no number >= 0")
			}
			numbers[j] = f
			at += 4
		}
		for j := range words {
			words[j] = read64(data[at:])
			at += 8
		}
	}
	return nil
}

// Little-endian words by hand: encoding/binary brings reflect with it, which
// the browser would carry. The compiler makes one load or store of each.

func append32(dst []byte, x uint32) []byte {
	return append(dst, byte(x), byte(x>>8), byte(x>>16), byte(x>>24))
}

func append64(dst []byte, x uint64) []byte {
	return append32(append32(dst, uint32(x)), uint32(x>>32))
}

func read32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func read64(b []byte) uint64 { return uint64(read32(b)) | uint64(read32(b[4:]))<<32 }
