package core_test

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tiercel/tiercel"

// grounds lists the packages of core from the lowest to the highest: a package
// may import those above it in this list only. train stands beside core.
var grounds = []string{
	"core/portable",
	"core/event",
	"core/feature",
	"core/learner",
	"core/ensemble",
	"core/model",
	"core/adapt",
	"core",
}

// outside holds the packages under core that are on no ground of the engine,
// and what of core they may import.
var outside = map[string][]string{
	"core/train":               {"core/portable", "core/event", "core/feature", "core/learner", "core/ensemble", "core/model", "core/adapt"},
	"core/model/sign":          {"core/model"},
	"core/model/models":        {"core/event"},
	"core/learner/conformance": {"core/event", "core/feature", "core/learner"},
	"core/learner/learnertest": {"core/learner", "core/learner/conformance"},
	"core/written":             {"core"},
}

// heavy are standard packages that the browser engine does without, and why:
// fmt alone costs 145 KB of brotli; the others bring it, reflection or the
// operating system along.
var heavy = []string{
	"fmt", "encoding/json", "encoding/csv", "encoding/xml", "encoding/gob", "text/template", "html/template",
	"regexp", "log", "log/slog", "net", "net/http", "net/url", "os", "os/exec", "syscall/js",
	"crypto/tls", "crypto/ed25519", "math/big", "math/rand",
}

// pkg is what go list says of a package.
type pkg struct {
	path    string
	imports []string // direct, of the package itself
	deps    []string // all, transitively
}

// list runs go list over the packages under core for a platform.
func list(t *testing.T, env ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}`, module+"/core/...")
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []pkg
	for line := range strings.Lines(string(out)) {
		part := strings.Split(strings.TrimSpace(line), "|")
		all = append(all, pkg{part[0], strings.Fields(part[1]), strings.Fields(part[2])})
	}
	if len(all) < len(grounds) {
		t.Fatalf("go list found %d packages only", len(all))
	}
	return all
}

var platforms = []struct {
	name string
	env  []string
}{
	{"native", nil},
	{"wasip1", []string{"GOOS=wasip1", "GOARCH=wasm"}},
}

// Arrows point down: DESIGN section 2.
func TestLayering(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.name, func(t *testing.T) {
			for _, pkg := range list(t, p.env...) {
				name := strings.TrimPrefix(pkg.path, module+"/")
				allowed, known := outside[name]
				if i := slices.Index(grounds, name); i >= 0 {
					allowed, known = grounds[:i], true
				}
				if !known {
					t.Errorf("%s stands on no ground: add it to this test", name)
				}
				for _, imported := range pkg.imports {
					if below, ours := strings.CutPrefix(imported, module+"/"); ours && !slices.Contains(allowed, below) {
						t.Errorf("%s imports %s", name, below)
					}
				}
			}
		})
	}
}

// What the browser carries is light: on the grounds nothing heavy, no syscall
// packages but the run time's own, and of the world only gonum's floats.
func TestLight(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.name, func(t *testing.T) {
			for _, pkg := range list(t, p.env...) {
				name := strings.TrimPrefix(pkg.path, module+"/")
				if !slices.Contains(grounds, name) {
					continue
				}
				// encoding/binary imports reflect too, but the linker drops it
				// where only the byte orders are used.
				if slices.Contains(pkg.imports, "reflect") {
					t.Errorf("%s imports reflect", name)
				}
				for _, dep := range pkg.deps {
					if slices.Contains(heavy, dep) {
						t.Errorf("%s brings %s", name, dep)
					}
					first, _, _ := strings.Cut(dep, "/")
					if strings.Contains(first, ".") && !strings.HasPrefix(dep, module+"/core/") && !strings.HasPrefix(dep, "gonum.org/v1/gonum/") {
						t.Errorf("%s brings %s", name, dep)
					}
				}
			}
		})
	}
}

// Nothing on the grounds, and no host or browser code but the command line,
// trains: fitting needs gonum's optimiser and more.
func TestTrainingStaysOut(t *testing.T) {
	allowed := []string{module + "/core/train", module + "/host/cmd/", module + "/examples/"}
	cmd := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}}|{{join .Imports " "}}`, module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	importers := 0
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), "|")
		if !slices.Contains(strings.Fields(imports), module+"/core/train") {
			continue
		}
		importers++
		if !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
			t.Errorf("%s imports core/train", path)
		}
	}
	t.Logf("%d packages train", importers)
}
