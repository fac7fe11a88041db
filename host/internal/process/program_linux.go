package process

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/tiercel/tiercel/plugins/learnerpb"
)

// newCopy returns memory for a program's bytes.
func newCopy() (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("tiercel-plugin", flags|unix.MFD_EXEC)
	if err == unix.EINVAL { // before Linux 6.3, where all such memory is executable
		fd, err = unix.MemfdCreate("tiercel-plugin", flags)
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "tiercel-plugin"), nil
}

// seal forbids every change of the memory, to everybody and for good.
func seal(f *os.File) error {
	const all = unix.F_SEAL_WRITE | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	_, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, all)
	return err
}

func (p *program) close() error {
	if p == nil {
		return nil
	}
	return p.file.Close()
}

// newShared returns memory to share with a process and its view here. The size
// is sealed: a process that cut it would have the host die of SIGBUS.
func newShared() (*os.File, []byte, error) {
	fd, err := unix.MemfdCreate("tiercel-shared", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fd), "tiercel-shared")
	if err = f.Truncate(learnerpb.SharedSize); err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	view, err := unix.Mmap(int(f.Fd()), 0, learnerpb.SharedSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, view, nil
}

func freeShared(view []byte) {
	if view != nil {
		unix.Munmap(view)
	}
}
