package core_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/model"
)

// Learned skipping says the same for any number of workers and any batches,
// touches no verdict but those that it says it skipped, and counts what it did.
func TestSkip(t *testing.T) {
	s := sampleOf(t)
	spared := false
	for l := range s.test {
		log := &s.test[l]
		t.Run(log.name, func(t *testing.T) {
			if s.models[l].Selector == nil {
				t.Log("the model has no selector")
			}
			options := core.Options{Workers: 1, ThreatsOnly: true}
			exact, _, _ := scanAll(t, engineOf(t, options), log, 0)
			options.Skip, options.Audit = 0.05, 0.1
			want, sum, incidents := scanAll(t, engineOf(t, options), log, 0)
			var count core.Skips
			for i, v := range want {
				switch {
				case v.Skipped:
					count.Records++
					if !v.Bounded || v.Threat || v.FalseAlarmRate <= core.DefaultBudget.Rate {
						t.Fatalf("line %d is skipped: %+v", v.Line, v.Verdict)
					}
				case v.Audited:
					if count.Audited++; v.Threat {
						count.Lost++
					}
				}
				v.Audited = false
				if !v.Skipped && v.Incident == 0 && exact[i].Incident == 0 && !reflect.DeepEqual(v, exact[i]) {
					t.Fatalf("line %d was not skipped: %+v, want %+v", v.Line, v.Verdict, exact[i].Verdict)
				}
			}
			got := sum.Skips
			if got.Records != count.Records || got.Audited != count.Audited || got.Lost != count.Lost {
				t.Errorf("counted %+v, want %+v", got, count)
			}
			if got.Records > 0 {
				spared = true
				asked := len(s.models[l].Selector.Asked)
				each := len(s.models[l].Tiers.Bases) - asked
				if got.Spared != got.Records*int64(each) {
					t.Errorf("%d evaluations spared on %d records, of %d learners", got.Spared, got.Records, each)
				}
			}
			for _, c := range []struct{ batch, workers int }{{4096, 1}, {20_000, 3}} {
				options.Workers = c.workers
				again, sumAgain, incidentsAgain := scanAll(t, engineOf(t, options), log, c.batch)
				if !reflect.DeepEqual(again, want) || !reflect.DeepEqual(incidentsAgain, incidents) || sumAgain.Skips != got {
					t.Errorf("batches of %d, %d workers: other verdicts", c.batch, c.workers)
				}
			}
		})
	}
	if !spared {
		t.Error("no log was spared a learner")
	}
}

// With every record audited nothing is lost.
func TestSkipAuditsAll(t *testing.T) {
	s := sampleOf(t)
	audited := int64(0)
	for l := range s.test {
		log := &s.test[l]
		exact, _, want := scanAll(t, engineOf(t, core.Options{ThreatsOnly: true}), log, 0)
		all, sum, incidents := scanAll(t, engineOf(t, core.Options{ThreatsOnly: true, Skip: 0.05, Audit: 1}), log, 0)
		for i, v := range all {
			if v.Audited = false; !reflect.DeepEqual(v, exact[i]) {
				t.Fatalf("%s, line %d: %+v, want %+v", log.name, v.Line, v.Verdict, exact[i].Verdict)
			}
		}
		if !reflect.DeepEqual(incidents, want) || sum.Skips.Records != 0 || sum.Skips.Spared != 0 {
			t.Errorf("%s: %+v", log.name, sum.Skips)
		}
		audited += sum.Skips.Audited
	}
	if audited == 0 {
		t.Error("nothing was audited")
	}
}

// Without a selector, without a tolerance, for all events and for rates of the
// site nothing is skipped.
func TestSkipsNothing(t *testing.T) {
	s := sampleOf(t)
	bare := *s.models[0]
	bare.Selector = nil
	for _, o := range []core.Options{
		{Models: []*model.Model{&bare}, ThreatsOnly: true, Skip: 0.1},
		{ThreatsOnly: true},
		{Skip: 0.1},
		{ThreatsOnly: true, Site: true, Skip: 0.1},
	} {
		_, sum, _ := scanAll(t, engineOf(t, o), &s.test[0], 0)
		if sum.Skips != (core.Skips{}) {
			t.Errorf("%+v: %+v", o, sum.Skips)
		}
	}
}

// A skipped record's explanation runs every learner.
func TestExplainSkipped(t *testing.T) {
	s := sampleOf(t)
	w := engineOf(t, core.Options{ThreatsOnly: true, Skip: 0.05}).NewWorker()
	exact := engineOf(t, core.Options{}).NewWorker()
	seen := 0
	for l := range s.test {
		log := &s.test[l]
		if log.reader(t, 8192).Next(w.Batch()) != nil || log.reader(t, 8192).Next(exact.Batch()) != nil {
			t.Fatal("no batch")
		}
		w.Prepare()
		exact.Prepare()
		got := w.Finish(0, 0)
		exact.Finish(0, 0)
		for i := range got {
			if !got[i].Skipped {
				continue
			}
			seen++
			if a, b := fmt.Sprint(w.Explain(i).Learners), fmt.Sprint(exact.Explain(i).Learners); a != b {
				t.Fatalf("%s, event %d: %s, want %s", log.name, i, a, b)
			}
		}
		w.Batch().Reset()
		exact.Batch().Reset()
	}
	if seen == 0 {
		t.Error("no event was skipped")
	}
}

func TestMissed(t *testing.T) {
	for _, c := range []struct {
		s           core.Skips
		least, most string
	}{
		{core.Skips{Records: 1000}, "0.0", "1000.0"},
		{core.Skips{Records: 1000, Audited: 100}, "0.0", "37.0"},
		{core.Skips{Records: 1000, Audited: 100, Lost: 5}, "21.5", "111.8"}, // by the formula in the paper
		{core.Skips{Records: 1000, Audited: 10, Lost: 10}, "722.5", "1000.0"},
	} {
		least, most := c.s.Missed()
		if a, b := fmt.Sprintf("%.1f", least), fmt.Sprintf("%.1f", most); a != c.least || b != c.most {
			t.Errorf("%+v: %s to %s, want %s to %s", c.s, a, b, c.least, c.most)
		}
	}
}
