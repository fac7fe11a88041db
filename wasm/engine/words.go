package main

import (
	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/written"
)

// word numbers a class or a reason of a scan; 0 is none.
type word uint32

// words numbers the few texts that rows repeat, in the order of their first
// use. How many there are is bounded by the learners of the models and by the
// reasons that parsers know.
type words struct {
	texts   []string
	numbers map[string]word
}

// of returns the number of a text.
func (w *words) of(text []byte) word {
	if n, ok := w.numbers[string(text)]; ok {
		return n
	}
	if w.numbers == nil {
		w.numbers = map[string]word{}
	}
	s := string(text)
	w.texts = append(w.texts, s)
	w.numbers[s] = word(len(w.texts))
	return word(len(w.texts))
}

// text returns the text of a number that of has returned.
func (w *words) text(n word) string { return w.texts[n-1] }

// appendJSON appends an array: each text, and the techniques of those that are classes.
func (w *words) appendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, text := range w.texts {
		dst = append(written.Comma(dst, i), `{"text":`...)
		dst = appendString(dst, text)
		dst = append(dst, `,"technique":`...)
		dst = append(written.AppendStrings(dst, core.Techniques(text), style), '}')
	}
	return append(dst, ']')
}
