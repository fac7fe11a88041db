package main

import (
	"bytes"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// question is a record that a page asks about again: how its file is read, the
// header lines that rule it, the record as it stands in the log and the context
// columns that its row carried. A record whose context columns are not given is
// taken as if nothing had come before it.
type question struct {
	settings, format      string
	year                  int
	head, record, context []byte
}

// Errors of records that are asked about.
const (
	errNoRecord = callError("no record was given")
	errIsHeader = callError("the line is no record: a header, a comment or a blank line")
)

// again scores records of one file once more, one by one, by the engine as it
// is adapted at present.
type again struct {
	parser  event.Parser
	options event.Options
	reader  *event.Reader
	worker  *core.Worker
}

func (in *instance) newAgain(settings, format string, year int, head []byte) (*again, error) {
	if in.engine == nil {
		return nil, errNotReady
	}
	s, err := parseSettings([]byte(settings))
	if err != nil {
		return nil, err
	}
	f, ok := event.FormatByName(format)
	if !ok {
		return nil, callError("no format is called " + format)
	}
	o := event.Options{Kind: s.kind, Map: s.fields, Year: year, BatchBytes: batchBytes}
	p, err := f.New(o)
	if err != nil {
		return nil, err
	}
	w := in.engine.With(core.Options{Budget: s.wide(), Proven: s.budget, Workers: 1, Site: s.site}).NewWorker()
	return &again{parser: event.Follow(p, head), options: o, worker: w}, nil
}

// judge scores a record; its verdict is the first of the worker.
func (a *again) judge(record, context []byte) (*core.Verdict, error) {
	if a.reader == nil {
		a.reader = event.NewReaderBehind(bytes.NewReader(record), a.parser, a.options, 0)
	} else {
		a.reader.Behind(bytes.NewReader(record), a.parser, 0)
	}
	w := a.worker
	if err := a.reader.Next(w.Batch()); err != nil {
		return nil, errNoRecord
	}
	w.Prepare()
	if len(w.Batch().Events) == 0 {
		return nil, errIsHeader
	}
	if len(context) > 0 {
		k := w.Batch().Events[0].Kind
		n := len(feature.ContextNames(k))
		if len(w.Seen(k)) == 0 || len(context) != 4*n {
			return nil, errWire
		}
		rows := w.Rows(k)
		row := rows.Row(0)[rows.D-n:]
		for i := range row {
			row[i] = readFloat(context[4*i:])
		}
	}
	return &w.Finish(0, 0)[0], nil
}

// ask scores the record of a question.
func (in *instance) ask(q question) (*again, *core.Verdict, error) {
	a, err := in.newAgain(q.settings, q.format, q.year, q.head)
	if err != nil {
		return nil, nil, err
	}
	v, err := a.judge(q.record, q.context)
	return a, v, err
}

// rescore scores rows of a file anew: their records are in the tail of the
// message, each as the u32 lengths of record and context columns and their
// bytes. It answers their scores f64, then their rates f64, then their certificates
// u8; NaN where a record is not read any more.
func (in *instance) rescore(q question, tail []byte) error {
	a, err := in.newAgain(q.settings, q.format, q.year, q.head)
	if err != nil {
		return err
	}
	var scores, rates []float64
	var certificates []byte
	for len(tail) > 0 {
		if len(tail) < 8 {
			return errWire
		}
		record, context := int64(readUint32(tail)), int64(readUint32(tail[4:]))
		tail = tail[8:]
		if record+context > int64(len(tail)) {
			return errWire
		}
		v, err := a.judge(tail[:record], tail[record:record+context])
		if tail = tail[record+context:]; err != nil {
			return err
		}
		if v.Err != nil {
			v.Score, v.FalseAlarmRate = float64(nan32), float64(nan32)
		}
		scores, rates = append(scores, v.Score), append(rates, v.FalseAlarmRate)
		certificates = append(certificates, packCertificate(v.Certified))
	}
	in.out = appendColumn(appendColumn(in.out[:0], scores), rates)
	in.out = append(in.out, certificates...)
	return nil
}
