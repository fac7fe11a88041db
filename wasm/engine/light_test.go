package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tiercel/tiercel"

// What the module may hold: each of these costs a page tens to hundreds of
// kilobytes. The layering test of core says the same of core.
func TestLight(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", module+"/wasm/engine")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	heavy := []string{
		"fmt", "encoding/json", "encoding/csv", "encoding/binary", "regexp", "log", "log/slog", "reflect", "os", "net", "net/url",
		"math/big", "math/rand", "embed", "io/fs", "bufio", "text/template",
	}
	deps := strings.Fields(string(out))
	for _, dep := range deps {
		if slices.Contains(heavy, dep) {
			t.Errorf("the engine brings %s", dep)
		}
		first, _, _ := strings.Cut(dep, "/")
		ours := strings.HasPrefix(dep, module+"/core") || slices.Contains([]string{
			module + "/wasm/engine", module + "/plugins/abi", module + "/plugins/fuel", // light too: 51 KB of brotli together
		}, dep)
		if strings.Contains(first, ".") && !ours && !strings.HasPrefix(dep, "gonum.org/v1/gonum/floats") {
			t.Errorf("the engine brings %s", dep)
		}
	}
	if !slices.Contains(deps, module+"/core") {
		t.Error("the engine is without core")
	}
}

// maxBrotli bounds what a page loads, at a level of compression that a server may
// use on the fly (9; at 11 it is a tenth less); see wasm/README.md for what it is made of
// and for the goal.
const maxBrotli = 788 << 10

// The size of the module, compressed as a server would.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the engine")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("node is needed to compress the engine")
		}
		t.Skip("node is needed to compress the engine")
	}
	wasm := buildWASM(t, "../..")
	script := `const z=require("node:zlib"),b=require("node:fs").readFileSync(process.argv[1]);` +
		`console.log(z.brotliCompressSync(b,{params:{[z.constants.BROTLI_PARAM_QUALITY]:9,[z.constants.BROTLI_PARAM_LGWIN]:24}}).length)`
	out, err := exec.Command(node, "-e", script, wasm).Output()
	if err != nil {
		t.Fatal(err)
	}
	size, err := strconv.Atoi(string(bytes.TrimSpace(out)))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d KiB of brotli", size>>10)
	if size > maxBrotli {
		t.Errorf("the engine is %d bytes of brotli, the budget is %d", size, maxBrotli)
	}
}

// buildWASM compiles the module as make engine does, from the sources in dir.
func buildWASM(t testing.TB, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiercel.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-w -buildid=", "-o", path, module+"/wasm/engine")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd = exec.Command("go", "run", module+"/wasm/engine/finish", "-traps", path)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}
