package core

import (
	"cmp"
	"slices"

	"github.com/tiercel/tiercel/core/event"
)

// incidentGap is the silence after which an entity's next threat starts a new
// incident: half an hour, the usual length of a web session.
const incidentGap = 30 * 60 * int64(1e9)

// Bounds on memory: an incident keeps about 1 KiB, most of it the sample. Of the
// incidents of a pass that has very many, nobody reads all samples: those beyond
// fullSamples keep the beginning.
const (
	maxIncidents = 20_000
	maxSample    = 512
	fullSamples  = 2_000
	briefSample  = 128
)

// key identifies whose incident it is; entities are compared by text.
type incidentKey struct {
	kind   event.Kind
	entity string
}

// incidents groups threats as they come, in order.
type incidents struct {
	all      []Incident
	numbered uint64              // how many were ever added: the number of the last
	open     map[incidentKey]int // index into all of the entity's latest incident
	// When all is full, further entities are counted and not kept; their
	// verdicts carry incident 0.
	overflow int64
}

// add joins a threat to its incident and reports whether it is the worst so far.
func (t *incidents) add(v *Verdict, file string, raw []byte) (in *Incident, worst bool) {
	if t.open == nil {
		t.open = map[incidentKey]int{}
	}
	i, ok := t.open[incidentKey{v.Kind, string(v.Entity)}]
	if ok {
		in = &t.all[i]
		ok = v.Time == event.NoTime || in.Last == event.NoTime || v.Time-in.Last <= incidentGap
	}
	if !ok {
		if len(t.all) >= maxIncidents {
			t.overflow++
			return nil, false
		}
		entity := string(v.Entity)
		t.numbered++
		t.all = append(t.all, Incident{
			ID: t.numbered, Kind: v.Kind, Entity: entity, First: v.Time, Last: v.Time, Rate: 2, NamedRate: 2, Score: -1,
		})
		i = len(t.all) - 1
		t.open[incidentKey{v.Kind, entity}] = i
		in = &t.all[i]
	}
	in.Count++
	if v.Time != event.NoTime {
		if in.First == event.NoTime || v.Time < in.First {
			in.First = v.Time
		}
		in.Last = max(in.Last, v.Time)
	}
	// What is strangest often has no name, while others of the incident have one.
	named := v.Class != Anomaly
	if in.Class == "" || named && (in.Class == Anomaly || v.FalseAlarmRate < in.NamedRate) {
		in.Class, in.Technique = v.Class, v.Technique
		if named {
			in.NamedRate = v.FalseAlarmRate
		}
	}
	// Score breaks ties of the rate, which saturates where the calibration has
	// no more normal rows to count.
	if v.FalseAlarmRate < in.Rate || v.FalseAlarmRate == in.Rate && v.Score > in.Score {
		in.Rate, in.Score, in.Severity = v.FalseAlarmRate, v.Score, max(in.Severity, v.Severity)
		in.File, in.Line, in.Certified = file, v.Line, v.Certified
		size := maxSample
		if i >= fullSamples {
			size = briefSample
		}
		in.Sample = string(raw[:min(len(raw), size)])
		return in, true
	}
	in.Severity = max(in.Severity, v.Severity)
	return in, false
}

// numberedAs returns an incident that is kept, by its number.
func (t *incidents) numberedAs(id uint64) *Incident {
	i, _ := slices.BinarySearchFunc(t.all, id, func(in Incident, id uint64) int { return cmp.Compare(in.ID, id) })
	return &t.all[i]
}

// index finds the latest incident of each entity again.
func (t *incidents) index() {
	t.open = make(map[incidentKey]int, len(t.all))
	for i := range t.all {
		t.open[incidentKey{t.all[i].Kind, t.all[i].Entity}] = i
	}
}

// worstFirst returns a copy, by severity, then rarity, then count, then order of appearance.
func (t *incidents) worstFirst() []Incident {
	order := make([]int32, len(t.all)) // sorted in the place of incidents, which are large
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		switch a, b := &t.all[i], &t.all[j]; {
		case a.Severity != b.Severity:
			return int(b.Severity) - int(a.Severity)
		case a.Rate != b.Rate:
			return cmp.Compare(a.Rate, b.Rate)
		case a.Count != b.Count:
			return cmp.Compare(b.Count, a.Count)
		}
		return int(i - j)
	})
	out := make([]Incident, len(order))
	for n, i := range order {
		out[n] = t.all[i]
	}
	return out
}
