// Litter is a guest in Go whose every call leaves garbage, as most learners'
// do: 128 bytes a feature that is positive.
package main

import (
	"math"

	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/sdk"
)

// litter scores a row by the sum of its positive features.
type litter struct {
	kept [][]float32 // of the last row: so that it is on the heap
}

func init() { sdk.Register(new(litter)) }

func main() { sdk.Serve() }

func (l *litter) Describe() sdk.Description {
	return sdk.Description{
		ID: "litter", Version: "1.0.0", Title: "A guest that leaves garbage", Kinds: []string{"http"},
		Features: []string{abi.All}, High: float32(math.Inf(1)), Cost: 1000,
	}
}

func (l *litter) Score(dst []float32, b *sdk.Batch) error {
	for i := range dst {
		l.kept = nil
		for _, x := range b.X[i*b.D : (i+1)*b.D] {
			if x > 0 {
				l.kept = append(l.kept, make([]float32, 32))
				l.kept[len(l.kept)-1][0] = x
			}
		}
		dst[i] = 0
		for _, k := range l.kept {
			dst[i] += k[0]
		}
	}
	return nil
}
