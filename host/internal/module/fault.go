package module

import "fmt"

// Reason is the kind of a fault.
type Reason string

// Reasons.
const (
	Refused   Reason = "refused"         // the module breaks the contract or a limit
	Exhausted Reason = "out of fuel"     // it did not finish in its time
	Trapped   Reason = "trap"            // it faulted
	Status    Reason = "status"          // it returned a status
	Memory    Reason = "memory"          // it answered an address outside its memory, or gave none
	Changed   Reason = "changed"         // its description differs between instances
	Resting   Reason = "resting"         // it failed before and is not asked for a while
	Oversized Reason = "row too large"   // a row's texts exceed the contract's frame
	Improper  Reason = "improper scores" // infinite, or outside the declared range
)

// Fault is what a plugin did wrong.
type Fault struct {
	Plugin string // id, or a file name before it is known
	Call   string // export that was called; empty when none was
	Reason Reason
	Detail string // one line; it may quote the plugin, escaped
}

func (f *Fault) Error() string {
	s := "plugin " + f.Plugin + ": "
	if f.Call != "" {
		s += f.Call + ": "
	}
	s += string(f.Reason)
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	return s
}

func refused(plugin string, format string, args ...any) *Fault {
	return &Fault{Plugin: plugin, Reason: Refused, Detail: fmt.Sprintf(format, args...)}
}

// Count is how often a fault happened.
type Count struct {
	Reason Reason
	Times  int    // rows for Improper and Oversized, batches for the rest
	Last   string // the last one in words
}
