package main

import (
	"slices"
	"strings"
)

// faults says whether Go calls a function when a program is at fault. None of them returns.
func faults(name string) bool {
	return strings.HasPrefix(name, "runtime.goPanic") || slices.Contains(faulting, name)
}

// faulting are those of them that are not runtime.goPanicIndex or the like.
var faulting = []string{"runtime.sigpanic", "runtime.panicdivide", "runtime.panicshift"}
