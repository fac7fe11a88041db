package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// setsOf returns the test parts of the labelled sets in a folder: the default
// model has not seen these rows.
func setsOf(data string) ([]set, error) {
	if data == "" {
		return []set{builtin()}, nil
	}
	full, err := readRows(filepath.Join(data, "csic-2010", "raw.ndjson.gz"))
	if err != nil {
		return nil, err
	}
	values, err := readRows(filepath.Join(data, "openappsec-values", "values.ndjson.gz"))
	if err != nil {
		return nil, err
	}
	modern, err := readRows(filepath.Join(data, "modern-http", "requests.ndjson.gz"))
	if err != nil {
		return nil, err
	}
	scans, err := readScans(filepath.Join(data, "access-scans"))
	if err != nil {
		return nil, err
	}
	alone := make([]request, len(scans))
	for i, r := range scans {
		_, rest, _ := strings.Cut(r.line, " ")
		r.line = "- " + rest
		alone[i] = r
	}
	return []set{
		{"csic-2010, whole requests", "json", full},
		{"csic-2010, log lines", "combined", logLines(full)},
		{"openappsec-values", "json", values},
		{"access-scans, agent masked", "combined", scans},
		{"access-scans, agent and client masked", "combined", alone},
		{"modern-http, ordinary requests", "json", modern},
	}, nil
}

// row is a row of the sets that are JSON lines.
type row struct {
	request
	Payload   *string         `json:"payload"`
	Headers   json.RawMessage `json:"headers"`
	Label     int             `json:"label"`
	Split     string          `json:"split"`
	Ambiguous bool            `json:"ambiguous"`
}

// readRows reads the test part of a set of JSON lines.
func readRows(path string) ([]request, error) {
	in, done, err := open(path)
	if err != nil {
		return nil, err
	}
	defer done()
	var all []request
	for rows := json.NewDecoder(in); ; {
		var r row
		if err := rows.Decode(&r); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if r.Split != "test" || r.Ambiguous || r.Label < 0 {
			continue
		}
		q := r.request
		q.label = uint8(r.Label)
		if r.Payload != nil { // a bare parameter value
			q = request{Method: "GET", URI: "/?q=" + url.QueryEscape(*r.Payload), Headers: plain(), label: q.label}
		} else if q.Headers, err = headersOf(r.Headers); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, q)
	}
}

// headersOf reads headers as an object or as pairs.
func headersOf(text json.RawMessage) ([][2]string, error) {
	if len(text) == 0 || text[0] != '{' {
		var pairs [][2]string
		if len(text) == 0 {
			return nil, nil
		}
		return pairs, json.Unmarshal(text, &pairs)
	}
	var object map[string]string
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	var pairs [][2]string
	for name, value := range object {
		pairs = append(pairs, [2]string{name, value})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return pairs, nil
}

// logLines returns what an access log shows of requests.
func logLines(whole []request) []request {
	lines := make([]request, len(whole))
	for i, r := range whole {
		lines[i] = request{Method: r.Method, URI: r.URI, Headers: plain(), label: r.label}
	}
	return lines
}

// readScans reads the test part of access-scans, every agent masked.
func readScans(dir string) ([]request, error) {
	log, closeLog, err := open(filepath.Join(dir, "access.log.gz"))
	if err != nil {
		return nil, err
	}
	defer closeLog()
	labels, closeLabels, err := open(filepath.Join(dir, "labels.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer closeLabels()
	table := csv.NewReader(labels) // line,label,attack_class,source,split
	if _, err := table.Read(); err != nil {
		return nil, err
	}
	var all []request
	for lines := bufio.NewScanner(log); lines.Scan(); {
		cells, err := table.Read()
		if err != nil {
			return nil, fmt.Errorf("labels of access-scans: %w", err)
		}
		if cells[4] != "test" || cells[1] == "-1" {
			continue
		}
		r, ok := maskedLine(lines.Text())
		if !ok {
			continue // no request line
		}
		r.label = cells[1][0] - '0'
		all = append(all, r)
	}
	return all, nil
}

// maskedLine reads a line of a combined log and puts a browser's agent into it.
func maskedLine(line string) (request, bool) {
	first, rest := cutQuoted(line)
	referrer, rest := cutQuoted(rest)
	agent, _ := cutQuoted(rest)
	method, target, ok := strings.Cut(first, " ")
	end := strings.LastIndex(target, " HTTP/")
	if !ok || end < 0 || agent == "" {
		return request{}, false
	}
	r := request{Method: method, URI: unescaped.Replace(target[:end]), Headers: plain()}
	if referrer != "-" && referrer != "" {
		r.Headers = append(r.Headers, [2]string{"Referer", unescaped.Replace(referrer)})
	}
	at := strings.LastIndex(line, `"`+agent+`"`)
	r.line = line[:at] + `"` + browser + `"`
	return r, true
}

// unescaped undoes what Apache does to quotes.
var unescaped = strings.NewReplacer(`\"`, `"`, `\\`, `\`)

// cutQuoted returns the first quoted text of a line, still escaped, and what
// follows it.
func cutQuoted(line string) (text, rest string) {
	_, line, _ = strings.Cut(line, `"`)
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			return line[:i], line[i+1:]
		}
	}
	return "", ""
}

func open(path string) (io.Reader, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return z, f.Close, nil
}
