package sandbox

import (
	"errors"
	"os"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// Calls that a learner has no use for. What is not named stays allowed:
// interpreters and numeric libraries use too many calls to list.
var (
	// denied calls fail with EPERM: what reaches other processes, the kernel's
	// settings, file systems or the network, or would go round the filter.
	denied = []string{
		"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd",
		"pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill", "setpgid", "setsid",
		"mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree", "move_mount", "fsopen", "fsconfig",
		"fsmount", "fspick", "mount_setattr", "open_by_handle_at", "name_to_handle_at", "swapon", "swapoff", "quotactl",
		"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "acct",
		"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
		"add_key", "request_key", "keyctl", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime",
		"sethostname", "setdomainname", "syslog", "vhangup", "iopl", "ioperm", "personality",
		"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset",
		"connect", "execveat",
	}
	// forks fail with EAGAIN, as at the limit of processes, which does not bind root.
	forks = []string{"fork", "vfork"}
	// absent fails with ENOSYS, so that libraries take the call before it,
	// whose flags a filter can see.
	absent = []string{"clone3"}
)

// filter installs the filter on this thread.
func filter() error {
	if !seccomp.Supported() {
		return errors.New("this kernel has none")
	}
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	if err := nativeOnly(uint32(info.ID)); err != nil {
		return err
	}
	known := func(names []string) (have []string) {
		for _, n := range names { // a call that this machine's kernel does not have needs no rule
			if _, ok := info.SyscallNames[n]; ok {
				have = append(have, n)
			}
		}
		return have
	}
	self := uint64(os.Getpid())
	errno := func(e unix.Errno) seccomp.Action { return seccomp.ActionErrno | seccomp.Action(e) }
	when := func(name string, op seccomp.Operation, value uint64) seccomp.NameWithConditions {
		return seccomp.NameWithConditions{Name: name, Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: op, Value: value}}}
	}
	policy := seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{
			{Action: errno(unix.ENOSYS), Names: known(absent)},
			{Action: errno(unix.EAGAIN), NamesWithCondtions: []seccomp.NameWithConditions{
				when("clone", seccomp.BitsNotSet, unix.CLONE_THREAD),
			}, Names: known(forks)},
			{Action: errno(unix.EPERM), Names: known(denied), NamesWithCondtions: []seccomp.NameWithConditions{
				when("socket", seccomp.NotEqual, unix.AF_UNIX),
				when("kill", seccomp.NotEqual, self),
				when("tgkill", seccomp.NotEqual, self),
			}},
		},
	}
	return seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Policy: policy})
}

// nativeOnly refuses calls by another architecture's numbers (32-bit ones on
// a 64-bit kernel): a filter that allows by default would let them pass.
func nativeOnly(native uint32) error {
	const offsetOfArch = 4 // struct seccomp_data
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetOfArch},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: native, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	set := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&set)), 0, 0)
}
