package adapt_test

import (
	"fmt"

	"github.com/tiercel/tiercel/core/adapt"
)

// Two people label records of a site; one of them is wrong, and is taken back.
func ExampleState() {
	s := newSite(30, 100)
	state := adapt.New(s.model)
	for i := range 6 {
		if _, err := state.Label(s.example(i), s.y[i], "ann"); err != nil {
			fmt.Println(err)
		}
	}
	if _, err := state.Label(s.example(6), !s.y[6], "bob"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(state.Len(), "labels move a score by at most", state.Bound())
	fmt.Println(state.Forget("bob"), "taken back, at most", state.Bound())

	again, err := adapt.Read(state.AppendTo(nil), s.model)
	fmt.Println(again.Len(), "restored", err)
	// Output:
	// 7 labels move a score by at most 3.5
	// 1 taken back, at most 3
	// 6 restored <nil>
}

// A site whose records score higher than those of the calibration: the model's
// one in a hundred is more frequent here.
func ExampleRates() {
	var rates adapt.Rates
	for i := range 10_000 {
		rate := 1 - float64(i%100)/100 // a hundredth of the records each: 1, .99 ... .01
		rates.Observe(rate * rate)     // but seen by the model as rarer than they are
	}
	fmt.Printf("%.2f\n", rates.Rate(0.01))
	// Output: 0.05
}
