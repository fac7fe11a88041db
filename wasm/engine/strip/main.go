// Strip takes out of a Go program in WebAssembly what only stack traces read:
// the names of functions and files, line numbers, and which code was inlined
// where. The linker's -s and -w leave them; they are a tenth of the engine as it
// is loaded. What is left runs as before; the trace of a crash has no names.
//
//	go run ./wasm/engine/strip build/tiercel.wasm
//
// The layout is that of runtime/symtab.go and of _func in runtime/runtime2.go, as
// of Go 1.20 to 1.26. A table of another version is refused, so that a new
// compiler fails the build and not the page.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "strip:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: strip FILE.wasm")
	}
	wasm, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if wasm, err = strip(wasm); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return os.WriteFile(args[0], wasm, 0o644)
}

var errCut = errors.New("cut short")

// strip returns the module with smaller tables and no custom sections.
func strip(wasm []byte) ([]byte, error) {
	const head = 8 // magic and version
	if len(wasm) < head {
		return nil, errCut
	}
	out := append([]byte(nil), wasm[:head]...)
	for r := (reader{b: wasm[head:]}); len(r.b) > 0; {
		id := r.byte()
		body := r.bytes(r.uint())
		if r.err != nil {
			return nil, r.err
		}
		switch id {
		case 0: // custom: names, producers
			continue
		case 11: // data
			image, from, err := readData(body)
			if err != nil {
				return nil, err
			}
			if err := stripTables(image); err != nil {
				return nil, err
			}
			body = writeData(image, from)
		}
		out = binary.AppendUvarint(append(out, id), uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

// reader reads the numbers of the binary format; the first error stays.
type reader struct {
	b   []byte
	err error
}

func (r *reader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.err = nil, errCut
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.err = nil, errCut
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// Opcodes of the offsets of segments.
const (
	opConst = 0x41 // i32.const
	opEnd   = 0x0b
)

// maxImage bounds the memory that segments may fill, in bytes.
const maxImage = 1 << 28

// readData returns memory as the segments fill it, and where they begin.
func readData(body []byte) (image []byte, from int, err error) {
	r := reader{b: body}
	from = maxImage
	for range r.uint() {
		mode, op := r.uint(), r.byte()
		at := r.uint() // signed in the format; no offset is below zero
		end := r.byte()
		data := r.bytes(r.uint())
		switch {
		case r.err != nil:
			return nil, 0, r.err
		case mode != 0 || op != opConst || end != opEnd || at+uint64(len(data)) > maxImage:
			return nil, 0, errors.New("a segment is not at a constant place of the only memory")
		}
		if n := int(at) + len(data); n > len(image) {
			image = append(image, make([]byte, n-len(image))...)
		}
		copy(image[at:], data)
		from = min(from, int(at))
	}
	return image, from, nil
}

// leastGap is how many zeros end a segment. With 16 the module is a tenth smaller as it
// stands, but compressed a twentieth larger: zeros compress to nothing, the heads of
// fifty thousand segments do not.
const leastGap = 32

// writeData cuts memory into segments that leave the zeros out.
func writeData(image []byte, from int) []byte {
	var body []byte
	n := uint64(0)
	for at := from; at < len(image); {
		for at < len(image) && image[at] == 0 {
			at++
		}
		end, zeros := at, 0
		for i := at; i < len(image) && zeros < leastGap; i++ {
			if zeros++; image[i] != 0 {
				end, zeros = i+1, 0
			}
		}
		if end == at {
			break
		}
		body = append(body, 0, opConst)
		body = appendSigned(body, int64(at))
		body = append(body, opEnd)
		body = binary.AppendUvarint(body, uint64(end-at))
		body = append(body, image[at:end]...)
		at = end
		n++
	}
	return append(binary.AppendUvarint(nil, n), body...)
}

// appendSigned appends a number as signed LEB128.
func appendSigned(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
