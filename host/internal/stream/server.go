package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// ServerOptions configure the NATS server in the process.
type ServerOptions struct {
	Dir    string       // where its streams are; required
	Listen string       // host and port for workers on other processes; empty for none
	Token  string       // that they must show; required where Listen is no loopback address
	Log    *slog.Logger // default: discard
}

// maxStore bounds the streams together: not at all, since each has a bound. By
// default a server takes three quarters of what is free when it starts for all
// of them together, and does not start on a disk that its own streams have filled.
const maxStore = 1 << 50

// maxPayload bounds one message. A parcel is smaller by far; the rest is room
// for the windows that travel in chunks.
const maxPayload = 4 << 20

// startTimeout bounds how long the streams may take to be recovered.
const startTimeout = 2 * time.Minute

// Server is a NATS server in the process. Every write to its streams is on
// disk before it is acknowledged: by default JetStream would sync every two
// minutes and lose what came since (nats-server issue 7564).
type Server struct {
	*server.Server
	failed chan error
}

// Failed tells when a disk took a write no longer, as when it is full: the server
// stores nothing more then, also when there is room again, until it is started anew.
func (s *Server) Failed() <-chan error { return s.failed }

// StartServer starts a server and waits until it is ready.
func StartServer(o ServerOptions) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("stream: the server needs a folder")
	}
	options := &server.Options{
		ServerName: "tiercel", JetStream: true, StoreDir: o.Dir, SyncAlways: true,
		DontListen: o.Listen == "", MaxPayload: maxPayload, NoSigs: true,
		JetStreamMaxStore: maxStore, Authorization: o.Token,
	}
	if o.Listen != "" {
		host, port, err := splitPort(o.Listen)
		if err != nil {
			return nil, err
		}
		options.Host, options.Port = host, port
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("stream: server: %w", err)
	}
	failed := make(chan error, 1)
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s.SetLogger(natsLog{log, failed}, false, false)
	go s.Start()
	if !s.ReadyForConnections(startTimeout) {
		s.Shutdown()
		return nil, fmt.Errorf("stream: server not ready within %v", startTimeout)
	}
	return &Server{s, failed}, nil
}

// Connect returns a connection that stays in the process.
func (s *Server) Connect(token string) (*nats.Conn, error) {
	return nats.Connect("", append(connectOptions(token), nats.InProcessServer(s.Server))...)
}

// Close stops the server and waits until its files are closed.
func (s *Server) Close() {
	s.Shutdown()
	s.WaitForShutdown()
}

// Connect connects to a cluster by its addresses.
func Connect(url, token string, more ...nats.Option) (*nats.Conn, error) {
	return nats.Connect(url, append(connectOptions(token), more...)...)
}

func connectOptions(token string) []nats.Option {
	o := []nats.Option{
		nats.Name("tiercel"), nats.MaxReconnects(-1), nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectBufSize(-1), // what cannot be sent now fails now: whoever sends decides
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
	}
	if token != "" {
		o = append(o, nats.Token(token))
	}
	return o
}

// natsLog passes the server's log on, and tells of what only the log tells.
type natsLog struct {
	log    *slog.Logger
	failed chan<- error
}

// writeFailed is what the server's log says of a stream that takes no more writes.
const writeFailed = "ritical write error"

func (l natsLog) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l natsLog) Warnf(format string, v ...any)   { l.say(slog.LevelWarn, format, v) }
func (l natsLog) Errorf(format string, v ...any) {
	l.say(slog.LevelError, format, v)
	if said := fmt.Sprintf(format, v...); strings.Contains(said, writeFailed) {
		select {
		case l.failed <- errors.New("stream: " + said):
		default: // it is known
		}
	}
}
func (l natsLog) Fatalf(format string, v ...any) { l.say(slog.LevelError, format, v) }
func (l natsLog) Debugf(string, ...any)          {}
func (l natsLog) Tracef(string, ...any)          {}

func (l natsLog) say(level slog.Level, format string, v []any) {
	l.log.Log(context.Background(), level, "nats: "+strings.TrimSpace(fmt.Sprintf(format, v...)))
}
