package learner

import (
	"math/bits"
	"strconv"

	"github.com/tiercel/tiercel/core/portable"
)

// Markov is a novelty detector for names: how improbable is a value, character
// by character, in the language of the normal ones? It is fitted on normal rows
// only and knows nothing of attacks.
//
//	f(row) = max over values v of  sum over i of  -log P(v_i | the bytes before it)
//
// in nats, where P is a model of order K with back-off: the cost of the longest
// known n-gram that ends at i, and the penalty of each longer context that is
// known but was never followed so (the form of ARPA files; Katz, "Estimation of
// probabilities from sparse data", 1987). The value's end is a byte too. The sum
// is not divided by the length: a long name is a longer draw from an unlikely
// source, and that is the evidence (measured in core/RATIONALE.md).
//
// Costs are counted in steps, in integers, so the sum is exact. A row without a
// value of the wanted origins scores 0; of a value longer than MaxMarkov bytes the
// first MaxMarkov count.
type Markov struct {
	info    Info
	table   MarkovTable
	shift   uint8 // of a hash to its group
	unknown int   // steps that a byte costs that was never seen at all
}

// MarkovTable is what a fitter hands to NewMarkov: a set of keys, each with a
// cost, as groups of four places. The key of an n-gram is a hash of its bytes,
// that of a context another one: see MarkovKey.
type MarkovTable struct {
	Order   int     // K, bytes of context: 1 to MaxMarkovOrder
	Step    float32 // nats
	Origins uint32  // bit o set: values of feature.Origin o are read
	Mark    []uint8 // 4 places a group, a power of two groups: the key's mark, 0 for an empty place
	Cost    []uint8 // of the place, in steps
}

// Bounds of a MarkovTable.
const (
	MaxMarkovOrder = 6       // characters that the next one depends on
	MaxMarkov      = 255     // bytes of a value: what a domain name can have
	minPlaces      = 1 << 6  // of a table
	maxPlaces      = 1 << 18 // of a table
)

// MarkovKey is where an n-gram or a context belongs.
type MarkovKey struct {
	Group int   // its places are 4*Group to 4*Group+3
	Mark  uint8 // 1 to 255
}

// Key returns the key of the last n bytes of key, the earliest the highest; a
// value begins and ends with a zero byte. context tells contexts from n-grams.
func (t *MarkovTable) Key(key uint64, n int, context bool) MarkovKey {
	group, mark := markovHash(key, n, context, uint8(64-bits.TrailingZeros(uint(len(t.Mark)/4))))
	return MarkovKey{int(group), mark}
}

func markovHash(key uint64, n int, context bool, shift uint8) (group uint64, mark uint8) {
	o := orderOf(n)
	if context {
		o = order{o.drop, orderOf(n + MaxMarkovOrder + 1).factor}
	}
	h := o.hash(key) + o.factor  // zero bytes of different lengths differ
	h = (h ^ h>>32) * hashFactor // group and mark both depend on all bytes
	return h >> (shift & 63), max(uint8(h>>((shift-8)&63)), 1)
}

var (
	_ Explainer = (*Markov)(nil)
	_ Stateful  = (*Markov)(nil)
)

// NewMarkov returns a Markov learner; the slices of t are taken over. It refuses
// tables whose sizes are no powers of two and numbers out of range.
func NewMarkov(info Info, t MarkovTable) (*Markov, error) {
	info.Type, info.Texts = "markov", true
	if err := info.validate(); err != nil {
		return nil, err
	}
	n := len(t.Mark)
	switch {
	case t.Order < 1 || t.Order > MaxMarkovOrder:
		return nil, Error(info.ID + ": order out of range")
	case n < minPlaces || n > maxPlaces || n&(n-1) != 0 || len(t.Cost) != n:
		return nil, Error(info.ID + ": " + strconv.Itoa(n) + " places are no table")
	case notFinite(t.Step) || t.Step <= 0 || t.Step > 1:
		return nil, Error(info.ID + ": step out of range")
	case t.Origins == 0 || t.Origins > AllOrigins:
		return nil, Error(info.ID + ": no origin to read, or one that does not exist")
	}
	return &Markov{
		info: info, table: t, shift: uint8(64 - bits.TrailingZeros(uint(n/4))),
		unknown: int(portable.Log(256)/float64(t.Step) + 0.5),
	}, nil
}

// Info describes the learner.
func (l *Markov) Info() Info { return l.info }

// Score writes the improbability of each row's least probable value to dst, in nats.
func (l *Markov) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) || !fitsTexts(b) {
		return errShape
	}
	for i := range dst {
		_, steps := l.worst(b, i)
		dst[i] = float32(steps) * l.table.Step
	}
	return nil
}

func (l *Markov) worst(b *Batch, row int) (best, steps int) {
	best = -1
	values := b.Texts.Of(row)
	for i := range values {
		v := &values[i]
		if l.table.Origins>>v.Origin&1 == 0 {
			continue
		}
		if s := l.steps(b.Texts.Bytes(v)); best < 0 || s > steps {
			best, steps = i, s
		}
	}
	return best, steps
}

// steps returns what a value costs.
func (l *Markov) steps(text []byte) int {
	text = text[:min(len(text), MaxMarkov)]
	var key uint64
	total := 0
	for _, c := range text {
		key = key<<8 | uint64(c)
		total += l.cost(key)
	}
	return total + l.cost(key<<8)
}

// cost returns what the last byte of key costs after those before it.
func (l *Markov) cost(key uint64) int {
	total := 0
	for n := l.table.Order + 1; n >= 1; n-- {
		if c := l.find(key, n, false); c >= 0 {
			return total + c
		}
		if n > 1 {
			if c := l.find(key>>8, n-1, true); c >= 0 {
				total += c
			}
		}
	}
	return total + l.unknown
}

// find returns the cost of a key, -1 for one that is not in the table.
func (l *Markov) find(key uint64, n int, context bool) int {
	group, mark := markovHash(key, n, context, l.shift)
	at := group * 4
	marks := l.table.Mark[at : at+4 : at+4]
	for k, m := range marks {
		if m == mark {
			return int(l.table.Cost[at+uint64(k)])
		}
	}
	return -1
}

// Explain appends the characters of the row's least probable value that were the
// least expected, each with the bytes that it was expected after.
func (l *Markov) Explain(dst []Part, b *Batch, row, max int) []Part {
	best, _ := l.worst(b, row)
	if best < 0 {
		return dst
	}
	text := b.Texts.Bytes(&b.Texts.Of(row)[best])
	text = text[:min(len(text), MaxMarkov)]
	parts := make([]Part, 0, len(text)+1)
	var key uint64
	for i := 0; i <= len(text); i++ {
		key <<= 8
		if i < len(text) {
			key |= uint64(text[i])
		}
		from, to := i-min(i, l.table.Order), min(i+1, len(text))
		parts = append(parts, Part{
			Column: -1, Value: best, From: uint32(from), To: uint32(to),
			Name: string(text[from:to]), Weight: float32(l.cost(key)) * l.table.Step,
		})
	}
	return appendLargest(dst, parts, max)
}

// State returns the learner as a model file stores it.
func (l *Markov) State() State {
	t := &l.table
	n := []int{len(t.Mark)}
	return State{
		Numbers: []Number{
			{"order", float64(t.Order)},
			{"step", float64(t.Step)},
			{"origins", float64(t.Origins)},
			{"places", float64(len(t.Mark))},
		},
		Tensors: []Tensor{{Name: "mark", Shape: n, U8: t.Mark}, {Name: "cost", Shape: n, U8: t.Cost}},
	}
}

func newMarkov(info Info, s State) (Learner, error) {
	r := stateReader{id: info.ID, s: s}
	t := MarkovTable{
		Order:   r.integer("order", 1, MaxMarkovOrder),
		Step:    float32(r.number("step", 0, 1)),
		Origins: uint32(r.integer("origins", 1, AllOrigins)),
	}
	places := r.integer("places", minPlaces, maxPlaces)
	t.Mark, t.Cost = r.u8("mark", places), r.u8("cost", places)
	if err := r.done(); err != nil {
		return nil, err
	}
	return NewMarkov(info, t)
}
