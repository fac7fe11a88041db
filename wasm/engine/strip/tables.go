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

var errTables = errors.New("no tables of a Go version that is known here")

// stripTables clears what only traces read in the tables of a program's memory.
func stripTables(image []byte) error {
	at := bytes.Index(image, magic)
	if at < 0 || bytes.Contains(image[at+1:], magic) {
		return errTables
	}
	table := image[at:]
	if len(table) < 72 {
		return errTables
	}
	word := func(i int) int { return int(binary.LittleEndian.Uint64(table[8*i:]) & (1<<31 - 1)) }
	funcs, names, units, files, counters, entries := word(1), word(4), word(5), word(6), word(7), word(8)
	if !(72 <= names && names < units && units <= files && files < counters && counters < entries && entries+8*funcs < len(table)) {
		return errTables
	}
	pcs := table[counters:entries]
	kept := make([]bool, len(pcs)) // bytes that tables which are needed share
	for i := range funcs {
		f := entries + int(binary.LittleEndian.Uint32(table[entries+8*i+4:]))
		if f+funcPC > len(table) {
			return errTables
		}
		n := int(binary.LittleEndian.Uint32(table[f+funcTables:]))
		if n > 16 || f+funcPC+4*n > len(table) {
			return errTables
		}
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
	clear(table[names:units])
	clear(table[files:counters])
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
