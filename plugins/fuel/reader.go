package fuel

// reader reads the binary format. After the first failure it stays failed and
// yields zeros, so that callers check once.
type reader struct {
	b   []byte
	at  int
	bad bool
}

func (r *reader) left() int { return len(r.b) - r.at }

func (r *reader) byte() byte {
	if r.bad || r.at >= len(r.b) {
		r.bad = true
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

func (r *reader) bytes(n int) []byte {
	if r.bad || n < 0 || n > r.left() {
		r.bad = true
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at : r.at]
}

// u32 reads an unsigned LEB128 of at most 32 bits.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if v>>32 != 0 {
				r.bad = true
			}
			return uint32(v)
		}
	}
	r.bad = true
	return 0
}

// signed skips a signed LEB128 of at most n bytes.
func (r *reader) signed(n int) {
	for range n {
		if r.byte() < 0x80 {
			return
		}
	}
	r.bad = true
}

// count reads the length of a vector, which is at most limit and cannot exceed
// the bytes that are left.
func (r *reader) count(limit int) int {
	n := int(r.u32())
	if n > limit || n > r.left() {
		r.bad = true
		return 0
	}
	return n
}

func (r *reader) name() string { return string(r.bytes(int(r.u32()))) }

// appendU32 appends an unsigned LEB128.
func appendU32(dst []byte, v uint32) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// appendI64 appends a signed LEB128.
func appendI64(dst []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(dst, c)
		}
		dst = append(dst, c|0x80)
	}
}

// appendSection appends a section with its length.
func appendSection(dst []byte, id byte, body []byte) []byte {
	dst = append(dst, id)
	dst = appendU32(dst, uint32(len(body)))
	return append(dst, body...)
}
