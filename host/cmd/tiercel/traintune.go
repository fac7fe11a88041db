package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// tuning holds the flags of train that choose learners' settings.
type tuning struct {
	on     bool
	budget string
	state  string

	fits int
	time time.Duration
}

func (t *tuning) flags(c *cobra.Command) {
	c.Flags().BoolVar(&t.on, "tune", false, "choose the base learners' settings first")
	c.Flags().StringVar(&t.budget, "tune-budget", "", "most that tuning may take: a time such as 10m, or a number of fits; default no limit")
	c.Flags().StringVar(&t.state, "tune-state", "", "`FILE` that keeps what tuning knows after each step, and from which it goes on")
}

// parse reads the budget.
func (t *tuning) parse() (err error) {
	if !t.on && (t.budget != "" || t.state != "") {
		return errors.New("--tune-budget and --tune-state need --tune")
	}
	if t.budget == "" {
		return nil
	}
	if t.fits, err = strconv.Atoi(t.budget); err != nil {
		t.time, err = time.ParseDuration(t.budget)
	}
	if err != nil || t.fits < 0 || t.time < 0 || t.fits == 0 && t.time == 0 {
		return fmt.Errorf("--tune-budget %s: want a time such as 10m, or a number of fits", t.budget)
	}
	return nil
}

// tune chooses the settings of the recipe in o, and returns those that are not
// the defaults. It does nothing without --tune.
func (t *tuning) tune(ctx context.Context, set *train.Set, o *train.Options, s streams) ([]model.Setting, error) {
	if !t.on {
		return nil, nil
	}
	before, err := readTuneState(t.state)
	if err != nil {
		return nil, fmt.Errorf("--tune-state %w", err)
	}
	bar := progress.New(s.err, terminalWidth(s.err))
	options := train.TuneOptions{Options: *o, Fits: t.fits, Time: t.time, State: before}
	options.Progress = func(done, total int, what string) {
		state := progress.State{
			Label: "tuning " + what, Done: int64(done), Total: int64(total),
			Found: fmt.Sprintf("%d of %d fits, %.1f/s", done, total, float64(done)/max(bar.Elapsed().Seconds(), 1e-3)),
		}
		if t.time > 0 { // which the fits may not use up, or not all fit into
			if spent := bar.Elapsed().Seconds() / t.time.Seconds(); spent > float64(done)/float64(max(total, 1)) {
				state.Done, state.Total = int64(1e6*spent), 1e6
			}
		}
		bar.Show(state)
	}
	if t.state != "" {
		options.Save = func(state *train.TuneState) error { return writeTuneState(t.state, state) }
	}
	recipe, state, err := train.Tune(ctx, set, options)
	bar.Clear()
	if err != nil {
		return nil, err
	}
	o.Recipe = recipe
	settings := settingsOf(state)
	bar.Note("tuned %d learners by %d fits in %s%s", len(state.Learners), state.Fits, progress.Duration(time.Duration(state.Seconds*float64(time.Second))), listSettings(state))
	return settings, nil
}

// settingsOf returns the chosen settings that are not the defaults.
func settingsOf(state *train.TuneState) []model.Setting {
	var out []model.Setting
	for _, l := range state.Learners {
		if !l.Done {
			continue
		}
		chosen, plain := l.Settings(), l.Candidates[0]
		for _, name := range slices.Sorted(maps.Keys(chosen)) {
			if chosen[name] != plain[name] {
				out = append(out, model.Setting{Learner: l.ID, Name: name, Value: chosen[name]})
			}
		}
	}
	return out
}

// listSettings says what was chosen, a line a learner.
func listSettings(state *train.TuneState) string {
	var b strings.Builder
	for _, l := range state.Learners {
		switch {
		case !l.Done:
			fmt.Fprintf(&b, "\n  %s: the budget ended; defaults", l.ID)
		case l.Chosen == 0:
			fmt.Fprintf(&b, "\n  %s: defaults, best of %d", l.ID, len(l.Candidates))
		default:
			fmt.Fprintf(&b, "\n  %s:", l.ID)
			for _, t := range settingsOf(&train.TuneState{Learners: []train.TunedSettings{l}}) {
				fmt.Fprintf(&b, " %s=%g", t.Name, t.Value)
			}
			fmt.Fprintf(&b, ", recall at small budgets %+.4f (standard error %.4f)", l.Gain, l.SE)
		}
	}
	return b.String()
}

// readTuneState reads where an earlier run stopped; nil where there is none.
func readTuneState(file string) (*train.TuneState, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	state := &train.TuneState{}
	if err := json.Unmarshal(data, state); err != nil {
		return nil, fmt.Errorf("%s: %w", report.Visible(file), err)
	}
	if err := state.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", report.Visible(file), err)
	}
	return state, nil
}

// writeTuneState replaces the file as a whole, so that a stop leaves the old
// state or the new one.
func writeTuneState(file string, state *train.TuneState) error {
	data, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there once it has been renamed
	if _, err = f.Write(append(data, '\n')); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
