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
//	kind    http, flow, dns, auth; absent for any
//	since   nanoseconds since 1970 UTC
//	until   nanoseconds, exclusive
//	map     THEIRS=OURS, any number of them
//	all     present: every record is a row, not only threats
type settings struct {
	budget       core.Budget
	kind         event.Kind
	since, until int64
	fields       map[string]string
	all          bool
}

// maxSettings bounds how many fields may be mapped.
const maxSettings = 4096

func parseSettings(text []byte) (settings, error) {
	s := settings{budget: core.DefaultBudget}
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
	return s, nil
}

func (s *settings) set(name, value string) (err error) {
	switch name {
	case "budget":
		s.budget, err = core.ParseBudget(value)
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
	default:
		err = callError("no setting is called " + name)
	}
	return err
}
