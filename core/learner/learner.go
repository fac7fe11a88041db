// Package learner holds the base learners: each reads a batch of encoded
// events and gives every row a raw score, higher meaning more of a threat.
//
// A learner is a value, made by a constructor that validates or by New from a
// stored [State], and immutable afterwards. Fitting lives in core/train. One
// file holds one learner; all pass the conformance suite in learnertest.
package learner

import "github.com/tiercel/tiercel/core/feature"

// Batch is the input of learners: see feature.Batch.
type Batch = feature.Batch

// Info describes a learner to the tiers above it and to people.
type Info struct {
	ID      string  // unique in a model: "trees", "ngram", "marker-sqli"
	Type    string  // what New understands: linear, bayes, trees, boosted, forest, ngram, certified, isolation, histogram, rarity, markov; plugins are wasm or process
	Class   string  // the class of threat that this learner alone speaks for; empty for none
	Columns []int   // columns of X that it reads; nil for none
	Texts   bool    // reads the texts
	Context bool    // reads a context column, so it runs in the ordered part
	Cost    float32 // nanoseconds a row where somebody measured them, else 0: fitters do not, so that models stay reproducible
}

// Learner scores events.
//
// Score writes one raw score a row to dst, of length b.N: any real number, NaN
// to abstain. Scores are repeatable and do not depend on how rows are batched.
// It is safe for concurrent use and allocates nothing; an error says that the
// learner is unusable and concerns the whole batch.
type Learner interface {
	Info() Info
	Score(dst []float32, b *Batch) error
}

// Part is what one piece of the input added to a row's raw score.
type Part struct {
	Column int    // column of X, or -1
	Value  int    // index into the row's values, or -1
	From   uint32 // range of the value's decoded text that mattered
	To     uint32
	Name   string  // the feature, pattern or n-gram in words
	Weight float32 // contribution to the raw score
}

// Explainer is the optional ability to say why a row got its score: at most
// max parts, largest magnitude first.
type Explainer interface {
	Explain(dst []Part, b *Batch, row, max int) []Part
}

// Stateful is the ability that a learner needs to be stored in a model file.
type Stateful interface {
	Learner
	State() State
}

// State is a learner as a model file stores it: numbers by name and tensors by
// name, both in a fixed order. New reads it back and refuses what is not valid.
type State struct {
	Numbers []Number
	Strings []String
	Tensors []Tensor
}

// Number is a named setting.
type Number struct {
	Name  string
	Value float64
}

// String is a named text, such as a pattern list joined by newlines.
type String struct{ Name, Value string }

// Tensor is a named array in row-major order; exactly one of the slices is used.
type Tensor struct {
	Name  string
	Shape []int
	F32   []float32
	F64   []float64
	I16   []int16
	I8    []int8
	U8    []uint8
	I32   []int32
}
