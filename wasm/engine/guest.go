package main

import (
	"slices"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/written"
	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/fuel"
)

// A plugin in the page is a module beside this one: the page starts it, hands
// it the frames that this engine encodes, and watches its fuel and its traps.
// wasm/npm/src/guest.ts is the other side.

// callPage scores a frame by the guest of that number. It answers an abi.Status
// of the guest, or one of the two below; the page has then started it anew.
type callPage func(guest uint32, frame []byte, scores []float32) int32

// What the page answers beside a status.
const (
	guestExhausted = -1 // it ran out of fuel
	guestTrapped   = -2 // or gave no region of memory
)

// guest is a plugin's learner for one kind.
type guest struct {
	number    uint32
	call      callPage
	info      learner.Info
	selection abi.Selection
	low, high float32

	rows  int // of the next call
	frame []byte
	fails int // failures in a row
	rest  int // batches to let pass
	tally [numFaults]int64
}

var _ learner.Learner = (*guest)(nil)

// Bounds of a call, as the host has them: see host/internal/module.
const (
	mostRows  = 1024
	mostBytes = 1 << 20
	maxRest   = 1024
)

// fault is what a guest did wrong.
type fault uint8

const (
	faultFuel fault = iota
	faultTrap
	faultStatus
	faultScore
	faultSize
	numFaults
)

// faultNames are those of the host's report.
var faultNames = [numFaults]string{"out of fuel", "trap", "status", "improper scores", "row too large"}

// errGuest is why a batch has no scores of a guest; its tally says more.
const errGuest = callError("the plugin failed")

func newGuest(number uint32, call callPage, d *abi.Description, s *feature.Schema) (*guest, error) {
	selection, err := abi.NewSelection(d, s)
	if err != nil {
		return nil, err
	}
	return &guest{
		number: number, call: call, selection: selection, low: d.Low, high: d.High, rows: mostRows,
		info: learner.Info{
			ID: d.ID, Type: "wasm", Class: d.Class, Columns: selection.Columns, Texts: len(selection.Texts) > 0, Cost: d.Cost,
			Context: slices.ContainsFunc(selection.Columns, func(c int) bool { return c >= s.Stateless }),
		},
	}, nil
}

// Info implements learner.Learner.
func (g *guest) Info() learner.Info { return g.info }

// Score implements learner.Learner: NaN where the guest abstains, answers what
// its description excludes, or failed.
func (g *guest) Score(dst []float32, b *learner.Batch) error {
	if g.rest > 0 {
		g.rest--
		return errGuest
	}
	for at := 0; at < b.N; {
		to := min(at+g.rows, b.N)
		size := g.selection.Size(b, at, to)
		for size > mostBytes && to-at > 1 {
			to = at + (to-at)/2
			size = g.selection.Size(b, at, to)
		}
		if size > abi.MaxFrame {
			dst[at] = nan32
			g.tally[faultSize]++
			at++
			continue
		}
		g.frame = slices.Grow(g.frame[:0], size)[:size]
		g.selection.Encode(g.frame, b, at, to)
		status := g.call(g.number, g.frame, dst[at:to])
		if status == guestExhausted && to-at > 1 {
			g.rows = max(1, (to-at)/8) // perhaps it is honest and slow
			continue
		}
		if status != int32(abi.OK) {
			g.failed(status)
			for i := range dst[at:] {
				dst[at+i] = nan32
			}
			return errGuest
		}
		g.proper(dst[at:to])
		at = to
	}
	g.fails = 0
	return nil
}

// failed counts a failure. After k in a row the guest rests for 2^k batches.
func (g *guest) failed(status int32) {
	switch status {
	case guestExhausted:
		g.tally[faultFuel]++
	case guestTrapped:
		g.tally[faultTrap]++
	default:
		g.tally[faultStatus]++
	}
	g.fails++
	g.rest = min(1<<min(g.fails, 20), maxRest)
}

// proper replaces scores that are infinite or outside the declared range by NaN.
func (g *guest) proper(scores []float32) {
	for i, f := range scores {
		if f-f != 0 && f == f || f < g.low || f > g.high {
			scores[i] = nan32
			g.tally[faultScore]++
		}
	}
}

// inject answers a plugin's module with fuel in it, ready to be compiled.
func (in *instance) inject(module []byte) error {
	out, _, err := fuel.Inject(module, fuel.Limits{})
	in.out = append(in.out[:0], out...)
	return err
}

// plug adds a plugin that the page has started as its guest of that number, for
// the kinds that it scores and that have a model. It answers what it is, as JSON.
func (in *instance) plug(number uint32, description []byte, sum [32]byte, configured bool) error {
	if in.engine == nil {
		return errNotReady
	}
	d, err := abi.ParseDescription(description)
	if err != nil {
		return err
	}
	if d.Config && !configured {
		return callError("plugin " + d.ID + " needs a configuration")
	}
	added := slices.Clone(in.plugins)
	var kinds []string
	for _, m := range in.models {
		if !slices.Contains(d.Kinds, m.Kind.String()) {
			continue
		}
		g, err := newGuest(number, in.page, &d, &m.Schema)
		if err != nil {
			return err
		}
		kinds = append(kinds, m.Kind.String())
		added = append(added, core.Plugin{
			Learner: g, Kind: m.Kind, Version: d.Version, SHA256: sum, Low: float64(d.Low), High: float64(d.High),
		})
	}
	if len(kinds) == 0 {
		return callError("plugin " + d.ID + " scores no kind of events that a model was loaded for")
	}
	if err := in.unite(added); err != nil {
		return err
	}
	out := appendString(append(in.out[:0], `{"id":`...), d.ID)
	out = appendString(append(out, `,"version":`...), d.Version)
	out = appendString(append(out, `,"title":`...), d.Title)
	out = appendString(append(out, `,"class":`...), d.Class)
	in.out = append(written.AppendStrings(append(out, `,"kinds":`...), kinds, style), '}')
	return nil
}

// unite makes the engine of the models and plugins, with the labels of the one before.
func (in *instance) unite(plugins []core.Plugin) error {
	e, err := core.New(core.Options{Models: in.models, Plugins: plugins, Workers: 1})
	if err != nil {
		return err
	}
	if in.engine != nil {
		for _, k := range in.engine.Kinds() {
			if e, err = e.Adapted(in.engine.Labels(k)); err != nil {
				return err
			}
		}
	}
	in.engine, in.plugins = e, plugins
	return nil
}

// unplug takes away every plugin.
func (in *instance) unplug() error {
	if in.engine == nil {
		return errNotReady
	}
	return in.unite(nil)
}

// faults answers what plugins did wrong since they were added, as JSON.
func (in *instance) faults() {
	out, n := append(in.out[:0], '['), 0
	for _, p := range in.plugins {
		g, ok := p.Learner.(*guest)
		if !ok {
			continue
		}
		for f, times := range g.tally {
			if times == 0 {
				continue
			}
			out = appendString(append(written.Comma(out, n), `{"plugin":`...), g.info.ID)
			out = appendString(append(out, `,"kind":`...), event.Kind(p.Kind).String())
			out = appendString(append(out, `,"reason":`...), faultNames[f])
			out = append(written.AppendNumber(append(out, `,"times":`...), float64(times)), '}')
			n++
		}
	}
	in.out = append(out, ']')
}
