//go:build !unix

package main

import "time"

var began = time.Now()

// cpuSeconds returns the time since the start, where processor time cannot be
// asked for portably.
func cpuSeconds() float64 { return time.Since(began).Seconds() }
