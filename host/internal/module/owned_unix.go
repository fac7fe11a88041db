//go:build unix

package module

import (
	"os"
	"syscall"
)

// owned says whether a folder is this user's and closed to others.
func owned(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}
