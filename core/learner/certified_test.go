package learner

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// batchOf returns a batch with one row a text, which is its target.
func batchOf(texts ...[]byte) *Batch {
	b := &Batch{N: len(texts)}
	for _, t := range texts {
		b.Raw.Parts = append(b.Raw.Parts, event.Span{Off: uint32(len(b.Raw.Buf)), Len: uint32(len(t))}, event.Span{}, event.Span{})
		b.Raw.Buf = append(b.Raw.Buf, t...)
	}
	return b
}

// attackTexts hold what readings treat: escapes of every level, comments, blanks.
var attackTexts = []string{
	"/p?id=1'+union+select+user,password+from+users--+-",
	"/p?id=1%27%20union%20select%20user,password%20from%20users--%20-",
	"/p?id=1%2527%2520union%2520select%2520%2575ser",
	"/p?id=1%25252527%252520union/**/select/*x*/pass%2f%2a%2a%2fword",
	"/a/..%2f..%252f..%c0%af../etc/passwd%00",
	"<script  >alert(1)</script\t\t>",
	"';  exec   xp_cmdshell('dir')/* never closed",
	"%%2%25%2525%3%%",
}

// certifiedOver returns a learner whose grams are drawn from the texts.
func certifiedOver(t testing.TB, r *rand.Rand, share float64, texts ...string) *Certified {
	t.Helper()
	weight := map[Gram]uint8{}
	for _, text := range texts {
		b := batchOf([]byte(text))
		for _, g := range AppendGrams(nil, &b.Raw, 0) {
			if r.Float64() < share {
				weight[g] = uint8(1 + r.IntN(255))
			}
		}
	}
	p := CertifiedWeights{Scale: 0.01}
	for g := range weight {
		p.Grams = append(p.Grams, g)
	}
	slices.Sort(p.Grams)
	for _, g := range p.Grams {
		p.Weights = append(p.Weights, weight[g])
	}
	l, err := NewCertified(Info{ID: "certified"}, p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// hostilePads are what could throw a decoder off.
var hostilePads = []string{
	"%", "%2", "%25", "%252", "%2525", "%25252", "2", "7", "25", "27", "5", "/", "*", "/*", "*/", "/**", "**/", " ", "+", "++", "  ", "\t", "%20", "%2f", "%2f%2a", "%2a%2f", "%5", "a", "'", "%00",
}

func pad(r *rand.Rand) []byte {
	var out []byte
	for range r.IntN(5) {
		switch r.IntN(3) {
		case 0:
			out = append(out, byte(r.IntN(256)))
		default:
			out = append(out, hostilePads[r.IntN(len(hostilePads))]...)
		}
	}
	return out
}

func scoreOf(t testing.TB, l *Certified, text []byte, dst []float32) float32 {
	if err := l.Score(dst, batchOf(text)); err != nil {
		t.Fatal(err)
	}
	return dst[0]
}

// G1: whatever stands before and behind, the score does not fall.
func TestPaddingNeverLowersTheScore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	l := certifiedOver(t, r, 0.7, attackTexts...)
	dst := make([]float32, 1)
	tries := 300_000
	if testing.Short() {
		tries = 20_000
	}
	for range tries {
		x := []byte(attackTexts[r.IntN(len(attackTexts))])
		from := r.IntN(len(x))
		x = x[from : from+1+r.IntN(len(x)-from)]
		padded := slices.Concat(pad(r), x, pad(r))
		if before, after := scoreOf(t, l, x, dst), scoreOf(t, l, padded, dst); after < before {
			t.Fatalf("%q scores %v, %q %v", x, before, padded, after)
		}
	}
}

// G2: an adversary who inserts k texts where it hurts cannot get below what
// Insertions says that k insertions leave.
func TestInsertionsHold(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	l := certifiedOver(t, r, 0.4, attackTexts...)
	dst := make([]float32, 1)
	tries := 100_000
	if testing.Short() {
		tries = 10_000
	}
	checked, certified := 0, 0
	for checked < tries {
		x := []byte(attackTexts[r.IntN(len(attackTexts))])
		full := scoreOf(t, l, x, dst)
		least := full * float32(r.Float64())
		k, ok := l.Insertions(batchOf(x), 0, least)
		if !ok {
			t.Fatalf("%q: nothing certified at %v of %v", x, least, full)
		}
		certified += min(k, 1)
		for range 20 {
			checked++
			edited := slices.Clone(x)
			for range k {
				at := r.IntN(len(edited) + 1)
				insert := pad(r)
				if len(insert) == 0 {
					insert = []byte{0}
				}
				edited = slices.Insert(edited, at, insert...)
			}
			edited = slices.Concat(pad(r), edited, pad(r))
			if got := scoreOf(t, l, edited, dst); got < least {
				t.Fatalf("%q certified for %d insertions at %v: %q scores %v", x, k, least, edited, got)
			}
		}
	}
	if certified == 0 {
		t.Error("no text was certified for an insertion")
	}
}

// The programme finds the worst places: as all of them, tried.
func TestInsertionsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		var list []witness
		for i := range 1 + r.IntN(12) {
			from := int32(r.IntN(20))
			list = append(list, witness{from, from + 3 + int32(r.IntN(9)), int32(i), int32(1 + r.IntN(255))})
		}
		slices.SortFunc(list, func(a, b witness) int { return int(a.from - b.from) })
		p := newPlaces(list)
		for k := 1; k <= 4; k++ {
			if got, want := p.next(), worst(list, k, 0, nil); got != want {
				t.Fatalf("%d insertions into %v take %d, want %d", k, list, got, want)
			}
		}
	}
}

// worst tries all places.
func worst(list []witness, k int, from int32, places []int32) int {
	best := 0
	for _, w := range list {
		if slices.ContainsFunc(places, func(at int32) bool { return w.from < at && at < w.to }) {
			best += int(w.weight)
		}
	}
	if k > 0 {
		for at := from; at < 34; at++ {
			best = max(best, worst(list, k-1, at+1, append(places, at)))
		}
	}
	return best
}

// sum, which takes short cuts, gives the weights of the very grams that
// eachGram visits.
func TestSumIsTheSumOfTheSet(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	l := certifiedOver(t, r, 0.5, attackTexts...)
	dst := make([]float32, 1)
	for range 3000 {
		x := slices.Concat(pad(r), []byte(attackTexts[r.IntN(len(attackTexts))]), pad(r), pad(r))
		total := 0
		b := batchOf(x)
		for _, g := range AppendGrams(nil, &b.Raw, 0) {
			if i := l.table.find(g); i >= 0 {
				total += int(l.table.weights[i])
			}
		}
		if got := scoreOf(t, l, x, dst); got != l.score(total) {
			t.Fatalf("%q scores %v, its grams %v", x, got, l.score(total))
		}
	}
}

func TestReadings(t *testing.T) {
	tests := []struct{ name, text, gram string }{
		{"as it stands", "abc", "abc"},
		{"case and plus", "A+B", "a b"},
		{"one level", "%41%42%43", "abc"},
		{"two levels", "%2541%2542C", "abc"},
		{"three levels", "%25252741b", "'41"},
		{"across levels", "a%42%2543", "abc"},
		{"a comment", "a/*xyz*/b", "a b"},
		{"an escaped comment", "a%2f%2axyz%2a/b", "a b"},
		{"a run of blanks", "a +\tb", "a b"},
		{"a percent sign", "%zz", "%zz"},
		{"what could still be an escape", "ab%2", ""},
		{"what could still be a comment", "a/*xyz", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := batchOf([]byte(tt.text))
			grams := AppendGrams(nil, &b.Raw, 0)
			if tt.gram != "" && !slices.Contains(grams, NewGram(tt.gram)) {
				t.Errorf("%q does not read as %q", tt.text, tt.gram)
			}
			if tt.gram == "" && !bytes.ContainsAny([]byte(tt.text), "/") && slices.Contains(grams, NewGram("b%2")) != true {
				t.Error("the bytes as they stand are left out")
			}
		})
	}
	// At level 1 the sign that could still begin an escape must not be read:
	// with "7" behind it, it is another byte.
	r := newReadings([]byte("%41%42%2"), beginsEscape)
	for r.next() {
		if r.level > 0 && r.from == 0 {
			t.Errorf("level %d reads %d tokens where two are settled", r.level, r.n)
		}
	}
}

func TestCertifiedRefuses(t *testing.T) {
	good := func() CertifiedWeights {
		return CertifiedWeights{Grams: []Gram{NewGram("abc"), NewGram("abcd")}, Weights: []uint8{1, 2}, Scale: 1}
	}
	tests := []struct {
		name string
		edit func(*CertifiedWeights)
	}{
		{"no grams", func(p *CertifiedWeights) { p.Grams, p.Weights = nil, nil }},
		{"grams out of order", func(p *CertifiedWeights) { slices.Reverse(p.Grams) }},
		{"a gram twice", func(p *CertifiedWeights) { p.Grams[1] = p.Grams[0] }},
		{"a gram of two bytes", func(p *CertifiedWeights) { p.Grams[0] = 2<<gramTag | 5 }},
		{"a weight of zero", func(p *CertifiedWeights) { p.Weights[0] = 0 }},
		{"a weight too few", func(p *CertifiedWeights) { p.Weights = p.Weights[:1] }},
		{"no scale", func(p *CertifiedWeights) { p.Scale = 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := good()
			tt.edit(&p)
			if _, err := NewCertified(Info{ID: "c"}, p); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := NewCertified(Info{ID: "c"}, good()); err != nil {
		t.Error(err)
	}
}

func TestLongTextsAreScoredAndNotCertified(t *testing.T) {
	l := certifiedOver(t, rand.New(rand.NewPCG(5, 5)), 1, "union select")
	long := append(bytes.Repeat([]byte("x"), MaxCertifiedBytes), "union select"...)
	if f := scoreOf(t, l, long, make([]float32, 1)); f <= 0 {
		t.Error("a long text hides what stands behind it")
	}
	if _, ok := l.Insertions(batchOf(long), 0, 0.01); ok {
		t.Error("certified")
	}
	if k, ok := l.Insertions(batchOf([]byte("union select")), 0, 0.01); !ok || k == 0 {
		t.Errorf("a short one survives %d insertions, %v", k, ok)
	}
}

func BenchmarkCertified(b *testing.B) {
	r := rand.New(rand.NewPCG(6, 6))
	l := certifiedOver(b, r, 0.5, attackTexts...)
	plain := batchOf([]byte("/products/4711?ref=mail-17&page=3&utm_source=newsletter&utm_campaign=week17"))
	words := batchOf([]byte("/suche?q=red+summer+shoes+for+children&size=33&sort=price+up&page=3&ref=mail"))
	coded := batchOf([]byte("/suche?q=%D0%BF%D0%BE%D0%B8%D1%81%D0%BA+%D0%BF%D0%BE+%D1%81%D0%B0%D0%B9%D1%82%D1%83"))
	hostile := batchOf(bytes.Repeat([]byte("/*%25"), 1000))
	for _, c := range []struct {
		name string
		b    *Batch
	}{{"plain", plain}, {"words", words}, {"escaped", coded}, {"hostile", hostile}} {
		b.Run(c.name, func(b *testing.B) {
			dst := make([]float32, 1)
			b.SetBytes(int64(len(c.b.Raw.Buf)))
			for b.Loop() {
				_ = l.Score(dst, c.b)
			}
		})
	}
}

func FuzzReadings(f *testing.F) {
	for _, text := range attackTexts {
		f.Add([]byte(text), []byte("%2"), []byte("7*/"))
	}
	f.Fuzz(func(t *testing.T, x, before, behind []byte) {
		if len(x)+len(before)+len(behind) > 4096 {
			return
		}
		small, large := batchOf(x), batchOf(slices.Concat(before, x, behind))
		has := AppendGrams(nil, &large.Raw, 0)
		for _, g := range AppendGrams(nil, &small.Raw, 0) {
			if _, ok := slices.BinarySearch(has, g); !ok {
				t.Fatalf("%q reads %s, with padding it does not", x, g.quoted())
			}
		}
	})
}
