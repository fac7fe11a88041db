package core

import (
	"slices"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// Feedback in short, for whoever shows verdicts to people:
//
//	x := scan.Example(result, i)                 while the verdict is at hand
//	state := engine.Labels(event.HTTP)           once
//	state.Label(x, false, "ann")                 ann says: no threat
//	engine, err = engine.Adapted(state)          verdicts from here on know it
//	scan.Use(engine)
//
// state.AppendTo keeps it, adapt.Read restores it, state.Undo takes it back.

// Adaptation is what labels of the site did to one verdict.
type Adaptation = adapt.Parts

// Adapted returns an engine that moves its scores by what the labels of the
// states say, at most one state a kind, in the place of what was in force for
// that kind. No score moves by more than State.Bound, before guests raise it by
// as much of their reach as State.Heed leaves them; a state without labels
// gives the model's own verdicts, bit for bit. Later changes of a state do not
// reach the engine. The error is adapt.ErrForeign for labels of another model.
func (e *Engine) Adapted(states ...*adapt.State) (*Engine, error) {
	next := &Engine{e.options, e.kinds}
	for _, state := range states {
		s := e.kinds[state.Kind()]
		if s == nil || !state.Fits(s.model) {
			return nil, adapt.ErrForeign
		}
		with := *s
		with.labels, with.adjuster = state.Clone(), state.Adjuster()
		with.heed()
		next.kinds[state.Kind()] = &with
	}
	return next, nil
}

// Labels returns a copy of the labels in force for a kind, to add to; nil where
// there is no model.
func (e *Engine) Labels(k event.Kind) *adapt.State {
	if s := e.kinds[k]; s != nil {
		return s.labels.Clone()
	}
	return nil
}

// Use makes e the engine that judges from the next batch on: one that
// Engine.Adapted or Engine.With returned for the engine that the pass began
// with. Windows, budget and incidents go on.
func (s *Scan) Use(e *Engine) {
	s.engine = e
	if s.feeding != nil {
		s.feeding.use(e)
	}
}

// Example returns what a label needs to remember of row i of a result, nil for
// a record without verdict. It may only be called while the visitor that was
// given the result runs.
func (s *Scan) Example(r *Result, i int) *adapt.Example { return r.job.example(i) }

// Example returns what a label needs to remember of event i of a finished
// batch, nil for a record without verdict.
func (w *Worker) Example(i int) *adapt.Example { return w.job.example(i) }

func (j *job) example(i int) *adapt.Example {
	if j.verdicts[i].Err != nil {
		return nil
	}
	k := j.batch.Events[i].Kind
	s, r := j.engine.kinds[k], &j.kinds[k]
	x := adapt.NewExample(j.scores(k, i), &r.rows, i)
	for g := range s.guests {
		if _, asked := slices.BinarySearch(r.asked, i); !asked {
			r.ask(s.guests[g].Learner, r.guests[g], []int{i})
		}
		x.Say(s.guests[g].Learner.Info().ID, s.guests[g].Prior(r.guests[g][i]))
	}
	return x
}

// heed gives each guest the reach that the labels in force leave it.
func (s *scorer) heed() {
	s.guests = slices.Clone(s.guests)
	for g := range s.guests {
		s.guests[g].Reach = ensemble.GuestReach * s.labels.Heed(s.guests[g].Learner.Info().ID)
	}
}

// scores returns the raw scores of row i of a kind, those of learners that the
// gate had held back included.
func (j *job) scores(k event.Kind, i int) []float32 {
	sc, rows := j.engine.kinds[k], &j.kinds[k]
	if rows.spared(i) {
		rows.gate.complete(j, sc, rows, i)
	}
	for b := range rows.one {
		rows.one[b] = rows.raw[b][i]
	}
	return rows.one
}

// adaptation returns what the site's labels do to the evaluation of row i.
func (s *scorer) adaptation(x *ensemble.Evaluation, rows *feature.Batch, i int) *Adaptation {
	return s.adjuster.Explain(x, rows, i, &adapt.Scratch{})
}
