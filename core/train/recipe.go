package train

import (
	"math"
	"strings"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// Spec says how one base learner is made.
type Spec struct {
	Info learner.Info
	// Fit learns from the rows; it must be deterministic.
	Fit func(d *Data, info learner.Info) (learner.Learner, error)
	// Only names the attack types that the learner is taught; attacks of other
	// types are left out of its rows. Nil takes all.
	Only []string
	// Fixed says that Fit looks at no row: the learner's weights are knowledge,
	// and it is not fitted again for each fold.
	Fixed bool
	// Given says that Fit returns a learner that was there before, a plugin's: its
	// scores are the same for every fold, and may be as few as two.
	Given bool
	// Novelty says that Fit looks at normal rows alone.
	Novelty bool
	// Certified says that the learner is a learner.Certifier: no fitted
	// meta-learner hears it, the verdict never falls below it.
	Certified bool
	// Axes are the settings that Tune may choose; nil for none. See At.
	Axes  []Axis
	fitAt func(d *Data, info learner.Info, at Settings) (learner.Learner, error)
}

// teaches reports whether the learner is taught attacks of that type.
func (s *Spec) teaches(typ string) bool {
	if s.Only == nil {
		return true
	}
	for _, t := range s.Only {
		if t == typ {
			return true
		}
	}
	return false
}

// Effort bounds the cost of what a recipe makes.
type Effort uint8

// Efforts. Fast leaves out the learners that cost microseconds an event: the
// embedded models of high-volume logs are made with it.
const (
	Full Effort = iota
	Fast
)

// fewest rows of an attack type for a learner of its own.
const fewestOfClass = 40

// Recipe returns the base learners for a set: one configuration for every
// kind, which leaves out what the set has nothing for (no texts, no context,
// no named attack types).
//
// General learners read the stateless columns. The context columns are read
// by learners that are non-decreasing in each of them, because what is learned
// freely from per-entity windows inverts between networks.
func Recipe(s *Set, effort Effort, seed uint64) []Spec {
	stateless, coded := categories(&s.Schema)
	specs := []Spec{
		settable(
			Spec{Info: learner.Info{ID: "linear", Columns: stateless}},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				return FitLinear(d, info.Columns, LinearOptions{Info: info, L2: at["l2"]})
			},
			penalties,
		),
		settable(
			Spec{Info: learner.Info{ID: "bayes", Columns: stateless}},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				return FitBayes(d, info.Columns, BayesOptions{Info: info, Smoothing: at["smoothing"], Count: at["count"]})
			},
			Axis{"smoothing", []float64{0.001, 1e-5, 0.01, 0.1}},
			Axis{"count", []float64{1, 0.1, 10}},
		),
		settable(
			Spec{Info: learner.Info{ID: "trees", Columns: coded}},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				return FitTrees(d, info.Columns, TreesOptions{
					Info: info, Trees: int(at["trees"]), Rate: at["rate"], Depth: int(at["depth"]),
					Lambda: at["lambda"], Columns: at["columns"], Seed: seed,
				})
			},
			treesOf(s.Schema.Kind),
			Axis{"rate", []float64{0.1, 0.05, 0.2}},
			Axis{"depth", []float64{learner.TreeDepth, 4, 3}},
			Axis{"lambda", []float64{1, 0.1, 10}},
			Axis{"columns", []float64{0.8, 0.4}},
		),
		settable(
			Spec{Info: learner.Info{ID: "histogram", Columns: stateless}, Novelty: true},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				return FitHistogram(d, info.Columns, HistogramOptions{Info: info, Bins: int(at["bins"])})
			},
			Axis{"bins", []float64{32, 16, 64, 128}},
		),
	}
	if effort == Full {
		specs = append(
			specs,
			settable(
				Spec{Info: learner.Info{ID: "forest", Columns: coded}},
				func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
					return FitForest(d, info.Columns, ForestOptions{
						Info: info, Leaves: int(at["leaves"]), MinLeaf: at["leaf"], Prior: at["prior"], Seed: seed,
					})
				},
				Axis{"leaves", []float64{512, 64, 2048}},
				Axis{"leaf", []float64{2, 1, 8}},
				Axis{"prior", []float64{0.3, 1, 0.1}},
			),
			settable(
				Spec{Info: learner.Info{ID: "boosted", Columns: coded}},
				func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
					// Half of the rows and columns a tree: half the time, and on
					// NSL-KDD with types left out .310 of merit instead of .302.
					return FitBoosted(d, info.Columns, TreesOptions{
						Info: info, Trees: int(at["trees"]), Rate: at["rate"], Leaves: int(at["leaves"]),
						Lambda: at["lambda"], Rows: 0.5, Columns: 0.5, Seed: seed,
					})
				},
				Axis{"trees", []float64{150, 75, 300}},
				Axis{"rate", []float64{0.1, 0.05, 0.2}},
				Axis{"leaves", []float64{31, 7, 15, 63}},
				Axis{"lambda", []float64{1, 0.1, 10}},
			),
			settable(
				Spec{Info: learner.Info{ID: "isolation", Columns: coded}, Novelty: true},
				func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
					return FitIsolation(d, info.Columns, IsolationOptions{Info: info, Trees: int(at["trees"]), Sample: int(at["sample"]), Seed: seed})
				},
				Axis{"sample", []float64{1024, 256, 512}},
				Axis{"trees", []float64{100, 200}},
			),
		)
	}
	if len(s.Rows.Texts.Values) > 0 {
		const values = learner.AllOrigins &^ (1 << feature.FromRequest)
		specs = append(
			specs,
			settable(
				Spec{Info: learner.Info{ID: "ngram", Texts: true}},
				func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
					return FitNgram(d, NgramOptions{Info: info, Origins: values, L2: at["l2"], Grams: gramsAt(DefaultGrams, at)})
				},
				Axis{"l2", []float64{0.1, 0.01, 0.03, 0.3, 1}},
				Axis{"order", []float64{float64(DefaultGrams.MaxN), 2, 4}},
				Axis{"buckets", []float64{float64(DefaultGrams.Buckets), 1 << 13, learner.MaxBuckets}},
			),
			settable(
				Spec{Info: learner.Info{ID: "rarity", Texts: true}, Novelty: true},
				func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
					return FitRarity(d, RarityOptions{Info: info, Origins: values, Prior: at["prior"], Grams: gramsAt(RarityGrams, at)})
				},
				Axis{"prior", []float64{3, 1, 10}},
				Axis{"order", []float64{float64(RarityGrams.MaxN), 3}},
			),
		)
	}
	if s.Schema.Kind == event.DNS {
		places := 1 << 18
		if effort == Fast {
			places = 1 << 17 // 200 KB less to fetch: see core/RATIONALE.md
		}
		specs = append(specs, settable(
			Spec{Info: learner.Info{ID: "markov", Texts: true}, Novelty: true},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				return FitMarkov(d, MarkovOptions{Info: info, Origins: 1 << feature.FromName, Places: places, Order: int(at["order"])})
			},
			Axis{"order", []float64{4, 2, 3, 5}},
		))
	}
	if len(s.Rows.Raw.Parts) > 0 {
		specs = append(specs, Spec{
			Info:      learner.Info{ID: CertifiedName, Texts: true},
			Certified: true,
			Fit: func(d *Data, info learner.Info) (learner.Learner, error) {
				return FitCertified(d, CertifiedOptions{Info: info})
			},
		})
	}
	if s.Schema.Whole {
		o := requestOptions(learner.Info{})
		specs = append(specs, settable(
			Spec{Info: learner.Info{ID: "request", Texts: true}},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				o := requestOptions(info)
				o.L2, o.Grams = at["l2"], gramsAt(o.Grams, at)
				return FitNgram(d, o)
			},
			Axis{"l2", []float64{o.L2, 0.003, 0.03, 0.1}},
			Axis{"order", []float64{float64(o.Grams.MaxN), 2, 4}},
		))
	}
	specs = append(specs, classSpecs(s)...)
	return append(specs, contextSpecs(s)...)
}

// requestOptions are those of the learner over whole requests. What one
// application is asked again and again is what it must know best, so repeats
// keep their weight, and the penalty is light: out of fold on the training part
// of csic-2010 AUROC / recall at 1 % false alarms .906/.587, against .889/.515
// with the penalty of values and .835/.516 with their limit on repeats too;
// 4-grams lose .02.
func requestOptions(info learner.Info) NgramOptions {
	return NgramOptions{
		Info: info, Origins: 1 << feature.FromRequest, L2: 0.01, MaxRepeat: math.MaxFloat32,
		Grams: learner.Grams{MinN: 1, MaxN: 3, Buckets: learner.MaxBuckets, Edges: true},
	}
}

// treesOf returns how many trees a kind gets: flows have few columns, and more
// than 200 trees gained nothing there.
func treesOf(k event.Kind) Axis {
	if k == event.Flow || k == event.Auth {
		return Axis{"trees", []float64{200, 100, 400}}
	}
	return Axis{"trees", []float64{400, 200, 600}}
}

// penalties are those of linear learners.
var penalties = Axis{"l2", []float64{1, 0.1, 10, 100}} // read-only

// gramsAt returns g with the longest n-gram and the buckets that settings say.
func gramsAt(g learner.Grams, at Settings) learner.Grams {
	if n, ok := at["order"]; ok {
		g.MaxN = int(n)
	}
	if n, ok := at["buckets"]; ok {
		g.Buckets = int(n)
	}
	return g
}

// categories returns the stateless columns with categories as one column a
// level, for learners that weigh or count them, and as one column of codes, for
// trees. Only tables differ in the two.
func categories(s *feature.Schema) (levels, coded []int) {
	code := map[string]bool{}
	for _, c := range s.Table {
		if len(c.Level) > 1 {
			code[c.Source] = true
		}
	}
	for c := range s.Stateless {
		switch {
		case s.Table == nil || !code[s.Table[c].Source]:
			levels, coded = append(levels, c), append(coded, c)
		case len(s.Table[c].Level) > 1:
			coded = append(coded, c)
		default:
			levels = append(levels, c)
		}
	}
	return levels, coded
}

func columns(from, to int) []int {
	out := make([]int, 0, to-from)
	for c := from; c < to; c++ {
		out = append(out, c)
	}
	return out
}

// classSpecs returns one binary learner for each attack type that the schema
// has markers for, or, where it has none, for each class of the kind.
func classSpecs(s *Set) []Spec {
	count := make([]int, len(s.Types))
	for i, t := range s.Type {
		if s.Y[i] == 1 {
			count[t]++
		}
	}
	var specs []Spec
	for t, name := range s.Types {
		if t == 0 || count[t] < fewestOfClass {
			continue
		}
		var read []int
		for c, column := range s.Schema.Names[:s.Schema.Stateless] {
			if strings.HasPrefix(column, "marker.") {
				read = append(read, c)
			}
		}
		id := "marker-" + name
		if len(read) > 0 && s.Schema.Column("marker."+name) < 0 {
			continue
		}
		if len(read) == 0 {
			if s.Schema.Kind != event.DNS {
				continue
			}
			read, id = columns(0, s.Schema.Stateless), "class-"+name
		}
		specs = append(specs, settable(
			Spec{Info: learner.Info{ID: id, Class: name, Columns: read}, Only: []string{name}},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				return FitLinear(d, info.Columns, LinearOptions{Info: info, L2: at["l2"]})
			},
			penalties,
		))
	}
	return specs
}

// contextSpecs returns the learners over the context columns: one fitted with
// weights that may not be negative, and the fixed signals of the kind's classes.
func contextSpecs(s *Set) []Spec {
	d := len(s.Schema.Names)
	if d == s.Schema.Stateless {
		return nil
	}
	sign := make([]int8, d)
	for c := s.Schema.Stateless; c < d; c++ {
		sign[c] = 1
	}
	specs := []Spec{settable(
		Spec{Info: learner.Info{ID: "context", Columns: columns(s.Schema.Stateless, d), Context: true}},
		func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
			return FitLinear(d, info.Columns, LinearOptions{Info: info, L2: at["l2"], Monotone: sign})
		},
		penalties,
	)}
	for _, signal := range feature.ContextSignals(s.Schema.Kind) {
		specs = append(specs, Spec{
			Info:  learner.Info{ID: "signal-" + signal.Name, Class: signal.Class, Context: true},
			Fixed: true,
			Fit: func(_ *Data, info learner.Info) (learner.Learner, error) {
				return signalLearner(info, &s.Schema, signal)
			},
		})
	}
	return specs
}

// signalLearner makes a linear learner of a signal's own weights.
func signalLearner(info learner.Info, s *feature.Schema, g feature.Signal) (learner.Learner, error) {
	n := len(g.Columns)
	w := make([]float32, n)
	z := learner.Scaling{Log: make([]bool, n), Centre: make([]float32, n), Scale: make([]float32, n)}
	for i, name := range g.Columns {
		c := s.Column(name)
		if c < 0 {
			return nil, learner.Error(info.ID + ": no column " + name)
		}
		info.Columns = append(info.Columns, c)
		w[i], z.Scale[i] = float32(g.Weights[i]), 1
	}
	return learner.NewLinear(info, z, w, make([]float32, n), float32(g.Bias))
}
