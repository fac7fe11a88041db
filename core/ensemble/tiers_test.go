package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"
)

// randomTiers has n bases and one meta of each kind.
func randomTiers(t testing.TB, r *rand.Rand, n int) *Tiers {
	t.Helper()
	bases := make([]Base, n)
	for i := range bases {
		tail, err := NewTail([]float64{-1, 0.5, 2}, []float64{-0.1, -2, -7}, 0.5+r.Float64())
		if err != nil {
			t.Fatal(err)
		}
		bases[i] = Base{Calibration: randomCalibration(t, r), Tail: tail}
	}
	var metas []*MetaLearner
	super := &SuperLearner{Name: "super", Calibration: randomCalibration(t, r), Tail: sampleTail(t)}
	var total float64
	for _, m := range mixersOf(t, r, n) {
		metas = append(metas, &MetaLearner{Name: m.Name(), Mixer: m, Calibration: randomCalibration(t, r)})
		super.Beta = append(super.Beta, r.ExpFloat64())
		total += super.Beta[len(super.Beta)-1]
	}
	for j := range super.Beta {
		super.Beta[j] /= total
	}
	super.Floor = r.IntN(len(metas) + 1)
	if super.Novelty = r.IntN(len(metas) + 1); super.Novelty > 0 {
		super.Certain = 0.1 + 6*r.Float64()
	}
	tiers, err := NewTiers(bases, metas, super)
	if err != nil {
		t.Fatal(err)
	}
	return tiers
}

// randomRow has extreme and missing scores among ordinary ones.
func randomRow(r *rand.Rand, n int) []float32 {
	raw := make([]float32, n)
	for i := range raw {
		switch r.IntN(8) {
		case 0:
			raw[i] = float32(math.NaN())
		case 1:
			raw[i] = float32(math.Copysign(1e6, r.NormFloat64()))
		default:
			raw[i] = float32(r.NormFloat64() * 10)
		}
	}
	return raw
}

func TestTiersEvaluate(t *testing.T) {
	straight := func() *Calibration {
		return must[*Calibration](t)(NewCalibration([]float64{-8, 8}, []float64{-8, 8}))
	}
	stack := must[*Mean](t)(NewStack([]float64{1, 1}, 0))
	convex := must[*Mean](t)(NewConvex([]float64{0.5, 0.5}))
	tiers, err := NewTiers(
		[]Base{{Calibration: straight()}, {Calibration: straight()}},
		[]*MetaLearner{
			{Name: "a", Mixer: stack, Calibration: straight()},
			{Name: "b", Mixer: convex, Calibration: must[*Calibration](t)(NewCalibration([]float64{0, 1}, []float64{-2, 2}))},
		},
		&SuperLearner{Beta: []float64{0.75, 0.25}},
	)
	if err != nil {
		t.Fatal(err)
	}
	e := tiers.NewEvaluation()
	tiers.Evaluate(e, []float32{1, 2})
	p := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	a, b := p(3), p(-2+4*(p(1)+p(2))/2)
	h := 0.75*a + 0.25*b
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"p of base 0", e.Scores.P[0], p(1)},
		{"log-odds of base 1", e.Scores.Logit[1], 2},
		{"rate of base 1 without a tail", e.Scores.Tail[1], p(-2)},
		{"meta a", e.Metas[0], a},
		{"meta b", e.Metas[1], b},
		{"score", e.Score, h},
		{"log-odds", e.LogOdds, math.Log(h / (1 - h))},
		{"rate", e.Rate, 1 - h},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", c.name, c.got, c.want)
		}
	}
	nan := float32(math.NaN())
	tiers.Evaluate(e, []float32{nan, 2})
	if e.Score != e.Score || e.Scores.P[0] == e.Scores.P[0] {
		t.Errorf("one missing: score %g, P %v", e.Score, e.Scores.P)
	}
	tiers.Evaluate(e, []float32{nan, nan})
	if e.Score == e.Score || e.Rate == e.Rate {
		t.Errorf("all missing: score %g, rate %g; want NaN, never benign", e.Score, e.Rate)
	}
}

func TestTiersMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 100 {
		tiers := randomTiers(t, r, 4)
		e := tiers.NewEvaluation()
		for range 50 {
			raw := randomRow(r, 4)
			tiers.Evaluate(e, raw)
			before := *e
			raw[r.IntN(4)] += float32(r.ExpFloat64())
			tiers.Evaluate(e, raw)
			if e.LogOdds < before.LogOdds-slack {
				t.Fatalf("a higher score lowered the log-odds from %g to %g", before.LogOdds, e.LogOdds)
			}
		}
	}
}

func TestNewTiersRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, c := range []struct {
		name  string
		spoil func(b *[]Base, m *[]*MetaLearner, s *SuperLearner)
	}{
		{"no bases", func(b *[]Base, _ *[]*MetaLearner, _ *SuperLearner) { *b = nil }},
		{"base without calibration", func(b *[]Base, _ *[]*MetaLearner, _ *SuperLearner) { (*b)[1].Calibration = nil }},
		{"one base too many", func(b *[]Base, _ *[]*MetaLearner, _ *SuperLearner) { *b = append(*b, (*b)[0]) }},
		{"no metas", func(_ *[]Base, m *[]*MetaLearner, _ *SuperLearner) { *m = nil }},
		{"nil meta", func(_ *[]Base, m *[]*MetaLearner, _ *SuperLearner) { (*m)[0] = nil }},
		{"meta without mixer", func(_ *[]Base, m *[]*MetaLearner, _ *SuperLearner) { (*m)[0].Mixer = nil }},
		{"meta without calibration", func(_ *[]Base, m *[]*MetaLearner, _ *SuperLearner) { (*m)[0].Calibration = nil }},
		{"beta too short", func(_ *[]Base, _ *[]*MetaLearner, s *SuperLearner) { s.Beta = s.Beta[1:] }},
		{"beta negative", func(_ *[]Base, _ *[]*MetaLearner, s *SuperLearner) { s.Beta[0] = -0.1 }},
		{"beta does not sum to 1", func(_ *[]Base, _ *[]*MetaLearner, s *SuperLearner) { s.Beta[0] += 0.1 }},
	} {
		tiers := randomTiers(t, r, 3)
		c.spoil(&tiers.Bases, &tiers.Metas, tiers.Super)
		if _, err := NewTiers(tiers.Bases, tiers.Metas, tiers.Super); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
	if _, err := NewTiers([]Base{{Calibration: sampleCalibration(t)}}, []*MetaLearner{{Mixer: must[*Mean](t)(NewStack([]float64{1}, 0)), Calibration: sampleCalibration(t)}}, nil); err == nil {
		t.Error("no super-learner: accepted")
	}
}

func TestEvaluateAllocates(t *testing.T) {
	tiers := randomTiers(t, rand.New(rand.NewPCG(13, 14)), 6)
	e := tiers.NewEvaluation()
	raw := []float32{1, 2, 3, -1, 0, float32(math.NaN())}
	if n := testing.AllocsPerRun(100, func() { tiers.Evaluate(e, raw); sink += e.Score }); n != 0 {
		t.Errorf("Evaluate: %g allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { lo, hi := tiers.Bounds(e, 5); sink += lo + hi }); n != 0 {
		t.Errorf("Bounds: %g allocations", n)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	tiers := randomTiers(b, rand.New(rand.NewPCG(15, 16)), 12)
	e := tiers.NewEvaluation()
	raw := make([]float32, 12)
	for i := range b.N {
		raw[i%12] = float32(i & 15)
		tiers.Evaluate(e, raw)
	}
	sink = e.Score
}

// What an evaluation remembers of the rows before changes nothing, whatever was
// done to its scores meanwhile, and nothing that other tiers made is taken over.
func TestEvaluateRemembers(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const n = 9
	one, other := randomTiers(t, r, n), randomTiers(t, r, n)
	used := one.NewEvaluation()
	row := randomRow(r, n)
	for step := range 4000 {
		for i, x := range randomRow(r, n) {
			if r.IntN(4) == 0 { // the others say what they said
				row[i] = x
			}
		}
		switch step % 5 {
		case 1:
			one.Bounds(used, r.Uint64()&(1<<n-1))
		case 2:
			one.Forget(used)
		case 3:
			other.Evaluate(used, row)
		}
		one.Evaluate(used, row)
		fresh := one.NewEvaluation()
		one.Evaluate(fresh, row)
		for k, pair := range [...][2]float64{{used.LogOdds, fresh.LogOdds}, {used.Score, fresh.Score}, {used.Rate, fresh.Rate}} {
			if math.Float64bits(pair[0]) != math.Float64bits(pair[1]) {
				t.Fatalf("step %d, number %d: %v, a fresh one says %v", step, k, pair[0], pair[1])
			}
		}
		for i := range n {
			if math.Float64bits(used.Scores.P[i]) != math.Float64bits(fresh.Scores.P[i]) ||
				math.Float64bits(used.Scores.Evidence[i]) != math.Float64bits(fresh.Scores.Evidence[i]) {
				t.Fatalf("step %d: score %d differs", step, i)
			}
		}
	}
}
