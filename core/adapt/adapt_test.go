package adapt_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// site is a made-up place: three base learners, two columns, and texts that the
// learners say nothing of.
type site struct {
	model *model.Model
	rows  feature.Batch
	raw   [][]float32 // a row
	y     []bool
}

// newSite draws n rows, a third of them threats. The first learner knows
// threats, the second knows them a little, the third inverts them here; words
// tell them apart.
func newSite(seed uint64, n int) *site {
	line := func() *ensemble.Calibration {
		return must(ensemble.NewCalibration([]float64{-10, 10}, []float64{-10, 10}))
	}
	base := ensemble.Base{Calibration: line()}
	tiers := must(ensemble.NewTiers(
		[]ensemble.Base{base, base, base},
		[]*ensemble.MetaLearner{
			{Name: "good", Mixer: must(ensemble.NewStack([]float64{1.5, 0.3, 0}, -1)), Calibration: line()},
			{Name: "bad", Mixer: must(ensemble.NewStack([]float64{0, 0.2, 1}, 0)), Calibration: line()},
		},
		&ensemble.SuperLearner{Beta: []float64{0.9, 0.1}, Tail: must(ensemble.NewTail([]float64{-4, 0, 3}, []float64{-0.1, -3, -7}, 1))},
	))
	s := &site{model: &model.Model{
		Kind: event.HTTP, Tiers: tiers, Schema: feature.Schema{Kind: event.HTTP, Names: []string{"length", "entropy"}, Stateless: 2},
	}}
	r := rand.New(rand.NewPCG(seed, 1))
	words := [2][]string{{"cart", "shoe", "blue"}, {"union", "select", "passwd"}}
	s.rows = feature.Batch{N: n, D: 2, Texts: feature.Texts{First: []uint32{0}}}
	for range n {
		y := r.IntN(3) == 0
		sign, class := -1.0, words[0]
		if y {
			sign, class = 1, words[1]
		}
		draw := func(strength float64) float32 { return float32(strength*sign + 2*r.NormFloat64()) }
		s.raw = append(s.raw, []float32{draw(3), draw(0.3), draw(-1)})
		s.y = append(s.y, y)
		s.rows.X = append(s.rows.X, draw(1), float32(math.NaN()))
		at := len(s.rows.Texts.Buf)
		s.rows.Texts.Buf = append(s.rows.Texts.Buf, class[r.IntN(3)]+strconv.Itoa(r.IntN(100))...)
		s.rows.Texts.Values = append(s.rows.Texts.Values, feature.Value{
			Text: event.Span{Off: uint32(at), Len: uint32(len(s.rows.Texts.Buf) - at)}, Origin: feature.FromQuery,
		})
		s.rows.Texts.First = append(s.rows.Texts.First, uint32(len(s.rows.Texts.Values)))
	}
	return s
}

func (s *site) example(i int) *adapt.Example { return adapt.NewExample(s.raw[i], &s.rows, i) }

// scores returns the log-odds of all rows under an adjuster.
func (s *site) scores(a *adapt.Adjuster) []float64 {
	var scratch adapt.Scratch
	out := make([]float64, s.rows.N)
	x := s.model.Tiers.NewEvaluation()
	for i := range out {
		s.model.Tiers.Evaluate(x, s.raw[i])
		a.Apply(x, &s.rows, i, &scratch)
		out[i] = x.LogOdds
	}
	return out
}

// recall returns the share of threats above the log-odds that a share of the
// normal rows reaches.
func (s *site) recall(z []float64, rate float64) float64 {
	var normal, threats []float64
	for i, v := range z {
		if s.y[i] {
			threats = append(threats, v)
		} else {
			normal = append(normal, v)
		}
	}
	slices.Sort(normal)
	limit := normal[len(normal)-1-int(rate*float64(len(normal)))]
	found := 0
	for _, v := range threats {
		if v > limit {
			found++
		}
	}
	return float64(found) / float64(len(threats))
}

// labelled returns a state with labels of the first k rows, of sources in turn.
func (s *site) labelled(t testing.TB, k, sources int, threat func(i int) bool) *adapt.State {
	t.Helper()
	state := adapt.New(s.model)
	for i := range k {
		if _, err := state.Label(s.example(i), threat(i), "user"+strconv.Itoa(i%sources)); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

// G4: whatever m labels say, and whoever gives them, no score moves further than
// min(m Step, Most), nor than SourceMost times the sources.
func TestBoundHolds(t *testing.T) {
	s := newSite(1, 400)
	before := s.scores(nil)
	r := rand.New(rand.NewPCG(3, 4))
	far := 0.0
	for trial := range 120 {
		m, sources := 1+r.IntN(40), 1+r.IntN(3)
		opinion := [...]func(i int) bool{
			func(int) bool { return true },
			func(int) bool { return false },
			func(i int) bool { return !s.y[i] },       // the opposite of the truth
			func(i int) bool { return before[i] < 0 }, // the opposite of the model
			func(int) bool { return r.IntN(2) == 0 },
		}[trial%5]
		state := s.labelled(t, m, sources, opinion)
		limit := min(float64(m)*adapt.Step, adapt.Most, float64(sources)*adapt.SourceMost)
		if b := state.Bound(); b > limit {
			t.Fatalf("%d labels of %d sources: bound %g, want at most %g", m, sources, b, limit)
		}
		for i, z := range s.scores(state.Adjuster()) {
			move := math.Abs(z - before[i])
			if !(move <= limit+1e-9) {
				t.Fatalf("%d labels of %d sources moved row %d by %g, more than %g", m, sources, i, move, limit)
			}
			far = max(far, move)
		}
	}
	if far < adapt.Most/2 {
		t.Errorf("no adversary moved a score by more than %g: the test shows little", far)
	}
}

// Labels must be worth their while, and lies of three in ten labels nearly
// harmless.
func TestHostileLabels(t *testing.T) {
	s := newSite(5, 4000)
	r := rand.New(rand.NewPCG(6, 7))
	truth := func(i int) bool { return s.y[i] }
	lie := func(i int) bool { return s.y[i] != (r.IntN(10) < 3) }
	plain := s.recall(s.scores(nil), 0.01)
	honest := s.recall(s.scores(s.labelled(t, 50, 5, truth).Adjuster()), 0.01)
	hostile := s.recall(s.scores(s.labelled(t, 50, 5, lie).Adjuster()), 0.01)
	t.Logf("recall at 1 %%: %.3f without labels, %.3f with 50, %.3f with 3 in 10 of them wrong", plain, honest, hostile)
	if honest < plain+0.1 {
		t.Errorf("50 labels raise recall from %.3f to %.3f only", plain, honest)
	}
	if hostile < plain-0.02 {
		t.Errorf("hostile labels lower recall from %.3f to %.3f", plain, hostile)
	}
}

// Where the labels confirm the model's alerts, none is lost, whatever the recipes
// make of the other labels; where they deny most of them, alerts fall.
func TestAlertsFallByOpinion(t *testing.T) {
	s := newSite(5, 4000)
	super := s.model.Tiers.Super
	alert, sure := super.Threshold(1e-2), super.Threshold(1e-3)
	before := s.scores(nil)
	for _, confirmed := range []bool{true, false} {
		state := adapt.New(s.model)
		labels := 0
		for i := range s.y {
			if labels < 60 && (before[i] >= alert || i%40 == 0) {
				labels++
				if _, err := state.Label(s.example(i), before[i] >= alert && confirmed, "user"+strconv.Itoa(i%5)); err != nil {
					t.Fatal(err)
				}
			}
		}
		alerts, fallen := 0, 0
		for i, z := range s.scores(state.Adjuster()) {
			if before[i] >= alert {
				alerts++
				if z < min(before[i], sure)-1e-9 {
					fallen++
				}
			}
		}
		t.Logf("confirmed %v: %d of %d alerts fall", confirmed, fallen, alerts)
		if alerts < 20 || confirmed && fallen > 0 || !confirmed && fallen < alerts/2 {
			t.Errorf("confirmed %v: %d of %d alerts fall", confirmed, fallen, alerts)
		}
	}
}

// Labels that mean nothing gain nothing and cost little.
func TestNoiseGainsNothing(t *testing.T) {
	s := newSite(8, 4000)
	plain := s.recall(s.scores(nil), 0.01)
	var sum float64
	const draws = 10
	for d := range uint64(draws) {
		r := rand.New(rand.NewPCG(9, d))
		sum += s.recall(s.scores(s.labelled(t, 30, 3, func(int) bool { return r.IntN(2) == 0 }).Adjuster()), 0.01)
	}
	if mean := sum / draws; mean > plain+0.05 {
		t.Errorf("random labels raise recall from %.3f to %.3f", plain, mean)
	}
}

func TestUndo(t *testing.T) {
	s := newSite(10, 200)
	truth := func(i int) bool { return s.y[i] }
	want := s.labelled(t, 20, 2, truth)
	state := s.labelled(t, 25, 2, truth)
	for id := uint64(25); id > 20; id-- {
		if err := state.Undo(id); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "undone", state, want)
	state = s.labelled(t, 25, 2, truth)
	state.Rollback(20)
	same(t, "rolled back", state, want)
	if err := state.Undo(99); err != adapt.ErrNoLabel {
		t.Errorf("undo of an unknown label: %v", err)
	}
	state.Rollback(0)
	same(t, "emptied", state, adapt.New(s.model))
	if state.Adjuster() != nil || state.Bound() != 0 {
		t.Error("a state without labels adjusts")
	}
	state = s.labelled(t, 20, 2, truth)
	if n := state.Forget("user1"); n != 10 || state.Len() != 10 {
		t.Errorf("%d labels of a source forgotten, %d left", n, state.Len())
	}
}

func same(t *testing.T, what string, a, b *adapt.State) {
	t.Helper()
	if !bytes.Equal(a.AppendTo(nil), b.AppendTo(nil)) {
		t.Errorf("%s: not as if the labels had never been given", what)
	}
}

// The order of labels counts for hedge alone; here all are of one kind, from
// which it learns the same.
func TestOrder(t *testing.T) {
	s := newSite(11, 100)
	order := rand.New(rand.NewPCG(1, 1)).Perm(30)
	a, b := adapt.New(s.model), adapt.New(s.model)
	for i := range 30 {
		must(a.Label(s.example(i), s.y[i], "ann"))
		must(b.Label(s.example(order[i]), s.y[order[i]], "ann"))
	}
	pa, pb := s.parts(a), s.parts(b)
	if pa.Shift == 0 || math.Abs(pa.Shift/pb.Shift-pa.Share[adapt.Site]/pb.Share[adapt.Site]) > 1e-9 && pa.Share[adapt.Hedge] < 1e-6 {
		t.Errorf("another order, another fit: %+v and %+v", pa, pb)
	}
	za, zb := s.scores(a.Adjuster()), s.scores(a.Clone().Adjuster())
	if !slices.Equal(za, zb) {
		t.Error("two fits of one state differ")
	}
}

func (s *site) parts(state *adapt.State) *adapt.Parts {
	x := s.model.Tiers.NewEvaluation()
	s.model.Tiers.Evaluate(x, s.raw[0])
	return state.Adjuster().Explain(x, &s.rows, 0, &adapt.Scratch{})
}

func TestChangeOfMind(t *testing.T) {
	s := newSite(12, 10)
	state := adapt.New(s.model)
	first := must(state.Label(s.example(0), true, "ann"))
	again := must(state.Label(s.example(0), false, "ann"))
	other := must(state.Label(s.example(0), true, "bob"))
	want := []adapt.Label{{ID: 1, Source: "ann"}, {ID: 2, Threat: true, Source: "bob"}}
	if first != again || other != 2 || !slices.Equal(state.Labels(), want) {
		t.Errorf("labels %v, want %v", state.Labels(), want)
	}
}

func TestLabelRefuses(t *testing.T) {
	s := newSite(13, 10)
	nan := float32(math.NaN())
	for _, c := range []struct {
		name   string
		x      *adapt.Example
		source string
		want   error
	}{
		{"no source", s.example(0), "", adapt.ErrSource},
		{"long source", s.example(0), string(make([]byte, adapt.MaxSource+1)), adapt.ErrSource},
		{"another model's", adapt.NewExample(s.raw[0][:2], &s.rows, 0), "ann", adapt.ErrForeign},
		{"no scores", adapt.NewExample([]float32{nan, nan, nan}, &s.rows, 0), "ann", adapt.ErrNoScores},
	} {
		if _, err := adapt.New(s.model).Label(c.x, true, c.source); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	state := s.fill(t)
	if _, err := state.Label(s.example(0), true, "one more"); err != adapt.ErrFull {
		t.Errorf("label %d: %v", adapt.MaxLabels+1, err)
	}
}

// fill returns a state with as many labels as fit.
func (s *site) fill(t *testing.T) *adapt.State {
	t.Helper()
	state := adapt.New(s.model)
	for i := range adapt.MaxLabels {
		must(state.Label(s.example(i%s.rows.N), s.y[i%s.rows.N], strconv.Itoa(i/s.rows.N)))
	}
	return state
}

func TestApplyAllocatesNothing(t *testing.T) {
	s := newSite(14, 50)
	a := s.labelled(t, 20, 1, func(i int) bool { return s.y[i] }).Adjuster()
	x := s.model.Tiers.NewEvaluation()
	var scratch adapt.Scratch
	i := 0
	if n := testing.AllocsPerRun(100, func() {
		s.model.Tiers.Evaluate(x, s.raw[i%50])
		a.Apply(x, &s.rows, i%50, &scratch)
		i++
	}); n > 0 {
		t.Errorf("%g allocations a row", n)
	}
}

func BenchmarkApply(b *testing.B) {
	s := newSite(15, 50)
	a := s.labelled(b, 20, 1, func(i int) bool { return s.y[i] }).Adjuster()
	x := s.model.Tiers.NewEvaluation()
	s.model.Tiers.Evaluate(x, s.raw[0])
	var scratch adapt.Scratch
	for b.Loop() {
		a.Apply(x, &s.rows, 0, &scratch)
	}
}

func BenchmarkFit(b *testing.B) {
	s := newSite(16, adapt.MaxLabels)
	for _, k := range []int{10, 50, adapt.MaxLabels} {
		b.Run(strconv.Itoa(k), func(b *testing.B) {
			state := s.labelled(b, k, 1, func(i int) bool { return s.y[i] })
			for b.Loop() {
				state.Adjuster()
			}
		})
	}
}
