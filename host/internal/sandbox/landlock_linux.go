package sandbox

import (
	"errors"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// readable is what programs and interpreters need of a system, and nothing of
// its users: libraries, the loader's and Debian's tables, time zones, what
// numeric libraries ask about the processor.
var (
	readableDirs = []string{
		"/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt",
		"/etc/alternatives", "/etc/ld.so.conf.d", "/etc/ssl", "/etc/python3", "/etc/python3.11", "/etc/python3.13",
		"/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/kernel/mm/transparent_hugepage",
	}
	readableFiles = []string{
		"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/localtime", "/etc/mime.types",
		"/dev/urandom", "/dev/random", "/dev/zero",
		"/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/sys/vm/overcommit_memory",
	}
)

// restrict confines this process's files, and its TCP ports where the kernel
// can: it may read what is readable and write its folder.
func restrict(s *Spec) error {
	if version, err := ll.LandlockGetABIVersion(); err != nil || version < 1 {
		return errors.New("this kernel has none, or it is switched off")
	}
	rules := []landlock.Rule{
		landlock.RODirs(readableDirs...).IgnoreIfMissing(),
		landlock.ROFiles(readableFiles...).IgnoreIfMissing(),
		landlock.RWFiles("/dev/null").IgnoreIfMissing(),
		landlock.RWDirs(s.Folder),
	}
	return landlock.V9.BestEffort().Restrict(rules...)
}
