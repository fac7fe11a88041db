// Package model reads, checks and writes model files: one safetensors file
// (https://github.com/huggingface/safetensors, "Format") for one kind of log.
//
//	8 bytes   length n of the header, little-endian
//	n bytes   JSON: "__metadata__" (texts by name), then tensors by name
//	the rest  the tensors' bytes, little-endian, without gaps
//
// A file holds numbers and words only: no code, no paths, no dates. The same
// model always gives the same bytes, and Read refuses bytes that Append would
// not have written: there is one file for one model, so nothing can hide in
// spaces, gaps, overlaps, duplicate or unknown members.
package model

import (
	"strconv"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// Model is a whole detector for one kind of log. It is immutable once it is
// read and safe for concurrent use.
type Model struct {
	Kind    event.Kind
	Name    string         // for people: "http", "shop.example 2"
	Schema  feature.Schema // the columns that it was trained on
	Tiers   *ensemble.Tiers
	Card    Card
	Epoch   uint64   // rises with each release of a model; a loader may refuse to go back
	Plugins []Plugin // base learners that are not in the file

	// Adaptation is what labels of a site changed, as core/adapt writes it; nil
	// for nothing. Its bounds are kept by core/adapt, whoever wrote it.
	Adaptation []byte

	// Selector knows on which rows most learners need not run, where somebody asks
	// to spare them; nil for none.
	Selector *ensemble.Selector

	// Key and Signature are set by package sign; the zero Signature is none.
	Key       [32]byte // ed25519 public key; whether to trust it is the caller's business
	Signature [64]byte
}

// Plugin names a base learner that a plugin supplies: the place of the learner
// with that ID in Tiers.Bases is held by an Absent one until the host loads it.
type Plugin struct {
	ID      string
	Version string
	SHA256  [32]byte // of the plugin's file
}

// Card says what a model was made of and how good it was found to be.
type Card struct {
	Seed    uint64    // of the training
	Trained []Source  // what it was trained on
	Quality []Measure // measured on parts that it was not trained on
	Limits  []string  // what it is known not to do, one sentence each
	Tuned   []Setting // learners' settings that were chosen on the training rows; the others are the defaults
}

// Source is a part of the training rows.
type Source struct {
	Name          string
	Rows, Threats int
}

// Setting is one setting of a learner that is not its default.
type Setting struct {
	Learner string
	Name    string // "depth", "l2" ...
	Value   float64
}

// Measure is one measured figure.
type Measure struct {
	Set    string // which rows: "csic-2010 test"
	Metric string // "auroc", "recall_at_fpr 0.01" ...
	Value  float64
}

// Error is why a model cannot be read or written. Its texts are about the
// file's structure and never hold log contents.
type Error string

func (e Error) Error() string { return "model: " + string(e) }

// Bounds of a model file.
const (
	MaxHeader  = 1 << 20  // bytes of the JSON header
	MaxTensors = 1 << 12  // tensors of a file
	MaxName    = 1 << 10  // bytes of one name
	MaxColumns = 1 << 12  // columns of a schema
	MaxLevels  = 1 << 16  // levels of all one-hot columns together
	MaxBytes   = 64 << 20 // default of Limits.MaxBytes

	MaxAdaptation = 8 << 20 // bytes of what labels changed
)

// Limits bounds what reading a model may cost. The zero value means the defaults.
type Limits struct {
	MaxBytes int // size of the file
}

// Validate says what is wrong with the model, or nil. Read and Append call it.
func (m *Model) Validate() error {
	switch {
	case m.Kind == event.KindNone || m.Kind >= event.NumKinds:
		return Error("no kind of log")
	case m.Schema.Kind != m.Kind:
		return Error("schema is of another kind")
	case len(m.Schema.Names) == 0 || len(m.Schema.Names) > MaxColumns:
		return Error("number of columns out of range")
	case m.Schema.Stateless < 0 || m.Schema.Stateless > len(m.Schema.Names):
		return Error("more stateless columns than columns")
	case (m.Kind == event.Table) != (len(m.Schema.Table) > 0):
		return Error("cells are described for a kind that has none, or not for one that has")
	case m.Schema.Whole && m.Kind != event.HTTP:
		return Error("whole requests of a kind that has none")
	case len(m.Schema.Table) > MaxColumns:
		return Error("too many columns of cells")
	case m.Tiers == nil:
		return Error("no tiers")
	case len(m.Name) > MaxName:
		return Error("name is too long")
	case len(m.Adaptation) > MaxAdaptation:
		return Error("labels of a site take too many bytes")
	}
	seen := make(map[string]bool, len(m.Schema.Names))
	for _, n := range m.Schema.Names {
		if n == "" || len(n) > MaxName || seen[n] {
			return Error("column names must be distinct and not empty or too long")
		}
		seen[n] = true
	}
	t, err := ensemble.NewTiers(m.Tiers.Bases, m.Tiers.Metas, m.Tiers.Super)
	if err != nil {
		return err
	}
	if t.Super.Tail == nil {
		return Error("no false-alarm rate for the final score")
	}
	if m.Selector != nil {
		if err := m.Selector.Check(len(m.Tiers.Bases)); err != nil {
			return err
		}
	}
	return m.validateBases()
}

func (m *Model) validateBases() error {
	plugins := make(map[string]bool, len(m.Plugins))
	for i := range m.Plugins {
		p := &m.Plugins[i]
		if p.ID == "" || len(p.ID) > MaxName || len(p.Version) > MaxName || plugins[p.ID] {
			return Error("plugin ids must be distinct and not empty or too long")
		}
		plugins[p.ID] = true
	}
	seen := make(map[string]bool, len(m.Tiers.Bases))
	absent := 0
	for _, b := range m.Tiers.Bases {
		if b.Learner == nil {
			return Error("a base learner is missing")
		}
		info := b.Learner.Info()
		name := strconv.Quote(info.ID)
		if info.ID == "" || len(info.ID) > MaxName || seen[info.ID] {
			return Error("ids of base learners must be distinct and not empty or too long")
		}
		seen[info.ID] = true
		if plugins[info.ID] {
			absent++
		} else if _, ok := b.Learner.(*Absent); ok {
			return Error("learner " + name + " is absent, but no plugin supplies it")
		}
		context := false
		for _, c := range info.Columns {
			if c < 0 || c >= len(m.Schema.Names) {
				return Error("learner " + name + " reads columns that the schema does not have")
			}
			context = context || c >= m.Schema.Stateless
		}
		if context && !info.Context {
			return Error("learner " + name + " reads context columns and does not say so")
		}
	}
	if absent != len(m.Plugins) {
		return Error("a plugin supplies no base learner")
	}
	return nil
}

// Signed reports whether the model carries a signature. Whether it is good is
// for package sign to say.
func (m *Model) Signed() bool { return m.Signature != [64]byte{} }
