package adapt

import (
	"cmp"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/feature"
)

// Voice is what a guest (ensemble.Guest), a plugin that the model was not
// trained with, said of an example.
type Voice struct {
	Guest   uint64  // GuestID of its id
	LogOdds float32 // at the reach that a guest has before any label
}

// GuestID is how examples name a guest: its id's hash, as no text is kept.
func GuestID(id string) uint64 { return feature.Hash64([]byte(id)) }

// Say adds what a guest says of the example; NaN, an abstention, is not kept.
func (x *Example) Say(id string, logOdds float64) {
	v := Voice{GuestID(id), float32(logOdds)}
	if !(math.Abs(logOdds) <= ensemble.GuestReach) {
		return
	}
	at, there := slices.BinarySearchFunc(x.Voices, v, func(a, b Voice) int { return cmp.Compare(a.Guest, b.Guest) })
	if !there && len(x.Voices) < ensemble.MaxLearners {
		x.Voices = slices.Insert(x.Voices, at, v)
	}
}

// Heed returns the share of its prior reach that a guest has after the labels,
// in (0, 1]: 1 for one of which they say nothing, or nothing but good.
//
// Two ways compete for each guest, as meta-learners do in the recipe hedge:
// to heed what it says beside the tiers, and to pass it over. They begin alike;
// each label of a record that the guest speaks up for moves their weights by
// their losses, and a share returns to the beginning (fixed share: Herbster and
// Warmuth 1998). Labels in order of arrival; one changes the odds of heeding by a
// factor of e^(2 GuestReach / 6) = 2.2 at most. A guest that is right gathers
// credit, which it loses first; its reach never grows beyond the prior's, which
// bounds rates.
func (s *State) Heed(id string) float64 {
	const first = 0.5
	guest, heed := GuestID(id), first
	var x *ensemble.Evaluation
	for i := range s.labels {
		l := &s.labels[i]
		at, there := slices.BinarySearchFunc(l.example.Voices, guest, func(v Voice, g uint64) int { return cmp.Compare(v.Guest, g) })
		if !there || !(l.example.Voices[at].LogOdds > 0) {
			continue // it raises nothing here
		}
		if x == nil {
			x = s.tiers.NewEvaluation()
		}
		s.tiers.Evaluate(x, l.example.Raw)
		if x.LogOdds != x.LogOdds {
			continue
		}
		rate := hedgeRate * s.weight(l) / hedgeWorst
		with := heed * exp(-float64(rate*min(logLoss(x.LogOdds+float64(l.example.Voices[at].LogOdds), l.Threat), hedgeWorst)))
		without := (1 - heed) * exp(-float64(rate*min(logLoss(x.LogOdds, l.Threat), hedgeWorst)))
		heed = float64((1-hedgeShare)*(with/(with+without))) + hedgeShare*first
	}
	return min(1, heed/first)
}
