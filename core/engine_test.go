package core_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
)

func TestNewRefuses(t *testing.T) {
	good := sampleOf(t).models
	other := *good[0]
	other.Schema.Names = slices.Clone(other.Schema.Names)
	other.Schema.Names[3] = "a column of another version"
	fewer := *good[0]
	fewer.Schema.Stateless--
	tests := []struct {
		name   string
		models []*model.Model
	}{
		{"no model", nil},
		{"two of one kind", []*model.Model{good[0], good[1], good[0]}},
		{"other columns", []*model.Model{&other}},
		{"other stateless columns", []*model.Model{&fewer}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if e, err := core.New(core.Options{Models: c.models}); err == nil {
				t.Errorf("got an engine of %v", e.Kinds())
			}
		})
	}
}

func TestEngineKinds(t *testing.T) {
	e := engineOf(t, core.Options{})
	if got := e.Kinds(); !slices.Equal(got, []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth}) {
		t.Errorf("kinds %v", got)
	}
	for _, m := range sampleOf(t).models {
		names := e.LearnerNames(m.Kind)
		if len(names) != len(m.Tiers.Bases) || names[0] != m.Tiers.Bases[0].Learner.Info().ID {
			t.Errorf("%v: learners %v", m.Kind, names)
		}
	}
	if names := e.LearnerNames(event.Table); names != nil {
		t.Errorf("learners %v of a kind without model", names)
	}
}

// failing is a learner that is unusable; abstaining answers NaN.
type (
	failing    struct{ info learner.Info }
	abstaining struct{ info learner.Info }
)

var (
	_ learner.Learner = failing{}
	_ learner.Learner = abstaining{}
)

func (l failing) Info() learner.Info { return l.info }

func (l failing) Score(dst []float32, _ *learner.Batch) error {
	for i := range dst {
		dst[i] = 1e30 // what it leaves behind must not count
	}
	return errors.New("out of order")
}

func (l abstaining) Info() learner.Info { return l.info }

func (l abstaining) Score(dst []float32, _ *learner.Batch) error {
	for i := range dst {
		dst[i] = float32(math.NaN())
	}
	return nil
}

// without returns the model with base learners replaced.
func without(t *testing.T, m *model.Model, replace func(i int, info learner.Info) learner.Learner) *model.Model {
	t.Helper()
	bases := slices.Clone(m.Tiers.Bases)
	for i := range bases {
		if l := replace(i, bases[i].Learner.Info()); l != nil {
			bases[i].Learner = l
		}
	}
	tiers, err := ensemble.NewTiers(bases, m.Tiers.Metas, m.Tiers.Super)
	if err != nil {
		t.Fatal(err)
	}
	other := *m
	other.Tiers = tiers
	return &other
}

// A learner that fails or abstains is named in every verdict, its weight goes
// to the others and the scan goes on.
func TestMissingLearners(t *testing.T) {
	s := sampleOf(t)
	l, m := &s.test[0], s.models[0]
	for i := range m.Tiers.Bases {
		id := m.Tiers.Bases[i].Learner.Info().ID
		score := func(replace func(learner.Info) learner.Learner) ([]kept, core.FileSummary) {
			broken := without(t, m, func(at int, info learner.Info) learner.Learner {
				if at == i {
					return replace(info)
				}
				return nil
			})
			all, sum, _ := scanAll(t, engineOf(t, core.Options{Models: []*model.Model{broken}, Workers: 2}), l, 0)
			return all, sum
		}
		t.Run(id, func(t *testing.T) {
			fails, sum := score(func(info learner.Info) learner.Learner { return failing{info} })
			abstains, _ := score(func(info learner.Info) learner.Learner { return abstaining{info} })
			if sum.Unread != 0 || len(fails) == 0 {
				t.Fatalf("%+v", sum)
			}
			for n, v := range fails {
				if v.Missing != 1<<i || v.Err != nil {
					t.Fatalf("line %d: missing %b, %v", v.Line, v.Missing, v.Err)
				}
				if v.Score != abstains[n].Score || v.Missing != abstains[n].Missing {
					t.Fatalf("line %d: failing gives %v, abstaining %v", v.Line, v.Score, abstains[n].Score)
				}
			}
		})
	}
}

// When no learner can score, that is an error and never "benign".
func TestAllLearnersMissing(t *testing.T) {
	s := sampleOf(t)
	mute := without(t, s.models[0], func(i int, info learner.Info) learner.Learner {
		if i%2 == 0 {
			return failing{info}
		}
		return abstaining{info}
	})
	all, sum, incidents := scanAll(t, engineOf(t, core.Options{Models: []*model.Model{mute}, Workers: 2}), &s.test[0], 0)
	if sum.Unread != sum.Records || sum.Records == 0 || sum.Threats != 0 || len(incidents) != 0 {
		t.Errorf("%+v, %d incidents", sum, len(incidents))
	}
	for _, v := range all {
		if v.Err == nil {
			t.Fatalf("line %d is judged: %+v", v.Line, v)
		}
	}
}

// An explanation is of the verdict it stands beside.
func TestExplain(t *testing.T) {
	s := sampleOf(t)
	for k := range s.test {
		l, m := &s.test[k], s.models[k]
		t.Run(l.name, func(t *testing.T) {
			e := engineOf(t, core.Options{Workers: 2, Budget: core.Budget{Rate: 1e-2}})
			scan := e.NewScan()
			explained, marked, reasons := 0, 0, 0
			_, err := scan.File(context.Background(), l.name, l.reader(t, 64<<10), func(r *core.Result) error {
				for i := range r.Verdicts {
					v := &r.Verdicts[i]
					if !v.Threat && i%50 != 0 {
						continue
					}
					x := scan.Explain(r, i)
					checkExplanation(t, m, v, x)
					explained++
					for _, value := range x.Values {
						marked += len(value.Marks)
					}
					for _, part := range x.Learners {
						reasons += len(part.Reasons)
					}
					if t.Failed() {
						return errors.New("stop at the first")
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if explained == 0 || reasons == 0 || marked == 0 && l.kind == event.HTTP {
				t.Errorf("%d explained, %d marks, %d reasons", explained, marked, reasons)
			}
		})
	}
}

func checkExplanation(t *testing.T, m *model.Model, v *core.Verdict, x *core.Explanation) {
	t.Helper()
	if x.Kind != v.Kind || x.Score != v.Score || x.FalseAlarmRate != v.FalseAlarmRate || x.Threat != v.Threat || x.Class != v.Class || x.Severity != v.Severity {
		t.Errorf("line %d: explains %+v, the verdict is %+v", v.Line, x, v)
	}
	if len(x.Fields) == 0 || len(x.Features) != len(m.Schema.Names) || len(x.Learners) != len(m.Tiers.Bases) || len(x.Metas) != len(m.Tiers.Metas) {
		t.Errorf("line %d: %d fields, %d features, %d learners, %d metas", v.Line, len(x.Fields), len(x.Features), len(x.Learners), len(x.Metas))
		return
	}
	for c, f := range x.Features {
		if f.Name != m.Schema.Names[c] || f.Context != (c >= m.Schema.Stateless) {
			t.Errorf("line %d: feature %d is %+v", v.Line, c, f)
		}
	}
	for i, part := range x.Learners {
		if part.ID != m.Tiers.Bases[i].Learner.Info().ID || part.Missing != (v.Missing>>i&1 == 1) {
			t.Errorf("line %d: learner %d is %+v", v.Line, i, part)
		}
		if !part.Missing && !(part.P >= 0 && part.P <= 1 && part.Tail >= 0 && part.Tail <= 1) {
			t.Errorf("line %d: %s has p %v, tail %v", v.Line, part.ID, part.P, part.Tail)
		}
		for n, r := range part.Reasons {
			if r.Text == "" || math.IsNaN(r.Weight) || math.IsInf(r.Weight, 0) || n > 0 && math.Abs(r.Weight) > math.Abs(part.Reasons[n-1].Weight) {
				t.Errorf("line %d: %s, reason %d: %+v", v.Line, part.ID, n, r)
			}
		}
	}
	var beta float64
	for _, meta := range x.Metas {
		beta += meta.Beta
		if !(meta.Score >= 0 && meta.Score <= 1) || len(meta.Weights) != len(x.Learners) {
			t.Errorf("line %d: %+v", v.Line, meta)
		}
		for _, w := range meta.Weights {
			if !(w >= 0) || math.IsInf(w, 1) {
				t.Errorf("line %d: %s has weights %v", v.Line, meta.Name, meta.Weights)
			}
		}
	}
	if math.Abs(beta-1) > 1e-9 {
		t.Errorf("line %d: the weights of the metas sum to %v", v.Line, beta)
	}
	for _, value := range x.Values {
		end := 0
		for n, mark := range value.Marks {
			if mark[0] < end || n > 0 && mark[0] == end || mark[1] <= mark[0] || mark[1] > len(value.Decoded) {
				t.Errorf("line %d: marks %v in %q", v.Line, value.Marks, value.Decoded)
			}
			end = mark[1]
		}
	}
}

// A record that was not judged has nothing to explain.
func TestExplainUnread(t *testing.T) {
	e := engineOf(t, core.Options{Workers: 1})
	l := sampleLog{name: "torn", format: "combined", kind: event.HTTP, text: []byte("not an access log line\n")}
	scan := e.NewScan()
	visited := false
	_, err := scan.File(context.Background(), l.name, l.reader(t, 0), func(r *core.Result) error {
		visited = true
		if x := scan.Explain(r, 0); x != nil {
			t.Errorf("%+v", x)
		}
		return nil
	})
	if err != nil || !visited {
		t.Errorf("visited %v, %v", visited, err)
	}
}
