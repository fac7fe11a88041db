package process

import (
	"bufio"
	"context"
	"crypto/sha256"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
)

// gone waits until no process has that number, or it waits to be reaped.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
	}
	t.Errorf("process %d lives on", pid)
}

// A host that is killed leaves no process behind.
func TestHostKilled(t *testing.T) {
	t.Parallel()
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), hostOf+"="+build(t, faulty), "TMPDIR="+t.TempDir()) // nobody is left to clean up
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	host.Process.Kill()
	host.Wait()
	if err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
}

// confined skips a test of what a sandbox keeps a plugin from where there is none.
func confined(t *testing.T, p *Process) {
	t.Helper()
	if strings.HasPrefix(p.Sandbox(), "not sandboxed") {
		t.Skip(p.Sandbox())
	}
	if p.Sandbox() != "landlock, seccomp, rlimits" {
		t.Errorf("sandbox is %q", p.Sandbox())
	}
}

// What a confined process tries fails, but for writing its own folder.
func TestSandbox(t *testing.T) {
	p := opened(t, build(t, faulty), impatient())
	confined(t, p)
	tried := []string{
		"read /etc/passwd", "list /tmp", "write to /tmp", "open the host's memory", "read the host's environment",
		"signal the host", "trace the host", "listen on TCP", "send UDP", "start a program", "raise a limit", "write its folder",
	}
	l := configured(t, p, 1, []byte("probe"))
	dst := make([]float32, len(tried)+1)
	if err := l.Score(dst, bad(len(dst), 1)); err != nil {
		t.Fatal(err)
	}
	for i, what := range tried {
		if may := what == "write its folder"; (dst[i] == 1) != may {
			t.Errorf("%s: succeeds is %v, want %v", what, dst[i] == 1, may)
		}
	}
}

// A fork bomb starts nothing, and nothing outlives the plugin.
func TestForkBomb(t *testing.T) {
	p := opened(t, build(t, faulty), impatient())
	l := configured(t, p, 1, []byte("fork"))
	c := <-l.slots
	pid := c.run.pid
	l.slots <- c
	dst := make([]float32, 4)
	if err := l.Score(dst, bad(4, 1)); err != nil {
		t.Fatal(err)
	}
	wantScores(t, l, guesttest.Rows(4, 1))
	l.Close()
	if err := syscall.Kill(-pid, 0); err != syscall.ESRCH {
		t.Errorf("its process group is still there: %v", err)
	}
	confined(t, p)
	if dst[0] != 0 {
		t.Errorf("it started %v processes", dst[0])
	}
}

// A process that takes more memory than it may dies, and is replaced.
func TestMemory(t *testing.T) {
	o := impatient()
	o.Memory = 512 << 20
	p := opened(t, build(t, faulty), o)
	confined(t, p)
	l := configured(t, p, 1, []byte("memory"))
	wantFault(t, l.Score(make([]float32, 4), bad(4, 1)), guest.Crashed, "out of memory")
	wantScores(t, l, guesttest.Rows(4, 1))
}

// Whatever happens to a file while it is loaded, what will run is what was
// pinned. A file that is written to while it is read is refused, one that is
// replaced is seen before or after.
func TestSwappedWhileLoading(t *testing.T) {
	races := 10000
	if testing.Short() {
		races = 1000
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "plugin")
	good, evil := []byte("#!/bin/true good"+strings.Repeat(".", 8000)), []byte("#!/bin/true evil"+strings.Repeat("!", 8000))
	pinned := sha256.Sum256(good)
	write := func(path string, b []byte) {
		if err := os.WriteFile(path, b, 0o755); err != nil {
			t.Error(err)
		}
	}
	write(path, good)
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		next := filepath.Join(dir, "next")
		for k := 0; !stop.Load(); k++ {
			b := good
			if k%2 == 0 {
				b = evil
			}
			if k%3 == 0 { // in place
				write(path, b)
				continue
			}
			write(next, b)
			os.Rename(next, path)
		}
	}()
	taken := 0
	for range races {
		p, err := load(path, &pinned)
		if err != nil {
			wantFault(t, err, guest.Refused, "")
			continue
		}
		taken++
		b := make([]byte, len(good)+1)
		if n, err := p.file.ReadAt(b, 0); n != len(good) || err != io.EOF || sha256.Sum256(b[:n]) != pinned {
			t.Fatalf("%d bytes of another program are taken", n)
		}
		if _, err := p.file.WriteAt([]byte("evil"), 0); err == nil {
			t.Fatal("what was hashed can be changed")
		}
		p.close()
	}
	stop.Store(true)
	<-done
	t.Logf("%d races, %d taken", races, taken)
	if taken == 0 || taken == races {
		t.Errorf("%d of %d loads met the pinned file: no race", taken, races)
	}
}

// A file that is swapped after it was loaded does not run, at the first start
// or at a later one.
func TestSwappedAfterLoading(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plugin")
	program, err := os.ReadFile(build(t, faulty))
	if err == nil {
		err = os.WriteFile(path, program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	p := opened(t, path, impatient())
	l := configured(t, p, 1, []byte("exit"))
	if err := os.WriteFile(path, []byte("#!/bin/sh\nkill -9 $PPID\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for end, races := time.Now().Add(3*time.Second), 0; ; races++ {
		if time.Now().After(end) || testing.Short() && races > 2 {
			t.Logf("%d restarts", races)
			break
		}
		wantFault(t, l.Score(make([]float32, 1), bad(1, 1)), guest.Crashed, "exit status 7")
		wantScores(t, l, guesttest.Rows(1, 1))
	}
	if want := sha256.Sum256(program); p.SHA256 != want {
		t.Errorf("hash %x, want %x", p.SHA256, want)
	}
}

// What a start takes of the host is given back at its end, failed or not.
func TestNothingIsLeft(t *testing.T) {
	held := func() (files, routines int) {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries), runtime.NumGoroutine()
	}
	use := func() {
		if _, err := Open(context.Background(), faultyAs(t, "garbage"), impatient()); err == nil {
			t.Fatal("opened")
		}
		p, err := Open(context.Background(), build(t, faulty), impatient())
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.Learner(guesttest.Schema(1), []byte("exit"))
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, l.Score(make([]float32, 1), bad(1, 1)), guest.Crashed, "")
		wantScores(t, l, guesttest.Rows(1, 1))
		l.Close()
		p.Close()
	}
	use()
	files, routines := held()
	for range 5 {
		use()
	}
	end := time.Now().Add(5 * time.Second)
	for {
		f, r := held()
		if f <= files && r <= routines {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d files and %d goroutines, before %d and %d", f, r, files, routines)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
