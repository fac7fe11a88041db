package adapt_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
)

func TestSnapshot(t *testing.T) {
	s := newSite(20, 100)
	for _, k := range []int{0, 1, 30} {
		state := s.labelled(t, k, 3, func(i int) bool { return s.y[i] })
		data := state.AppendTo(nil)
		again, err := adapt.Read(data, s.model)
		if err != nil {
			t.Fatalf("%d labels: %v", k, err)
		}
		if !bytes.Equal(again.AppendTo(nil), data) || !slices.Equal(again.Labels(), state.Labels()) {
			t.Errorf("%d labels: restored ones differ", k)
		}
		if !slices.Equal(s.scores(again.Adjuster()), s.scores(state.Adjuster())) {
			t.Errorf("%d labels: restored ones give other scores", k)
		}
	}
	full := s.fill(t)
	if n := len(full.AppendTo(nil)); n > adapt.MaxBytes {
		t.Errorf("a full state has %d bytes", n)
	}
}

func TestReadRefuses(t *testing.T) {
	s := newSite(21, 20)
	data := s.labelled(t, 5, 2, func(i int) bool { return s.y[i] }).AppendTo(nil)
	for i := range data {
		if _, err := adapt.Read(data[:i], s.model); err == nil {
			t.Fatalf("%d of %d bytes were taken", i, len(data))
		}
	}
	if _, err := adapt.Read(append(slices.Clone(data), 0), s.model); err == nil {
		t.Error("a byte behind the end was taken")
	}
	other := newSite(21, 20)
	other.model.Tiers.Super.Beta = []float64{0.25, 0.75}
	if _, err := adapt.Read(data, other.model); err != adapt.ErrForeign {
		t.Errorf("labels of another model: %v", err)
	}
}

// Whatever is read is written again as it was, and moves nothing further than
// the bound.
func FuzzRead(f *testing.F) {
	s := newSite(22, 20)
	for _, k := range []int{0, 2, 5} {
		f.Add(s.labelled(f, k, 2, func(i int) bool { return s.y[i] }).AppendTo(nil))
	}
	f.Add(s.spoken(f, 5, "a", func(bool) float64 { return 1 }).AppendTo(nil))
	before := s.scores(nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		state, err := adapt.Read(data, s.model)
		if err != nil {
			return
		}
		if !bytes.Equal(state.AppendTo(nil), data) {
			t.Fatal("not the bytes that were read")
		}
		limit := min(float64(state.Len())*adapt.Step, adapt.Most)
		for i, z := range s.scores(state.Adjuster()) {
			if !(z-before[i] <= limit+1e-9 && before[i]-z <= limit+1e-9) {
				t.Fatalf("row %d moved from %g to %g by %d labels", i, before[i], z, state.Len())
			}
		}
	})
}
