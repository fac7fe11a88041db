//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// largestResidentSet returns the most memory that a process had, in bytes.
func largestResidentSet(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return usage.Maxrss
	}
	return usage.Maxrss << 10
}
