package train

import (
	"fmt"
	"math"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// RarityOptions adjust FitRarity. The zero value works.
type RarityOptions struct {
	Info learner.Info // ID (default "rarity"), Class and Cost; the rest is filled in

	Grams   learner.Grams // default RarityGrams
	Origins uint32        // bit o set: values of feature.Origin o are read; default all
	Prior   float64       // see learner.Rarity; default 3
	// MaxRepeat bounds how often one and the same value counts; default 16.
	MaxRepeat float64
}

// RarityGrams are pairs of bytes, ends included. Longer n-grams are mostly rare
// among normal values too. Recall at 1 % false alarms with a prior of 3 on
// openappsec-values, httpparams and dga: pairs .927, .996, .489; pairs and
// triples .826, .918, .493 (prior 2); orders 1 to 3 .001, .993, .486.
// Measured by TestTextQuality's sets.
var RarityGrams = learner.Grams{MinN: 2, MaxN: 2, Buckets: 1 << 15, Edges: true}

// FitRarity learns how rare character n-grams are among the values of normal
// rows; rows labelled 1 are not looked at. An n-gram that occurs in values of
// total weight c out of n has rarity -log((c+1/2)/(n+1)).
func FitRarity(d *Data, o RarityOptions) (*learner.Rarity, error) {
	if o.Info.ID == "" {
		o.Info.ID = "rarity"
	}
	if o.Grams == (learner.Grams{}) {
		o.Grams = RarityGrams
	}
	if o.Prior == 0 {
		o.Prior = 3
	}
	if o.Origins == 0 {
		o.Origins = learner.AllOrigins
	}
	if o.MaxRepeat == 0 {
		o.MaxRepeat = 16
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	switch {
	case d.Texts == nil:
		return nil, errNoTexts
	case !o.Grams.Valid() || o.Origins > learner.AllOrigins:
		return nil, errGrams
	case !(o.Prior >= 0) || !(o.MaxRepeat > 0):
		return nil, fmt.Errorf("train: prior %g or repeat limit %g out of range", o.Prior, o.MaxRepeat)
	}
	counts := make([]float64, o.Grams.Buckets)
	repeats := map[string]float64{}
	total := 0.0
	var scratch []uint32
	for i := range d.N {
		if d.Y[i] != 0 {
			continue
		}
		values := d.Texts.Of(i)
		for k := range values {
			v := &values[k]
			if o.Origins>>v.Origin&1 == 0 {
				continue
			}
			s := d.Texts.Bytes(v)
			w := min(float64(d.Weight(i)), o.MaxRepeat-repeats[string(s)])
			if w <= 0 {
				continue
			}
			repeats[string(s)] += w
			total += w
			scratch = o.Grams.AppendBuckets(scratch[:0], s)
			for _, b := range scratch {
				counts[b] += w
			}
		}
	}
	if total == 0 {
		return nil, errNoRows
	}
	most := -portable.Log(0.5 / (total + 1))
	scale := float32(most / 127)
	table := make([]int8, len(counts))
	for i, c := range counts {
		r := -portable.Log((c + 0.5) / (total + 1))
		table[i] = int8(min(max(math.RoundToEven(r/float64(scale)), 0), 127))
	}
	return learner.NewRarity(o.Info, learner.RarityTable{
		Grams: o.Grams, Rarity: table, Scale: scale, Prior: float32(o.Prior), Origins: o.Origins,
	})
}
