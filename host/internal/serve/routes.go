package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/host/internal/stream"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/ingest", s.guard.wants(ScopeIngest, s.bounded(s.reached(s.ingest))))
	mux.HandleFunc("POST /v1/logs", s.guard.wants(ScopeIngest, s.bounded(s.reached(s.ingestOTLP))))
	mux.HandleFunc("POST /v1/labels", s.guard.wants(ScopeLabel, s.bounded(s.reached(s.label))))
	mux.HandleFunc("GET /v1/events", s.guard.wants(ScopeRead, s.reached(s.events)))
	mux.HandleFunc("GET /v1/status", s.guard.wants(ScopeRead, s.status))
	metrics := promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{})
	mux.HandleFunc("GET /metrics", s.guard.wants(ScopeRead, func(w http.ResponseWriter, r *http.Request, _ caller) { metrics.ServeHTTP(w, r) }))
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /", s.page())
	return s.metrics.count(mux)
}

// bounded answers 429 while as many requests are at work as may be.
func (s *Server) bounded(h func(http.ResponseWriter, *http.Request, caller)) func(http.ResponseWriter, *http.Request, caller) {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		if !s.slots.TryAcquire(1) {
			later(w, http.StatusTooManyRequests, 1, "limits.concurrency requests are at work")
			return
		}
		defer s.slots.Release(1)
		h(w, r, who)
	}
}

// reached answers 503 until the streams are joined.
func (s *Server) reached(h func(http.ResponseWriter, *http.Request, caller)) func(http.ResponseWriter, *http.Request, caller) {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		if !s.joined.Load() {
			later(w, http.StatusServiceUnavailable, readyAgain, notReached)
			return
		}
		h(w, r, who)
	}
}

// notReached is said until a cluster is there.
const notReached = "the streams are not reached yet"

// readyAgain is after how many seconds it is worth asking again.
const readyAgain = 5

// answer writes a JSON answer.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"error": why})
}

// later asks a client to come again.
func later(w http.ResponseWriter, status, seconds int, why string) {
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	refuse(w, status, why)
}

// fail answers an error of reading or storing.
func (s *Server) fail(w http.ResponseWriter, err error) {
	var limit limitError
	var tooLarge *http.MaxBytesError
	var parse event.ParseError
	switch {
	case errors.As(err, &limit):
		refuse(w, http.StatusRequestEntityTooLarge, limit.Error())
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, limitError{"body"}.Error())
	case errors.Is(err, errBusy):
		later(w, http.StatusTooManyRequests, 1, "limits.memory is at work")
	case errors.Is(err, errEncoding):
		refuse(w, http.StatusUnsupportedMediaType, errEncoding.Error())
	case errors.Is(err, stream.ErrFull):
		s.log.Warn("events refused", "error", err)
		later(w, http.StatusServiceUnavailable, 5, "no room for more events: nats.max_bytes, or the disk")
	case errors.Is(err, stream.ErrUnavailable):
		s.log.Warn("events refused", "error", err)
		later(w, http.StatusServiceUnavailable, 2, "events cannot be stored now")
	case errors.As(err, &parse), errors.Is(err, event.ErrBinary):
		refuse(w, http.StatusBadRequest, err.Error())
	default:
		refuse(w, http.StatusBadRequest, err.Error())
	}
}

// maxKey bounds an Idempotency-Key.
const maxKey = 256

// batchID names what is sent together: by the sender and the key that it
// chose, so that the same is stored once, else by chance.
func batchID(r *http.Request, who caller, part string) string {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || len(key) > maxKey {
		var b [16]byte
		rand.Read(b[:])
		return hex.EncodeToString(b[:])
	}
	sum := sha256.Sum256([]byte(who.name + "\x00" + key + "\x00" + part))
	return hex.EncodeToString(sum[:16])
}

// ingest takes logs as they are: lines of any format, JSON lines among them.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request, who caller) {
	about, err := s.about(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	b, err := readBody(r, &s.config.Limits, s.memory)
	if err != nil {
		s.fail(w, err)
		return
	}
	defer b.release()
	about.Batch = batchID(r, who, "")
	receipt, err := s.store(r, b.text, about)
	if err != nil {
		s.fail(w, err)
		return
	}
	answer(w, http.StatusOK, receipt)
}

// about returns what the query and the configuration say of a source.
func (s *Server) about(r *http.Request) (stream.About, error) {
	q := r.URL.Query()
	source := q.Get("source")
	if source == "" {
		source = "http"
	}
	if len(source) > 256 {
		return stream.About{}, errors.New("source is longer than 256 bytes")
	}
	about := stream.About{Source: source, Sent: time.Now().UnixNano()}
	if c, ok := s.config.Sources[source]; ok {
		about.Format, about.Map, about.Head = c.Format, c.Map, []byte(c.Head)
		about.Kind, _ = event.ParseKind(c.Kind)
	}
	if f := q.Get("format"); f != "" && f != "auto" {
		if _, ok := event.FormatByName(f); !ok {
			return about, errors.New("format is not known; tiercel formats lists them")
		}
		about.Format = f
	}
	if k := q.Get("kind"); k != "" && k != "auto" {
		kind, ok := event.ParseKind(k)
		if !ok {
			return about, errors.New("kind: want http, flow, dns or auth")
		}
		about.Kind = kind
	}
	for _, m := range q["map"] {
		theirs, ours, ok := strings.Cut(m, "=")
		if !ok || theirs == "" || ours == "" {
			return about, errors.New("map: want THEIRS=OURS")
		}
		if about.Map == nil {
			about.Map = map[string]string{}
		}
		about.Map[theirs] = ours
	}
	return about, nil
}

// store stores a text, none for one without records.
func (s *Server) store(r *http.Request, text []byte, about stream.About) (stream.Receipt, error) {
	if blank(text) {
		return stream.Receipt{Batch: about.Batch}, nil
	}
	ctx, cancel := contextFor(r, s.config.Limits.StoreTime)
	defer cancel()
	began := time.Now()
	receipt, err := s.publisher.Store(ctx, text, about)
	if err != nil {
		return receipt, err
	}
	s.metrics.stored(receipt.Records, len(text), time.Since(began))
	return receipt, nil
}

// ingestOTLP takes OTLP/HTTP logs, binary or JSON.
func (s *Server) ingestOTLP(w http.ResponseWriter, r *http.Request, who caller) {
	sent := time.Now().UnixNano()
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	isJSON := media == "application/json"
	if !isJSON && media != "application/x-protobuf" {
		refuse(w, http.StatusUnsupportedMediaType, "want application/x-protobuf or application/json")
		return
	}
	b, err := readBody(r, &s.config.Limits, s.memory)
	if err != nil {
		s.fail(w, err)
		return
	}
	defer b.release()
	bySource, err := readOTLP(b.text, isJSON)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	sources := make([]string, 0, len(bySource))
	for source := range bySource {
		sources = append(sources, source)
	}
	slices.Sort(sources)
	for _, source := range sources {
		about := stream.About{Source: source, Batch: batchID(r, who, source), Sent: sent}
		if c, ok := s.config.Sources[source]; ok {
			about.Format, about.Map = c.Format, c.Map
			about.Kind, _ = event.ParseKind(c.Kind)
		}
		if about.Format == "" {
			// A collector sends whatever a service logs: what has no format of
			// ours is kept and told as unread, not sent back for ever.
			about.Format = formatOr(bySource[source], about, "json")
		}
		if _, err := s.store(r, bySource[source], about); err != nil {
			s.fail(w, err)
			return
		}
	}
	if isJSON {
		answer(w, http.StatusOK, struct{}{}) // an ExportLogsServiceResponse that refuses nothing
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(http.StatusOK)
}

// formatOr detects the format of a text, or returns the other name.
func formatOr(text []byte, a stream.About, other string) string {
	f, _, err := event.Detect(text, event.Options{Kind: a.Kind, Map: a.Map})
	if err != nil {
		return other
	}
	return f.Name
}

// ready tells whether events can be stored and judged.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	why := ""
	switch {
	case s.metrics.ending.Load():
		why = "ending"
	case !s.joined.Load():
		why = notReached
	case !s.conn.IsConnected():
		why = "not connected to the streams"
	default:
		ctx, cancel := contextFor(r, 2*time.Second)
		defer cancel()
		if err := s.hub.Check(ctx); err != nil {
			why = err.Error()
		}
	}
	if why != "" {
		later(w, http.StatusServiceUnavailable, readyAgain, why)
		return
	}
	answer(w, http.StatusOK, map[string]bool{"ready": true})
}
