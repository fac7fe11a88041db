package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// MarkovOptions adjust FitMarkov. The zero value works.
type MarkovOptions struct {
	Info learner.Info // ID (default "markov"), Class and Cost; the rest is filled in

	Order   int     // bytes of context; default 4
	Places  int     // of the table, a power of two; default 1 << 18
	Step    float64 // nats; default 0.1
	Origins uint32  // bit o set: values of feature.Origin o are read; default all
}

// FitMarkov learns the language of the values of normal rows; rows labelled 1
// are not looked at, and a value counts once however often it occurs: what
// matters is which names exist, not which are popular.
//
// Probabilities are interpolated by the number of different bytes that were seen
// to follow (method C of Witten and Bell, "The zero-frequency problem", 1991):
//
//	P(c|h) = (count(hc) + follow(h) P(c|h')) / (count(h) + follow(h))
//
// with h' one byte shorter and a uniform byte below the empty context. n-grams are
// kept by count, the rarest left out where they do not fit into three quarters
// of the table.
func FitMarkov(d *Data, o MarkovOptions) (*learner.Markov, error) {
	if o.Info.ID == "" {
		o.Info.ID = "markov"
	}
	if o.Order == 0 {
		o.Order = 4
	}
	if o.Places == 0 {
		o.Places = 1 << 18
	}
	if o.Step == 0 {
		o.Step = 0.1
	}
	if o.Origins == 0 {
		o.Origins = learner.AllOrigins
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	switch {
	case d.Texts == nil:
		return nil, errNoTexts
	case o.Order < 1 || o.Order > learner.MaxMarkovOrder || o.Origins > learner.AllOrigins:
		return nil, errGrams
	case o.Places < 64 || o.Places&(o.Places-1) != 0 || !(o.Step > 0 && o.Step <= 1):
		return nil, fmt.Errorf("train: %d places or steps of %g nats are no table", o.Places, o.Step)
	}
	m := languageOf(d, o.Order, o.Origins)
	if m.values == 0 {
		return nil, errNoRows
	}
	t := learner.MarkovTable{
		Order: o.Order, Step: float32(o.Step), Origins: o.Origins,
		Mark: make([]uint8, o.Places), Cost: make([]uint8, o.Places),
	}
	m.fill(&t)
	return learner.NewMarkov(o.Info, t)
}

// gram is the last n bytes of text, as a number: at most seven, n on top.
type gram uint64

func gramOf(text uint64, n int) gram { return gram(uint64(n)<<56 | text&(1<<(8*n)-1)) }

func (g gram) len() int      { return int(g >> 56) }
func (g gram) bytes() uint64 { return uint64(g) & (1<<56 - 1) }

// context is the n-gram without its last byte, shorter the one without its first.
func (g gram) context() gram { return gramOf(g.bytes()>>8, g.len()-1) }
func (g gram) shorter() gram { return gramOf(g.bytes(), g.len()-1) }

// language counts the n-grams of values.
type language struct {
	values int
	count  map[gram]float64
	total  map[gram]float64 // of the n-grams that begin with a context
	follow map[gram]float64 // how many different ones
}

func languageOf(d *Data, order int, origins uint32) *language {
	m := &language{count: map[gram]float64{}, total: map[gram]float64{}, follow: map[gram]float64{}}
	known := map[string]bool{}
	for i := range d.N {
		if d.Y[i] != 0 {
			continue
		}
		values := d.Texts.Of(i)
		for k := range values {
			if origins>>values[k].Origin&1 == 0 {
				continue
			}
			text := d.Texts.Bytes(&values[k])
			text = text[:min(len(text), learner.MaxMarkov)]
			if len(text) == 0 || known[string(text)] {
				continue
			}
			known[string(text)] = true
			m.add(text, order)
		}
	}
	m.values = len(known)
	return m
}

func (m *language) add(text []byte, order int) {
	var key uint64
	for i := 0; i <= len(text); i++ {
		key <<= 8
		if i < len(text) {
			key |= uint64(text[i])
		}
		for n := 1; n <= order+1; n++ {
			g := gramOf(key, n)
			if m.count[g]++; m.count[g] == 1 {
				m.follow[g.context()]++
			}
			m.total[g.context()]++
		}
	}
}

// probability returns P(last byte | the others) of an n-gram that was seen.
func (m *language) probability(g gram) float64 {
	lower := 1. / 256
	if g.len() > 1 {
		lower = m.probability(g.shorter())
	}
	c := g.context()
	return (m.count[g] + m.follow[c]*lower) / (m.total[c] + m.follow[c])
}

// fill puts the n-grams, commonest first, and the contexts that they need into t.
func (m *language) fill(t *learner.MarkovTable) {
	grams := make([]gram, 0, len(m.count))
	for g := range m.count {
		grams = append(grams, g)
	}
	slices.SortFunc(grams, func(a, b gram) int {
		return cmp.Or(cmp.Compare(m.count[b], m.count[a]), cmp.Compare(a, b))
	})
	room := len(t.Mark) / 4 * 3
	put := func(g gram, context bool, p float64) {
		at := t.Key(g.bytes(), g.len(), context)
		for k := 4 * at.Group; k < 4*at.Group+4; k++ {
			if t.Mark[k] == at.Mark {
				return // a commoner one with the same key stands there
			}
			if t.Mark[k] == 0 {
				t.Mark[k] = at.Mark
				t.Cost[k] = uint8(min(math.RoundToEven(-portable.Log(p)/float64(t.Step)), 255))
				room--
				return
			}
		}
	}
	known := map[gram]bool{}
	for _, g := range grams {
		if room < 2 {
			return
		}
		put(g, false, m.probability(g))
		if c := g.context(); c.len() > 0 && !known[c] {
			known[c] = true
			put(c, true, m.follow[c]/(m.total[c]+m.follow[c]))
		}
	}
}
