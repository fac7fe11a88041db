package sdk

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A module carries nothing of what serves a process.
func TestModuleIsLight(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", ".")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		for _, heavy := range []string{"google.golang.org/", "github.com/hashicorp/", "net", "fmt", "encoding/json"} {
			if pkg == heavy || strings.HasSuffix(heavy, "/") && strings.HasPrefix(pkg, heavy) {
				t.Errorf("a module carries %s", pkg)
			}
		}
	}
}
