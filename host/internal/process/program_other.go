//go:build !linux

package process

import (
	"os"
	"path/filepath"
	"runtime"
)

// newCopy returns a file for a program's bytes, in a folder that only this
// user can enter.
func newCopy() (*os.File, error) {
	dir, err := os.MkdirTemp("", "tiercel-plugin")
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "plugin")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o700)
}

// seal closes the copy: a file that is open for writing cannot be executed.
func seal(f *os.File) error { return f.Close() }

func (p *program) close() error {
	if p == nil {
		return nil
	}
	p.file.Close() // again where seal has done it
	return os.RemoveAll(filepath.Dir(p.file.Name()))
}

// newShared: frames go in messages outside Linux, where sealed memory is not
// to be had.
func newShared() (*os.File, []byte, error) { return nil, nil, nil }

func freeShared([]byte) {}
