package adapt

import (
	"math"

	"github.com/tiercel/tiercel/core/feature"
)

const (
	// alertAt is the budget at which a score is an alert.
	alertAt = 1e-2
	// sureAt is the smallest budget at which alerts are kept: above its threshold
	// the recipes may order them anew.
	sureAt = 1e-3
	// From doubted to trusted, as shares of labelled alerts that are said to be
	// threats, the model becomes one whose alerts are worth keeping.
	doubted, trusted = 0.55, 0.65
)

// opinion is what the labels say of alerts like one: labels of threats less those
// of harmless records, each as far as its record is alike (the cosine of their
// n-grams; of the columns where there are no texts). An alert falls by at most
// Step for each label that harmless is ahead by.
//
// Without it a few lies about attacks lower every alert: the recipes find that
// the model is too sure, and shift it. So what is to be hidden has to be lied
// about more often than the truth is told. Where the labels say that most alerts
// are wrong, the model is of another site, and the recipes are free.
type opinion struct {
	alert   float64 // log-odds from which on a record is one
	sure    float64 // and from which on it is one at the smallest budget that matters
	free    float64 // that every alert may fall at least
	columns []float64
	grams   []float64 // one a bucket; nil where the labelled records have no texts
}

// opinion adds up the labels.
func (f *fitting) opinion() opinion {
	o := opinion{
		alert:   f.state.tiers.Super.Threshold(alertAt),
		sure:    f.state.tiers.Super.Threshold(sureAt),
		columns: make([]float64, f.state.columns),
	}
	right, all := 1.0, 2.0 // one of each before any label
	for i := range f.rows {
		row, w := &f.rows[i], f.weight[i]
		if f.mean[i] >= o.alert {
			all += w
			if f.threat[i] {
				right += w
			}
		}
		if !f.threat[i] {
			w = -w
		}
		for j, q := range row.columns {
			o.columns[j] += float64(w * q)
		}
		if len(row.grams) > 0 && o.grams == nil {
			o.grams = make([]float64, grams.Buckets)
		}
		for _, g := range row.grams {
			o.grams[g] += float64(w * row.each)
		}
	}
	for g, n := range common(f.rows) {
		if 2*n > len(f.rows) {
			o.grams[g] = 0
		}
	}
	o.free = Most * clamp01((trusted-right/all)/(trusted-doubted))
	return o
}

// common returns how many of the labelled records have each n-gram. What most have
// is the site's, and makes no two records alike.
func common(rows []point) []int {
	var n []int
	for i := range rows {
		if len(rows[i].grams) > 0 && n == nil {
			n = make([]int, grams.Buckets)
		}
		for _, g := range rows[i].grams {
			n[g]++
		}
	}
	return n
}

func clamp01(v float64) float64 { return max(0, min(v, 1)) }

// fall returns by how much row i, of log-odds z, may fall at most.
func (o *opinion) fall(z float64, b *feature.Batch, i int, s *Scratch) float64 {
	if z < o.alert || o.free >= Most {
		return Most
	}
	var v float64
	if o.grams != nil {
		buckets := s.grams(b, i)
		for _, g := range buckets {
			v += o.grams[g]
		}
		v /= math.Sqrt(float64(max(len(buckets), 1)))
	} else {
		for j, q := range s.squash(b.Row(i)) {
			v += float64(o.columns[j] * q)
		}
	}
	return max(z-o.sure, o.free, -Step*v)
}
