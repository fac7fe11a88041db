//go:build unix

package main

import (
	"os"
	"syscall"
)

// hangup are the signals that ask to read the models again.
var hangup = []os.Signal{syscall.SIGHUP}
