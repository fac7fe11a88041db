package learner

// Boosted are gradient-boosted trees of the ordinary shape, every node with a
// question of its own, over bins of 8 bits. They are the offline challenger of
// the symmetric Trees: slower by a factor of 3 to 6, and shipped where they
// are clearly better at low false-alarm rates.
//
// The score is in log-odds, with the rules of Trees: integer sums, NaN below
// every border, NaN for a row that has none of the columns.
type Boosted struct {
	info  Info
	grove grove
}

var (
	_ Explainer = (*Boosted)(nil)
	_ Stateful  = (*Boosted)(nil)
)

// newBoosted reads the state of readGrove.
func newBoosted(info Info, s State) (Learner, error) {
	g, err := readGrove(info, s)
	if err != nil {
		return nil, err
	}
	return &Boosted{info, g}, nil
}

// Info describes the learner.
func (l *Boosted) Info() Info { return l.info }

// State returns what New reads back.
func (l *Boosted) State() State { return l.grove.state() }

// Score writes the log-odds of a threat.
func (l *Boosted) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) {
		return errShape
	}
	l.grove.score(dst, b)
	return nil
}

// Explain splits the difference between the row's score and that of a typical
// normal row over the columns: see shapley.
func (l *Boosted) Explain(dst []Part, b *Batch, row, most int) []Part {
	return l.grove.explain(dst, b, row, most)
}
