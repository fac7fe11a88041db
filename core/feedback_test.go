package core_test

import (
	"context"
	"math"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/model"
)

// labelSome labels every step-th record of a log, rightly or wrongly.
func labelSome(t *testing.T, e *core.Engine, l *sampleLog, step int, wrong bool) *adapt.State {
	t.Helper()
	state := e.Labels(l.kind)
	scan := e.NewScan()
	n := 0
	if _, err := scan.File(context.Background(), l.name, l.reader(t, 0), func(r *core.Result) error {
		for i := range r.Verdicts {
			x := scan.Example(r, i)
			if n++; x == nil || n%step != 0 {
				continue
			}
			_, attack := l.truth[r.Verdicts[i].Line]
			if _, err := state.Label(x, attack != wrong, "ann"); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return state
}

// Labels reach guests, in scans that spare them most rows too: one that speaks
// up for what people call harmless raises less, and as before once they are undone.
func TestLabelsMoveGuests(t *testing.T) {
	l := &sampleOf(t).test[0]
	lifts := func(e *core.Engine) (sum float64) {
		verdicts, _, _ := scanAll(t, e, l, 0)
		for _, v := range verdicts {
			sum += v.Lift
		}
		return sum
	}
	var left [2]float64
	for k, only := range []bool{false, true} {
		e := engineOf(t, core.Options{ThreatsOnly: only, Plugins: []core.Plugin{pluginOf(l.kind, "loud", "", constant(1))}})
		state := labelSome(t, e, l, 23, true)
		for _, label := range state.Labels() { // attacks that were called harmless are left
			if label.Threat {
				if err := state.Undo(label.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if left[k] = state.Heed("loud"); !(left[k] < 1 && left[k] > 0) {
			t.Fatalf("it keeps %g of its reach after %d labels", left[k], state.Len())
		}
		wrong, err := e.Adapted(state)
		if err != nil {
			t.Fatal(err)
		}
		if only {
			break // lifts are those of the records that were asked about
		}
		before, after := lifts(e), lifts(wrong)
		if math.Abs(after/before-left[k]) > 1e-9 {
			t.Errorf("lifts of %g in all, %g before, want %g of it", after, before, left[k])
		}
		state.Rollback(0)
		if e, err = wrong.Adapted(state); err != nil {
			t.Fatal(err)
		}
		if got := lifts(e); got != before {
			t.Errorf("lifts of %g with all labels undone, %g before any", got, before)
		}
	}
	if left[0] != left[1] {
		t.Errorf("%g of its reach is left, %g where only threats matter", left[0], left[1])
	}
}

// An engine whose labels were all taken back gives the model's verdicts, bit for
// bit; with labels, verdicts move within the bound, one worker and many agree,
// and leaving out what can be no threat changes no threat.
func TestAdapted(t *testing.T) {
	plain := engineOf(t, core.Options{Workers: 1})
	for _, l := range sampleOf(t).test {
		t.Run(l.name, func(t *testing.T) {
			state := labelSome(t, plain, &l, 23, true)
			want, _, _ := scanAll(t, plain, &l, 0)
			adapted, err := plain.Adapted(state)
			if err != nil {
				t.Fatal(err)
			}
			got, _, _ := scanAll(t, adapted, &l, 0)
			moved := 0
			for i := range got {
				if got[i].Err != nil {
					continue
				}
				d := math.Abs(logOdds(got[i].Score) - logOdds(want[i].Score))
				if d > state.Bound()+1e-6 {
					t.Fatalf("line %d moved by %g, more than %g", got[i].Line, d, state.Bound())
				}
				if d > 0.5 {
					moved++
				}
			}
			if moved == 0 {
				t.Error("labels moved nothing")
			}
			many, _, _ := scanAll(t, adapted.With(core.Options{Workers: 4}), &l, 4<<10)
			if !reflect.DeepEqual(got, many) {
				t.Error("four workers give other verdicts than one")
			}
			gated, _, _ := scanAll(t, adapted.With(core.Options{Workers: 2, ThreatsOnly: true}), &l, 4<<10)
			threats := 0
			for i := range got {
				if got[i].Threat != gated[i].Threat || got[i].Threat && !reflect.DeepEqual(got[i], gated[i]) {
					t.Fatalf("line %d: %+v alone, %+v where only threats matter", got[i].Line, got[i].Verdict, gated[i].Verdict)
				}
				if got[i].Threat {
					threats++
				}
			}
			t.Logf("%d threats, %d rows moved by more than .5", threats, moved)

			state.Rollback(0)
			back, err := adapted.Adapted(state)
			if err != nil {
				t.Fatal(err)
			}
			if got, _, _ := scanAll(t, back, &l, 0); !reflect.DeepEqual(got, want) {
				t.Error("labels taken back leave a trace")
			}
		})
	}
}

func logOdds(p float64) float64 { return math.Log(p) - math.Log1p(-p) }

// A model file carries labels, and every engine that reads it gives the
// verdicts of the engine that was given them.
func TestAdaptedModel(t *testing.T) {
	s := sampleOf(t)
	l := &s.test[0]
	plain := engineOf(t, core.Options{Workers: 1})
	state := labelSome(t, plain, l, 29, true)
	adapted, err := plain.Adapted(state)
	if err != nil {
		t.Fatal(err)
	}
	m := *s.models[0]
	m.Adaptation = state.AppendTo(nil)
	data, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	read, err := model.Read(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	loaded := engineOf(t, core.Options{Workers: 1, Models: []*model.Model{read}})
	got, _, _ := scanAll(t, loaded, l, 0)
	want, _, _ := scanAll(t, adapted, l, 0)
	if !reflect.DeepEqual(got, want) {
		t.Error("the model file gives other verdicts than the labels in it")
	}
	if n := loaded.Labels(l.kind).Len(); n != state.Len() {
		t.Errorf("the engine has %d labels, the file %d", n, state.Len())
	}
	read.Adaptation = append(read.Adaptation, 0)
	if _, err := core.New(core.Options{Models: []*model.Model{read}}); err == nil {
		t.Error("an engine took damaged labels")
	}
	if _, err := plain.Adapted(adapt.New(sampleOf(t).models[1])); err != nil {
		t.Errorf("labels of another kind: %v", err)
	}
	only := engineOf(t, core.Options{Models: s.models[:1]})
	if _, err := only.Adapted(adapt.New(s.models[1])); err != adapt.ErrForeign {
		t.Errorf("labels of a kind without a model: %v", err)
	}
}

// Later batches of a pass know a label that was given in the middle, and the
// explanation says what it did.
func TestUse(t *testing.T) {
	l := &sampleOf(t).test[0]
	plain := engineOf(t, core.Options{Workers: 1})
	adapted, err := plain.Adapted(labelSome(t, plain, l, 29, true))
	if err != nil {
		t.Fatal(err)
	}
	scan := plain.NewScan()
	feed := scan.NewFeed(l.name, 0, 0)
	r := l.reader(t, 8<<10)
	for batch := 0; r.Next(feed.Batch()) == nil; batch++ {
		if err := feed.Judge(func(r *core.Result) error {
			for i := range r.Verdicts {
				x := scan.Explain(r, i)
				switch {
				case x == nil:
				case batch < 2 && x.Adapted != nil:
					t.Fatalf("line %d is adapted before any label", r.Verdicts[i].Line)
				case batch >= 2 && (x.Adapted == nil || math.Abs(x.Adapted.Move) > x.Adapted.Bound || x.Score != r.Verdicts[i].Score):
					t.Fatalf("line %d: score %g, explained as %g with %+v", r.Verdicts[i].Line, r.Verdicts[i].Score, x.Score, x.Adapted)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if batch == 1 {
			scan.Use(adapted)
		}
	}
}
