// Package host finds, checks and supervises plugins: base learners that third
// parties ship as WebAssembly modules or as programs.
//
// Only plugins that a lock file pins are loaded, and only while the file is the
// one that was pinned: [Open] reads the lock file and the plugins, [Host.Learners]
// configures them for a model's columns, [Host.Close] ends them.
//
// A plugin that was pinned and cannot be used does not stop anything: a learner
// that abstains stands in its place, so that verdicts name it as missing, and
// [Host.Faults] says why.
package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/host/internal/module"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Options adjust a Host. The zero value works: it loads nothing.
type Options struct {
	// Plugins are the ids or the paths of the plugins to load; all must be pinned.
	Plugins []string
	// Models are models whose own plugins are loaded too: those that they were
	// trained with. Where the lock file does not pin the same file the plugin
	// stays away, which Faults tells.
	Models []*model.Model
	// Kinds are the kinds of events that there will be schemas for; a plugin that
	// Plugins names must score one of them. Nil for those of Models.
	Kinds []event.Kind
	// Lock is the lock file; empty means LockName in the working directory.
	Lock string
	// Pins are used instead of the file Lock; nil for that file.
	Pins *Lock
	// Workers is how many batches are scored at once; 0 means one a core.
	Workers int
	// Cache is a folder for compiled modules that only this user can enter; it is
	// made if missing. Empty compiles them each time.
	Cache string
	// Reattach names processes that somebody else started, for debuggers: see
	// ReattachVariable.
	Reattach string
	// Log takes what plugins log: escaped and bounded. Nil drops it.
	Log func(plugin, level, text string)
}

// ReattachVariable is the environment variable whose value Options.Reattach is: what
// a plugin that was started with -debug prints.
const ReattachVariable = "TIERCEL_REATTACH"

func (o Options) withDefaults() Options {
	if o.Lock == "" {
		o.Lock = LockName
	}
	if o.Kinds == nil {
		for _, m := range o.Models {
			o.Kinds = append(o.Kinds, m.Kind)
		}
	}
	return o
}

// Host holds opened plugins.
type Host struct {
	options  Options
	modules  *module.Runtime // nil until a module is opened
	plugins  []*plugin
	learners []named
	faults   []Fault // of plugins that could not be opened or configured
}

// plugin is one that was asked for.
type plugin struct {
	pin         Pin
	program     program // nil when it could not be opened
	description abi.Description
	config      []byte
	needed      bool // Options.Plugins names it; else a model pins it
}

// program is an opened plugin, whichever the runtime.
type program interface {
	learner(s *feature.Schema, config []byte) (running, error)
	sandbox() string
	Close() error
}

// running is a plugin configured for a schema.
type running interface {
	learner.Learner
	Faults() []guest.Count
	Restarts() int
	Close()
}

type named struct {
	id string
	running
}

// Fault is what went wrong with a plugin.
type Fault struct {
	Plugin string // its id
	Reason string // in a few words
	Times  int
	Last   string // the last time, in a sentence; where something can be done, what
}

// Open opens the plugins that the options ask for. The error is one of the user's
// choice: a plugin that is not pinned, a lock file that cannot be read. What is
// wrong with a pinned plugin is for Faults to tell.
func Open(ctx context.Context, o Options) (*Host, error) {
	h := &Host{options: o.withDefaults()}
	lock, err := h.lock()
	if err != nil {
		return nil, err
	}
	for _, name := range o.Plugins {
		pin, err := lock.resolve(name, h.options.Lock)
		if err != nil {
			return nil, err
		}
		h.want(pin, true)
	}
	for _, m := range o.Models {
		for i := range m.Plugins {
			h.pinned(lock, m, &m.Plugins[i])
		}
	}
	for _, p := range h.plugins {
		if err := h.load(ctx, lock, p); err != nil {
			if ctx.Err() != nil {
				return nil, errors.Join(ctx.Err(), h.Close())
			}
			h.fault(p.pin.ID, err)
			continue
		}
		if err := h.useful(p); err != nil {
			return nil, errors.Join(err, h.Close())
		}
	}
	return h, nil
}

// useful refuses a plugin that was asked for and scores nothing of what there is.
func (h *Host) useful(p *plugin) error {
	var kinds []string
	for _, k := range h.options.Kinds {
		kinds = append(kinds, k.String())
		if slices.Contains(p.description.Kinds, k.String()) {
			return nil
		}
	}
	if !p.needed || len(kinds) == 0 {
		return nil
	}
	return fmt.Errorf("plugin %s: scores %s events; the models at hand are for %s",
		p.pin.ID, strings.Join(p.description.Kinds, ", "), strings.Join(kinds, ", "))
}

// lock reads the lock file. There need be none where nobody names a plugin.
func (h *Host) lock() (*Lock, error) {
	if h.options.Pins != nil {
		return h.options.Pins, nil
	}
	if len(h.options.Plugins) == 0 && !slices.ContainsFunc(h.options.Models, func(m *model.Model) bool { return len(m.Plugins) > 0 }) {
		return &Lock{file: h.options.Lock}, nil
	}
	l, err := ReadLock(h.options.Lock)
	if errors.Is(err, os.ErrNotExist) {
		return &Lock{file: h.options.Lock}, nil
	}
	return l, err
}

// resolve returns the pin of an id, or of the file at a path.
func (l *Lock) resolve(name, file string) (*Pin, error) {
	if p, ok := l.Find(name); ok {
		return p, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		var known []string
		for _, p := range l.Plugins {
			known = append(known, p.ID)
		}
		has := "pins none"
		if len(known) > 0 {
			has = "pins " + strings.Join(known, ", ")
		}
		return nil, fmt.Errorf("plugin %s: %s %s; run: tiercel plugin pin PATH", name, file, has)
	}
	for i := range l.Plugins {
		if at, err := os.Stat(l.At(l.Plugins[i].Path)); err == nil && os.SameFile(at, info) {
			return &l.Plugins[i], nil
		}
	}
	if data, err := readProgram(name); err == nil {
		sum := sumOf(data)
		for i := range l.Plugins {
			if l.Plugins[i].SHA256 == sum { // the same bytes in another place
				return &l.Plugins[i], nil
			}
		}
	}
	return nil, fmt.Errorf("plugin %s: not pinned in %s, and only pinned plugins are loaded; run: tiercel plugin pin %s", name, file, name)
}

// want adds a plugin to those to load.
func (h *Host) want(pin *Pin, needed bool) {
	for _, p := range h.plugins {
		if p.pin.ID == pin.ID {
			p.needed = p.needed || needed
			return
		}
	}
	h.plugins = append(h.plugins, &plugin{pin: *pin, needed: needed})
}

// pinned looks for a plugin that a model was trained with.
func (h *Host) pinned(lock *Lock, m *model.Model, p *model.Plugin) {
	pin, ok := lock.Find(p.ID)
	switch {
	case !ok:
		h.fault(p.ID, fmt.Errorf("the %s model was trained with version %s of it, which %s does not pin; run: tiercel plugin pin PATH", m.Kind, p.Version, h.options.Lock))
	case pin.SHA256 != p.SHA256:
		h.fault(p.ID, fmt.Errorf("the %s model was trained with version %s of it (sha256 %s), %s pins version %s (%s); pin that one, or train again",
			m.Kind, p.Version, Sum(p.SHA256), h.options.Lock, pin.Version, pin.SHA256))
	default:
		h.want(pin, false)
	}
}

func (h *Host) fault(id string, err error) {
	reason := string(guest.Refused)
	last := "plugin " + id + ": " + err.Error()
	var f *guest.Fault
	if errors.As(err, &f) {
		reason, last = string(f.Reason), err.Error()
	}
	h.faults = append(h.faults, Fault{Plugin: id, Reason: reason, Times: 1, Last: last})
}

// load opens a plugin, after checking that its files are those that were pinned.
func (h *Host) load(ctx context.Context, lock *Lock, p *plugin) error {
	if p.pin.Config != "" {
		var err error
		if p.config, err = readConfig(lock.At(p.pin.Config)); err != nil {
			return err
		}
		if sumOf(p.config) != p.pin.ConfigSHA256 {
			return fmt.Errorf("its configuration %s has changed since it was pinned; if that was you, run: tiercel plugin pin %s --config %s",
				p.pin.Config, lock.At(p.pin.Path), lock.At(p.pin.Config))
		}
	}
	path := lock.At(p.pin.Path)
	data, err := readProgram(path)
	if err != nil {
		return err
	}
	if sum := sumOf(data); sum != p.pin.SHA256 {
		return fmt.Errorf("wrong checksum: %s has changed since it was pinned (sha256 %s, pinned is %s); if that was you, run: tiercel plugin pin %s",
			path, sum, p.pin.SHA256, path)
	}
	opened, d, err := h.start(ctx, path, data)
	if err != nil {
		return err
	}
	if d.ID != p.pin.ID {
		return errors.Join(fmt.Errorf("it says that it is %s; run: tiercel plugin pin %s", d.ID, path), opened.Close())
	}
	p.program, p.description = opened, d
	return nil
}

// Learners returns the plugins that score events of the schema's kind, configured
// for its columns; each is a learner.Learner. Where one cannot be, or could not
// be opened, a learner of its id abstains from every row. The learners belong to
// the host and are valid until Close.
//
// A plugin that only a model pins is for that kind's model alone, and none is
// for a model that was trained with another version of it.
func (h *Host) Learners(s *feature.Schema) []core.Plugin {
	var out []core.Plugin
	for _, p := range h.plugins {
		if !h.fits(p, s) {
			continue
		}
		low, high := float64(p.description.Low), float64(p.description.High)
		l, err := p.learner(s)
		if err != nil {
			h.fault(p.pin.ID, err)
		}
		if l != nil {
			h.learners = append(h.learners, named{p.pin.ID, l})
			out = append(out, core.Plugin{Learner: l, Kind: s.Kind, Version: p.pin.Version, SHA256: p.pin.SHA256, Low: low, High: high})
			continue
		}
		if p.needed {
			absent := model.NewAbsent(learner.Info{ID: p.pin.ID, Type: p.pin.Runtime})
			out = append(out, core.Plugin{Learner: absent, Kind: s.Kind, Version: p.pin.Version, SHA256: p.pin.SHA256, Low: 0, High: 1})
		}
	}
	return out
}

// fits reports whether a plugin is for the model with that schema.
func (h *Host) fits(p *plugin, s *feature.Schema) bool {
	fits := p.needed
	for _, m := range h.options.Models {
		for i := range m.Plugins {
			if m.Kind == s.Kind && m.Plugins[i].ID == p.pin.ID {
				fits = m.Plugins[i].SHA256 == p.pin.SHA256
			}
		}
	}
	return fits && (p.program == nil || slices.Contains(p.description.Kinds, s.Kind.String()))
}

// learner configures a plugin; nil for one that could not be opened, of which
// the fault is known.
func (p *plugin) learner(s *feature.Schema) (running, error) {
	if p.program == nil {
		return nil, nil
	}
	return p.program.learner(s, p.config)
}

// Faults returns what went wrong so far, plugin by plugin.
func (h *Host) Faults() []Fault {
	all := slices.Clone(h.faults)
	for _, l := range h.learners {
		for _, c := range l.Faults() {
			all = append(all, Fault{Plugin: l.id, Reason: string(c.Reason), Times: c.Times, Last: c.Last})
		}
	}
	slices.SortStableFunc(all, func(a, b Fault) int { return strings.Compare(a.Plugin, b.Plugin) })
	return all
}

// Restarts returns how often a process or an instance of a plugin was started for
// one that failed, by the plugin's id.
func (h *Host) Restarts() map[string]int {
	times := map[string]int{}
	for _, l := range h.learners {
		times[l.id] += l.Restarts()
	}
	return times
}

// Pins returns the pins of the plugins that could be opened.
func (h *Host) Pins() []Pin {
	var pins []Pin
	for _, p := range h.plugins {
		if p.program != nil {
			pins = append(pins, p.pin)
		}
	}
	return pins
}

// Close ends the plugins. Nobody may be scoring.
func (h *Host) Close() error {
	var errs []error
	for _, l := range h.learners {
		l.Close()
	}
	for _, p := range h.plugins {
		if p.program != nil {
			errs = append(errs, p.program.Close())
		}
	}
	if h.modules != nil {
		errs = append(errs, h.modules.Close())
	}
	h.learners, h.plugins, h.modules = nil, nil, nil
	return errors.Join(errs...)
}

// DefaultCache returns the folder for compiled modules of this user, empty where
// the system names none.
func DefaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "tiercel", "modules")
}
