// Package learners_test builds and tests the first-party plugins as their
// Makefiles do.
package learners_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// Each folder's make and make test pass. What a machine lacks is said by make
// tools; in CI nothing may be lacking.
func TestMake(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the plugins are built by make")
	}
	for _, dir := range []string{"names-forest", "names-mlp"} {
		t.Run(dir, func(t *testing.T) {
			if out, err := exec.Command("make", "-s", "-C", dir, "tools").CombinedOutput(); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%s", out)
				}
				t.Skipf("%s", out)
			}
			if out, err := exec.Command("make", "-s", "-C", dir, "test").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}
