package main

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/written"
)

// describe answers what the loaded models are, as JSON.
func (in *instance) describe() {
	out := append(in.out[:0], `{"models":[`...)
	for i, m := range in.models {
		out = append(written.Comma(out, i), `{"kind":`...)
		out = appendString(out, m.Kind.String())
		out = append(out, `,"name":`...)
		out = appendString(out, m.Name)
		out = append(out, `,"learners":`...)
		out = written.AppendStrings(out, in.engine.LearnerNames(m.Kind), style)
		out = append(out, `,"quality":[`...)
		for j, q := range m.Card.Quality {
			out = append(written.Comma(out, j), `{"set":`...)
			out = appendString(out, q.Set)
			out = append(out, `,"metric":`...)
			out = appendString(out, q.Metric)
			out = append(out, `,"value":`...)
			out = append(written.AppendNumber(out, q.Value), '}')
		}
		out = append(out, `],"limits":`...)
		out = append(written.AppendStrings(out, m.Card.Limits, style), '}')
	}
	in.out = append(out, `]}`...)
}

// formats answers the formats that can be read, as JSON.
func (in *instance) formats() {
	out := append(in.out[:0], '[')
	for i, f := range event.Formats() {
		out = append(written.Comma(out, i), `{"name":`...)
		out = appendString(out, f.Name)
		out = append(out, `,"title":`...)
		out = appendString(out, f.Title)
		out = append(out, `,"example":`...)
		out = append(appendString(out, f.Example), '}')
	}
	in.out = append(out, ']')
}

// splits names the ways to cut a file, as messages have them.
var splits = [...]string{event.SplitNone: "none", event.SplitLines: "lines", event.SplitHead: "head", event.SplitMarked: "marked"}

// detect answers the format of a file from its sample, why, and how it may be
// cut, as JSON. A format that is forced is not doubted.
func (in *instance) detect(forced string, sample []byte) error {
	f, ok := event.FormatByName(forced)
	why := "as told"
	switch {
	case forced == "":
		var err error
		if f, why, err = event.Detect(sample, in.reading); err != nil {
			return err
		}
	case !ok:
		return callError("no format is called " + forced)
	}
	how, head, err := event.SplitOf(f, in.reading, sample)
	if err != nil {
		return err
	}
	out := append(in.out[:0], `{"format":`...)
	out = appendString(out, f.Name)
	out = append(out, `,"why":`...)
	out = appendString(out, why)
	out = append(out, `,"split":`...)
	out = appendString(out, splits[how])
	out = append(out, `,"head":`...)
	out = strconv.AppendInt(out, int64(head), 10)
	in.out = append(out, '}')
	return nil
}

// newest answers the newest time of the first records of a sample in a format,
// a text of nanoseconds or null: it tells the year of stamps that have none.
func (in *instance) newest(format string, year int, sample []byte) error {
	f, ok := event.FormatByName(format)
	if !ok {
		return callError("no format is called " + format)
	}
	o := in.reading
	o.Year = year
	r, err := event.NewReader(bytes.NewReader(sample), f, o)
	if err != nil {
		return err
	}
	newest := int64(event.NoTime)
	var b event.Batch
	if r.Next(&b) == nil {
		b.Parse()
		for i := range b.Events {
			if e := &b.Events[i]; e.Err == nil {
				newest = max(newest, e.Time)
			}
		}
	}
	in.out = appendTime(in.out[:0], newest, event.NoTime)
	return nil
}

// report answers what the scan found so far, as JSON: the files' summaries,
// the incidents from the worst on, the timeline and the words of the columns.
func (in *instance) report() error {
	o := in.order
	if o == nil {
		return errNoFile
	}
	out := append(in.out[:0], `{"files":[`...)
	for i := range o.summaries {
		out = appendSummary(written.Comma(out, i), &o.summaries[i])
	}
	out = append(out, `],"incidents":[`...)
	for i, x := range o.stream.Incidents() {
		out = appendIncident(written.Comma(out, i), &x)
	}
	out = append(out, `],"timeline":`...)
	in.out = append(o.timeline.appendJSON(out), '}')
	return nil
}

func appendSummary(out []byte, s *core.FileSummary) []byte {
	out = append(out, `{"file":`...)
	out = appendString(out, s.Name)
	for _, n := range [...]struct {
		name  string
		value int64
	}{{`,"lines":`, s.Lines}, {`,"records":`, s.Records}, {`,"unread":`, s.Unread}, {`,"threats":`, s.Threats}} {
		out = strconv.AppendInt(append(out, n.name...), n.value, 10)
	}
	out = append(out, `,"reasons":[`...)
	reasons := make([]string, 0, len(s.Reasons))
	for r := range s.Reasons {
		reasons = append(reasons, r)
	}
	slices.Sort(reasons)
	for i, r := range reasons {
		out = append(written.Comma(out, i), `{"reason":`...)
		out = appendString(out, r)
		out = append(out, `,"records":`...)
		out = strconv.AppendInt(out, s.Reasons[r], 10)
		out = append(out, `,"firstLine":`...)
		out = append(strconv.AppendInt(out, s.FirstUnread[r], 10), '}')
	}
	return append(out, `]}`...)
}

func appendIncident(out []byte, x *core.Incident) []byte {
	out = append(out, `{"id":`...)
	out = strconv.AppendUint(out, x.ID, 10)
	out = append(out, `,"kind":`...)
	out = appendString(out, x.Kind.String())
	out = append(out, `,"entity":`...)
	out = appendString(out, x.Entity)
	out = append(out, `,"class":`...)
	out = appendString(out, x.Class)
	out = append(out, `,"technique":`...)
	out = written.AppendStrings(out, x.Technique, style)
	out = append(out, `,"severity":`...)
	out = appendString(out, x.Severity.String())
	out = append(out, `,"first":`...)
	out = appendTime(out, x.First, event.NoTime)
	out = append(out, `,"last":`...)
	out = appendTime(out, x.Last, event.NoTime)
	out = append(out, `,"count":`...)
	out = strconv.AppendInt(out, x.Count, 10)
	out = append(out, `,"score":`...)
	out = written.AppendNumber(out, x.Score)
	out = append(out, `,"falseAlarmRate":`...)
	out = written.AppendNumber(out, x.Rate)
	out = append(out, `,"file":`...)
	out = appendString(out, x.File)
	out = append(out, `,"line":`...)
	out = strconv.AppendInt(out, x.Line, 10)
	out = append(out, `,"sample":`...)
	return append(appendString(out, x.Sample), '}')
}
