package core_test

import (
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core"
)

// Rates of the site are those of the records in file order: one worker or many,
// only threats asked for or all, and never far from the model's.
func TestSite(t *testing.T) {
	plain := engineOf(t, core.Options{Workers: 1})
	for _, l := range sampleOf(t).test {
		t.Run(l.name, func(t *testing.T) {
			model, _, _ := scanAll(t, plain, &l, 0)
			one, _, _ := scanAll(t, plain.With(core.Options{Workers: 1, Site: true}), &l, 0)
			many, _, _ := scanAll(t, plain.With(core.Options{Workers: 4, Site: true, ThreatsOnly: true}), &l, 4<<10)
			if !reflect.DeepEqual(one, many) {
				t.Fatal("four workers give other verdicts than one")
			}
			changed := 0
			for i := range one {
				a, b := one[i].FalseAlarmRate, model[i].FalseAlarmRate
				if one[i].Score != model[i].Score || a > 20.001*b || b > 20.001*a {
					t.Fatalf("line %d: score %g and rate %g, the model says %g and %g", one[i].Line, one[i].Score, a, model[i].Score, b)
				}
				if one[i].Threat && (one[i].Class == "" || one[i].Severity == core.SeverityNone) {
					t.Fatalf("line %d is a threat without class or severity: %+v", one[i].Line, one[i].Verdict)
				}
				if a != b {
					changed++
				}
			}
			if changed < len(one)/2 {
				t.Errorf("%d of %d rates are of the site", changed, len(one))
			}
		})
	}
}

// The watch says the same whatever the number of workers, and where most
// learners were left out.
func TestDriftIsTold(t *testing.T) {
	e := engineOf(t, core.Options{Workers: 1, Budget: core.Budget{Rate: 1e-3}})
	for _, l := range sampleOf(t).test {
		t.Run(l.name, func(t *testing.T) {
			told := func(e *core.Engine, batch int) any {
				scan := e.NewScan()
				if _, err := scan.File(t.Context(), l.name, l.reader(t, batch), func(*core.Result) error { return nil }); err != nil {
					t.Fatal(err)
				}
				return scan.Drift()
			}
			want := told(e, 0)
			t.Logf("%+v", want)
			for _, o := range []core.Options{{Workers: 4}, {Workers: 2, ThreatsOnly: true}} {
				o.Budget = core.Budget{Rate: 1e-3}
				if got := told(e.With(o), 4<<10); got != want {
					t.Errorf("%+v says %+v, want %+v", o, got, want)
				}
			}
		})
	}
}
