package main

import (
	"math"
	"strconv"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/written"
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
	b = written.AppendNumber(b, x.Score)
	b = append(b, `,"falseAlarmRate":`...)
	b = written.AppendNumber(b, x.FalseAlarmRate)
	b = append(b, `,"certified":`...)
	b = appendCertificate(b, x.Certified)
	b = append(b, `,"fields":[`...)
	for i, f := range x.Fields {
		b = append(written.Comma(b, i), `{"name":`...)
		b = appendString(b, f.Name)
		b = append(b, `,"value":`...)
		b = append(appendString(b, f.Value), '}')
	}
	b = append(b, `],"values":[`...)
	for i := range x.Values {
		b = written.AppendValue(written.Comma(b, i), &x.Values[i], style)
	}
	b = append(b, `],"features":[`...)
	n := 0
	for _, f := range x.Features {
		if math.IsNaN(f.Value) {
			continue
		}
		b = append(written.Comma(b, n), `{"name":`...)
		b = appendString(b, f.Name)
		b = append(b, `,"value":`...)
		b = written.AppendNumber(b, f.Value)
		b = append(b, `,"context":`...)
		b = append(strconv.AppendBool(b, f.Context), '}')
		n++
	}
	b = append(b, `],"learners":[`...)
	for i := range x.Learners {
		b = written.AppendLearner(written.Comma(b, i), &x.Learners[i], style)
	}
	b = append(b, `],"metas":[`...)
	for i := range x.Metas {
		m := &x.Metas[i]
		b = append(written.Comma(b, i), `{"name":`...)
		b = appendString(b, m.Name)
		b = append(b, `,"score":`...)
		b = written.AppendNumber(b, m.Score)
		b = append(b, `,"beta":`...)
		b = written.AppendNumber(b, m.Beta)
		b = append(b, `,"weights":[`...)
		for k, w := range m.Weights {
			b = written.AppendNumber(written.Comma(b, k), w)
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
		b = written.AppendNumber(append(b, n.name...), n.value)
	}
	b = append(b, `,"weights":[`...)
	for i, w := range a.Weights {
		b = written.AppendNumber(written.Comma(b, i), w)
	}
	return append(b, `]}`...)
}
