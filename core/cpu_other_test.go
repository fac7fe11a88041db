//go:build !unix

package core_test

import "time"

var began = time.Now()

// cpuSeconds returns the time since the start, where the system's processor
// time cannot be asked for portably.
func cpuSeconds() float64 { return time.Since(began).Seconds() }
