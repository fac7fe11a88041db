// Package sandbox starts a program that is not trusted: confined by Landlock,
// seccomp and resource limits where the system has them, and told not to be
// where it has not.
//
// Confinement binds the process that asks for it, and a Go program cannot run
// code between fork and exec. So [Command] runs the host's own executable
// again, which confines itself and becomes the program: see init in
// stub_linux.go.
package sandbox

// Spec is what a program may do. It is passed to the second run of the host.
type Spec struct {
	Name   string // the program's first argument: its own name
	Folder string // it may write here and nowhere else
	Memory uint64 // bytes of private memory, 0 for DefaultMemory
	Host   int    // process that it must not outlive
}

// Limits of a confined program.
const (
	DefaultMemory = 8 << 30  // a PyTorch model takes 1 to 2 GiB
	MaxFile       = 64 << 20 // bytes of a file that it writes
	MaxFiles      = 1024     // open files
	MoreThreads   = 512      // threads beyond those that the machine had when it started
)

// Report is what the second run says before it becomes the program.
type Report struct {
	Active  []string // of Parts, those that hold
	Missing []string // the others, each with its reason
	Error   string   // why it did not become the program
}

// Parts are what a sandbox has.
const (
	Landlock = "landlock"
	Seccomp  = "seccomp"
	Rlimits  = "rlimits"
)
