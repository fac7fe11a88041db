package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestBehaviours: what is done is found, plainly or changed; and every form is in
// the table.
func TestBehaviours(t *testing.T) {
	var out bytes.Buffer
	if err := measureBehaviours(&out, 1, 2); err != nil {
		t.Fatal(err)
	}
	for _, v := range behaviours() {
		change := v.change
		if change == "" {
			change = "none"
		}
		if !strings.Contains(out.String(), "| "+v.activity+" | "+change+" | 0 of 2 |") {
			t.Errorf("%s, change %s: not in the table, or not found", v.activity, change)
		}
	}
	t.Log(out.String())
}
