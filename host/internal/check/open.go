package check

import (
	"context"
	"crypto/sha256"
	"path/filepath"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/module"
	"github.com/tiercel/tiercel/host/internal/process"
)

// Open runs do on a plugin that it opens, pinned or not. What keeps the plugin
// from being opened is given to refused, whose error is returned.
func Open(ctx context.Context, p *host.Package, do func(Subject) error, refused func(error) error) error {
	if p.Runtime() == host.RuntimeProcess {
		file, remove, err := p.File()
		if err != nil {
			return err
		}
		defer remove()
		sum := [sha256.Size]byte(p.SHA256())
		program, err := process.Open(ctx, file, process.Options{SHA256: &sum})
		if err != nil {
			return refused(err)
		}
		defer program.Close()
		return do(OfProcess(program, len(p.Program)))
	}
	runtime, err := module.NewRuntime(module.Options{Cache: host.DefaultCache()})
	if err != nil {
		return err
	}
	defer runtime.Close()
	m, err := runtime.Open(filepath.Base(p.Path), p.Program)
	if err != nil {
		return refused(err)
	}
	defer m.Close()
	return do(OfModule(m, p.Program))
}
