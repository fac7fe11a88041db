package core

import (
	"math"
	"slices"
	"strconv"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// Explanation is the whole way of one record from bytes to verdict.
type Explanation struct {
	Kind     event.Kind
	Fields   []Field
	Values   []TextValue
	Features []Feature
	Learners []LearnerPart
	Metas    []MetaPart

	Score          float64
	FalseAlarmRate float64
	Threat         bool
	Severity       Severity
	Class          string
	Technique      []string
}

// Field is a field of the event as it was parsed.
type Field struct{ Name, Value string }

// TextValue is one text of the record, decoded; Marks are the ranges of
// Decoded that learners found suspicious.
type TextValue struct {
	Origin, Name, Raw, Decoded string
	Levels                     int
	Marks                      [][2]int
}

// Feature is a column of the encoded row. Missing ones are NaN.
type Feature struct {
	Name    string
	Value   float64
	Context bool // computed from the entity's past
}

// LearnerPart is what one base learner said.
type LearnerPart struct {
	ID, Class string
	Raw       float64 // f_i(x)
	P         float64 // calibrated, in [0,1]
	Tail      float64 // share of normal events that score at least so
	Missing   bool
	Cost      float32 // ns an event, measured when trained
	Reasons   []Reason
}

// Reason is a piece of the input and what it added to a learner's raw score.
type Reason struct {
	Text   string
	Weight float64
}

// MetaPart is what one meta-learner made of the base learners.
type MetaPart struct {
	Name    string
	Score   float64   // g_j, calibrated
	Weights []float64 // alpha in force for this row, one a base learner
	Beta    float64   // its weight in the super-learner
}

// maxReasons bounds the reasons listed for one learner.
const maxReasons = 6

// Explain returns the way of row i of a result. It may only be called while
// the visitor that was given the result runs. Nil for a record without verdict.
func (s *Scan) Explain(r *Result, i int) *Explanation { return r.job.explain(i) }

func (j *job) explain(i int) *Explanation {
	v := &j.verdicts[i]
	if v.Err != nil {
		return nil
	}
	e := &j.batch.Events[i]
	sc, rows := j.engine.kinds[e.Kind], &j.kinds[e.Kind]
	x := &Explanation{
		Kind: e.Kind, Score: v.Score, FalseAlarmRate: v.FalseAlarmRate, Threat: v.Threat,
		Severity: v.Severity, Class: v.Class, Technique: v.Technique,
	}
	for f := range event.NumText {
		if t := j.batch.Text(e, f); len(t) > 0 {
			x.Fields = append(x.Fields, Field{f.String(), string(t)})
		}
	}
	for f := range event.NumNum {
		if n := e.Num[f]; n == n {
			x.Fields = append(x.Fields, Field{f.String(), strconv.FormatFloat(n, 'g', -1, 64)})
		}
	}
	schema := &sc.model.Schema
	for c, value := range rows.rows.Row(i) {
		x.Features = append(x.Features, Feature{schema.Names[c], float64(value), c >= schema.Stateless})
	}
	for n := range rows.rows.Texts.Of(i) {
		t := &rows.rows.Texts.Of(i)[n]
		x.Values = append(x.Values, TextValue{
			Origin: t.Origin.String(), Name: string(j.batch.Bytes(t.Name)), Raw: string(j.batch.Bytes(t.Raw)),
			Decoded: string(rows.rows.Texts.Bytes(t)), Levels: int(t.Levels),
		})
	}
	for b := range rows.one {
		rows.one[b] = rows.raw[b][i]
	}
	y := j.tiers[e.Kind]
	sc.tiers.Evaluate(y, rows.one)
	for b := range sc.tiers.Bases {
		l := sc.tiers.Bases[b].Learner
		part := LearnerPart{
			ID: l.Info().ID, Class: l.Info().Class, Cost: l.Info().Cost,
			Raw: float64(rows.one[b]), P: y.Scores.P[b], Tail: y.Scores.Tail[b],
			Missing: math.IsNaN(float64(rows.one[b])),
		}
		for _, p := range partsOf(l, &rows.rows, i, maxReasons) {
			part.Reasons = append(part.Reasons, Reason{describe(p, schema, x.Values), float64(p.Weight)})
			if p.Value >= 0 && p.Value < len(x.Values) && p.Weight > 0 && p.To > p.From {
				v := &x.Values[p.Value]
				v.Marks = append(v.Marks, [2]int{int(p.From), int(min(p.To, uint32(len(v.Decoded))))})
			}
		}
		x.Learners = append(x.Learners, part)
	}
	for n := range x.Values {
		x.Values[n].Marks = merge(x.Values[n].Marks)
	}
	for i, m := range sc.tiers.Metas {
		w := make([]float64, len(sc.tiers.Bases))
		m.Mixer.Weights(w, &y.Scores)
		x.Metas = append(x.Metas, MetaPart{m.Name, y.Metas[i], w, sc.tiers.Super.Beta[i]})
	}
	return x
}

// partsOf asks a learner for its reasons, nil when it cannot tell.
func partsOf(l learner.Learner, rows *feature.Batch, row, limit int) []learner.Part {
	if x, ok := l.(learner.Explainer); ok {
		return x.Explain(nil, rows, row, limit)
	}
	return nil
}

// describe names a part in words.
func describe(p learner.Part, s *feature.Schema, values []TextValue) string {
	text := p.Name
	if text == "" && p.Column >= 0 && p.Column < len(s.Names) {
		text = s.Names[p.Column]
	}
	if p.Value >= 0 && p.Value < len(values) {
		v := &values[p.Value]
		if text == "" {
			text = strconv.Quote(v.Decoded[min(int(p.From), len(v.Decoded)):min(int(p.To), len(v.Decoded))])
		}
		text += " in " + v.Origin
		if v.Name != "" {
			text += " " + v.Name
		}
	}
	return text
}

// merge sorts ranges and joins those that touch.
func merge(marks [][2]int) [][2]int {
	slices.SortFunc(marks, func(a, b [2]int) int { return a[0] - b[0] })
	out := marks[:0]
	for _, m := range marks {
		if n := len(out); n > 0 && m[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], m[1])
			continue
		}
		out = append(out, m)
	}
	return out
}

// Bounds on the sentence that says why.
const (
	whyLearners = 3
	whyReasons  = 2
)

// why says in one short sentence what mattered most in a threat: the reasons
// of the learners that were most certain.
func why(j *job, i int) string {
	e := &j.batch.Events[i]
	sc, rows := j.engine.kinds[e.Kind], &j.kinds[e.Kind]
	for b := range rows.one {
		rows.one[b] = rows.raw[b][i]
	}
	y := j.tiers[e.Kind]
	sc.tiers.Evaluate(y, rows.one)
	order := make([]int, 0, len(sc.tiers.Bases))
	for b := range sc.tiers.Bases {
		if p := y.Scores.P[b]; p > speaks {
			order = append(order, b)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch pa, pb := y.Scores.P[a], y.Scores.P[b]; {
		case pa > pb:
			return -1
		case pa < pb:
			return 1
		}
		return 0
	})
	values := make([]TextValue, len(rows.rows.Texts.Of(i)))
	for n := range values {
		t := &rows.rows.Texts.Of(i)[n]
		values[n] = TextValue{Origin: t.Origin.String(), Name: string(j.batch.Bytes(t.Name)), Decoded: string(rows.rows.Texts.Bytes(t))}
	}
	var out string
	for _, b := range order[:min(len(order), whyLearners)] {
		l := sc.tiers.Bases[b].Learner
		text := l.Info().ID
		for n, p := range partsOf(l, &rows.rows, i, whyReasons) {
			if p.Weight <= 0 {
				break
			}
			if n == 0 {
				text += ": "
			} else {
				text += ", "
			}
			text += describe(p, &sc.model.Schema, values)
		}
		if out != "" {
			out += "; "
		}
		out += text
	}
	return out
}
