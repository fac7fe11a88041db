package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestBehaviours: what is done plainly is found, so that the changed forms say
// something; and every form is in the table.
func TestBehaviours(t *testing.T) {
	var out bytes.Buffer
	if err := measureBehaviours(&out, 1, 2); err != nil {
		t.Fatal(err)
	}
	for _, v := range behaviours() {
		if v.change == "" && !strings.Contains(out.String(), "| "+v.activity+" | none | 0 of 2 |") {
			t.Errorf("%s is not found where it is done plainly", v.activity)
		}
		if !strings.Contains(out.String(), v.change) {
			t.Errorf("no line for %s", v.change)
		}
	}
	t.Log(out.String())
}
