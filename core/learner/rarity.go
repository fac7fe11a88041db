package learner

// Rarity is a novelty detector for texts: how unusual are the character
// n-grams of a value among normal values? It is fitted on normal rows only and
// knows nothing of attacks.
//
//	f(row) = max over values v of s * sum_{g in set(v)} r_g / (|set(v)| + Prior)
//
// r_g is -log of the share of normal values that hold n-gram g, in steps of s,
// at most 127. Prior pulls the mean of short values, of which little is known,
// towards 0. A row without a value of the wanted origins scores 0.
type Rarity struct {
	info    Info
	grams   Grams
	rarity  []int8
	scale   float32
	prior   float32
	origins uint32
}

// RarityTable is what a fitter hands to NewRarity.
type RarityTable struct {
	Grams   Grams
	Rarity  []int8 // one a bucket, not negative
	Scale   float32
	Prior   float32 // not negative
	Origins uint32  // bit o set: values of feature.Origin o are read
}

var (
	_ Explainer = (*Rarity)(nil)
	_ Stateful  = (*Rarity)(nil)
)

// NewRarity returns a rarity learner; the slices of p are taken over. It
// refuses tables that do not fit p.Grams, negative rarities and numbers out of range.
func NewRarity(info Info, p RarityTable) (*Rarity, error) {
	info.Type, info.Texts = "rarity", true
	if err := info.validate(); err != nil {
		return nil, err
	}
	switch {
	case !p.Grams.Valid() || len(p.Rarity) != p.Grams.Buckets:
		return nil, Error(info.ID + ": table does not fit the n-grams")
	case notFinite(p.Scale) || p.Scale < 0 || p.Scale > maxGramScale:
		return nil, Error(info.ID + ": scale out of range")
	case notFinite(p.Prior) || p.Prior < 0:
		return nil, Error(info.ID + ": prior out of range")
	case p.Origins == 0 || p.Origins > AllOrigins:
		return nil, Error(info.ID + ": no origin to read, or one that does not exist")
	}
	for _, r := range p.Rarity {
		if r < 0 {
			return nil, Error(info.ID + ": negative rarity")
		}
	}
	return &Rarity{info: info, grams: p.Grams, rarity: p.Rarity, scale: p.Scale, prior: p.Prior, origins: p.Origins}, nil
}

// Info describes the learner.
func (l *Rarity) Info() Info { return l.info }

// Score writes the mean rarity of each row's most unusual value to dst.
func (l *Rarity) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) || !fitsTexts(b) {
		return errShape
	}
	var seen marks
	for i := range dst {
		_, dst[i] = l.worst(b, i, &seen)
	}
	return nil
}

func (l *Rarity) worst(b *Batch, row int, seen *marks) (best int, score float32) {
	best = -1
	values := b.Texts.Of(row)
	for i := range values {
		v := &values[i]
		if l.origins>>v.Origin&1 == 0 {
			continue
		}
		total, distinct := l.grams.sum(b.Texts.Bytes(v), l.rarity, seen)
		if f := float32(l.factor(distinct) * float64(total)); best < 0 || f > score {
			best, score = i, f
		}
	}
	return best, score
}

// factor is s / (|set| + Prior).
func (l *Rarity) factor(distinct int) float64 {
	return float64(l.scale) / max(float64(distinct)+float64(l.prior), 1)
}

// Explain appends the rarest parts of the row's most unusual value: each n-gram's
// share is spread over its bytes.
func (l *Rarity) Explain(dst []Part, b *Batch, row, max int) []Part {
	var seen marks
	best, _ := l.worst(b, row, &seen)
	if best < 0 {
		return dst
	}
	text := b.Texts.Bytes(&b.Texts.Of(row)[best])
	_, distinct := l.grams.sum(text, l.rarity, &seen)
	return appendLargest(dst, runs(&l.grams, text, l.rarity, l.factor(distinct), best, &seen), max)
}

// State returns the learner as a model file stores it.
func (l *Rarity) State() State {
	return State{
		Numbers: append(l.grams.state(),
			Number{"scale", float64(l.scale)}, Number{"prior", float64(l.prior)}, Number{"origins", float64(l.origins)}),
		Tensors: []Tensor{{Name: "rarity", Shape: []int{len(l.rarity)}, I8: l.rarity}},
	}
}

func newRarity(info Info, s State) (Learner, error) {
	r := stateReader{id: info.ID, s: s}
	p := RarityTable{
		Grams:   readGrams(&r),
		Scale:   float32(r.number("scale", 0, maxGramScale)),
		Prior:   float32(r.number("prior", 0, 1e6)),
		Origins: uint32(r.integer("origins", 1, AllOrigins)),
	}
	p.Rarity = r.i8("rarity", p.Grams.Buckets)
	if err := r.done(); err != nil {
		return nil, err
	}
	return NewRarity(info, p)
}
