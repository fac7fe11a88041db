package sandbox

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// run runs a script confined and returns what it prints.
func run(t testing.TB, script string) (string, Report, error) {
	t.Helper()
	runtime.LockOSThread() // the command is killed when its thread ends
	defer runtime.UnlockOSThread()
	fd, err := unix.MemfdCreate("program", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "program")
	defer f.Close()
	if _, err := f.WriteString(script); err != nil {
		t.Fatal(err)
	}
	cmd, wait, err := Command(Spec{Name: "name", Folder: t.TempDir(), Host: os.Getpid()}, f, f)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = []string{"PATH=/usr/bin:/bin"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	report, err := wait()
	cmd.Wait()
	return out.String(), report, err
}

// The limits are those of the package, and capabilities and privileges are gone.
func TestCommand(t *testing.T) {
	out, report, err := run(t, "#!/bin/sh\nulimit -c; ulimit -n; ulimit -Hd; (true); echo $?\n")
	if err != nil {
		t.Fatal(err)
	}
	if report.Error != "" || len(report.Active)+len(report.Missing) != 3 {
		t.Errorf("%+v", report)
	}
	want := "0\n1024\n" + strconv.Itoa(DefaultMemory>>10) + "\n"
	if !strings.HasPrefix(out, want) {
		t.Errorf("it prints %q, want %q first", out, want)
	}
	if len(report.Missing) == 0 && strings.HasSuffix(out, "\n0\n") {
		t.Errorf("it starts another process: %q", out)
	}
}

// A host that has gone gets no program.
func TestNoHost(t *testing.T) {
	f, err := os.Open("/bin/sh")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	cmd, wait, err := Command(Spec{Name: "name", Folder: t.TempDir(), Host: 1 << 30}, f, f)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = wait()
	cmd.Wait()
	if err == nil || !strings.Contains(err.Error(), "host has ended") {
		t.Error(err)
	}
}

func TestNotExecutable(t *testing.T) {
	for script, says := range map[string]string{"": "neither a program", "#!/no/such\n": "interpreter", "\x7fELFnot": "neither a program"} {
		if _, _, err := run(t, script); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", script, err, says)
		}
	}
}

func TestReport(t *testing.T) {
	for want, r := range map[string]Report{
		"landlock, seccomp, rlimits":                                     {Active: []string{Landlock, Seccomp, Rlimits}},
		"not sandboxed: none is known for plan9":                         None("plan9"),
		"not sandboxed: landlock: it is switched off (only rlimits)":     {Active: []string{Rlimits}, Missing: []string{"landlock: it is switched off"}},
		"not sandboxed: landlock: no; seccomp: no either (only rlimits)": {Active: []string{Rlimits}, Missing: []string{"landlock: no", "seccomp: no either"}},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// BenchmarkCommand is what running the host a second time costs.
func BenchmarkCommand(b *testing.B) {
	b.Run("confined", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := run(b, "#!/bin/true\n"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("/bin/true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
