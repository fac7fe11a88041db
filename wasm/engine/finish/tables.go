package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// magic is how a pcHeader begins: abi.Go120PCLnTabMagic, two zeros, the least
// size of an instruction, the size of a pointer.
var magic = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// What a _func holds, as offsets: numbers of 32 bits, then bytes, then the
// tables by program counter that it has.
const (
	funcName    = 4
	funcDefer   = 12 // where a recovered panic goes on
	funcFile    = 20
	funcLine    = 24
	funcTables  = 28 // their number
	funcUnit    = 32
	funcStart   = 36 // line
	funcLast    = 43 // number of funcdata
	funcPC      = 44 // the first table
	funcStack   = 16 // the table of stack sizes
	traceInline = 2  // abi.PCDATA_InlTreeIndex
	traceArgs   = 3  // abi.PCDATA_ArgLiveIndex
)

// firstFunc is the number of the first function; the others follow (cmd/link/internal/wasm).
const firstFunc = 0x1000

var errTables = errors.New("no tables of a Go version that is known here")

// tables are those of a program's functions, within its memory.
type tables struct {
	b                                      []byte
	funcs                                  int
	names, units, files, counters, entries int // where they begin
}

// findTables finds them by how they begin.
func findTables(image []byte) (*tables, error) {
	at := bytes.Index(image, magic)
	if at < 0 || bytes.Contains(image[at+1:], magic) || len(image)-at < 72 {
		return nil, errTables
	}
	b := image[at:]
	word := func(i int) int { return int(binary.LittleEndian.Uint64(b[8*i:]) & (1<<31 - 1)) }
	t := &tables{b: b, funcs: word(1), names: word(4), units: word(5), files: word(6), counters: word(7), entries: word(8)}
	if !(72 <= t.names && t.names < t.units && t.units <= t.files && t.files < t.counters && t.counters < t.entries && t.entries+8*t.funcs < len(b)) {
		return nil, errTables
	}
	for i := range t.funcs {
		if t.word(t.entries+8*i) != firstFunc+i {
			return nil, errTables
		}
		if f := t.at(i); f+funcPC > len(b) || f+funcPC+4*t.word(f+funcTables) > len(b) || t.word(f+funcTables) > 16 {
			return nil, errTables
		}
	}
	return t, nil
}

func (t *tables) word(at int) int { return int(binary.LittleEndian.Uint32(t.b[at:])) }

// at returns where the _func of function i is.
func (t *tables) at(i int) int { return t.entries + t.word(t.entries+8*i+4) }

// defers says whether function i has deferred calls: after a panic that they
// recover from it goes on at a place that no call names.
func (t *tables) defers(i int) bool { return t.word(t.at(i)+funcDefer) != 0 }

// strip clears what only traces read.
func (t *tables) strip() error {
	table := t.b
	pcs := table[t.counters:t.entries]
	kept := make([]bool, len(pcs)) // bytes that tables which are needed share
	for i := range t.funcs {
		f := t.at(i)
		n := t.word(f + funcTables)
		for _, field := range [...]int{funcName, funcFile, funcLine, funcUnit, funcStart} {
			clear(table[f+field:][:4])
		}
		if n > traceInline {
			clear(table[f+funcPC+4*traceInline:][:4])
		}
		if n > traceArgs {
			clear(table[f+funcPC+4*traceArgs:][:4])
		}
		if !keep(kept, pcs, table[f+funcStack:]) {
			return errTables
		}
		for k := range n {
			if !keep(kept, pcs, table[f+funcPC+4*k:]) {
				return errTables
			}
		}
	}
	for i := range pcs {
		if !kept[i] {
			pcs[i] = 0
		}
	}
	clear(table[t.names:t.units])
	clear(table[t.files:t.counters])
	return nil
}

// keep marks the bytes of the table whose offset field holds; 0 is none. A table
// is pairs of numbers, of value and of program counter, up to a value of 0 that
// is not the first.
func keep(kept []bool, pcs, field []byte) bool {
	from := int(binary.LittleEndian.Uint32(field))
	if from == 0 {
		return true
	}
	if from >= len(pcs) {
		return false
	}
	for i := from; ; {
		value, n := binary.Uvarint(pcs[i:])
		if n <= 0 {
			return false
		}
		if value == 0 && i > from {
			i += n
			for j := from; j < i; j++ {
				kept[j] = true
			}
			return true
		}
		i += n
		if _, n = binary.Uvarint(pcs[i:]); n <= 0 {
			return false
		}
		i += n
	}
}
