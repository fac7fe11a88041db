package guest

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/plugins/abi"
)

var (
	nan    = float32(math.NaN())
	inf    = float32(math.Inf(1))
	schema = &feature.Schema{Kind: event.HTTP, Names: []string{"a", "b", "c"}, Stateless: 2}
)

func contract(t *testing.T, d abi.Description) *Contract {
	t.Helper()
	c, err := New("wasm", &d, schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNew(t *testing.T) {
	d := abi.Description{ID: "x", Kinds: []string{"http"}, Features: []string{"c", "a"}, Texts: []string{"query"}, Class: "sqli", Cost: 7}
	info := contract(t, d).Info()
	if info.ID != "x" || info.Type != "wasm" || info.Class != "sqli" || info.Cost != 7 || !info.Texts || !info.Context || !reflect.DeepEqual(info.Columns, []int{2, 0}) {
		t.Errorf("%+v", info)
	}
	for name, refuse := range map[string]func() (abi.Description, []byte){
		"another kind":       func() (abi.Description, []byte) { d := d; d.Kinds = []string{"dns"}; return d, nil },
		"no configuration":   func() (abi.Description, []byte) { d := d; d.Config = true; return d, nil },
		"a huge one":         func() (abi.Description, []byte) { return d, make([]byte, abi.MaxConfig+1) },
		"a feature too many": func() (abi.Description, []byte) { d := d; d.Features = []string{"z"}; return d, nil },
	} {
		d, config := refuse()
		if _, err := New("wasm", &d, schema, config); err == nil {
			t.Errorf("%s: not refused", name)
		} else if f, ok := errors.AsType[*Fault](err); !ok || f.Reason != Refused || f.Plugin != "x" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFits(t *testing.T) {
	c := contract(t, abi.Description{ID: "x", Kinds: []string{"http"}, Features: []string{"c"}})
	good := &feature.Batch{N: 2, D: 3, X: make([]float32, 6)}
	if err := c.Fits(make([]float32, 2), good); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"dst":     c.Fits(make([]float32, 3), good),
		"x":       c.Fits(make([]float32, 2), &feature.Batch{N: 2, D: 3, X: make([]float32, 5)}),
		"columns": c.Fits(make([]float32, 2), &feature.Batch{N: 2, D: 2, X: make([]float32, 4)}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCut(t *testing.T) {
	c := contract(t, abi.Description{ID: "x", Kinds: []string{"http"}, Features: []string{"*"}})
	b := &feature.Batch{N: 100, D: 3, X: make([]float32, 300)}
	for _, tt := range []struct{ at, rows, bytes, to int }{
		{0, 1000, 1 << 20, 100},
		{90, 1000, 1 << 20, 100},
		{0, 10, 1 << 20, 10},
		{0, 100, abi.HeaderSize + 12*50, 50},
		{0, 100, abi.HeaderSize + 12*49, 25},
		{7, 100, 1, 8}, // one row, however large
	} {
		to, size := c.Cut(b, tt.at, tt.rows, tt.bytes)
		if to != tt.to || size != abi.HeaderSize+12*(to-tt.at) {
			t.Errorf("%+v: cut at %d, %d bytes", tt, to, size)
		}
	}
}

func TestProper(t *testing.T) {
	c := contract(t, abi.Description{ID: "x", Kinds: []string{"http"}, Features: []string{"a"}, Low: 0, High: 1})
	scores := []float32{0, 1, nan, -0.1, 1.1, inf, -inf}
	c.Proper("score", scores)
	for i, want := range []float32{0, 1, nan, nan, nan, nan, nan} {
		if scores[i] != want && (scores[i] == scores[i] || want == want) {
			t.Errorf("score %d is %v, want %v", i, scores[i], want)
		}
	}
	want := []Count{{Improper, 4, "plugin x: score: improper scores: infinite, or outside the declared range"}}
	if got := c.Faults(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Equal scores are told when there are enough of them, until one differs.
func TestConstant(t *testing.T) {
	for name, score := range map[string]float32{"every row scores 0.25": 0.25, "no row has a score": nan} {
		c := contract(t, abi.Description{ID: "x", Kinds: []string{"http"}, Features: []string{"a"}, Low: -inf, High: inf})
		scores := make([]float32, enough-1)
		for i := range scores {
			scores[i] = score
		}
		c.Proper("", scores)
		c.Proper("", nil)
		if n := c.Faults(); n != nil {
			t.Errorf("%+v after %d rows", n, len(scores))
		}
		c.Proper("", scores[:1])
		want := []Count{{Constant, enough, "plugin x: constant scores: " + name}}
		if got := c.Faults(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		c.Proper("", []float32{7})
		c.Proper("", scores)
		if n := c.Faults(); n != nil {
			t.Errorf("%+v after another score", n)
		}
	}
}

func TestTally(t *testing.T) {
	var c Tally
	c.Add(&Fault{Plugin: "x", Reason: Late, Detail: "first"}, 1)
	c.Add(&Fault{Plugin: "x", Call: "Score", Reason: Late, Detail: "second"}, 2)
	c.Add(errors.New("other"), 1)
	want := []Count{{Crashed, 1, "other"}, {Late, 3, "plugin x: Score: too late: second"}}
	if got := c.Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := Escape([]byte("a\x1b[2J\"\n\xff")); got != `a\x1b[2J\"\n\xff` {
		t.Errorf("escaped %s", got)
	}
}
