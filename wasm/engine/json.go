package main

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// JSON is written by hand: encoding/json would cost 130 KB of brotli.

const hexDigits = "0123456789abcdef"

// appendString appends a text as a JSON string (RFC 8259, section 7). What is
// no UTF-8 becomes U+FFFD.
func appendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
			i++
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			i++
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return append(dst, '"')
}

// utf16Len returns how many UTF-16 units a text has as a JavaScript string,
// after appendString.
func utf16Len(text string) int {
	n := 0
	for _, r := range text {
		if n++; r >= 0x10000 {
			n++
		}
	}
	return n
}

// appendNumber appends the shortest decimal that reads back as the same
// number; null for NaN and infinities, which JSON does not have.
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
		dst = appendString(comma(dst, i), s)
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

// appendTime appends a time as a text of nanoseconds, null for none: doubles
// do not hold it.
func appendTime(dst []byte, time, none int64) []byte {
	if time == none {
		return append(dst, "null"...)
	}
	return append(strconv.AppendInt(append(dst, '"'), time, 10), '"')
}

// comma separates all elements but the first.
func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}
