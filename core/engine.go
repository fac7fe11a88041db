package core

import (
	"errors"
	"runtime"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
)

// Options configure an Engine. Models are required; everything else has a
// default.
type Options struct {
	Models  []*model.Model // at most one a kind
	Plugins []Plugin       // base learners from outside; those of kinds without a model are not used
	Budget  Budget         // default DefaultBudget
	Workers int            // goroutines that parse and score; default runtime.GOMAXPROCS; results do not depend on it
	Context feature.ContextLimits
	Proven  Budget // what certificates are for, where it is not Budget: no wider than it
	Since   int64  // nanoseconds; events before it update the windows but get no verdict; 0 means none
	Until   int64  // nanoseconds, exclusive; 0 means none

	// ThreatsOnly says that only threats matter: which events are threats and all
	// that is said of them stays the same, the verdicts of the others are Bounded.
	// Learners need not run where they cannot make a threat of an event, which
	// costs a fraction.
	ThreatsOnly bool

	// Skip goes further than ThreatsOnly, which it needs: learners do not run on
	// events of which the model's Selector learned that they hardly ever make
	// threats of their like, though it is not certain. It is the share of the
	// threats that may be lost by that, in the kind of folds, or the type of attack
	// left out, that lost most in training, in (0, 1); 0 skips nothing. What the certified floor says is never skipped. Verdicts say
	// so (Skipped); models without a Selector skip nothing.
	Skip float64
	// Audit is the share of the events to be skipped on which every learner runs
	// all the same, chosen by a hash of their number, so that FileSummary.Skips
	// tells what is lost; default DefaultAudit.
	Audit float64

	// Terse leaves Incident.Why empty, for those who do not show it: an incident's
	// reasons take about ten times what judging its event does.
	Terse bool

	// Site learns the site from the log's own records, without labels, as the pass
	// goes: rates of false alarms where it is noisier or quieter than the calibration
	// (adapt.Rates), and what its requests look like (adapt.Profile). Where the model
	// does not know the site ([Scan.Strange]) requests are ranked among each other,
	// and alerts have no certificate.
	// Every learner runs on every record then, whatever ThreatsOnly says. A
	// profile have a Scan, its feeds, and a Stream that is given Verdict.Shapes.
	Site bool
}

func (o Options) withDefaults() Options {
	if o.Budget == (Budget{}) {
		o.Budget = DefaultBudget
	}
	if o.Proven == (Budget{}) {
		o.Proven = o.Budget
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Audit <= 0 {
		o.Audit = DefaultAudit
	}
	if o.Site {
		o.ThreatsOnly = false
	}
	return o
}

// named returns the highest rate at which an event may still become a threat, so
// that its verdict needs a class.
func (o *Options) named() float64 {
	rate := max(o.Budget.Rate, maxDailyRate)
	if o.Site {
		rate *= adapt.RatesMost
	}
	return rate
}

// Engine scores events. It is immutable and safe for concurrent use.
type Engine struct {
	options Options
	kinds   [event.NumKinds]*scorer // nil where there is no model
}

// scorer is what the engine needs of one kind's model.
type scorer struct {
	model     *model.Model
	encoder   feature.Encoder
	tiers     *ensemble.Tiers // of the model, with the plugins that it was trained with
	guests    []ensemble.Guest
	stateless []int // indices of the bases that read no context column
	context   []int // of those that do
	labels    *adapt.State
	adjuster  *adapt.Adjuster // nil where there is no label
}

// Errors of New.
var (
	errNoModels = errors.New("core: no model given")
	errTwice    = errors.New("core: two models of one kind")
	errSchema   = errors.New("core: the model was made for other features than this version has; train it again")
)

// New returns an engine over the models. It refuses models whose features this
// version does not compute. What labels of a site changed in a model's file is
// in force: see Adapted.
func New(o Options) (*Engine, error) {
	if len(o.Models) == 0 {
		return nil, errNoModels
	}
	e := &Engine{options: o.withDefaults()}
	for _, m := range o.Models {
		if e.kinds[m.Kind] != nil {
			return nil, errTwice
		}
		s, err := newScorer(m, e.options.Plugins)
		if err != nil {
			return nil, err
		}
		e.kinds[m.Kind] = s
	}
	return e, nil
}

// With returns an engine over the same models and plugins, and what they were
// adapted by, with other options; Models and Plugins of the options are not
// read. It costs nothing beside New.
func (e *Engine) With(o Options) *Engine {
	o.Models, o.Plugins = e.options.Models, e.options.Plugins
	return &Engine{o.withDefaults(), e.kinds}
}

func newScorer(m *model.Model, plugins []Plugin) (*scorer, error) {
	encoder, err := encoderOf(m)
	if err != nil {
		return nil, err
	}
	labels, err := adapt.Of(m)
	if err != nil {
		return nil, err
	}
	s := &scorer{model: m, encoder: encoder, tiers: m.Tiers, labels: labels, adjuster: labels.Adjuster()}
	if err := s.seat(plugins); err != nil {
		return nil, err
	}
	s.heed()
	for i, b := range s.tiers.Bases {
		if b.Learner.Info().Context {
			s.context = append(s.context, i)
		} else {
			s.stateless = append(s.stateless, i)
		}
	}
	return s, nil
}

// encoderOf returns the encoder that a model's rows need, after checking that
// it computes the very columns that the model was trained on.
func encoderOf(m *model.Model) (feature.Encoder, error) {
	encoder, err := feature.EncoderFor(&m.Schema)
	if err != nil {
		return nil, err
	}
	have := encoder.Schema()
	if have.Stateless != m.Schema.Stateless || len(have.Names) != len(m.Schema.Names) {
		return nil, errSchema
	}
	for i, name := range have.Names {
		if m.Schema.Names[i] != name {
			return nil, errSchema
		}
	}
	return encoder, nil
}

// Kinds returns the kinds that the engine has a model for.
func (e *Engine) Kinds() []event.Kind {
	var out []event.Kind
	for k := range e.kinds {
		if e.kinds[k] != nil {
			out = append(out, event.Kind(k))
		}
	}
	return out
}

// LearnerNames returns the ids of a kind's base learners, in the order of the
// bits of Verdict.Missing; guests come last.
func (e *Engine) LearnerNames(k event.Kind) []string {
	s := e.kinds[k]
	if s == nil {
		return nil
	}
	names := make([]string, 0, len(s.tiers.Bases)+len(s.guests))
	for _, b := range s.tiers.Bases {
		names = append(names, b.Learner.Info().ID)
	}
	for _, g := range s.guests {
		names = append(names, g.Learner.Info().ID)
	}
	return names
}

// score runs the learners of those indices that the gate asks over a batch.
func (s *scorer) score(raw [][]float32, which []int, rows *learner.Batch, g *gate) {
	for _, i := range which {
		if g.asks(i) {
			scoreOrAbstain(raw[i][:rows.N], s.tiers.Bases[i].Learner, rows)
		}
	}
}
