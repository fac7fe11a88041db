package main

import (
	"strings"
	"testing"
)

// The built-in set runs through both detectors; both must earn their place on it.
func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out, "", 0, 1); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(out.String()) {
		cells := strings.Split(line, "|")
		if len(cells) != 10 || strings.HasPrefix(line, "|---") || strings.Contains(line, "detector") {
			continue
		}
		rows++
		alarms, auroc, recall := strings.TrimSpace(cells[5]), strings.TrimSpace(cells[6]), strings.TrimSpace(cells[7])
		if alarms > "0.1" || auroc < "0.8" || recall < "0.5" {
			t.Errorf("%s", line)
		}
	}
	if rows != 2 {
		t.Errorf("%d rows, want one a detector:\n%s", rows, out.String())
	}
	t.Log(out.String())
}

func TestRulesScore(t *testing.T) {
	d, err := newRules(1)
	if err != nil {
		t.Fatal(err)
	}
	attack, err := d.score(&request{Method: "GET", URI: "/?id=1%27+UNION+SELECT+user,password+FROM+users--+-", Headers: plain()})
	if err != nil || attack < anomalyThreshold {
		t.Errorf("an injection scores %v, %v", attack, err)
	}
	normal, err := d.score(&request{Method: "GET", URI: "/products/17?page=2", Headers: plain()})
	if err != nil || normal != 0 {
		t.Errorf("an ordinary request scores %v, %v", normal, err)
	}
	if _, err := newRules(5); err == nil {
		t.Error("paranoia level 5 is taken")
	}
}

// Each request gets its answer, in order, behind the name.
func TestAsk(t *testing.T) {
	d, err := newRules(1)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	in := `{"method":"GET","uri":"/products/17?page=2"}` + "\n" + `{"method":"GET","uri":"/?id=1%27+UNION+SELECT+user,password+FROM+users--+-"}` + "\n"
	if err := ask(strings.NewReader(in), &out, d); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || lines[0] != d.String() || lines[1] != "0 0" || !strings.HasSuffix(lines[2], " 1") {
		t.Errorf("%q", lines)
	}
	if err := ask(strings.NewReader("{"), &out, d); err == nil {
		t.Error("half an object is a request")
	}
}

// A masked line keeps all but the agent; both detectors see the same target.
func TestMaskedLine(t *testing.T) {
	const line = `203.0.113.9 - - [29/Jan/2026:10:00:00 +0000] "GET /a?b=%27 HTTP/1.1" 404 12 "https://example.com/" "sqlmap/1.8"`
	r, ok := maskedLine(line)
	if !ok || r.Method != "GET" || r.URI != "/a?b=%27" || r.header("user-agent") != browser || r.header("Referer") != "https://example.com/" {
		t.Errorf("%v: %+v", ok, r)
	}
	if want := strings.Replace(line, "sqlmap/1.8", browser, 1); r.line != want {
		t.Errorf("got %s, want %s", r.line, want)
	}
	const quoted = `203.0.113.9 - - [29/Jan/2026:10:00:00 +0000] "GET /a?b=\"><script> x HTTP/1.1" 200 1 "-" "w3af"`
	if r, ok := maskedLine(quoted); !ok || r.URI != `/a?b="><script> x` {
		t.Errorf("%v: %+v", ok, r)
	}
	if _, ok := maskedLine(`203.0.113.9 - - [29/Jan/2026:10:00:00 +0000] "-" 408 0 "-" "-"`); ok {
		t.Error("a line without a request is taken")
	}
}

// What tiercel reads holds one record a request, in either form.
func TestLog(t *testing.T) {
	whole := builtin()
	lines := set{format: "combined", requests: logLines(whole.requests)}
	for _, s := range []*set{&whole, &lines} {
		log, err := s.log()
		if got := strings.Count(string(log), "\n"); err != nil || got != len(s.requests) {
			t.Errorf("%s: %d lines, want %d; %v", s.format, got, len(s.requests), err)
		}
	}
	whole.draw(10)
	if len(whole.requests) != 10 || whole.requests[9].label != 1 || whole.requests[0].label != 0 {
		t.Errorf("drawn %d", len(whole.requests))
	}
}
