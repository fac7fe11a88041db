package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/host/internal/module"
	"github.com/tiercel/tiercel/host/internal/process"
	"github.com/tiercel/tiercel/plugins/abi"
)

// maxProgram bounds a plugin's file. A Python program with its model beside it
// is small itself; a Go program with everything linked in is below 100 MB.
const maxProgram = 256 << 20

// wasmMagic begins every WebAssembly module.
var wasmMagic = []byte("\x00asm")

func sumOf(data []byte) Sum { return sha256.Sum256(data) }

// SumFile returns the checksum of a plugin's file or of its configuration.
func SumFile(path string) (Sum, error) {
	data, err := readProgram(path)
	return sumOf(data), err
}

// runtimeOf says how a plugin's file is run.
func runtimeOf(data []byte) string {
	if bytes.HasPrefix(data, wasmMagic) {
		return RuntimeModule
	}
	return RuntimeProcess
}

// readProgram reads a plugin's file.
func readProgram(path string) ([]byte, error) { return readFile(path, maxProgram, "a plugin") }

// readConfig reads a plugin's configuration.
func readConfig(path string) ([]byte, error) {
	return readFile(path, abi.MaxConfig, "a configuration")
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int64, what string) ([]byte, error) {
	info, err := os.Stat(path) // before opening: that of a pipe would wait
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: larger than %s may be, %d bytes", path, what, limit)
	}
	return data, nil
}

// wasm is a plugin that is a module.
type wasm struct{ *module.Module }

func (w wasm) learner(s *feature.Schema, config []byte) (running, error) {
	l, err := w.Module.Learner(s, config)
	if err != nil {
		return nil, err // not a nil *Learner in an interface
	}
	return l, nil
}

// moduleSandbox is what confines every module.
const moduleSandbox = "WebAssembly: no files, network, clock or environment"

func (wasm) sandbox() string { return moduleSandbox }

// native is a plugin that is a program.
type native struct{ *process.Process }

func (n native) learner(s *feature.Schema, config []byte) (running, error) {
	l, err := n.Learner(s, config)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (n native) sandbox() string { return n.Sandbox() }

// start opens a plugin whose bytes were checked. A process is executed from bytes
// that are hashed again: the file may be another by then.
func (h *Host) start(ctx context.Context, path string, data []byte) (program, abi.Description, error) {
	if runtimeOf(data) == RuntimeProcess {
		sum := [sha256.Size]byte(sumOf(data))
		p, err := process.Open(ctx, path, process.Options{SHA256: &sum, Reattach: h.options.Reattach, Log: h.options.Log})
		if err != nil {
			return nil, abi.Description{}, err
		}
		return native{p}, p.Description, nil
	}
	if h.modules == nil {
		var err error
		h.modules, err = module.NewRuntime(module.Options{Cache: h.options.Cache, Workers: h.options.Workers, Log: h.options.Log})
		if err != nil {
			return nil, abi.Description{}, err
		}
	}
	m, err := h.modules.Open(path, data)
	if err != nil {
		return nil, abi.Description{}, err
	}
	return wasm{m}, m.Description, nil
}
