// Command tiercel finds threats in logs.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent is lower than Go's default of 100: memory stays flat before all else.
// See RATIONALE.md beside the host packages for what each value costs.
const gcPercent = 50

// loadPercent is in force while models are loaded: all of it stays, so that to
// collect a heap that grows from nothing finds nothing.
const loadPercent = 400

// loading says that models are being loaded, until what it returns is called.
func loading() (loaded func()) {
	percent := debug.SetGCPercent(loadPercent)
	return func() { debug.SetGCPercent(percent) }
}

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := interruptible()
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// interruptible returns a context that ends when the process is asked to.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}
