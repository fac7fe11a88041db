package train

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// namesOf draws names: normal ones of a few syllables, every third row one of as
// many letters drawn alike.
func namesOf(n int, seed uint64) *Data {
	r := rand.New(rand.NewPCG(seed, 3))
	syllables := []string{"ka", "lo", "mi", "ren", "to", "sha", "bel", "dor", "vin", "pu"}
	d := &Data{}
	for i := range n {
		var name []byte
		for range 3 + r.IntN(3) {
			name = append(name, syllables[r.IntN(len(syllables))]...)
		}
		label := uint8(0)
		if i%3 == 0 {
			label = 1
			for k := range name {
				name[k] = byte('a' + r.IntN(26))
			}
		}
		addValues(d, label, feature.FromName, string(name))
	}
	return d
}

func TestFitMarkov(t *testing.T) {
	train, test := namesOf(1500, 1), namesOf(600, 2)
	l, err := FitMarkov(train, MarkovOptions{Places: 1 << 14})
	if err != nil {
		t.Fatal(err)
	}
	if a := auroc(test, scores(t, l, test)); a < 0.999 {
		t.Errorf("AUROC %.4f, want at least .999", a)
	}
	b := test.Batch()
	learnertest.Run(t, l, &b)

	// Threats teach it nothing, and a name counts once.
	again := namesOf(1500, 1)
	for i := range again.N {
		if again.Y[i] == 0 {
			addValues(again, 0, feature.FromName, string(again.Texts.Bytes(&again.Texts.Of(i)[0])))
			break
		}
	}
	addValues(again, 1, feature.FromName, "zzzzzzzzzzzz")
	other, err := FitMarkov(again, MarkovOptions{Places: 1 << 14})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.State(), other.State()) {
		t.Error("a threat, or a name seen twice, changed the fit")
	}

	// A table that is too small keeps what is common.
	small, err := FitMarkov(train, MarkovOptions{Places: 1 << 8})
	if err != nil {
		t.Fatal(err)
	}
	if a := auroc(test, scores(t, small, test)); a < 0.95 {
		t.Errorf("256 places: AUROC %.4f, want at least .95", a)
	}
}

// Probabilities of what follows a context sum to one, the unseen included.
func TestLanguageSumsToOne(t *testing.T) {
	d := namesOf(300, 4)
	m := languageOf(d, 2, learner.AllOrigins)
	key := uint64('k')<<8 | uint64('a')
	for n := range 3 { // bytes of context
		context := gramOf(key, n)
		sum, unseen := 0.0, 1.0
		for c := range uint64(256) {
			g := gramOf(key<<8|c, n+1)
			if m.count[g] > 0 {
				sum += m.probability(g)
				if n > 0 {
					unseen -= lowerOf(m, g)
				} else {
					unseen -= 1. / 256
				}
			}
		}
		sum += unseen * m.follow[context] / (m.total[context] + m.follow[context])
		if sum < 1-1e-9 || sum > 1+1e-9 {
			t.Errorf("after %d bytes: probabilities sum to %.12f", n, sum)
		}
	}
}

// lowerOf returns P of an n-gram's last byte after a context one byte shorter.
func lowerOf(m *language, g gram) float64 { return m.probability(g.shorter()) }

func TestFitMarkovRefuses(t *testing.T) {
	good := namesOf(30, 5)
	threats := good.Subset([]int{0, 3})
	for name, c := range map[string]struct {
		d *Data
		o MarkovOptions
	}{
		"no texts":        {&Data{N: 1, D: 1, X: []float32{1}, Y: []uint8{0}}, MarkovOptions{}},
		"no normal row":   {&threats, MarkovOptions{}},
		"order too high":  {good, MarkovOptions{Order: learner.MaxMarkovOrder + 1}},
		"odd places":      {good, MarkovOptions{Places: 1000}},
		"no such origin":  {good, MarkovOptions{Origins: learner.AllOrigins + 1}},
		"step of no size": {good, MarkovOptions{Step: -1}},
	} {
		if _, err := FitMarkov(c.d, c.o); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}
