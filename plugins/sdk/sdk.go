// Package sdk is for authors of base learners in Go.
//
// A plugin is a main package that registers one learner and calls [Serve]; the
// same source builds as a module for the host and for browsers, and as a
// program for the host alone:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o my.wasm .
//	go build -o my .
//
// A module is confined more tightly and runs everywhere; a program may use
// threads and take more memory and time, and may learn ([Fitter]).
//
// The contract in words is plugins/abi/ABI.md.
package sdk

import "github.com/tiercel/tiercel/plugins/abi"

// Description is what a plugin says of itself.
type Description = abi.Description

// Batch is the rows to score: b.N rows of b.D features in the order of the
// description, and its text columns. It is valid during Score.
type Batch = abi.Frame

// Learner is a base learner.
type Learner interface {
	// Describe says who the learner is and what it wants to see.
	Describe() Description
	// Score writes one score a row to dst, of length b.N, higher meaning more
	// of a threat; NaN abstains. The same row gives the same score, however
	// rows are batched. It must not keep b.
	Score(dst []float32, b *Batch) error
}

// Configurer is the optional ability to take a configuration: the text that
// the user gives with the plugin. It may be called again with another.
type Configurer interface {
	Configure(text []byte) error
}

// Fitter is the optional ability to learn from labelled rows. The host asks
// for it of programs only.
type Fitter interface {
	// Fit learns from b: labels has one number a row, 1 a threat and 0 none.
	Fit(b *Batch, labels []float32) error
	// Snapshot returns all that was learnt, at most 16 MiB; Restore takes it
	// back, in another process too, and then scores are the same bit for bit.
	Snapshot() ([]byte, error)
	Restore(state []byte) error
}

// registered is the learner of this program: set once, by an init function.
var registered Learner

// Register makes a learner this program's. Call it once, from an init
// function: a module's main never runs.
func Register(l Learner) {
	if registered != nil {
		panic("sdk: two learners registered; a plugin has one")
	}
	registered = l
	wanted = columnsOf(l.Describe())
}

// wanted is how many columns a frame of the registered learner has; -1 where
// it asks for all.
var wanted int

func columnsOf(d Description) int {
	for _, name := range d.Features {
		if name == abi.All {
			return -1
		}
	}
	return len(d.Features)
}

// scoreFrame has the registered learner score a frame, if its columns are
// those that were declared.
func scoreFrame(dst []float32, f *abi.Frame) error {
	if wanted >= 0 && f.D != wanted {
		return abi.BadColumns
	}
	return registered.Score(dst, f)
}

// Registered returns the learner that Register was given, or nil.
func Registered() Learner { return registered }

// Own returns an error that reaches the host as the plugin's own status code,
// 16 or more; what is less becomes abi.Internal.
func Own(code int32) error {
	if abi.Status(code) < abi.StatusOwn {
		return abi.Internal
	}
	return abi.Status(code)
}
