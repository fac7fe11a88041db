package core_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
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
			for i := range one {
				a, b := one[i].FalseAlarmRate, model[i].FalseAlarmRate
				site := a * math.Exp(one[i].Odd) // without the profile
				if one[i].Score != model[i].Score || site < 0.999*b/adapt.RatesLess || site > adapt.RatesMost*1.001*b || one[i].Odd > math.Log(adapt.ProfileMost)+1e-9 {
					t.Fatalf("line %d: score %g and rate %g, the model says %g and %g", one[i].Line, one[i].Score, a, model[i].Score, b)
				}
				if one[i].Odd != 0 && l.kind != event.HTTP {
					t.Fatalf("line %d of kind %s has a profile", one[i].Line, l.kind)
				}
				if one[i].Threat && (one[i].Class == "" || one[i].Severity == core.SeverityNone) {
					t.Fatalf("line %d is a threat without class or severity: %+v", one[i].Line, one[i].Verdict)
				}
			}
		})
	}
}

// A request that the tiers find nothing in, but that no other of the site is
// like, is found by the profile, and only where it was asked for; a pass that
// goes on from what was kept says the same.
func TestSiteProfile(t *testing.T) {
	var log bytes.Buffer
	const requests = 4000
	for i := range requests {
		fmt.Fprintf(&log, "10.0.%d.%d - - [29/Jan/2026:10:%02d:%02d +0000] \"GET /shop/item%d?id=%d HTTP/1.1\" 200 512\n",
			i%7, i%50, i/60%60, i%60, i%5, i%900)
		if i == requests-2 {
			log.WriteString("10.0.9.9 - - [29/Jan/2026:11:59:00 +0000] \"GET /shop/item3?idd=abc HTTP/1.1\" 200 512\n")
		}
	}
	at := bytes.LastIndex(log.Bytes()[:log.Len()/2], []byte("\n")) + 1
	for _, site := range []bool{false, true} {
		e := engineOf(t, core.Options{Workers: 2, Site: site, Budget: core.Budget{Rate: 5e-3}})
		var all []core.Verdict
		keep := func(r *core.Result) error {
			for _, v := range r.Verdicts {
				all = append(all, core.Verdict{FalseAlarmRate: v.FalseAlarmRate, Threat: v.Threat, Class: v.Class, Odd: v.Odd})
			}
			return nil
		}
		scan := func(s *core.Scan, text []byte) {
			if _, err := s.File(t.Context(), "log", readerOf(t, "combined", bytes.NewReader(text), event.Options{}), keep); err != nil {
				t.Fatal(err)
			}
		}
		scan(e.NewScan(), log.Bytes())
		whole := all
		v := whole[requests-1]
		if v.Threat != site || site && (v.Class == "" || !(v.Odd > 0)) {
			t.Errorf("site %v: the odd request: %+v", site, v)
		}
		all = nil
		first, second := e.NewScan(), e.NewScan()
		scan(first, log.Bytes()[:at])
		if err := second.Resume(first.State()); err != nil {
			t.Fatal(err)
		}
		scan(second, log.Bytes()[at:])
		if site && first.State().Profile == nil {
			t.Error("the profile is not in the state")
		}
		for i := range all {
			if all[i].Odd != whole[i].Odd || all[i].Threat != whole[i].Threat {
				t.Fatalf("record %d: %+v in two passes, %+v in one", i+1, all[i], whole[i])
			}
		}
		if len(first.State().Drift) == 0 {
			t.Error("the watch of drift is not in the state")
		}
	}
}

// At a site most of whose requests the model would alarm at, requests are ranked
// among each other, by one worker or many, in one pass or two, and nothing is certified.
func TestSiteOfAStranger(t *testing.T) {
	var log bytes.Buffer
	const requests = 4000
	for i := range requests {
		fmt.Fprintf(&log, "{\"http.request.method\":\"GET\",\"url.original\":\"/report%d?q=%%27+UNION+SELECT+a%d,b+FROM+t--+-\"}\n", i%4, i%50)
		if i == requests-2 {
			log.WriteString("{\"http.request.method\":\"GET\",\"url.original\":\"/report1?file=../../../../etc/passwd\"}\n")
		}
	}
	scan := func(workers int, site bool) (all []core.Verdict, strange bool) {
		e := engineOf(t, core.Options{Workers: workers, Site: site, Budget: core.Budget{Rate: 1e-2}})
		s := e.NewScan()
		_, err := s.File(context.Background(), "report.log", readerOf(t, "json", bytes.NewReader(log.Bytes()), event.Options{Kind: event.HTTP, BatchBytes: 8 << 10}), func(r *core.Result) error {
			for i := range r.Verdicts {
				v := &r.Verdicts[i]
				if v.Err != nil {
					t.Fatal(v.Err)
				}
				all = append(all, core.Verdict{FalseAlarmRate: v.FalseAlarmRate, Threat: v.Threat, Class: v.Class, Odd: v.Odd, Certified: v.Certified})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all, s.Strange()
	}
	model, strange := scan(1, false)
	if strange {
		t.Error("strange without Options.Site")
	}
	one, strange := scan(1, true)
	if !strange {
		t.Fatal("a site all of whose requests are alarms is not strange")
	}
	if many, _ := scan(4, true); !reflect.DeepEqual(one, many) {
		t.Error("four workers give other verdicts than one")
	}
	before, after := 0, 0
	for i := requests / 2; i < len(model); i++ {
		if i == requests-1 {
			continue
		}
		if model[i].Threat {
			before++
		}
		if one[i].Threat {
			after++
		}
		if one[i].Certified != (core.Certificate{}) {
			t.Fatalf("request %d is certified: %+v", i, one[i])
		}
	}
	if before < requests/3 || after > requests/100 {
		t.Errorf("%d of the site's ordinary requests alarm, %d for the model", after, before)
	}
	if v := one[requests-1]; !v.Threat {
		t.Errorf("the one request that is odd there: %+v", v)
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
