package train

import (
	"math/rand/v2"
	"slices"

	"github.com/tiercel/tiercel/core/learner"
)

// Settings are a learner's settings by name, such as "depth": 4.
type Settings map[string]float64

// Axis is one setting of a learner and the values that Tune may give it, the
// default first.
type Axis struct {
	Name   string
	Values []float64
}

// settable returns the spec with a learner whose settings Tune may choose; Fit
// takes the default of each axis.
func settable(s Spec, fit func(d *Data, info learner.Info, at Settings) (learner.Learner, error), axes ...Axis) Spec {
	s.Axes, s.fitAt = axes, fit
	return s.At(nil)
}

// At returns the spec with those settings; the axes that at leaves out keep
// their defaults. A spec without axes is returned as it is.
func (s *Spec) At(at Settings) Spec {
	out := *s
	if s.fitAt == nil {
		return out
	}
	full := make(Settings, len(s.Axes))
	for _, a := range s.Axes {
		full[a.Name] = a.Values[0]
		if v, ok := at[a.Name]; ok {
			full[a.Name] = v
		}
	}
	fit := s.fitAt
	out.Fit = func(d *Data, info learner.Info) (learner.Learner, error) { return fit(d, info, full) }
	return out
}

// mostPoints bounds the grid of a learner's settings: 4 values on 5 axes.
const mostPoints = 1024

// candidates returns at most n distinct settings of a spec: the defaults, then
// points of the grid in an order drawn by seed.
func (s *Spec) candidates(n int, seed uint64) []Settings {
	points := 1
	for _, a := range s.Axes {
		points = min(points*len(a.Values), mostPoints)
	}
	order := rand.New(rand.NewPCG(seed, textHash(s.Info.ID))).Perm(points)
	order = slices.DeleteFunc(order, func(p int) bool { return p == 0 })
	out := make([]Settings, 0, n)
	for _, p := range append([]int{0}, order...)[:min(n, points)] {
		at := Settings{}
		for _, a := range s.Axes {
			at[a.Name] = a.Values[p%len(a.Values)]
			p /= len(a.Values)
		}
		out = append(out, at)
	}
	return out
}

// textHash hashes a text byte by byte.
func textHash(text string) uint64 {
	h := uint64(len(text))
	for i := range len(text) {
		h = mix64(h ^ uint64(text[i]))
	}
	return h
}
