package process

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime"

	"github.com/tiercel/tiercel/host/internal/guest"
)

// program is an executable whose bytes cannot change any more.
type program struct {
	name string
	file *os.File // the bytes; on Linux sealed memory, elsewhere a copy that only this user can reach
	sum  [sha256.Size]byte
}

// load copies a file to where nobody can change it and hashes the copy. Errors
// are of type *Fault and name the file.
func load(path string, want *[sha256.Size]byte) (*program, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, guest.Refuse(path, "%v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, guest.Refuse(path, "%v", err)
	case !info.Mode().IsRegular():
		return nil, guest.Refuse(path, "not a file")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0:
		return nil, guest.Refuse(path, "not executable: chmod +x makes it so")
	}
	p := &program{name: path}
	if p.file, err = newCopy(); err != nil {
		return nil, guest.Refuse(path, "no place to keep its bytes: %v", err)
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(p.file, hash), io.LimitReader(f, MaxProgram+1))
	if err == nil {
		err = seal(p.file)
	}
	hash.Sum(p.sum[:0])
	switch {
	case err != nil:
		err = guest.Refuse(path, "copying it: %v", err)
	case n > MaxProgram:
		err = guest.Refuse(path, "more than %d bytes", MaxProgram)
	case want != nil && p.sum != *want:
		err = guest.Refuse(path, "wrong checksum: its sha256 is %s, pinned is %s", hex.EncodeToString(p.sum[:]), hex.EncodeToString(want[:]))
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}
