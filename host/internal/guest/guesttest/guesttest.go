// Package guesttest builds plugins for tests: modules from C and from Go, and
// programs from Go. Each is built once for all tests of a package.
package guesttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// built holds what was built, by what it was built from.
var built = struct {
	sync.Mutex
	bytes map[string][]byte
}{bytes: map[string][]byte{}}

// Go builds a Go plugin as a module.
func Go(t testing.TB, pkg string) []byte {
	t.Helper()
	return once(t, "module "+pkg, func(out string) *exec.Cmd {
		c := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w -buildid=", "-o", out, pkg)
		c.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
		return c
	})
}

// Program builds a Go plugin as a program.
func Program(t testing.TB, pkg string) []byte {
	t.Helper()
	return once(t, "program "+pkg, func(out string) *exec.Cmd { return exec.Command("go", "build", "-o", out, pkg) })
}

// C builds a plugin in C as a module, against the template's tiercel.h. The test
// is skipped where there is no clang, but not in continuous integration.
func C(t testing.TB, source string, flags ...string) []byte {
	t.Helper()
	for _, tool := range []string{"clang", "wasm-ld"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is needed: apt-get install clang lld", tool)
			}
			t.Skipf("no %s on this machine: apt-get install clang lld", tool)
		}
	}
	_, here, _, _ := runtime.Caller(0)
	header := filepath.Join(filepath.Dir(here), "../../../../plugins/c/template")
	return once(t, "C "+source+" "+strings.Join(flags, " "), func(out string) *exec.Cmd {
		args := append([]string{
			"--target=wasm32", "-O3", "-nostdlib", "-ffreestanding", "-I", header,
			"-Wl,--no-entry", "-Wl,-z,stack-size=65536", "-Wl,--strip-all", "-o", out,
		}, flags...)
		return exec.Command("clang", append(args, source)...)
	})
}

// once runs the command that builds key into a file, unless it was built before.
func once(t testing.TB, key string, command func(out string) *exec.Cmd) []byte {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if b, ok := built.bytes[key]; ok {
		return b
	}
	out := filepath.Join(t.TempDir(), "guest")
	c := command(out)
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	built.bytes[key] = b
	return b
}
