package main

import (
	"bytes"
	"io"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// batchBytes is the text of a batch. Pieces of a log are about as large, so one
// is one batch; see RATIONALE.md of wasm for how the size was chosen.
const batchBytes = 128 << 10

// How a piece stands in its file.
const (
	pieceFirst    = 1 << iota // it is the beginning of the file
	pieceSequence             // it goes on where the one before ended, amid a record perhaps
	pieceLast                 // of a sequence: nothing follows
)

// piece is a part of a log on its way: batches that are prepared and wait for
// their context columns.
type piece struct{ batches []*core.Worker }

// prepare does the stateless part for a piece and answers what the windows need
// to know of it: for each batch a batchHead, and for each contextual kind a
// seenHead and its observations.
func (in *instance) prepare(id, flags uint32, offset int64, data []byte) error {
	switch {
	case in.scoring == nil:
		return errNotReady
	case in.parser == nil:
		return errNoFile
	case len(in.pieces) >= maxPieces:
		return errPieces
	case in.pieces[id] != nil:
		return errNoPiece
	}
	p := &piece{}
	in.out = in.out[:0]
	var err error
	if flags&pieceSequence != 0 {
		err = in.prepareSequence(p, flags, data)
	} else {
		err = in.prepareLines(p, flags, offset, data)
	}
	if err != nil {
		in.release(p)
		return err
	}
	in.pieces[id] = p
	return nil
}

// prepareLines reads a piece that starts and ends at line ends.
func (in *instance) prepareLines(p *piece, flags uint32, offset int64, data []byte) error {
	var err error
	r := in.reader
	switch {
	case flags&pieceFirst != 0:
		r, err = event.NewReader(bytes.NewReader(data), in.format, in.reading)
	case r == nil:
		r = event.NewReaderBehind(bytes.NewReader(data), in.parser, in.reading, offset)
		in.reader = r
	default:
		r.Behind(bytes.NewReader(data), in.parser, offset)
	}
	for err == nil {
		w := in.worker()
		if err = r.Next(w.Batch()); err != nil {
			in.free = append(in.free, w)
			break
		}
		in.prepareBatch(p, w)
	}
	if err == io.EOF {
		err = nil
	}
	return err
}

// prepareSequence gives the piece to the source that follows the whole file.
func (in *instance) prepareSequence(p *piece, flags uint32, data []byte) (err error) {
	if flags&pieceFirst != 0 {
		if in.source, err = newSource(in.format, in.reading); err != nil {
			return err
		}
	}
	if in.source == nil {
		return errNoFile
	}
	return in.source.push(data, flags&pieceLast != 0, func(b *event.Batch) {
		w := in.worker()
		*b, *w.Batch() = *w.Batch(), *b // the source goes on in the memory that the worker had
		in.prepareBatch(p, w)
	})
}

// prepareBatch prepares a batch and appends what the windows need of it.
func (in *instance) prepareBatch(p *piece, w *core.Worker) {
	w.Prepare()
	p.batches = append(p.batches, w)
	b := w.Batch()
	in.out = appendWire(in.out, []batchHead{{events: uint32(len(b.Events)), lines: uint32(b.Lines)}})
	for _, k := range contextual() {
		seen := w.Seen(k)
		in.out = appendWire(in.out, []seenHead{{uint32(k), uint32(len(seen))}})
		in.out = appendWire(in.out, seen)
	}
}

// finish takes the context columns of a piece, as the ordering instance
// answered them, and answers its verdicts: for each batch a batchHead, the
// verdicts, their texts and their shapes.
func (in *instance) finish(id uint32, columns []byte) error {
	p := in.pieces[id]
	if p == nil {
		return errNoPiece
	}
	delete(in.pieces, id)
	defer in.release(p)
	in.out = in.out[:0]
	for _, w := range p.batches {
		var err error
		var before []int64
		if before, columns, err = cutWire[int64](columns, 1); err != nil {
			return err
		}
		if columns, err = takeColumns(w, columns); err != nil {
			return err
		}
		in.tell(w, before[0])
	}
	return nil
}

// takeColumns copies the context columns of a batch into its rows.
func takeColumns(w *core.Worker, data []byte) ([]byte, error) {
	for _, k := range contextual() {
		seen := w.Seen(k)
		if len(seen) == 0 {
			continue
		}
		n := len(feature.ContextNames(k))
		x, rest, err := cutWire[float32](data, uint32(n*len(seen)))
		if err != nil {
			return nil, err
		}
		rows := w.Rows(k)
		for i := range seen {
			copy(rows.Row(i)[rows.D-n:], x[i*n:(i+1)*n])
		}
		data = rest
	}
	return data, nil
}

// tell appends the verdicts of a batch. Threats, and what may become one under
// a daily budget or by the site's profile, carry their record, so that they can be shown without reading
// the file again; what will be a row carries its context columns, so that it can
// be explained without what came before it. before is how many records of the
// file came before the batch.
func (in *instance) tell(w *core.Worker, before int64) {
	verdicts := w.Finish(0, before)
	b := w.Batch()
	head := len(in.out)
	in.out = appendWire(in.out, []batchHead{{}})
	in.out = roomFor(in.out, len(verdicts))
	told, _, _ := cutWire[wireVerdict](in.out[head+batchHeadSize:], uint32(len(verdicts)))
	texts, shapes := in.texts[:0], 0
	for i := range verdicts {
		v, t := &verdicts[i], &told[i]
		*t = wireVerdict{
			offset: v.Offset, time: v.Time, score: v.Score, rate: v.FalseAlarmRate, missing: v.Missing, lift: v.Lift,
			line: uint32(v.Line), length: v.Length, kind: uint8(v.Kind), severity: uint8(v.Severity), certified: packCertificate(v.Certified),
			text: uint32(len(texts)), entity: uint32(len(v.Entity)), class: uint32(len(v.Class)), shapes: uint32(len(v.Shapes)),
		}
		if v.Bounded {
			t.bounded = 1
		}
		texts = append(append(texts, v.Entity...), v.Class...)
		if v.Err != nil {
			reason := v.Err.Error()
			t.reason = uint32(len(reason))
			texts = append(texts, reason...)
		}
		shapes += len(v.Shapes)
		alarming := v.Class != "" || len(v.Shapes) > 0
		if alarming {
			raw := b.Bytes(b.Events[i].Raw)
			raw = raw[:min(len(raw), maxRaw)]
			t.raw = uint32(len(raw))
			texts = append(texts, raw...)
		}
		if (alarming || in.settings.all) && len(w.Seen(v.Kind)) > 0 {
			rows, before := w.Rows(v.Kind), len(texts)
			for _, x := range rows.Row(i)[rows.D-len(feature.ContextNames(v.Kind)):] {
				texts = appendFloat(texts, x)
			}
			t.context = uint32(len(texts) - before)
		}
	}
	in.out = appendWire(in.out, texts)
	in.texts = texts
	for i := range verdicts {
		in.out = appendWire(in.out, verdicts[i].Shapes)
	}
	h, _, _ := cutWire[batchHead](in.out[head:], 1)
	h[0] = batchHead{events: uint32(len(verdicts)), lines: uint32(b.Lines), texts: uint32(len(texts)), shapes: uint32(shapes)}
}

// maxRaw bounds how much of its record a row carries. Longer records are read
// again from the file when they are to be explained.
const maxRaw = 16 << 10

// release makes the memory of a piece free.
func (in *instance) release(p *piece) {
	in.free = append(in.free, p.batches...)
	p.batches = nil
}
