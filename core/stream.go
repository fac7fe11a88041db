package core

import (
	"cmp"
	"slices"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/portable"
)

// Stream is the ordered part of a pass over one or several files: the windows,
// the budget and the incidents, the only state there is. It needs no model, so
// it can live where no learner does: one Stream orders what any number of
// Workers prepare, in other goroutines or in other browser workers.
//
// For each run of records, in file order, Observe comes before the Worker's
// Finish and Settle after it. A Stream belongs to one goroutine.
type Stream struct {
	budget  Budget
	context feature.ContextLimits
	since   int64
	until   int64

	windows   [event.NumKinds]*feature.Context
	lifts     [event.NumKinds]Discount
	rates     [event.NumKinds]*adapt.Rates // nil unless Options.Site
	profile   *adapt.Profile               // nil unless Options.Site
	drift     adapt.Drift
	incidents incidents
	judged    int64 // events with a verdict, and the span of their time
	first     int64
	last      int64
}

// NewStream starts a pass. Of the options it reads Budget, Context, Since, Until
// and Site; they must be those of the engine whose verdicts it orders.
func NewStream(o Options) *Stream {
	if o.Budget == (Budget{}) {
		o.Budget = DefaultBudget
	}
	s := &Stream{
		budget: o.Budget, context: o.Context, since: o.Since, until: o.Until,
		first: event.NoTime, last: event.NoTime,
		drift: adapt.Drift{Level: o.Budget.Ceiling()},
	}
	if o.Site {
		s.profile = &adapt.Profile{}
		for k := range s.rates {
			s.rates[k] = &adapt.Rates{}
		}
	}
	return s
}

// Observe folds the observations of one kind into the windows and writes the
// context columns of row i to x[i*stride:]. Rows whose observation is of
// another kind are left as they are.
func (s *Stream) Observe(k event.Kind, x []float32, stride int, seen []feature.Observation) {
	windows := s.windows[k]
	if windows == nil {
		windows = feature.NewContext(k, s.context)
		s.windows[k] = windows
	}
	windows.UpdateAll(x, stride, seen)
}

// Settle decides what depends on order, counts the verdict in the summary of
// its file and, where it is a threat, joins it to an incident; raw is the record
// as it stands in the log. It returns that incident and whether the record is
// the worst of it so far; nil for no threat, and when there are too many.
func (s *Stream) Settle(v *Verdict, sum *FileSummary, raw []byte) (in *Incident, worst bool) {
	sum.Records++
	if v.Err != nil {
		sum.unread(v)
		return nil, false
	}
	s.lifts[v.Kind].apply(v)
	s.drift.Observe(v.FalseAlarmRate, v.Line)
	s.site(v)
	if s.decide(v); !v.Threat {
		return nil, false
	}
	return s.Join(v, sum, raw)
}

// site turns the rate of a verdict into that of the site, where Options.Site asks
// for it.
func (s *Stream) site(v *Verdict) {
	r := s.rates[v.Kind]
	if r == nil {
		return
	}
	tiers := v.FalseAlarmRate
	v.FalseAlarmRate = r.Observe(tiers)
	if len(v.Shapes) > 0 {
		before := v.FalseAlarmRate
		source := uint64(0)
		if len(v.Entity) > 0 {
			source = feature.Hash64(v.Entity)
		}
		strange := s.Strange()
		v.FalseAlarmRate = s.profile.Observe(v.Shapes, source, before)
		if v.FalseAlarmRate < before {
			v.Odd = portable.Log(before / v.FalseAlarmRate)
		}
		if strange {
			v.Strange, v.Certified = true, Certificate{} // a rate may rise by more than was proven
		}
		v.Shapes = nil
	}
	if v.FalseAlarmRate <= s.budget.Ceiling() && v.Class == "" {
		v.Class = Anomaly
		v.Technique = Techniques(Anomaly)
	}
	if v.Class != "" {
		v.Severity = SeverityOf(v.FalseAlarmRate, v.Class)
	}
}

// Join is the part of Settle for threats: it counts one and joins it to an
// incident. It serves those who judge kept verdicts again under another budget,
// in a Stream of their own, in the order in which they were settled.
func (s *Stream) Join(v *Verdict, sum *FileSummary, raw []byte) (in *Incident, worst bool) {
	sum.Threats++
	if in, worst = s.incidents.add(v, sum.Name, raw); in != nil {
		v.Incident = in.ID
	}
	return in, worst
}

// decide says whether a verdict is outside the time range, and whether it is a
// threat under the budget in force. Where it is none its class, techniques and
// severity are cleared.
func (s *Stream) decide(v *Verdict) {
	if v.Time != event.NoTime {
		if s.since != 0 && v.Time < s.since || s.until != 0 && v.Time >= s.until {
			v.Outside = true
			return
		}
		if s.first == event.NoTime || v.Time < s.first {
			s.first = v.Time
		}
		s.last = max(s.last, v.Time)
	}
	s.judged++
	v.Threat = v.FalseAlarmRate <= s.budget.At(s.Daily())
	if !v.Threat {
		v.Class, v.Technique, v.Severity, v.Certified = "", nil, SeverityNone, Certificate{}
	}
}

// Daily returns the share of the events so far that one a day is: what [Budget.At]
// needs to judge the verdict that was settled last again.
func (s *Stream) Daily() float64 { return daily(s.judged, s.last-s.first) }

// Incident returns the incident of that number as it stands, unless it was
// forgotten.
func (s *Stream) Incident(id uint64) (Incident, bool) {
	all := s.incidents.all
	i, ok := slices.BinarySearchFunc(all, id, func(in Incident, id uint64) int { return cmp.Compare(in.ID, id) })
	if !ok {
		return Incident{}, false
	}
	return all[i], true
}

// Drift says from where on the records are unlike those that the models know;
// the zero value for nowhere. It looks at the models' own rates.
func (s *Stream) Drift() adapt.Since { return s.drift.Since() }

// Strange reports whether Options.Site was asked for and most requests of the site
// would be alarms of the model: it does not know the site, and they are ranked among
// each other instead.
func (s *Stream) Strange() bool { return s.profile != nil && s.profile.Strange() }

// Incidents returns the incidents so far, worst first.
func (s *Stream) Incidents() []Incident { return s.incidents.worstFirst() }

// NumIncidents returns how many there are.
func (s *Stream) NumIncidents() int { return len(s.incidents.all) }
