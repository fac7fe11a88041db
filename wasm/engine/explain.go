package main

import (
	"math"
	"strconv"

	"github.com/tiercel/tiercel/core"
)

// explain answers the whole way of one record, as JSON.
func (in *instance) explain(q question) error {
	a, v, err := in.ask(q)
	if err != nil {
		return callError("explain: " + err.Error())
	}
	if v.Err != nil {
		in.out = append(appendString(append(in.out[:0], `{"error":`...), v.Err.Error()), '}')
		return nil
	}
	in.out = appendExplanation(in.out[:0], a.worker.Explain(0))
	return nil
}

// appendExplanation appends an explanation. Features that the record does not
// have are left out: most rows lack most of them.
func appendExplanation(b []byte, x *core.Explanation) []byte {
	b = append(b, `{"kind":`...)
	b = appendString(b, x.Kind.String())
	b = append(b, `,"score":`...)
	b = appendNumber(b, x.Score)
	b = append(b, `,"falseAlarmRate":`...)
	b = appendNumber(b, x.FalseAlarmRate)
	b = append(b, `,"certified":`...)
	b = appendCertificate(b, x.Certified)
	b = append(b, `,"fields":[`...)
	for i, f := range x.Fields {
		b = append(comma(b, i), `{"name":`...)
		b = appendString(b, f.Name)
		b = append(b, `,"value":`...)
		b = append(appendString(b, f.Value), '}')
	}
	b = append(b, `],"values":[`...)
	for i := range x.Values {
		b = appendValue(comma(b, i), &x.Values[i])
	}
	b = append(b, `],"features":[`...)
	n := 0
	for _, f := range x.Features {
		if math.IsNaN(f.Value) {
			continue
		}
		b = append(comma(b, n), `{"name":`...)
		b = appendString(b, f.Name)
		b = append(b, `,"value":`...)
		b = appendNumber(b, f.Value)
		b = append(b, `,"context":`...)
		b = append(strconv.AppendBool(b, f.Context), '}')
		n++
	}
	b = append(b, `],"learners":[`...)
	for i := range x.Learners {
		b = appendLearner(comma(b, i), &x.Learners[i])
	}
	b = append(b, `],"metas":[`...)
	for i := range x.Metas {
		m := &x.Metas[i]
		b = append(comma(b, i), `{"name":`...)
		b = appendString(b, m.Name)
		b = append(b, `,"score":`...)
		b = appendNumber(b, m.Score)
		b = append(b, `,"beta":`...)
		b = appendNumber(b, m.Beta)
		b = append(b, `,"weights":[`...)
		for k, w := range m.Weights {
			b = appendNumber(comma(b, k), w)
		}
		b = append(b, `]}`...)
	}
	b = append(b, `],"adapted":`...)
	if x.Adapted == nil {
		return append(b, `null}`...)
	}
	return append(appendAdapted(b, x.Adapted), '}')
}

// appendAdapted appends what labels did to the score.
func appendAdapted(b []byte, a *core.Adaptation) []byte {
	b = append(b, `{"labels":`...)
	b = strconv.AppendInt(b, int64(a.Labels), 10)
	for _, n := range [...]struct {
		name  string
		value float64
	}{{`,"bound":`, a.Bound}, {`,"move":`, a.Move}, {`,"shift":`, a.Shift}, {`,"site":`, a.Site}, {`,"hedge":`, a.Hedge}} {
		b = appendNumber(append(b, n.name...), n.value)
	}
	b = append(b, `,"weights":[`...)
	for i, w := range a.Weights {
		b = appendNumber(comma(b, i), w)
	}
	return append(b, `]}`...)
}

// appendValue appends a decoded text. Its marks count UTF-16 units, as
// JavaScript does.
func appendValue(b []byte, v *core.TextValue) []byte {
	b = append(b, `{"origin":`...)
	b = appendString(b, v.Origin)
	b = append(b, `,"name":`...)
	b = orNull(b, v.Name)
	b = append(b, `,"raw":`...)
	b = appendString(b, v.Raw)
	b = append(b, `,"decoded":`...)
	b = appendString(b, v.Decoded)
	b = append(b, `,"levels":`...)
	b = strconv.AppendInt(b, int64(v.Levels), 10)
	b = append(b, `,"marks":[`...)
	for k, m := range v.Marks {
		b = append(comma(b, k), '[')
		b = strconv.AppendInt(b, int64(utf16Len(v.Decoded[:m[0]])), 10)
		b = append(b, ',')
		b = append(strconv.AppendInt(b, int64(utf16Len(v.Decoded[:m[1]])), 10), ']')
	}
	return append(b, `]}`...)
}

func appendLearner(b []byte, l *core.LearnerPart) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, l.ID)
	b = append(b, `,"class":`...)
	b = orNull(b, l.Class)
	b = append(b, `,"missing":`...)
	b = strconv.AppendBool(b, l.Missing)
	b = append(b, `,"raw":`...)
	b = appendNumber(b, l.Raw)
	b = append(b, `,"p":`...)
	b = appendNumber(b, l.P)
	b = append(b, `,"tail":`...)
	b = appendNumber(b, l.Tail)
	b = append(b, `,"reasons":[`...)
	for i, r := range l.Reasons {
		b = append(comma(b, i), `{"text":`...)
		b = appendString(b, r.Text)
		b = append(b, `,"weight":`...)
		b = append(appendNumber(b, r.Weight), '}')
	}
	return append(b, `]}`...)
}
