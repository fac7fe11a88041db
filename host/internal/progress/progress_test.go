package progress

import (
	"strings"
	"testing"
	"time"
)

func TestRender(t *testing.T) {
	for _, c := range []struct {
		name    string
		state   State
		elapsed time.Duration
		columns int
		want    string
	}{
		{"half", State{"access.log", 50, 100, 312000, "17 threats"}, 10 * time.Second, 100, "access.log  [======      ]   50%  0:10 left  312.0k lines  31.2k lines/s  17 threats"},
		{"size not known", State{"-", 50, 0, 5, ""}, time.Second, 79, "-  5 lines  5 lines/s"},
		{"too early to estimate", State{"a", 1, 100, 1, ""}, time.Millisecond, 79, "a  [            ]    1%  1 lines  1000 lines/s"},
		{"long name keeps its end", State{strings.Repeat("dir/", 30) + "auth.log", 1, 2, 0, ""}, time.Hour, 60, "…/dir/dir/dir/dir/auth.log  [======      ]   50%  60:00 left"},
		{"no room for the name", State{"access.log", 1, 2, 0, ""}, time.Hour, 40, "[======      ]   50%  60:00 left"},
		{"more than announced", State{"a", 300, 100, 0, ""}, time.Hour, 79, "a  [============]  100%  0:00 left"},
	} {
		if got := render(c.state, c.elapsed, c.columns); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

func TestNotesStandAboveTheBar(t *testing.T) {
	var b strings.Builder
	bar := New(&b, 80)
	bar.Show(State{Label: "a", Lines: 1})
	bar.Note("format of %s: combined", "a")
	bar.Clear()
	if _, after, ok := strings.Cut(b.String(), "lines/s"); !ok || after != "\r\x1b[Kformat of a: combined\n" {
		t.Errorf("%q", b.String())
	}
}

func TestNothingIsDrawnWithoutTerminal(t *testing.T) {
	var b strings.Builder
	bar := New(&b, 0)
	bar.Show(State{Label: "a", Lines: 1})
	bar.Clear()
	if b.Len() != 0 {
		t.Errorf("%q", b.String())
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 9999: "9999", 23400: "23.4k", 1200000: "1.20M"} {
		if got := Count(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{420 * time.Millisecond: "0.42 s", 12300 * time.Millisecond: "12.3 s", 187 * time.Second: "3:07 min"} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}
