package sdk_test

import (
	"fmt"
	"math"

	"github.com/tiercel/tiercel/plugins/sdk"
)

// length is a learner that finds long queries odd.
type length struct{}

func (length) Describe() sdk.Description {
	return sdk.Description{
		ID: "length", Version: "1.0.0", Title: "Long queries", Kinds: []string{"http"},
		Features: []string{"query_length"}, Low: 0, High: 1, Cost: 10,
	}
}

func (length) Score(dst []float32, b *sdk.Batch) error {
	for i := range dst {
		x := b.X[i*b.D]
		if dst[i] = x / (x + 100); !(x >= 0) {
			dst[i] = float32(math.NaN()) // no query: abstain
		}
	}
	return nil
}

// A plugin registers its learner in an init function and calls Serve from
// main. What it computes is tested without a host.
func Example() {
	sdk.Register(length{})
	b := &sdk.Batch{N: 3, D: 1, X: []float32{0, 300, float32(math.NaN())}}
	scores := make([]float32, b.N)
	if err := sdk.Registered().Score(scores, b); err != nil {
		fmt.Println(err)
	}
	fmt.Println(scores)
	// Output: [0 0.75 NaN]
}
