package core

import (
	"slices"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// State is all that a pass has learnt from the records so far. A pass that
// resumes from it goes on exactly as the first one would.
type State struct {
	Windows     [event.NumKinds][]byte // snapshots, see feature.Context.AppendTo; empty for kinds not seen
	Lifts       [event.NumKinds]Discount
	Rates       [event.NumKinds][]float64 // of the site, see adapt.Rates; empty unless Options.Site
	Profile     []byte                    // of the site, see adapt.Profile; empty unless Options.Site
	Drift       []float64                 // the watch over the models' rates, see adapt.Drift
	Judged      int64                     // events with a verdict
	First, Last int64                     // the span of their time, event.NoTime for none
	Incidents   []Incident                // in the order of their numbers
	Numbered    uint64                    // incidents that were ever numbered
}

// State returns a copy of what the pass has learnt.
func (s *Stream) State() State {
	st := State{
		Lifts:  s.lifts,
		Drift:  s.drift.State(),
		Judged: s.judged, First: s.first, Last: s.last,
		Incidents: slices.Clone(s.incidents.all), Numbered: s.incidents.numbered,
	}
	for k, w := range s.windows {
		if w != nil {
			st.Windows[k] = w.AppendTo(nil)
		}
		if r := s.rates[k]; r != nil {
			st.Rates[k] = r.State()
		}
	}
	if s.profile != nil {
		st.Profile = s.profile.AppendTo(nil)
	}
	return st
}

// Resume replaces what the pass has learnt. On an error, a
// feature.SnapshotError or adapt.Error, the pass is of no further use. Where the
// state says nothing of a profile or of drift, they begin anew.
func (s *Stream) Resume(st State) error {
	var windows [event.NumKinds]*feature.Context
	for k, data := range st.Windows {
		if len(data) == 0 {
			continue
		}
		windows[k] = feature.NewContext(event.Kind(k), s.context)
		if err := windows[k].Restore(data); err != nil {
			return err
		}
	}
	for k, data := range st.Rates {
		if s.rates[k] != nil && len(data) > 0 {
			if err := s.rates[k].Restore(data); err != nil {
				return err
			}
		}
	}
	if s.profile != nil && len(st.Profile) > 0 {
		if err := s.profile.Restore(st.Profile); err != nil {
			return err
		}
	}
	if len(st.Drift) > 0 {
		if err := s.drift.Restore(st.Drift); err != nil {
			return err
		}
	}
	s.windows, s.judged, s.first, s.last = windows, st.Judged, st.First, st.Last
	s.lifts = st.Lifts
	s.incidents = incidents{all: slices.Clone(st.Incidents), numbered: st.Numbered}
	s.incidents.index()
	return nil
}

// Forget drops the incidents that no further event can join because their
// entity was silent for so long, and makes room for others. A pass without an
// end calls it now and then, after it has told of them.
func (s *Stream) Forget() {
	s.incidents.all = slices.DeleteFunc(s.incidents.all, func(in Incident) bool {
		return in.Last != event.NoTime && s.last != event.NoTime && s.last-in.Last > incidentGap
	})
	s.incidents.index()
}

// State returns a copy of what the pass has learnt; see Stream.State.
func (s *Scan) State() State { return s.stream.State() }

// Resume replaces what the pass has learnt; see Stream.Resume.
func (s *Scan) Resume(st State) error { return s.stream.Resume(st) }

// Incident returns the incident of that number; see Stream.Incident.
func (s *Scan) Incident(id uint64) (Incident, bool) { return s.stream.Incident(id) }

// Forget drops the incidents that are over; see Stream.Forget.
func (s *Scan) Forget() { s.stream.Forget() }
