package report

import (
	"io"
	"slices"
	"strconv"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/model"
)

// Adaptation writes what the labels of a state do to the records that they are
// about: each is judged by the labels of the others, at a budget of that rate.
func Adaptation(w io.Writer, m *model.Model, state *adapt.State, rate float64, style Style) error {
	s := newScreen(w, style)
	left := state.LeaveOneOut()
	threats := 0
	for _, l := range left {
		if l.Threat {
			threats++
		}
	}
	s.put(strong, plural(int64(len(left)), "label")+" in force")
	s.put(plain, ": "+plural(int64(threats), "threat")+", "+group(int64(len(left)-threats))+" normal; a score moves by at most "+significant(state.Bound()))
	s.end()
	const name, each = 38, 12
	s.title("BEFORE AND AFTER", "each labelled record judged by the labels of the others")
	line := func(i ink, what, before, after string) {
		s.to(2)
		s.cell(i, what, name)
		s.number(i, before, each)
		s.number(i, after, each)
		s.end()
	}
	line(faint, "", "before", "after")
	limit := m.Tiers.Super.Threshold(rate)
	before, after := tallyOf(left, limit, func(l *adapt.Left) float64 { return l.Before }), tallyOf(left, limit, func(l *adapt.Left) float64 { return l.After })
	line(plain, "threats ranked above normal records", before.ranked(), after.ranked())
	line(plain, "threats found at "+percent(rate), before.of(true), after.of(true))
	line(plain, "false alarms at "+percent(rate), before.of(false), after.of(false))
	s.recipes(state.Adjuster())
	return s.w.Flush()
}

// recipes writes what each way to learn from the labels counts for.
func (s *screen) recipes(a *adapt.Adjuster) {
	if a == nil {
		return
	}
	s.title("RECIPES", "weighed by what they say of labels left out")
	share := a.Share()
	for r := range adapt.NumRecipes {
		s.to(2)
		s.cell(plain, r.String(), 12)
		s.number(strong, decimals(share[r], 3), 6)
		s.put(faint, recipeNotes[r])
		s.end()
	}
}

var recipeNotes = [adapt.NumRecipes]string{
	adapt.AsItIs: "the model's own score",
	adapt.Shift:  "every score by the same",
	adapt.Stack:  "weights of the base learners",
	adapt.Site:   "n-grams and features of this site",
	adapt.Hedge:  "weights of the meta-learners",
}

// tally counts labelled records by what a score says of them.
type tally struct {
	threats, normal []float64
	alarms          [2]int // normal records and threats above the limit
}

func tallyOf(left []adapt.Left, limit float64, score func(*adapt.Left) float64) (t tally) {
	for i := range left {
		z := score(&left[i])
		class := 0
		if left[i].Threat {
			class = 1
			t.threats = append(t.threats, z)
		} else {
			t.normal = append(t.normal, z)
		}
		if z >= limit {
			t.alarms[class]++
		}
	}
	slices.Sort(t.normal)
	return t
}

// ranked is the share of pairs of a threat and a normal record in which the
// threat scores higher: the area under the ROC curve.
func (t *tally) ranked() string {
	if len(t.threats) == 0 || len(t.normal) == 0 {
		return "-"
	}
	var sum float64
	for _, z := range t.threats {
		below, _ := slices.BinarySearch(t.normal, z)
		for below < len(t.normal) && t.normal[below] == z { // ties count half
			sum += 0.5
			below++
		}
		n, _ := slices.BinarySearch(t.normal, z)
		sum += float64(n)
	}
	return decimals(sum/float64(len(t.threats)*len(t.normal)), 3)
}

func (t *tally) of(threat bool) string {
	n, all := t.alarms[0], len(t.normal)
	if threat {
		n, all = t.alarms[1], len(t.threats)
	}
	return strconv.Itoa(n) + " of " + strconv.Itoa(all)
}
