//go:build !linux

package process

import (
	"errors"
	"net"
)

// ownedBy: only Linux tells who listens.
func ownedBy(net.Conn, int) error {
	return errors.New("it shows no certificate: outside Linux a process must (see ABI.md)")
}
