package model

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// Errors of Read that concern the file as a whole.
const (
	ErrTruncated    = Error("file is cut short")
	ErrTooLarge     = Error("file or header is larger than the limit")
	ErrFormat       = Error("not a model file, or of a version that this program does not read")
	ErrNotCanonical = Error("file is not written as this program writes it")
)

// Read reads a model file. It checks every size before it allocates and uses
// at most twice the file's size and 16 MiB; the model does not alias data. A
// signature is read but not checked: see package sign.
func Read(data []byte, l Limits) (*Model, error) {
	if l.MaxBytes <= 0 {
		l.MaxBytes = MaxBytes
	}
	if len(data) > l.MaxBytes {
		return nil, ErrTooLarge
	}
	if len(data) < 8 {
		return nil, ErrTruncated
	}
	n := readUint(data, 0, 8)
	if n > MaxHeader {
		return nil, ErrTooLarge
	}
	if n > uint64(len(data)-8) {
		return nil, ErrTruncated
	}
	header, body := data[8:8+n], data[8+n:]
	f, err := readHeader(header)
	if err != nil {
		return nil, err
	}
	if err := f.check(len(body)); err != nil {
		return nil, err
	}
	m, err := f.model(body)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if !m.wrote(header, body) {
		return nil, ErrNotCanonical
	}
	return m, nil
}

// wrote reports whether Append would write this header and body. It looks at
// one tensor after the other, so it needs no second copy of the file.
func (m *Model) wrote(header, body []byte) bool {
	again, tensors, err := m.header()
	if err != nil || !bytes.Equal(again, header) {
		return false
	}
	var b []byte
	for i := range tensors {
		b = appendTensor(b[:0], &tensors[i].Tensor)
		if !bytes.HasPrefix(body, b) {
			return false
		}
		body = body[len(b):]
	}
	return len(body) == 0
}

// file is a header taken apart.
type file struct {
	texts   [][2]string
	tensors []fileTensor
	taken   int
}

type fileTensor struct {
	name     string
	dtype    dtype
	shape    []int
	from, to int
	taken    bool
}

func readHeader(header []byte) (*file, error) {
	if !utf8.Valid(header) {
		return nil, errHeader
	}
	f := &file{}
	r := newReader(header)
	r.object(func(name string) {
		if name == "__metadata__" {
			r.object(func(key string) {
				if len(f.texts) > 2*len(metadataNames) {
					r.err = ErrFormat
					return
				}
				f.texts = append(f.texts, [2]string{key, r.text()})
			})
			return
		}
		if len(f.tensors) >= MaxTensors || len(name) > MaxName {
			r.err = ErrTooLarge
			return
		}
		t := fileTensor{name: name, from: -1, to: -1}
		r.object(func(member string) {
			switch member {
			case "dtype":
				var ok bool
				if t.dtype, ok = dtypeNamed(r.text()); !ok && r.err == nil {
					r.err = Error("unknown type of tensor")
				}
			case "shape":
				t.shape = r.counts(4)
			case "data_offsets":
				if o := r.counts(2); len(o) == 2 {
					t.from, t.to = o[0], o[1]
				}
			default:
				r.err = errShape
			}
		})
		f.tensors = append(f.tensors, t)
	})
	if err := r.end(); err != nil {
		return nil, err
	}
	return f, nil
}

// counts returns an array of at most most whole numbers.
func (r *reader) counts(most int) []int {
	var out []int
	r.array(func(t event.Token) {
		if t != event.Number || len(out) >= most {
			r.err = errShape
			return
		}
		v := r.parse()
		if v > maxElements {
			r.err = ErrTooLarge
			return
		}
		out = append(out, int(v))
	})
	return out
}

// check says whether the tensors lie one after the other and fill the body.
func (f *file) check(body int) error {
	at := 0
	for i := range f.tensors {
		t := &f.tensors[i]
		if t.dtype.size == 0 {
			return Error("tensor " + strconv.Quote(t.name) + " has no type")
		}
		n := elements(t.shape, body/t.dtype.size)
		if n < 0 || t.from != at || t.to != at+n*t.dtype.size || t.to > body {
			return Error("tensor " + strconv.Quote(t.name) + " leaves a gap, overlaps, or is not of its shape's size")
		}
		at = t.to
	}
	if at != body {
		return Error("bytes behind the last tensor")
	}
	return nil
}

// take reads the tensor of that name; each can be taken once.
func (f *file) take(body []byte, name string) (learner.Tensor, error) {
	i := slices.IndexFunc(f.tensors, func(t fileTensor) bool { return t.name == name })
	if i < 0 || f.tensors[i].taken {
		return learner.Tensor{}, Error("no tensor " + strconv.Quote(name))
	}
	t := &f.tensors[i]
	t.taken = true
	f.taken++
	out := learner.Tensor{Name: name, Shape: t.shape}
	return out, readTensor(&out, t.dtype, body[t.from:t.to])
}

func (f *file) has(name string) bool {
	return slices.ContainsFunc(f.tensors, func(t fileTensor) bool { return t.name == name })
}

// metadataNames are the texts that a header may hold.
var metadataNames = [...]string{
	"card", "epoch", "format", "key", "kind", "learners", "name", "plugins", "schema", "selector", "signature", "tiers",
}

func (f *file) text(name string) string {
	for _, t := range f.texts {
		if t[0] == name {
			return t[1]
		}
	}
	return ""
}

func (f *file) model(body []byte) (*Model, error) {
	if f.text("format") != format {
		return nil, ErrFormat
	}
	m := &Model{Name: f.text("name")}
	m.Kind, _ = event.ParseKind(f.text("kind"))
	epoch, err := strconv.ParseUint(f.text("epoch"), 10, 64)
	if err != nil {
		return nil, Error("epoch is not a number")
	}
	m.Epoch = epoch
	if s := f.text("key"); s != "" && !readHex(m.Key[:], s) {
		return nil, Error("key is not hexadecimal")
	}
	if s := f.text("signature"); s != "" && !readHex(m.Signature[:], s) {
		return nil, Error("signature is not hexadecimal")
	}
	if m.Card, err = readCard(f.text("card")); err != nil {
		return nil, err
	}
	if m.Schema, err = readSchema(f.text("schema"), m.Kind); err != nil {
		return nil, err
	}
	if m.Plugins, err = readPlugins(f.text("plugins")); err != nil {
		return nil, err
	}
	if m.Tiers, err = f.tiers(body); err != nil {
		return nil, err
	}
	if m.Selector, err = f.selector(body); err != nil {
		return nil, err
	}
	if f.has(adaptation) {
		t, err := f.take(body, adaptation)
		if err != nil {
			return nil, err
		}
		if len(t.U8) == 0 || len(t.Shape) != 1 {
			return nil, Error("labels of a site are no list of bytes")
		}
		m.Adaptation = t.U8
	}
	if f.taken != len(f.tensors) {
		return nil, Error("tensors that nothing uses")
	}
	return m, nil
}

func readCard(s string) (c Card, err error) {
	r := newReader([]byte(s))
	r.object(func(name string) {
		switch name {
		case "seed":
			c.Seed = r.integer()
		case "trained":
			r.objects(func() func(string) {
				c.Trained = append(c.Trained, Source{})
				t := &c.Trained[len(c.Trained)-1]
				return func(name string) {
					switch name {
					case "name":
						t.Name = r.text()
					case "rows":
						t.Rows = r.count(maxElements)
					case "threats":
						t.Threats = r.count(maxElements)
					default:
						r.err = errShape
					}
				}
			})
		case "quality":
			r.objects(func() func(string) {
				c.Quality = append(c.Quality, Measure{})
				q := &c.Quality[len(c.Quality)-1]
				return func(name string) {
					switch name {
					case "set":
						q.Set = r.text()
					case "metric":
						q.Metric = r.text()
					case "value":
						q.Value = r.number()
					default:
						r.err = errShape
					}
				}
			})
		case "limits":
			c.Limits = r.texts(MaxTensors)
		case "tuned":
			r.objects(func() func(string) {
				c.Tuned = append(c.Tuned, Setting{})
				t := &c.Tuned[len(c.Tuned)-1]
				return func(name string) {
					switch name {
					case "learner":
						t.Learner = r.text()
					case "name":
						t.Name = r.text()
					case "value":
						t.Value = r.number()
					default:
						r.err = errShape
					}
				}
			})
		default:
			r.err = errShape
		}
	})
	return c, r.end()
}

// objects reads an array of objects: begin is called for each and returns what
// reads its members.
func (r *reader) objects(begin func() func(name string)) {
	r.array(func(t event.Token) {
		if t != event.ObjectStart {
			r.err = errShape
			return
		}
		r.members(begin())
	})
}

func readSchema(s string, kind event.Kind) (schema feature.Schema, err error) {
	schema.Kind = kind
	levels := 0
	r := newReader([]byte(s))
	r.object(func(name string) {
		switch name {
		case "names":
			schema.Names = r.texts(MaxColumns)
		case "stateless":
			schema.Stateless = r.count(MaxColumns)
		case "whole":
			schema.Whole = r.boolean()
		case "table":
			r.objects(func() func(string) {
				schema.Table = append(schema.Table, feature.Column{})
				c := &schema.Table[len(schema.Table)-1]
				return func(name string) {
					switch name {
					case "source":
						c.Source = r.text()
					case "level":
						if c.Level = r.texts(MaxLevels - levels); c.Level == nil {
							c.Level = []string{}
						}
						levels += len(c.Level)
					default:
						r.err = errShape
					}
				}
			})
		default:
			r.err = errShape
		}
	})
	return schema, r.end()
}

func readPlugins(s string) (out []Plugin, err error) {
	r := newReader([]byte(s))
	r.objects(func() func(string) {
		out = append(out, Plugin{})
		p := &out[len(out)-1]
		if len(out) > ensemble.MaxLearners {
			r.err = ErrTooLarge
		}
		return func(name string) {
			switch name {
			case "id":
				p.ID = r.text()
			case "version":
				p.Version = r.text()
			case "sha256":
				if !readHex(p.SHA256[:], r.text()) && r.err == nil {
					r.err = Error("hash of a plugin is not hexadecimal")
				}
			default:
				r.err = errShape
			}
		}
	})
	return out, r.end()
}
