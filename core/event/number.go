package event

import (
	"math"
	"strconv"
)

// pow10 are the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// maxNumber is the longest text that is read as a number: a float64 written
// out in full needs 24 characters, sloppy writers add zeros.
const maxNumber = 64

// parseNumber reads a decimal number with optional sign, fraction and exponent,
// or a hexadecimal integer behind 0x. Blanks around it are ignored. Infinities
// and everything else that is no finite number give false.
//
// Up to 2^53 and 22 decimals mantissa and power of ten are both exact, so one
// division rounds correctly (Clinger, "How to read floating point numbers
// accurately", 1990); anything else goes to strconv.
func parseNumber(t []byte) (float64, bool) {
	t = trimBlanks(t)
	if len(t) == 0 || len(t) > maxNumber {
		return 0, false
	}
	s, negative := t, false
	if s[0] == '-' || s[0] == '+' {
		negative = s[0] == '-'
		s = s[1:]
	}
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		return parseHex(s[2:])
	}
	var mantissa uint64
	seen, decimals, point := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c-'0' <= 9:
			seen++
			if point {
				decimals++
			}
			if mantissa > 1<<53/10-1 || decimals > 22 {
				return slowNumber(t)
			}
			mantissa = mantissa*10 + uint64(c-'0')
		case c == '.' && !point:
			point = true
		case c|0x20 == 'e' && seen > 0:
			return slowNumber(t)
		default:
			return 0, false
		}
	}
	if seen == 0 {
		return 0, false
	}
	v := float64(mantissa) / pow10[decimals]
	if negative {
		v = -v
	}
	return v, true
}

func slowNumber(t []byte) (float64, bool) {
	for _, c := range t { // strconv also reads infinities, names and underscores
		if c-'0' > 9 && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(t), 64)
	return v, err == nil && !math.IsInf(v, 0)
}

func parseHex(t []byte) (float64, bool) {
	if len(t) == 0 || len(t) > 16 {
		return 0, false
	}
	var v uint64
	for _, c := range t {
		d := hexDigit(c)
		if d > 15 {
			return 0, false
		}
		v = v<<4 | uint64(d)
	}
	return float64(v), true
}
