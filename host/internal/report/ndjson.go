package report

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/written"
)

// Rows writes verdicts one by one, in input order.
type Rows interface {
	// Row writes a verdict of a file, or why its record could not be read; x is
	// its explanation or nil.
	Row(file string, v *core.Verdict, x *core.Explanation) error
	// Flush writes what is buffered.
	Flush() error
}

// Names returns the base learners of a kind, in the order of Verdict.Missing.
type Names func(event.Kind) []string

// NDJSON writes one JSON object a verdict, its members in a fixed order.
type NDJSON struct {
	w     *bufio.Writer
	names Names
	line  []byte
}

var _ Rows = (*NDJSON)(nil)

// NewNDJSON returns a writer of verdicts to w.
func NewNDJSON(w io.Writer, names Names) *NDJSON {
	return &NDJSON{w: bufio.NewWriterSize(w, 64<<10), names: names}
}

// Row implements Rows. Members whose value the record does not have (time,
// class, entity, incident, what an alert survives) are null.
func (n *NDJSON) Row(file string, v *core.Verdict, x *core.Explanation) error {
	b := append(n.line[:0], `{"file":`...)
	b = appendString(b, file)
	b = append(b, `,"line":`...)
	b = strconv.AppendInt(b, v.Line, 10)
	b = append(b, `,"record":`...)
	b = strconv.AppendInt(b, v.Record, 10)
	if v.Err != nil {
		b = append(b, `,"error":`...)
		b = appendString(b, v.Err.Error())
		n.line = append(b, "}\n"...)
		_, err := n.w.Write(n.line)
		return err
	}
	b = append(b, `,"time":`...)
	if v.Time == event.NoTime {
		b = append(b, "null"...)
	} else {
		b = append(b, '"')
		b = append(appendTime(b, v.Time), '"')
	}
	b = append(b, `,"kind":"`...)
	b = append(b, v.Kind.String()...)
	b = append(b, `","score":`...)
	b = written.AppendNumber(b, v.Score)
	b = append(b, `,"threat":`...)
	b = strconv.AppendBool(b, v.Threat)
	b = append(b, `,"false_alarm_rate":`...)
	b = written.AppendNumber(b, v.FalseAlarmRate)
	b = append(b, `,"severity":"`...)
	b = append(b, v.Severity.String()...)
	b = append(b, `","class":`...)
	b = written.OrNull(b, v.Class, style)
	b = append(b, `,"technique":`...)
	b = written.AppendStrings(b, v.Technique, style)
	b = append(b, `,"entity":`...)
	b = written.OrNull(b, v.Entity, style)
	b = append(b, `,"incident":`...)
	if v.Incident == 0 {
		b = append(b, "null"...)
	} else {
		b = append(strconv.AppendUint(append(b, '"'), v.Incident, 10), '"')
	}
	b = append(b, `,"missing":`...)
	b = written.AppendStrings(b, missing(v, n.names), style)
	b = append(b, `,"certified":`...)
	if v.Threat {
		b = appendCertificate(b, v.Certified)
	} else {
		b = append(b, "null"...)
	}
	if x != nil {
		b = append(b, `,"explain":`...)
		b = appendExplanation(b, x)
	}
	n.line = append(b, "}\n"...)
	_, err := n.w.Write(n.line)
	return err
}

// appendCertificate appends what an alert survives.
func appendCertificate(b []byte, c core.Certificate) []byte {
	return append(written.AppendCertificate(append(b, '{'), c), '}')
}

// Flush implements Rows.
func (n *NDJSON) Flush() error { return n.w.Flush() }

// missing names the base learners that abstained.
func missing(v *core.Verdict, names Names) []string {
	if v.Missing == 0 {
		return nil
	}
	var out []string
	for i, name := range names(v.Kind) {
		if v.Missing>>min(i, 63)&1 != 0 {
			out = append(out, name)
		}
	}
	return out
}

// appendTime appends a time stamp in RFC 3339, UTC, to the millisecond.
func appendTime(dst []byte, nanoseconds int64) []byte {
	return time.Unix(0, nanoseconds).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

// appendExplanation appends the object that --explain adds. Features that the
// record does not have are left out, not null: most rows lack most of them.
func appendExplanation(b []byte, x *core.Explanation) []byte {
	b = append(b, `{"fields":{`...)
	for i, f := range x.Fields {
		b = written.Comma(b, i)
		b = append(appendString(b, f.Name), ':')
		b = appendString(b, f.Value)
	}
	b = append(b, `},"values":[`...)
	for i := range x.Values {
		b = written.AppendValue(written.Comma(b, i), &x.Values[i], style)
	}
	b = append(b, `],"features":{`...)
	n := 0
	for _, f := range x.Features {
		if math.IsNaN(f.Value) {
			continue
		}
		b = written.Comma(b, n)
		b = append(appendString(b, f.Name), ':')
		b = written.AppendNumber(b, f.Value)
		n++
	}
	b = append(b, `},"learners":[`...)
	for i := range x.Learners {
		b = written.AppendLearner(written.Comma(b, i), &x.Learners[i], style)
	}
	b = append(b, `],"metas":[`...)
	for i, m := range x.Metas {
		b = append(written.Comma(b, i), `{"name":`...)
		b = appendString(b, m.Name)
		b = append(b, `,"score":`...)
		b = written.AppendNumber(b, m.Score)
		b = append(b, `,"beta":`...)
		b = written.AppendNumber(b, m.Beta)
		b = append(b, `,"weights":{`...)
		for k, w := range m.Weights {
			b = written.Comma(b, k)
			b = append(appendString(b, x.Learners[k].ID), ':')
			b = written.AppendNumber(b, w)
		}
		b = append(b, `}}`...)
	}
	b = append(b, `],"certified":`...)
	if x.Threat {
		b = appendCertificate(b, x.Certified)
		b = append(b, `,"limits":`...)
		b = written.AppendStrings(b, x.Certified.Limits(), style)
	} else {
		b = append(b, "null"...)
	}
	return append(b, '}')
}
