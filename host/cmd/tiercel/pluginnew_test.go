package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/host/internal/check"
	"github.com/tiercel/tiercel/plugins"
)

// command runs a command line in this process.
func command(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, streams{strings.NewReader(""), &out, &errs})
	return code, out.String(), errs.String()
}

// checkout is this module's folder.
func checkout(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// needs skips a test that this machine cannot run; CI must be able to.
func needs(t *testing.T, missing string) {
	t.Helper()
	if missing == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// From nothing to a plugin that passes, in each language: new, make, make test,
// check, as its README says.
func TestPluginFromNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the projects are built by make")
	}
	t.Setenv(sourceVariable, checkout(t))
	for _, l := range plugins.Languages() {
		t.Run(l.Name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "rare-words")
			code, stdout, stderr := command("plugin", "new", "--lang", l.Name, dir)
			if code != 0 || stdout != dir+"\n" {
				t.Fatalf("plugin new: status %d, %q, %s", code, stdout, stderr)
			}
			needs(t, missingTools(context.Background(), dir))
			for _, target := range []string{"all", "test"} {
				args := []string{"--no-print-directory", "-C", dir}
				if target != "all" { // the default target has no name
					args = append(args, target)
				}
				if out, err := exec.Command("make", args...).CombinedOutput(); err != nil {
					t.Fatalf("make %s: %v\n%s", target, err, out)
				}
			}
			if code, stdout, stderr = command("plugin", "check", dir, "--output", "json", "--calls", "2000"); code != 0 {
				t.Fatalf("plugin check: status %d\n%s%s", code, stdout, stderr)
			}
			if len(l.Built) == 1 { // one document: an object, or an array of several
				stdout = "[" + stdout + "]"
			}
			var reports []check.Report
			if err := json.Unmarshal([]byte(stdout), &reports); err != nil {
				t.Fatalf("%v in %s", err, stdout)
			}
			if len(reports) != len(l.Built) {
				t.Errorf("%d reports of %d files: %s", len(reports), len(l.Built), stdout)
			}
			for _, r := range reports {
				if !r.Passed || r.ID != "rare-words" || len(r.Results) < 15 || r.Throughput == nil {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

func TestPluginNewRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(t.TempDir(), "used")
	if err := os.Rename(full, used); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, source, says string
		args               []string
	}{
		{"no language", "", "choose one of go, c, rust, assemblyscript, python", nil},
		{"another language", "", `"perl": choose one of`, []string{"--lang", "perl"}},
		{"no id", "", "is no id", []string{"--lang", "c", filepath.Join(t.TempDir(), "Rare Words")}},
		{"a folder with something in it", "", "not empty", []string{"--lang", "c", used}},
		{"no checkout", t.TempDir(), "no checkout", []string{"--lang", "go", filepath.Join(t.TempDir(), "x")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(sourceVariable, tt.source)
			code, stdout, stderr := command(append([]string{"plugin", "new"}, tt.args...)...)
			if code != statusNothing || stdout != "" || !strings.Contains(stderr, tt.says) {
				t.Errorf("status %d, %q, %q does not say %q", code, stdout, stderr, tt.says)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(used, "Makefile")); err == nil {
		t.Error("a refused command wrote files")
	}
}

// What the machine lacks is said by plugin new and by make.
func TestPluginNewMissingTools(t *testing.T) {
	make, err := exec.LookPath("make")
	if err != nil {
		needs(t, "make is needed")
	}
	// A PATH with make, a shell and nothing else.
	bin := t.TempDir()
	for _, tool := range []string{make, "/bin/sh"} {
		if err := os.Symlink(tool, filepath.Join(bin, filepath.Base(tool))); err != nil {
			t.Skip(err)
		}
	}
	t.Setenv("PATH", bin)
	for lang, says := range map[string]string{"c": "apt-get install clang lld", "go": "Go 1.26", "assemblyscript": "nodejs npm"} {
		code, _, stderr := command("plugin", "new", "--lang", lang, filepath.Join(t.TempDir(), "x"))
		if code != 0 || !strings.Contains(stderr, says) {
			t.Errorf("%s: status %d, %q does not say %q", lang, code, stderr, says)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, stderr := command("plugin", "new", "--lang", "c", filepath.Join(t.TempDir(), "x")); !strings.Contains(stderr, "make is needed") {
		t.Error(stderr)
	}
}
