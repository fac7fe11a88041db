package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// stub is the first argument of the second run. The space keeps it apart from
// the names that programs are called by.
const stub = "tiercel: confined"

// init is the second run. It stands here, and not in a function that programs
// would call first, because a program that forgot to would run itself whole
// each time it starts a plugin. During init the main goroutine is on the main
// thread, which exec keeps.
func init() {
	if len(os.Args) == 2 && os.Args[0] == stub {
		become(os.Args[1])
	}
}

// become confines this process and makes it the program. It does not return.
func become(text string) {
	runtime.LockOSThread()
	syscall.CloseOnExec(reportDescriptor)
	var (
		s Spec
		r Report
	)
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = confine(&s, &r)
	}
	if err != nil {
		r.Error = err.Error()
	}
	report := os.NewFile(reportDescriptor, "report")
	out := json.NewEncoder(report)
	out.Encode(r)
	if err == nil {
		err = syscall.Exec("/proc/self/fd/"+strconv.Itoa(ProgramDescriptor), []string{s.Name}, os.Environ())
		out.Encode(Report{Error: reason(err)})
	}
	os.Exit(127)
}

// reason says what to do about a failed exec.
func reason(err error) string {
	switch err {
	case syscall.ENOEXEC:
		return "not executable: neither a program for this machine nor a script whose first line is #! and its interpreter"
	case syscall.ENOENT:
		return "not executable: its interpreter or dynamic loader is not on this machine"
	case syscall.EACCES:
		return "not executable: its interpreter or dynamic loader may not be run from where it lies"
	}
	return "not executable: " + err.Error()
}

// confine applies what the system has, in the order in which each leaves the
// next possible.
func confine(s *Spec, r *Report) error {
	// What fork set is the thread's own; set it again, and look whether the
	// host has gone in between.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("binding its life to the host's: %w", err)
	}
	if os.Getppid() != s.Host {
		return fmt.Errorf("the host has ended")
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up new privileges: %w", err)
	}
	// Limits come first: the filter forbids giving up capabilities. It comes
	// last, as it must not stand in the way of the others.
	failed := map[string]error{}
	failed[Rlimits] = limit(s)
	failed[Landlock] = restrict(s)
	failed[Seccomp] = filter()
	for _, part := range []string{Landlock, Seccomp, Rlimits} {
		if err := failed[part]; err != nil {
			r.Missing = append(r.Missing, part+": "+err.Error())
		} else {
			r.Active = append(r.Active, part)
		}
	}
	return nil
}

// limit sets the resource limits and gives up what could lift them.
func limit(s *Spec) error {
	memory := s.Memory
	if memory == 0 {
		memory = DefaultMemory
	}
	type pair struct {
		resource int
		value    uint64
	}
	limits := []pair{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, MaxFiles},
		{unix.RLIMIT_FSIZE, MaxFile},
		{unix.RLIMIT_DATA, memory},
	}
	if threads, err := threads(); err == nil {
		limits = append(limits, pair{unix.RLIMIT_NPROC, uint64(threads + MoreThreads)})
	}
	for _, p := range limits {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(p.resource, &now); err != nil {
			return err
		}
		value := min(p.value, now.Max)
		if err := syscall.Setrlimit(p.resource, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return err
		}
	}
	return powerless()
}

// powerless drops the capabilities of this thread, for good: root's too.
func powerless() error {
	const locked = 1<<0 | 1<<1 | 1<<2 | 1<<3 // no root, no set-user-ID fixup, both locked
	if err := unix.Prctl(unix.PR_SET_SECUREBITS, locked, 0, 0, 0); err != nil && err != unix.EPERM {
		return err
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&header, &none[0])
}

// threads counts those of the whole machine: the limit counts those of a user.
func threads() (int, error) {
	text, err := os.ReadFile("/proc/loadavg") // 0.20 0.18 0.12 1/80 11206
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 4 {
		return 0, strconv.ErrSyntax
	}
	_, total, _ := strings.Cut(fields[3], "/")
	return strconv.Atoi(total)
}
