package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// TestEscapesDecode: whatever the disguise, a lenient decoder reads the attack.
func TestEscapesDecode(t *testing.T) {
	d := disguiser{rand.New(rand.NewPCG(1, 2))}
	for range 2000 {
		v, _ := drawAttack(d.r)
		text := d.escapes(v)
		if strings.ContainsAny(text, " \n\r\t#&+\"<>") {
			t.Fatalf("%q stands for itself in a request line", text)
		}
		for range 5 { // levels of percent signs
			text = strings.ReplaceAll(strings.ReplaceAll(text, "%25", "%"), "%u00", "%")
		}
		text, err := url.PathUnescape(strings.NewReplacer("%u", "").Replace(text))
		if strings.Contains(v, "%") || err != nil {
			continue // signs of the attack itself
		}
		if got := string(narrow([]byte(text))); got != string(narrow([]byte(v))) {
			t.Fatalf("%q became %q", v, got)
		}
	}
}

// narrow reads overlong UTF-8 of ASCII characters.
func narrow(text []byte) (out []byte) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c&^1 == 0xc0 && i+1 < len(text):
			out = append(out, c<<6|text[i+1]&0x3f)
			i++
		case c == 0xe0 && i+2 < len(text) && text[i+1] < 0x82:
			out = append(out, text[i+1]<<6|text[i+2]&0x3f)
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

// TestDisguisesDiffer: harmless values wear what attacks wear, and the
// templates of the evasion suite are none of training's.
func TestDisguisesDiffer(t *testing.T) {
	in := &injector{r: rand.New(rand.NewPCG(3, 4)), requests: []request{{Method: "GET", URI: "/a?b=c"}}}
	var out bytes.Buffer
	if err := writeDisguised(json.NewEncoder(&out), in, [2][]value{1: {{Payload: "1 or 1=1", Class: "sqli"}}}, 1000); err != nil {
		t.Fatal(err)
	}
	var count, escaped [2]int
	for lines := json.NewDecoder(&out); lines.More(); {
		var q request
		if err := lines.Decode(&q); err != nil {
			t.Fatal(err)
		}
		count[q.Label]++
		if strings.Contains(q.URI+q.Body, "%25") {
			escaped[q.Label]++
		}
	}
	if count[0] < 400 || count[1] < 400 {
		t.Errorf("%d harmless and %d harmful requests, want half each", count[0], count[1])
	}
	if escaped[0]*20 < count[0] || escaped[1]*20 < count[1] {
		t.Errorf("nested escapes in %d of %d harmless and %d of %d harmful requests, want some of both", escaped[0], count[0], escaped[1], count[1])
	}
	suite := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		added := strings.TrimPrefix(addInvariants(suite, ""), "+")
		for range 3 {
			if mine := sqlRuses[6](in.r, ""); strings.EqualFold(strings.TrimSpace(mine), strings.ReplaceAll(added, "+", " ")) {
				t.Fatalf("training writes the suite's own %q", mine)
			}
		}
	}
}
