package main

import (
	"slices"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
)

// callError is why a call cannot be answered.
type callError string

func (e callError) Error() string { return string(e) }

// Errors of calls out of turn or with arguments that no caller of ours sends.
const (
	errNotReady = callError("engine: no model was loaded")
	errNoFile   = callError("engine: no file was begun")
	errNoPiece  = callError("engine: no such piece")
	errWire     = callError("engine: message is cut short")
	errPieces   = callError("engine: too many pieces at a time")
)

// maxPieces bounds the pieces that wait for their context columns. A worker
// that works on one while another waits needs two.
const maxPieces = 16

// instance is all that one instance of the module holds. The parts that score
// and the part that orders share nothing but the settings of the scan.
type instance struct {
	models  []*model.Model
	plugins []core.Plugin
	engine  *core.Engine // nil before ready
	page    callPage

	// One scan.
	settings settings
	scoring  *core.Engine // engine under the settings
	reading  event.Options
	format   event.Format
	parser   event.Parser // of the file at hand, as its headers so far rule
	reader   *event.Reader
	source   *source // of a file that is read in sequence
	pieces   map[uint32]*piece
	free     []*core.Worker

	order *order

	out   []byte // what the last call answers
	texts []byte // scratch

	columns columns
}

// load adds a model from its file.
func (in *instance) load(file []byte) error {
	m, err := model.Read(file, model.Limits{})
	if err != nil {
		return err
	}
	in.models = append(in.models, m)
	return nil
}

// ready makes the engine of the loaded models and answers what they are.
func (in *instance) ready() error {
	if err := in.unite(nil); err != nil {
		return err
	}
	in.describe()
	return nil
}

// begin starts a scan: all that is left of the one before is dropped.
func (in *instance) begin(text []byte) error {
	s, err := parseSettings(text)
	if err != nil {
		return err
	}
	in.settings = s
	in.reading = event.Options{Kind: s.kind, Map: s.fields, BatchBytes: batchBytes}
	in.parser, in.reader, in.source, in.pieces, in.free = nil, nil, nil, map[uint32]*piece{}, nil
	o := core.Options{Budget: s.budget, Since: s.since, Until: s.until, Workers: 1, ThreatsOnly: !s.all, Site: s.site}
	in.order = newOrder(o)
	if o.Budget, o.Proven = s.wide(), s.budget; in.engine != nil {
		in.scoring = in.engine.With(o)
	}
	return nil
}

// file begins the next file of a scan: its format and the year of stamps that
// have none.
func (in *instance) file(name, format string, year int) error {
	f, ok := event.FormatByName(format)
	if !ok {
		return callError("no format is called " + format)
	}
	in.reading.Year = year
	p, err := f.New(in.reading)
	if err != nil {
		return err
	}
	in.format, in.parser, in.source = f, p, nil
	if in.order != nil {
		in.order.file(name)
	}
	return nil
}

// worker returns a core.Worker, used before or new.
func (in *instance) worker() *core.Worker {
	if n := len(in.free); n > 0 {
		w := in.free[n-1]
		in.free = in.free[:n-1]
		return w
	}
	return in.scoring.NewWorker()
}

// contextual lists the kinds that have windows, in the order of the wire.
func contextual() []event.Kind {
	var kinds []event.Kind
	for k := range event.NumKinds {
		if len(feature.ContextNames(k)) > 0 {
			kinds = append(kinds, k)
		}
	}
	return slices.Clip(kinds)
}
