package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(100, 1)
	line := 1 + strings.Count(log[:strings.LastIndex(log, attacker)], "\n")
	path := write(t, "auth.log", append([]byte("\n"), log...)) // a blank first line: line and record differ
	where := path + ":" + itoa(line+1)
	r := tiercel(t, nil, "explain", "--model", trained, "--budget", "1%", where)
	if r.status != 0 {
		t.Fatalf("status %d: %s", r.status, r.err)
	}
	for _, want := range []string{
		where, "record " + itoa(line), "kind auth", "threat, ", attacker, "Failed password for", "source.ip", "user.name",
		"FIELDS", "FEATURES", "BASE LEARNERS", "META-LEARNERS", "SUPER-LEARNER", "score ", "beta", "h = c(", "budget 1%",
	} {
		if !strings.Contains(r.out, want) && !strings.Contains(r.out, filepath.Base(want)) {
			t.Errorf("does not show %q", want)
		}
	}
	if t.Failed() {
		t.Log(r.out)
	}
	// The score is that of a scan, windows and all.
	for _, v := range verdicts(t, tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", path).out) {
		if v.Line == int64(line+1) && !strings.Contains(r.out, "score "+fourDecimals(*v.Score)) {
			t.Errorf("scan says %v:\n%s", *v.Score, r.out)
		}
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func fourDecimals(v float64) string {
	b, _ := json.Marshal(float64(int(v*1e4+0.5)) / 1e4)
	return string(b)
}

func TestExplainErrors(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(20, 1)
	path := write(t, "auth.log", []byte("\n"+log+"{\n"))
	last := strings.Count(log, "\n") + 2
	for _, c := range []struct {
		name, where, says string
		status            int
	}{
		{"no line", path, "want FILE:LINE", 1},
		{"line 0", path + ":0", "want FILE:LINE", 1},
		{"blank line", path + ":1", "is no record", 1},
		{"behind the end", path + ":9999", "lines", 1},
		{"missing file", path + "x:1", "no such file", 1},
		{"unreadable record", path + ":" + itoa(last), "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tiercel(t, nil, "explain", "--model", trained, c.where)
			if r.status != c.status || !strings.Contains(r.err, c.says) {
				t.Errorf("status %d: %s", r.status, r.err)
			}
			if c.status == 0 && !strings.Contains(r.out, "not judged") {
				t.Errorf("%s", r.out)
			}
		})
	}
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	log, labels := sshLog(150, 10)
	path := write(t, "auth.log", []byte(log))
	r := tiercel(t, nil, "evaluate", "--model", trained, "--budget", "1%", "--type", "type",
		"--labels", write(t, "labels.csv", []byte(labels)), path)
	var e struct {
		Kind                  string
		Rows, Normal, Threats int
		AUROC                 float64
		AveragePrecision      float64            `json:"average_precision"`
		RecallAtFPR           map[string]float64 `json:"recall_at_fpr"`
		FalseAlarms           struct {
			Allowed, Rate float64
			Count         int
		} `json:"false_alarms"`
		Recall       float64
		RecallByType map[string]float64 `json:"recall_by_type"`
		Baseline     struct {
			Feature string
			AUROC   float64
		}
	}
	if err := json.Unmarshal([]byte(r.out), &e); err != nil || r.status != 0 {
		t.Fatalf("status %d, %v: %s%s", r.status, err, r.out, r.err)
	}
	attacks := strings.Count(labels, ",1,")
	if e.Kind != "auth" || e.Rows != strings.Count(log, "\n") || e.Threats != attacks || e.Normal != e.Rows-attacks {
		t.Errorf("%+v", e)
	}
	if e.AUROC < 0.9 || e.AUROC > 1 || e.AveragePrecision < 0.8 || len(e.RecallAtFPR) != 2 || e.FalseAlarms.Allowed != 0.01 || e.FalseAlarms.Rate > 0.1 {
		t.Errorf("%+v", e)
	}
	// Evaluation and scan judge alike.
	alarms, found := 0, 0
	truth := strings.Split(labels, "\n")
	for _, v := range verdicts(t, tiercel(t, nil, "scan", "--model", trained, "--budget", "1%", "--output", "ndjson", path).out) {
		if strings.Contains(truth[v.Line], ",1,") {
			found++
		} else {
			alarms++
		}
	}
	if alarms != e.FalseAlarms.Count || float64(found)/float64(attacks) != e.Recall {
		t.Errorf("scan: %d false alarms, %d of %d found; evaluate: %d, %v", alarms, found, attacks, e.FalseAlarms.Count, e.Recall)
	}
	if _, ok := e.RecallByType["brute-force"]; !ok || e.Baseline.Feature == "" || e.Baseline.AUROC < 0.5 {
		t.Errorf("%+v", e)
	}
}

// Labels may be a member of JSON lines; a table of any columns can be learned.
func TestTrainTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("bytes,packets,proto,junk,label\n")
	for i := range 600 {
		attack := i%3 == 0
		size, proto, label := 100+i*7%97, []string{"tcp", "udp"}[i%2], "normal"
		if attack {
			size, label = 5000+i*i*13%90001, "flood"
		}
		b.WriteString(itoa(size) + "," + itoa(1+i*i%37) + "," + proto + "," + itoa(i*7919%1009) + "," + label + "\n")
	}
	data := write(t, "flows.csv", []byte(b.String()))
	model := filepath.Join(t.TempDir(), "table.tiercel")
	r := tiercel(t, nil, "train", "--kind", "table", "--data", data, "--label", "label", "--ignore", "junk", "-o", model)
	if r.status != 0 {
		t.Fatal(r.err)
	}
	first, _ := os.ReadFile(model)
	if r := tiercel(t, nil, "train", "--kind", "table", "--data", data, "--label", "label", "--ignore", "junk", "--workers", "1", "-o", model); r.status != 0 {
		t.Fatal(r.err)
	}
	if again, _ := os.ReadFile(model); string(first) != string(again) {
		t.Error("the same data and seed gave other bytes")
	}
	show := tiercel(t, nil, "model", "show", model)
	if show.status != 0 || !strings.Contains(show.out, "kind table") || !strings.Contains(show.out, "600 rows") || strings.Contains(show.out, filepath.Dir(data)) {
		t.Errorf("%s%s", show.out, show.err)
	}
	eval := tiercel(t, nil, "evaluate", "--model", model, "--label", "label", data)
	if eval.status != 0 || !strings.Contains(eval.out, `"threats": 200`) || !strings.Contains(eval.out, `"flood"`) {
		t.Errorf("%s%s", eval.out, eval.err)
	}
	scan := tiercel(t, nil, "scan", "--model", model, "--output", "ndjson", "--all", data)
	if rows := verdicts(t, scan.out); scan.status != 0 || len(rows) != 600 || rows[0].Kind != "table" || *rows[0].Score <= *rows[1].Score {
		t.Errorf("status %d, %d rows: %s", scan.status, len(rows), scan.err)
	}
}

func TestTrainErrors(t *testing.T) {
	t.Parallel()
	log, labels := sshLog(20, 1)
	path, beside := write(t, "auth.log", []byte(log)), write(t, "labels.csv", []byte(labels))
	out := filepath.Join(t.TempDir(), "m")
	for _, c := range []struct {
		name, says string
		args       []string
	}{
		{"no output", "-o MODEL", []string{"--kind", "auth", "--data", path}},
		{"no kind", "--kind", []string{"--data", path, "-o", out}},
		{"no data", "no file", []string{"--kind", "auth", "-o", out}},
		{"no such file", "no such file", []string{"--kind", "auth", "--data", path + "x", "-o", out}},
		{"no such column", "severity", []string{"--kind", "auth", "--data", path, "--label", "severity", "-o", out}},
		{"labels of another count", "files of labels", []string{"--kind", "auth", "--data", path, "--labels", beside + "," + beside, "-o", out}},
		{"labels that are none", "line", []string{"--kind", "auth", "--data", path, "--labels", path, "-o", out}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tiercel(t, nil, append([]string{"train"}, c.args...)...)
			if r.status != 1 || !strings.Contains(r.err, c.says) {
				t.Errorf("status %d: %s", r.status, r.err)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("wrote a model in spite of it")
			}
		})
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	key, pub := keyFiles(t)
	_, stranger := keyFiles(t)
	signed := filepath.Join(t.TempDir(), "signed.tiercel")
	data, err := os.ReadFile(trained)
	if err != nil {
		t.Fatal(err)
	}
	broken := write(t, "broken.tiercel", data[:len(data)-1])
	const login = `{"line":"Jan 29 08:53:17 web1 sshd[16416]: Accepted password for anna from 192.0.2.10 port 51122 ssh2","format":"syslog"`
	good := write(t, "good.ndjson", []byte(login+`,"max":0.9,"threat":false}`))
	differs := write(t, "differs.ndjson", []byte(login+"}\n"+login+`,"threat":true}`))
	other := write(t, "other.ndjson", []byte(`{"line":"203.0.113.7 - - [29/Jan/2026:10:01:02 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"","format":"combined"}`))
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"show", []string{"show", trained}, 0, "BASE LEARNERS"},
		{"verify", []string{"verify", trained}, 0, "valid, not signed"},
		{"verify unsigned by key", []string{"verify", trained, "--key", pub}, 1, "not signed"},
		{"sign", []string{"sign", trained, "--key", key, "-o", signed}, 0, "signed by"},
		{"verify signed", []string{"verify", signed, "--key", pub}, 0, "valid, signed by"},
		{"verify by one of two keys", []string{"verify", signed, "--key", stranger, "--key", pub}, 0, "valid, signed by"},
		{"verify by a stranger's key", []string{"verify", signed, "--key", stranger}, 1, "not trusted"},
		{"verify broken", []string{"verify", broken}, 1, "broken.tiercel"},
		{"verify by canaries", []string{"verify", trained, "--canary", good}, 0, "valid"},
		{"canary differs", []string{"verify", trained, "--canary", differs}, 1, differs + ":2: threat false, want true"},
		{"canaries of another kind", []string{"verify", trained, "--canary", other}, 1, "none is of the model's kind"},
		{"canaries that are none", []string{"verify", trained, "--canary", pub}, 1, pub + ":1: "},
		{"no canaries", []string{"verify", trained, "--canary", "none.ndjson"}, 1, "none.ndjson"},
		{"verify signed by canaries", []string{"verify", signed, "--key", pub, "--canary", differs}, 1, differs + ":2: "},
		{"downgrade", []string{"verify", trained, "--min-epoch", "4000000000"}, 1, "older than --min-epoch 4000000000"},
		{"key that is none", []string{"sign", trained, "--key", trained, "-o", signed}, 1, "no ed25519 key"},
		{"diff of equals", []string{"diff", trained, signed}, 0, ""},
		{"unknown", []string{"polish", trained}, 1, "unknown command"},
	} {
		r := tiercel(t, nil, append([]string{"model"}, c.args...)...)
		if r.status != c.status || !strings.Contains(r.out+r.err, c.says) {
			t.Errorf("%s: status %d: %s%s", c.name, r.status, r.out, r.err)
		}
	}
}

func TestSmallCommands(t *testing.T) {
	t.Parallel()
	formats := tiercel(t, nil, "formats")
	for _, f := range event.Formats() {
		if !strings.Contains(formats.out, f.Name+" ") {
			t.Errorf("formats does not list %s", f.Name)
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{nil, 0, "Usage:"},
		{[]string{"--help"}, 0, "scan"},
		{[]string{"version"}, 0, "tiercel "},
		{[]string{"man"}, 0, ".SH NAME\n"},
		{[]string{"completion", "bash"}, 0, "bash completion"},
		{[]string{"completion", "fish"}, 0, "fish completion"},
		{[]string{"completion", "zsh"}, 0, "#compdef tiercel"},
		{[]string{"completion", "powershell"}, 0, "Register-ArgumentCompleter"},
		{[]string{"bogus"}, 1, "unknown command"},
		{[]string{"formats", "bogus"}, 1, "unknown command"},
	} {
		r := tiercel(t, nil, c.args...)
		if r.status != c.status || !strings.Contains(r.out+r.err, c.says) || (c.status == 0) != (r.err == "") {
			t.Errorf("%q: status %d: %s%s", c.args, r.status, r.out, r.err)
		}
	}
}
