package train

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// addValues adds a row whose values are the given texts.
func addValues(d *Data, label uint8, origin feature.Origin, values ...string) {
	if d.Texts == nil {
		d.Texts = &feature.Texts{First: []uint32{0}}
	}
	for _, v := range values {
		d.Texts.Values = append(d.Texts.Values, feature.Value{
			Text: event.Span{Off: uint32(len(d.Texts.Buf)), Len: uint32(len(v))}, Origin: origin,
		})
		d.Texts.Buf = append(d.Texts.Buf, v...)
	}
	d.Texts.First = append(d.Texts.First, uint32(len(d.Texts.Values)))
	d.Y = append(d.Y, label)
	d.N++
}

// requests draws rows of three to six ordinary values; every third row is a
// threat: one of its values carries an injection.
func requests(n int, seed uint64) *Data {
	r := rand.New(rand.NewPCG(seed, 7))
	words := strings.Fields("home cart blue shoes page sort name price asc list item o'neil 12.50 search select one union street")
	d := &Data{}
	for i := range n {
		var values []string
		for range 3 + r.IntN(4) {
			v := words[r.IntN(len(words))]
			for r.IntN(3) == 0 {
				v += " " + words[r.IntN(len(words))]
			}
			if r.IntN(3) == 0 {
				v = fmt.Sprint(r.IntN(100000))
			}
			values = append(values, v)
		}
		label := uint8(0)
		if i%3 == 0 {
			label = 1
			table := words[r.IntN(len(words))]
			values[r.IntN(len(values))] = []string{
				fmt.Sprintf("%d' union select %s from %s --", r.IntN(100), table, table),
				fmt.Sprintf("%d' or %d=%d #", r.IntN(100), i, i),
				fmt.Sprintf("<script>%s(%d)</script>", table, r.IntN(9)),
			}[r.IntN(3)]
		}
		addValues(d, label, feature.FromQuery, values...)
	}
	return d
}

func TestFitNgram(t *testing.T) {
	train, test := requests(900, 1), requests(300, 2)
	for _, raw := range []bool{false, true} {
		l, err := FitNgram(train, NgramOptions{Raw: raw, Grams: learner.Grams{MinN: 1, MaxN: 3, Buckets: 1 << 12, Edges: true}})
		if err != nil {
			t.Fatal(err)
		}
		if a := auroc(test, scores(t, l, test)); a < 0.999 {
			t.Errorf("raw %v: AUROC %.4f, want at least .999", raw, a)
		}
		// The value that scores highest is the one that carries the injection.
		b := test.Batch()
		for i := 0; i < test.N; i += 3 {
			parts := l.Explain(nil, &b, i, 1)
			if len(parts) != 1 {
				t.Fatalf("row %d is not explained", i)
			}
			if s := string(b.Texts.Bytes(&b.Texts.Of(i)[parts[0].Value])); !strings.ContainsAny(s, "'<") {
				t.Errorf("row %d is blamed on %q", i, s)
			}
		}
		learnertest.Run(t, l, &b)
	}
}

func TestFitNgramRepeats(t *testing.T) {
	d := requests(200, 3)
	var states [2]learner.State
	for i := range states {
		l, err := FitNgram(d, NgramOptions{})
		if err != nil {
			t.Fatal(err)
		}
		states[i] = l.State()
	}
	if !reflect.DeepEqual(states[0], states[1]) {
		t.Error("two fits on the same rows differ")
	}
}

func TestFitNgramRefuses(t *testing.T) {
	one := &Data{}
	addValues(one, 0, feature.FromQuery, "a", "b")
	empty := &Data{}
	addValues(empty, 0, feature.FromQuery)
	addValues(empty, 1, feature.FromQuery)
	d := requests(30, 1)
	cases := []struct {
		name string
		d    *Data
		o    NgramOptions
	}{
		{"one class", one, NgramOptions{}},
		{"no values", empty, NgramOptions{}},
		{"values of other origins only", d, NgramOptions{Origins: 1 << feature.FromBody}},
		{"a negative penalty", d, NgramOptions{L2: -1}},
		{"negative rounds", d, NgramOptions{Rounds: -1}},
		{"n-grams of length 0", d, NgramOptions{Grams: learner.Grams{MaxN: 3, Buckets: 64}}},
		{"buckets that are no power of two", d, NgramOptions{Grams: learner.Grams{MinN: 1, MaxN: 3, Buckets: 3}}},
		{"too many buckets", d, NgramOptions{Grams: learner.Grams{MinN: 1, MaxN: 3, Buckets: 1 << 20}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := FitNgram(c.d, c.o); err == nil {
				t.Error("not refused")
			}
		})
	}
}

func TestFitRarity(t *testing.T) {
	train, test := requests(900, 4), requests(300, 5)
	l, err := FitRarity(train, RarityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if a := auroc(test, scores(t, l, test)); a < 0.95 {
		t.Errorf("AUROC %.4f, want at least .95", a)
	}
	// Threats must not be looked at: other threats, same table.
	other := *train
	other.Texts = &feature.Texts{Buf: append([]byte(nil), train.Texts.Buf...), Values: train.Texts.Values, First: train.Texts.First}
	for i := range other.N {
		if other.Y[i] == 1 {
			for k := range other.Texts.Of(i) {
				v := other.Texts.Bytes(&other.Texts.Of(i)[k])
				for j := range v {
					v[j] = 'z'
				}
			}
		}
	}
	again, err := FitRarity(&other, RarityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(l.State(), again.State()) {
		t.Error("the table depends on threats")
	}
	b := test.Batch()
	learnertest.Run(t, l, &b)
}
