package feature

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// dataFile reads a file below the directory that TIERCEL_DATA names.
func dataFile(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("TIERCEL_DATA")
	if dir == "" {
		t.Skip("TIERCEL_DATA does not name a directory with logs")
	}
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// knownLog is a real log, its rows and what its publishers say of them.
type knownLog struct {
	kind    event.Kind
	schema  *Schema
	rows    []float32
	obs     []Observation
	label   []int    // -1 unknown
	network []string // rows of a network share a context
	class   []string
}

func (l *knownLog) row(i int) []float32 {
	d := len(l.schema.Names)
	return l.rows[i*d : (i+1)*d]
}

// loadKnown encodes a log; label says what is known of its i-th record.
func loadKnown(t *testing.T, text []byte, o event.Options, label func(i int) (label int, network, class string)) *knownLog {
	t.Helper()
	f, _, err := event.Detect(text[:bytes.LastIndexByte(text[:min(len(text), 1<<16)], '\n')+1], o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := event.NewReader(bytes.NewReader(text), f, o)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := EncoderOf(o.Kind)
	if err != nil {
		t.Fatal(err)
	}
	l := &knownLog{kind: o.Kind, schema: enc.Schema()}
	contexts := map[string]*Context{}
	var b event.Batch
	var rows Batch
	var obs []Observation
	var s Scratch
	record := 0
	for {
		if err := r.Next(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		b.Parse()
		enc.Encode(&rows, &obs, &b, &s)
		for i := range obs {
			known, network, class := label(record)
			record++
			if obs[i].Kind != o.Kind {
				continue
			}
			c := contexts[network]
			if c == nil {
				c = NewContext(o.Kind, ContextLimits{})
				contexts[network] = c
			}
			c.Update(rows.Row(i)[l.schema.Stateless:], &obs[i])
			l.rows = append(l.rows, rows.Row(i)...)
			l.obs = append(l.obs, obs[i])
			l.label, l.network, l.class = append(l.label, known), append(l.network, network), append(l.class, class)
		}
	}
	t.Logf("%s: %d records, %d of kind %v", f.Name, record, len(l.label), o.Kind)
	return l
}

// columnsOf reads named columns of a CSV file, in order of its rows.
func columnsOf(t *testing.T, text []byte, names ...string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, n := range rows[0] {
		at[n] = i
	}
	out := make([][]string, len(names))
	for i, n := range names {
		for _, r := range rows[1:] {
			if n == "" {
				out[i] = append(out[i], "")
			} else {
				out[i] = append(out[i], r[at[n]])
			}
		}
	}
	return out
}

// report prints for each signal the share of normal and of attack rows, and
// the number of normal and attacking entities, that it raises, by network.
func (l *knownLog) report(t *testing.T) {
	t.Helper()
	type count struct{ rows, raised [2]int }
	var networks []string
	seen := map[string]bool{}
	for _, n := range l.network {
		if !seen[n] {
			seen[n] = true
			networks = append(networks, n)
		}
	}
	for _, network := range networks {
		var line strings.Builder
		for _, g := range append(ContextSignals(l.kind), Signal{Name: "any"}) {
			var c count
			entities := [2]map[uint64]bool{{}, {}}
			raised := [2]map[uint64]bool{{}, {}}
			for i, label := range l.label {
				if l.network[i] != network || label < 0 {
					continue
				}
				score := math.Inf(-1)
				if g.Columns == nil {
					for _, other := range ContextSignals(l.kind) {
						score = max(score, other.score(l.schema, l.row(i)))
					}
				} else {
					score = g.score(l.schema, l.row(i))
				}
				c.rows[label]++
				entity := l.obs[i].Entity
				if source := l.schema.Column("source.present"); source >= 0 && l.row(i)[source] == 0 {
					entity = 0 // a user or host is no attacking source
				}
				entities[label][entity] = true
				if score > 0 {
					c.raised[label]++
					raised[label][entity] = true
				}
			}
			line.WriteString("\n\t" + g.Name)
			for label, what := range []string{" normal ", " attack "} {
				line.WriteString(what + strconv.Itoa(c.raised[label]) + "/" + strconv.Itoa(c.rows[label]) + " rows " +
					strconv.Itoa(len(raised[label])) + "/" + strconv.Itoa(len(entities[label])) + " entities;")
			}
		}
		t.Log(network + line.String())
	}
}

func TestSignalsOnLogins(t *testing.T) {
	for _, name := range []string{
		"auth-syslog/openssh", "auth-syslog/linux", "auth-more/aws-ubuntu-2017", "auth-more/centos-secure-jp", "auth-more/websystem",
		"auth-more/aws-exposed-2014", "auth-more/raspbian-2016", "auth-more/vps-2018", "auth-more/vm-syslog-2025",
	} {
		text := dataFile(t, name+".log.gz")
		cols := columnsOf(t, dataFile(t, name+".labels.csv.gz"), "label", "attack_class")
		l := loadKnown(t, text, event.Options{Kind: event.Auth}, func(i int) (int, string, string) {
			n, _ := strconv.Atoi(cols[0][i])
			return n, name, cols[1][i]
		})
		l.report(t)
	}
}

func TestSignalsOnFlows(t *testing.T) {
	for _, f := range []struct{ name, network string }{{"flows-more/flows-common", "network"}, {"zeek-flows/flows-common", "capture"}} {
		text := dataFile(t, f.name+".csv.gz")
		cols := columnsOf(t, text, "label", f.network, "category")
		l := loadKnown(t, text, event.Options{Kind: event.Flow}, func(i int) (int, string, string) {
			n, err := strconv.Atoi(cols[0][i])
			if err != nil {
				n = -1
			}
			return n, cols[1][i], cols[2][i]
		})
		l.report(t)
	}
}

func TestSignalsOnNames(t *testing.T) {
	for _, f := range []struct{ name, network, client string }{{"dns-normal/queries", "network", "src_ip"}, {"dns-tunnel/queries", "capture", "capture"}} {
		text := dataFile(t, f.name+".csv.gz")
		cols := columnsOf(t, text, "label", f.network)
		l := loadKnown(t, text, event.Options{Kind: event.DNS, Map: map[string]string{f.client: "source.ip"}}, func(i int) (int, string, string) {
			n, _ := strconv.Atoi(cols[0][i])
			return n, cols[1][i], ""
		})
		l.report(t)
	}
}

func TestSignalsOnRequests(t *testing.T) {
	for log, labels := range map[string]string{
		"access-scans/access": "access-scans/labels", "access-real/sites": "access-real/sites.labels", "access-real/attacked": "access-real/attacked.labels",
	} {
		text := dataFile(t, log+".log.gz")
		cols := columnsOf(t, dataFile(t, labels+".csv.gz"), "label")
		l := loadKnown(t, text, event.Options{Kind: event.HTTP}, func(i int) (int, string, string) {
			n, _ := strconv.Atoi(cols[0][i])
			return n, log, ""
		})
		l.report(t)
	}
}
