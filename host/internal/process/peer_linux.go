package process

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// ownedBy says whether it is the process that listens at the other end.
func ownedBy(conn net.Conn, pid int) error {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return errors.New("it shows no certificate, and not at a Unix socket")
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if int(cred.Pid) != pid {
		return errors.New("it shows no certificate, and another process listens at its socket")
	}
	return nil
}
