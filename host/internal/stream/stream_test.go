package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// accessLog writes requests of some dozens of clients, some of them attacks. Its
// clock jumps now and then, back and forth, as those of machines are set.
func accessLog(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 3))
	paths := []string{"/", "/shop", "/item?id=17", "/search?q=shoes", "/static/a.css", "/cart?add=3", "/about"}
	attacks := []string{
		"/item?id=1%27%20UNION%20SELECT%20password%20FROM%20users--", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
		"/download?file=../../../../etc/passwd", "/item?id=1%20AND%20SLEEP(5)",
	}
	var b bytes.Buffer
	at := time.Date(2026, 1, 29, 10, 0, 0, 0, time.UTC)
	for range n {
		at = at.Add(time.Duration(random.IntN(900)) * time.Millisecond)
		if random.IntN(200) == 0 {
			at = at.Add(time.Duration(random.IntN(2*86_400)-86_400) * time.Second)
		}
		path, client := paths[random.IntN(len(paths))], random.IntN(60)
		if random.IntN(25) == 0 {
			path, client = attacks[random.IntN(len(attacks))], 200+random.IntN(5)
		}
		fmt.Fprintf(&b, "203.0.113.%d - - [%s] \"GET %s HTTP/1.1\" 200 %d \"-\" \"Mozilla/5.0\"\n",
			client, at.Format("02/Jan/2006:15:04:05 -0700"), path, 200+random.IntN(5000))
	}
	return b.Bytes()
}

func httpModel(t testing.TB) *model.Model {
	t.Helper()
	data, ok := models.Default(event.HTTP)
	if !ok {
		t.Fatal("no model of HTTP is embedded")
	}
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// site is a server with its streams.
type site struct {
	*stream.Server
	t   testing.TB
	dir string
	hub *stream.Hub
}

func newSite(t testing.TB, o stream.Options) *site {
	t.Helper()
	dir := t.TempDir()
	s, err := stream.StartServer(stream.ServerOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	st := &site{Server: s, t: t, dir: dir}
	st.hub = st.open(o)
	return st
}

func (s *site) connect() *nats.Conn {
	s.t.Helper()
	c, err := s.Connect("")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

func (s *site) open(o stream.Options) *stream.Hub {
	s.t.Helper()
	h, err := stream.Open(context.Background(), s.connect(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

// running is a worker and the way to end it.
type running struct {
	stop context.CancelFunc
	done chan error
	conn *nats.Conn
}

func (s *site) work(o stream.Options, name string) *running {
	s.t.Helper()
	h := s.open(o)
	w, err := stream.NewWorker(h, stream.WorkerOptions{Models: []*model.Model{httpModel(s.t)}, All: true, Name: name})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel, make(chan error, 1), h.Conn}
	go func() { r.done <- w.Run(ctx) }()
	s.t.Cleanup(func() { cancel() })
	return r
}

// end stops a worker as a signal does.
func (r *running) end(t testing.TB) {
	t.Helper()
	r.stop()
	select {
	case err := <-r.done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("a worker does not end")
	}
}

// cut takes the worker's connection away: nothing that it does afterwards
// arrives, as if it were dead.
func (r *running) cut() { r.conn.Close(); r.stop() }

// row is a row of verdicts as a reader sees it.
type row struct {
	ID       string  `json:"event.id"`
	Score    float64 `json:"tiercel.score"`
	Threat   bool    `json:"tiercel.threat"`
	Entity   string  `json:"tiercel.entity"`
	Incident string  `json:"tiercel.incident"`
	Error    string  `json:"error.message"`
}

// verdicts reads the rows of the verdict stream until there are n of them.
func (s *site) verdicts(n int) []row {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	c, err := s.hub.JS.OrderedConsumer(ctx, stream.ResultsStream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{stream.VerdictSubjects}})
	if err != nil {
		s.t.Fatal(err)
	}
	it, err := c.Messages()
	if err != nil {
		s.t.Fatal(err)
	}
	defer it.Stop()
	var out []row
	for len(out) < n {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			s.t.Fatalf("%d verdicts of %d: %v", len(out), n, err)
		}
		for line := range bytes.Lines(m.Data()) {
			var r row
			if err := json.Unmarshal(line, &r); err != nil {
				s.t.Fatal(err)
			}
			out = append(out, r)
		}
	}
	return out
}

// byID sorts rows and fails where one is there twice.
func byID(t testing.TB, rows []row) []row {
	t.Helper()
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.ID, b.ID) })
	for i := 1; i < len(rows); i++ {
		if rows[i].ID == rows[i-1].ID {
			t.Fatalf("event %s was judged twice", rows[i].ID)
		}
	}
	return rows
}

// posts cuts a log into what is sent together.
func posts(text []byte, lines int) [][]byte {
	var out [][]byte
	n, from := 0, 0
	for i, c := range text {
		if c == '\n' {
			if n++; n == lines {
				out, from, n = append(out, text[from:i+1]), i+1, 0
			}
		}
	}
	if from < len(text) {
		out = append(out, text[from:])
	}
	return out
}

func store(t testing.TB, p *stream.Publisher, id string, text []byte) stream.Receipt {
	t.Helper()
	r, err := p.Store(context.Background(), text, stream.About{Batch: id, Source: "web", Format: "combined"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// With one partition the stream gives the verdicts of one scan of the whole,
// however it was cut.
func TestAsOneScan(t *testing.T) {
	text := accessLog(1, 3000)
	e, err := core.New(core.Options{Models: []*model.Model{httpModel(t)}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	f, _ := event.FormatByName("combined")
	r, err := event.NewReader(bytes.NewReader(text), f, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var want []row
	if _, err := e.NewScan().File(context.Background(), "web", r, func(r *core.Result) error {
		for i := range r.Verdicts {
			v := &r.Verdicts[i]
			w := row{Score: v.Score, Threat: v.Threat, Entity: string(v.Entity)}
			if v.Threat {
				w.Incident = "0-" + strconv.FormatUint(v.Incident, 10)
			}
			want = append(want, w)
		}
		return nil
	}); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	o := stream.Options{Partitions: 1}
	s := newSite(t, o)
	p := stream.NewPublisher(s.hub)
	for i, part := range posts(text, 170) {
		store(t, p, fmt.Sprintf("%04d", i), part)
		store(t, p, fmt.Sprintf("%04d", i), part) // sent again, stored once
	}
	s.work(o, "one")
	got := s.verdicts(len(want))
	threats := 0
	for i := range got {
		got[i].ID = ""
		if got[i] != want[i] {
			t.Fatalf("record %d: %+v, want %+v", i+1, got[i], want[i])
		}
		if got[i].Threat {
			threats++
		}
	}
	if threats < 50 {
		t.Errorf("only %d threats: the log was to have some", threats)
	}
}

// Workers come, end and die; the verdicts stay those of one worker that nobody
// disturbed, each once.
func TestWorkersComeAndGo(t *testing.T) {
	text := accessLog(2, 6000)
	o := stream.Options{Partitions: 4}
	quiet := newSite(t, o)
	parts := posts(text, 100)
	p := stream.NewPublisher(quiet.hub)
	for i, part := range parts {
		store(t, p, fmt.Sprintf("%04d", i), part)
	}
	quiet.work(o, "quiet")
	want := byID(t, quiet.verdicts(6000))

	s := newSite(t, o)
	p = stream.NewPublisher(s.hub)
	random := rand.New(rand.NewPCG(9, 9))
	live := []*running{s.work(o, "w")}
	for i, part := range parts {
		store(t, p, fmt.Sprintf("%04d", i), part)
		if i%8 != 7 {
			continue
		}
		time.Sleep(time.Duration(random.IntN(700)) * time.Millisecond)
		switch k := random.IntN(len(live)); {
		case len(live) < 3:
			live = append(live, s.work(o, "w"))
		case random.IntN(2) == 0:
			live[k].end(t)
			live = slices.Delete(live, k, k+1)
		default:
			live[k].cut()
			live = slices.Delete(live, k, k+1)
		}
	}
	got := byID(t, s.verdicts(6000))
	if !slices.Equal(got, want) {
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("event %s: %+v, want %+v", got[i].ID, got[i], want[i])
			}
		}
	}
}
