package process

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// running is a plugin's process, or that of a debugger.
type running struct {
	plugin  *Process
	env     []string
	folder  string // its own, removed when it ends
	sandbox string

	pid    int
	stdin  *os.File // its end tells the process to end
	stdout handshake
	stderr journal
	shared []byte // memory that both see; nil for none

	ended   chan struct{}
	state   error // how it ended; read after ended
	refused error // why it was not started; read after ended

	mu     sync.Mutex
	reaped bool
}

var _ runner.Runner = (*running)(nil)

// Start starts the process. It implements runner.Runner, as what follows.
func (r *running) Start(context.Context) error {
	started := make(chan error, 1)
	go r.live(started)
	return <-started
}

// live starts the process, waits for its end and cleans up. It keeps its
// thread: on Linux the process is killed when the thread that started it ends.
func (r *running) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(r.ended)
	defer os.RemoveAll(r.folder)
	cmd, err := r.spawn()
	if err != nil {
		r.refused = err
		r.stdout.give("")
		started <- err
		return
	}
	started <- nil
	r.state = cmd.Wait()
	r.mu.Lock()
	r.reaped = true
	r.mu.Unlock()
	r.stdin.Close()
	killGroup(r.pid) // what it left behind
}

// spawn starts the command with pipes to its standard streams.
func (r *running) spawn() (*exec.Cmd, error) {
	shared, view, err := newShared()
	if err != nil {
		return nil, err
	}
	defer shared.Close() // the process has its own by then
	r.shared = view
	cmd, wait, err := r.command(shared)
	if err != nil {
		return nil, err
	}
	cmd.Env, cmd.Dir = append(environment(r.folder), r.env...), r.folder
	ownGroup(cmd)
	var theirs, ours []*os.File
	for range 3 {
		from, to, err := os.Pipe()
		if err != nil {
			closeAll(append(theirs, ours...))
			return nil, err
		}
		theirs, ours = append(theirs, to), append(ours, from)
	}
	theirs[0], ours[0] = ours[0], theirs[0] // it reads its input and writes the others
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs[0], theirs[1], theirs[2]
	err = cmd.Start()
	closeAll(theirs)
	if err != nil {
		closeAll(ours)
		wait()
		return nil, err
	}
	r.mu.Lock()
	r.pid, r.stdin = cmd.Process.Pid, ours[0]
	r.mu.Unlock()
	go r.stdout.read(ours[1])
	go r.stderr.read(ours[2])
	if r.sandbox, err = wait(); err != nil {
		killGroup(r.pid)
		cmd.Wait()
		r.mu.Lock()
		r.reaped = true
		r.mu.Unlock()
		r.stdin.Close()
		return nil, err
	}
	return cmd, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// Wait waits for the end.
func (r *running) Wait(context.Context) error {
	<-r.ended
	return r.state
}

// Kill does nothing: go-plugin calls it when it does not like a handshake, and
// then stillborn wants to see how the process ends by itself.
func (r *running) Kill(context.Context) error { return nil }

// kill kills the process and its group.
func (r *running) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reaped || r.pid == 0 {
		return
	}
	killGroup(r.pid)
}

// within waits a moment for the end of something that seems to be ending, and
// says whether it came.
func within(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	case <-time.After(500 * time.Millisecond):
		return false
	}
}

// alive says whether the process runs.
func (r *running) alive() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// grace is how long a process has to end by itself when the host is done with it.
const grace = 500 * time.Millisecond

// stop ends the process and returns when it has ended. That of a debugger runs on.
func (r *running) stop() {
	if r.pid == 0 {
		return
	}
	r.stdin.Close()
	select {
	case <-r.ended:
	case <-time.After(grace):
		r.kill()
		<-r.ended
	}
}

// cause says in words how the process ended, waiting a moment for that.
func (r *running) cause() string {
	if !within(r.ended) {
		return "it runs on, but its connection broke"
	}
	within(r.stderr.ended) // its last words may be under way
	text := "it exited"
	if exit, ok := errors.AsType[*exec.ExitError](r.state); ok {
		text = exit.String() // "exit status 2", "signal: killed"
	}
	return text + r.quote()
}

// quote is what the process said last, to be put behind a reason.
func (r *running) quote() string {
	if said := r.stderr.said(); said != "" {
		return ", saying: " + said
	}
	return ""
}

// Diagnose adds nothing: faults say what happened.
func (r *running) Diagnose(context.Context) string { return "" }

// Stdout is the first line alone, and only if it can be a handshake.
func (r *running) Stdout() io.ReadCloser { return &r.stdout }

// Stderr is empty: the journal reads it.
func (r *running) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name names the process in go-plugin's log, which nobody reads.
func (r *running) Name() string { return r.plugin.name }

// ID is the process's number.
func (r *running) ID() string { return strconv.Itoa(r.pid) }

// PluginToHost and HostToPlugin: both see the same files.
func (r *running) PluginToHost(network, addr string) (string, string, error) {
	return network, addr, nil
}

func (r *running) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}
