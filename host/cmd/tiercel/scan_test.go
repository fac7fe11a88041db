package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// verdict is a row of NDJSON as a script reads it.
type verdict struct {
	File           string
	Line, Record   int64
	Time           string
	Kind           string
	Score          *float64
	Threat         bool
	FalseAlarmRate float64 `json:"false_alarm_rate"`
	Severity       string
	Class          string
	Technique      []string
	Entity         string
	Incident       string
	Missing        []string
	Error          string
	Explain        *struct {
		Fields   map[string]string
		Features map[string]float64
		Learners []struct {
			ID string
			P  *float64
		}
		Metas []struct {
			Name    string
			Weights map[string]float64
		}
	}
}

func verdicts(t *testing.T, ndjson string) []verdict {
	t.Helper()
	var list []verdict
	for line := range strings.Lines(ndjson) {
		var v verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		list = append(list, v)
	}
	return list
}

func gz(t testing.TB, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return b.Bytes()
}

func TestScanTable(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(100, 1)
	path := write(t, "auth.log", []byte(log))
	r := tiercel(t, nil, "scan", "--model", trained, "--budget", "1%", path)
	if r.status != 0 {
		t.Fatalf("status %d: %s", r.status, r.err)
	}
	worst, _, _ := strings.Cut(r.out[strings.Index(r.out, "EVENTS\n")+len("EVENTS\n"):], "\n\n")
	for _, want := range []string{attacker, "T1110", "2026-01-29 ", path + ":", "Failed password for "} {
		if !strings.Contains(worst, filepath.Base(want)) {
			t.Errorf("the worst incident does not show %q:\n%s", want, worst)
		}
	}
	for _, want := range []string{"format syslog (", " lines read, 0 not parsed, ", " threats in ", "lines/s"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("standard error does not say %q:\n%s", want, r.err)
		}
	}
	if strings.Contains(r.err, attacker) || strings.Contains(r.err, "\x1b") {
		t.Errorf("standard error, which is no terminal, has log contents or escape sequences:\n%s", r.err)
	}
	for line := range strings.Lines(r.out) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestScanNDJSON(t *testing.T) {
	t.Parallel()
	log, labels := sshLog(100, 1)
	log += "not a syslog line\n"
	path := write(t, "auth.log", []byte(log))
	r := tiercel(t, nil, "scan", "--model", trained, "--budget", "1%", "--output", "ndjson", "--all", "--explain", path)
	rows := verdicts(t, r.out)
	if lines := strings.Count(log, "\n"); r.status != 0 || len(rows) != lines {
		t.Fatalf("status %d, %d rows for %d lines: %s", r.status, len(rows), lines, r.err)
	}
	truth := strings.Split(labels, "\n")
	found, attacks, alarms := 0, 0, 0
	for i, v := range rows[:len(rows)-1] {
		if v.File != path || v.Line != int64(i+1) || v.Record != v.Line || v.Kind != "auth" || v.Score == nil || *v.Score < 0 || *v.Score > 1 {
			t.Fatalf("row %d: %+v", i, v)
		}
		if v.Threat != (v.FalseAlarmRate <= 0.01) || v.Threat != (v.Incident != "") || v.Threat != (v.Severity != "none") || v.Threat != (v.Class != "") {
			t.Errorf("row %d contradicts itself: %+v", i, v)
		}
		if v.Explain == nil || len(v.Explain.Features) == 0 || len(v.Explain.Learners) == 0 || len(v.Explain.Metas) == 0 || v.Explain.Fields["process.name"] != "sshd" {
			t.Fatalf("row %d is not explained: %+v", i, v.Explain)
		}
		if attack := strings.Contains(truth[i+1], ",1,"); attack {
			attacks++
			if v.Threat {
				found++
			}
		} else if v.Threat {
			alarms++
		}
	}
	if found < attacks/2 || alarms > len(rows)/20 {
		t.Errorf("%d of %d attacks found, %d false alarms", found, attacks, alarms)
	}
	if last := rows[len(rows)-1]; last.Error == "" || last.Line != int64(len(rows)) || last.Score != nil {
		t.Errorf("the broken line: %+v", last)
	}
	if !strings.Contains(r.err, "1 not parsed (1 ") {
		t.Errorf("the broken line is not counted: %s", r.err)
	}
}

func TestScanCSV(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(60, 1)
	r := tiercel(t, strings.NewReader(log), "scan", "--model", trained, "--budget", "1%", "--output", "csv", "--explain", "-")
	rows, err := csv.NewReader(strings.NewReader(r.out)).ReadAll()
	if err != nil || r.status != 0 || len(rows) < 2 {
		t.Fatalf("status %d, %d rows, %v: %s", r.status, len(rows), err, r.err)
	}
	if rows[0][0] != "file" || rows[1][0] != "'-" || rows[1][4] != "auth" || rows[1][6] != "true" || rows[1][len(rows[1])-1] == "" {
		t.Errorf("%q", rows[:2])
	}
}

// The output does not depend on how the work is spread, nor on how the input
// is packed.
func TestScanIsRepeatable(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(3000, 1)
	path := write(t, "auth.log", []byte(log))
	base := []string{"scan", "--model", trained, "--output", "ndjson", "--all", "--explain"}
	want := tiercel(t, nil, append(base, "--workers", "1", path)...).out
	for _, workers := range []string{"2", "7", "0"} {
		if got := tiercel(t, nil, append(base, "--workers", workers, path)...).out; got != want {
			t.Errorf("%s workers give another output than one", workers)
		}
	}
	packed := write(t, "auth.log", gz(t, log))
	if got := tiercel(t, nil, append(base, packed)...).out; strings.ReplaceAll(got, packed, path) != want {
		t.Error("gzip gives another output")
	}
	if strings.Count(want, "\n") < 6000 {
		t.Errorf("%d rows", strings.Count(want, "\n"))
	}
}

func TestScanWritesFile(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(50, 1)
	in, out := write(t, "auth.log", []byte(log)), filepath.Join(t.TempDir(), "out.ndjson")
	r := tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", "-o", out, in)
	data, err := os.ReadFile(out)
	if err != nil || r.status != 0 || r.out != "" || bytes.Count(data, []byte("\n")) != strings.Count(log, "\n") || bytes.HasSuffix(data, []byte("\n\n")) {
		t.Errorf("status %d, %v, %d bytes, stdout %q: %s", r.status, err, len(data), r.out, r.err)
	}
	if r := tiercel(t, nil, "scan", "--model", trained, "-o", in, in); r.status != 1 || !strings.Contains(r.err, "one of the inputs") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	if kept, _ := os.ReadFile(in); string(kept) != log {
		t.Error("the input was written over")
	}
}

func TestScanTimeRange(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(200, 1)
	path := write(t, "auth.log", []byte(log))
	r := tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", "--since", "2026-01-29T06:00:00Z", "--until", "2026-01-29 06:30", path)
	rows := verdicts(t, r.out)
	if len(rows) == 0 {
		t.Fatal(r.err)
	}
	for _, v := range rows {
		if v.Time < "2026-01-29T06:00:00.000Z" || v.Time >= "2026-01-29T06:30:00.000Z" {
			t.Fatalf("%s is outside the range", v.Time)
		}
	}
	all := verdicts(t, tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", path).out)
	for _, v := range all {
		if v.Line == rows[0].Line && *v.Score != *rows[0].Score {
			t.Error("the range changes scores: what came before it is not in the windows")
		}
	}
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(60, 1)
	quiet := strings.Join(strings.SplitAfterN(log, "\n", 8)[1:7], "")
	good, calm := write(t, "auth.log", []byte(log)), write(t, "calm.log", []byte(quiet))
	missing := filepath.Join(t.TempDir(), "missing.log")
	web := write(t, "access.log", []byte(strings.Repeat(`192.0.2.1 - - [29/Jan/2026:10:01:02 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"`+"\n", 5)))
	cases := []struct {
		name string
		args []string
		want int
		says string
	}{
		{"no model for its events", []string{web}, 1, "access.log: no record could be judged: no model for this kind of event"},
		{"no model for the events of one", []string{web, good}, 2, "no model for this kind of event"},
		{"done", []string{good}, 0, "lines read"},
		{"threat found", []string{"--exit-code", "42", good}, 42, ""},
		{"no threat", []string{"--exit-code", "42", "--budget", "1e-9", calm}, 0, ""},
		{"nothing readable", []string{missing}, 1, "no such file"},
		{"one of two is missing", []string{missing, good}, 2, "no such file"},
		{"a directory", []string{t.TempDir(), good}, 2, "is a directory"},
		{"threat found in a partial read", []string{"--exit-code", "42", missing, good}, 42, ""},
		{"unknown flag", []string{"--no-such-flag", good}, 1, "unknown flag"},
		{"unknown output", []string{"--output", "xml", good}, 1, "--output xml"},
		{"unknown format", []string{"--format", "vax", good}, 1, "--format vax"},
		{"unknown kind", []string{"--kind", "smoke", good}, 1, "--kind smoke"},
		{"bad budget", []string{"--budget", "lots", good}, 1, "--budget lots"},
		{"bad time", []string{"--since", "yesterday", good}, 1, "--since yesterday"},
		{"bad map", []string{"--map", "client", good}, 1, "THEIRS=OURS"},
		{"bad exit code", []string{"--exit-code", "300", good}, 1, "0 to 255"},
		{"bad workers", []string{"--workers", "-2", good}, 1, "--workers"},
		{"no such model", []string{"--model", missing, good}, 1, "missing.log"},
		{"not a model", []string{"--model", good, good}, 1, "model"},
		{"model of another kind", []string{"--kind", "dns", good}, 1, "is for auth events"},
		{"standard input twice", []string{"-", "-"}, 1, "only once"},
		{"nowhere to write", []string{"-o", filepath.Join(missing, "x"), good}, 1, "x"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := tiercel(t, nil, append([]string{"scan", "--model", trained}, c.args...)...)
			if r.status != c.want || !strings.Contains(r.err, c.says) {
				t.Errorf("status %d, want %d and %q: %s", r.status, c.want, c.says, r.err)
			}
			if c.want == 1 && r.out != "" {
				t.Errorf("output in spite of it: %s", r.out)
			}
		})
	}
}

func TestScanTopIncidents(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(100, 1)
	path := write(t, "auth.log", []byte(log))
	all := tiercel(t, nil, "scan", "--model", trained, "--budget", "50%", path).out
	one := tiercel(t, nil, "scan", "--model", trained, "--budget", "50%", "--top", "1", path).out
	if len(one) >= len(all) || !strings.Contains(one, "more incident") {
		t.Errorf("--top 1:\n%s", one)
	}
}

// Learned skipping tells what it saved and lost, the same for any number of
// workers, and refuses what needs every score.
func TestScanSkips(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(2000, 1)
	path := write(t, "auth.log", []byte(log))
	base := []string{"scan", "--output", "ndjson", "--skip", "2%", "--audit", "20%"}
	counted := func(r result) string {
		_, text, _ := strings.Cut(r.err, "skipped ")
		return text
	}
	one := tiercel(t, nil, append(base, "--workers", "1", path)...)
	three := tiercel(t, nil, append(base, "--workers", "3", path)...)
	if one.status != 0 || one.out != three.out || counted(one) != counted(three) {
		t.Errorf("one worker says %q, three say %q", one.err, three.err)
	}
	for _, want := range []string{" learner evaluations, on ", "; audited ", ", lost ", "95 % interval"} {
		if !strings.Contains(counted(one), want) {
			t.Errorf("standard error does not say %q:\n%s", want, one.err)
		}
	}
	if plain := tiercel(t, nil, "scan", "--output", "ndjson", path); strings.Contains(plain.err, "skipped ") {
		t.Errorf("without --skip: %s", plain.err)
	}
	data, _ := models.Default(event.Auth)
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m.Selector = nil
	if data, err = m.Append(nil); err != nil {
		t.Fatal(err)
	}
	const nothing = "--skip skipped nothing"
	if strings.Contains(one.err, nothing) {
		t.Errorf("it skipped, and says: %s", one.err)
	}
	if r := tiercel(t, nil, append(base, "--model", write(t, "plain.tiercel", data), path)...); r.status != 0 || !strings.Contains(r.err, nothing) {
		t.Errorf("a model without a selector: %s", r.err)
	}
	for _, args := range [][]string{{"--skip", "0"}, {"--skip", "150%"}, {"--skip", "x"}, {"--skip", "1%", "--all"}, {"--skip", "1%", "--site"}, {"--skip", "1%", "--audit", "0"}} {
		if r := tiercel(t, nil, append(append([]string{"scan"}, args...), path)...); r.status != 1 || !strings.Contains(r.err, "--") {
			t.Errorf("%v: status %d: %s", args, r.status, r.err)
		}
	}
}
