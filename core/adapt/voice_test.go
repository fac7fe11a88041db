package adapt_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
)

// spoken labels the first n rows as truth says, with what a guest of full reach
// says of each: logOdds of its truth.
func (s *site) spoken(t testing.TB, n int, guest string, logOdds func(threat bool) float64) *adapt.State {
	t.Helper()
	state := adapt.New(s.model)
	for i := range n {
		x := adapt.NewExample(s.raw[i], &s.rows, i)
		x.Say(guest, logOdds(s.y[i]))
		if _, err := state.Label(x, s.y[i], "ann"); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

// Labels quiet a guest that they contradict, by degrees, and one that was right
// as often keeps its reach, which never grows.
func TestHeed(t *testing.T) {
	s := newSite(30, 200)
	shouts := func(bool) float64 { return ensemble.GuestReach }
	wrong := func(threat bool) float64 {
		if threat {
			return -ensemble.GuestReach
		}
		return ensemble.GuestReach
	}
	right := func(threat bool) float64 { return -wrong(threat) }
	last := 1.0
	for _, n := range []int{1, 5, 20, 80} {
		h := s.spoken(t, n, "a", wrong).Heed("a")
		if h > last || h <= 0 {
			t.Errorf("%d labels against it leave %g, fewer left %g", n, h, last)
		}
		last = h
	}
	if last > 0.5 {
		t.Errorf("80 labels, some 50 of them against it, leave %g", last)
	}
	for name, h := range map[string]float64{
		"no label":              adapt.New(s.model).Heed("a"),
		"right":                 s.spoken(t, 80, "a", right).Heed("a"),
		"another guest":         s.spoken(t, 80, "b", wrong).Heed("a"),
		"it only speaks low":    s.spoken(t, 80, "a", func(bool) float64 { return -1 }).Heed("a"),
		"it abstains":           s.spoken(t, 80, "a", func(bool) float64 { return math.NaN() }).Heed("a"),
		"beyond what it may be": s.spoken(t, 80, "a", func(bool) float64 { return 1e30 }).Heed("a"),
	} {
		if h != 1 {
			t.Errorf("%s: %g of its reach, want all", name, h)
		}
	}
	// A third of what it shouts at are threats: they weigh more than the others,
	// whose records the model finds harmless itself.
	if h := s.spoken(t, 80, "a", shouts).Heed("a"); h <= last {
		t.Errorf("shouting always leaves %g, shouting at harmless records alone %g", h, last)
	}
}

// Credit is lost first, and undoing labels is as if they had never been given.
func TestHeedUndo(t *testing.T) {
	s := newSite(31, 60)
	state := s.spoken(t, 60, "a", func(threat bool) float64 { return 2 })
	want := adapt.New(s.model).Heed("a")
	state.Rollback(0)
	if got := state.Heed("a"); got != want {
		t.Errorf("%g after all labels are taken back, want %g", got, want)
	}
}

// What guests said is kept; a state without it has the bytes that it had.
func TestSnapshotVoices(t *testing.T) {
	s := newSite(32, 30)
	state := s.spoken(t, 30, "a", func(threat bool) float64 {
		if threat {
			return math.NaN()
		}
		return ensemble.GuestReach
	})
	data := state.AppendTo(nil)
	again, err := adapt.Read(data, s.model)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.AppendTo(nil), data) || again.Heed("a") != state.Heed("a") || !(again.Heed("a") < 1) {
		t.Errorf("restored: %g of its reach, was %g", again.Heed("a"), state.Heed("a"))
	}
	for i := range data {
		if _, err := adapt.Read(data[:i], s.model); err == nil {
			t.Fatalf("%d of %d bytes were taken", i, len(data))
		}
	}
	mute := s.spoken(t, 30, "a", func(bool) float64 { return math.NaN() }).AppendTo(nil)
	if !bytes.HasPrefix(mute, []byte("TCA1")) || !bytes.HasPrefix(data, []byte("TCA2")) {
		t.Errorf("versions %.4s and %.4s", mute, data)
	}
	if _, err := adapt.Read(append([]byte("TCA2"), mute[4:]...), s.model); err == nil {
		t.Error("the second version without voices was taken")
	}
	x := adapt.NewExample(s.raw[0], &s.rows, 0)
	plain := x.AppendTo(nil)
	x.Say("a", 1)
	x.Say("b", -1)
	for _, bytesOf := range [][]byte{plain, x.AppendTo(nil)} {
		y, err := state.ReadExample(bytesOf)
		if err != nil || !bytes.Equal(y.AppendTo(nil), bytesOf) {
			t.Errorf("example: %v", err)
		}
	}
	if _, err := state.ReadExample(append(plain, 0)); err == nil {
		t.Error("an example with a count of no voices was taken")
	}
}
