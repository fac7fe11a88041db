package main

import (
	"bytes"
	"strconv"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// settings of a scan, as texts: name, NUL, value, NUL ...
//
//	budget  as core.ParseBudget reads it
//	widest  as budget: rows come up to it, though they are no threats
//	kind    http, flow, dns, auth; absent for any
//	since   nanoseconds since 1970 UTC
//	until   nanoseconds, exclusive
//	map     THEIRS=OURS, any number of them
//	all     present: every record is a row, not only threats
//	site    present: the scan learns the site, see core.Options.Site
type settings struct {
	budget       core.Budget
	kept         float64 // the rate up to which rows come; below 0: threats only
	kind         event.Kind
	since, until int64
	fields       map[string]string
	all, site    bool
}

// maxSettings bounds how many fields may be mapped.
const maxSettings = 4096

func parseSettings(text []byte) (settings, error) {
	s := settings{budget: core.DefaultBudget, kept: -1}
	for n := 0; len(text) > 0; n++ {
		name, rest, ok := bytes.Cut(text, []byte{0})
		value, after, ended := bytes.Cut(rest, []byte{0})
		if !ok || !ended || n >= maxSettings {
			return s, errWire
		}
		text = after
		if err := s.set(string(name), string(value)); err != nil {
			return s, err
		}
	}
	if s.kept >= 0 {
		s.kept = max(s.kept, s.budget.Ceiling())
	}
	return s, nil
}

// wide returns the budget that the rows reach, whatever the log: that of the
// scan, or the widest that was asked for.
func (s *settings) wide() core.Budget {
	if s.kept < 0 {
		return s.budget
	}
	return core.Budget{Rate: s.kept}
}

func (s *settings) set(name, value string) (err error) {
	switch name {
	case "budget":
		s.budget, err = core.ParseBudget(value)
	case "widest":
		var b core.Budget
		b, err = core.ParseBudget(value)
		s.kept = b.Ceiling()
	case "kind":
		var ok bool
		if s.kind, ok = event.ParseKind(value); !ok {
			err = callError("kind " + value + ": want http, flow, dns or auth")
		}
	case "since":
		s.since, err = strconv.ParseInt(value, 10, 64)
	case "until":
		s.until, err = strconv.ParseInt(value, 10, 64)
	case "map":
		theirs, ours, ok := bytes.Cut([]byte(value), []byte{'='})
		if !ok || len(theirs) == 0 || len(ours) == 0 {
			return callError("map " + value + ": want THEIRS=OURS, such as client=source.ip")
		}
		if s.fields == nil {
			s.fields = map[string]string{}
		}
		s.fields[string(theirs)] = string(ours)
	case "all":
		s.all = true
	case "site":
		s.site = true
	default:
		err = callError("no setting is called " + name)
	}
	return err
}
