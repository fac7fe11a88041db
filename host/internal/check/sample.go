package check

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/plugins/abi"
)

// schemaOf returns the schema of a kind as the engine has it. A table's columns
// are the user's: it gets those that the plugin names, or 32 of any name.
func schemaOf(kind string, d *abi.Description) (*feature.Schema, error) {
	k, ok := event.ParseKind(kind)
	if !ok {
		return nil, fmt.Errorf("no kind %q", kind)
	}
	if k != event.Table {
		e, err := feature.EncoderOf(k)
		if err != nil {
			return nil, err
		}
		return e.Schema(), nil
	}
	s := &feature.Schema{Kind: k}
	for _, name := range d.Features {
		if name != abi.All {
			s.Names = append(s.Names, name)
		}
	}
	return padded(s, width), nil
}

// width is how many features the batches of the speed goals have.
const width = 32

// padded returns a schema with at least n columns, those added without meaning.
func padded(s *feature.Schema, n int) *feature.Schema {
	p := *s
	p.Names = append([]string(nil), s.Names...)
	for i := len(p.Names); i < n; i++ {
		p.Names = append(p.Names, fmt.Sprintf("column %d", i+1))
	}
	p.Stateless = len(p.Names)
	return &p
}

// narrow returns a schema of the first n columns of s.
func narrow(s *feature.Schema, n int) *feature.Schema {
	p := *s
	p.Names = s.Names[:min(n, len(s.Names))]
	p.Stateless = len(p.Names)
	return padded(&p, n)
}

// words are what the texts of a sample are made of.
var words = [...]string{
	"index.html", "/shop/cart", "id=17", "' or 1=1--", "<script>alert(1)</script>", "../../etc/passwd", "mozilla/5.0",
	"example.com", "mail.example.co.uk", "xn--bcher-kva.example", "q3vz81kd0fbm2x.example.net", "text/html", "", "user", "union select",
}

// rowsOf makes n rows of d features and a few texts of each origin: the same each time.
func rowsOf(n, d int) *learner.Batch {
	random := rand.New(rand.NewPCG(1, 2))
	b := &learner.Batch{N: n, D: d, X: make([]float32, n*d), Texts: feature.Texts{First: []uint32{0}}}
	for i := range b.X {
		switch random.IntN(50) {
		case 0:
			b.X[i] = float32(math.NaN())
		case 1, 2, 3, 4, 5, 6, 7, 8, 9:
			b.X[i] = float32(random.IntN(1000))
		default:
			b.X[i] = float32(random.NormFloat64())
		}
	}
	t := &b.Texts
	for range n {
		for o := range feature.NumOrigins {
			for range random.IntN(3) {
				word := words[random.IntN(len(words))]
				t.Values = append(t.Values, feature.Value{
					Text: event.Span{Off: uint32(len(t.Buf)), Len: uint32(len(word))}, Origin: o,
				})
				t.Buf = append(t.Buf, word...)
			}
		}
		t.First = append(t.First, uint32(len(t.Values)))
	}
	return b
}
