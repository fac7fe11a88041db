package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// set is a list of requests that both detectors judge. What tiercel reads is
// its log: JSON lines for whole requests, lines of a web server for what such
// a log shows of them.
type set struct {
	name     string
	format   string // of the log: json or combined
	requests []request
}

// request is one HTTP request, with its label: 1 for an attack.
type request struct {
	Method  string      `json:"method"`
	URI     string      `json:"uri"`
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body,omitempty"`
	label   uint8
	line    string // as a log has it; else one is written
}

// draw keeps at most n requests, evenly over the set; 0 keeps all.
func (s *set) draw(n int) {
	if n <= 0 || n >= len(s.requests) {
		return
	}
	for i := range n {
		s.requests[i] = s.requests[i*len(s.requests)/n]
	}
	s.requests = s.requests[:n]
}

// log writes the set as tiercel reads it.
func (s *set) log() ([]byte, error) {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	for i := range s.requests {
		r := &s.requests[i]
		switch {
		case r.line != "":
			fmt.Fprintln(&out, r.line)
		case s.format == "combined":
			fmt.Fprintf(&out, "- - - [29/Jan/2026:10:00:00 +0000] \"%s %s HTTP/1.1\" 200 512 \"-\" \"%s\"\n",
				r.Method, quoted(r.URI), quoted(r.header("User-Agent")))
		default:
			if err := lines.Encode(r); err != nil {
				return nil, err
			}
		}
	}
	return out.Bytes(), nil
}

// quoted escapes what would end a field of an access log, as Apache does.
func quoted(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) }

func (r *request) header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// browser is the agent that requests have whose own is masked or not logged:
// rules know scanners by theirs.
const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"

// plain are the headers of a request of which only the target is known: without
// them rules would alarm on their absence.
func plain() [][2]string {
	return [][2]string{{"Host", "www.example.com"}, {"User-Agent", browser}, {"Accept", "*/*"}}
}
