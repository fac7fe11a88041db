package model

import (
	"math"
	"slices"
	"strconv"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// Diff says in words what differs between two models, one line each; none when
// they are equal up to key and signature.
func Diff(a, b *Model) []string {
	var d differences
	d.text("kind", a.Kind.String(), b.Kind.String())
	d.text("name", a.Name, b.Name)
	d.text("epoch", strconv.FormatUint(a.Epoch, 10), strconv.FormatUint(b.Epoch, 10))
	d.sets("column", a.Schema.Names, b.Schema.Names)
	d.text("stateless columns", strconv.Itoa(a.Schema.Stateless), strconv.Itoa(b.Schema.Stateless))
	d.text("whole requests", strconv.FormatBool(a.Schema.Whole), strconv.FormatBool(b.Schema.Whole))
	if schemaJSON(&a.Schema) != schemaJSON(&b.Schema) && len(d) == 0 {
		d.add("columns are read in another way or order")
	}
	d.bases(a, b)
	d.metas(a.Tiers, b.Tiers)
	d.curves("final score", a.Tiers.Super.Calibration, b.Tiers.Super.Calibration, a.Tiers.Super.Tail, b.Tiers.Super.Tail)
	d.selectors(a, b)
	if !slices.Equal(a.Adaptation, b.Adaptation) {
		d.add("labels of a site: " + strconv.Itoa(len(a.Adaptation)) + " bytes -> " + strconv.Itoa(len(b.Adaptation)) + " bytes, with other contents")
	}
	d.sets("plugin", pluginNames(a), pluginNames(b))
	d.card(&a.Card, &b.Card)
	return d
}

type differences []string

func (d *differences) add(s string) { *d = append(*d, s) }

func (d *differences) text(what, a, b string) {
	if a != b {
		d.add(what + ": " + a + " -> " + b)
	}
}

func (d *differences) sets(what string, a, b []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			d.add(what + " " + s + ": removed")
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			d.add(what + " " + s + ": added")
		}
	}
}

func pluginNames(m *Model) []string {
	var out []string
	for _, p := range m.Plugins {
		out = append(out, p.ID+" "+p.Version+" "+hexText(p.SHA256[:]))
	}
	return out
}

func baseNames(t *ensemble.Tiers) []string {
	var out []string
	for _, b := range t.Bases {
		out = append(out, b.Learner.Info().ID)
	}
	return out
}

func metaNames(t *ensemble.Tiers) []string {
	var out []string
	for _, m := range t.Metas {
		out = append(out, m.Name)
	}
	return out
}

func (d *differences) bases(a, b *Model) {
	names, other := baseNames(a.Tiers), baseNames(b.Tiers)
	d.sets("learner", names, other)
	for i, name := range names {
		j := slices.Index(other, name)
		if j < 0 {
			continue
		}
		x, y := &a.Tiers.Bases[i], &b.Tiers.Bases[j]
		what := "learner " + name
		d.text(what+" type", x.Learner.Info().Type, y.Learner.Info().Type)
		d.text(what+" class", x.Learner.Info().Class, y.Learner.Info().Class)
		d.number(what+" cost in ns", float64(x.Learner.Info().Cost), float64(y.Learner.Info().Cost))
		if x.Learner.Info().Texts != y.Learner.Info().Texts || x.Learner.Info().Context != y.Learner.Info().Context {
			d.add(what + ": reads texts or the context in one of them only")
		}
		if !slices.Equal(x.Learner.Info().Columns, y.Learner.Info().Columns) {
			d.add(what + ": reads other columns")
		}
		d.states(what, x.Learner, y.Learner)
		d.curves(what, x.Calibration, y.Calibration, x.Tail, y.Tail)
	}
}

func (d *differences) states(what string, a, b learner.Learner) {
	x, ok := a.(learner.Stateful)
	y, ok2 := b.(learner.Stateful)
	if !ok || !ok2 {
		if ok != ok2 {
			d.add(what + ": stored in one file, absent from the other")
		}
		return
	}
	s, t := x.State(), y.State()
	for _, n := range s.Numbers {
		if i := slices.IndexFunc(t.Numbers, func(m learner.Number) bool { return m.Name == n.Name }); i >= 0 {
			d.number(what+" "+n.Name, n.Value, t.Numbers[i].Value)
		}
	}
	if !slices.Equal(s.Strings, t.Strings) {
		d.add(what + ": texts differ")
	}
	for _, n := range s.Tensors {
		i := slices.IndexFunc(t.Tensors, func(m learner.Tensor) bool { return m.Name == n.Name })
		switch {
		case i < 0:
		case !slices.Equal(n.Shape, t.Tensors[i].Shape):
			d.add(what + " " + n.Name + ": another shape")
		default:
			if changed, all := differing(&n, &t.Tensors[i]); changed > 0 {
				d.add(what + " " + n.Name + ": " + strconv.Itoa(changed) + " of " + strconv.Itoa(all) + " numbers differ")
			}
		}
	}
}

// differing counts the elements of two tensors of one shape that are not equal.
func differing(a, b *learner.Tensor) (changed, all int) {
	x, y := appendTensor(nil, a), appendTensor(nil, b)
	size := dtypeOf(a).size
	if dtypeOf(b).size != size || len(x) != len(y) {
		return elements(a.Shape, maxElements), elements(a.Shape, maxElements)
	}
	for i := 0; i < len(x); i += size {
		if !slices.Equal(x[i:i+size], y[i:i+size]) {
			changed++
		}
	}
	return changed, len(x) / size
}

func (d *differences) number(what string, a, b float64) {
	if math.Float64bits(a) != math.Float64bits(b) { // a zero has two signs, and a file shows which
		d.add(what + ": " + digits(a) + " -> " + digits(b))
	}
}

func digits(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func (d *differences) curves(what string, c, c2 *ensemble.Calibration, t, t2 *ensemble.Tail) {
	if (c == nil) != (c2 == nil) || c != nil && !(sameBits(c.X, c2.X) && sameBits(c.Z, c2.Z)) {
		d.add(what + ": calibration differs")
	}
	if (t == nil) != (t2 == nil) || t != nil && !(sameBits(t.X, t2.X) && sameBits(t.LogRate, t2.LogRate) && t.Slope == t2.Slope) {
		d.add(what + ": false-alarm rates differ")
	}
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

func (d *differences) metas(a, b *ensemble.Tiers) {
	names, other := metaNames(a), metaNames(b)
	d.sets("meta-learner", names, other)
	for i, name := range names {
		j := slices.Index(other, name)
		if j < 0 {
			continue
		}
		what := "meta-learner " + name
		x, y := a.Metas[i], b.Metas[j]
		d.text(what+" mixer", x.Mixer.Name(), y.Mixer.Name())
		s, ok := x.Mixer.(ensemble.Stateful)
		t, ok2 := y.Mixer.(ensemble.Stateful)
		if ok && ok2 {
			d.number(what+" bias", s.State().Bias, t.State().Bias)
			d.weights(what, baseNames(a), baseNames(b), s.State().Weights, t.State().Weights)
		}
		d.curves(what, x.Calibration, y.Calibration, nil, nil)
	}
	d.text("super-learner", a.Super.Name, b.Super.Name)
	d.weights("super-learner", names, other, a.Super.Beta, b.Super.Beta)
	d.text("super-learner floor", nameAt(names, a.Super.Floor), nameAt(other, b.Super.Floor))
	d.text("super-learner novelty", nameAt(names, a.Super.Novelty), nameAt(other, b.Super.Novelty))
	d.number("super-learner certain above", a.Super.Certain, b.Super.Certain)
}

// nameAt returns the name that place counts from 1, none for 0.
func nameAt(names []string, place int) string {
	if place < 1 || place > len(names) {
		return "none"
	}
	return names[place-1]
}

// weights compares two vectors of weights by the names of what they weigh.
func (d *differences) weights(what string, names, other []string, a, b []float64) {
	for i, n := range names {
		if j := slices.Index(other, n); j >= 0 && i < len(a) && j < len(b) {
			d.number(what+" weight of "+n, a[i], b[j])
		}
	}
}

func (d *differences) card(a, b *Card) {
	d.text("seed", strconv.FormatUint(a.Seed, 10), strconv.FormatUint(b.Seed, 10))
	sources := func(c *Card) (out []string) {
		for _, s := range c.Trained {
			out = append(out, s.Name+" ("+strconv.Itoa(s.Rows)+" rows, "+strconv.Itoa(s.Threats)+" threats)")
		}
		return out
	}
	d.sets("trained on", sources(a), sources(b))
	for _, q := range a.Quality {
		i := slices.IndexFunc(b.Quality, func(r Measure) bool { return r.Set == q.Set && r.Metric == q.Metric })
		if i >= 0 {
			d.number("measured "+q.Metric+" on "+q.Set, q.Value, b.Quality[i].Value)
		} else {
			d.add("measured " + q.Metric + " on " + q.Set + ": removed")
		}
	}
	for _, q := range b.Quality {
		if !slices.ContainsFunc(a.Quality, func(r Measure) bool { return r.Set == q.Set && r.Metric == q.Metric }) {
			d.add("measured " + q.Metric + " on " + q.Set + ": added, " + digits(q.Value))
		}
	}
	d.sets("known limit", a.Limits, b.Limits)
	settings := func(c *Card) (out []string) {
		for _, t := range c.Tuned {
			out = append(out, t.Name+" of "+t.Learner+" "+digits(t.Value))
		}
		return out
	}
	d.sets("tuned", settings(a), settings(b))
}
