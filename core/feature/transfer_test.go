package feature

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// labelled is a batch of requests and their labels.
type labelled struct {
	batch  *event.Batch
	labels []bool
}

// maxTransferRows is what is read of each set: enough to rank columns.
const maxTransferRows = 6000

// TestHTTPTransfer prints, for each set of requests under TIERCEL_DATA, how well
// each column alone tells attacks from the rest (AUROC, a half is nothing), so
// that a column that turns round between sets is seen; and it holds the markers
// to staying quiet on ordinary traffic.
func TestHTTPTransfer(t *testing.T) {
	root := os.Getenv("TIERCEL_DATA")
	if root == "" {
		t.Skip("TIERCEL_DATA is unset: it names the folder of labelled data")
	}
	h := NewHTTP()
	normal := readRequests(t, filepath.Join(root, "modern-http/requests.ndjson.gz"), 1)
	sets := []struct {
		name string
		data labelled
	}{
		{"csic", readRequests(t, filepath.Join(root, "csic-2010/raw.ndjson.gz"), 1)},
		{"torpeda", readRequests(t, filepath.Join(root, "torpeda-2012/requests.ndjson.gz"), 2)},
		{"httpparams", readRequests(t, filepath.Join(root, "httpparams/train.ndjson.gz"), 2)},
		{"openappsec", readRequests(t, filepath.Join(root, "openappsec-values/values.ndjson.gz"), 3)},
		{"sites", readLines(t, filepath.Join(root, "access-real/sites"), 3)},
		{"attacked", readLines(t, filepath.Join(root, "access-real/attacked"), 2)},
		{"scans", readLines(t, filepath.Join(root, "access-scans/access"), 3)},
	}
	names := h.Schema().Names[:h.Schema().Stateless]
	rows := make([]*Batch, len(sets))
	for i := range sets {
		rows[i] = encodeRequests(h, sets[i].data.batch)
	}
	modern := encodeRequests(h, normal.batch)
	header := "column"
	for _, s := range sets {
		header += "\t" + s.name
	}
	t.Log(header + "\tmodern>0")
	for c, n := range names {
		line := n
		for i, s := range sets {
			line += "\t" + percent(auroc(rows[i], s.data.labels, c))
		}
		positive := 0
		for i := range modern.N {
			if modern.Row(i)[c] > 0 {
				positive++
			}
		}
		t.Log(line + "\t" + percent(float64(positive)/float64(modern.N)))
	}

	strongest := h.Schema().Column("marker.strongest")
	for i := range modern.N {
		if modern.Row(i)[strongest] < 0.5 || testing.Short() {
			continue
		}
		explainMarkers(t, h, normal.batch, modern, i)
	}
	alarms := 0
	for i := range modern.N {
		if modern.Row(i)[strongest] >= 0.5 {
			alarms++
		}
	}
	if share := float64(alarms) / float64(modern.N); share > 0.01 {
		t.Errorf("strong markers on %.2f %% of ordinary requests", 100*share)
	}
}

func percent(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strings.TrimSpace(string(appendPercent(nil, x)))
}

func appendPercent(dst []byte, x float64) []byte {
	n := int(math.Round(x * 1000))
	return append(dst, byte('0'+n/1000), '.', byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
}

// explainMarkers prints what the markers saw in a request.
func explainMarkers(t *testing.T, h *HTTP, b *event.Batch, rows *Batch, i int) {
	for j := range rows.Texts.Of(i) {
		v := &rows.Texts.Of(i)[j]
		text := rows.Texts.Bytes(v)
		for _, m := range h.Markers().Matches(nil, text, v.Origin) {
			if m.Strength >= medium {
				from, to := max(0, m.From-20), min(len(text), m.To+30)
				t.Logf("ordinary request %d, %s: %s %q: %q", i, v.Origin, m.Class, m.Name, text[from:to])
			}
		}
	}
}

func encodeRequests(h *HTTP, b *event.Batch) *Batch {
	var dst Batch
	var obs []Observation
	var s Scratch
	h.Encode(&dst, &obs, b, &s)
	return &dst
}

// auroc of one column, NaN rows left out; NaN when a class is empty.
func auroc(b *Batch, labels []bool, c int) float64 {
	type scored struct {
		x      float32
		attack bool
	}
	var all []scored
	for i := range b.N {
		if x := b.Row(i)[c]; x == x {
			all = append(all, scored{x, labels[i]})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].x < all[j].x })
	var attacks, normals, sum float64
	for i := 0; i < len(all); {
		j, a, n := i, 0.0, 0.0
		for ; j < len(all) && all[j].x == all[i].x; j++ {
			if all[j].attack {
				a++
			} else {
				n++
			}
		}
		sum += a * (normals + n/2)
		attacks, normals = attacks+a, normals+n
		i = j
	}
	return sum / (attacks * normals)
}

// readRequests reads every step-th request of a file of JSON lines.
func readRequests(t *testing.T, path string, step int) labelled {
	l := labelled{batch: &event.Batch{}}
	eachLine(t, path, func(n int, line []byte) bool {
		if n%step != 0 {
			return true
		}
		var r struct {
			Method, URI, Body, Payload string
			Headers                    json.RawMessage
			Label                      int
			Ambiguous                  bool
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if r.Label < 0 || r.Ambiguous {
			return true
		}
		texts := map[event.TextField]string{event.Method: r.Method, event.URL: r.URI, event.Body: r.Body, event.Payload: r.Payload}
		addHeaders(texts, r.Headers)
		addRequest(l.batch, texts)
		l.labels = append(l.labels, r.Label == 1)
		return len(l.labels) < maxTransferRows
	})
	return l
}

func addHeaders(texts map[event.TextField]string, raw json.RawMessage) {
	var pairs [][2]string
	if json.Unmarshal(raw, &pairs) != nil {
		object := map[string]string{}
		if json.Unmarshal(raw, &object) != nil {
			return
		}
		for k, v := range object {
			pairs = append(pairs, [2]string{k, v})
		}
		slices.SortFunc(pairs, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	}
	for _, p := range pairs {
		switch strings.ToLower(p[0]) {
		case "host":
		case "cookie":
			texts[event.Cookie] = p[1]
		case "user-agent":
			texts[event.UserAgent] = p[1]
		case "referer":
			texts[event.Referrer] = p[1]
		case "content-type":
			texts[event.ContentType] = p[1]
		default:
			texts[event.Headers] += p[0] + ": " + p[1] + "\n"
		}
	}
}

// readLines reads every step-th line of a combined log with its labels.
func readLines(t *testing.T, stem string, step int) labelled {
	l := labelled{batch: &event.Batch{}}
	labels := map[int]string{}
	name := stem + ".labels.csv.gz"
	if strings.HasSuffix(stem, "access") {
		name = filepath.Join(filepath.Dir(stem), "labels.csv.gz")
	}
	records, err := csv.NewReader(open(t, name)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records[1:] {
		labels[i] = r[1]
	}
	eachLine(t, stem+".log.gz", func(n int, line []byte) bool {
		if n%step != 0 || labels[n] == "-1" {
			return true
		}
		parts := strings.Split(strings.ReplaceAll(string(line), `\"`, "'"), `"`)
		if len(parts) < 6 {
			return true
		}
		texts := map[event.TextField]string{event.URL: parts[1], event.Referrer: parts[3], event.UserAgent: parts[5]}
		if f := strings.SplitN(parts[1], " ", 3); len(f) > 1 {
			texts[event.Method], texts[event.URL] = f[0], f[1]
		}
		addRequest(l.batch, texts)
		l.labels = append(l.labels, labels[n] == "1")
		return len(l.labels) < maxTransferRows
	})
	return l
}

func open(t *testing.T, path string) *gzip.Reader {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func eachLine(t *testing.T, path string, f func(n int, line []byte) bool) {
	s := bufio.NewScanner(open(t, path))
	s.Buffer(nil, 1<<20)
	for n := 0; s.Scan() && f(n, s.Bytes()); n++ {
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}
