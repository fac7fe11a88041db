package core

import (
	"errors"
	"strconv"
)

// Budget is how many false alarms the user allows.
//
// Rate is the share of normal events that may alarm. PerDay, when positive,
// wins: alarms a day of event time. It becomes a rate as the pass learns how
// many events a day there are; see Allowed.
type Budget struct {
	Rate   float64 // in (0, 0.5]
	PerDay float64
}

// DefaultBudget is one false alarm in a thousand normal events.
var DefaultBudget = Budget{Rate: 1e-3}

// MaxRate bounds what a budget may ask for: beyond it a threshold means nothing.
const MaxRate = 0.5

var errBudget = errors.New(`core: budget: want alarms a day ("20/day") or a share ("0.1%", "1e-3"), above 0 and at most 50%`)

// ParseBudget reads "20/day", "0.1%" or "1e-3".
func ParseBudget(text string) (Budget, error) {
	number := func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil && v > 0 && v < 1e12
	}
	if n := len(text) - len("/day"); n > 0 && text[n:] == "/day" {
		if v, ok := number(text[:n]); ok {
			return Budget{PerDay: v}, nil
		}
		return Budget{}, errBudget
	}
	scale := 1.0
	if n := len(text) - 1; n > 0 && text[n] == '%' {
		text, scale = text[:n], 100
	}
	if v, ok := number(text); ok && v/scale <= MaxRate {
		return Budget{Rate: v / scale}, nil
	}
	return Budget{}, errBudget
}

const day = int64(24 * 60 * 60 * 1e9)

// maxDailyRate caps the rate that a daily budget may become while only few
// events have been seen: the first event of a log must not have the whole
// day's budget for itself.
const maxDailyRate = 1e-2

// Allowed returns the rate in force after n events over span nanoseconds of
// event time. Spans below a day count as a day, so a short log may use the
// whole daily budget.
func (b Budget) Allowed(n, span int64) float64 { return b.At(daily(n, span)) }

// At is Allowed where the share of events that one alarm a day is is known, as
// [Stream.Daily] tells it.
func (b Budget) At(daily float64) float64 {
	if b.PerDay <= 0 {
		return b.Rate
	}
	return min(b.PerDay*daily, maxDailyRate)
}

// daily returns the share of n events over span nanoseconds that one a day is.
func daily(n, span int64) float64 {
	return float64(max(span, day)) / float64(day) / float64(max(n, 1))
}

// Ceiling returns the highest rate that the budget can ever allow.
func (b Budget) Ceiling() float64 {
	if b.PerDay > 0 {
		return maxDailyRate
	}
	return b.Rate
}

// Within reports whether every threat under b is one under wide, whatever the log.
func (b Budget) Within(wide Budget) bool {
	if b.PerDay > 0 && wide.PerDay > 0 {
		return b.PerDay <= wide.PerDay
	}
	return wide.PerDay <= 0 && b.Ceiling() <= wide.Rate
}
