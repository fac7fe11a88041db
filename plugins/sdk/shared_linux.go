package sdk

import "syscall"

// mapShared maps the memory that the host shares, nil where that fails.
func mapShared(descriptor int, size uint64) []byte {
	b, err := syscall.Mmap(descriptor, 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil
	}
	return b
}
