package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host/internal/sink"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// shutdownTime bounds a graceful end. What is not judged by then waits in the stream.
const shutdownTime = 10 * time.Second

// Server is the service.
type Server struct {
	config    Config
	log       *slog.Logger
	guard     *guard
	registry  *prometheus.Registry
	metrics   *metrics
	embedded  *stream.Server // nil where the streams are a cluster's
	conn      *nats.Conn
	hub       *stream.Hub
	publisher *stream.Publisher
	judge     *judge // nil where workers elsewhere judge
	defaults  []*model.Model
	joined    atomic.Bool // to the streams: conn to sinks are set
	sinks     []*sink.Runner
	memory    *semaphore.Weighted
	slots     *semaphore.Weighted
	viewers   *semaphore.Weighted
	listener  net.Listener
	stdout    io.Writer
}

// Open starts what the service stands on and listens; Run serves. defaults are
// the models that hold where the configuration names none.
func Open(ctx context.Context, c Config, defaults []*model.Model, stdout io.Writer, log *slog.Logger) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Server{
		config: c, log: log, guard: newGuard(&c), registry: newRegistry(), stdout: stdout,
		memory: semaphore.NewWeighted(int64(c.Limits.Memory)), slots: semaphore.NewWeighted(int64(c.Limits.Concurrency)),
		viewers: semaphore.NewWeighted(int64(c.Limits.Viewers)), defaults: defaults,
	}
	s.metrics = newMetrics(s.registry)
	if err := s.start(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// start starts the server inside and listens. Streams of a cluster are joined
// by Run: it may not be there yet.
func (s *Server) start(ctx context.Context) error {
	c := &s.config
	var err error
	if c.NATS.URL == "" {
		if s.embedded, err = stream.StartServer(stream.ServerOptions{
			Dir: c.NATS.Dir, Listen: c.NATS.Listen, Token: c.NATS.Token, Log: s.log,
		}); err != nil {
			return err
		}
		err = s.join(ctx)
	} else {
		_, err = validate(c, s.defaults)
	}
	if err != nil {
		return err
	}
	s.listener, err = net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	if c.TLS.Cert != "" {
		t, err := c.tls()
		if err != nil {
			return err
		}
		s.listener = tls.NewListener(s.listener, t)
	}
	return nil
}

// join makes or finds the streams and opens what works on them. It waits for a
// cluster that is not there for as long as nats.wait says.
func (s *Server) join(ctx context.Context) error {
	c := &s.config
	var err error
	if s.embedded != nil {
		s.conn, err = s.embedded.Connect(c.NATS.Token)
	} else {
		s.conn, err = c.NATS.reach(ctx, s.log)
	}
	if err != nil {
		return fmt.Errorf("serve: nats: %w", err)
	}
	if s.hub, err = stream.Patiently(ctx, c.NATS.Wait, s.log, func() (*stream.Hub, error) {
		return stream.Open(ctx, s.conn, c.streams(s.log))
	}); err != nil {
		return err
	}
	s.publisher = stream.NewPublisher(s.hub)
	if !c.Judge.Off {
		if s.judge, err = newJudge(c, s.hub, s.defaults, "", s.registry, s.log); err != nil {
			return err
		}
	}
	if err := s.openSinks(); err != nil {
		return err
	}
	s.joined.Store(true)
	return nil
}

// reach connects to the cluster.
func (n *NATS) reach(ctx context.Context, log *slog.Logger) (*nats.Conn, error) {
	return stream.Patiently(ctx, n.Wait, log, func() (*nats.Conn, error) { return stream.Connect(n.URL, n.Token) })
}

// streams returns the options of the streams.
func (c *Config) streams(log *slog.Logger) stream.Options {
	return stream.Options{
		Partitions: c.NATS.Partitions, Replicas: c.NATS.Replicas, MaxBytes: int64(c.NATS.MaxBytes), KeepBytes: int64(c.NATS.KeepBytes),
		Keep: c.NATS.Keep, Duplicates: c.NATS.Duplicates, Sinks: len(c.Sinks) > 0, Log: log,
	}
}

func (c *Config) tls() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key)
	if err != nil {
		return nil, fmt.Errorf("serve: tls: %w", err)
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}
	if c.TLS.ClientCA != "" {
		data, err := os.ReadFile(c.TLS.ClientCA)
		if err != nil {
			return nil, fmt.Errorf("serve: tls: %w", err)
		}
		t.ClientCAs, t.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !t.ClientCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("serve: tls.client_ca: %s holds no certificate", c.TLS.ClientCA)
		}
	}
	return t, nil
}

// Address returns where the service listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// ClientURL returns where workers reach the streams of the server inside, empty for none.
func (s *Server) ClientURL() string {
	if s.embedded == nil || s.config.NATS.Listen == "" {
		return ""
	}
	return s.embedded.ClientURL()
}

// Run serves until ctx ends, then ends within ten seconds: it takes nothing new,
// finishes what it answers, judges and passes on, and leaves the rest in the stream.
func (s *Server) Run(ctx context.Context) error {
	defer s.close()
	l := s.config.Limits
	web := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: l.HeaderTime, ReadTimeout: l.ReadTime, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	group, ctx := errgroup.WithContext(ctx)
	// The work behind goes on until no request is under way.
	behind, stopBehind := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBehind()
	web.BaseContext = func(net.Listener) context.Context { return behind }
	group.Go(func() error {
		if err := web.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error { return s.work(behind) })
	if s.embedded != nil {
		group.Go(func() error {
			select {
			case err := <-s.embedded.Failed(): // whoever watches the process starts it anew
				return fmt.Errorf("serve: nothing can be stored any more: %w", err)
			case <-behind.Done():
				return nil
			}
		})
	}
	group.Go(func() error {
		<-ctx.Done()
		s.log.Info("ending")
		s.metrics.ending.Store(true)
		end, cancel := context.WithTimeout(context.Background(), shutdownTime)
		defer cancel()
		time.AfterFunc(shutdownTime/5, stopBehind) // streams of incidents last until told
		err := web.Shutdown(end)
		stopBehind()
		if err != nil {
			web.Close()
		}
		return nil
	})
	return group.Wait()
}

// work judges, passes on and counts what waits, until ctx ends.
func (s *Server) work(ctx context.Context) error {
	if !s.joined.Load() {
		if err := s.join(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
		s.log.Info("connected", "nats", s.config.NATS.URL)
	}
	group, ctx := errgroup.WithContext(ctx)
	if s.judge != nil {
		group.Go(func() error { return s.judge.run(ctx) })
	}
	for _, r := range s.sinks {
		group.Go(func() error { return r.Run(ctx) })
	}
	group.Go(func() error { s.watchBacklog(ctx); return nil })
	return group.Wait()
}

// Reload reads the models of the configuration again.
func (s *Server) Reload() error {
	if !s.joined.Load() || s.judge == nil {
		return nil
	}
	return s.judge.reload()
}

func (s *Server) close() {
	for _, r := range s.sinks {
		r.Sink.Close()
	}
	if s.listener != nil {
		s.listener.Close()
	}
	if s.conn != nil {
		s.conn.Close()
	}
	if s.embedded != nil {
		s.embedded.Close()
	}
}
