package module

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

// loops are nested loops, or loops in a row, over many locals: shapes that
// cost wazero's compiler far more than their size.
func loops(n int, nested bool) []byte {
	const locals = 100
	var code []byte
	turn := fueltest.Cat(fueltest.Get(0), fueltest.BrIf(0), []byte{fueltest.End})
	for i := range n {
		code = fueltest.Cat(code, []byte{fueltest.Loop, fueltest.Void}, fueltest.Get(3+i%locals), fueltest.Set(3+(i*7+1)%locals))
		if !nested {
			code = append(code, turn...)
		}
	}
	for range n {
		if nested {
			code = append(code, turn...)
		}
	}
	return fueltest.Guest(fueltest.Cat(code, fueltest.Const(0)), strings.Repeat(fueltest.I32, locals)).Bytes()
}

// A module made to be slow to compile is refused before the compiler sees it.
func TestSlowToCompile(t *testing.T) {
	r := newRuntime(t, Options{})
	for name, wasm := range map[string][]byte{
		"nested":   loops(1000, true),   // took wazero more than 20 s
		"in a row": loops(10000, false), // more than 20 s
		"locals":   fueltest.Guest(fueltest.Const(0), strings.Repeat(fueltest.I32, 50000)).Bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, err := r.Open("slow", wasm)
			wantFault(t, err, Refused)
			if took := time.Since(begin); took > time.Second {
				t.Errorf("refusing it took %v", took)
			}
		})
	}
	if _, err := r.Open("nested a little", loops(16, true)); err != nil {
		t.Error(err)
	}
}

// When the compiler takes too long all the same, the host does not wait.
func TestCompileTime(t *testing.T) {
	r := newRuntime(t, Options{CompileTime: time.Nanosecond})
	_, err := r.Open("any", loops(32, true))
	wantFault(t, err, Refused)
	if !strings.Contains(err.Error(), "compiling") {
		t.Error(err)
	}
}

func TestCache(t *testing.T) {
	wasm := loops(32, true)
	dir := filepath.Join(t.TempDir(), "cache")
	for range 2 {
		r := newRuntime(t, Options{Cache: dir})
		if _, err := r.Open("guest", wasm); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	filepath.WalkDir(dir, func(_ string, e os.DirEntry, _ error) error {
		if e != nil && !e.IsDir() {
			files++
		}
		return nil
	})
	if files != 1 {
		t.Errorf("%d files in the cache, want 1", files)
	}
}

// Code in the cache is executed, so nobody else may write there.
func TestCacheMustBePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits on Windows")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := NewRuntime(Options{Cache: dir}); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a folder that others can read: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if _, err := NewRuntime(Options{Cache: link}); err == nil {
		t.Error("a symbolic link is taken")
	}
}

func wantFault(t *testing.T, err error, want Reason) {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) || f.Reason != want {
		t.Fatalf("%v, want %q", err, want)
	}
}
