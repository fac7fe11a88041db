// Package check holds a plugin, as it was built, to the contract
// (plugins/abi/ABI.md) and to the conformance suite that every learner passes:
// what "tiercel plugin check" and "tiercel plugin bench" print.
//
// A [Subject] is a plugin behind one of the runtimes. [Run] makes a [Report] of
// one line a demand, each with what to do where it fails; [Bench] measures.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/conformance"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Subject is a plugin that was opened.
type Subject interface {
	Description() *abi.Description
	// Facts says in one line what was opened.
	Facts() string
	// Learner starts the plugin for a schema. config is nil for none.
	Learner(s *feature.Schema, config []byte) (Learner, error)
	// Exchange hands one frame of n rows to a fresh instance, also one that
	// breaks the contract.
	Exchange(config, frame []byte, n int) (Answer, error)
	// Fuel is what a call may spend; 0 where nothing counts.
	Fuel() int64
	// Close ends what Exchange started. It does not close the plugin.
	Close()
}

// Answer is what a plugin made of one frame.
type Answer struct {
	Status abi.Status
	Fuel   int64 // that it spent
}

// Learner is a plugin that scores.
type Learner interface {
	learner.Learner
	// Faults returns what went wrong so far, by reason.
	Faults() []guest.Count
	// Memory is how many bytes the plugin has.
	Memory() int64
	Close()
}

// Verdict is the outcome of one demand.
type Verdict string

// Verdicts. A note fails nothing.
const (
	Pass Verdict = "PASS"
	Note Verdict = "NOTE"
	Fail Verdict = "FAIL"
)

// Result is one line of a report.
type Result struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail,omitempty"`
	Do      string  `json:"do,omitempty"` // what to do next, where it failed
}

// Report is what a check found.
type Report struct {
	File       string   `json:"file"`
	SHA256     string   `json:"sha256"`
	ID         string   `json:"id"`
	Version    string   `json:"version"`
	Title      string   `json:"title"`
	Passed     bool     `json:"passed"`
	Results    []Result `json:"results"`
	Throughput *Speed   `json:"throughput,omitempty"`
	Grade      string   `json:"grade,omitempty"`
}

// Options adjusts a check.
type Options struct {
	Config []byte // nil for none
	Calls  int    // of the memory test; 0 means DefaultCalls
	// Progress is told the name of each demand before it is checked.
	Progress func(name string)
}

// DefaultCalls is how often the memory test calls: a standard-Go guest whose
// runtime never ran its collector was dead after 1,932.
const DefaultCalls = 100_000

// run is a check under way.
type run struct {
	subject Subject
	options Options
	report  *Report
	frames  *feature.Schema // that the learner is started for
	used    Learner         // has scored before
	sample  *learner.Batch
}

// Failed adds a report's line for a plugin that could not even be opened.
func (r *Report) Failed(name string, err error, do string) {
	r.Results = append(r.Results, Result{name, Fail, err.Error(), do})
}

// Run checks a plugin and adds what it finds to the report. It stops early
// where nothing further can be told.
func Run(s Subject, o Options, report *Report) {
	o.Calls = cmp.Or(o.Calls, DefaultCalls)
	d := s.Description()
	report.ID, report.Version, report.Title = d.ID, d.Version, d.Title
	r := &run{subject: s, options: o, report: report}
	defer s.Close()
	report.Results = append(report.Results, Result{"contract", Pass, s.Facts(), ""})
	if r.describes() && r.configures() {
		defer r.used.Close()
		r.conforms()
		r.frame()
		r.fresh()
		r.memory()
		r.fuel()
		r.faults()
		r.throughput()
	}
	report.Passed = true
	for _, result := range report.Results {
		report.Passed = report.Passed && result.Verdict != Fail
	}
}

// demand checks one thing: do is what to do if it fails.
func (r *run) demand(name, do string, check func() (detail string, err error)) bool {
	if r.options.Progress != nil {
		r.options.Progress(name)
	}
	detail, err := check()
	result := Result{name, Pass, detail, ""}
	if err != nil {
		result = Result{name, Fail, err.Error(), do}
	}
	r.report.Results = append(r.report.Results, result)
	return err == nil
}

// note adds a line that fails nothing.
func (r *run) note(name, detail string) {
	r.report.Results = append(r.report.Results, Result{name, Note, detail, ""})
}

// said are the demands of conformance in the words of a plugin's author: what
// passed, and what to do where it did not.
var said = map[string]struct{ passed, do string }{
	"description":     {"the same in every call", "describe the same in every call"},
	"batch sizes":     {"0, 1, 63, 64 and 1024 rows", "score exactly the rows of the frame, also none"},
	"repeatable":      {"the same rows, the same bits", "keep no state from call to call, use no clock and no randomness"},
	"cut anywhere":    {"however rows are batched, the same bits", "score each row by itself: no sums over the batch, no products of whole matrices"},
	"special numbers": {"NaN, infinities, denormals, largest and smallest numbers", "answer NaN where a score would be infinite or does not exist"},
	"hostile texts":   {"none, empty, long and broken ones", "take texts of any bytes and any length, none and several"},
	"bounds":          {"a score a row is written and nothing else", "write scores only, one a row"},
	"concurrent":      {"eight callers at once", "instances are separate: share nothing outside of them"},
}

func (r *run) conforms() {
	for _, c := range conformance.Checks(r.used, r.sample) {
		r.demand(c.Name, said[c.Name].do, func() (string, error) { return said[c.Name].passed, c.Run() })
	}
}

func (r *run) describes() bool {
	d := r.subject.Description()
	return r.demand("declares", "name features as the kind's schema has them: tiercel model show KIND lists them", func() (string, error) {
		for _, kind := range d.Kinds {
			s, err := schemaOf(kind, d)
			if err != nil {
				return "", err
			}
			if _, err := abi.NewSelection(d, s); err != nil {
				return "", err
			}
			if r.frames == nil {
				r.frames = s
			}
		}
		return wants(d), nil
	})
}

// wants says what a plugin gets to see.
func wants(d *abi.Description) string {
	list := strings.Join(d.Kinds, ", ") + "; "
	if slices.Contains(d.Features, abi.All) {
		list += "all features"
	} else {
		list += fmt.Sprintf("%d features", len(d.Features))
	}
	if len(d.Texts) > 0 {
		list += "; texts: " + strings.Join(d.Texts, ", ")
	}
	return list
}
