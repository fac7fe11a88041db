package report

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// hidden reports whether a rune would not stand on a terminal as itself: it
// drives the terminal (control characters), reorders what is around it
// (bidirectional controls), or takes no room and so can hide in a text or
// change its neighbour (zero-width characters, combining marks, fillers).
func hidden(r rune) bool {
	if r < 0x7f {
		return r < 0x20
	}
	if r == 0x7f || !unicode.IsPrint(r) {
		return true
	}
	switch r {
	case 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800: // Hangul fillers, empty Braille: letters that show nothing
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc)
}

// appendVisible appends a text so that each of its characters can be seen and
// none acts: what is hidden becomes \x1b, \u202e or \U000e0001, a byte that is
// no UTF-8 becomes \xff.
func appendVisible(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c >= 0x20 && c < 0x7f {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = appendHex(append(dst, '\\', 'x'), uint32(s[i]), 2)
		case !hidden(r):
			dst = append(dst, s[i:i+n]...)
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x80:
			dst = appendHex(append(dst, '\\', 'x'), uint32(r), 2)
		case r < 0x10000:
			dst = appendHex(append(dst, '\\', 'u'), uint32(r), 4)
		default:
			dst = appendHex(append(dst, '\\', 'U'), uint32(r), 8)
		}
		i += n
	}
	return dst
}

// Visible returns a text as the terminal shows it; programs use it for file
// names in messages.
func Visible(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return string(appendVisible(nil, s))
		}
	}
	return s
}

func appendHex(dst []byte, v uint32, digits int) []byte {
	for d := digits - 1; d >= 0; d-- {
		dst = append(dst, "0123456789abcdef"[v>>(4*d)&15])
	}
	return dst
}

// wide holds the ranges of runes that take two columns: the East Asian Wide
// and Fullwidth blocks of UAX 11 and the emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115e, 1},
		{0x231a, 0x231b, 1},
		{0x2329, 0x232a, 1},
		{0x23e9, 0x23ec, 1},
		{0x25fd, 0x25fe, 1},
		{0x2614, 0x2615, 1},
		{0x2648, 0x2653, 1},
		{0x26aa, 0x26ab, 1},
		{0x26bd, 0x26be, 1},
		{0x2705, 0x2705, 1},
		{0x270a, 0x270b, 1},
		{0x2728, 0x2728, 1},
		{0x274c, 0x274c, 1},
		{0x2753, 0x2755, 1},
		{0x2795, 0x2797, 1},
		{0x2b1b, 0x2b1c, 1},
		{0x2b50, 0x2b50, 1},
		{0x2e80, 0x303e, 1},
		{0x3041, 0xa4cf, 1},
		{0xa960, 0xa97c, 1},
		{0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1},
		{0xfe30, 0xfe6f, 1},
		{0xff00, 0xff60, 1},
		{0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x16fe0, 0x18cff, 1}, {0x1b000, 0x1b2ff, 1}, {0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

func runeWidth(r rune) int {
	if r >= 0x1100 && unicode.Is(wide, r) {
		return 2
	}
	return 1
}

// width returns the columns that a visible text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// cut returns the longest beginning of a visible text that fits into columns,
// and the rest.
func cut(s string, columns int) (head, rest string) {
	n := 0
	for i, r := range s {
		if n += runeWidth(r); n > columns {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// fit cuts a visible text to columns, marking the cut by an ellipsis.
func fit(s string, columns int) string {
	if width(s) <= columns {
		return s
	}
	head, _ := cut(s, columns-1)
	return head + "…"
}

// fitEnd is fit that keeps the end of the text.
func fitEnd(s string, columns int) string {
	if width(s) <= columns {
		return s
	}
	runes := []rune(s)
	n, start := 1, len(runes)
	for start > 0 && n+runeWidth(runes[start-1]) <= columns {
		start--
		n += runeWidth(runes[start])
	}
	return "…" + string(runes[start:])
}

// wrap breaks a visible text into at most limit lines of that many columns,
// behind a space where one stands in the last third of a line; what remains is
// cut off with an ellipsis.
func wrap(s string, columns, limit int) []string {
	columns = max(columns, 8)
	var lines []string
	for s != "" {
		if len(lines) == limit-1 {
			return append(lines, fit(s, columns))
		}
		head, rest := cut(s, columns)
		if rest != "" && rest[0] != ' ' {
			for i := len(head) - 1; i > 2*len(head)/3; i-- {
				if head[i] == ' ' {
					head, rest = s[:i+1], s[i+1:]
					break
				}
			}
		}
		for head != "" && rest != "" && head[len(head)-1] == ' ' {
			head = head[:len(head)-1]
		}
		for rest != "" && rest[0] == ' ' {
			rest = rest[1:]
		}
		lines, s = append(lines, head), rest
	}
	return lines
}

// group writes a count with a comma before each three digits.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
