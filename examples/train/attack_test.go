package main

import (
	"bytes"
	"math/rand/v2"
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
	if err := evasion(&out, m.Tiers, 1, 6, 2*generation); err != nil {
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
