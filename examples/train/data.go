package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/train"
)

// file is one log of the shared data with what is known of its records.
type file struct {
	path   string // under the data folder, gzip'd
	labels string // CSV beside it, gzip'd; empty for none
	format string // empty detects it
	label  func(r *train.Record) (train.Label, error)
}

// part selects rows by the sets' own "split" column: "train", "test", another
// of its values, or "" for all.
type part string

func (p part) of(r *train.Record) bool {
	split, ok := r.Column("split")
	return p == "" || !ok || split == string(p)
}

// column returns the text of a column, "" when the record has none.
func column(r *train.Record, name string) string {
	text, _ := r.Column(name)
	return text
}

// threat reads a "label" column of 0, 1 and -1.
func threat(r *train.Record) (int8, error) {
	text := column(r, "label")
	y, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
	if err != nil || y < -1 || y > 1 {
		return 0, fmt.Errorf("%s:%d: label %q is not 0, 1 or -1", r.Source, r.Line, text)
	}
	return int8(y), nil
}

// sets that a model is trained on and scored with: the training part and the
// test parts of one shared set, with everything else left as it stands.
type dataset struct {
	name   string
	kind   event.Kind
	train  []file
	tests  []test
	ignore []string // Table: columns that are no features
	whole  bool     // HTTP: one application, whose requests may be learned whole
	// rule is the trivial baseline that the set's README names: a score made of
	// one field. A model must beat it to have learned anything.
	rule string
}

type test struct {
	name  string
	files []file
}

// labelled returns the plain label function: column "label", the attack's type
// from another column, rows of another part left out.
func labelled(p part, typ, site, group string) func(*train.Record) (train.Label, error) {
	return func(r *train.Record) (train.Label, error) {
		if !p.of(r) || column(r, "ambiguous") == "true" {
			return train.Label{Drop: true}, nil
		}
		y, err := threat(r)
		if err != nil || y < 0 {
			return train.Label{Y: -1}, err
		}
		l := train.Label{Y: y, Weight: 1}
		if typ != "" && y == 1 {
			l.Type = classOf(column(r, typ))
		}
		if site != "" {
			l.Site = column(r, site)
		}
		if group != "" {
			l.Group = column(r, group)
		}
		return l, nil
	}
}

// classOf maps the sets' names of attack types to the project's classes.
func classOf(name string) string {
	switch name {
	case "scanner-ua", "probe", "proxy-probe", "binary":
		return "scanner"
	case "log4shell":
		return "lookup"
	case "scan":
		return "scan-ports"
	case "ransomware-beacon", "botnet-c2", "CC":
		return "beacon"
	}
	return name
}

// load reads files of one kind into a set.
func load(root string, d *dataset, files []file, like *train.Set) (*train.Set, error) {
	var sources []train.Source
	labels := map[string]func(*train.Record) (train.Label, error){}
	for _, f := range files {
		log, err := open(root, f.path)
		if err != nil {
			return nil, err
		}
		defer log.Close()
		s := train.Source{Name: f.path, Log: log, Format: f.format}
		if f.labels != "" {
			l, err := open(root, f.labels)
			if err != nil {
				return nil, err
			}
			defer l.Close()
			s.Labels = l
		}
		labels[f.path] = f.label
		sources = append(sources, s)
	}
	o := train.LoadOptions{
		Event:  event.Options{Kind: d.kind, Cells: d.kind == event.Table},
		Label:  func(r *train.Record) (train.Label, error) { return labels[r.Source](r) },
		Ignore: d.ignore,
		Whole:  d.whole,
	}
	if like != nil {
		o.Schema = &like.Schema
	}
	return train.Load(sources, o)
}

// generated is the path of a file that is not in the data folder but written
// here: requests that carry written or borrowed values.
const generated = "generated:"

func open(root, path string) (io.ReadCloser, error) {
	if name, ok := strings.CutPrefix(path, generated); ok {
		var b bytes.Buffer
		if err := writeInjected(&b, root, name); err != nil {
			return nil, err
		}
		return io.NopCloser(&b), nil
	}
	f, err := os.Open(filepath.Join(root, path))
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

// records decodes the JSON lines of a file of the data folder.
func records[T any](root, path string, visit func(*T)) error {
	f, err := open(root, path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var v T
			if err := json.Unmarshal(line, &v); err != nil {
				return fmt.Errorf("%s:%d: %w", path, n, err)
			}
			visit(&v)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// value is a bare parameter value of the shared sets.
type value struct {
	Payload string `json:"payload"`
	Label   int    `json:"label"`
	Class   string `json:"attack_class"`
	Split   string `json:"split"`
}

// injectSeed and counts of injected requests. The part is "train" or "test":
// requests, values and seeds of one never serve the other.
const injectSeed = 20260123

var injectCount = map[string]int{"train": 30_000, "test": 6_000}

// disguisedCount of requests are written besides, for training alone.
const disguisedCount = 6_000

// writeInjected writes normal requests of modern sites that carry a value:
// half of them harmful. Values are written by the grammars or borrowed from
// the sets of parameter values.
func writeInjected(w io.Writer, root, split string) error {
	count, ok := injectCount[split]
	if !ok {
		return fmt.Errorf("no generated set %q", split)
	}
	in := &injector{r: rand.New(rand.NewPCG(injectSeed, uint64(len(split))))}
	if err := records(root, "modern-http/requests.ndjson.gz", func(q *request) {
		if q.Split == split {
			in.requests = append(in.requests, *q)
		}
	}); err != nil {
		return err
	}
	var borrowed [2][]value
	keep := func(v *value) { borrowed[v.Label] = append(borrowed[v.Label], *v) }
	if err := records(root, "httpparams/"+split+".ndjson.gz", keep); err != nil {
		return err
	}
	if err := records(root, "openappsec-values/values.ndjson.gz", func(v *value) {
		if v.Split == split {
			keep(v)
		}
	}); err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for range count {
		var text, class string
		y := in.r.IntN(2)
		switch {
		case in.r.IntN(5) == 0:
			v := borrowed[y][in.r.IntN(len(borrowed[y]))]
			text, class = v.Payload, v.Class
		case y == 1:
			text, class = drawAttack(in.r)
		default:
			text = harmless.write(in.r, "start")
		}
		q := in.put(text)
		q.Label, q.Class, q.Split = y, class, split
		if y == 0 {
			q.Class = "normal"
		}
		if err := out.Encode(&q); err != nil {
			return err
		}
	}
	if split != "train" {
		return nil
	}
	in.r = rand.New(rand.NewPCG(injectSeed, 77))
	return writeDisguised(out, in, borrowed, disguisedCount)
}
