package report

import (
	"encoding/hex"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/model"
)

// Model writes what a model file holds: its card, its learners, the weights of
// its tiers and the thresholds of common budgets.
func Model(w io.Writer, m *model.Model, size int, sum string, style Style) error {
	s := newScreen(w, style)
	s.put(strong, m.Name)
	s.put(faint, "   kind "+m.Kind.String()+", epoch "+strconv.FormatUint(m.Epoch, 10)+", "+group(int64(size))+" bytes")
	s.end()
	s.put(faint, "sha256 "+sum)
	s.end()
	if m.Signed() {
		s.put(faint, "signed by "+hex.EncodeToString(m.Key[:]))
	} else {
		s.put(faint, "not signed")
	}
	s.end()
	s.card(&m.Card)
	s.bases(m)
	s.metas(m)
	s.influences(m)
	s.thresholds(m.Tiers.Super)
	return s.w.Flush()
}

func (s *screen) card(c *model.Card) {
	s.title("TRAINED ON", "seed "+strconv.FormatUint(c.Seed, 10))
	for _, t := range c.Trained {
		s.to(2)
		s.cell(plain, t.Name, s.width-2-2-14-2-14-2)
		s.number(plain, group(int64(t.Rows))+" rows", 14)
		s.number(plain, group(int64(t.Threats))+" threats", 16)
		s.end()
	}
	if len(c.Quality) > 0 {
		s.title("MEASURED", "on rows that it was not trained on")
		for _, q := range c.Quality {
			s.to(2)
			s.cell(plain, q.Set, s.width-2-2-22-2-10)
			s.cell(faint, q.Metric, 22)
			s.number(strong, decimals(q.Value, 4), 8)
			s.end()
		}
	}
	if len(c.Tuned) > 0 {
		s.title("TUNED", "settings chosen on the training rows; the others are the defaults")
		for _, t := range c.Tuned {
			s.to(2)
			s.cell(plain, t.Learner, 20)
			s.cell(faint, t.Name, 12)
			s.number(strong, strconv.FormatFloat(t.Value, 'g', -1, 64), 8)
			s.end()
		}
	}
	if len(c.Limits) > 0 {
		s.title("KNOWN LIMITS", "")
		for _, l := range c.Limits {
			s.paragraph(plain, "- "+l, 2, 4)
		}
	}
}

func (s *screen) bases(m *model.Model) {
	context := len(m.Schema.Names) - m.Schema.Stateless
	s.title("BASE LEARNERS", "over "+strconv.Itoa(len(m.Schema.Names))+" features, "+strconv.Itoa(context)+" of them from the entity's past")
	s.to(2)
	s.cell(faint, "learner", 20)
	s.cell(faint, "type", 12)
	s.cell(faint, "class", 16)
	s.cell(faint, "reads", 12)
	s.number(faint, "ns", 6)
	s.end()
	for _, b := range m.Tiers.Bases {
		info := b.Learner.Info()
		var reads []string
		if n := len(info.Columns); n > 0 {
			reads = append(reads, strconv.Itoa(n))
		}
		if info.Texts {
			reads = append(reads, "texts")
		}
		if info.Context {
			reads = append(reads, "past")
		}
		s.to(2)
		s.cell(plain, info.ID, 20)
		s.cell(faint, info.Type, 12)
		s.cell(plain, info.Class, 16)
		s.cell(faint, strings.Join(reads, ", "), 12)
		s.number(plain, cost(info.Cost), 6)
		s.end()
	}
	for _, p := range m.Plugins {
		s.to(2)
		s.put(plain, "plugin "+p.ID+" "+p.Version)
		s.end()
	}
}

func (s *screen) metas(m *model.Model) {
	s.title("META-LEARNERS", "and their weight beta in the super-learner")
	s.to(2)
	s.cell(faint, "meta", 20)
	s.number(faint, "beta", 6)
	s.put(faint, "heaviest base learners (alpha)")
	s.end()
	for j, meta := range m.Tiers.Metas {
		s.to(2)
		s.cell(plain, meta.Name, 20)
		s.number(strong, decimals(m.Tiers.Super.Beta[j], 3), 6)
		s.put(plain, fit(Visible(heaviest(m, meta)), s.width-s.column))
		s.end()
	}
}

// heaviest names the base learners that a meta-learner hears most.
func heaviest(m *model.Model, meta *ensemble.MetaLearner) string {
	scores := ensemble.NewScores(len(m.Tiers.Bases))
	for i := range scores.P { // all present, all saying the same: the weights at rest
		scores.P[i], scores.Logit[i], scores.Tail[i] = 0.5, 0, 0.5
	}
	weights := make([]float64, len(m.Tiers.Bases))
	meta.Mixer.Weights(weights, &scores)
	var parts []string
	for range min(4, len(weights)) {
		best := -1
		for i, w := range weights {
			if w > 0 && (best < 0 || w > weights[best]) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		parts = append(parts, m.Tiers.Bases[best].Learner.Info().ID+" "+decimals(weights[best], 2))
		weights[best] = 0
	}
	return strings.Join(parts, ", ")
}

// influences writes what one arbitrary base learner can do: the bound of G3.
func (s *screen) influences(m *model.Model) {
	s.title("INFLUENCE", "the most that one base learner can move the score, whatever it says; 1 is any verdict")
	s.to(2)
	s.cell(faint, "learner", 20)
	s.number(faint, "most", 8)
	s.end()
	for _, i := range m.Influences() {
		s.to(2)
		s.cell(plain, i.ID, 20)
		s.number(plain, decimals(i.Most, 4), 8)
		switch {
		case i.Floor:
			s.put(faint, "on a floor: can raise alarms, not silence the others")
		case i.Plugin:
			s.put(faint, "a plugin: refused above "+decimals(model.DefaultInfluence, 2)+" unless --max-influence allows it")
		}
		s.end()
	}
}

func (s *screen) thresholds(super *ensemble.SuperLearner) {
	s.title("THRESHOLDS", "the score from which on an event is a threat, by budget")
	for _, rate := range []float64{1e-2, 1e-3, 1e-4} {
		z := super.Tail.Threshold(rate)
		s.to(2)
		s.cell(faint, percent(rate)+" of normal events", 26)
		s.put(plain, decimals(1/(1+math.Exp(-z)), 6))
		s.end()
	}
}
