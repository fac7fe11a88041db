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
)

// What traces and stops amid a function read of its tables by program counter, and of
// its data: abi.PCDATA_* and abi.FUNCDATA_*. Here nothing stops a function but its calls.
var (
	traceTables = [...]int{0, traceInline, 3, 4} // unsafe points, inlined calls, live arguments, bounds
	traceData   = [...]int{inlinedData, 5, 6}    // inlined calls, arguments, live arguments
)

const (
	inlinedData = 3
	noData      = 1<<32 - 1
	inlinedCall = 16  // bytes of runtime.inlinedCall
	moduleData  = 328 // bytes of runtime.moduledata up to gofunc, which is the last of them
)

// firstFunc is the number of the first function; the others follow (cmd/link/internal/wasm).
const firstFunc = 0x1000

var errTables = errors.New("no tables of a Go version that is known here")

// tables are those of a program's functions, within its memory.
type tables struct {
	b                                      []byte
	funcs                                  int
	names, units, files, counters, entries int    // where they begin
	data                                   []byte // of functions, to the end of memory
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
	pointer := binary.LittleEndian.AppendUint64(nil, uint64(at))
	pointer = binary.LittleEndian.AppendUint64(pointer, uint64(at+t.names)) // funcnametab, behind it
	if m := bytes.Index(image, pointer); m >= 0 && m+moduleData <= len(image) {
		if data := binary.LittleEndian.Uint64(image[m+moduleData-8:]); data < uint64(len(image)) {
			t.data = image[data:]
			return t, nil
		}
	}
	return nil, errTables
}

func (t *tables) word(at int) int { return int(binary.LittleEndian.Uint32(t.b[at:])) }

// at returns where the _func of function i is.
func (t *tables) at(i int) int { return t.entries + t.word(t.entries+8*i+4) }

// defers says whether function i has deferred calls: after a panic that they
// recover from it goes on at a place that no call names.
func (t *tables) defers(i int) bool { return t.word(t.at(i)+funcDefer) != 0 }

// strip clears what only traces read, and of quiet functions, by their places, what
// is read where the stack is walked: none is on it then.
func (t *tables) strip(quiet map[int]bool) error {
	table := t.b
	pcs := table[t.counters:t.entries]
	kept := make([]bool, len(pcs)) // bytes that tables which are needed share
	for i := range t.funcs {
		f := t.at(i)
		n := t.word(f + funcTables)
		for _, field := range [...]int{funcName, funcFile, funcLine, funcUnit, funcStart} {
			clear(table[f+field:][:4])
		}
		data := table[f+funcPC+4*n:]
		if len(data) < 4*int(table[f+funcLast]) {
			return errTables
		}
		data = data[:4*int(table[f+funcLast])]
		if n > traceInline && !t.clearInlined(data, most(pcs, table[f+funcPC+4*traceInline:])) {
			return errTables
		}
		for _, k := range traceTables {
			if k < n {
				clear(table[f+funcPC+4*k:][:4])
			}
		}
		for _, k := range traceData {
			if 4*k < len(data) {
				binary.LittleEndian.PutUint32(data[4*k:], noData)
			}
		}
		if quiet[i] {
			clear(table[f+funcStack:][:4])
			clear(table[f+funcPC:][:4*n])
			for k := range len(data) / 4 {
				binary.LittleEndian.PutUint32(data[4*k:], noData)
			}
		}
		if _, ok := walk(kept, pcs, table[f+funcStack:]); !ok {
			return errTables
		}
		for k := range n {
			if _, ok := walk(kept, pcs, table[f+funcPC+4*k:]); !ok {
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

// clearInlined clears the inlined calls of a function, the last of which is that.
func (t *tables) clearInlined(data []byte, last int) bool {
	if last < 0 || len(data) < 4*(inlinedData+1) {
		return last < 0
	}
	from := int(binary.LittleEndian.Uint32(data[4*inlinedData:]))
	size := (last + 1) * inlinedCall
	if from > len(t.data) || size > len(t.data)-from {
		return from == noData
	}
	clear(t.data[from:][:size])
	return true
}

// most returns the largest value of the table whose offset field holds, or -1.
func most(pcs, field []byte) int {
	most, ok := walk(nil, pcs, field)
	if !ok {
		return -1
	}
	return most
}

// walk marks the bytes of the table whose offset field holds as kept, and returns its
// largest value; 0 is none. A table is pairs of numbers, of what is added to the value,
// which begins at -1, and to the program counter, up to a 0 that is not the first.
func walk(kept []bool, pcs, field []byte) (most int, ok bool) {
	from := int(binary.LittleEndian.Uint32(field))
	if from == 0 {
		return -1, true
	}
	if from >= len(pcs) {
		return -1, false
	}
	most = -1
	for i, sum := from, -1; ; {
		value, n := binary.Uvarint(pcs[i:])
		if n <= 0 {
			return -1, false
		}
		if value == 0 && i > from {
			i += n
			if kept != nil {
				for j := from; j < i; j++ {
					kept[j] = true
				}
			}
			return most, true
		}
		sum += int(int32(-(value & 1)) ^ int32(value>>1))
		most = max(most, sum)
		i += n
		if _, n = binary.Uvarint(pcs[i:]); n <= 0 {
			return -1, false
		}
		i += n
	}
}
