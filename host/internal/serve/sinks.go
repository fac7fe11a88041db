package serve

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/tiercel/tiercel/host/internal/sink"
)

// logLevel reads the names of levels.
type logLevel = slog.Level

// Logger returns the log that a configuration asks for.
func (l Log) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	level.UnmarshalText([]byte(l.Level))
	o := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// trustedKeys reads public keys, 64 hex digits each.
func trustedKeys(texts []string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for i, t := range texts {
		raw, err := hex.DecodeString(t)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("serve: judge.trusted[%d]: want 64 hex digits", i)
		}
		keys = append(keys, raw)
	}
	return keys, nil
}

func (c *Config) checkSinks(say func(string, ...any)) {
	seen := map[string]bool{}
	for i, s := range c.Sinks {
		at := fmt.Sprintf("sinks[%d]", i)
		if s.Name == "" || seen[s.Name] || strings.Trim(s.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			say("%s.name: want letters, digits, - and _, each name once", at)
		}
		seen[s.Name] = true
		if s.What != "" && s.What != sink.Verdicts && s.What != sink.Incidents {
			say("%s.what: %q, want verdicts or incidents", at, s.What)
		}
		switch s.Type {
		case "file":
			if s.Path == "" {
				say("%s.path: is empty", at)
			}
		case "stdout":
		case "webhook":
			if u, err := url.Parse(s.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				say("%s.url: want an http or https address", at)
			}
		case "nats":
			if s.URL == "" || s.Subject == "" {
				say("%s: url and subject are needed", at)
			}
		case "syslog":
			if _, _, err := net.SplitHostPort(s.Address); err != nil {
				say("%s.address: want host:port", at)
			}
			if s.Network != "" && s.Network != "tcp" && s.Network != "udp" {
				say("%s.network: %q, want tcp or udp", at, s.Network)
			}
		default:
			say("%s.type: %q, want file, stdout, webhook, nats or syslog", at, s.Type)
		}
	}
}

var errSinkType = errors.New("serve: unknown type of sink")

// openSinks opens what the configuration names.
func (s *Server) openSinks() error {
	var metrics *sink.Metrics
	if len(s.config.Sinks) > 0 {
		metrics = sink.NewMetrics(s.registry)
	}
	for _, c := range s.config.Sinks {
		to, err := s.openSink(c)
		if err != nil {
			return err
		}
		what := c.What
		if what == "" {
			what = sink.Verdicts
		}
		s.sinks = append(s.sinks, &sink.Runner{Name: c.Name, What: what, Sink: to, Hub: s.hub, Log: s.log, Metrics: metrics})
	}
	return nil
}

func (s *Server) openSink(c Sink) (sink.Sink, error) {
	switch c.Type {
	case "file":
		return sink.OpenFile(c.Path)
	case "stdout":
		return sink.Writer{W: s.stdout}, nil
	case "webhook":
		return sink.NewWebhook(c.Name, c.URL, c.Headers), nil
	case "nats":
		return sink.NewSubject(c.URL, c.Token, c.Subject)
	case "syslog":
		network := c.Network
		if network == "" {
			network = "tcp"
		}
		return sink.NewSyslog(network, c.Address), nil
	}
	return nil, errSinkType
}
