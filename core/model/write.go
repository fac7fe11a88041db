package model

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// format names the version of the file's layout. Read refuses others.
const format = "tiercel 1"

// Append appends the model's file to dst. The same model gives the same bytes.
// It fails for a model that Validate refuses or whose learners cannot be stored.
func (m *Model) Append(dst []byte) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	header, tensors, err := m.header()
	if err != nil {
		return nil, err
	}
	if len(header) > MaxHeader || len(tensors) > MaxTensors {
		return nil, Error("header is too long or has too many tensors")
	}
	size := 8 + len(header)
	for i := range tensors {
		size += tensors[i].bytes()
	}
	dst = slices.Grow(dst, size)
	dst = appendUint(dst, uint64(len(header)), 8)
	dst = append(dst, header...)
	for i := range tensors {
		dst = appendTensor(dst, &tensors[i].Tensor)
	}
	return dst, nil
}

// entry is a tensor of the file; Name is its full name there.
type entry struct {
	learner.Tensor
	dtype dtype
}

func (e *entry) bytes() int { return elements(e.Shape, maxElements) * e.dtype.size }

// maxElements bounds the elements of a tensor: a file has MaxBytes at most by default.
const maxElements = 1 << 31

// header returns the JSON header, padded with spaces to a multiple of 8 bytes,
// and the tensors in the order of their bytes: wide elements first, so that all
// are aligned, then by name.
func (m *Model) header() ([]byte, []entry, error) {
	tensors, err := m.tensors()
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(tensors, func(a, b entry) int {
		if a.dtype.size != b.dtype.size {
			return b.dtype.size - a.dtype.size
		}
		return strings.Compare(a.Name, b.Name)
	})
	var w writer
	w.open('{')
	w.key("__metadata__")
	w.open('{')
	for _, part := range m.metadata() {
		w.key(part[0])
		w.text(part[1])
	}
	w.close('}')
	off := 0
	for i := range tensors {
		e := &tensors[i]
		n := elements(e.Shape, maxElements)
		if n < 0 || n != len(e.F64)+len(e.F32)+len(e.I32)+len(e.I16)+len(e.I8)+len(e.U8) {
			return nil, nil, Error("tensor " + strconv.Quote(e.Name) + " does not have its shape")
		}
		if i > 0 && tensors[i-1].Name == e.Name {
			return nil, nil, Error("two tensors are named " + strconv.Quote(e.Name))
		}
		w.key(e.Name)
		w.open('{')
		w.key("dtype")
		w.text(e.dtype.name)
		w.key("shape")
		w.open('[')
		for _, d := range e.Shape {
			w.integer(uint64(d))
		}
		w.close(']')
		w.key("data_offsets")
		w.open('[')
		w.integer(uint64(off))
		off += n * e.dtype.size
		w.integer(uint64(off))
		w.close(']')
		w.close('}')
	}
	w.close('}')
	for len(w.b)%8 != 0 {
		w.b = append(w.b, ' ')
	}
	return w.b, tensors, nil
}

// metadata returns the texts of the header, sorted by name.
func (m *Model) metadata() [][2]string {
	parts := [][2]string{
		{"card", m.Card.json()},
		{"epoch", strconv.FormatUint(m.Epoch, 10)},
		{"format", format},
		{"kind", m.Kind.String()},
		{"learners", m.learnersJSON()},
		{"name", m.Name},
		{"plugins", m.pluginsJSON()},
		{"schema", schemaJSON(&m.Schema)},
		{"tiers", tiersJSON(m.Tiers)},
	}
	if m.Key != [32]byte{} {
		parts = append(parts, [2]string{"key", hexText(m.Key[:])})
	}
	if m.Selector != nil {
		parts = append(parts, [2]string{selector, selectorJSON(m.Selector)})
	}
	if m.Signed() {
		parts = append(parts, [2]string{"signature", hexText(m.Signature[:])})
	}
	slices.SortFunc(parts, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return parts
}

func (c *Card) json() string {
	var w writer
	w.open('{')
	w.key("seed")
	w.integer(c.Seed)
	w.key("trained")
	w.open('[')
	for _, s := range c.Trained {
		w.open('{')
		w.key("name")
		w.text(s.Name)
		w.key("rows")
		w.integer(uint64(s.Rows))
		w.key("threats")
		w.integer(uint64(s.Threats))
		w.close('}')
	}
	w.close(']')
	w.key("quality")
	w.open('[')
	for _, q := range c.Quality {
		w.open('{')
		w.key("set")
		w.text(q.Set)
		w.key("metric")
		w.text(q.Metric)
		w.key("value")
		w.number(q.Value)
		w.close('}')
	}
	w.close(']')
	w.key("limits")
	w.texts(c.Limits)
	if len(c.Tuned) > 0 {
		w.key("tuned")
		w.open('[')
		for _, t := range c.Tuned {
			w.open('{')
			w.key("learner")
			w.text(t.Learner)
			w.key("name")
			w.text(t.Name)
			w.key("value")
			w.number(t.Value)
			w.close('}')
		}
		w.close(']')
	}
	w.close('}')
	return string(w.b)
}

func (w *writer) texts(list []string) {
	w.open('[')
	for _, s := range list {
		w.text(s)
	}
	w.close(']')
}

func schemaJSON(s *feature.Schema) string {
	var w writer
	w.open('{')
	w.key("names")
	w.texts(s.Names)
	w.key("stateless")
	w.integer(uint64(s.Stateless))
	w.key("table")
	w.open('[')
	for _, c := range s.Table {
		w.open('{')
		w.key("source")
		w.text(c.Source)
		if c.Level != nil {
			w.key("level")
			w.texts(c.Level)
		}
		w.close('}')
	}
	w.close(']')
	w.key("whole")
	w.boolean(s.Whole)
	w.close('}')
	return string(w.b)
}

func (m *Model) pluginsJSON() string {
	var w writer
	w.open('[')
	for _, p := range m.Plugins {
		w.open('{')
		w.key("id")
		w.text(p.ID)
		w.key("version")
		w.text(p.Version)
		w.key("sha256")
		w.text(hexText(p.SHA256[:]))
		w.close('}')
	}
	w.close(']')
	return string(w.b)
}

func (m *Model) learnersJSON() string {
	var w writer
	w.open('[')
	for _, b := range m.Tiers.Bases {
		info := b.Learner.Info()
		w.open('{')
		w.key("id")
		w.text(info.ID)
		w.key("type")
		w.text(info.Type)
		w.key("class")
		w.text(info.Class)
		w.key("columns")
		w.open('[')
		for _, c := range info.Columns {
			w.integer(uint64(c))
		}
		w.close(']')
		w.key("texts")
		w.boolean(info.Texts)
		w.key("context")
		w.boolean(info.Context)
		w.key("cost")
		w.number(float64(info.Cost))
		w.state(b.Learner)
		w.close('}')
	}
	w.close(']')
	return string(w.b)
}

// state writes what New needs, or that the learner is absent.
func (w *writer) state(l learner.Learner) {
	s, ok := l.(learner.Stateful)
	if !ok {
		w.key("absent")
		w.boolean(true)
		return
	}
	state := s.State()
	w.key("numbers")
	w.open('{')
	for _, n := range state.Numbers {
		w.key(n.Name)
		w.number(n.Value)
	}
	w.close('}')
	w.key("strings")
	w.open('{')
	for _, s := range state.Strings {
		w.key(s.Name)
		w.text(s.Value)
	}
	w.close('}')
	w.key("tensors")
	w.open('[')
	for _, t := range state.Tensors {
		w.text(t.Name)
	}
	w.close(']')
}

func tiersJSON(t *ensemble.Tiers) string {
	var w writer
	w.open('{')
	w.key("metas")
	w.open('[')
	for _, m := range t.Metas {
		w.open('{')
		w.key("name")
		w.text(m.Name)
		w.key("mixer")
		w.text(m.Mixer.Name())
		if s, ok := m.Mixer.(ensemble.Stateful); ok {
			w.key("bias")
			w.number(s.State().Bias)
		}
		w.close('}')
	}
	w.close(']')
	w.key("super")
	w.text(t.Super.Name)
	if t.Super.Floor > 0 {
		w.key("floor")
		w.number(float64(t.Super.Floor))
	}
	if t.Super.Novelty > 0 {
		w.key("novelty")
		w.number(float64(t.Super.Novelty))
		w.key("certain")
		w.number(t.Super.Certain)
	}
	if t.Super.Certified > 0 {
		w.key("certified")
		w.number(float64(t.Super.Certified))
	}
	w.close('}')
	return string(w.b)
}

// adaptation names the tensor of Model.Adaptation.
const adaptation = "adaptation"

// tensors collects every array of the model under its name in the file:
// base.I.state.NAME, base.I.calibration, base.I.tail, meta.J.weights,
// meta.J.calibration, super.beta, super.calibration, super.tail, adaptation, selector.NAME.
func (m *Model) tensors() ([]entry, error) {
	var out []entry
	add := func(name string, t learner.Tensor) {
		t.Name = name
		out = append(out, entry{t, dtypeOf(&t)})
	}
	curves := func(prefix string, c *ensemble.Calibration, t *ensemble.Tail) {
		if c != nil {
			add(prefix+"calibration", learner.Tensor{Shape: []int{2, len(c.X)}, F64: slices.Concat(c.X, c.Z)})
		}
		if t != nil {
			add(prefix+"tail", learner.Tensor{Shape: []int{2*len(t.X) + 1}, F64: slices.Concat(t.X, t.LogRate, []float64{t.Slope})})
		}
	}
	for i, b := range m.Tiers.Bases {
		prefix := "base." + strconv.Itoa(i) + "."
		curves(prefix, b.Calibration, b.Tail)
		s, ok := b.Learner.(learner.Stateful)
		if !ok {
			if !slices.ContainsFunc(m.Plugins, func(p Plugin) bool { return p.ID == b.Learner.Info().ID }) {
				return nil, Error("learner " + strconv.Quote(b.Learner.Info().ID) + " cannot be stored")
			}
			continue
		}
		for _, t := range s.State().Tensors {
			add(prefix+"state."+t.Name, t)
		}
	}
	for j, meta := range m.Tiers.Metas {
		prefix := "meta." + strconv.Itoa(j) + "."
		s, ok := meta.Mixer.(ensemble.Stateful)
		if !ok {
			return nil, Error("meta-learner " + strconv.Quote(meta.Name) + " cannot be stored")
		}
		weights := s.State().Weights
		add(prefix+"weights", learner.Tensor{Shape: []int{len(weights)}, F64: weights})
		curves(prefix, meta.Calibration, nil)
	}
	super := m.Tiers.Super
	add("super.beta", learner.Tensor{Shape: []int{len(super.Beta)}, F64: super.Beta})
	curves("super.", super.Calibration, super.Tail)
	if m.Selector != nil {
		for _, t := range selectorTensors(m.Selector) {
			add(selector+"."+t.Name, t)
		}
	}
	if len(m.Adaptation) > 0 {
		add(adaptation, learner.Tensor{Shape: []int{len(m.Adaptation)}, U8: m.Adaptation})
	}
	return out, nil
}

const hexDigits = "0123456789abcdef"

func hexText(b []byte) string {
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, hexDigits[c>>4], hexDigits[c&15])
	}
	return string(out)
}

// readHex fills dst from lower-case hexadecimal digits of exactly its length.
func readHex(dst []byte, s string) bool {
	if len(s) != 2*len(dst) {
		return false
	}
	for i := range dst {
		hi, lo := strings.IndexByte(hexDigits, s[2*i]), strings.IndexByte(hexDigits, s[2*i+1])
		if hi < 0 || lo < 0 {
			return false
		}
		dst[i] = byte(hi<<4 | lo)
	}
	return true
}
