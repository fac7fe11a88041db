package feature_test

import (
	"fmt"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

func ExampleHTTP() {
	var b event.Batch
	var e event.Event
	e.Reset()
	e.Kind = event.HTTP
	e.Text[event.Method] = b.Append([]byte("GET"))
	e.Text[event.URL] = b.Append([]byte("/item?id=1%2527+or+1%3D1--&page=7"))
	b.Events = append(b.Events, e)

	http := feature.NewHTTP()
	var rows feature.Batch
	var observations []feature.Observation
	var scratch feature.Scratch
	http.Encode(&rows, &observations, &b, &scratch)

	for i := range rows.Texts.Of(0) {
		v := &rows.Texts.Of(0)[i]
		text := rows.Texts.Bytes(v)
		fmt.Printf("%s %q, levels of escaping: %d\n", v.Origin, text, v.Levels)
		for _, m := range http.Markers().Matches(nil, text, v.Origin) {
			fmt.Printf("  %s: %s at %d\n", m.Class, m.Name, m.From)
		}
	}
	fmt.Printf("marker.sqli %.2f\n", rows.Row(0)[http.Schema().Column("marker.sqli")])
	// Output:
	// path "/item", levels of escaping: 0
	// query "1' or 1=1--", levels of escaping: 2
	//   sqli: quote breakout at 1
	//   sqli: tautology or at 3
	//   sqli: ' or  at 1
	//   sqli: 1=1 at 6
	//   sqli: statement comment -- at 9
	// marker.sqli 0.76
}
