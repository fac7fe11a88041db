package core

import (
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// Certificate says what an alert survives, proven for this alert and this model:
// it stays an alert, at the budget in force, whatever the adversary writes. The
// zero Certificate is that of a verdict that nothing is proven of.
//
// Padding and Insertions are about the text of the record as it stands in the
// log: target, body or bare value. They say nothing of what is rewritten,
// replaced or encoded in another way, nor of text that the log does not hold.
type Certificate struct {
	// Insertions is how many further texts, of any length, may be inserted
	// anywhere; at most learner.MaxInsertions.
	Insertions int
	// Learners is how many base learners may say anything at all, or fail; at
	// most MaxBadLearners.
	Learners int
	// Padding: any text may stand before and behind each text of the record.
	Padding bool
}

// MaxBadLearners is the most that Certificate.Learners says.
const MaxBadLearners = 3

// Limits are what every certificate leaves open, one sentence each: they belong
// beside it wherever it is shown.
func (Certificate) Limits() []string {
	return []string{
		"Padding and insertions are proven for the target, the body or the bare value as it stands in the log, at the budget in force (0.1 % for a daily one).",
		"Nothing is proven of rewriting: replaced words, synonyms, other encodings, parameters split or repeated.",
		"A percent escape is broken by an insertion inside it like any other text; what the server makes of it is not looked at.",
		"Records whose texts are longer than 16 KiB are judged and not certified for insertions.",
	}
}

// certifier finds certificates for the verdicts of one kind.
type certifier struct {
	rate    float64 // verdicts up to it are certified
	limit   float64 // log-odds that the trained tiers must keep
	learner learner.Certifier
	base    int     // index of learner
	least   float32 // the raw score of learner that raises an alarm by itself
	scratch *ensemble.Evaluation
}

// newCertifier returns the certifier of a kind's model. The rate of a daily
// budget changes as events pass: certificates are then for DefaultBudget's. What
// labels and the log's own rates may move comes on top: an alert is certified
// only if it would stay one with the most that they can take away.
func newCertifier(s *scorer, o *Options) *certifier {
	c := &certifier{rate: o.Proven.Rate, scratch: s.tiers.NewEvaluation()}
	if o.Proven.PerDay > 0 {
		c.rate = DefaultBudget.Rate
	}
	if o.Site {
		c.rate /= adapt.RatesMost
	}
	c.limit = s.tiers.Super.Threshold(c.rate) + s.adjuster.Bound()
	for i := range s.tiers.Bases {
		l, ok := s.tiers.Bases[i].Learner.(learner.Certifier)
		if !ok {
			continue
		}
		if least, ok := s.tiers.LeastRaw(i, c.limit); ok {
			c.learner, c.base, c.least = l, i, least
			break
		}
	}
	return c
}

// certify returns the certificate of row i, whose raw scores are in r.one and
// whose evaluation is x.
func (c *certifier) certify(s *scorer, x *ensemble.Evaluation, r *kindRows, i int) (out Certificate) {
	if !(x.Rate <= c.rate) {
		return out
	}
	out.Learners = min(max(0, s.tiers.Survives(c.scratch, x, c.limit)), MaxBadLearners)
	if c.learner != nil && r.one[c.base] >= c.least {
		out.Insertions, out.Padding = c.learner.Insertions(&r.rows, i, c.least)
	}
	return out
}
