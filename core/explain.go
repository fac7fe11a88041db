package core

import (
	"math"
	"slices"
	"strconv"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// Explanation is the whole way of one record from bytes to verdict.
type Explanation struct {
	Kind     event.Kind
	Fields   []Field
	Values   []TextValue
	Features []Feature
	Learners []LearnerPart
	Metas    []MetaPart
	Adapted  *Adaptation // nil where no label of the site is in force

	Score          float64
	FalseAlarmRate float64
	Threat         bool
	Severity       Severity
	Class          string
	Technique      []string
	Certified      Certificate
}

// Field is a field of the event as it was parsed.
type Field struct{ Name, Value string }

// TextValue is one text of the record, decoded; Marks are the ranges of
// Decoded that learners found suspicious.
type TextValue struct {
	Origin, Name, Raw, Decoded string
	Levels                     int
	Marks                      [][2]int
	origin                     feature.Origin
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
	Cost      float32 // nanoseconds an event, 0 where nobody measured them
	Guest     bool    // a plugin that the model was not trained with: its Tail is not known
	Lift      float64 // of a guest: logarithm of what it would divide the false-alarm rate by; NaN where Missing
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
	Beta    float64   // its weight in the super-learner, after adaptation
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
		Severity: v.Severity, Class: v.Class, Technique: v.Technique, Certified: v.Certified,
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
	j.scores(e.Kind, i) // first: of a row that was spared columns are missing
	schema := &sc.model.Schema
	for c, value := range rows.rows.Row(i) {
		x.Features = append(x.Features, Feature{schema.Names[c], float64(value), c >= schema.Stateless})
	}
	x.Values = j.values(e.Kind, i)
	y := j.tiers[e.Kind]
	sc.tiers.Evaluate(y, rows.one)
	x.Adapted = sc.adaptation(y, &rows.rows, i)
	sc.adjuster.Apply(y, &rows.rows, i, &j.adapted)
	if v.Bounded {
		for g := range sc.guests {
			rows.ask(sc.guests[g].Learner, rows.guests[g], []int{i})
		}
		sc.tiers.Lift(y, rows.lift(sc, i))
		x.Score, x.FalseAlarmRate = y.Score, y.Rate
	}
	for b := range sc.tiers.Bases {
		l := sc.tiers.Bases[b].Learner
		part := LearnerPart{
			ID: l.Info().ID, Class: l.Info().Class, Cost: l.Info().Cost,
			Raw: float64(rows.one[b]), P: y.Scores.P[b], Tail: y.Scores.Tail[b],
			Missing: math.IsNaN(float64(rows.one[b])),
		}
		for _, p := range partsOf(nil, l, &rows.rows, i, maxReasons) {
			words, value, mark := sc.describe(p, x.Values)
			part.Reasons = append(part.Reasons, Reason{words, float64(p.Weight)})
			if value >= 0 && p.Weight > 0 && mark[1] > mark[0] {
				x.Values[value].Marks = append(x.Values[value].Marks, mark)
			}
		}
		x.Learners = append(x.Learners, part)
	}
	for g := range sc.guests {
		guest, raw := &sc.guests[g], rows.guests[g][i]
		z := guest.LogOdds(raw)
		x.Learners = append(x.Learners, LearnerPart{
			ID: guest.Learner.Info().ID, Class: guest.Learner.Info().Class, Cost: guest.Learner.Info().Cost,
			Raw: float64(raw), P: portable.Logistic(z), Tail: math.NaN(), Missing: raw != raw,
			Guest: true, Lift: max(0, z),
		})
	}
	for n := range x.Values {
		x.Values[n].Marks = merge(x.Values[n].Marks)
	}
	for i, m := range sc.tiers.Metas {
		w := make([]float64, len(sc.tiers.Bases))
		m.Mixer.Weights(w, &y.Scores)
		x.Metas = append(x.Metas, MetaPart{m.Name, y.Metas[i], w, sc.tiers.Super.Beta[i]})
		if x.Adapted != nil {
			x.Metas[i].Beta = x.Adapted.Beta[i]
		}
	}
	return x
}

// values returns the texts of row i.
func (j *job) values(k event.Kind, i int) []TextValue {
	texts := &j.kinds[k].rows.Texts
	if len(texts.First) <= i+1 {
		return nil
	}
	out := make([]TextValue, 0, len(texts.Of(i)))
	for n := range texts.Of(i) {
		t := &texts.Of(i)[n]
		out = append(out, TextValue{
			Origin: t.Origin.String(), origin: t.Origin, Name: string(j.batch.Bytes(t.Name)),
			Raw: string(j.batch.Bytes(t.Raw)), Decoded: string(texts.Bytes(t)), Levels: int(t.Levels),
		})
	}
	return out
}

// partsOf appends a learner's reasons, none when it cannot tell.
func partsOf(dst []learner.Part, l learner.Learner, rows *feature.Batch, row, limit int) []learner.Part {
	if x, ok := l.(learner.Explainer); ok {
		return x.Explain(dst, rows, row, limit)
	}
	return dst
}

// describe names a part in words, and gives the range of the value's text that
// it is about, if any.
func (sc *scorer) describe(p learner.Part, values []TextValue) (words string, value int, mark [2]int) {
	value = -1
	if p.Value >= 0 && p.Value < len(values) {
		n := len(values[p.Value].Decoded)
		value, mark = p.Value, [2]int{min(int(p.From), n), min(int(p.To), n)}
	}
	words = p.Name
	if words == "" && p.Column >= 0 {
		words, value, mark = sc.column(p.Column, values)
	}
	if value < 0 {
		return words, value, mark
	}
	v := &values[value]
	if words == "" {
		words = strconv.Quote(v.Decoded[mark[0]:mark[1]])
	}
	words += " in " + v.Origin
	if v.Name != "" {
		words += " " + v.Name
	}
	return words, value, mark
}

// markerPrefix begins the names of the columns that sum attack markers.
const markerPrefix = "marker."

// column names a column in words: what a window counts, or the strongest
// marker of the class in the values, else the column's own name.
func (sc *scorer) column(c int, values []TextValue) (words string, value int, mark [2]int) {
	schema := &sc.model.Schema
	name := schema.Names[c]
	if w := feature.ContextColumns(schema.Kind); c >= schema.Stateless && c-schema.Stateless < len(w) {
		return w[c-schema.Stateless].Words, -1, mark
	}
	http, ok := sc.encoder.(*feature.HTTP)
	if !ok || len(name) <= len(markerPrefix) || name[:len(markerPrefix)] != markerPrefix {
		return name, -1, mark
	}
	class, strongest := name[len(markerPrefix):], uint8(0)
	value = -1
	var found []feature.Match
	for i := range values {
		found = http.Markers().Matches(found[:0], []byte(values[i].Decoded), values[i].origin)
		for _, m := range found {
			if m.Strength > strongest && (m.Class.String() == class || class == "strongest" || class == "classes") {
				strongest, value, mark = m.Strength, i, [2]int{m.From, m.To}
			}
		}
	}
	if value < 0 {
		return name, value, mark
	}
	if class == "strongest" || class == "classes" {
		class = "attack"
	}
	return class + " pattern " + strconv.Quote(values[value].Decoded[mark[0]:mark[1]]), value, mark
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
// of the learners that were most certain, of plugins, or that only the site's profile
// finds it odd.
func why(j *job, i int) string {
	e := &j.batch.Events[i]
	sc, rows := j.engine.kinds[e.Kind], &j.kinds[e.Kind]
	y := j.evaluate(sc, rows, i)
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
	values := j.values(e.Kind, i)
	said := map[string]bool{}
	var out string
	for _, b := range order[:min(len(order), whyLearners)] {
		l := sc.tiers.Bases[b].Learner
		text := ""
		j.parts = partsOf(j.parts[:0], l, &rows.rows, i, 2*whyReasons)
		for _, p := range j.parts {
			words, _, _ := sc.describe(p, values)
			if p.Weight <= 0 || said[words] || text != "" && len(said) >= whyLearners*whyReasons {
				continue
			}
			said[words] = true
			if text != "" {
				text += ", "
			}
			text += words
		}
		if text == "" {
			continue
		}
		if out != "" {
			out += "; "
		}
		out += l.Info().ID + ": " + text
	}
	for g := range sc.guests {
		if raw := rows.guests[g][i]; sc.guests[g].LogOdds(raw) > 0 {
			if out != "" {
				out += "; "
			}
			out += sc.guests[g].Learner.Info().ID + ": score " + strconv.FormatFloat(float64(raw), 'g', 3, 32)
		}
	}
	if out == "" && j.verdicts[i].Odd > 0 {
		out = "unlike the other requests of this site"
	}
	return out
}
