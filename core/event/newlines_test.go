package event

import (
	"bytes"
	"testing"
)

func TestCountEights(t *testing.T) {
	for n := range 40 {
		for _, fill := range []byte{0, 9, '\n', 11, 0x80, 0x8a, 0xff} {
			b := bytes.Repeat([]byte{fill}, n)
			for at := range b {
				b[at] = '\n'
				if got, want := countEights(b), bytes.Count(b, []byte{'\n'}); got != want {
					t.Fatalf("%d in %x, want %d", got, b, want)
				}
				if at%3 != 0 {
					b[at] = fill
				}
			}
		}
	}
}
