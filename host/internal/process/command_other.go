//go:build !linux

package process

import (
	"os"
	"os/exec"
	"runtime"

	"github.com/tiercel/tiercel/host/internal/sandbox"
)

// command returns the command that runs the program, which nothing confines.
func (r *running) command(*os.File) (*exec.Cmd, func() (string, error), error) {
	cmd := exec.Command(r.plugin.program.file.Name())
	return cmd, func() (string, error) { return sandbox.None(runtime.GOOS).String(), nil }, nil
}
