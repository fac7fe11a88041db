package core_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
)

// spoken is a plugin that scores rows by a function.
type spoken struct {
	info learner.Info
	of   func(b *learner.Batch, i int) float32
}

var _ learner.Learner = spoken{}

func (l spoken) Info() learner.Info { return l.info }

func (l spoken) Score(dst []float32, b *learner.Batch) error {
	for i := range dst {
		dst[i] = l.of(b, i)
	}
	return nil
}

// hashed is a number in [0,1) that depends on all of a row.
func hashed(b *learner.Batch, i int) float32 {
	h := uint32(2166136261)
	for _, x := range b.Row(i) {
		h = (h ^ math.Float32bits(x)) * 16777619
	}
	return float32(h>>8) / (1 << 24)
}

// pluginOf returns a plugin with scores in [0, 1].
func pluginOf(k event.Kind, id, class string, of func(b *learner.Batch, i int) float32) core.Plugin {
	return core.Plugin{
		Learner: spoken{learner.Info{ID: id, Type: "test", Class: class}, of},
		Kind:    k, Version: "1.0.0", Low: 0, High: 1,
	}
}

func constant(v float32) func(*learner.Batch, int) float32 {
	return func(*learner.Batch, int) float32 { return v }
}

// Which events are threats, and all that is said of them, does not depend on
// whether the gate spares learners, on batches or on workers, with guests either.
func TestGuestsWithAndWithoutGate(t *testing.T) {
	s := sampleOf(t)
	for l := range s.test {
		log := &s.test[l]
		t.Run(log.name, func(t *testing.T) {
			plugins := []core.Plugin{
				pluginOf(log.kind, "noise", "", hashed),
				pluginOf(log.kind, "rare", "webshell", func(b *learner.Batch, i int) float32 {
					switch h := hashed(b, i); {
					case h < 0.02:
						return 1
					case h < 0.04:
						return float32(math.NaN())
					}
					return 0
				}),
			}
			spared := 0
			for _, budget := range []core.Budget{{Rate: 1e-3}, {Rate: 1e-2}, {Rate: 0.2}, {PerDay: 20}} {
				o := core.Options{Budget: budget, Workers: 1, Plugins: plugins}
				exact, _, wantIncidents := scanAll(t, engineOf(t, o), log, 0)
				for _, c := range []struct{ batch, workers int }{{0, 1}, {4096, 8}} {
					o.Workers, o.ThreatsOnly = c.workers, true
					got, _, incidents := scanAll(t, engineOf(t, o), log, c.batch)
					for i := range got {
						v, want := got[i], exact[i]
						if v.Bounded {
							spared++
							if v.Threat || want.Score > v.Score+1e-9 || want.FalseAlarmRate < v.FalseAlarmRate {
								t.Fatalf("%+v, line %d: bounds %v, %v do not hold %v, %v", budget, v.Line, v.Score, v.FalseAlarmRate, want.Score, want.FalseAlarmRate)
							}
							v.Bounded, v.Score, v.FalseAlarmRate, v.Missing, v.Lift = false, want.Score, want.FalseAlarmRate, want.Missing, want.Lift
						}
						if !reflect.DeepEqual(v, want) {
							t.Fatalf("%+v, batches of %d: %+v, want %+v", budget, c.batch, v, want)
						}
					}
					if !reflect.DeepEqual(incidents, wantIncidents) {
						t.Errorf("%+v: other incidents than with all scores", budget)
					}
				}
			}
			if spared == 0 {
				t.Error("no event was spared a learner")
			}
		})
	}
}

// Whatever guests say: no alarm is lost, and no event becomes a threat whose
// rate without them is more than ten times the budget.
func TestGuestsAreBounded(t *testing.T) {
	s := sampleOf(t)
	log := &s.test[0]
	const rate = 0.01
	alone, _, _ := scanAll(t, engineOf(t, core.Options{Budget: core.Budget{Rate: rate}}), log, 0)
	for _, tt := range []struct {
		name string
		of   func(*learner.Batch, int) float32
	}{
		{"always 1", constant(1)},
		{"always 0", constant(0)},
		{"abstains", constant(float32(math.NaN()))},
		{"noise", hashed},
		{"outside its range", constant(1e30)},
		{"seldom", func(b *learner.Batch, i int) float32 { return float32(int(hashed(b, i) * 1.05)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// Three of them have no more influence than one.
			var plugins []core.Plugin
			for _, id := range []string{"a", "b", "c"} {
				plugins = append(plugins, pluginOf(log.kind, id, "", tt.of))
			}
			got, _, _ := scanAll(t, engineOf(t, core.Options{Budget: core.Budget{Rate: rate}, Plugins: plugins}), log, 0)
			for i, v := range got {
				was := alone[i]
				if was.Threat && !v.Threat || v.FalseAlarmRate > was.FalseAlarmRate || v.Score < was.Score {
					t.Fatalf("line %d: %v at %v, without guests %v at %v", v.Line, v.Threat, v.FalseAlarmRate, was.Threat, was.FalseAlarmRate)
				}
				if v.FalseAlarmRate < was.FalseAlarmRate/10*(1-1e-9) || v.Threat && was.FalseAlarmRate > 10*rate*(1+1e-9) {
					t.Fatalf("line %d: rate %v, without guests %v", v.Line, v.FalseAlarmRate, was.FalseAlarmRate)
				}
			}
		})
	}
}

// Who always shouts is not heard: after some hundred events the rates are all
// but those without it.
func TestConstantGuestIsDiscounted(t *testing.T) {
	s := sampleOf(t)
	log := &s.test[0]
	o := core.Options{Workers: 2}
	alone, _, _ := scanAll(t, engineOf(t, o), log, 0)
	o.Plugins = []core.Plugin{pluginOf(log.kind, "shouts", "", constant(1))}
	got, _, _ := scanAll(t, engineOf(t, o), log, 0)
	for i, v := range got {
		if v.Record > 800 && v.FalseAlarmRate < 0.9*alone[i].FalseAlarmRate {
			t.Fatalf("record %d: rate %v, without the guest %v", v.Record, v.FalseAlarmRate, alone[i].FalseAlarmRate)
		}
	}
	if len(got) < 1000 {
		t.Fatalf("a log of %d records tests nothing", len(got))
	}
}

// A pass that is resumed remembers how often guests spoke up.
func TestStateKeepsLifts(t *testing.T) {
	log := &sampleOf(t).test[0]
	e := engineOf(t, core.Options{Plugins: []core.Plugin{pluginOf(log.kind, "shouts", "", constant(1))}})
	scan := e.NewScan()
	if _, err := scan.File(t.Context(), log.name, log.reader(t, 0), func(*core.Result) error { return nil }); err != nil {
		t.Fatal(err)
	}
	other := e.NewScan()
	if err := other.Resume(scan.State()); err != nil {
		t.Fatal(err)
	}
	if got := other.State().Lifts; got[log.kind].Records == 0 || got != scan.State().Lifts {
		t.Errorf("%+v, want %+v", got, scan.State().Lifts)
	}
}

// A guest makes a threat of what the model finds odd, and not odd enough; the
// verdict has its class, the explanation and the incident name it.
func TestGuestFinds(t *testing.T) {
	s := sampleOf(t)
	log := &s.test[0]
	alone, _, _ := scanAll(t, engineOf(t, core.Options{}), log, 0)
	at := slices.IndexFunc(alone, func(v kept) bool {
		return v.FalseAlarmRate > core.DefaultBudget.Rate && v.FalseAlarmRate < 8*core.DefaultBudget.Rate
	})
	if at < 0 {
		t.Fatal("no event of the sample is nearly a threat")
	}
	// What the row looks like is learned from the engine's own batches.
	var wanted float32
	watch := core.Options{Workers: 1, Plugins: []core.Plugin{pluginOf(log.kind, "watch", "", hashed)}}
	scan := engineOf(t, watch).NewScan()
	if _, err := scan.File(t.Context(), log.name, log.reader(t, 0), func(r *core.Result) error {
		for i := range r.Verdicts {
			if r.Verdicts[i].Record == alone[at].Record {
				x := scan.Explain(r, i).Learners
				wanted = float32(x[len(x)-1].Raw)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	finds := func(b *learner.Batch, i int) float32 {
		if hashed(b, i) == wanted {
			return 1
		}
		return 0.1
	}
	e := engineOf(t, core.Options{ThreatsOnly: true, Plugins: []core.Plugin{pluginOf(log.kind, "finder", "webshell", finds)}})
	if names := e.LearnerNames(log.kind); names[len(names)-1] != "finder" {
		t.Errorf("learners %v", names)
	}
	scan = e.NewScan()
	found := false
	if _, err := scan.File(t.Context(), log.name, log.reader(t, 0), func(r *core.Result) error {
		for i := range r.Verdicts {
			v := &r.Verdicts[i]
			if v.Record != alone[at].Record {
				continue
			}
			found = true
			if !v.Threat || v.Lift == 0 || v.Missing != 0 {
				t.Errorf("%+v", v)
			}
			if alone[at].Class == "" && v.Class == "" {
				t.Error("no class")
			}
			x := scan.Explain(r, i)
			part := x.Learners[len(x.Learners)-1]
			if part.ID != "finder" || !part.Guest || part.Raw != 1 || part.Lift < 2.3 || part.P < 0.9 || part.Tail == part.Tail {
				t.Errorf("part %+v", part)
			}
			if x.Score != v.Score || len(x.Learners) != len(e.LearnerNames(log.kind)) {
				t.Errorf("explanation %+v", x)
			}
		}
		return nil
	}); err != nil || !found {
		t.Fatalf("found %v, %v", found, err)
	}
	if !slices.ContainsFunc(scan.Incidents(), func(in core.Incident) bool { return strings.Contains(in.Why, "finder: score 1") }) {
		t.Error("no incident names the guest")
	}
}

// A guest that fails is named in every verdict and changes nothing else.
func TestFailingGuest(t *testing.T) {
	s := sampleOf(t)
	log := &s.test[0]
	alone, _, _ := scanAll(t, engineOf(t, core.Options{}), log, 0)
	e := engineOf(t, core.Options{Plugins: []core.Plugin{{
		Learner: failing{learner.Info{ID: "broken"}}, Kind: log.kind, Low: 0, High: 1,
	}}})
	got, _, _ := scanAll(t, e, log, 0)
	bit := uint64(1) << (len(e.LearnerNames(log.kind)) - 1)
	for i, v := range got {
		if v.Missing != alone[i].Missing|bit {
			t.Fatalf("line %d: missing %b", v.Line, v.Missing)
		}
		if v.Missing = alone[i].Missing; !reflect.DeepEqual(v, alone[i]) {
			t.Fatalf("%+v, without the guest %+v", v, alone[i])
		}
	}
}

// A plugin that the model was trained with takes its place; another version of
// it does not, and without it the model works and says that it is missing.
func TestPinnedPlugin(t *testing.T) {
	s := sampleOf(t)
	log, m := &s.test[0], s.models[0]
	at := slices.IndexFunc(m.Tiers.Bases, func(b ensemble.Base) bool { return len(b.Learner.Info().Columns) > 0 })
	inside := m.Tiers.Bases[at].Learner
	sum := [32]byte{1, 2, 3}
	trained := without(t, m, func(i int, info learner.Info) learner.Learner {
		if i == at {
			return model.NewAbsent(info)
		}
		return nil
	})
	trained.Plugins = []model.Plugin{{ID: inside.Info().ID, Version: "1.0.0", SHA256: sum}}
	o := core.Options{Models: []*model.Model{m}}
	want, _, _ := scanAll(t, engineOf(t, o), log, 0)

	o.Models = []*model.Model{trained}
	absent, _, _ := scanAll(t, engineOf(t, o), log, 0)
	for _, v := range absent {
		if v.Missing != 1<<at || v.Err != nil {
			t.Fatalf("without the plugin: %+v", v)
		}
	}
	p := core.Plugin{Learner: inside, Kind: log.kind, Version: "1.0.0", SHA256: sum, Low: 0, High: 1}
	o.Plugins = []core.Plugin{p}
	if got, _, _ := scanAll(t, engineOf(t, o), log, 0); !reflect.DeepEqual(got, want) {
		t.Error("in its place the plugin gives other verdicts than inside the model")
	}
	p.SHA256 = [32]byte{9}
	o.Plugins = []core.Plugin{p}
	if _, err := core.New(o); err == nil {
		t.Error("another version of the plugin took its place")
	}
	o.Models = []*model.Model{m}
	if _, err := core.New(o); err == nil {
		t.Error("two learners of one id")
	}
}
