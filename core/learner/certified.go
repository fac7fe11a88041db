package learner

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/feature"
)

// Certified is a floor that padding cannot lower: a sum of weights, none of them
// negative, over the SET of byte n-grams of a row's texts as they stand in the
// log,
//
//	f(row) = s * sum_{g in set(row)} w_g        w_g in 1..255
//
// with no length to divide by, no anchor, no cut and no bias. Adding bytes
// before, behind or between the parts of a text only adds n-grams, so
// f(P + x + S) >= f(x) for all P and S; see [readings] for why decoding keeps
// that. The table is exact: no two n-grams share a weight by collision, or an
// n-gram of padding could stand for one of the attack (it cannot lower a set's
// sum, but Insertions has to know which bytes hold what).
//
// The source of the construction is Incer, Theodorides, Afroz and Wagner,
// "Adversarially Robust Malware Detection Using Monotonic Classification"
// (2018, 10.1145/3180445.3180449), for n-grams in place of their features.
//
// A row without texts as they stand in the log gives NaN. Texts of any length
// are scored whole.
type Certified struct {
	info  Info
	table gramTable
	scale float32
}

// CertifiedWeights is what a fitter hands to NewCertified.
type CertifiedWeights struct {
	Grams   []Gram  // strictly increasing, at most MaxCertifiedGrams
	Weights []uint8 // one a gram, none of them 0
	Scale   float32 // positive, finite
}

// Bounds of a Certified learner.
const (
	// MaxCertifiedGrams keeps the marks of a row's set in 32 KiB.
	MaxCertifiedGrams = MaxBuckets
	// MaxCertifiedBytes bounds the texts of a row whose insertions are counted;
	// longer rows are scored and not certified.
	MaxCertifiedBytes = 16 << 10
	// MaxInsertions is the most that Insertions looks for.
	MaxInsertions = 16
)

// Certifier is the optional ability to say what an adversary who adds text
// cannot take away.
type Certifier interface {
	Learner
	// Insertions returns the largest number k, at most MaxInsertions, such that
	// the raw score of the row stays at least least whatever k texts are
	// inserted wherever in its texts, besides any padding; ok is false when
	// nothing is certified: the score is below least already, or the texts are
	// longer than the learner looks at.
	Insertions(b *Batch, row int, least float32) (k int, ok bool)
}

var (
	_ Explainer = (*Certified)(nil)
	_ Stateful  = (*Certified)(nil)
	_ Certifier = (*Certified)(nil)
)

// NewCertified returns a certified learner; the slices of p are taken over. It
// refuses n-grams out of order and weights or scales that are not positive.
func NewCertified(info Info, p CertifiedWeights) (*Certified, error) {
	info.Type, info.Texts = "certified", true
	if err := info.validate(); err != nil {
		return nil, err
	}
	switch {
	case len(p.Grams) == 0 || len(p.Grams) > MaxCertifiedGrams || len(p.Weights) != len(p.Grams):
		return nil, Error(info.ID + ": number of n-grams or weights out of range")
	case notFinite(p.Scale) || p.Scale <= 0 || p.Scale > maxGramScale:
		return nil, Error(info.ID + ": scale out of range")
	}
	for i, g := range p.Grams {
		if !g.valid() || i > 0 && g <= p.Grams[i-1] {
			return nil, Error(info.ID + ": n-grams are not in order")
		}
		if p.Weights[i] == 0 {
			return nil, Error(info.ID + ": a weight is zero")
		}
	}
	return &Certified{info: info, table: newGramTable(p.Grams, p.Weights), scale: p.Scale}, nil
}

// Info describes the learner.
func (l *Certified) Info() Info { return l.info }

// Score writes the sum of each row's n-grams to dst.
func (l *Certified) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) {
		return errShape
	}
	if len(b.Raw.Parts) == 0 {
		for i := range dst {
			dst[i] = float32(math.NaN())
		}
		return nil
	}
	if len(b.Raw.Parts) != b.N*feature.RawParts {
		return errShape
	}
	var seen marks
	for i := range dst {
		seen.reset()
		total := 0
		for _, part := range b.Raw.Of(i) {
			if part.Len >= minGram {
				total += l.table.sum(b.Raw.Bytes(part), &seen)
			}
		}
		dst[i] = l.score(total)
	}
	return nil
}

// score turns a sum of weights into the raw score. Sums are below 2^23, so
// float32 tells all of them apart and keeps their order.
func (l *Certified) score(total int) float32 { return float32(float64(l.scale) * float64(total)) }

// Grams returns the n-grams and their weights, in the order of the grams.
func (l *Certified) Grams() ([]Gram, []uint8) { return l.table.grams, l.table.weights }

// Explain appends the heaviest n-grams of the row, as texts.
func (l *Certified) Explain(dst []Part, b *Batch, row, max int) []Part {
	list := l.witnesses(b, row)
	slices.SortStableFunc(list, func(a, b witness) int { return int(b.weight - a.weight) })
	for _, w := range list[:min(len(list), max)] {
		dst = append(dst, Part{
			Column: -1, Value: -1, Name: l.table.grams[w.gram].quoted() + " in the text as it stands",
			Weight: l.score(int(w.weight)),
		})
	}
	return dst
}

// State returns the learner as a model file stores it: the grams of each length
// by themselves, their bytes one column after the other, which compresses well.
func (l *Certified) State() State {
	s := State{Numbers: []Number{{"scale", float64(l.scale)}}}
	from := 0
	for n := minGram; n <= maxGram; n++ {
		to := from
		for to < len(l.table.grams) && l.table.grams[to].len() == n {
			to++
		}
		list := l.table.grams[from:to]
		columns := make([]uint8, 0, n*len(list))
		for k := range n {
			for _, g := range list {
				columns = append(columns, g.byte(k))
			}
		}
		s.Tensors = append(s.Tensors, Tensor{Name: gramTensor(n), Shape: []int{n, len(list)}, U8: columns})
		from = to
	}
	s.Tensors = append(s.Tensors, Tensor{Name: "weights", Shape: []int{len(l.table.weights)}, U8: l.table.weights})
	return s
}

func gramTensor(n int) string { return "grams" + string(rune('0'+n)) }

func newCertified(info Info, s State) (Learner, error) {
	r := stateReader{id: info.ID, s: s}
	p := CertifiedWeights{Scale: float32(r.number("scale", 0, maxGramScale))}
	for n := minGram; n <= maxGram; n++ {
		count := 0
		for i := range s.Tensors {
			if t := &s.Tensors[i]; t.Name == gramTensor(n) && len(t.Shape) == 2 && t.Shape[1] <= MaxCertifiedGrams {
				count = t.Shape[1]
			}
		}
		columns := r.u8(gramTensor(n), n, count)
		for i := range len(columns) / n {
			g := Gram(n) << gramTag
			for k := range n {
				g |= Gram(columns[k*count+i]) << (8 * (n - 1 - k))
			}
			p.Grams = append(p.Grams, g)
		}
	}
	p.Weights = r.u8("weights", len(p.Grams))
	if err := r.done(); err != nil {
		return nil, err
	}
	return NewCertified(info, p)
}
