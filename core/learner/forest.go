package learner

// Forest is a random forest (Breiman, "Random forests", 2001): the mean over
// trees of the share of threats in the leaf, in [0,1]. Trees have a bounded
// number of leaves and share one set of borders, so that a forest of a hundred
// fits a model file; leaf shares are pulled towards the base rate, so that
// small pure leaves do not all tie at 1.
//
// NaN lies below every border; a row that has none of the columns gets NaN.
type Forest struct {
	info  Info
	grove grove
}

var (
	_ Explainer = (*Forest)(nil)
	_ Stateful  = (*Forest)(nil)
)

// newForest reads the state of readGrove.
func newForest(info Info, s State) (Learner, error) {
	g, err := readGrove(info, s)
	if err != nil {
		return nil, err
	}
	return &Forest{info, g}, nil
}

// Info describes the learner.
func (l *Forest) Info() Info { return l.info }

// State returns what New reads back.
func (l *Forest) State() State { return l.grove.state() }

// Score writes the mean share of threats in the row's leaves.
func (l *Forest) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) {
		return errShape
	}
	l.grove.score(dst, b)
	return nil
}

// Explain splits the difference between the row's score and that of a typical
// normal row over the columns: see shapley.
func (l *Forest) Explain(dst []Part, b *Batch, row, most int) []Part {
	return l.grove.explain(dst, b, row, most)
}
