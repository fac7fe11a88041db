package guest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// Reason is the kind of a fault.
type Reason string

// Reasons.
const (
	Refused    Reason = "refused"               // it breaks the contract or a limit
	Exhausted  Reason = "out of fuel"           // a module did not finish in its time
	Trapped    Reason = "trap"                  // a module faulted
	Memory     Reason = "memory"                // a module answered an address outside its memory, or gave none
	Handshake  Reason = "handshake"             // a process did not say properly that it is ready
	Late       Reason = "too late"              // a process did not answer in its time and was killed
	Crashed    Reason = "crash"                 // a process ended, or its connection did
	Output     Reason = "standard output"       // a process wrote where only the handshake may stand
	Flood      Reason = "log flood"             // a process logs more than is kept
	Status     Reason = "status"                // it returned a status
	Changed    Reason = "changed"               // its description differs between instances
	Resting    Reason = "resting"               // it failed before and is not asked for a while
	Oversized  Reason = "row too large"         // a row's texts exceed the contract's frame
	Length     Reason = "number of scores"      // more or fewer scores than rows, or a message above the limit
	Improper   Reason = "improper scores"       // infinite, or outside the declared range
	Constant   Reason = "constant scores"       // every row so far has the same score, or none
	Unrepeated Reason = "scores not repeatable" // the same row scored differently
)

// Fault is what a plugin did wrong.
type Fault struct {
	Plugin string // id, or a file name before it is known
	Call   string // what was called; empty when nothing was
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

// Refuse returns a Fault of reason Refused.
func Refuse(plugin, format string, args ...any) *Fault {
	return &Fault{Plugin: plugin, Reason: Refused, Detail: fmt.Sprintf(format, args...)}
}

// Escape makes what a plugin wrote fit for a line on a terminal.
func Escape(b []byte) string {
	s := strconv.QuoteToASCII(string(b))
	return s[1 : len(s)-1]
}

// Count is how often a fault happened.
type Count struct {
	Reason Reason
	Times  int    // rows for Improper, Oversized and Constant, batches or events for the rest
	Last   string // the last one in words
}

// Tally counts faults by reason. The zero value is empty. It is safe for
// concurrent use.
type Tally struct {
	mu       sync.Mutex
	counts   map[Reason]Count
	restarts atomic.Int64
}

// Restarted counts an instance or a process that was started for one that failed.
func (t *Tally) Restarted() { t.restarts.Add(1) }

// Restarts returns how often Restarted was called.
func (t *Tally) Restarts() int { return int(t.restarts.Load()) }

// Add counts a fault, times over. An error that is no Fault is the host's own
// doing and counts as a crash.
func (t *Tally) Add(err error, times int) {
	reason := Crashed
	if f, ok := errors.AsType[*Fault](err); ok {
		reason = f.Reason
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[Reason]Count{}
	}
	t.counts[reason] = Count{reason, t.counts[reason].Times + times, err.Error()}
}

// Counts returns what was counted, in the order of the reasons' names.
func (t *Tally) Counts() []Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Count
	for _, c := range t.counts {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Compare(a.Reason, b.Reason) })
	return all
}
