package process

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: Windows has no process groups.
func ownGroup(*exec.Cmd) {}

// killGroup kills the process. What it started ends when it reads the end of
// the standard input that it inherited.
func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		p.Kill()
		p.Release()
	}
}

// environment is all that a process finds in its environment, beside what the
// handshake puts there: sockets and the random generator need SystemRoot.
func environment(folder string) []string {
	return []string{"SystemRoot=" + os.Getenv("SystemRoot"), "TEMP=" + folder, "TMP=" + folder, "HOME=" + folder}
}
