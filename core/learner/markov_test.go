package learner_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// markovOf knows "ab" by heart: the start, a after it, b after a, and the end
// after b, in tenths of a nat; c it knows as a byte alone, and that nothing but b
// was ever seen after a.
func markovOf(t testing.TB) *learner.Markov {
	t.Helper()
	table := learner.MarkovTable{
		Order: 1, Step: 0.1, Origins: learner.AllOrigins,
		Mark: make([]uint8, 256), Cost: make([]uint8, 256),
	}
	put := func(text string, context bool, cost uint8) {
		var key uint64
		for _, c := range []byte(text) {
			key = key<<8 | uint64(c)
		}
		at := table.Key(key, len(text), context)
		for k := 4 * at.Group; k < 4*at.Group+4; k++ {
			if table.Mark[k] == 0 {
				table.Mark[k], table.Cost[k] = at.Mark, cost
				return
			}
		}
		t.Fatalf("no place for %q", text)
	}
	put("\x00a", false, 1)
	put("ab", false, 2)
	put("b\x00", false, 3)
	put("c", false, 20)
	put("\x00", false, 10)
	put("a", true, 7)
	l, err := learner.NewMarkov(learner.Info{ID: "markov"}, table)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestMarkov(t *testing.T) {
	// A byte that was never seen costs log 256, 55 steps.
	cases := []struct {
		name string
		row  []string
		want float64
	}{
		{"no value", nil, 0},
		{"known by heart", []string{"ab"}, .1 + .2 + .3},
		{"an empty value ends where none began", []string{""}, 1.0},
		{"backs off, and pays for the context that was known", []string{"ac"}, .1 + (.7 + 2.0) + 1.0},
		{"an unknown byte", []string{"x"}, 5.5 + 1.0},
		{"the least probable value wins", []string{"ab", "x", "ab"}, 6.5},
		{"longer than is read", []string{strings.Repeat("x", learner.MaxMarkov+100)}, learner.MaxMarkov*5.5 + 1.0},
	}
	l := markovOf(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got [1]float32
			b := texts(c.row)
			if err := l.Score(got[:], b); err != nil {
				t.Fatal(err)
			}
			if math.Abs(float64(got[0])-c.want) > 1e-3 {
				t.Errorf("scores %v, want %v", got[0], c.want)
			}
			var sum float64
			for _, p := range l.Explain(nil, b, 0, 1000) {
				sum += float64(p.Weight)
			}
			if math.Abs(sum-c.want) > 1e-3 {
				t.Errorf("parts add up to %v, want %v", sum, c.want)
			}
		})
	}
}

func TestMarkovConforms(t *testing.T) {
	learnertest.Run(t, markovOf(t), texts([]string{"ab", "cab"}, nil, []string{""}, []string{"\x00\xff", "abc"}))
}

func TestNewMarkovRefuses(t *testing.T) {
	good := func() learner.MarkovTable {
		return learner.MarkovTable{Order: 2, Step: 0.1, Origins: 1, Mark: make([]uint8, 64), Cost: make([]uint8, 64)}
	}
	for name, spoil := range map[string]func(*learner.MarkovTable){
		"order 0":               func(m *learner.MarkovTable) { m.Order = 0 },
		"order beyond":          func(m *learner.MarkovTable) { m.Order = learner.MaxMarkovOrder + 1 },
		"no power of two":       func(m *learner.MarkovTable) { m.Mark, m.Cost = make([]uint8, 96), make([]uint8, 96) },
		"too few places":        func(m *learner.MarkovTable) { m.Mark, m.Cost = make([]uint8, 4), make([]uint8, 4) },
		"costs of other length": func(m *learner.MarkovTable) { m.Cost = m.Cost[:32] },
		"no step":               func(m *learner.MarkovTable) { m.Step = 0 },
		"step not a number":     func(m *learner.MarkovTable) { m.Step = float32(math.NaN()) },
		"no origin":             func(m *learner.MarkovTable) { m.Origins = 0 },
	} {
		table := good()
		spoil(&table)
		if _, err := learner.NewMarkov(learner.Info{ID: "markov"}, table); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	if _, err := learner.NewMarkov(learner.Info{ID: "markov"}, good()); err != nil {
		t.Error(err)
	}
}

func BenchmarkMarkov(b *testing.B) {
	l := markovOf(b)
	batch := texts([]string{"akamaiedge"}, []string{"xkcdqzjv"}, []string{"mail-attachments"})
	dst := make([]float32, batch.N)
	for b.Loop() {
		_ = l.Score(dst, batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.N), "ns/name")
}
