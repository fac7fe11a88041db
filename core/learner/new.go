package learner

import "strconv"

// Error is why a learner could not be built or used. Its texts name the
// learner's part that is wrong and never hold log contents.
type Error string

func (e Error) Error() string { return "learner: " + string(e) }

// New reads a learner back from its stored state. It refuses an unknown type
// and whatever the learner's own constructor refuses: missing or superfluous
// parts, wrong shapes, numbers out of range, NaN and infinities. The learner
// takes over the slices of s, which must not be changed afterwards.
func New(info Info, s State) (Learner, error) {
	if err := info.validate(); err != nil {
		return nil, err
	}
	switch info.Type {
	case "linear":
		return newLinear(info, s)
	case "bayes":
		return newBayes(info, s)
	case "ngram":
		return newNgram(info, s)
	case "certified":
		return newCertified(info, s)
	case "rarity":
		return newRarity(info, s)
	case "markov":
		return newMarkov(info, s)
	case "trees":
		return newTrees(info, s)
	case "boosted":
		return newBoosted(info, s)
	case "forest":
		return newForest(info, s)
	case "isolation":
		return newIsolation(info, s)
	case "histogram":
		return newHistogram(info, s)
	}
	return nil, Error("unknown type " + strconv.Quote(info.Type))
}

// MaxColumns bounds the columns of a row, so that a hostile model cannot ask
// for more memory than it has bytes.
const MaxColumns = 1 << 12

func (info *Info) validate() error {
	switch {
	case info.ID == "":
		return Error("a learner without an id")
	case len(info.Columns) > MaxColumns:
		return Error(info.ID + " reads too many columns")
	case !(info.Cost >= 0):
		return Error(info.ID + " has a negative cost")
	}
	for _, c := range info.Columns {
		if c < 0 || c >= MaxColumns {
			return Error(info.ID + " reads column " + strconv.Itoa(c))
		}
	}
	return nil
}

// width returns how many columns a row must at least have.
func (info *Info) width() int {
	w := 0
	for _, c := range info.Columns {
		w = max(w, c+1)
	}
	return w
}

// errShape is returned by Score when rows lack the columns that a learner
// reads, or dst is not one element a row.
const errShape = Error("batch does not fit the learner")

func (info *Info) fits(dst []float32, b *Batch) bool {
	return len(dst) == b.N && b.N >= 0 && len(b.X) >= b.N*b.D && (b.N == 0 || b.D >= info.width())
}
