package main

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// Where imageOf has the data of functions.
const dataAt = 300

// imageOf returns memory with the tables of one function, at 64: a table of
// stack sizes, one of lines, one of stack maps and one of inlined code; and with data, of
// which two inlined calls are a part.
func imageOf() []byte {
	const names, units, files, counters, entries = 72, 88, 92, 104, 128
	image := make([]byte, dataAt+60+moduleData+1)
	image[len(image)-1] = 1 // zeros at the end of memory are in no segment
	for i := range 60 {
		image[dataAt+i] = 0xdd
	}
	m := image[dataAt+60:]
	binary.LittleEndian.PutUint64(m, 64)
	binary.LittleEndian.PutUint64(m[8:], 64+names)
	binary.LittleEndian.PutUint64(m[moduleData-8:], dataAt)
	table := image[64:]
	copy(table, magic)
	for i, v := range []uint64{1, 1, 0, names, units, files, counters, entries} {
		binary.LittleEndian.PutUint64(table[8+8*i:], v)
	}
	copy(table[names:], "\x00main.secret")
	copy(table[files:], "/src/main.go")
	copy(table[counters:], "\x00\x02\x05\x00\x06\x07\x01\x01\x00\x08\x81\x01\x00\x04\x03\x00")
	const at = 8
	binary.LittleEndian.PutUint32(table[entries:], firstFunc)
	binary.LittleEndian.PutUint32(table[entries+4:], at)
	f := table[entries+at:]
	for field, v := range map[int]uint32{
		funcName: 1, funcStack: 1, funcFile: 4, funcLine: 4, funcTables: 3, funcStart: 17,
		funcPC: 0, funcPC + 4: 9, funcPC + 8: 13,
		funcPC + 12: 0, funcPC + 16: 4, funcPC + 20: noData, funcPC + 24: 20,
	} {
		binary.LittleEndian.PutUint32(f[field:], v)
	}
	f[funcLast] = 4
	return image
}

// moduleOf returns a module whose memory is the image.
func moduleOf(image []byte) []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	add := func(id byte, body []byte) {
		out = append(binary.AppendUvarint(append(out, id), uint64(len(body))), body...)
	}
	add(0, []byte("\x04name"))
	add(1, []byte("\x00"))
	add(codeSection, []byte{1, 2, 0, opEnd})
	add(dataSection, writeData(image, 0))
	return out
}

func TestKeepsWhatRuns(t *testing.T) {
	finished, err := finish(moduleOf(imageOf()), false)
	if err != nil {
		t.Fatal(err)
	}
	r := reader{b: finished[8:]}
	if id := r.byte(); id != 1 {
		t.Fatalf("the first section is %d: custom ones go, others stay", id)
	}
	r.bytes(r.uint())
	if id, code := r.byte(), r.bytes(r.uint()); id != codeSection || !bytes.Equal(code, []byte{1, 2, 0, opEnd}) {
		t.Fatalf("section %d has %x", id, code)
	}
	r.byte()
	image, from, err := readData(r.bytes(r.uint()))
	if err != nil || from != 64 {
		t.Fatalf("memory from %d, %v", from, err)
	}
	for _, gone := range []string{"secret", "main.go"} {
		if bytes.Contains(image, []byte(gone)) {
			t.Errorf("%q is still there", gone)
		}
	}
	table := image[64:]
	if got, want := table[104:120], []byte("\x00\x02\x05\x00\x00\x00\x00\x00\x00\x08\x81\x01\x00\x00\x00\x00"); !bytes.Equal(got, want) {
		t.Errorf("tables by program counter: %x, want %x", got, want)
	}
	f := table[128+8:]
	for field, want := range map[int]uint32{
		funcName: 0, funcStack: 1, funcFile: 0, funcLine: 0, funcTables: 3, funcStart: 0,
		funcPC: 0, funcPC + 4: 9, funcPC + 8: 0,
		funcPC + 12: 0, funcPC + 16: 4, funcPC + 20: noData, funcPC + 24: noData,
	} {
		if got := binary.LittleEndian.Uint32(f[field:]); got != want {
			t.Errorf("field %d is %d, want %d", field, got, want)
		}
	}
	data := image[dataAt:][:60]
	if gone, kept := data[20:52], join(data[:20], data[52:]); !bytes.Equal(gone, make([]byte, 32)) || !bytes.Equal(kept, bytes.Repeat([]byte{0xdd}, 28)) {
		t.Errorf("data of functions: %x", data)
	}
}

// Of a quiet function nothing is left that is read where the stack is walked.
func TestStripsQuiet(t *testing.T) {
	image := imageOf()
	tables, err := findTables(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := tables.strip(map[int]bool{0: true}); err != nil {
		t.Fatal(err)
	}
	if got := image[64+104:][:16]; !bytes.Equal(got, make([]byte, 16)) {
		t.Errorf("tables by program counter: %x", got)
	}
	f := image[64+128+8:]
	for field, want := range map[int]uint32{
		funcStack: 0, funcTables: 3, funcPC: 0, funcPC + 4: 0, funcPC + 8: 0,
		funcPC + 12: noData, funcPC + 16: noData, funcPC + 20: noData, funcPC + 24: noData,
	} {
		if got := binary.LittleEndian.Uint32(f[field:]); got != want {
			t.Errorf("field %d is %d, want %d", field, got, want)
		}
	}
}

// A module that is not as expected is refused, so that the build fails.
func TestRefuses(t *testing.T) {
	whole := moduleOf(imageOf())
	for n := range len(whole) {
		if _, err := finish(whole[:n], false); err == nil {
			t.Errorf("%d bytes of %d are taken", n, len(whole))
		}
	}
	for name, change := range map[string]func(table []byte){
		"other version":      func(b []byte) { b[0] = 0xf0 },
		"pointers of 4":      func(b []byte) { b[7] = 4 },
		"two tables":         func(b []byte) { copy(b[92:], magic) },
		"too many functions": func(b []byte) { b[8] = 200 },
		"tables in disorder": func(b []byte) { b[8*7] = 200 },
		"functions astray":   func(b []byte) { b[128+2] = 1 },
		"function outside":   func(b []byte) { b[128+5] = 9 },
		"many tables":        func(b []byte) { b[136+funcTables] = 17 },
		"table outside":      func(b []byte) { b[136+funcStack] = 99 },
		"data outside":       func(b []byte) { b[136+funcPC+24] = 0xff; b[136+funcPC+25] = 0xff },
		"too many data":      func(b []byte) { b[136+funcLast] = 250 },
		"no module":          func(b []byte) { b[dataAt-64+60] = 1 },
		"endless table":      func(b []byte) { copy(b[104:], bytes.Repeat([]byte{0x81}, 24)) },
	} {
		image := imageOf()
		change(image[64:])
		if _, err := finish(moduleOf(image), false); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestSegments(t *testing.T) {
	for _, gap := range []int{0, 1, leastGap - 1, leastGap, leastGap + 1, 5000} {
		image := append([]byte{0, 0, 7, 8}, make([]byte, gap)...)
		image = append(image, 9)
		got, from, err := readData(writeData(image, 0))
		if err != nil || from != 2 || !bytes.Equal(got, image) {
			t.Errorf("gap of %d: %x from %d, %v", gap, got, from, err)
		}
	}
}
