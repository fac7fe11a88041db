package main

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// order is the ordered part of a scan: it sees the pieces of all files in turn,
// whoever scored them.
type order struct {
	stream    *core.Stream
	budget    core.Budget
	summaries []core.FileSummary // one a file, the last is that at hand
	observed  int64              // records of the file at hand whose context is known
	timeline  timeline
	words     words
	columns   []float32 // scratch
}

func newOrder(o core.Options) *order {
	return &order{stream: core.NewStream(o), budget: o.Budget}
}

func (o *order) file(name string) {
	o.summaries = append(o.summaries, core.NewFileSummary(name))
	o.observed = 0
}

var nan32 = float32(math.NaN())

// observe takes what prepare answered for a piece and answers, for each batch,
// how many records of the file came before it, i64, and its context columns: rows
// of float32 for each contextual kind.
func (in *instance) observe(data []byte) error {
	o := in.order
	if o == nil {
		return errNoFile
	}
	in.out = in.out[:0]
	for len(data) > 0 {
		head, rest, err := cutWire[batchHead](data, 1)
		if err != nil {
			return err
		}
		in.out = appendWire(in.out, []int64{o.observed})
		o.observed += int64(head[0].events)
		data = rest
		for _, k := range contextual() {
			var head []seenHead
			if head, data, err = cutWire[seenHead](data, 1); err != nil {
				return err
			}
			if head[0].kind != uint32(k) {
				return errWire
			}
			var seen []feature.Observation
			if seen, data, err = cutWire[feature.Observation](data, head[0].rows); err != nil {
				return err
			}
			stride := len(feature.ContextNames(k))
			n := stride * len(seen)
			o.columns = slices.Grow(o.columns[:0], n)[:n]
			for i := range o.columns {
				o.columns[i] = nan32 // as the encoder leaves them
			}
			if n > 0 {
				o.stream.Observe(k, o.columns, stride, seen)
			}
			in.out = appendWire(in.out, o.columns)
		}
	}
	return nil
}

// settle takes what finish answered for a piece and answers its rows, see
// columns.
func (in *instance) settle(data []byte) error {
	o := in.order
	if o == nil || len(o.summaries) == 0 {
		return errNoFile
	}
	c := &in.columns
	c.reset()
	sum := &o.summaries[len(o.summaries)-1]
	for len(data) > 0 {
		heads, rest, err := cutWire[batchHead](data, 1)
		if err != nil {
			return err
		}
		told, rest, err := cutWire[wireVerdict](rest, heads[0].events)
		if err != nil {
			return err
		}
		texts, rest, err := cutWire[byte](rest, heads[0].texts)
		if err != nil {
			return err
		}
		shapes, rest, err := cutWire[feature.Shape](rest, heads[0].shapes)
		if err != nil {
			return err
		}
		for i := range told {
			n := told[i].shapes
			if uint64(n) > uint64(len(shapes)) {
				return errWire
			}
			own := shapes[:n]
			shapes = shapes[n:]
			if err := o.settleOne(c, sum, &told[i], texts, own, &in.settings); err != nil {
				return err
			}
		}
		sum.Lines += int64(heads[0].lines)
		data = rest
	}
	in.out = c.append(in.out[:0])
	return nil
}

// settleOne settles one verdict and adds its row, if it is wanted.
func (o *order) settleOne(c *columns, sum *core.FileSummary, t *wireVerdict, texts []byte, shapes []feature.Shape, s *settings) error {
	if uint64(t.text)+uint64(t.entity)+uint64(t.class)+uint64(t.reason)+uint64(t.raw)+uint64(t.context) > uint64(len(texts)) ||
		t.kind >= uint8(event.NumKinds) || t.severity > uint8(core.SeverityCritical) {
		return errWire
	}
	texts = texts[t.text:]
	cut := func(n uint32) []byte {
		text := texts[:n:n]
		texts = texts[n:]
		return text
	}
	v := core.Verdict{
		Line: sum.Lines + int64(t.line), Record: sum.Records + 1, Offset: t.offset, Length: t.length,
		Kind: event.Kind(t.kind), Time: t.time, Score: t.score, FalseAlarmRate: t.rate,
		Severity: core.Severity(t.severity), Missing: t.missing, Entity: cut(t.entity),
		Lift: t.lift, Bounded: t.bounded != 0, Certified: unpackCertificate(t.certified), Shapes: shapes,
	}
	var class, reason word
	if name := cut(t.class); len(name) > 0 {
		class = o.words.of(name)
		v.Class = o.words.text(class)
		v.Technique = core.Techniques(v.Class)
	}
	if text := cut(t.reason); len(text) > 0 {
		reason = o.words.of(text)
		v.Err = event.ParseError(o.words.text(reason))
	}
	raw, context := cut(t.raw), cut(t.context)
	o.stream.Settle(&v, sum, raw)
	if v.Err == nil && !v.Outside {
		o.timeline.add(v.Time, v.Threat)
	}
	kept := v.Threat || v.Err == nil && v.FalseAlarmRate <= s.kept
	if v.Outside || !kept && !s.all {
		return nil
	}
	if !kept {
		class, raw = 0, nil
	} else {
		if class == 0 { // only the site finds it odd
			class = o.words.of([]byte(core.Anomaly))
		}
		v.Severity = core.SeverityOf(v.FalseAlarmRate, o.words.text(class)) // of what may become a threat again, too
	}
	discount := 1.0
	if v.FalseAlarmRate != t.rate {
		discount = v.FalseAlarmRate / t.rate
	}
	c.add(&v, o.stream.Daily(), discount, class, reason, raw, context)
	return nil
}
