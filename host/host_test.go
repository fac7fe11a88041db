package host

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

const goTemplate = "github.com/tiercel/tiercel/plugins/sdk/template"

// place is a folder with a lock file.
type place struct {
	t   *testing.T
	dir string
	Lock
}

func newPlace(t *testing.T) *place { return &place{t: t, dir: t.TempDir()} }

func (p *place) file(name string, data []byte) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, data, 0o700); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func (p *place) lock() string { return filepath.Join(p.dir, LockName) }

// pin pins a plugin under an id of its own and its configuration.
func (p *place) pin(id, name string, data []byte, config string) string {
	p.t.Helper()
	path := p.file(name, data)
	pin := Pin{ID: id, Version: "0.1.0", SHA256: sumOf(data), Runtime: runtimeOf(data), Path: name}
	if config != "" {
		p.file(name+".conf", []byte(config))
		pin.Config, pin.ConfigSHA256 = name+".conf", sumOf([]byte(config))
	}
	p.Put(pin)
	if err := p.Write(p.lock()); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func (p *place) open(o Options) *Host {
	p.t.Helper()
	o.Lock, o.Workers = p.lock(), 2
	h, err := Open(p.t.Context(), o)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if err := h.Close(); err != nil {
			p.t.Error(err)
		}
	})
	return h
}

func schemaOf(k event.Kind, d int) *feature.Schema {
	s := &feature.Schema{Kind: k, Stateless: d}
	for i := range d {
		s.Names = append(s.Names, "f"+string(rune('a'+i)))
	}
	return s
}

func rowsOf(n, d int) *learner.Batch {
	b := &learner.Batch{N: n, D: d}
	for i := range n * d {
		b.X = append(b.X, float32(i%17)-8)
	}
	b.Texts.First = make([]uint32, n+1)
	return b
}

func guestModule() []byte {
	return fueltest.Guest(fueltest.FirstColumn(), fueltest.I32+fueltest.I32).Bytes()
}

// One source as a module and as a process gives the same scores, bit for bit.
func TestModuleAndProcess(t *testing.T) {
	const d, config = 4, "0.5 -0.25 1 0.125"
	b := rowsOf(3000, d)
	var scores [2][]float32
	for i, tt := range []struct {
		name    string
		build   func(testing.TB, string) []byte
		runtime string
	}{{"template.wasm", guesttest.Go, RuntimeModule}, {"template", guesttest.Program, RuntimeProcess}} {
		if tt.runtime == RuntimeProcess && runtime.GOOS == "windows" {
			t.Skip("a program needs a suffix there")
		}
		p := newPlace(t)
		p.pin("example-go", tt.name, tt.build(t, goTemplate), config)
		h := p.open(Options{Plugins: []string{"example-go"}})
		learners := h.Learners(schemaOf(event.HTTP, d))
		if len(learners) != 1 || len(h.Faults()) != 0 {
			t.Fatalf("%s: %d learners, %+v", tt.name, len(learners), h.Faults())
		}
		l := learners[0]
		if l.Info().ID != "example-go" || l.Version != "0.1.0" || !math.IsInf(l.Low, -1) || !math.IsInf(l.High, 1) || l.Kind != event.HTTP {
			t.Errorf("%s: %+v", tt.name, l)
		}
		scores[i] = make([]float32, b.N)
		if err := l.Score(scores[i], b); err != nil {
			t.Fatal(err)
		}
		if got := h.Learners(schemaOf(event.DNS, d)); len(got) != 0 {
			t.Errorf("%s: scores other events: %+v", tt.name, got)
		}
	}
	for i := range scores[0] {
		if math.Float32bits(scores[0][i]) != math.Float32bits(scores[1][i]) {
			t.Fatalf("row %d: module %v, process %v", i, scores[0][i], scores[1][i])
		}
	}
}

// What the user asks for wrongly is an error that says what to do.
func TestOpenRefuses(t *testing.T) {
	p := newPlace(t)
	p.pin("guest", "guest.wasm", guestModule(), "")
	stray := p.file("stray.wasm", fueltest.Guest(fueltest.Const(0), "").Bytes())
	for _, tt := range []struct {
		name, plugin, says string
		kinds              []event.Kind
	}{
		{"unknown id", "gast", "pins guest; run: tiercel plugin pin PATH", nil},
		{"file that is not pinned", stray, "run: tiercel plugin pin " + stray, nil},
		{"other events", "guest", "scores http events; the models at hand are for dns", []event.Kind{event.DNS}},
	} {
		if _, err := Open(t.Context(), Options{Plugins: []string{tt.plugin}, Lock: p.lock(), Kinds: tt.kinds}); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := Open(t.Context(), Options{Plugins: []string{"x"}, Lock: stray}); err == nil {
		t.Error("read a module as a lock file")
	}
	if h, err := Open(t.Context(), Options{Lock: filepath.Join(p.dir, "none")}); err != nil || h.Close() != nil {
		t.Errorf("nobody asked for a plugin: %v", err)
	}
}

// A plugin is found by its id, by its path, by another path to the same file and
// by a copy of it; asked for twice it is one.
func TestOpenFinds(t *testing.T) {
	p := newPlace(t)
	path := p.pin("guest", "guest.wasm", guestModule(), "")
	copied := p.file("copy.wasm", guestModule())
	h := p.open(Options{Plugins: []string{"guest", path, filepath.Join(p.dir, ".", "guest.wasm"), copied}})
	if got := h.Learners(schemaOf(event.HTTP, 2)); len(got) != 1 {
		t.Errorf("%d learners", len(got))
	}
}

// What is wrong with a pinned plugin is told, and a learner that abstains stands
// in its place.
func TestFaultyPlugins(t *testing.T) {
	good := guestModule()
	describes := fueltest.Guest(fueltest.Const(0), "")
	for _, tt := range []struct {
		name, says string
		data       []byte
		damage     func(p *place, path string)
	}{
		{"changed", "wrong checksum", good, func(p *place, _ string) { p.file("guest.wasm", append(good, 0, 1, 0)) }},
		{"gone", "no such file", good, func(_ *place, path string) { os.Remove(path) }},
		{"a folder now", "is no file", good, func(_ *place, path string) { os.Remove(path); os.Mkdir(path, 0o700) }},
		{"no module", "refused", []byte("\x00asm nothing"), nil},
		{"another id", "says that it is guest", describes.Bytes(), func(p *place, _ string) {
			p.Plugins[0].ID = "gast"
			p.Write(p.lock())
		}},
		{"configuration changed", "configuration", good, func(p *place, _ string) {
			p.Plugins[0].Config, p.Plugins[0].ConfigSHA256 = "conf", Sum{1}
			p.Write(p.lock())
			p.file("conf", []byte("x"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t)
			path := p.pin("guest", "guest.wasm", tt.data, "")
			if tt.damage != nil {
				tt.damage(p, path)
			}
			h := p.open(Options{Plugins: []string{p.Plugins[0].ID}})
			got := h.Learners(schemaOf(event.HTTP, 2))
			if len(got) != 1 || got[0].Info().ID != p.Plugins[0].ID {
				t.Fatalf("learners %+v", got)
			}
			if _, ok := got[0].Learner.(*model.Absent); !ok {
				t.Errorf("a %T", got[0].Learner)
			}
			faults := h.Faults()
			if len(faults) != 1 || !strings.Contains(faults[0].Last, tt.says) || !strings.Contains(faults[0].Last, p.Plugins[0].ID) {
				t.Errorf("faults %+v", faults)
			}
		})
	}
}

// A model's own plugins are opened where the lock file pins the same file, for
// that model's kind alone.
func TestModelsPlugins(t *testing.T) {
	p := newPlace(t)
	p.pin("guest", "guest.wasm", guestModule(), "")
	of := func(k event.Kind, id string, sum Sum) *model.Model {
		return &model.Model{Kind: k, Plugins: []model.Plugin{{ID: id, Version: "0.1.0", SHA256: sum}}}
	}
	for _, tt := range []struct {
		name     string
		m        *model.Model
		named    []string
		learners int
		fault    string
	}{
		{"the same", of(event.HTTP, "guest", sumOf(guestModule())), nil, 1, ""},
		{"another version", of(event.HTTP, "guest", Sum{1}), nil, 0, "pin that one, or train again"},
		{"another version, and named", of(event.HTTP, "guest", Sum{1}), []string{"guest"}, 0, "pin that one, or train again"},
		{"not pinned", of(event.HTTP, "gast", Sum{1}), nil, 0, "does not pin"},
		{"of another kind", of(event.DNS, "guest", sumOf(guestModule())), nil, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Models: []*model.Model{tt.m}, Plugins: tt.named}
			if tt.m.Kind != event.HTTP {
				o.Kinds = []event.Kind{event.HTTP, tt.m.Kind}
			}
			h := p.open(o)
			if got := h.Learners(schemaOf(event.HTTP, 2)); len(got) != tt.learners {
				t.Errorf("%d learners, want %d", len(got), tt.learners)
			}
			faults := h.Faults()
			if (len(faults) > 0) != (tt.fault != "") || len(faults) > 0 && !strings.Contains(faults[0].Last, tt.fault) {
				t.Errorf("faults %+v", faults)
			}
		})
	}
}
