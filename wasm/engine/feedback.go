package main

import (
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/written"
)

// What people said of records is known to every instance alike: one is told of
// a label, the others are given its adaptation.

// label tells the engine what the record of a question is.
func (in *instance) label(q question, threat bool, source string) error {
	a, v, err := in.ask(q)
	if err != nil {
		return err
	}
	if v.Err != nil {
		return v.Err
	}
	state := in.engine.Labels(v.Kind)
	if _, err := state.Label(a.worker.Example(0), threat, source); err != nil {
		return err
	}
	return in.adapted(state)
}

// adapted makes states the ones in force, for this and for later scans.
func (in *instance) adapted(states ...*adapt.State) (err error) {
	in.engine, err = in.engine.Adapted(states...)
	return err
}

// adaptation answers the labels of all kinds: of each kind that has some the
// length of its state, u32, and the state.
func (in *instance) adaptation() error {
	if in.engine == nil {
		return errNotReady
	}
	in.out = in.out[:0]
	for _, k := range in.engine.Kinds() {
		state := in.engine.Labels(k)
		if state.Len() == 0 {
			continue
		}
		at := len(in.out)
		in.out = state.AppendTo(append(in.out, 0, 0, 0, 0))
		putUint32(in.out[at:], uint32(len(in.out)-at-4))
	}
	return nil
}

// adapt puts what adaptation answered in the place of the labels of all kinds.
func (in *instance) adapt(data []byte) error {
	if in.engine == nil {
		return errNotReady
	}
	var states [event.NumKinds]*adapt.State
	for len(data) > 0 {
		if len(data) < 4 || uint64(readUint32(data)) > uint64(len(data)-4) {
			return callError("the labels are cut short")
		}
		n := readUint32(data)
		state, err := in.readState(data[4 : 4+n])
		if err != nil {
			return err
		}
		if states[state.Kind()] != nil {
			return callError("labels of one kind twice")
		}
		states[state.Kind()] = state
		data = data[4+n:]
	}
	var all []*adapt.State
	for _, m := range in.models {
		if states[m.Kind] == nil {
			states[m.Kind] = adapt.New(m)
		}
		all = append(all, states[m.Kind])
	}
	return in.adapted(all...)
}

// readState reads the labels of one kind, whichever of the models it is about.
func (in *instance) readState(data []byte) (*adapt.State, error) {
	for _, m := range in.models {
		state, err := adapt.Read(data, m)
		if err != adapt.ErrForeign {
			return state, err
		}
	}
	return nil, adapt.ErrForeign
}

// labels answers the labels of all kinds, oldest first in each, as JSON.
func (in *instance) labels() error {
	if in.engine == nil {
		return errNotReady
	}
	out, n := append(in.out[:0], '['), 0
	for _, k := range in.engine.Kinds() {
		for _, l := range in.engine.Labels(k).Labels() {
			verdict := "benign"
			if l.Threat {
				verdict = "threat"
			}
			out = append(written.Comma(out, n), `{"kind":`...)
			out = appendString(out, k.String())
			out = append(out, `,"verdict":`...)
			out = appendString(out, verdict)
			out = append(out, `,"source":`...)
			out = append(appendString(out, l.Source), '}')
			n++
		}
	}
	in.out = append(out, ']')
	return nil
}

// save answers the model of a kind as a file that carries its labels: what the
// command line takes by --model.
func (in *instance) save(kind string) error {
	for _, m := range in.models {
		if m.Kind.String() != kind || in.engine == nil {
			continue
		}
		with := *m
		with.Adaptation = nil
		if state := in.engine.Labels(m.Kind); state.Len() > 0 {
			with.Adaptation = state.AppendTo(nil)
		}
		var err error
		in.out, err = with.Append(in.out[:0])
		return err
	}
	return callError("no model of kind " + kind + " was loaded")
}
