package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model/models"
)

// Several instances that each do pieces, and one that orders them, give the
// verdicts of core.Scan, however the log is cut. The tests run natively; the
// package's own tests hold the compiled module to the same.
func TestPieces(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("go", "run", module+"/examples/logs", "-seed", "4", "-lines", "600", "-o", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		log, format string
		kind        event.Kind
	}{
		{"access.log", "combined", event.HTTP},
		{"conn.log", "zeek", event.Flow},
		{"dns.log", "zeek", event.DNS},
		{"auth.log", "syslog", event.Auth},
	} {
		text, err := os.ReadFile(filepath.Join(dir, c.log))
		if err != nil {
			t.Fatal(err)
		}
		file, ok := models.Default(c.kind)
		if !ok {
			t.Fatalf("no default model of kind %s", c.kind)
		}
		for _, workers := range []int{1, 3} {
			for _, size := range []int{1000, 40_000, len(text)} {
				t.Run(c.log+" workers "+strconv.Itoa(workers)+" pieces "+strconv.Itoa(size), func(t *testing.T) {
					same(t, inPieces(t, file, c.format, text, workers, size, "all\x001\x00"), scanned(t, file, c.format, text, core.Options{}))
				})
			}
		}
	}
}

// The same of scans that learn the site: of a log long enough for its rates to
// be estimated, with a request that only the profile finds odd.
func TestPiecesOfSite(t *testing.T) {
	var log bytes.Buffer
	const requests = 3000
	for i := range requests {
		fmt.Fprintf(&log, "10.0.%d.%d - - [29/Jan/2026:10:%02d:%02d +0000] \"GET /shop/item%d?id=%d HTTP/1.1\" 200 512\n",
			i%7, i%50, i/60%60, i%60, i%5, i%900)
		if i == requests-9 {
			log.WriteString("10.0.9.9 - - [29/Jan/2026:11:59:00 +0000] \"GET /shop/item3?idd=abc HTTP/1.1\" 200 512\n")
		}
	}
	text := log.Bytes()
	file, _ := models.Default(event.HTTP)
	without := scanned(t, file, "combined", text, core.Options{Budget: core.Budget{Rate: 5e-3}})
	want := scanned(t, file, "combined", text, core.Options{Budget: core.Budget{Rate: 5e-3}, Site: true})
	if odd := requests - 8; !strings.HasSuffix(without[odd], "false") || !strings.HasSuffix(want[odd], core.Anomaly+" 10.0.9.9 true") {
		t.Fatalf("the odd request\n%s, of the site\n%s", without[odd], want[odd])
	}
	for _, workers := range []int{1, 3} {
		for _, size := range []int{5000, len(text)} {
			same(t, inPieces(t, file, "combined", text, workers, size, "all\x001\x00budget\x000.5%\x00site\x001\x00"), want)
		}
	}
	same(t, inPieces(t, file, "combined", text, 2, 5000, "all\x001\x00budget\x000.5%\x00"), without)
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("row %d\n%s, want\n%s", i, got[i], want[i])
		}
	}
}

func loaded(t testing.TB, file []byte) *instance {
	t.Helper()
	in := &instance{}
	if err := in.load(file); err != nil {
		t.Fatal(err)
	}
	if err := in.ready(); err != nil {
		t.Fatal(err)
	}
	return in
}

// scanned returns the rows of core.Scan as texts.
func scanned(t *testing.T, file []byte, format string, text []byte, o core.Options) []string {
	t.Helper()
	in := loaded(t, file)
	scan := in.engine.With(o).NewScan()
	f, _ := event.FormatByName(format)
	r, err := event.NewReader(bytes.NewReader(text), f, event.Options{Year: 2026})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	if _, err := scan.File(t.Context(), "log", r, func(r *core.Result) error {
		for i := range r.Verdicts {
			v := &r.Verdicts[i]
			rows = append(rows, line(v.Offset, v.Time, v.Line, v.Record, int64(v.Incident), v.Score, v.FalseAlarmRate, v.Class, string(v.Entity), v.Threat))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

func line(offset, time, line, record, incident int64, score, rate float64, class, entity string, threat bool) string {
	var b strings.Builder
	for _, n := range []int64{offset, time, line, record, incident, int64(math.Float64bits(score)), int64(math.Float64bits(rate))} {
		b.WriteString(strconv.FormatInt(n, 16) + " ")
	}
	return b.String() + class + " " + entity + " " + strconv.FormatBool(threat)
}

// inPieces scores the pieces of a log by several instances, out of order, and
// orders them by one more.
func inPieces(t *testing.T, file []byte, format string, text []byte, workers, size int, settings string) []string {
	t.Helper()
	orders := loaded(t, file)
	all := []*instance{orders}
	for range workers {
		all = append(all, loaded(t, file))
	}
	for _, in := range all {
		if err := in.begin([]byte(settings)); err != nil {
			t.Fatal(err)
		}
		if err := in.file("log", format, 2026); err != nil {
			t.Fatal(err)
		}
	}
	f, _ := event.FormatByName(format)
	var cuts []int // ends of pieces
	for at := 0; at < len(text); {
		at = min(at+size, len(text))
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			at += n + 1
		} else {
			at = len(text)
		}
		cuts = append(cuts, at)
	}
	p, err := f.New(event.Options{Year: 2026})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("#")) {
		p = nil
	}
	var rows []string
	// Rounds of a piece for each worker, prepared backwards.
	for first := 0; first < len(cuts); first += workers {
		round := min(workers, len(cuts)-first)
		seen := make([][]byte, round)
		for k := round - 1; k >= 0; k-- {
			id := first + k
			from := 0
			flags := uint32(pieceFirst)
			if id > 0 {
				from, flags = cuts[id-1], 0
			}
			in := all[1+k]
			if p != nil && id > 0 {
				in.parser = event.Follow(p, headerLines(text[:from]))
			}
			if err := in.prepare(uint32(id), flags, int64(from), text[from:cuts[id]]); err != nil {
				t.Fatal(err)
			}
			seen[k] = aligned(in.out)
		}
		columns := make([][]byte, round)
		for k := range round {
			if err := orders.observe(seen[k]); err != nil {
				t.Fatal(err)
			}
			columns[k] = aligned(orders.out)
		}
		for k := range round {
			if err := all[1+k].finish(uint32(first+k), columns[k]); err != nil {
				t.Fatal(err)
			}
			if err := orders.settle(aligned(all[1+k].out)); err != nil {
				t.Fatal(err)
			}
			c := &orders.columns
			for i := range c.length {
				class := ""
				if w := c.words[5][i]; w > 0 {
					class = orders.order.words.text(word(w))
				}
				at := c.words[1][i]
				rows = append(rows, line(c.longs[0][i], c.longs[1][i], c.longs[2][i], c.longs[3][i], c.longs[4][i],
					c.reals[0][i], c.reals[1][i], class, string(c.texts[at:at+c.words[2][i]]), c.bytes[2][i]&flagThreat != 0))
			}
		}
	}
	return rows
}

func headerLines(text []byte) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		if line[0] == '#' {
			out = append(out, line...)
		}
	}
	return out
}

// aligned copies a message as JavaScript does, to memory aligned to 8 bytes.
func aligned(b []byte) []byte {
	to := make([]byte, len(b)+8)
	return to[:copy(to, b):len(b)]
}

// Messages that are cut short or made up are errors.
func TestWireIsChecked(t *testing.T) {
	in := &instance{}
	if err := in.begin(nil); err != nil {
		t.Fatal(err)
	}
	if err := in.file("log", "combined", 2026); err != nil {
		t.Fatal(err)
	}
	rejudge := func(rows []byte) error { return in.rejudge(0, rows) }
	for name, call := range map[string]func([]byte) error{"observe": in.observe, "settle": in.settle, "rejudge": rejudge} {
		for n := 1; n < 200; n++ {
			for _, fill := range []byte{0, 1, 0xff} {
				message := aligned(bytes.Repeat([]byte{fill}, n))
				if err := call(message); err == nil && fill != 0 {
					t.Errorf("%s takes %d bytes of %#x", name, n, fill)
				}
			}
		}
	}
	if err := in.rejudge(1, aligned(make([]byte, 8))); err != errNoFile {
		t.Errorf("rejudge of no file: %v", err)
	}
	if err := in.finish(7, nil); err != errNoPiece {
		t.Errorf("finish of no piece: %v", err)
	}
	if err := in.prepare(1, 0, 0, []byte("x")); err != errNotReady {
		t.Errorf("prepare without model: %v", err)
	}
}

// Labels and records that are cut short or made up are errors, and change nothing.
func TestFeedbackIsChecked(t *testing.T) {
	file, _ := models.Default(event.HTTP)
	in := loaded(t, file)
	q := question{format: "combined", year: 2026, record: []byte(attackLine)}
	if err := in.label(q, false, "ann"); err != nil {
		t.Fatal(err)
	}
	if err := in.adaptation(); err != nil {
		t.Fatal(err)
	}
	good := aligned(in.out)
	for n := 1; n < len(good); n += 7 {
		if err := in.adapt(good[:n]); err == nil {
			t.Fatalf("%d of %d bytes are taken", n, len(good))
		}
	}
	if err := in.adapt(append(good[:len(good):len(good)], good...)); err == nil {
		t.Error("labels of one kind are taken twice")
	}
	if n := in.engine.Labels(event.HTTP).Len(); n != 1 {
		t.Fatalf("%d labels are left", n)
	}
	if err := in.label(question{format: "combined", record: []byte("no record")}, true, "ann"); err == nil {
		t.Error("a label for what cannot be read")
	}
	if err := in.adapt(nil); err != nil || in.engine.Labels(event.HTTP).Len() != 0 {
		t.Errorf("no adaptation is not no label: %v", err)
	}
	for _, tail := range [][]byte{{1}, {9, 0, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{0xff}, 8)} {
		if err := in.rescore(q, tail); err == nil {
			t.Errorf("rows %x are taken", tail)
		}
	}
}

func TestSettings(t *testing.T) {
	good, err := parseSettings([]byte("budget\x0020/day\x00kind\x00dns\x00since\x00-5\x00until\x009\x00map\x00a=url.path\x00all\x001\x00site\x001\x00"))
	if err != nil || good.budget.PerDay != 20 || good.kind != event.DNS || good.since != -5 || good.until != 9 ||
		good.fields["a"] != "url.path" || !good.all || !good.site {
		t.Errorf("%+v, %v", good, err)
	}
	for _, bad := range []string{"budget", "budget\x00", "budget\x00much\x00", "kind\x00tea\x00", "since\x00x\x00", "map\x00a\x00", "map\x00=b\x00", "what\x001\x00"} {
		if _, err := parseSettings([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// The timeline counts each event once, whatever its time, in bounded memory.
func TestTimeline(t *testing.T) {
	times := []int64{0, 5e9, -7e9, 3600e9, 86400e9 * 400, event.NoTime, math.MaxInt64, math.MinInt64 + 1, 1769680000e9, 1769680000e9 + 1}
	var line timeline
	for i, at := range times {
		line.add(at, i%3 == 0)
		if len(line.buckets) > maxBuckets {
			t.Fatalf("%d buckets", len(line.buckets))
		}
	}
	var events, threats int64
	for _, b := range line.buckets {
		events += b.events
		threats += b.threats
	}
	if events != int64(len(times)-1) || line.untimed.events != 1 || threats+line.untimed.threats != 4 {
		t.Errorf("%d events, %d threats, %+v without time", events, threats, line.untimed)
	}
	var short timeline
	short.add(10e9, true)
	short.add(12e9, false)
	short.add(9e9, false)
	var got struct {
		Start, Width    string
		Events, Threats []int64
	}
	if err := json.Unmarshal(short.appendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	if got.Start != "9000000000" || got.Width != "1000000000" || len(got.Events) != 4 || got.Events[1] != 1 || got.Threats[1] != 1 || got.Events[2] != 0 {
		t.Errorf("%+v", got)
	}
}

// A source that is fed byte by byte gives the records of a Reader.
func TestSource(t *testing.T) {
	text := "[\n {\"method\":\"GET\",\"url\":\"/\"},\n {\"method\":\"GET\",\n \"url\":\"/x\"}]"
	f, _ := event.FormatByName("json")
	s, err := newSource(f, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var urls []string
	visit := func(b *event.Batch) {
		b.Parse()
		for i := range b.Events {
			urls = append(urls, string(b.Text(&b.Events[i], event.URL)))
		}
	}
	for i := range len(text) {
		if err := s.push([]byte(text[i:i+1]), false, visit); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.push(nil, true, visit); err != nil {
		t.Fatal(err)
	}
	if strings.Join(urls, " ") != "/ /x" {
		t.Errorf("%q", urls)
	}
}
