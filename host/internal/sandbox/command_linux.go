package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// Descriptors of the second run; the first two stay open in the program.
const (
	ProgramDescriptor = 3
	SharedDescriptor  = 4
	reportDescriptor  = 5
)

// Command returns the command that confines itself and becomes the program in
// the file program, with shared open as SharedDescriptor. wait must be called
// once the command has started: it returns what holds when the program begins.
// The command is killed when the thread that starts it ends, so start it from
// one that lasts.
func Command(s Spec, program, shared *os.File) (cmd *exec.Cmd, wait func() (Report, error), err error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, nil, err
	}
	said, report, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd = &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        []string{stub, string(text)},
		ExtraFiles:  []*os.File{program, shared, report},
		SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	}
	return cmd, func() (Report, error) {
		report.Close()
		defer said.Close()
		// What comes after the first report says that exec failed; the end of
		// all comes with exec, which closes the descriptor.
		in := json.NewDecoder(io.LimitReader(said, 64<<10))
		var r, failed Report
		if in.Decode(&r) != nil {
			return r, errors.New("it ended before it was confined")
		}
		in.Decode(&failed)
		if text := r.Error + failed.Error; text != "" {
			return r, errors.New(text)
		}
		return r, nil
	}, nil
}
