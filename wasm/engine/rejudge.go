package main

import (
	"slices"
	"unsafe"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// Rows that the page has kept can be judged again under another budget, or
// after their scores have changed, without reading the log: judgeAgain, then
// rejudge for all of them in the order in which they came. The report is theirs
// from then on.

// errWide is why a budget cannot be shown by the rows that were kept.
const errWide = callError("the rows that were kept do not reach that budget: scan again, with it or with a wider `widest`")

// judgeAgain begins anew with the incidents and the counts of threats.
func (in *instance) judgeAgain(budget string) error {
	o := in.order
	if o == nil {
		return errNoFile
	}
	b, err := core.ParseBudget(budget)
	if err != nil {
		return err
	}
	if !b.Within(in.settings.wide()) {
		return errWide
	}
	o.budget = b
	o.stream = core.NewStream(core.Options{Budget: b})
	o.timeline.forgetThreats()
	for i := range o.summaries {
		o.summaries[i].Threats = 0
	}
	return nil
}

// rejudge takes rows of a file, as settle answered them but for scores, rates
// and certificates that may have changed. It answers for each its incident, i64,
// then for each its flags, u8, and then its severity, u8.
func (in *instance) rejudge(file uint32, rows []byte) error {
	o := in.order
	if o == nil || int64(file) >= int64(len(o.summaries)) {
		return errNoFile
	}
	c, err := readColumns(rows)
	if err != nil {
		return err
	}
	incidents := make([]int64, c.length)
	flags := make([]byte, c.length)
	severities := slices.Clone(c.bytes[1])
	for i := range c.length {
		text, entity, raw := uint64(c.words[1][i]), uint64(c.words[2][i]), uint64(c.words[3][i])
		class := uint64(c.words[5][i])
		if text+entity+raw > uint64(len(c.texts)) || class > uint64(len(o.words.texts)) ||
			c.bytes[0][i] >= uint8(event.NumKinds) || c.bytes[1][i] > uint8(core.SeverityCritical) {
			return errWire
		}
		flags[i] = c.bytes[2][i] &^ flagThreat
		if c.words[6][i] != 0 { // a record that could not be read
			continue
		}
		v := core.Verdict{
			Line: c.longs[2][i], Time: c.longs[1][i], Kind: event.Kind(c.bytes[0][i]),
			Certified: unpackCertificate(c.bytes[3][i]),
			Score:     c.reals[0][i], FalseAlarmRate: c.reals[1][i], Entity: c.texts[text : text+entity],
		}
		if class > 0 {
			v.Class = o.words.text(word(class))
			v.Technique = core.Techniques(v.Class)
			v.Severity = core.SeverityOf(v.FalseAlarmRate, v.Class)
			severities[i] = byte(v.Severity)
		}
		if v.Threat = v.FalseAlarmRate <= o.budget.At(c.reals[2][i]); !v.Threat {
			continue
		}
		o.stream.Join(&v, &o.summaries[file], c.texts[text+entity:text+entity+raw])
		o.timeline.addThreat(v.Time)
		incidents[i], flags[i] = int64(v.Incident), flags[i]|flagThreat
	}
	in.out = append(append(appendColumn(in.out[:0], incidents), flags...), severities...)
	return nil
}

// readColumns returns rows in the layout of columns, in place. data is aligned
// to 8 bytes.
func readColumns(data []byte) (c columns, err error) {
	head, data, err := cutColumn[uint32](data, 2)
	if err != nil {
		return c, err
	}
	c.length = int(head[0])
	for i := range c.longs {
		if c.longs[i], data, err = cutColumn[int64](data, c.length); err != nil {
			return c, err
		}
	}
	for i := range c.reals {
		if c.reals[i], data, err = cutColumn[float64](data, c.length); err != nil {
			return c, err
		}
	}
	for i := range c.words {
		if c.words[i], data, err = cutColumn[uint32](data, c.length); err != nil {
			return c, err
		}
	}
	for i := range c.bytes {
		if c.bytes[i], data, err = cutColumn[uint8](data, c.length); err != nil {
			return c, err
		}
	}
	if int64(len(data)) != int64(head[1]) {
		return c, errWire
	}
	c.texts = data
	return c, nil
}

// cutColumn returns the n values that data starts with, in place, and what is
// behind them.
func cutColumn[T int64 | float64 | uint32 | uint8](data []byte, n int) (column []T, rest []byte, err error) {
	var one T
	size := uint64(n) * uint64(unsafe.Sizeof(one))
	if size > uint64(len(data)) {
		return nil, nil, errWire
	}
	if n > 0 {
		column = unsafe.Slice((*T)(unsafe.Pointer(&data[0])), n)
	}
	return column, data[size:], nil
}
