package check

import (
	"fmt"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/host/internal/module"
	"github.com/tiercel/tiercel/plugins/abi"
)

// moduleSubject is a WebAssembly module.
type moduleSubject struct {
	*module.Module
	size int
}

var _ Subject = (*moduleSubject)(nil)

// OfModule returns a module as a subject of checks. wasm is what it was opened from.
func OfModule(m *module.Module, wasm []byte) Subject { return &moduleSubject{m, len(wasm)} }

func (m *moduleSubject) Description() *abi.Description { return &m.Module.Description }

func (m *moduleSubject) Facts() string {
	r := &m.Report
	imports := "no imports"
	if n := len(r.Imports); n > 0 {
		imports = fmt.Sprintf("%d imports, all allowed", n)
	}
	simd := ""
	if r.SIMD {
		simd = ", SIMD"
	}
	return fmt.Sprintf("module of %s%s, %d functions, %s, %s of memory",
		size(int64(m.size)), simd, r.Functions, imports, size(int64(r.Pages)<<16))
}

func (m *moduleSubject) Learner(s *feature.Schema, config []byte) (Learner, error) {
	l, err := m.Module.Learner(s, config)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (m *moduleSubject) Exchange(config, frame []byte, n int) (Answer, error) {
	a, err := m.Module.Exchange(config, frame, n)
	return Answer{a.Status, a.Fuel}, err
}

func (m *moduleSubject) Refused(err error) bool {
	return refused(err)
}

func (m *moduleSubject) Fuel() int64 { return m.CallFuel() }

// Close has nothing to end: whoever opened the module closes it.
func (m *moduleSubject) Close() {}
