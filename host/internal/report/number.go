package report

import (
	"math"
	"strconv"
)

// decimals writes a number with that many digits behind the point, "-" for NaN.
func decimals(v float64, digits int) string {
	if math.IsNaN(v) {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// significant writes a number to four significant digits.
func significant(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v == math.Trunc(v) && math.Abs(v) < 1e7:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// signed writes a weight with its sign.
func signed(v float64) string {
	if v >= 0 {
		return "+" + decimals(v, 2)
	}
	return decimals(v, 2)
}

// percent writes a share.
func percent(v float64) string {
	return strconv.FormatFloat(v*100, 'g', 3, 64) + "%"
}

// inverse writes a share as the count among which there is one, to two digits:
// no calibration knows more.
func inverse(share float64) string {
	if !(share > 0) {
		return "-"
	}
	n := 1 / share
	switch {
	case n < 10:
		return decimals(n, 1)
	case n > 1e9:
		return "over 10^9"
	}
	step := math.Pow(10, math.Floor(math.Log10(n))-1)
	return group(int64(math.Round(n/step) * step))
}

// oneIn says a share of normal events in words.
func oneIn(share float64) string {
	if !(share > 0) {
		return "no normal event seen in training"
	}
	if share > 0.5 {
		return percent(share) + " of normal events"
	}
	return "1 in " + inverse(share) + " normal events"
}
