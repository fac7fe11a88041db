package report

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// appendString appends a text as a JSON string (RFC 8259, section 7). What is
// no UTF-8 becomes U+FFFD; what is hidden is escaped, so that NDJSON on a
// terminal does not drive it.
func appendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(text); {
		c := text[i]
		if c >= 0x20 && c < 0x7f {
			if c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
			i++
			continue
		}
		if c < 0x80 {
			switch c {
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = appendHex(append(dst, '\\', 'u'), uint32(c), 4)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
		switch {
		case !hidden(r):
			dst = utf8.AppendRune(dst, r)
		case r < 0x10000:
			dst = appendHex(append(dst, '\\', 'u'), uint32(r), 4)
		default:
			r -= 0x10000
			dst = appendHex(append(dst, '\\', 'u'), 0xd800+uint32(r)>>10, 4)
			dst = appendHex(append(dst, '\\', 'u'), 0xdc00+uint32(r)&0x3ff, 4)
		}
		i += n
	}
	return append(dst, '"')
}

// appendNumber appends the shortest decimal that reads back as the same
// number, without an exponent where that is short; null for NaN and infinities,
// which JSON does not have.
func appendNumber(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// appendStrings appends an array of strings.
func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

// orNull appends a JSON string, null for an absent (empty) text.
func orNull[T string | []byte](dst []byte, text T) []byte {
	if len(text) == 0 {
		return append(dst, "null"...)
	}
	return appendString(dst, text)
}
