package main

import (
	"slices"
	"strings"
)

// faults returns the functions that Go calls when a program is at fault, by the name
// section; nil of another section. None of them returns.
func faults(section []byte) (map[uint64]bool, error) {
	r := reader{b: section}
	if string(r.bytes(r.uint())) != "name" {
		return nil, r.err
	}
	list := map[uint64]bool{}
	for len(r.b) > 0 {
		const functions = 1
		kind, names := r.byte(), reader{b: r.bytes(r.uint())}
		if r.err != nil {
			return nil, r.err
		}
		if kind != functions {
			continue
		}
		for range names.uint() {
			i, name := names.uint(), string(names.bytes(names.uint()))
			if names.err != nil {
				return nil, names.err
			}
			if strings.HasPrefix(name, "runtime.goPanic") || slices.Contains(faulting, name) {
				list[i] = true
			}
		}
	}
	return list, nil
}

// faulting are those of them that are not runtime.goPanicIndex or the like.
var faulting = []string{"runtime.sigpanic", "runtime.panicdivide", "runtime.panicshift"}
