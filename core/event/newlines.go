package event

import (
	"bytes"
	"math/bits"
	"runtime"
	"unsafe"
)

var newline = []byte{'\n'}

// countLines returns how many line feeds b holds.
func countLines(b []byte) int {
	if runtime.GOARCH == "wasm" {
		return countEights(b)
	}
	return bytes.Count(b, newline)
}

// countEights is countLines for WebAssembly, where bytes.Count takes each byte
// on its own: this takes eight at a time, in a fraction of its time.
func countEights(b []byte) int {
	const (
		low   = 0x0101010101010101
		seven = 0x7f * low
		feeds = '\n' * low
	)
	n := 0
	for ; len(b) >= 8; b = b[8:] {
		x := *(*uint64)(unsafe.Pointer(&b[0])) ^ feeds // a byte is zero where b has a line feed
		n += bits.OnesCount64(^(x&seven + seven | x | seven))
	}
	for _, c := range b {
		if c == '\n' {
			n++
		}
	}
	return n
}
