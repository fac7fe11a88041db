package core

import (
	"math"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

var nan32 = float32(math.NaN())

// job is one batch on its way through the engine:
//
//	prepare   parse, encode, learners without context     any worker
//	order     context windows, numbering                  in file order
//	finish    learners with context, tiers, class         any worker
//	deliver   budget, incidents, the user's function      in file order
//
// The ordered steps do little: one table look-up and some arithmetic an event.
type job struct {
	engine   *Engine
	batch    event.Batch
	kinds    [event.NumKinds]kindRows
	verdicts []Verdict
	scratch  feature.Scratch
	tiers    [event.NumKinds]*ensemble.Evaluation
	adapted  adapt.Scratch
	parts    []learner.Part // of why: memory
	line     int64          // lines of the file before this batch
	record   int64          // records before it
	prepared chan struct{}
	finished chan struct{}
}

// kindRows are a batch's rows of one kind; rows of events of other kinds are NaN.
type kindRows struct {
	present bool
	rows    feature.Batch
	seen    []feature.Observation
	shapes  feature.Shapes  // of HTTP, where Options.Site asks for a profile
	raw     [][]float32     // one slice a base learner
	one     []float32       // one row of raw scores
	gate    *gate           // nil unless Options.ThreatsOnly
	quick   feature.Partial // of the batch at hand: what encoded its rows quickly, nil for whole ones
	proof   *certifier
	fate    []fate      // of the rows at the gate
	guests  [][]float32 // one slice a guest, of the rows asked
	asked   []int

	sub  feature.Batch // scratch of ask: some of the rows
	some []float32     // their scores
}

func newJob(e *Engine) *job {
	j := &job{prepared: make(chan struct{}, 1), finished: make(chan struct{}, 1)}
	j.use(e)
	return j
}

// use makes e the engine that judges from the next batch on.
func (j *job) use(e *Engine) {
	j.engine = e
	for k, s := range e.kinds {
		j.tiers[k], j.kinds[k].gate = nil, nil
		if s != nil {
			j.tiers[k] = s.tiers.NewEvaluation()
			j.kinds[k].proof = newCertifier(s, &e.options)
			if e.options.ThreatsOnly {
				j.kinds[k].gate = newGate(s, &e.options)
			}
		}
	}
}

// prepare does the stateless part.
func (j *job) prepare() {
	j.batch.Parse()
	for k := range j.kinds {
		j.kinds[k].present = false
	}
	for i := range j.batch.Events {
		e := &j.batch.Events[i]
		if e.Err == nil {
			j.kinds[e.Kind].present = true
		}
	}
	for k := range j.kinds {
		s, r := j.engine.kinds[k], &j.kinds[k]
		if !r.present || s == nil {
			r.present = false
			continue
		}
		r.gate.begin()
		if r.quick = r.gate.quickly(); r.quick != nil {
			r.quick.EncodeQuick(&r.rows, &r.seen, &j.batch, &j.scratch)
		} else {
			s.encoder.Encode(&r.rows, &r.seen, &j.batch, &j.scratch)
		}
		if j.engine.options.Site && event.Kind(k) == event.HTTP {
			r.shapes.Encode(&j.batch, r.seen)
		}
		r.grow(len(s.tiers.Bases))
		s.score(r.raw, s.stateless, &r.rows, r.gate)
	}
}

// grow makes room for the raw scores of m learners.
func (r *kindRows) grow(m int) {
	for len(r.raw) < m {
		r.raw = append(r.raw, nil)
	}
	for i := range r.raw[:m] {
		if cap(r.raw[i]) < r.rows.N {
			r.raw[i] = make([]float32, r.rows.N)
		}
		r.raw[i] = r.raw[i][:r.rows.N]
	}
	if cap(r.one) < m {
		r.one = make([]float32, m)
	}
	r.one = r.one[:m]
}

// fill writes the columns that were left out of some rows.
func (r *kindRows) fill(j *job, rows []int) {
	if r.quick == nil {
		return
	}
	for _, i := range rows {
		r.quick.Complete(&r.rows, i, &j.batch, &j.scratch)
	}
}

// observe is the ordered part: it runs the windows.
func (j *job) observe(s *Stream) {
	for k := range j.kinds {
		r := &j.kinds[k]
		if r.present && j.contextual(event.Kind(k)) {
			s.Observe(event.Kind(k), r.rows.X[j.engine.kinds[k].model.Schema.Stateless:], r.rows.D, r.seen)
		}
	}
}

// contextual reports whether the model of a kind has context columns.
func (j *job) contextual(k event.Kind) bool {
	s := &j.engine.kinds[k].model.Schema
	return len(s.Names) > s.Stateless
}

// finish runs what reads the context and the upper tiers, and fills the
// verdicts but for what depends on order: threat and incident.
func (j *job) finish() {
	n := len(j.batch.Events)
	if cap(j.verdicts) < n {
		j.verdicts = make([]Verdict, n)
	}
	j.verdicts = j.verdicts[:n]
	for k := range j.kinds {
		if r := &j.kinds[k]; r.present {
			s := j.engine.kinds[k]
			s.score(r.raw, s.context, &r.rows, r.gate)
			if r.gate != nil {
				r.gate.finish(j, s, r, event.Kind(k))
			}
			if len(s.guests) > 0 {
				r.visit(j, s, event.Kind(k))
			}
		}
	}
	for i := range j.batch.Events {
		e, v := &j.batch.Events[i], &j.verdicts[i]
		*v = Verdict{
			Line: j.line + int64(e.Line) + 1, Record: j.recordOf(i),
			Offset: j.batch.Offset + int64(e.Raw.Off), Length: e.Raw.Len,
			Kind: e.Kind, Time: e.Time, Err: e.Err,
		}
		if e.Err != nil {
			continue
		}
		r := &j.kinds[e.Kind]
		if !r.present {
			v.Err = errNoModel
			continue
		}
		j.judge(v, e, i)
	}
}

// errNoModel marks events of a kind that no model was loaded for.
const errNoModel = event.ParseError("no model for this kind of event")

// errAllMissing marks events that no learner could score: never "benign".
const errAllMissing = event.ParseError("no learner could score this event")

// judge evaluates the tiers for row i.
func (j *job) judge(v *Verdict, e *event.Event, i int) {
	s, r := j.engine.kinds[e.Kind], &j.kinds[e.Kind]
	if r.spared(i) {
		v.Entity = EntityOf(&j.batch, e)
		if r.fate[i] == skipped {
			r.gate.skip.mark(v, r.gate.limit, i)
		} else {
			r.gate.limit.mark(v)
		}
		if audited(v.Record) {
			v.Lift = r.lift(s, i)
		}
		return
	}
	v.Audited = r.gate != nil && r.fate[i] == checked
	x := j.evaluate(s, r, i)
	if x.Score != x.Score {
		v.Err = errAllMissing
		return
	}
	v.Entity = EntityOf(&j.batch, e)
	heard := r.gate == nil || x.Rate <= r.gate.reach
	if heard || audited(v.Record) {
		v.Lift = r.lift(s, i)
		s.tiers.Lift(x, v.Lift)
	}
	if r.gate != nil && x.Rate > r.gate.limit.rate {
		r.gate.limit.mark(v)
		return
	}
	for b, raw := range r.one {
		if raw != raw {
			v.Missing |= 1 << b
		}
	}
	for g := range s.guests {
		if raw := r.guests[g][i]; raw != raw {
			v.Missing |= 1 << (len(r.one) + g)
		}
	}
	v.Score, v.FalseAlarmRate = x.Score, x.Rate
	if len(r.shapes.First) > i+1 {
		v.Shapes = r.shapes.Of(i)
	}
	if v.FalseAlarmRate <= j.engine.options.named() {
		v.Class = s.guestClass(r, i, s.classOf(x))
		v.Technique = Techniques(v.Class)
		v.Severity = SeverityOf(v.FalseAlarmRate, v.Class)
		v.Certified = r.proof.certify(s, x, r, i)
	}
}

// spared reports whether learners were held back on row i.
func (r *kindRows) spared(i int) bool {
	return r.gate != nil && (r.fate[i] == inside || r.fate[i] == skipped)
}

// evaluate runs the trained tiers on row i, and what labels say of it; what it returns is valid until the
// next row of the kind.
func (j *job) evaluate(s *scorer, r *kindRows, i int) *ensemble.Evaluation {
	for b := range r.one {
		r.one[b] = r.raw[b][i]
	}
	x := j.tiers[s.model.Kind]
	if s.tiers.Evaluate(x, r.one); x.Score == x.Score {
		s.adjuster.Apply(x, &r.rows, i, &j.adapted)
	}
	return x
}

// recordOf returns the number of event i in its file.
func (j *job) recordOf(i int) int64 { return j.record + int64(i) + 1 }

// speaks is the least probability at which a learner of one class may name it.
const speaks = 0.5

// classOf returns the class of the most certain base learner that speaks for
// one, or a special case of it that is spoken for too; Anomaly when none is more
// certain than not.
func (s *scorer) classOf(x *ensemble.Evaluation) string {
	class := s.spokenFor(x, func(string) bool { return true }, Anomaly)
	return s.spokenFor(x, func(c string) bool { return specialCases[c] == class }, class)
}

// spokenFor returns the class, among those asked for, of the most certain
// learner that is more certain than not, else the other.
func (s *scorer) spokenFor(x *ensemble.Evaluation, asked func(class string) bool, other string) string {
	best, class := speaks, other
	for i, b := range s.tiers.Bases {
		if c := b.Learner.Info().Class; c != "" && x.Scores.P[i] > best && asked(c) {
			best, class = x.Scores.P[i], c
		}
	}
	return class
}

// EntityOf returns whom the verdict of an event is about: the source, else the
// user, else what was asked for; nil for none. The windows of an entity are
// complete where all its events are judged by one pass.
func EntityOf(b *event.Batch, e *event.Event) []byte {
	for _, f := range [...]event.TextField{
		event.SourceIP, event.UserName, event.QuestionName, event.Domain, event.HostName,
	} {
		if s := e.Text[f]; s.Len > 0 {
			return b.Bytes(s)
		}
	}
	return nil
}
