// A base learner: a linear model over the whole row, w . x, missing values left
// out. The weights come from the configuration, one number a column, so that
// this file stays as it is when they change; without one each weight is 1.
// Change what it is called, what it wants to see, Configure and Score.
package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/sdk"
)

func init() { sdk.Register(&linear{}) }

// main serves the host that starts this as a program; a module's main never runs.
func main() { sdk.Serve() }

type linear struct {
	weights []float32 // nil before the first configuration
}

// Describe says who this is and what it wants to see.
func (l *linear) Describe() sdk.Description {
	return sdk.Description{
		ID:       "example-go",
		Version:  "0.1.0",
		Title:    "A linear learner in Go",
		Kinds:    []string{"http"},
		Features: []string{abi.All},
		Low:      float32(math.Inf(-1)),
		High:     float32(math.Inf(1)),
		Cost:     20,
	}
}

// Configure reads the weights, separated by white space.
func (l *linear) Configure(text []byte) error {
	l.weights = nil
	for _, field := range strings.Fields(string(text)) {
		w, err := strconv.ParseFloat(field, 32)
		if err != nil {
			return abi.BadConfig
		}
		l.weights = append(l.weights, float32(w))
	}
	if len(l.weights) == 0 {
		return abi.BadConfig
	}
	return nil
}

// Score writes w . x of each row to dst.
func (l *linear) Score(dst []float32, b *sdk.Batch) error {
	if l.weights == nil {
		l.weights = make([]float32, b.D)
		for j := range l.weights {
			l.weights[j] = 1
		}
	}
	if b.D != len(l.weights) {
		return abi.BadColumns
	}
	sdk.Matvec(dst, b.X, l.weights) // leaves missing values out
	for i, f := range dst {
		if f-f != 0 { // infinite or NaN: abstain
			dst[i] = float32(math.NaN())
		}
	}
	return nil
}
