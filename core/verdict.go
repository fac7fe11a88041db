package core

import (
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// Severity ranks a threat for people.
type Severity uint8

// Severities, from the false-alarm rate of the score and the class: see SeverityOf.
const (
	SeverityNone Severity = iota
	SeverityLow
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

var severityNames = [...]string{"none", "low", "medium", "high", "critical"}

// String returns the name that the command line prints.
func (s Severity) String() string { return severityNames[s] }

// Verdict is what the engine says of one record. Its texts alias the Result
// that carries it and are valid until the next one.
type Verdict struct {
	Line   int64 // physical line in the file, from 1
	Record int64 // data record in the file, from 1
	Offset int64 // of the record in the (decompressed) file, bytes
	Length uint32
	Kind   event.Kind
	Time   int64 // nanoseconds since 1970 UTC, event.NoTime when absent
	Err    error // why the record could not be read; all below is zero then

	Score          float64 // h, in [0,1]; ranks
	FalseAlarmRate float64 // share of normal events expected to score at least this high
	Threat         bool    // FalseAlarmRate <= budget
	Severity       Severity
	Class          string      // empty unless Threat
	Technique      []string    // ATT&CK ids of the class
	Entity         []byte      // source address, user or client that is judged
	Incident       uint64      // number of the incident it belongs to, 0 for none
	Certified      Certificate // what the alert survives; zero unless Threat
	Outside        bool        // outside Options.Since and Until: scored, never a threat
	Missing        uint64      // bit i: base learner i abstained or failed, see Engine.LearnerNames; 0 where Bounded
	Lift           float64     // logarithm of what guests divided FalseAlarmRate by, before the Stream discounted it; in [0, log 10]
	Odd            float64     // logarithm of what the site's profile divided FalseAlarmRate by, see Options.Site; in [0, log adapt.ProfileMost]
	Strange        bool        // FalseAlarmRate is a rank at a site that the model does not know, see Stream.Strange; nothing is certified
	Bounded        bool        // no threat, and how far from one is not known: Score is an upper bound, FalseAlarmRate a lower one
	Skipped        bool        // Bounded by Options.Skip, which can be wrong: Score and FalseAlarmRate are estimates
	Audited        bool        // Options.Skip would have skipped it; all learners ran, to see what that loses

	Shapes []feature.Shape // what the site's profile reads, where Options.Site asks for it; nil once the verdict is settled
}

// Result is one batch with its verdicts: Verdicts[i] is of Batch.Events[i].
type Result struct {
	Batch    *event.Batch
	Verdicts []Verdict
	job      *job
}

// Incident groups the threats of one entity that are close in time.
type Incident struct {
	ID          uint64
	Kind        event.Kind
	Entity      string
	Class       string // the class of its worst verdict that has a name, Anomaly when none has
	Technique   []string
	Severity    Severity
	First, Last int64 // nanoseconds, event.NoTime when no record had a time
	Count       int64
	Score       float64 // the highest
	Rate        float64 // the lowest false-alarm rate
	NamedRate   float64 // that of the verdict that gave it its class
	File        string
	Line        int64       // of the worst record
	Certified   Certificate // of the worst record
	Sample      string      // the worst record, at most 512 bytes, 128 beyond the 2,000th incident, not escaped
	Why         string      // what mattered in it, in words
}
