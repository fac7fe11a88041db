package process

import (
	"os"
	"os/exec"

	"github.com/tiercel/tiercel/host/internal/sandbox"
)

// command returns the command that runs the program confined; wait returns
// what confines it once it has started.
func (r *running) command(shared *os.File) (*exec.Cmd, func() (string, error), error) {
	cmd, wait, err := sandbox.Command(sandbox.Spec{
		Name: r.plugin.name, Folder: r.folder, Memory: r.plugin.options.Memory, Host: os.Getpid(),
	}, r.plugin.program.file, shared)
	if err != nil {
		return nil, nil, err
	}
	return cmd, func() (string, error) {
		report, err := wait()
		return report.String(), err
	}, nil
}
