package main

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// rewriter rewrites functions, which it counts without those that are imported but for
// traps and morestack, as calls count.
type rewriter struct {
	leave     func(i int) bool
	routines  map[uint64][]byte // in place of functions
	traps     map[uint64]bool   // calls of them trap
	morestack map[uint64]bool   // called where the stack has no room
	imports   uint64
	quiet     map[int]bool // filled with the functions that never unwind
}

// body is a function as it is read.
type body struct {
	bytes  []byte
	locals []byte
	list   []instruction // tidy
}

// readBody reads a function.
func readBody(b []byte) (body, error) {
	r := reader{b: b}
	r.skipLocals()
	locals := b[:len(b)-len(r.b)]
	list := r.instructions()
	return body{bytes: b, locals: locals, list: tidy(list)}, r.err
}

// rewrite returns a code section of n functions rewritten.
func (w *rewriter) rewrite(code []byte, n int) ([]byte, error) {
	r := reader{b: code}
	if r.uint() != uint64(n) {
		return nil, errTables
	}
	bodies := make([]body, n)
	profiles := map[uint64]profile{}
	for i := range bodies {
		b := r.bytes(r.uint())
		if r.err != nil {
			return nil, r.err
		}
		var err error
		if bodies[i], err = readBody(b); err != nil {
			return nil, fmt.Errorf("function %d: %w", i, err)
		}
		p := survey(bodies[i].list, w.traps, w.morestack)
		p.regular = p.regular && !w.leave(i)
		profiles[w.imports+uint64(i)] = p
	}
	needs := map[uint64]int{}
	if len(w.morestack) > 0 {
		needs = quiet(profiles, func(i uint64) bool { return straightens(bodies[i-w.imports], w.traps) })
	}
	out := binary.AppendUvarint(nil, uint64(n))
	for i, b := range bodies {
		to := b.bytes
		if routine, ok := w.routines[uint64(i)]; ok {
			to = routine
		} else if !w.leave(i) {
			_, self := needs[w.imports+uint64(i)]
			w.quiet[i] = self
			to = b.straighten(hush(b.list, self, needs, w.morestack), w.traps)
		}
		out = binary.AppendUvarint(out, uint64(len(to)))
		out = append(out, to...)
	}
	return out, nil
}

// straighten returns a function's bytes straightened. Calls of some functions trap. What
// cannot be straightened is as it was but for what is left out of the list.
func (b body) straighten(list []instruction, traps map[uint64]bool) []byte {
	if f := takeApart(b.locals, list, traps); f != nil {
		if g := straighten(f); g != nil {
			return g.body()
		}
	}
	if len(list) == len(b.list) {
		return b.bytes
	}
	out := slices.Clone(b.locals)
	for _, in := range list {
		out = append(out, in.code...)
	}
	return out
}

// straightens says whether a function can be straightened.
func straightens(b body, traps map[uint64]bool) bool {
	f := takeApart(b.locals, b.list, traps)
	return f != nil && straighten(f) != nil
}
