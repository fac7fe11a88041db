package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// tuneRecipe is a recipe whose defaults are bad and whose better settings are
// known: a linear learner that hardly learns under its default penalty, and trees
// of one question that learn nothing at a small rate. fits counts the fits.
func tuneRecipe(s *Set, fits *atomic.Int64) []Spec {
	all := columns(0, s.Schema.Stateless)
	return []Spec{
		settable(
			Spec{Info: learner.Info{ID: "line", Columns: all}},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				fits.Add(1)
				return FitLinear(d, info.Columns[2-int(at["sight"]):], LinearOptions{Info: learner.Info{ID: info.ID}, L2: at["l2"]})
			},
			Axis{"sight", []float64{0, 1, 2}}, // 0 sees columns of noise alone, 2 sees all
			Axis{"l2", []float64{1, 10}},
		),
		settable(
			Spec{Info: learner.Info{ID: "trees", Columns: all}},
			func(d *Data, info learner.Info, at Settings) (learner.Learner, error) {
				fits.Add(1)
				return FitTrees(d, info.Columns, TreesOptions{Info: info, Trees: int(at["trees"]), Depth: int(at["depth"]), Seed: 1})
			},
			Axis{"trees", []float64{1, 20}},
			Axis{"depth", []float64{1, 3}},
		),
		{
			Info: learner.Info{ID: "fixed", Columns: all},
			Fit: func(d *Data, info learner.Info) (learner.Learner, error) {
				return FitHistogram(d, info.Columns, HistogramOptions{Info: info})
			},
		},
	}
}

func tuneOptions(s *Set, fits *atomic.Int64) TuneOptions {
	return TuneOptions{Options: Options{Recipe: tuneRecipe(s, fits), Seed: 1, Hedge: true}}
}

func stateText(t *testing.T, state *TuneState) string {
	t.Helper()
	c := *state
	c.Seconds = 0
	b, err := json.Marshal(&c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTuneFindsPlanted(t *testing.T) {
	s := fitSet(6000, 1, 2.5)
	var fits atomic.Int64
	recipe, state, err := Tune(context.Background(), s, tuneOptions(s, &fits))
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Learners) != 2 || !state.Learners[0].Done || !state.Learners[1].Done {
		t.Fatalf("%+v", state)
	}
	line := &state.Learners[0]
	if line.Settings()["sight"] != 2 || line.Gain <= line.SE {
		t.Errorf("line: %v, gain %.3f with error %.3f", line.Settings(), line.Gain, line.SE)
	}
	if got := state.Learners[1].Settings(); got["trees"] != 20 {
		t.Errorf("trees: %v", got)
	}
	for _, l := range state.Learners {
		if len(l.Rungs) != 2 || l.Rungs[0].Share >= l.Rungs[1].Share || l.Rungs[1].Share != 1 {
			t.Errorf("%s: rungs %+v", l.ID, l.Rungs)
		}
		if last := l.Rungs[len(l.Rungs)-1]; last.Alive[0] != 0 || len(last.Alive) >= len(l.Candidates) {
			t.Errorf("%s: the last rung judged %v", l.ID, last.Alive)
		}
	}
	if int(fits.Load()) != state.Fits {
		t.Errorf("%d fits, the state says %d", fits.Load(), state.Fits)
	}
	// The recipe is changed, the detector better.
	auroc := func(recipe []Spec) float64 {
		f, err := Fit(context.Background(), s, Options{Recipe: recipe, Seed: 1, Hedge: true})
		if err != nil {
			t.Fatal(err)
		}
		return scoredBy(t, f, 2.5)
	}
	if was, is := auroc(tuneRecipe(s, &fits)), auroc(recipe); is < was+0.005 {
		t.Errorf("AUROC %.4f untuned, %.4f tuned", was, is)
	}
}

// The defaults are chosen unless something is better by more than its error, and
// the labels of chance teach nothing however many settings are tried.
func TestTuneNoise(t *testing.T) {
	s := fitSet(3000, 2, 0)
	var fits atomic.Int64
	recipe, state, err := Tune(context.Background(), s, tuneOptions(s, &fits))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range state.Learners {
		last := l.Rungs[len(l.Rungs)-1]
		if at := slices.Index(last.Alive, l.Chosen); at < 0 || last.Merit[at] < last.Merit[0] {
			t.Errorf("%s: chose %d of %v with merits %v", l.ID, l.Chosen, last.Alive, last.Merit)
		}
		if l.Chosen != 0 && l.Gain <= l.SE {
			t.Errorf("%s: a gain of %.3f with error %.3f was enough", l.ID, l.Gain, l.SE)
		}
	}
	f, err := Fit(context.Background(), s, Options{Recipe: recipe, Seed: 1, Hedge: true})
	if err != nil {
		t.Fatal(err)
	}
	if a := scoredBy(t, f, 0); math.Abs(a-0.5) > 0.02 {
		t.Errorf("AUROC %.3f on noise", a)
	}
}

// Interrupted after any rung and continued, through JSON, it ends the same, with
// another number of workers too.
func TestTuneResumes(t *testing.T) {
	s := fitSet(6000, 3, 2)
	var fits atomic.Int64
	_, whole, err := Tune(context.Background(), s, tuneOptions(s, &fits))
	if err != nil {
		t.Fatal(err)
	}
	for stop := 1; stop <= 4; stop++ {
		ctx, cancel := context.WithCancel(context.Background())
		var saved []byte
		saves := 0
		o := tuneOptions(s, &fits)
		o.Save = func(state *TuneState) error {
			if saves++; saves == stop {
				saved, _ = json.Marshal(state)
				cancel()
			}
			return nil
		}
		_, _, err := Tune(ctx, s, o)
		if stop < 4 && !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d rungs: %v", stop, err)
		}
		o = tuneOptions(s, &fits)
		o.Workers = 1
		o.State = &TuneState{}
		if err := json.Unmarshal(saved, o.State); err != nil {
			t.Fatal(err)
		}
		_, again, err := Tune(context.Background(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := stateText(t, whole), stateText(t, again); a != b {
			t.Errorf("stopped after %d rungs:\n%s\nat once:\n%s", stop, b, a)
		}
	}
	o := tuneOptions(s, &fits)
	o.State, o.Seed = whole, 2
	if _, _, err := Tune(context.Background(), s, o); !errors.Is(err, errTuneState) {
		t.Errorf("state of another seed: %v", err)
	}
}

func TestTuneBudget(t *testing.T) {
	s := fitSet(2000, 4, 2)
	for _, c := range []struct {
		fits    int
		learner int // that could be tuned
	}{{1, 0}, {9, 0}, {12, 1}, {20, 2}, {35, 2}, {1000, 2}} {
		t.Run(fmt.Sprint(c.fits), func(t *testing.T) {
			var fits atomic.Int64
			o := tuneOptions(s, &fits)
			o.Fits = c.fits
			most := 0
			o.Progress = func(done, total int, _ string) {
				if most = max(most, done); done > total {
					t.Errorf("%d of %d", done, total)
				}
			}
			recipe, state, err := Tune(context.Background(), s, o)
			if err != nil {
				t.Fatal(err)
			}
			if n := int(fits.Load()); n > c.fits || n != state.Fits || n != most {
				t.Errorf("%d fits, %d in the state, %d shown", n, state.Fits, most)
			}
			if len(state.Learners) != c.learner || len(recipe) != 3 {
				t.Errorf("%d learners tuned, want %d", len(state.Learners), c.learner)
			}
		})
	}
	t.Run("time", func(t *testing.T) {
		var fits atomic.Int64
		o := tuneOptions(s, &fits)
		o.Time = time.Nanosecond
		recipe, state, err := Tune(context.Background(), s, o)
		if err != nil || len(recipe) != 3 || len(state.Learners) != 0 {
			t.Errorf("%v, %d learners tuned in no time", err, len(state.Learners))
		}
		o.Time = time.Hour
		if _, state, err = Tune(context.Background(), s, o); err != nil || len(state.Learners) != 2 {
			t.Errorf("%v, %d learners tuned in an hour", err, len(state.Learners))
		}
		o.Time = -1
		if _, _, err = Tune(context.Background(), s, o); !errors.Is(err, errTuneLimit) {
			t.Errorf("negative time: %v", err)
		}
	})
}

// Every learner of the recipe can be fitted with every value of its axes, and
// the defaults are what it is without settings.
func TestRecipeAxes(t *testing.T) {
	names := requests(120, 1)
	for i := range names.Texts.Values {
		names.Texts.Values[i].Origin = []feature.Origin{feature.FromName, feature.FromRequest, feature.FromQuery}[i%3]
	}
	texts := &Set{
		Schema: feature.Schema{Kind: event.DNS, Whole: true},
		Rows:   feature.Batch{N: names.N, Texts: *names.Texts},
		Types:  []string{"normal"}, Type: make([]int32, names.N),
	}
	for _, y := range names.Y {
		texts.Y = append(texts.Y, int8(y))
	}
	tuned := map[string]bool{}
	for _, s := range []*Set{fitSet(300, 5, 2), texts} {
		b := newBench(s, nil, 0, func(string) {})
		for _, spec := range Recipe(s, Full, 1) {
			if s == texts && !spec.Info.Texts {
				continue // it has no columns
			}
			plain, err := b.fit(&spec, func(int) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range spec.Axes {
				tuned[spec.Info.ID] = true
				for k, v := range a.Values {
					at := spec.At(Settings{a.Name: v})
					l, err := b.fit(&at, func(int) bool { return true })
					if err != nil {
						t.Errorf("%s: %s %g: %v", spec.Info.ID, a.Name, v, err)
						continue
					}
					if same := fmt.Sprint(plain.(learner.Stateful).State()) == fmt.Sprint(l.(learner.Stateful).State()); k == 0 && !same {
						t.Errorf("%s: the default of %s is not %g", spec.Info.ID, a.Name, v)
					}
				}
			}
		}
	}
	for _, id := range []string{"linear", "bayes", "trees", "histogram", "forest", "boosted", "isolation", "ngram", "rarity", "markov", "request"} {
		if !tuned[id] {
			t.Errorf("%s has nothing to tune", id)
		}
	}
}
