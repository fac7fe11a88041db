package learner_test

import (
	"fmt"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// rawBatch returns rows whose targets are the texts.
func rawBatch(texts ...string) *learner.Batch {
	b := &learner.Batch{N: len(texts)}
	b.Texts.First = make([]uint32, len(texts)+1)
	for _, t := range texts {
		b.Raw.Parts = append(b.Raw.Parts, event.Span{Off: uint32(len(b.Raw.Buf)), Len: uint32(len(t))})
		b.Raw.Parts = append(b.Raw.Parts, make([]event.Span, feature.RawParts-1)...)
		b.Raw.Buf = append(b.Raw.Buf, t...)
	}
	return b
}

func unionSelect() (*learner.Certified, error) {
	return learner.NewCertified(learner.Info{ID: "certified"}, learner.CertifiedWeights{
		Grams:   []learner.Gram{learner.NewGram("ion"), learner.NewGram(" sel"), learner.NewGram("elect"), learner.NewGram("union")},
		Weights: []uint8{50, 50, 100, 100},
		Scale:   0.01,
	})
}

// However an attack is padded, encoded and spaced, its score does not fall; a
// text inserted into it takes away what it cuts and nothing else.
func ExampleCertified() {
	l, err := unionSelect()
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := rawBatch("1 union select", "%22 1+%55nion/**/select 7", "1 unXion select")
	scores := make([]float32, rows.N)
	if err := l.Score(scores, rows); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scores)
	k, ok := l.Insertions(rows, 0, 1)
	fmt.Println(k, ok)
	// Output:
	// [3 3 2]
	// 1 true
}

func TestCertifiedConforms(t *testing.T) {
	l, err := unionSelect()
	if err != nil {
		t.Fatal(err)
	}
	learnertest.Run(t, l, rawBatch("1 union select", "", "%2527 union%20sel", "++/**/select%", "plain"))
}
