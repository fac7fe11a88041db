package main

import (
	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/host/internal/report"
)

// briefs keeps, for each incident, the explanation of its worst record in a
// few lines. The core bounds the incidents; briefs bounds the text.
type briefs struct {
	worst map[uint64]brief
}

type brief struct {
	rate, score float64
	text        string
}

const maxBrief = 1024

func newBriefs() *briefs { return &briefs{map[uint64]brief{}} }

// keep remembers the explanation of a threat if it is the worst of its
// incident so far, by the order that the core ranks records in.
func (b *briefs) keep(v *core.Verdict, explain func() *core.Explanation) {
	if v.Incident == 0 {
		return
	}
	old, ok := b.worst[v.Incident]
	if ok && (v.FalseAlarmRate > old.rate || v.FalseAlarmRate == old.rate && v.Score <= old.score) {
		return
	}
	text := report.Brief(explain())
	b.worst[v.Incident] = brief{v.FalseAlarmRate, v.Score, text[:min(len(text), maxBrief)]}
}

// of returns the text of an incident, nothing for a nil receiver.
func (b *briefs) of(id uint64) string {
	if b == nil {
		return ""
	}
	return b.worst[id].text
}
