package core_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// Threats and incidents are the same whether all learners run on every event
// or only where they can matter; so are the verdicts of the others, whatever
// the batches, but for the bounds that stand for their scores.
func TestThreatsOnlyChangesNoThreat(t *testing.T) {
	budgets := []core.Budget{{Rate: 1e-4}, {Rate: 1e-3}, {Rate: 1e-2}, {Rate: 0.1}, {Rate: 0.5}, {PerDay: 20}}
	s := sampleOf(t)
	for l := range s.test {
		log := &s.test[l]
		t.Run(log.name, func(t *testing.T) {
			spared := 0
			for _, budget := range budgets {
				spared += sameThreats(t, core.Options{Budget: budget}, log, []cut{{0, 1}, {4096, 1}, {20_000, 3}})
			}
			if spared == 0 {
				t.Error("no event was spared a learner")
			}
		})
	}
}

// The same for the models that the command line embeds.
func TestDefaultModelsChangeNoThreat(t *testing.T) {
	s := sampleOf(t)
	o := core.Options{Models: defaultModels(t)}
	for l := range s.test {
		t.Run(s.test[l].name, func(t *testing.T) {
			for _, budget := range []core.Budget{{Rate: 1e-3}, {Rate: 1e-2}, {PerDay: 20}} {
				o.Budget = budget
				sameThreats(t, o, &s.test[l], []cut{{0, 1}, {20_000, 3}})
			}
		})
	}
}

// The same for every log below the directory that TIERCEL_DATA names.
func TestDataChangesNoThreat(t *testing.T) {
	dir := os.Getenv("TIERCEL_DATA")
	if dir == "" {
		t.Skip("TIERCEL_DATA does not name a directory with logs")
	}
	o := core.Options{Models: defaultModels(t)}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".gz") || strings.Contains(path, "labels.csv") {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		text := unpacked(t, path)
		f, _, err := event.Detect(text[:min(len(text), event.SampleBytes)], event.Options{})
		if err != nil {
			t.Logf("%s: %v", name, err)
			return nil
		}
		t.Run(name, func(t *testing.T) {
			log := &sampleLog{name: name, format: f.Name, text: text}
			for _, budget := range []core.Budget{{Rate: 1e-3}, {Rate: 1e-2}} {
				o.Budget = budget
				t.Logf("budget %g: %d spared", budget.Rate, sameThreats(t, o, log, []cut{{0, 3}}))
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// unpacked reads at most 16 MiB of what a gzip'd file holds, to the end of a line.
func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(z, 16<<20))
	if err != nil {
		t.Fatal(err)
	}
	return text[:bytes.LastIndexByte(text, '\n')+1]
}

// defaultModels reads the embedded models.
func defaultModels(t *testing.T) []*model.Model {
	t.Helper()
	var all []*model.Model
	for k := range event.NumKinds {
		data, ok := models.Default(k)
		if !ok {
			continue
		}
		m, err := model.Read(data, model.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// cut is how a scan is spread.
type cut struct{ batch, workers int }

// sameThreats fails unless the verdicts of a log with ThreatsOnly are those
// without, but for bounds, however it is cut; it returns how many were bounded.
func sameThreats(t *testing.T, o core.Options, log *sampleLog, cuts []cut) (spared int) {
	t.Helper()
	o.Workers, o.ThreatsOnly = 1, false
	exact, _, wantIncidents := scanAll(t, engineOf(t, o), log, 0)
	for _, c := range cuts {
		o.Workers, o.ThreatsOnly = c.workers, true
		got, _, incidents := scanAll(t, engineOf(t, o), log, c.batch)
		if len(got) != len(exact) {
			t.Fatalf("%+v: %d verdicts, want %d", o.Budget, len(got), len(exact))
		}
		for i := range got {
			v, want := got[i], exact[i]
			if v.Bounded {
				spared++
				if v.Threat || want.Score > v.Score+1e-9 || want.FalseAlarmRate < v.FalseAlarmRate {
					t.Fatalf("%+v, line %d: bounds %v, %v do not hold %v, %v", o.Budget, v.Line, v.Score, v.FalseAlarmRate, want.Score, want.FalseAlarmRate)
				}
				v.Bounded, v.Score, v.FalseAlarmRate, v.Missing = false, want.Score, want.FalseAlarmRate, want.Missing
			}
			if !reflect.DeepEqual(v, want) {
				t.Fatalf("%+v, batches of %d: %+v, want %+v", o.Budget, c.batch, v, want)
			}
		}
		if !reflect.DeepEqual(incidents, wantIncidents) {
			t.Errorf("%+v: other incidents than with all scores", o.Budget)
		}
	}
	return spared
}

// counting counts the rows that a learner is asked about.
type counting struct {
	learner.Learner
	rows *int
}

func (c counting) Score(dst []float32, b *feature.Batch) error {
	*c.rows += b.N
	return c.Learner.Score(dst, b)
}

// On an ordinary log most learners run on few rows.
func TestThreatsOnlySparesLearners(t *testing.T) {
	s := sampleOf(t)
	m := s.models[0]
	rows := make([]int, len(m.Tiers.Bases))
	watched := without(t, m, func(i int, _ learner.Info) learner.Learner {
		return counting{m.Tiers.Bases[i].Learner, &rows[i]}
	})
	e := engineOf(t, core.Options{Models: []*model.Model{watched}, Workers: 1, ThreatsOnly: true})
	all, _, _ := scanAll(t, e, &s.test[0], 20_000)
	asked := 0
	for _, n := range rows {
		asked += n
	}
	if most := len(all) * len(rows) * 97 / 100; asked > most {
		t.Errorf("learners scored %d rows of %d events, want at most %d", asked, len(all), most)
	}
}

// Whoever asks for the explanation of an event that was spared gets all of it.
func TestExplainSpared(t *testing.T) {
	s := sampleOf(t)
	w := engineOf(t, core.Options{ThreatsOnly: true}).NewWorker()
	exact := engineOf(t, core.Options{}).NewWorker()
	for _, l := range []int{0, 3} {
		log := &s.test[l]
		spared, read := log.reader(t, 8192), log.reader(t, 8192)
		seen := 0
		for range 20 {
			if spared.Next(w.Batch()) != nil || read.Next(exact.Batch()) != nil {
				break
			}
			w.Prepare()
			exact.Prepare()
			for k := range event.NumKinds {
				one, other := core.NewStream(core.Options{}), core.NewStream(core.Options{})
				for _, x := range []struct {
					w *core.Worker
					s *core.Stream
				}{{w, one}, {exact, other}} {
					if obs := x.w.Seen(k); obs != nil {
						rows := x.w.Rows(k)
						x.s.Observe(k, rows.X[stateless(s, k):], rows.D, obs)
					}
				}
			}
			got := w.Finish(0, 0)
			exact.Finish(0, 0)
			for i := range got {
				if !got[i].Bounded || i%17 != 0 {
					continue
				}
				seen++
				a, b := w.Explain(i), exact.Explain(i)
				got, want := lines(a), lines(b)
				for n := range want {
					if n >= len(got) || got[n] != want[n] {
						t.Fatalf("event %d of %s: %s, want %s", i, log.name, got[n], want[n])
					}
				}
			}
		}
		if seen == 0 {
			t.Errorf("%s: no event was spared", log.name)
		}
	}
}

// lines prints the parts of an explanation: NaN equals NaN.
func lines(x *core.Explanation) []string {
	out := []string{fmt.Sprint(x.Score, x.FalseAlarmRate, x.Fields, x.Values), fmt.Sprint(x.Features)}
	for _, l := range x.Learners {
		out = append(out, fmt.Sprintf("%+v", l))
	}
	for _, m := range x.Metas {
		out = append(out, fmt.Sprintf("%+v", m))
	}
	return out
}

func stateless(s *samples, k event.Kind) int {
	for _, m := range s.models {
		if m.Kind == k {
			return m.Schema.Stateless
		}
	}
	return 0
}
