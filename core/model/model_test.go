package model_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sample returns a model with two stored base learners, a plugin's, two metas
// and everything optional in use.
func sample() *model.Model {
	calibration := func(s float64) *ensemble.Calibration {
		return must(ensemble.NewCalibration([]float64{-2 * s, 0, 3 * s}, []float64{-4, -1, 5}))
	}
	tail := func() *ensemble.Tail {
		return must(ensemble.NewTail([]float64{-1, 2, 4}, []float64{-0.5, -3, -7}, 1.5))
	}
	linear := must(learner.NewLinear(learner.Info{ID: "linear", Columns: []int{0, 2}, Context: true, Cost: 12.5},
		learner.Scaling{Log: []bool{true, false}, Centre: []float32{1, 0}, Scale: []float32{2, 1}},
		[]float32{0.5, -1.25}, []float32{0, 0.125}, 0.1))
	bias := make([]float32, feature.NumOrigins)
	bias[feature.FromQuery] = -1.5
	weights := make([]int8, 64)
	for i := range weights {
		weights[i] = int8(i - 32)
	}
	ngram := must(learner.NewNgram(learner.Info{ID: "ngram", Class: "sqli"}, learner.NgramWeights{
		Grams: learner.Grams{MinN: 1, MaxN: 3, Buckets: 64, Edges: true}, Weights: weights, Scale: 0.25,
		Normalise: true, Origins: learner.AllOrigins, Bias: bias, Empty: -3,
	}))
	return &model.Model{
		Kind:   event.HTTP,
		Name:   "shop \"one\"\n\\ \u00e9",
		Schema: feature.Schema{Kind: event.HTTP, Names: []string{"length", "entropy", "rate"}, Stateless: 2},
		Tiers: must(ensemble.NewTiers(
			[]ensemble.Base{
				{Learner: linear, Calibration: calibration(1), Tail: tail()},
				{Learner: ngram, Calibration: calibration(2)},
				{Learner: model.NewAbsent(learner.Info{ID: "acme", Type: "plugin", Columns: []int{1}}), Calibration: calibration(3)},
			},
			[]*ensemble.MetaLearner{
				{Name: "stack", Mixer: must(ensemble.NewStack([]float64{0.5, 1, 0.25}, -0.75)), Calibration: calibration(1)},
				{Name: "fisher", Mixer: must(ensemble.NewFisher([]float64{1, 1, 0})), Calibration: calibration(4)},
			},
			&ensemble.SuperLearner{Name: "super", Beta: []float64{0.75, 0.25}, Calibration: calibration(1), Tail: tail(), Floor: 2, Novelty: 1, Certain: 3.5},
		)),
		Card: model.Card{
			Seed:    7,
			Trained: []model.Source{{Name: "a shop", Rows: 1000, Threats: 100}},
			Quality: []model.Measure{{Set: "a shop, test", Metric: "auroc", Value: 0.987}},
			Limits:  []string{"knows no binary protocols"},
			Tuned:   []model.Setting{{Learner: "trees", Name: "rate", Value: 0.05}},
		},
		Epoch:   3,
		Plugins: []model.Plugin{{ID: "acme", Version: "1.2.0", SHA256: [32]byte{1, 2, 0xff}}},

		Adaptation: []byte("labels of a site"),
		Selector: &ensemble.Selector{
			Asked: []int{1, 0},
			Edges: [][]float32{{-1.5, 2}, {0.25}},
			Cells: []ensemble.Cell{
				{Key: 1<<5 | 1, Rows: 900, Losses: ensemble.Losses{.001, .001, .001, .002, .002, .003, .1}, LogOdds: -6.5},
				{Key: 3<<5 | 2, Rows: 40, Losses: ensemble.Losses{.5, .5, .25, .25, .25, .25, 2}, LogOdds: 0.5},
			},
		},
	}
}

func TestRoundTrip(t *testing.T) {
	table := sample()
	table.Kind, table.Schema.Kind = event.Table, event.Table
	table.Schema.Table = []feature.Column{{Source: "length"}, {Source: "proto", Level: []string{"tcp"}}, {Source: "rate", Level: []string{}}}
	bare := sample()
	bare.Plugins, bare.Card, bare.Name, bare.Epoch, bare.Adaptation, bare.Selector = nil, model.Card{}, "", 0, nil, nil
	bare.Tiers.Bases = bare.Tiers.Bases[:1]
	bare.Tiers.Metas = []*ensemble.MetaLearner{{
		Name: "m", Mixer: must(ensemble.NewMinP([]float64{1})), Calibration: bare.Tiers.Metas[0].Calibration,
	}}
	bare.Tiers.Super = &ensemble.SuperLearner{Beta: []float64{1}, Tail: bare.Tiers.Super.Tail}
	for name, m := range map[string]*model.Model{"full": sample(), "table": table, "bare": bare} {
		t.Run(name, func(t *testing.T) {
			file := must(m.Append(nil))
			if again := must(m.Append([]byte("before"))); string(again) != "before"+string(file) {
				t.Error("the same model gives other bytes")
			}
			back, err := model.Read(file, model.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(must(back.Append(nil)), file) {
				t.Error("writing what was read gives other bytes")
			}
			if d := model.Diff(m, back); len(d) != 0 {
				t.Errorf("read back, it differs: %v", d)
			}
			if !reflect.DeepEqual(m.Schema, back.Schema) || !reflect.DeepEqual(m.Card, back.Card) ||
				!reflect.DeepEqual(m.Plugins, back.Plugins) || m.Name != back.Name || m.Epoch != back.Epoch {
				t.Errorf("read back: %+v, want %+v", back, m)
			}
			evaluates(t, m, back)
		})
	}
}

// evaluates checks that two models say the same of some raw scores, to the bit.
func evaluates(t *testing.T, a, b *model.Model) {
	t.Helper()
	x, y := a.Tiers.NewEvaluation(), b.Tiers.NewEvaluation()
	for _, raw := range [][]float32{{0, 1, 2}, {-5, 3, float32(math.NaN())}, {100, -100, 0}} {
		raw = raw[:len(a.Tiers.Bases)]
		a.Tiers.Evaluate(x, raw)
		b.Tiers.Evaluate(y, raw)
		if x.Score != y.Score || x.Rate != y.Rate {
			t.Errorf("%v scores %v and %v, read back %v and %v", raw, x.Score, x.Rate, y.Score, y.Rate)
		}
	}
}

// A flipped bit is refused or changes what the model says: no two files are
// the same model, so nothing can be hidden in one.
func TestFlips(t *testing.T) {
	file := must(sample().Append(nil))
	header := 8 + int(file[0]) + int(file[1])<<8
	accepted := 0
	for i := range file {
		for _, flip := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(file)
			bad[i] ^= flip
			m, err := model.Read(bad, model.Limits{})
			if err != nil {
				continue
			}
			accepted++
			if !bytes.Equal(must(m.Append(nil)), bad) {
				t.Fatalf("byte %d of %d (header %d) flipped by %#x: accepted, but not written so", i, len(file), header, flip)
			}
			if len(model.Diff(sample(), m)) == 0 {
				t.Fatalf("byte %d flipped by %#x: accepted without a difference", i, flip)
			}
		}
	}
	if accepted == 0 {
		t.Error("no flip of a weight was accepted: the test does not reach the tensors")
	}
}

func TestTruncated(t *testing.T) {
	file := must(sample().Append(nil))
	for n := range file {
		if _, err := model.Read(file[:n], model.Limits{}); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", n, len(file))
		}
	}
	if _, err := model.Read(append(file, 0), model.Limits{}); err == nil {
		t.Error("a byte behind the end is accepted")
	}
	if _, err := model.Read(file, model.Limits{MaxBytes: len(file) - 1}); err != model.ErrTooLarge {
		t.Errorf("a file above the limit: %v", err)
	}
}

// withHeader returns a file of that header and body.
func withHeader(header string, body int) []byte {
	n := len(header)
	return append(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0, 0, 0, 0, 0}, header...), make([]byte, body)...)
}

func TestReadRefuses(t *testing.T) {
	file := must(sample().Append(nil))
	n := int(file[0]) + int(file[1])<<8
	header, body := string(file[8:8+n]), len(file)-8-n
	swap := func(old, new string) []byte {
		if !strings.Contains(header, old) {
			t.Fatalf("the sample's header does not hold %s", old)
		}
		return append(withHeader(strings.Replace(header, old, new, 1), 0), file[8+n:]...)
	}
	cases := []struct {
		name string
		file []byte
	}{
		{"empty", nil},
		{"a header longer than the file", []byte{255, 0, 0, 0, 0, 0, 0, 0, '{', '}'}},
		{"a header longer than the limit", []byte{0, 0, 0, 0, 0, 0, 0, 1}},
		{"no JSON", withHeader("nothing!", 0)},
		{"an empty object", withHeader("{}      ", 0)},
		{"JSON nested deep", withHeader(strings.Repeat("[", 1<<16), 0)},
		{"JSON of many members", withHeader(`{"__metadata__":{`+strings.Repeat(`"a":"",`, 1<<16)+`"b":""}}`, 0)},
		{"many tensors", withHeader("{"+strings.Repeat(`"a":{},`, 1<<16)+`"b":{}}`, 0)},
		{"a shape that overflows", withHeader(`{"a":{"dtype":"F64","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}`, 8)},
		{"a huge shape without bytes", withHeader(`{"a":{"dtype":"F64","shape":[2147483647],"data_offsets":[0,0]}}`, 0)},
		{"a space in front", swap(`{"__meta`, ` {"__meta`)},
		{"a space inside", swap(`,"data_offsets"`, `, "data_offsets"`)},
		{"an escape that need not be", swap(`"linear`, `"\u006cinear`)},
		{"a member twice", swap(`"epoch":"3"`, `"epoch":"3","epoch":"3"`)},
		{"an unknown member", swap(`"epoch":"3"`, `"epoch":"3","more":""`)},
		{"another version", swap(`tiercel 1`, `tiercel 2`)},
		{"another spelling of a number", swap(`"epoch":"3"`, `"epoch":"03"`)},
		{"an unknown type", swap(`"dtype":"F64"`, `"dtype":"F16"`)},
		{"a gap", swap(`"data_offsets":[0,`, `"data_offsets":[1,`)},
		{"a learner of an unknown type", swap(`\"type\":\"linear\"`, `\"type\":\"spline\"`)},
		{"a column that does not exist", swap(`\"columns\":[0,2]`, `\"columns\":[0,3]`)},
		{"a context column not declared", swap(`\"context\":true`, `\"context\":false`)},
		{"a plugin that supplies nothing", swap(`\"id\":\"acme\",\"version\"`, `\"id\":\"acne\",\"version\"`)},
		{"a hash that is none", swap(`0102ff`, `0102fg`)},
		{"an unknown mixer", swap(`\"mixer\":\"fisher\"`, `\"mixer\":\"tinker\"`)},
		{"no kind", swap(`"kind":"http"`, `"kind":"none"`)},
		{"a selector that asks nobody", swap(`\"asked\":[1,0]`, `\"asked\":[]`)},
		{"a selector that asks twice", swap(`\"asked\":[1,0]`, `\"asked\":[1,1]`)},
		{"a selector that asks who is not there", swap(`\"asked\":[1,0]`, `\"asked\":[1,3]`)},
		{"tensors of a selector that is not there", swap(`"selector":"{\"asked\":[1,0]}"`, `"selector":""`)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if m, err := model.Read(c.file, model.Limits{}); err == nil {
				t.Errorf("accepted: %+v", m)
			}
		})
	}
	if body == 0 {
		t.Error("the sample has no tensors")
	}
}

func TestReadRefusesNaN(t *testing.T) {
	file := must(sample().Append(nil))
	n := 8 + int(file[0]) + int(file[1])<<8
	for _, bits := range [][]byte{{0, 0, 0, 0, 0, 0, 0xf0, 0x7f}, {1, 0, 0, 0, 0, 0, 0xf8, 0xff}} {
		bad := bytes.Clone(file)
		copy(bad[n:], bits)
		if _, err := model.Read(bad, model.Limits{}); err == nil {
			t.Errorf("a tensor with bits %x is accepted", bits)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	cases := []struct {
		name   string
		change func(m *model.Model)
	}{
		{"no kind", func(m *model.Model) { m.Kind = event.KindNone }},
		{"a schema of another kind", func(m *model.Model) { m.Schema.Kind = event.DNS }},
		{"no columns", func(m *model.Model) { m.Schema.Names = nil }},
		{"a column twice", func(m *model.Model) { m.Schema.Names[1] = "length" }},
		{"more stateless columns than columns", func(m *model.Model) { m.Schema.Stateless = 4 }},
		{"cells of a kind without", func(m *model.Model) { m.Schema.Table = []feature.Column{{Source: "a"}} }},
		{"no tiers", func(m *model.Model) { m.Tiers = nil }},
		{"no calibration", func(m *model.Model) { m.Tiers.Bases[0].Calibration = nil }},
		{"no rate", func(m *model.Model) {
			m.Tiers.Super = &ensemble.SuperLearner{Beta: m.Tiers.Super.Beta}
		}},
		{"two learners of one id", func(m *model.Model) { m.Tiers.Bases[1] = m.Tiers.Bases[0] }},
		{"no learner", func(m *model.Model) { m.Tiers.Bases[0].Learner = nil }},
		{"an absent learner without a plugin", func(m *model.Model) { m.Plugins = nil }},
		{"keys of cells out of order", func(m *model.Model) { m.Selector.Cells[1].Key = 3 }},
		{"a key beyond the learners asked", func(m *model.Model) { m.Selector.Cells[1].Key = 1 << 10 }},
		{"a cell of too few rows", func(m *model.Model) { m.Selector.Cells[1].Rows = 19 }},
		{"a cell that loses nothing", func(m *model.Model) { m.Selector.Cells[1].Losses[1] = 0 }},
		{"a loss that is no number", func(m *model.Model) { m.Selector.Cells[0].Losses[6] = float32(math.NaN()) }},
		{"log-odds beyond the clip", func(m *model.Model) { m.Selector.Cells[0].LogOdds = -13 }},
		{"edges that fall", func(m *model.Model) { m.Selector.Edges[0][1] = -2 }},
		{"no edges", func(m *model.Model) { m.Selector.Edges = m.Selector.Edges[:1] }},
		{"no cells", func(m *model.Model) { m.Selector.Cells = nil }},
		{"a plugin without a learner", func(m *model.Model) { m.Plugins = append(m.Plugins, model.Plugin{ID: "b"}) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := sample()
			c.change(m)
			if _, err := m.Append(nil); err == nil {
				t.Error("not refused")
			}
		})
	}
}

// Reading allocates at most twice the file and 16 MiB, whatever the header says.
func TestReadMemory(t *testing.T) {
	names := `\"` + strings.Repeat(`a\",\"`, 90000) + `\"`
	hostile := map[string][]byte{
		"many names":   withHeader(`{"__metadata__":{"format":"tiercel 1","kind":"http","epoch":"0","card":"{\"limits\":[`+names+`]}"}}`, 0),
		"many columns": withHeader(`{"__metadata__":{"format":"tiercel 1","kind":"http","epoch":"0","card":"{}","schema":"{\"names\":[`+names+`]}"}}`, 0),
		"many entries": withHeader(`{`+strings.Repeat(`"":{"shape":[0]},`, 50000)+`"":{}}`, 0),
		"large body":   withHeader(`{"a":{"dtype":"U8","shape":[8000000],"data_offsets":[0,8000000]}}`, 8000000),
		"a real model": must(sample().Append(nil)),
	}
	for name, file := range hostile {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = model.Read(file, model.Limits{})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(2*len(file)+16<<20) {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, used, len(file))
		}
	}
}

func TestDiff(t *testing.T) {
	a, b := sample(), sample()
	if d := model.Diff(a, b); len(d) != 0 {
		t.Errorf("equal models differ: %q", d)
	}
	b.Epoch = 4
	b.Card.Quality[0].Value = 0.99
	b.Card.Tuned = nil
	b.Tiers.Super.Beta = []float64{0.5, 0.5}
	b.Tiers.Bases[0].Learner = must(learner.NewLinear(b.Tiers.Bases[0].Learner.Info(),
		learner.Scaling{Log: []bool{true, false}, Centre: []float32{1, 0}, Scale: []float32{2, 1}},
		[]float32{0.5, -1}, []float32{0, 0.125}, 0.1))
	want := []string{
		"epoch: 3 -> 4",
		"learner linear weights: 1 of 2 numbers differ",
		"super-learner weight of stack: 0.75 -> 0.5",
		"super-learner weight of fisher: 0.25 -> 0.5",
		"measured auroc on a shop, test: 0.987 -> 0.99",
		"tuned rate of trees 0.05: removed",
	}
	if got := model.Diff(a, b); !reflect.DeepEqual(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}

	a, b = sample(), sample()
	b.Selector.Asked = []int{0, 1}
	b.Selector.Cells[0].Rows++
	want = []string{"selector asks: ngram, linear -> linear, ngram", "selector rows: 1 of 2 numbers differ"}
	if got := model.Diff(a, b); !reflect.DeepEqual(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
	b.Selector = nil
	want = []string{"selector: 2 cells -> none"}
	if got := model.Diff(a, b); !reflect.DeepEqual(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
}

func TestAbsentAbstains(t *testing.T) {
	l := model.NewAbsent(learner.Info{ID: "acme"})
	dst := []float32{1, 2}
	if err := l.Score(dst, &learner.Batch{N: 2}); err != nil {
		t.Fatal(err)
	}
	for _, s := range dst {
		if s == s {
			t.Errorf("scores %v, want NaN", s)
		}
	}
}

func FuzzRead(f *testing.F) {
	file := must(sample().Append(nil))
	f.Add(file)
	f.Add(file[:len(file)-1])
	f.Add([]byte{})
	f.Add(withHeader("{}", 0))
	f.Add(withHeader(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := model.Read(data, model.Limits{MaxBytes: 1 << 20})
		if err != nil {
			return
		}
		again, err := m.Append(nil)
		if err != nil {
			t.Fatalf("read, but cannot be written: %v", err)
		}
		if !bytes.Equal(again, data) {
			t.Fatal("written, it has other bytes")
		}
	})
}

func ExampleRead() {
	file, err := sample().Append(nil)
	if err != nil {
		panic(err)
	}
	m, err := model.Read(file, model.Limits{})
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Kind, len(m.Tiers.Bases), "base learners, epoch", m.Epoch)
	// Output: http 3 base learners, epoch 3
}
