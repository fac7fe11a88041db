//go:build !unix

package main

import "os"

// hangup are the signals that ask to read the models again: none here, and an
// empty list to signal.Notify would mean all, so this one never comes.
var hangup = []os.Signal{never{}}

type never struct{}

func (never) Signal()        {}
func (never) String() string { return "never" }
