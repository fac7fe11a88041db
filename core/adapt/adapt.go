// Package adapt fits a model to a site: by a few labels, and by the site's own
// rows without any.
//
// A [State] is a log of labels that people gave to single records. From it a
// fit makes an [Adjuster], which moves the log-odds z of the final score:
//
//	z' = z + clamp(sum_r pi_r move_r(x), -Bound, +Bound)
//
// where the recipes r are
//
//	as it is  no move
//	shift     every score by the same: the threshold, calibrated again
//	stack     weights over the base learners' log-odds (alpha moves)
//	site      weights over n-grams and columns too: a base learner of the site (w)
//	hedge     the weights of the meta-learners, by fixed share (beta moves)
//
// Shift, stack and site are logistic regressions with a Gaussian prior that is
// centred on the model as it was signed; its scales were measured on pairs of
// sites (examples/train fewshot).
// pi weighs the recipes by what each says of the labels left out one by one, in
// closed form.
//
// What the model calls an alert falls only as far as more labels of records like
// it say harmless than threat, unless the labels say that most alerts are wrong:
// so three lies in ten labels leave recall where it was.
//
// # Bounded influence
//
// Whatever the labels are, and whoever gave them, the score of no record moves
// by more than State.Bound, at most min(m Step, Most) for m labels: guarantee
// G4. A source (a person, a file) has a budget of its own: all its labels
// together bound a move by SourceMost and weigh no more than SourceLabels do.
// The floor of the super-learner is applied after the move: what it is sure of
// stays an alert. With no label left verdicts are bit for bit the model's.
//
// The same labels give the same bits on every platform, in whatever order they
// came; the order counts for hedge alone, which forgets. Undo takes a label
// back as if it had never been given.
//
// # Guests
//
// A plugin that the model was not trained with (ensemble.Guest) raises rates by a
// prior of its own, at most tenfold. Labels of records that it spoke up for say how
// much of that reach it keeps: [State.Heed]. It never has more than the prior.
//
// # Without labels
//
// [Rates] turns the false-alarm rates of a model into those of a site that is
// noisier or quieter than its calibration, from the records of a pass. [Profile] learns what requests of
// the site look like and raises those that are odd there. [Drift] tells from where
// on a log is unlike what the model was calibrated on.
package adapt

import "github.com/tiercel/tiercel/core/ensemble"

// Bounds on what labels can do, in log-odds of the final score. They are no
// options, so that no file and no flag can loosen them.
const (
	Step         = 0.5 // each label may move a score by so much more
	SourceMost   = 5   // all labels of one source together
	Most         = 6   // all labels together; log-odds reach from -12 to 12
	SourceLabels = 64  // the weight that the labels of one source may have together
)

// Bounds on the size of a state.
const (
	MaxLabels = 512 // labels of a state
	MaxSource = 64  // bytes of a source's name
)

// Error is why a label, a state or its bytes are refused. It never holds log
// contents.
type Error string

func (e Error) Error() string { return "adapt: " + string(e) }

// Errors that callers may branch on.
const (
	ErrFull      = Error("the state holds as many labels as it can")
	ErrNoLabel   = Error("no such label")
	ErrForeign   = Error("labels of another model")
	ErrSource    = Error("the name of a label's source is empty or too long")
	ErrNoScores  = Error("no learner scored the record")
	errMalformed = Error("not a state, or damaged")
)

// adjust writes the verdict of a moved score to x: log-odds, score and rate. What
// the super-learner's floor is sure of is not moved down.
func adjust(x *ensemble.Evaluation, t *ensemble.Tiers, move float64) {
	z := x.LogOdds + move
	if f := t.Super.Floor; f > 0 {
		if v := x.Metas[f-1]; v == v {
			z = max(z, min(x.LogOdds, logit(v)))
		}
	}
	x.LogOdds = z
	x.Score = logistic(z)
	x.Rate = t.Super.Rate(z)
}

func clamp(v, bound float64) float64 { return max(-bound, min(v, bound)) }
