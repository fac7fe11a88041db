package main

import (
	"strings"
	"testing"
)

func TestScore(t *testing.T) {
	const browser = `"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"`
	log := `198.51.100.7 - - [29/Jan/2026:10:00:00 +0000] "GET /products/7 HTTP/1.1" 200 5123 "-" ` + browser + `
203.0.113.9 - - [29/Jan/2026:10:00:01 +0000] "GET /products?id=7%27%20UNION%20SELECT%20user,password%20FROM%20users--%20- HTTP/1.1" 200 312 "-" ` + browser + `
198.51.100.8 - - [29/Jan/2026:10:00:02 +0000] "GET /img/logo.png HTTP/1.1" 200 900 "-" ` + browser + "\n"
	var out strings.Builder
	if err := score(&out, strings.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "line 2: sqli from 203.0.113.9, ") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("got %q, want the injection of line 2 alone", out.String())
	}
}
