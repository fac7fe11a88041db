package core

import (
	"errors"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/portable"
)

// Plugin is a base learner that is in no model file, configured for the columns
// of one kind's model.
//
// Where that model was trained with it (model.Plugins names its id and its
// checksum) it takes the place that the model holds for it. Else it is a guest:
// it enters with the small prior weight of [ensemble.Guest], and the Stream
// discounts how often it speaks up in this log.
type Plugin struct {
	learner.Learner
	Kind    event.Kind
	Version string
	SHA256  [32]byte // of the plugin's file
	Low     float64  // declared range of its scores; infinite where there is no bound
	High    float64
}

// Errors of New about plugins.
var (
	errOtherPlugin = errors.New("core: the model was trained with another version of a plugin")
	errPluginTwice = errors.New("core: a plugin has the id of another learner")
	errTooMany     = errors.New("core: more learners than a verdict can name")
)

// seat puts the plugins of the model's kind where they belong. The model is not
// changed.
func (s *scorer) seat(plugins []Plugin) error {
	taken := map[string]bool{}
	for _, b := range s.tiers.Bases {
		taken[b.Learner.Info().ID] = true
	}
	tiers := *s.tiers
	tiers.Bases = append([]ensemble.Base(nil), tiers.Bases...)
	for _, p := range plugins {
		if p.Kind != s.model.Kind {
			continue
		}
		id := p.Info().ID
		if pin := pinOf(s.model, id); pin != nil {
			if pin.SHA256 != p.SHA256 {
				return errOtherPlugin
			}
			for i := range tiers.Bases {
				if tiers.Bases[i].Learner.Info().ID == id {
					tiers.Bases[i].Learner = p.Learner
				}
			}
			continue
		}
		if taken[id] {
			return errPluginTwice
		}
		taken[id] = true
		g := ensemble.Guest{Learner: p.Learner, Low: p.Low, High: p.High}
		if err := g.Check(); err != nil {
			return err
		}
		s.guests = append(s.guests, g)
	}
	if len(tiers.Bases)+len(s.guests) > ensemble.MaxLearners {
		return errTooMany
	}
	s.tiers = &tiers
	return nil
}

// pinOf returns the plugin of that id that a model was trained with, or nil.
func pinOf(m *model.Model, id string) *model.Plugin {
	for i := range m.Plugins {
		if m.Plugins[i].ID == id {
			return &m.Plugins[i]
		}
	}
	return nil
}

// Guests are asked about every row, but where Options.ThreatsOnly spares them
// those that they could not make a threat of. Of every auditEvery-th record they
// are always asked, so that what they say of ordinary rows is known, and the
// same, either way.
const auditEvery = 16

func audited(record int64) bool { return record%auditEvery == 1 }

// visit has the guests score the rows of kind k that need them.
func (r *kindRows) visit(j *job, s *scorer, k event.Kind) {
	for len(r.guests) < len(s.guests) {
		r.guests = append(r.guests, nil)
	}
	r.asked = r.asked[:0]
	for i := range r.seen {
		if r.seen[i].Kind == k && (r.gate == nil || audited(j.recordOf(i)) || j.near(s, r, i)) {
			r.asked = append(r.asked, i)
		}
	}
	for g := range s.guests {
		r.guests[g] = sized(r.guests[g], r.rows.N)
		r.ask(s.guests[g].Learner, r.guests[g], r.asked)
	}
}

// near reports whether guests could make a threat of row i.
func (j *job) near(s *scorer, r *kindRows, i int) bool {
	if r.spared(i) {
		return false
	}
	x := j.evaluate(s, r, i)
	return x.Rate <= r.gate.reach
}

// ask runs a learner on some rows. dst has an element for every row.
func (r *kindRows) ask(l learner.Learner, dst []float32, rows []int) {
	if len(rows) == r.rows.N {
		scoreOrAbstain(dst, l, &r.rows)
		return
	}
	if len(rows) == 0 {
		return
	}
	gather(&r.sub, &r.rows, rows)
	r.some = sized(r.some, len(rows))
	scoreOrAbstain(r.some, l, &r.sub)
	for n, i := range rows {
		dst[i] = r.some[n]
	}
}

// scoreOrAbstain runs a learner over a batch; one that fails abstains on all of it.
func scoreOrAbstain(dst []float32, l learner.Learner, rows *feature.Batch) {
	if err := l.Score(dst, rows); err != nil {
		for i := range dst {
			dst[i] = nan32
		}
	}
}

// lift returns how far the guests raise row i: as far as the one that is the
// most certain asks for, so that many of them have no more influence than one.
func (r *kindRows) lift(s *scorer, i int) float64 {
	lift := 0.0
	for g := range s.guests {
		if z := s.guests[g].LogOdds(r.guests[g][i]); z > lift {
			lift = z
		}
	}
	return lift
}

// guestClass returns the class of the guest that is the most certain of row i,
// where it speaks for one; else the class that the trained learners gave it.
func (s *scorer) guestClass(r *kindRows, i int, class string) string {
	best := 0.0
	for g := range s.guests {
		c := s.guests[g].Learner.Info().Class
		if z := s.guests[g].LogOdds(r.guests[g][i]); c != "" && z > best && (class == Anomaly || specialCases[c] == class) {
			best, class = z, c
		}
	}
	return class
}

// Discount knows how often guests speak up in a log. A lift by a factor of w
// counts for w divided by its mean over the log (weights of p-values: Genovese,
// Roeder and Wasserman 2006): who always shouts is not heard. The mean is taken
// over the records that are audited.
type Discount struct {
	Records float64 // that were audited
	Sum     float64 // of what their lifts multiply by
}

// discountPrior is how many records that were not lifted the mean starts with.
const discountPrior = 4

// discountSlack is room for rounding, so that no rate rises above that without
// guests: logarithms of rates reach to -100 and are exact to 1e-14.
const discountSlack = 1e-12

// apply discounts the lift of a verdict.
func (d *Discount) apply(v *Verdict) {
	if audited(v.Record) {
		d.Records++
		d.Sum += portable.Exp(v.Lift)
	}
	if v.Bounded || !(v.Lift > 0) {
		return
	}
	mean := (discountPrior + d.Sum) / (discountPrior + d.Records)
	v.FalseAlarmRate *= min(mean, portable.Exp(v.Lift)*(1-discountSlack))
	if v.Severity != SeverityNone {
		v.Severity = SeverityOf(v.FalseAlarmRate, v.Class)
	}
}

// Tiers returns the trained tiers of a kind with the plugins that take places in
// them, nil without a model of the kind.
func (e *Engine) Tiers(k event.Kind) *ensemble.Tiers {
	if e.kinds[k] == nil {
		return nil
	}
	return e.kinds[k].tiers
}

// Raise applies the guests of a kind to rows that Tiers scored outside a Scan,
// in their order: it changes the log-odds and rates, one a row, to those that a
// Scan of these rows alone would give.
func (e *Engine) Raise(k event.Kind, rows *feature.Batch, logOdds, rate []float64) {
	s := e.kinds[k]
	if len(s.guests) == 0 {
		return
	}
	r := &kindRows{guests: make([][]float32, len(s.guests))}
	for g := range s.guests {
		r.guests[g] = make([]float32, rows.N)
		scoreOrAbstain(r.guests[g], s.guests[g].Learner, rows)
	}
	var d Discount
	x := s.tiers.NewEvaluation()
	for i := range rows.N {
		x.LogOdds, x.Score, x.Rate = logOdds[i], portable.Logistic(logOdds[i]), rate[i]
		v := Verdict{Record: int64(i) + 1, Lift: r.lift(s, i)}
		s.tiers.Lift(x, v.Lift)
		v.FalseAlarmRate = x.Rate
		d.apply(&v)
		logOdds[i], rate[i] = x.LogOdds, v.FalseAlarmRate
	}
}

// Hear runs the guests of a kind over rows that Tiers scored outside a Scan. It
// returns what adds to the example of row i what they say of it.
func (e *Engine) Hear(k event.Kind, rows *feature.Batch) func(x *adapt.Example, i int) {
	s := e.kinds[k]
	raw := make([][]float32, len(s.guests))
	for g := range raw {
		raw[g] = make([]float32, rows.N)
		scoreOrAbstain(raw[g], s.guests[g].Learner, rows)
	}
	return func(x *adapt.Example, i int) {
		for g := range raw {
			x.Say(s.guests[g].Learner.Info().ID, s.guests[g].Prior(raw[g][i]))
		}
	}
}
