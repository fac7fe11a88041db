package train_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/train"
)

func load(t *testing.T, o train.LoadOptions, c train.Columns, sources ...train.Source) (*train.Set, error) {
	t.Helper()
	o.Label = train.LabelBy(c)
	s, err := train.Load(sources, o)
	if err == nil {
		if n := s.Len(); s.Rows.N != n || len(s.W) != n || len(s.Group) != n || len(s.Type) != n || len(s.Site) != n || len(s.Time) != n ||
			len(s.Rows.X) != n*s.Rows.D || len(s.Rows.Texts.First) != n+1 || s.Rows.D != len(s.Schema.Names) {
			t.Fatalf("slices of the set do not fit each other: %d labels, %d rows, %d texts", n, s.Rows.N, len(s.Rows.Texts.First))
		}
	}
	return s, err
}

func TestLoadForms(t *testing.T) {
	const (
		jsonLines = `{"method":"GET","uri":"/item?id=1","label":0,"meta":{"class":"none"}}
{"method":"GET","uri":"/item?id=1%27%20or%201=1","label":1,"meta":{"class":"sqli"}}
not json
{"method":"GET","uri":"/what","label":-1,"meta":{"class":"none"}}
`
		csvFlows = `ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,src_pkts,dst_pkts,src_bytes,dst_bytes,label,category
1769680862.1,192.0.2.1,40000,198.51.100.4,443,tcp,0.5,4,5,400,900,0,"normal, quiet"
1769680863.1,203.0.113.9,40001,198.51.100.4,22,tcp,0.1,1,1,60,40,1,scan
`
		zeek = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
			"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlabel\tdetailedlabel\n" +
			"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tstring\tstring\n" +
			"1769680862.1\tC1\t192.0.2.1\t40000\t198.51.100.4\t443\ttcp\tssl\t0.5\t400\t900\tSF\tBenign\t(empty)\n" +
			"1769680863.1\tC2\t203.0.113.9\t40001\t198.51.100.4\t22\ttcp\t-\t0.1\t0\t0\tS0\tMalicious\tScan\n" +
			"1769680864.1\tC3\t192.0.2.7\t40001\t198.51.100.4\t53\tudp\tdns\t0.1\t60\t90\tSF\tBackground\t(empty)\n"
		access = `192.0.2.1 - - [29/Jan/2026:10:01:02 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"
192.0.2.1 - - [29/Jan/2026:10:01:03 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8"
203.0.113.9 - - [29/Jan/2026:10:01:04 +0000] "GET /../../etc/passwd HTTP/1.1" 400 5 "-" "curl/8"
`
		beside = "line,label,attack_class\n1,0,normal\n3,1,traversal\n"
	)
	cases := []struct {
		name    string
		log     string
		beside  string
		kind    event.Kind
		columns train.Columns
		y       []int8
		types   []string // of the rows
		unread  int64
	}{
		{"members of JSON", jsonLines, "", event.HTTP, train.Columns{Label: "label", Type: "meta.class"}, []int8{0, 1}, []string{"normal", "sqli"}, 1},
		{"cells of CSV", csvFlows, "", event.Flow, train.Columns{Label: "label", Type: "category"}, []int8{0, 1}, []string{"normal", "scan"}, 0},
		{"cells of Zeek", zeek, "", event.Flow, train.Columns{Label: "label", Type: "detailedlabel"}, []int8{0, 1}, []string{"normal", "Scan"}, 0},
		{"kind of the first record", zeek, "", event.KindNone, train.Columns{Label: "label"}, []int8{0, 1}, []string{"normal", "threat"}, 0},
		{"beside the log", access, beside, event.HTTP, train.Columns{Label: "label", Type: "attack_class"}, []int8{0, 1}, []string{"normal", "traversal"}, 0},
		{"where", csvFlows, "", event.Flow, train.Columns{Label: "label", Where: map[string]string{"category": "scan"}}, []int8{1}, []string{"threat"}, 0},
		{"label that is a type", csvFlows, "", event.Flow, train.Columns{Label: "category", Where: map[string]string{"label": "1"}}, []int8{1}, []string{"scan"}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source := train.Source{Name: "a.log", Log: strings.NewReader(c.log)}
			if c.beside != "" {
				source.Labels = strings.NewReader(c.beside)
			}
			s, err := load(t, train.LoadOptions{Event: event.Options{Kind: c.kind}}, c.columns, source)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(s.Y) != fmt.Sprint(c.y) || s.Unread != c.unread {
				t.Fatalf("labels %v, %d unread; want %v, %d", s.Y, s.Unread, c.y, c.unread)
			}
			for i, want := range c.types {
				if got := s.Types[s.Type[i]]; got != want {
					t.Errorf("row %d has type %q, want %q", i, got, want)
				}
			}
			if len(s.Sites) != 1 || s.Sites[0] != "a.log" || s.Types[0] != "normal" {
				t.Errorf("sites %q, types %q", s.Sites, s.Types)
			}
		})
	}
}

func TestLoadErrors(t *testing.T) {
	const log = `{"method":"GET","uri":"/item?id=1","label":0}` + "\n"
	broken := errors.New("the disk is gone")
	cases := []struct {
		name   string
		source train.Source
		column string
		says   string
	}{
		{"no column", train.Source{Name: "a", Log: strings.NewReader(log)}, "truth", `load a: line 1: no column "truth"`},
		{"label that is none", train.Source{Name: "a", Log: strings.NewReader(strings.Replace(log, ":0", ":7", 1))}, "label", "line 1: label is a number"},
		{"nothing labelled", train.Source{Name: "a", Log: strings.NewReader(strings.Replace(log, ":0", ":-1", 1))}, "label", "no rows"},
		{"empty", train.Source{Name: "a", Log: strings.NewReader("")}, "label", "empty"},
		{"format that does not exist", train.Source{Name: "a", Log: strings.NewReader(log), Format: "vax"}, "label", "vax"},
		{"format that does not fit", train.Source{Name: "a", Log: strings.NewReader(log), Format: "combined"}, "label", "none of 1 records"},
		{"labels without lines", train.Source{Name: "a", Log: strings.NewReader(log), Labels: strings.NewReader("label\n1\n")}, "label", `no column "line"`},
		{"labels with a line twice", train.Source{Name: "a", Log: strings.NewReader(log), Labels: strings.NewReader("line,label\n1,1\n1,0\n")}, "label", "labelled twice"},
		{"labels with a bad line", train.Source{Name: "a", Log: strings.NewReader(log), Labels: strings.NewReader("line,label\nx,1\n")}, "label", "row 2"},
		{"reader fails", train.Source{Name: "a", Log: &failing{log, broken}}, "label", "the disk is gone"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, train.LoadOptions{Event: event.Options{Kind: event.HTTP}}, train.Columns{Label: c.column}, c.source)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// failing yields a text, then an error.
type failing struct {
	text string
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.text == "" {
		return 0, f.err
	}
	n := copy(p, f.text)
	f.text = f.text[n:]
	return n, nil
}

// What says the same is one group, whatever varies by chance.
func TestLoadGroups(t *testing.T) {
	request := func(method, uri string) string {
		return `{"method":"` + method + `","uri":"` + uri + `","label":0}` + "\n"
	}
	s, err := load(t, train.LoadOptions{Event: event.Options{Kind: event.HTTP}}, train.Columns{Label: "label"},
		train.Source{Name: "a", Log: strings.NewReader(
			request("GET", "/item?id=17&x=a") + request("POST", "/item?id=98234&x=a") + request("GET", "/item?id=17&x=b") + request("GET", "/other"))})
	if err != nil {
		t.Fatal(err)
	}
	g := s.Group
	if g[0] != g[1] || g[0] == g[2] || g[0] == g[3] || g[2] == g[3] {
		t.Errorf("groups %x", g)
	}
}

// Records that are left out still pass through the windows; sites have windows
// of their own.
func TestLoadWindows(t *testing.T) {
	line := func(label int, site string) string {
		return fmt.Sprintf(`{"timestamp":"2026-01-29T10:01:02Z","client_ip":"192.0.2.1","method":"GET","uri":"/","status":404,"label":%d,"site":"%s"}`+"\n", label, site)
	}
	last := func(log string) []float32 {
		t.Helper()
		s, err := load(t, train.LoadOptions{Event: event.Options{Kind: event.HTTP}}, train.Columns{Label: "label", Site: "site"},
			train.Source{Name: "a", Log: strings.NewReader(log)})
		if err != nil {
			t.Fatal(err)
		}
		return s.Rows.Row(s.Len() - 1)[s.Schema.Stateless:]
	}
	alone, behind := last(line(0, "a")), last(strings.Repeat(line(-1, "a"), 50)+line(0, "a"))
	if equal(alone, behind) {
		t.Error("the windows did not see the records that were left out")
	}
	if other := last(strings.Repeat(line(0, "b"), 50) + line(0, "a")); !equal(alone, other) {
		t.Errorf("another site's records are in the windows:\n%v\n%v", alone, other)
	}
}

func equal(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] && (a[i] == a[i] || b[i] == b[i]) {
			return false
		}
	}
	return true
}

func TestLoadTable(t *testing.T) {
	const first = "size,proto,id,label\n10,tcp,1,normal\n20,udp,2,flood\n30,tcp,3,normal\n"
	const second = "proto,label,size,extra\nudp,flood,40,x\n"
	o := train.LoadOptions{Event: event.Options{Kind: event.Table}, Ignore: []string{"label", "id"}}
	s, err := load(t, o, train.Columns{Label: "label"},
		train.Source{Name: "a", Log: strings.NewReader(first), Format: "csv"}, train.Source{Name: "b", Log: strings.NewReader(second), Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Schema.Names, " "); got != "size proto=tcp proto=udp" {
		t.Fatalf("columns %s", got)
	}
	if got := fmt.Sprint(s.Rows.X); got != "[10 1 0 20 0 1 30 1 0 40 0 1]" {
		t.Errorf("rows %s", got)
	}
	// By a schema that exists, columns are found by name.
	o.Schema = &feature.Schema{Kind: event.Table, Names: []string{"proto=udp", "size"}, Stateless: 2, Table: []feature.Column{
		{Source: "proto", Level: []string{"udp"}}, {Source: "size"},
	}}
	s, err = load(t, o, train.Columns{Label: "label"}, train.Source{Name: "b", Log: strings.NewReader(second), Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Rows.X); got != "[1 40]" {
		t.Errorf("rows %s", got)
	}
}

func TestParseLabel(t *testing.T) {
	for _, c := range []struct {
		text string
		y    int8
		typ  string
		bad  bool
	}{
		{"1", 1, "", false},
		{"0", 0, "", false},
		{"-1", -1, "", false},
		{"true", 1, "", false},
		{"Malicious", 1, "", false},
		{" Benign ", 0, "", false},
		{"Background", -1, "", false},
		{"", -1, "", false},
		{"neptune", 1, "neptune", false},
		{"2", 0, "", true},
		{"0.5", 0, "", true},
		{strings.Repeat("x", 101), 0, "", true},
	} {
		y, typ, err := train.ParseLabel(c.text)
		if y != c.y || typ != c.typ || (err != nil) != c.bad {
			t.Errorf("%q: %d, %q, %v", c.text, y, typ, err)
		}
	}
}

func TestBestColumn(t *testing.T) {
	s := &train.Set{Y: []int8{0, 0, 1, 1}, Schema: feature.Schema{Names: []string{"noise", "low"}}}
	s.Rows = feature.Batch{N: 4, D: 2, X: []float32{1, 9, 2, 8, 1, 2, 2, 1}}
	b, ok := train.BestColumn(s)
	if !ok || b.Column != "low" || !b.Below || b.AUROC != 1 {
		t.Errorf("%+v", b)
	}
}
