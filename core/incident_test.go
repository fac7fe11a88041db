package core

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

const minute = 60 * int64(1e9)

// threat is a verdict as incidents take it.
func threat(entity string, at int64, rate float64, severity Severity) *Verdict {
	return &Verdict{
		Kind: event.HTTP, Entity: []byte(entity), Time: at, FalseAlarmRate: rate, Score: 1 - rate, Severity: severity,
		Class: "sqli", Technique: Techniques("sqli"), Threat: true, Line: at / minute,
	}
}

func TestIncidentsGroup(t *testing.T) {
	none := int64(event.NoTime)
	tests := []struct {
		name    string
		threats []*Verdict
		want    []uint64 // incident of each
	}{
		{"one entity, close in time", []*Verdict{threat("a", 0, .1, 1), threat("a", 29*minute, .1, 1)}, []uint64{1, 1}},
		{"the gap is counted from the last", []*Verdict{threat("a", 0, .1, 1), threat("a", 30*minute, .1, 1), threat("a", 60*minute, .1, 1)}, []uint64{1, 1, 1}},
		{"silence starts another", []*Verdict{threat("a", 0, .1, 1), threat("a", 31*minute, .1, 1), threat("a", 32*minute, .1, 1)}, []uint64{1, 2, 2}},
		{"two entities", []*Verdict{threat("a", 0, .1, 1), threat("b", 0, .1, 1), threat("a", minute, .1, 1)}, []uint64{1, 2, 1}},
		{"logs out of order", []*Verdict{threat("a", 90*minute, .1, 1), threat("a", 0, .1, 1)}, []uint64{1, 1}},
		{"without time", []*Verdict{threat("a", none, .1, 1), threat("a", none, .1, 1), threat("a", 90*minute, .1, 1)}, []uint64{1, 1, 1}},
		{"without entity", []*Verdict{threat("", 0, .1, 1), threat("", minute, .1, 1)}, []uint64{1, 1}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			var all incidents
			for i, v := range c.threats {
				in, _ := all.add(v, "log", nil)
				if in.ID != c.want[i] {
					t.Errorf("threat %d: incident %d, want %d", i, in.ID, c.want[i])
				}
			}
		})
	}
}

func TestIncidentsKindsApart(t *testing.T) {
	var all incidents
	one := threat("a", 0, .1, 1)
	two := threat("a", 0, .1, 1)
	two.Kind = event.Auth
	first, _ := all.add(one, "log", nil)
	id := first.ID
	if second, _ := all.add(two, "log", nil); second.ID == id {
		t.Error("threats of two kinds in one incident")
	}
}

// An incident tells of its worst threat.
func TestIncidentWorst(t *testing.T) {
	var all incidents
	all.add(threat("a", 2*minute, 1e-3, SeverityMedium), "one.log", []byte("second"))
	worst := threat("a", 5*minute, 1e-5, SeverityHigh)
	worst.Class, worst.Technique = "cmdi", Techniques("cmdi")
	if _, is := all.add(worst, "two.log", []byte(strings.Repeat("x", 2*maxSample))); !is {
		t.Error("a rarer score is not the worst")
	}
	if _, is := all.add(threat("a", minute, 1e-2, SeverityLow), "three.log", []byte("first")); is {
		t.Error("a commoner score is the worst")
	}
	in := all.worstFirst()[0]
	if in.Count != 3 || in.First != minute || in.Last != 5*minute || in.Class != "cmdi" || in.Severity != SeverityHigh ||
		in.File != "two.log" || in.Line != 5 || in.Rate != 1e-5 || len(in.Sample) != maxSample || len(in.Technique) != 2 {
		t.Errorf("%+v", in)
	}
	// Where the rate is as low as it gets, the score decides.
	tie := threat("a", 6*minute, 1e-5, SeverityHigh)
	tie.Score = 1
	if _, is := all.add(tie, "four.log", nil); !is {
		t.Error("a higher score at the same rate is not the worst")
	}
}

func TestIncidentsWorstFirst(t *testing.T) {
	var all incidents
	all.add(threat("low", 0, 1e-2, SeverityLow), "log", nil)
	all.add(threat("high, once", 0, 1e-4, SeverityHigh), "log", nil)
	all.add(threat("high, twice", 0, 1e-4, SeverityHigh), "log", nil)
	all.add(threat("high, twice", 0, 1e-4, SeverityHigh), "log", nil)
	all.add(threat("high, rarer", 0, 1e-5, SeverityHigh), "log", nil)
	all.add(threat("low too", 0, 1e-2, SeverityLow), "log", nil)
	want := []string{"high, rarer", "high, twice", "high, once", "low", "low too"}
	for i, in := range all.worstFirst() {
		if in.Entity != want[i] {
			t.Errorf("place %d: %s, want %s", i, in.Entity, want[i])
		}
	}
}

// Incidents are bounded: the threats of further entities are counted and their
// verdicts carry no incident, those of known ones go on.
func TestIncidentsBound(t *testing.T) {
	var all incidents
	for i := range maxIncidents {
		all.add(threat(strconv.Itoa(i), 0, .1, 1), "log", nil)
	}
	if in, _ := all.add(threat("one more", 0, .1, 1), "log", nil); in != nil {
		t.Errorf("incident %d beyond the bound", in.ID)
	}
	if in, _ := all.add(threat("7", minute, .1, 1), "log", nil); in == nil || in.Count != 2 {
		t.Errorf("a known entity: %+v", in)
	}
	if len(all.all) != maxIncidents || all.overflow != 1 {
		t.Errorf("%d incidents, %d beyond", len(all.all), all.overflow)
	}
}

// What is over is forgotten, its number is not given again.
func TestForget(t *testing.T) {
	s := NewStream(Options{})
	settle := func(entity string, at int64) uint64 {
		v := threat(entity, at, 1e-4, SeverityHigh)
		sum := NewFileSummary("log")
		s.Settle(v, &sum, nil)
		return v.Incident
	}
	first, second := settle("a", 0), settle("b", 20*minute)
	settle("c", 40*minute)
	s.Forget()
	if left := s.Incidents(); len(left) != 2 {
		t.Fatalf("%d incidents are left, want those of b and c", len(left))
	}
	if again := settle("b", 41*minute); again != second {
		t.Errorf("b goes on as incident %d, was %d", again, second)
	}
	if again := settle("a", 42*minute); again == first || again != 4 {
		t.Errorf("a is incident %d again, was %d", again, first)
	}
}

// What is strangest often has no name: the incident is named by the worst of those
// that have one.
func TestIncidentsAreNamed(t *testing.T) {
	nameless := func(rate float64) *Verdict {
		v := threat("a", 0, rate, 1)
		v.Class, v.Technique = Anomaly, nil
		return v
	}
	named := func(class string, rate float64) *Verdict {
		v := threat("a", 0, rate, 1)
		v.Class, v.Technique = class, Techniques(class)
		return v
	}
	for _, c := range []struct {
		name    string
		threats []*Verdict
		want    string
	}{
		{"nobody knows", []*Verdict{nameless(.1), nameless(.01)}, Anomaly},
		{"named before", []*Verdict{named("sqli", .1), nameless(.01)}, "sqli"},
		{"named after", []*Verdict{nameless(.01), named("sqli", .1)}, "sqli"},
		{"the worst name", []*Verdict{named("xss", .05), named("sqli", .02), named("traversal", .1)}, "sqli"},
	} {
		var all incidents
		for _, v := range c.threats {
			all.add(v, "log", nil)
		}
		in := all.worstFirst()[0]
		if in.Class != c.want || len(Techniques(c.want)) != len(in.Technique) {
			t.Errorf("%s: class %q with %v, want %q", c.name, in.Class, in.Technique, c.want)
		}
		if in.Rate > .05 {
			t.Errorf("%s: rate %g is not the lowest", c.name, in.Rate)
		}
	}
}
