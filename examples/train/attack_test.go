package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// TestAttack runs the evasion suite on a few attacks: it must find attacks to
// begin with, and no padding may evade a certified alert, or evasion fails.
func TestAttack(t *testing.T) {
	m, err := defaultModel(event.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := evasion(&out, m.Tiers, nil, 1, 6, 2*generation); err != nil {
		t.Fatal(err)
	}
	for _, f := range families() {
		if !strings.Contains(out.String(), "| "+f.name+" |") {
			t.Errorf("no line for %s in\n%s", f.name, out.String())
		}
	}
	if strings.Contains(out.String(), "0 of them certified") {
		t.Errorf("nothing is certified:\n%s", out.String())
	}
}

// Changes change something, most of the time, and keep what is to be kept.
func TestFamilies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := probe{value: "1'+or+1=1+union/**/select+user+--+-", first: "1'+or+1=1+union/**/select+user+--+-"}
	for _, f := range families() {
		changed := 0
		for range 100 {
			if q := f.mutate(r, p); q != p {
				changed++
			}
		}
		if changed < 50 {
			t.Errorf("%s changes %d of 100", f.name, changed)
		}
	}
	if v := swapCase(r, "%3c%3C"); v != "%3c%3C" {
		t.Errorf("escapes became %q", v)
	}
}

// Changes keep the harm: no digit of an escape becomes a number, an escaped blank
// stays a blank, and words do not grow together.
func TestFamiliesKeepTheHarm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const attack = "%27%29%7c%7cuser%7c%7c%2711+or+19=19--+-"
	for range 200 {
		if v := encodeIntegers(r, attack); !strings.HasPrefix(v, "%27%29%7c%7cuser%7c%7c%27") {
			t.Fatalf("an escape became a number: %s", v)
		}
		if v := swapOperators(r, attack); strings.Contains(v, "oruser") || strings.Contains(v, "19like") {
			t.Fatalf("words grew together: %s", v)
		}
		if v := addInvariants(r, attack); !strings.HasPrefix(v, "%27%29%7c%7cuser%7c%7c%2711+or+19=19+") || !strings.HasSuffix(v, "--+-") {
			t.Fatalf("a condition stands elsewhere: %s", v)
		}
		if v := encode(r, "a+b"); strings.Contains(v, "2b") {
			t.Fatalf("a blank became a plus: %s", v)
		}
	}
}

// A detector beside the model is asked for each probe, in order, and one that
// falls silent or talks nonsense is an error and no verdict.
func TestNeighbour(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no shell")
	}
	script := filepath.Join(t.TempDir(), "detector")
	if err := os.WriteFile(script, []byte("echo a detector\nwhile read -r line; do case $line in *evil*) echo 7.5 1;; *end*) exit;; *odd*) echo maybe;; *) echo 0 0;; esac; done\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := newNeighbour("sh " + script)
	if err != nil {
		t.Fatal(err)
	}
	said, err := n.judge([]probe{newProbe("evil"), newProbe("good"), newProbe("evil")})
	if want := []judgement{{7.5, true}, {0, false}, {7.5, true}}; err != nil || n.name != "a detector" || !slices.Equal(said, want) {
		t.Errorf("%s says %v, %v", n.name, said, err)
	}
	for _, text := range []string{"odd", "end"} {
		if said, err := n.judge([]probe{newProbe(text)}); err == nil {
			t.Errorf("%s: %v and no error", text, said)
		}
	}
	if err := n.close(); err != nil {
		t.Error(err)
	}
	for _, command := range []string{"", "true", "/nowhere/at/all"} {
		if _, err := newNeighbour(command); err == nil {
			t.Errorf("%q is a detector", command)
		}
	}
}
