package main

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// A table that was written is not made again, one that failed is.
func TestLeaveGoesOn(t *testing.T) {
	o := leaving{keep: t.TempDir(), seed: 1}
	made := 0
	section := func(name string, err error) (string, error) {
		var out bytes.Buffer
		got := o.section(&out, "type", name, func(w io.Writer) error {
			made++
			_, _ = io.WriteString(w, "table of "+name)
			return err
		})
		return out.String(), got
	}
	broken := errors.New("broken off")
	if _, err := section("a", broken); !errors.Is(err, broken) {
		t.Fatalf("error %v", err)
	}
	for range 2 {
		if text, err := section("a", nil); err != nil || text != "table of a" {
			t.Fatalf("%q, %v", text, err)
		}
	}
	if made != 2 {
		t.Errorf("made %d times, want once broken and once whole", made)
	}
	o.most = 7
	if _, err := section("a", nil); err != nil || made != 3 {
		t.Errorf("other rows were not measured: %v", err)
	}
}
