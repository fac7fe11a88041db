package learner

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/feature"
)

// Ngram is a logistic regression on the character n-grams of each VALUE of a
// row; the row scores as its worst value does:
//
//	f(row) = max over values v of b[origin(v)] + s * sum_{g in set(v)} w_g / norm(v)
//
// Values are judged one by one, so an attack is not diluted by the rest of the
// request. The sum runs over the distinct n-grams of the whole value, neither
// anchored nor cut. norm(v) is 1, or the square root of the number of distinct
// n-grams where Normalise is set. Weights are int8 with one scale s; a row
// without a value of the wanted origins scores Empty.
type Ngram struct {
	info      Info
	grams     Grams
	weights   []int8
	scale     float32
	normalise bool
	origins   uint32
	bias      []float32 // one an origin
	empty     float32
}

// NgramWeights is what a fitter hands to NewNgram.
type NgramWeights struct {
	Grams     Grams
	Weights   []int8 // one a bucket
	Scale     float32
	Normalise bool
	Origins   uint32    // bit o set: values of feature.Origin o are read
	Bias      []float32 // feature.NumOrigins
	Empty     float32   // score of a row without values
}

// AllOrigins reads the values of every origin.
const AllOrigins = 1<<feature.NumOrigins - 1

var (
	_ Explainer = (*Ngram)(nil)
	_ Stateful  = (*Ngram)(nil)
)

// NewNgram returns an n-gram learner; the slices of p are taken over. It
// refuses tables that do not fit p.Grams, NaN and infinities.
func NewNgram(info Info, p NgramWeights) (*Ngram, error) {
	info.Type, info.Texts = "ngram", true
	if err := info.validate(); err != nil {
		return nil, err
	}
	switch {
	case !p.Grams.Valid() || len(p.Weights) != p.Grams.Buckets:
		return nil, Error(info.ID + ": weights do not fit the n-grams")
	case notFinite(p.Scale) || p.Scale < 0 || p.Scale > maxGramScale:
		return nil, Error(info.ID + ": scale out of range")
	case len(p.Bias) != int(feature.NumOrigins) || slices.ContainsFunc(p.Bias, notFinite) || notFinite(p.Empty):
		return nil, Error(info.ID + ": biases must be finite and one an origin")
	case p.Origins == 0 || p.Origins > AllOrigins:
		return nil, Error(info.ID + ": no origin to read, or one that does not exist")
	}
	return &Ngram{
		info: info, grams: p.Grams, weights: p.Weights, scale: p.Scale, normalise: p.Normalise,
		origins: p.Origins, bias: p.Bias, empty: p.Empty,
	}, nil
}

// maxGramScale keeps 127 * MaxBuckets * scale far from overflow.
const maxGramScale = 1e6

// Info describes the learner.
func (l *Ngram) Info() Info { return l.info }

// Score writes the score of each row's worst value to dst.
func (l *Ngram) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) || !fitsTexts(b) {
		return errShape
	}
	var seen marks
	for i := range dst {
		_, dst[i] = l.worst(b, i, &seen)
	}
	return nil
}

func fitsTexts(b *Batch) bool { return b.N == 0 || len(b.Texts.First) == b.N+1 }

// worst returns the index and the score of the row's highest value, and -1 and
// the score of an empty row when it has none.
func (l *Ngram) worst(b *Batch, row int, seen *marks) (best int, score float32) {
	best, score = -1, l.empty
	values := b.Texts.Of(row)
	for i := range values {
		v := &values[i]
		if l.origins>>v.Origin&1 == 0 {
			continue
		}
		if f := l.value(b.Texts.Bytes(v), v.Origin, seen); best < 0 || f > score {
			best, score = i, f
		}
	}
	return best, score
}

// value returns the score of one text.
func (l *Ngram) value(text []byte, o feature.Origin, seen *marks) float32 {
	total, distinct := l.grams.sum(text, l.weights, seen)
	return l.bias[o] + float32(l.factor(distinct)*float64(total))
}

// factor is s / norm of a value with that many distinct n-grams.
func (l *Ngram) factor(distinct int) float64 {
	if l.normalise && distinct > 0 {
		return float64(l.scale) / math.Sqrt(float64(distinct))
	}
	return float64(l.scale)
}

// Explain appends the parts of the row's worst value that mattered. The weight
// of each n-gram is spread evenly over its bytes, and runs of bytes that pull
// the same way are joined: the parts are readable and add up to the score
// without the bias.
func (l *Ngram) Explain(dst []Part, b *Batch, row, max int) []Part {
	var seen marks
	best, _ := l.worst(b, row, &seen)
	if best < 0 {
		return dst
	}
	v := &b.Texts.Of(row)[best]
	text := b.Texts.Bytes(v)
	_, distinct := l.grams.sum(text, l.weights, &seen)
	return appendLargest(dst, runs(&l.grams, text, l.weights, l.factor(distinct), best, &seen), max)
}

// runs spreads the weights of the distinct n-grams of text, times factor, over
// the bytes they cover and joins neighbours of the same sign. seen is reset first.
func runs(g *Grams, text []byte, w []int8, factor float64, value int, seen *marks) []Part {
	if len(text) == 0 {
		return nil
	}
	at := make([]float32, len(text))
	seen.reset()
	g.each(text, func(bucket uint32, from, to int) {
		if to <= from || fresh(&seen.at, seen.tag, uint64(bucket)) == 0 {
			return
		}
		share := float32(factor * float64(w[bucket]) / float64(to-from))
		for i := from; i < to; i++ {
			at[i] += share
		}
	})
	var parts []Part
	for from := 0; from < len(at); {
		to, sum := from+1, at[from]
		for ; to < len(at) && (at[to] > 0) == (at[from] > 0); to++ {
			sum += at[to]
		}
		parts = append(parts, Part{
			Column: -1, Value: value, From: uint32(from), To: uint32(to),
			Name: string(text[from:min(to, from+maxRunName)]), Weight: sum,
		})
		from = to
	}
	return parts
}

// maxRunName bounds the text that names a part.
const maxRunName = 80

// State returns the learner as a model file stores it.
func (l *Ngram) State() State {
	return State{
		Numbers: append(l.grams.state(),
			Number{"scale", float64(l.scale)}, Number{"normalise", bit(l.normalise)},
			Number{"origins", float64(l.origins)}, Number{"empty", float64(l.empty)}),
		Tensors: []Tensor{
			{Name: "weights", Shape: []int{len(l.weights)}, I8: l.weights},
			{Name: "bias", Shape: []int{len(l.bias)}, F32: l.bias},
		},
	}
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (g *Grams) state() []Number {
	return []Number{
		{"min_n", float64(g.MinN)},
		{"max_n", float64(g.MaxN)},
		{"buckets", float64(g.Buckets)},
		{"edges", bit(g.Edges)},
	}
}

func readGrams(r *stateReader) Grams {
	g := Grams{
		MinN:    r.integer("min_n", 1, MaxGram),
		MaxN:    r.integer("max_n", 1, MaxGram),
		Buckets: r.integer("buckets", MinBuckets, MaxBuckets),
		Edges:   r.integer("edges", 0, 1) == 1,
	}
	return g
}

func newNgram(info Info, s State) (Learner, error) {
	r := stateReader{id: info.ID, s: s}
	p := NgramWeights{
		Grams:     readGrams(&r),
		Scale:     float32(r.number("scale", 0, maxGramScale)),
		Normalise: r.integer("normalise", 0, 1) == 1,
		Origins:   uint32(r.integer("origins", 1, AllOrigins)),
		Empty:     float32(r.number("empty", -math.MaxFloat32, math.MaxFloat32)),
		Bias:      r.f32("bias", int(feature.NumOrigins)),
	}
	p.Weights = r.i8("weights", p.Grams.Buckets)
	if err := r.done(); err != nil {
		return nil, err
	}
	return NewNgram(info, p)
}
