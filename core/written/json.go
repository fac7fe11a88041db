// Package written writes what the engine says as JSON, by hand: encoding/json
// would cost a page 130 KB of brotli. The command line and the browser's engine
// share it; each appends its members in the order that it promises.
package written

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// Style is how texts are written. The zero Style suits programs; it is a value
// and safe for concurrent use.
type Style struct {
	// Hidden tells which runes from U+0080 on (and U+007F) are written as escapes;
	// nil for none. Control characters below U+0020 always are.
	Hidden func(rune) bool
	// UTF16 counts marks in UTF-16 units, as JavaScript does, not in bytes.
	UTF16 bool
}

// AppendString appends a text as a JSON string (RFC 8259, section 7). What is
// no UTF-8 becomes U+FFFD.
func AppendString[T string | []byte](dst []byte, text T, s Style) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
			i++
		case c < 0x20:
			dst = appendControl(dst, c)
			i++
		case c < 0x7f:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
			switch {
			case s.Hidden == nil || !s.Hidden(r):
				dst = utf8.AppendRune(dst, r)
			case r < 0x10000:
				dst = appendUnit(dst, uint32(r))
			default:
				r -= 0x10000
				dst = appendUnit(dst, 0xd800+uint32(r)>>10)
				dst = appendUnit(dst, 0xdc00+uint32(r)&0x3ff)
			}
			i += n
		}
	}
	return append(dst, '"')
}

func appendControl(dst []byte, c byte) []byte {
	switch c {
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return appendUnit(dst, uint32(c))
}

// appendUnit appends the escape of a UTF-16 unit.
func appendUnit(dst []byte, u uint32) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[u>>12&15], digits[u>>8&15], digits[u>>4&15], digits[u&15])
}

// AppendNumber appends the shortest decimal that reads back as the same number,
// without an exponent where that is short; null for NaN and infinities, which
// JSON does not have.
func AppendNumber(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// AppendStrings appends an array of strings.
func AppendStrings(dst []byte, list []string, s Style) []byte {
	dst = append(dst, '[')
	for i, text := range list {
		dst = AppendString(Comma(dst, i), text, s)
	}
	return append(dst, ']')
}

// OrNull appends a JSON string, null for an absent (empty) text.
func OrNull[T string | []byte](dst []byte, text T, s Style) []byte {
	if len(text) == 0 {
		return append(dst, "null"...)
	}
	return AppendString(dst, text, s)
}

// Comma separates all elements but the first, which has i 0.
func Comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}
