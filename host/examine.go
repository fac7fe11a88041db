package host

import (
	"context"
	"errors"
	"os"

	"github.com/tiercel/tiercel/plugins/abi"
)

// Examined is what a plugin turned out to be.
type Examined struct {
	Description abi.Description
	Runtime     string
	SHA256      Sum
	Sandbox     string // what confines it, in words
}

// Examine runs a plugin as far as it takes to read its description. Of the
// options it reads Cache and Log. Nothing needs to be pinned: whoever calls it
// means this very plugin.
func Examine(ctx context.Context, p *Package, o Options) (*Examined, error) {
	path, remove, err := p.File()
	if err != nil {
		return nil, err
	}
	defer remove()
	h := &Host{options: o}
	opened, d, err := h.start(ctx, path, p.Program)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	x := &Examined{Description: d, Runtime: p.Runtime(), SHA256: sumOf(p.Program), Sandbox: opened.sandbox()}
	return x, errors.Join(opened.Close(), h.Close())
}

// File returns a file with the plugin alone: where it was read, or for a
// program from a pack, which is started from a file, a temporary one. remove
// removes that.
func (p *Package) File() (path string, remove func() error, err error) {
	if !p.Packed || p.Runtime() != RuntimeProcess {
		return p.Path, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "tiercel-plugin")
	if err != nil {
		return "", nil, err
	}
	if path, err = p.Unpack(dir, "plugin", "0"); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return path, func() error { return os.RemoveAll(dir) }, nil
}
