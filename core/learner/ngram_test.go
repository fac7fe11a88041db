package learner_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// texts returns rows without columns whose values are the given texts, of
// origin query.
func texts(values ...[]string) *learner.Batch {
	b := &learner.Batch{N: len(values)}
	b.Texts.First = append(b.Texts.First, 0)
	for _, row := range values {
		for _, text := range row {
			b.Texts.Values = append(b.Texts.Values, feature.Value{
				Text:   event.Span{Off: uint32(len(b.Texts.Buf)), Len: uint32(len(text))},
				Origin: feature.FromQuery,
			})
			b.Texts.Buf = append(b.Texts.Buf, text...)
		}
		b.Texts.First = append(b.Texts.First, uint32(len(b.Texts.Values)))
	}
	return b
}

// weighted returns a table in which each of the words' n-grams weighs 1.
func weighted(g learner.Grams, words ...string) []int8 {
	w := make([]int8, g.Buckets)
	for _, word := range words {
		for _, bucket := range g.AppendBuckets(nil, []byte(word)) {
			w[bucket] = 1
		}
	}
	return w
}

func newNgram(t testing.TB, change func(*learner.NgramWeights)) *learner.Ngram {
	g := learner.Grams{MinN: 2, MaxN: 2, Buckets: 1 << 12}
	p := learner.NgramWeights{
		Grams: g, Weights: weighted(g, "union"), Scale: 0.5,
		Origins: learner.AllOrigins, Bias: make([]float32, feature.NumOrigins), Empty: -7,
	}
	p.Bias[feature.FromQuery] = -1
	change(&p)
	l, err := learner.NewNgram(learner.Info{ID: "ngram"}, p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func asIs(*learner.NgramWeights) {}

func TestNgram(t *testing.T) {
	cases := []struct {
		name   string
		change func(*learner.NgramWeights)
		row    []string
		want   float32
	}{
		{"no value", asIs, nil, -7},
		{"an empty value", asIs, []string{""}, -1},
		{"nothing known", asIs, []string{"xyz"}, -1},
		{"the whole word", asIs, []string{"union"}, -1 + 4*0.5},
		{"twice is no more than once", asIs, []string{"union union"}, -1 + 4*0.5},
		{"the worst value wins", asIs, []string{"xyz", "on", "uni", "q"}, -1 + 2*0.5},
		{"normalised", func(p *learner.NgramWeights) { p.Normalise = true }, []string{"union"}, -1 + 4*0.5/2},
		{"unread origin", func(p *learner.NgramWeights) { p.Origins = 1 << feature.FromBody }, []string{"union"}, -7},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got [1]float32
			if err := newNgram(t, c.change).Score(got[:], texts(c.row)); err != nil {
				t.Fatal(err)
			}
			if got[0] != c.want {
				t.Errorf("scores %v, want %v", got[0], c.want)
			}
		})
	}
}

// Adding text around a value cannot lower the score where no weight is
// negative and nothing is normalised.
func TestNgramPadding(t *testing.T) {
	l := newNgram(t, asIs)
	for _, pad := range []string{"a", "unrelated ", strings.Repeat("z", 4000)} {
		var got [2]float32
		if err := l.Score(got[:], texts([]string{"union"}, []string{pad + "union" + pad})); err != nil {
			t.Fatal(err)
		}
		if got[1] < got[0] {
			t.Errorf("%d bytes of padding lower %v to %v", len(pad), got[0], got[1])
		}
	}
}

// The loop that scores and the plain one that fits agree on every text and setting.
func TestGramsAgree(t *testing.T) {
	samples := []string{"", "a", "ab", "abc", "abcd", "abababab", "id=1' or '1'='1", strings.Repeat("x", 300), "\x00\xff\x00"}
	for lo := 1; lo <= learner.MaxGram; lo++ {
		for hi := lo; hi <= learner.MaxGram; hi++ {
			for _, edges := range []bool{false, true} {
				g := learner.Grams{MinN: lo, MaxN: hi, Buckets: 1 << 10, Edges: edges}
				w := make([]int8, g.Buckets)
				for i := range w {
					w[i] = int8(i*37 + 11)
				}
				p := learner.NgramWeights{Grams: g, Weights: w, Scale: 1, Origins: learner.AllOrigins, Bias: make([]float32, feature.NumOrigins)}
				l, err := learner.NewNgram(learner.Info{ID: "ngram"}, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range samples {
					want := float32(0)
					for _, bucket := range g.AppendBuckets(nil, []byte(s)) {
						want += float32(w[bucket])
					}
					var got [1]float32
					if err := l.Score(got[:], texts([]string{s})); err != nil {
						t.Fatal(err)
					}
					if got[0] != want {
						t.Fatalf("%d-%d edges %v, %q: scores %v, want %v", lo, hi, edges, s, got[0], want)
					}
				}
			}
		}
	}
}

func TestGramsEdges(t *testing.T) {
	g := learner.Grams{MinN: 2, MaxN: 2, Buckets: 1 << 14, Edges: true}
	first := func(s string) uint32 { return g.AppendBuckets(nil, []byte(s))[0] }
	if first("ab") != first("ax") {
		t.Error("two values that start alike differ in their first n-gram")
	}
	last := func(s string) uint32 { b := g.AppendBuckets(nil, []byte(s)); return b[len(b)-1] }
	if last("ab") != last("xb") {
		t.Error("two values that end alike differ in their last n-gram")
	}
	if slices.Contains(g.AppendBuckets(nil, []byte("xax")), first("ab")) {
		t.Error("an n-gram of the start occurs in the middle")
	}
}

func TestNgramConforms(t *testing.T) {
	sample := texts([]string{"1", "union select"}, nil, []string{""}, []string{"/index.html", "a", "uni"})
	for _, normalise := range []bool{false, true} {
		learnertest.Run(t, newNgram(t, func(p *learner.NgramWeights) { p.Normalise = normalise }), sample)
	}
}

func TestNgramExplain(t *testing.T) {
	l := newNgram(t, asIs)
	b := texts([]string{"abc", "q=union--"})
	parts := l.Explain(nil, b, 0, 3)
	if len(parts) != 1 {
		t.Fatalf("%d parts, want 1: %+v", len(parts), parts)
	}
	p := parts[0]
	if p.Name != "union" || p.From != 2 || p.To != 7 || p.Value != 1 || p.Weight != 2 {
		t.Errorf("part %+v, want union, 2 to 7 of value 1, weight 2", p)
	}
}

func TestNgramRefuses(t *testing.T) {
	g := learner.Grams{MinN: 1, MaxN: 3, Buckets: 64}
	good := learner.NgramWeights{Grams: g, Weights: make([]int8, 64), Origins: 1, Bias: make([]float32, feature.NumOrigins)}
	if _, err := learner.NewNgram(learner.Info{ID: "n"}, good); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		change func(*learner.NgramWeights)
	}{
		{"fewer weights than buckets", func(p *learner.NgramWeights) { p.Weights = p.Weights[:63] }},
		{"buckets that are no power of two", func(p *learner.NgramWeights) { p.Grams.Buckets, p.Weights = 65, make([]int8, 65) }},
		{"too many buckets", func(p *learner.NgramWeights) {
			p.Grams.Buckets, p.Weights = 2*learner.MaxBuckets, make([]int8, 2*learner.MaxBuckets)
		}},
		{"orders the wrong way round", func(p *learner.NgramWeights) { p.Grams.MinN = 4 }},
		{"order 0", func(p *learner.NgramWeights) { p.Grams.MinN = 0 }},
		{"an order above the key", func(p *learner.NgramWeights) { p.Grams.MaxN = learner.MaxGram + 1 }},
		{"a negative scale", func(p *learner.NgramWeights) { p.Scale = -1 }},
		{"a bias missing", func(p *learner.NgramWeights) { p.Bias = p.Bias[1:] }},
		{"a bias that is NaN", func(p *learner.NgramWeights) { p.Bias = slices.Repeat([]float32{nan}, len(p.Bias)) }},
		{"no origin", func(p *learner.NgramWeights) { p.Origins = 0 }},
		{"an origin that does not exist", func(p *learner.NgramWeights) { p.Origins = 1 << feature.NumOrigins }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := good
			c.change(&p)
			if _, err := learner.NewNgram(learner.Info{ID: "n"}, p); err == nil {
				t.Error("not refused")
			}
		})
	}
}

func newRarity(t testing.TB) *learner.Rarity {
	g := learner.Grams{MinN: 1, MaxN: 1, Buckets: 1 << 12}
	table := weighted(g, "'<>")
	for i := range table {
		table[i] *= 10
	}
	l, err := learner.NewRarity(learner.Info{ID: "rarity"}, learner.RarityTable{
		Grams: g, Rarity: table, Scale: 0.1, Prior: 2, Origins: learner.AllOrigins,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRarity(t *testing.T) {
	cases := []struct {
		name string
		row  []string
		want float32
	}{
		{"no value", nil, 0},
		{"an empty value", []string{""}, 0},
		{"all common", []string{"abc"}, 0},
		{"one of two rare", []string{"a'"}, 1. / 4},
		{"all rare", []string{"'<>"}, 3. / 5},
		{"the rarest value wins", []string{"abc", "a'", "b"}, 1. / 4},
	}
	l := newRarity(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got [1]float32
			if err := l.Score(got[:], texts(c.row)); err != nil {
				t.Fatal(err)
			}
			if math.Abs(float64(got[0]-c.want)) > 1e-6 {
				t.Errorf("scores %v, want %v", got[0], c.want)
			}
		})
	}
}

func TestRarityConforms(t *testing.T) {
	learnertest.Run(t, newRarity(t), texts([]string{"1", "<script>"}, nil, []string{""}, []string{"/index.html", "a'"}))
}

func BenchmarkNgram(b *testing.B) {
	shapes := []struct {
		name  string
		value string
	}{
		{"value of 8 bytes", "40184abc"},
		{"value of 50 bytes", "1' union select name, password from users where --"},
		{"value of 1 KB", strings.Repeat("the quick brown fox jumps over the lazy dog; ", 23)[:1024]},
	}
	for _, bucketBits := range []int{12, 14, 15} {
		for _, s := range shapes {
			b.Run(s.name+"/buckets 2^"+string(rune('0'+bucketBits/10))+string(rune('0'+bucketBits%10)), func(b *testing.B) {
				g := learner.Grams{MinN: 1, MaxN: 3, Buckets: 1 << bucketBits}
				p := learner.NgramWeights{
					Grams: g, Weights: make([]int8, g.Buckets), Scale: 1,
					Origins: learner.AllOrigins, Bias: make([]float32, feature.NumOrigins),
				}
				l, err := learner.NewNgram(learner.Info{ID: "ngram"}, p)
				if err != nil {
					b.Fatal(err)
				}
				batch := texts(slices.Repeat([]string{s.value}, 64))
				dst := make([]float32, batch.N)
				for b.Loop() {
					_ = l.Score(dst, batch)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Texts.Buf)), "ns/byte")
			})
		}
	}
}
