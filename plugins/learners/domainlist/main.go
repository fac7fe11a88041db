// Domainlist scores the names of DNS queries by a list of domains that its
// configuration is: a reputation in [0,1] each. See README.md.
package main

import (
	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/sdk"
)

func init() { sdk.Register(&domains{}) }

// main serves the host that starts this as a program; a module's main never runs.
func main() { sdk.Serve() }

type domains struct{ list *list }

// Describe says who this is and what it wants to see.
func (d *domains) Describe() sdk.Description {
	return sdk.Description{
		ID:      "domainlist",
		Version: "1.0.0",
		Title:   "A list of domains and their reputation",
		Kinds:   []string{"dns"},
		Texts:   []string{"name"},
		Low:     0,
		High:    1,
		Cost:    1000,
		Config:  true,
	}
}

// Configure reads the list.
func (d *domains) Configure(text []byte) error {
	l, err := parse(text)
	if err != nil {
		sdk.Log(sdk.Error, err.Error())
		return abi.BadConfig
	}
	d.list = l
	return nil
}

// Score writes the highest score of each row's names to dst; a row without a
// name abstains.
func (d *domains) Score(dst []float32, b *sdk.Batch) error {
	if d.list == nil {
		return abi.NotConfigured
	}
	names := &b.Texts[0]
	for i := range dst {
		from, to := names.Of(i)
		dst[i] = d.list.worst(func(yield func([]byte) bool) {
			for k := from; k < to && yield(names.Value(k)); k++ {
			}
		})
	}
	return nil
}
