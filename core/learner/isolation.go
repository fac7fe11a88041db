package learner

// Isolation is an isolation forest (Liu, Ting and Zhou, "Isolation forest",
// ICDM 2008): random cuts set an unusual row apart in few steps. It is fitted
// on normal rows only, so it also speaks on kinds of threats never seen.
//
// The score is minus the mean path length over c(n), the mean path length of n
// sampled rows: about -1 for an ordinary row, towards 0 for one that stands
// apart. It is the exponent of the paper's 2^(-E[h]/c(n)), which is strictly
// monotone in it and would only squeeze the top, where ties cost recall.
//
// NaN lies below every cut; a row that has none of the columns gets NaN.
type Isolation struct {
	info  Info
	grove grove
}

var (
	_ Explainer = (*Isolation)(nil)
	_ Stateful  = (*Isolation)(nil)
)

// newIsolation reads the state of readGrove.
func newIsolation(info Info, s State) (Learner, error) {
	g, err := readGrove(info, s)
	if err != nil {
		return nil, err
	}
	return &Isolation{info, g}, nil
}

// Info describes the learner.
func (l *Isolation) Info() Info { return l.info }

// State returns what New reads back.
func (l *Isolation) State() State { return l.grove.state() }

// Score writes minus the mean path length in units of c(n).
func (l *Isolation) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) {
		return errShape
	}
	l.grove.score(dst, b)
	return nil
}

// Explain splits the difference between the row's score and that of a typical
// normal row over the columns: see shapley.
func (l *Isolation) Explain(dst []Part, b *Batch, row, most int) []Part {
	return l.grove.explain(dst, b, row, most)
}
