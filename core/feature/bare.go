package feature

import "bytes"

// A value that shows a marker is looked at twice more, and only such a value, so
// that ordinary ones cost nothing: without what SQL skips (bare), and as the
// stretch where its markers stand (focus). Both undo what an attacker adds to an
// attack that goes on working: comments and odd blanks between its words, and
// ordinary text around it. The most suspicious form counts, by the maximum, as
// between values.

// Bounds of the stretch that focus cuts out.
const (
	focusLeast  = 64 // bytes of a value that is cut at all
	focusGap    = 64 // bytes without a marker end a stretch
	focusMargin = 16 // bytes kept before and behind it
)

// suspect lists a decoded value whose markers were counted already, at
// dst.Buf[start:], and its plainer forms. The statistics are those of the
// stretch whose markers are the strongest, without what surrounds it.
func (r *request) suspect(v Value, start int, d *decoding) {
	from, to := start, len(r.dst.Buf)
	r.list(v, from, to)
	var changed bool
	r.dst.Buf, changed = bare(r.dst.Buf, r.dst.Buf[from:to])
	if !changed && to-from < focusLeast {
		r.measure(v.Origin, from, to, d)
		return
	}
	a, b, strength := r.focus(r.dst.Buf[from:to], v.Origin)
	if changed {
		from2, to2 := to, len(r.dst.Buf)
		r.marks.scan(&r.sums, r.dst.Buf[from2:to2], v.Origin)
		r.list(v, from2, to2)
		// What stands between pads that look like a comment is not to be lost.
		if a2, b2, strength2 := r.focus(r.dst.Buf[from2:to2], v.Origin); strength2 >= strength {
			from, to, a, b = from2, to2, a2, b2
		}
	}
	plain := *d
	if n := to - from; n >= focusLeast && b-a < n*3/4 {
		from, to = from+a, from+b
		r.list(v, from, to)
		plain.upper = int32(int64(plain.upper) * int64(b-a) / int64(n))
		plain.invalid = min(plain.invalid, int32(bytes.Count(r.dst.Buf[from:to], []byte{'%'})))
	}
	r.measure(v.Origin, from, to, &plain)
}

// bare appends text as SQL reads it and reports whether that is something else:
// comments and runs of blanks are one blank, what MySQL runs in /*! ... */
// stands without its brackets, and (select N) is N. It appends nothing when the
// result is the same or empty. A comment that does not end stays: it swallows
// the rest of a statement, and says so.
func bare(dst, text []byte) (_ []byte, changed bool) {
	start := len(dst)
	lastLine, lastEnd := bytes.LastIndexByte(text, '\n'), bytes.LastIndex(text, []byte("*/"))
	for i := 0; i < len(text); {
		c := text[i]
		next := i + 1
		switch {
		case c == '/' && byteAt(text, next) == '*' && i+2 <= lastEnd:
			c = ' '
			if byteAt(text, i+2) != '!' {
				next = i + 2 + bytes.Index(text[i+2:], []byte("*/")) + 2
				break
			}
			for next = i + 3; byteAt(text, next)-'0' < 10; next++ {
			}
		case c == '*' && byteAt(text, next) == '/': // of a comment that MySQL runs
			c, next = ' ', i+2
		case i < lastLine && (c == '#' || c == '-' && byteAt(text, next) == '-'): // a comment up to the line's end
			c, next = ' ', i+bytes.IndexByte(text[i:], '\n')+1
		case c == 0xc2 && byteAt(text, next) == 0xa0:
			c, next = ' ', i+2
		case c == '(':
			if a, b, end := constantSelect(text, i); end > 0 {
				dst, changed = append(dst, text[a:b]...), true
				i = end
				continue
			}
		case c == 0xa0 && (i == 0 || text[i-1] < 0x80), lexClass[c] == lexBlanks:
			c = ' '
		}
		if c == ' ' && len(dst) > start && dst[len(dst)-1] == ' ' {
			changed = true
		} else {
			changed = changed || next > i+1 || c != text[i]
			dst = append(dst, c)
		}
		i = next
	}
	if !changed || len(dst) == start {
		return dst[:start], false
	}
	return dst, true
}

// constantSelect reads (select N) at i: the number is text[from:to], and end is
// behind the bracket, 0 for none.
func constantSelect(text []byte, i int) (from, to, end int) {
	if i = skipOpen(text, i); !wordAt(text, i, "select") {
		return 0, 0, 0
	}
	from = skipSpace(text, i+len("select"))
	for to = from; byteAt(text, to)-'0' < 10; to++ {
	}
	if end = skipSpace(text, to); to == from || byteAt(text, end) != ')' {
		return 0, 0, 0
	}
	return from, to, end + 1
}

// focus returns the stretch of text whose markers are the strongest together,
// with some bytes around it, cut between words; the whole text without markers.
// Weak markers, which prose holds too, make no stretch wider where there are
// others.
func (r *request) focus(text []byte, o Origin) (from, to, strength int) {
	r.matches = r.marks.Matches(r.matches[:0], text, o)
	least := uint8(weak)
	for i := range r.matches {
		if r.matches[i].Strength > weak {
			least = weak + 1
		}
	}
	var a, b, sum int
	for i := range r.matches {
		m := &r.matches[i]
		if m.Strength < least {
			continue
		}
		if sum == 0 || m.From > b+focusGap {
			a, b, sum = m.From, m.To, 0
		}
		a, b, sum = min(a, m.From), max(b, m.To), sum+int(m.Strength)
		if sum > strength {
			from, to, strength = a, b, sum
		}
	}
	if strength == 0 {
		return 0, len(text), 0
	}
	return wordsBefore(text, from), wordsBehind(text, to), strength
}

// wordsBefore returns the start of the whole words within focusMargin before i.
func wordsBefore(text []byte, i int) int {
	least := max(0, i-focusMargin)
	at := least
	for at > 0 && at < i && lexClass[text[at-1]] != lexBlanks {
		at++
	}
	if at == i {
		return least
	}
	return at
}

// wordsBehind returns the end of the whole words within focusMargin behind i.
func wordsBehind(text []byte, i int) int {
	most := min(len(text), i+focusMargin)
	at := most
	for at < len(text) && at > i && lexClass[text[at]] != lexBlanks {
		at--
	}
	if at == i {
		return most
	}
	return at
}
