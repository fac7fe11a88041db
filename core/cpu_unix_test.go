//go:build unix

package core_test

import "syscall"

// cpuSeconds returns the processor time that this process has used: unlike the
// clock on the wall it does not run while others have the machine.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
