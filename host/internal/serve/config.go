// Package serve is tiercel as a service: it takes logs over HTTP, stores them
// in JetStream before it says so, has them judged, and shows and passes on what
// was found.
//
// Every limit that a client may run into has the name of its option.
package serve

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// Config is the one configuration file. Default returns what holds where it
// says nothing.
type Config struct {
	Listen  string            `yaml:"listen"`  // address of HTTP; other than loopback needs TLS and tokens or client certificates
	Console string            `yaml:"console"` // folder that is served at /; empty for the page inside
	NATS    NATS              `yaml:"nats"`
	TLS     TLS               `yaml:"tls"`
	Tokens  []Token           `yaml:"tokens"`
	Limits  Limits            `yaml:"limits"`
	Judge   Judge             `yaml:"judge"`
	Sources map[string]Source `yaml:"sources"` // by the name that senders give
	Sinks   []Sink            `yaml:"sinks"`
	Log     Log               `yaml:"log"`
}

// NATS says where the streams are.
type NATS struct {
	URL        string        `yaml:"url"`        // of a cluster; empty for the server inside
	Token      string        `yaml:"token"`      // that the cluster, or a worker at the server inside, shows
	Dir        string        `yaml:"dir"`        // of the server inside
	Listen     string        `yaml:"listen"`     // of the server inside, for workers; empty for none
	Partitions int           `yaml:"partitions"` // fixed once the streams exist
	Replicas   int           `yaml:"replicas"`
	MaxBytes   Bytes         `yaml:"max_bytes"`  // of events that wait or may be needed again
	KeepBytes  Bytes         `yaml:"keep_bytes"` // of verdicts and incidents
	Keep       time.Duration `yaml:"keep"`       // of verdicts and incidents, where no sink waits for them
	Duplicates time.Duration `yaml:"duplicates"` // within which what is sent again is stored once
	Wait       time.Duration `yaml:"wait"`       // at the start, for a cluster that is not there; 0: not at all
}

// TLS names PEM files.
type TLS struct {
	Cert         string   `yaml:"cert"`
	Key          string   `yaml:"key"`
	ClientCA     string   `yaml:"client_ca"`     // demands certificates of clients
	ClientScopes []string `yaml:"client_scopes"` // what a certificate allows without a token
}

// Token is a secret that a client shows; only its hash is configured.
type Token struct {
	Name   string   `yaml:"name"`
	SHA256 string   `yaml:"sha256"` // hex, of the token's bytes
	Scopes []string `yaml:"scopes"`
}

// Limits bound what clients may cost.
type Limits struct {
	Body        Bytes         `yaml:"body"`        // of a request, as sent
	Inflated    Bytes         `yaml:"inflated"`    // of a request, unpacked
	Ratio       int           `yaml:"ratio"`       // of the two
	Memory      Bytes         `yaml:"memory"`      // of all requests at work
	Concurrency int           `yaml:"concurrency"` // requests at work
	Viewers     int           `yaml:"viewers"`     // streams of incidents
	HeaderTime  time.Duration `yaml:"header_time"`
	ViewerTime  time.Duration `yaml:"viewer_time"` // for a viewer to take what is written: a slower one comes again
	ReadTime    time.Duration `yaml:"read_time"`
	StoreTime   time.Duration `yaml:"store_time"` // until a batch counts as not stored
}

// Judge says how events are judged.
type Judge struct {
	Off      bool     `yaml:"off"`      // only take events in; workers elsewhere judge them
	Models   []string `yaml:"models"`   // files, at most one a kind; empty for those inside
	Trusted  []string `yaml:"trusted"`  // ed25519 public keys, hex: models must be signed by one, files too
	Plugins  []string `yaml:"plugins"`  // ids or paths of pinned plugins
	Lock     string   `yaml:"lock"`     // file that pins them; empty for tiercel.lock
	Take     string   `yaml:"take"`     // plugins that are pushed: pinned, by the lock file here; or signed, by one that a trusted key signed
	State    string   `yaml:"state"`    // folder of the plugins that were taken, of this process alone; empty: plugins in nats.dir
	Canaries string   `yaml:"canaries"` // file of lines and the scores that a model must give them
	Budget   string   `yaml:"budget"`
	Verdicts string   `yaml:"verdicts"` // threats, or all
}

// Values of Judge.Take.
const (
	TakePinned = "pinned"
	TakeSigned = "signed"
)

// Source says how the records of a source are read.
type Source struct {
	Format string            `yaml:"format"` // empty: looked at anew in each request
	Kind   string            `yaml:"kind"`
	Map    map[string]string `yaml:"map"`
	Head   string            `yaml:"head"` // header lines that its requests do not carry
}

// Sink says where verdicts or incidents go.
type Sink struct {
	Name    string            `yaml:"name"`
	Type    string            `yaml:"type"` // file, stdout, webhook, nats, syslog
	What    string            `yaml:"what"` // verdicts or incidents
	Path    string            `yaml:"path"` // file
	URL     string            `yaml:"url"`  // webhook, nats
	Headers map[string]string `yaml:"headers"`
	Token   string            `yaml:"token"`   // nats
	Subject string            `yaml:"subject"` // nats
	Network string            `yaml:"network"` // syslog: tcp or udp
	Address string            `yaml:"address"` // syslog
}

// Log says how the service tells what it does.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text or json
}

// Default returns the configuration of an empty file.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8514",
		NATS: NATS{
			Dir: "tiercel-data", Partitions: 8, Replicas: 1, MaxBytes: 8 << 30, KeepBytes: 1 << 30,
			Keep: 7 * 24 * time.Hour, Duplicates: 10 * time.Minute, Wait: 24 * time.Hour,
		},
		TLS: TLS{ClientScopes: []string{ScopeIngest}},
		Limits: Limits{
			Body: 8 << 20, Inflated: 32 << 20, Ratio: 200, Memory: 96 << 20, Concurrency: 32, Viewers: 32,
			HeaderTime: 5 * time.Second, ViewerTime: 10 * time.Second, ReadTime: 30 * time.Second, StoreTime: 10 * time.Second,
		},
		Judge: Judge{Take: TakePinned, Budget: "0.1%", Verdicts: "threats"},
		Log:   Log{Level: "info", Format: "text"},
	}
}

// Load reads a configuration file, none for the empty name, and then the
// environment: TIERCEL_LISTEN, TIERCEL_NATS_URL, TIERCEL_LIMITS_BODY and so on
// for each option that is one value.
func Load(file string, environ []string) (Config, error) {
	c := Default()
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return c, fmt.Errorf("serve: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, fmt.Errorf("serve: %s: %w", file, err)
		}
	}
	values := map[string]string{}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok && strings.HasPrefix(name, "TIERCEL_") {
			values[name] = value
		}
	}
	if err := fromEnvironment(reflect.ValueOf(&c).Elem(), "TIERCEL", values); err != nil {
		return c, err
	}
	return c, nil
}

// fromEnvironment sets the options that are one value.
func fromEnvironment(v reflect.Value, prefix string, values map[string]string) error {
	for i := range v.NumField() {
		name := prefix + "_" + strings.ToUpper(v.Type().Field(i).Tag.Get("yaml"))
		f := v.Field(i)
		if f.Kind() == reflect.Struct {
			if err := fromEnvironment(f, name, values); err != nil {
				return err
			}
			continue
		}
		text, ok := values[name]
		if !ok || f.Kind() == reflect.Map || f.Kind() == reflect.Slice {
			continue
		}
		if f.Kind() == reflect.String {
			f.SetString(text)
			continue
		}
		if err := yaml.Unmarshal([]byte(text), f.Addr().Interface()); err != nil {
			return fmt.Errorf("serve: %s: %w", name, err)
		}
	}
	return nil
}

// Validate says what is wrong with the configuration, all of it at once.
func (c *Config) Validate() error {
	var wrong []error
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Errorf("serve: "+format, a...)) }
	if err := c.checkListen(); err != nil {
		wrong = append(wrong, err)
	}
	for i, t := range c.Tokens {
		if raw, err := hex.DecodeString(t.SHA256); err != nil || len(raw) != 32 {
			say("tokens[%d].sha256: want 64 hex digits", i)
		}
		if t.Name == "" {
			say("tokens[%d].name: is empty", i)
		}
		checkScopes(say, fmt.Sprintf("tokens[%d].scopes", i), t.Scopes)
	}
	checkScopes(say, "tls.client_scopes", c.TLS.ClientScopes)
	if n := c.NATS.Partitions; n < 1 || n > stream.MaxPartitions {
		say("nats.partitions: %d, want 1 to %d", n, stream.MaxPartitions)
	}
	if c.NATS.Wait < 0 {
		say("nats.wait: want no less than 0")
	}
	if c.NATS.URL == "" && c.NATS.Dir == "" {
		say("nats.dir: is empty, and so is nats.url")
	}
	if c.NATS.Listen != "" && !isLoopback(c.NATS.Listen) && c.NATS.Token == "" {
		say("nats.listen: %s is no loopback address: set nats.token", c.NATS.Listen)
	}
	l := c.Limits
	for name, v := range map[string]int64{
		"body": int64(l.Body), "inflated": int64(l.Inflated), "ratio": int64(l.Ratio), "memory": int64(l.Memory), "concurrency": int64(l.Concurrency),
		"viewers": int64(l.Viewers), "header_time": int64(l.HeaderTime), "viewer_time": int64(l.ViewerTime), "read_time": int64(l.ReadTime), "store_time": int64(l.StoreTime),
	} {
		if v <= 0 {
			say("limits.%s: want more than 0", name)
		}
	}
	if _, err := core.ParseBudget(c.Judge.Budget); err != nil {
		say("judge.budget: %w", err)
	}
	if v := c.Judge.Verdicts; v != "threats" && v != "all" {
		say("judge.verdicts: %q, want threats or all", v)
	}
	if t := c.Judge.Take; t != TakePinned && t != TakeSigned {
		say("judge.take: %q, want pinned or signed", t)
	}
	if _, err := trustedKeys(c.Judge.Trusted); err != nil {
		wrong = append(wrong, err)
	}
	for name, s := range c.Sources {
		if _, ok := event.FormatByName(s.Format); s.Format != "" && !ok {
			say("sources.%s.format: %q is no format; tiercel formats lists them", name, s.Format)
		}
		if _, ok := event.ParseKind(s.Kind); s.Kind != "" && !ok {
			say("sources.%s.kind: %q, want http, flow, dns or auth", name, s.Kind)
		}
		if err := s.parser(); err != nil {
			say("sources.%s: %w", name, err)
		}
		if s.Head != "" && s.Format == "" {
			say("sources.%s.head: needs a format", name)
		}
	}
	c.checkSinks(say)
	var level logLevel
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		say("log.level: %q, want debug, info, warn or error", c.Log.Level)
	}
	if f := c.Log.Format; f != "text" && f != "json" {
		say("log.format: %q, want text or json", f)
	}
	return errors.Join(wrong...)
}

// parser says why the records of a source could not be read: fields that are none.
func (s *Source) parser() error {
	f, ok := event.FormatByName(cmp.Or(s.Format, "json"))
	if !ok {
		return nil // told already
	}
	kind, _ := event.ParseKind(s.Kind)
	_, err := f.New(event.Options{Kind: kind, Map: s.Map})
	return err
}

func checkScopes(say func(string, ...any), where string, scopes []string) {
	for _, s := range scopes {
		if !slices.Contains([]string{ScopeIngest, ScopeRead, ScopeLabel}, s) {
			say("%s: %q, want ingest, read or label", where, s)
		}
	}
}

// checkListen refuses to listen where anybody could reach what nothing guards.
func (c *Config) checkListen() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("serve: listen: %w", err)
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return errors.New("serve: tls: cert and key go together")
	}
	if c.TLS.ClientCA != "" && c.TLS.Cert == "" {
		return errors.New("serve: tls.client_ca: needs tls.cert and tls.key")
	}
	if isLoopback(c.Listen) {
		return nil
	}
	if c.TLS.Cert == "" {
		return fmt.Errorf("serve: listen: %s is no loopback address: set tls.cert and tls.key", c.Listen)
	}
	if len(c.Tokens) == 0 && c.TLS.ClientCA == "" {
		return fmt.Errorf("serve: listen: %s is no loopback address: set tokens or tls.client_ca", c.Listen)
	}
	return nil
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Bytes is a size: 1048576, 64KiB, 8MiB or 1GiB.
type Bytes int64

// UnmarshalYAML reads a size.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error {
	text, scale := strings.TrimSpace(n.Value), int64(1)
	for suffix, s := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40} {
		if t, ok := strings.CutSuffix(text, suffix); ok {
			text, scale = strings.TrimSpace(t), s
		}
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < 0 || v > (1<<62)/scale {
		return fmt.Errorf("line %d: %q is no size; write 1048576, 64KiB, 8MiB or 1GiB", n.Line, n.Value)
	}
	*b = Bytes(v * scale)
	return nil
}
