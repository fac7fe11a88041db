// Package process runs base learners that are programs of their own, behind
// hashicorp/go-plugin's handshake and the gRPC service of plugins/learnerpb.
//
// A [Process] is a program whose bytes were hashed and described itself once;
// a [Learner] is a Process configured for one schema: a learner.Learner backed
// by one or more running processes. Whatever such a process does, Score returns
// within the time allowed, the rows that could not be scored are NaN, and the
// next batch finds a new process, after a pause that grows with each failure.
package process

import (
	"bytes"
	"context"
	"crypto/sha256"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Options adjusts a Process. The zero value works.
type Options struct {
	// SHA256 is what the program's bytes must hash to; nil accepts any. What is
	// executed are the bytes that were hashed, whatever happens to the file.
	SHA256 *[sha256.Size]byte
	// Workers is how many processes a learner may have; 0 means 1. Each scores
	// one batch at a time and has the model in its memory.
	Workers int
	// StartTime is how long a process may take from its start to its first
	// score, each step of it; 0 means DefaultStartTime.
	StartTime time.Duration
	// CallTime is how long a call may take that scores at most MostRows rows; 0
	// means DefaultCallTime.
	CallTime time.Duration
	// Pause is the first pause before a process that failed is started anew,
	// doubled for each failure in a row up to MaxPause, give or take half; 0
	// means DefaultPause.
	Pause time.Duration
	// Rest is how long a plugin is left alone after MaxFailures in a row; 0
	// means DefaultRest.
	Rest time.Duration
	// Memory bounds the private memory of a process in bytes, on Linux; 0 means
	// sandbox.DefaultMemory.
	Memory uint64
	// Reattach is for debuggers: what a plugin that was started with -debug
	// prints, for the environment variable TIERCEL_REATTACH. A plugin that is
	// named in it is not started and has no deadlines.
	Reattach string
	// Log takes a plugin's log lines: escaped, bounded, at most LogLines a
	// process. Nil drops them.
	Log func(plugin, level, text string)
}

// Defaults and limits of Options.
const (
	DefaultStartTime = 30 * time.Second       // PyTorch takes 2 to 5 s to import on a quiet machine
	DefaultCallTime  = 10 * time.Second       // for one call
	DefaultPause     = 100 * time.Millisecond // before a program that died is started again, doubled each time
	MaxPause         = 30 * time.Second       // the longest of these pauses
	DefaultRest      = 10 * time.Second       // without calls after too many failures in a row
	MaxFailures      = 5                      // failures in a row until it rests
	LogLines         = 100
	MaxLogLine       = abi.MaxLog // bytes of a line of its log
	MaxProgram       = 1 << 30    // bytes of a program
)

// Process is a program that is a plugin.
type Process struct {
	Description abi.Description
	SHA256      [sha256.Size]byte // of the program's bytes; zero if it was reattached

	options     Options
	name        string // of the file
	program     *program
	attach      *attachment // set: a process that somebody else started
	sandbox     string
	description []byte
	fits        bool

	id    atomic.Pointer[string] // name until it has described itself, then its id
	tally guest.Tally            // of what processes do outside calls

	mu    sync.Mutex
	spare *instance // started to describe itself, for the first learner
}

// Open reads and hashes a program, starts it once and reads its description.
// path is a file, or a name in Options.Reattach. ctx bounds the opening. Errors
// are of type *Fault.
func Open(ctx context.Context, path string, o Options) (*Process, error) {
	o.Workers = max(o.Workers, 1)
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{
		{&o.StartTime, DefaultStartTime},
		{&o.CallTime, DefaultCallTime},
		{&o.Pause, DefaultPause},
		{&o.Rest, DefaultRest},
	} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	p := &Process{options: o, name: filepath.Base(path)}
	p.id.Store(&p.name)
	var err error
	if p.attach, err = findAttachment(o.Reattach, path); err != nil {
		return nil, err
	}
	if p.attach == nil {
		if p.program, err = load(path, o.SHA256); err != nil {
			return nil, err
		}
		p.SHA256 = p.program.sum
	}
	if err := p.introduce(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// introduce starts the program for the first time.
func (p *Process) introduce(ctx context.Context) error {
	c, err := p.start(ctx)
	if err != nil {
		return err
	}
	text, fits, err := c.describe(ctx)
	if err == nil {
		if p.Description, err = abi.ParseDescription(text); err != nil {
			err = guest.Refuse(p.name, "%v", err)
		}
	}
	if err != nil {
		c.close()
		return err
	}
	p.description, p.fits, p.spare, p.sandbox = text, fits, c, c.run.sandbox
	p.id.Store(&p.Description.ID)
	return nil
}

// Sandbox says what confines the process: "landlock, seccomp, rlimits", or
// "not sandboxed: " and why.
func (p *Process) Sandbox() string { return p.sandbox }

// Fits says whether the plugin learns from labelled rows: see Learner.Fit.
func (p *Process) Fits() bool { return p.fits }

// Close ends what was started and no learner uses, and frees the program's
// bytes: learners must be closed before.
func (p *Process) Close() error {
	if c := p.takeSpare(); c != nil {
		c.close()
	}
	return p.program.close()
}

func (p *Process) takeSpare() *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.spare
	p.spare = nil
	return c
}

// ready returns a running process that describes itself as the first did.
func (p *Process) ready(ctx context.Context) (*instance, error) {
	if c := p.takeSpare(); c != nil && c.run.alive() {
		return c, nil
	} else if c != nil {
		c.close()
	}
	c, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	text, _, err := c.describe(ctx)
	if err == nil && !bytes.Equal(text, p.description) {
		err = c.fault(callDescribe, guest.Changed, "this process describes itself differently")
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}
