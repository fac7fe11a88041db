package main

import (
	"encoding/binary"
	"fmt"
)

// straightenAll rewrites the functions of a code section, but those that defer. Calls
// to some functions become traps.
func straightenAll(code []byte, t *tables, traps map[uint64]bool) ([]byte, error) {
	r := reader{b: code}
	n := r.uint()
	if n != uint64(t.funcs) {
		return nil, errTables
	}
	out := binary.AppendUvarint(nil, n)
	for i := range n {
		body := r.bytes(r.uint())
		if r.err != nil {
			return nil, r.err
		}
		if !t.defers(int(i)) {
			var err error
			if body, err = straightenOne(body, traps); err != nil {
				return nil, fmt.Errorf("function %d: %w", i, err)
			}
		}
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

// straightenOne returns a function's body straightened, or as it is.
func straightenOne(body []byte, traps map[uint64]bool) ([]byte, error) {
	f, err := takeApart(body, traps)
	if f == nil {
		return body, err
	}
	g := straighten(f)
	if g == nil {
		return body, nil
	}
	return g.body(), nil
}
