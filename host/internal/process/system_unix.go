//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the command a process group of its own.
func ownGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setpgid = true
}

// killGroup kills a process and all that it started.
func killGroup(pid int) { syscall.Kill(-pid, syscall.SIGKILL) }

// environment is all that a process finds in its environment, beside what the
// handshake puts there.
func environment(folder string) []string {
	return []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + folder, "TMPDIR=" + folder}
}
