package core_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// The tests of the engine score logs that examples/logs writes, with models
// that are trained on another day of the same place: nothing here depends on
// the embedded models.

// sampleLog is a log of examples/logs.
type sampleLog struct {
	name   string
	format string
	kind   event.Kind
	text   []byte
	truth  map[int64]string // line -> class of the attack
}

// sampleDay is what examples/logs writes for one seed.
type sampleDay []sampleLog

// samples are made once for all tests.
type samples struct {
	learn, test sampleDay
	models      []*model.Model
}

var sample = sync.OnceValues(makeSamples)

// sampleOf returns the samples, made at the first call.
func sampleOf(tb testing.TB) *samples {
	tb.Helper()
	s, err := sample()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func makeSamples() (*samples, error) {
	dir, err := os.MkdirTemp("", "tiercel-core")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s := &samples{}
	if s.learn, err = writeDay(dir, 1, 500); err != nil {
		return nil, err
	}
	if s.test, err = writeDay(dir, 2, 1500); err != nil {
		return nil, err
	}
	s.models = make([]*model.Model, len(s.learn))
	failed := make([]error, len(s.learn))
	var group sync.WaitGroup
	for i := range s.learn {
		group.Go(func() { s.models[i], failed[i] = trainOn(&s.learn[i]) })
	}
	group.Wait()
	return s, errors.Join(failed...)
}

// writeDay runs the generator of examples/logs.
func writeDay(dir string, seed, lines int) (sampleDay, error) {
	dir = filepath.Join(dir, strconv.Itoa(seed))
	cmd := exec.Command("go", "run", module+"/examples/logs", "-seed", strconv.Itoa(seed), "-lines", strconv.Itoa(lines), "-o", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("examples/logs: %w\n%s", err, out)
	}
	day := sampleDay{
		{name: "access.log", format: "combined", kind: event.HTTP},
		{name: "conn.log", format: "zeek", kind: event.Flow},
		{name: "dns.log", format: "zeek", kind: event.DNS},
		{name: "auth.log", format: "syslog", kind: event.Auth},
	}
	for i := range day {
		l := &day[i]
		var err error
		if l.text, err = os.ReadFile(filepath.Join(dir, l.name)); err != nil {
			return nil, err
		}
		truth, err := os.ReadFile(filepath.Join(dir, l.name+".truth"))
		if err != nil {
			return nil, err
		}
		l.truth = map[int64]string{}
		for row := range strings.Lines(string(truth)) {
			line, class, _ := strings.Cut(strings.TrimSpace(row), " ")
			n, err := strconv.ParseInt(line, 10, 64)
			if err != nil {
				return nil, err
			}
			l.truth[n] = class
		}
	}
	return day, nil
}

// trainOn makes a model of a log and its truth.
func trainOn(l *sampleLog) (*model.Model, error) {
	label := func(r *train.Record) (train.Label, error) {
		// An attack comes from one address, which as a group would leave whole
		// parts without attacks: runs of lines are the groups.
		label := train.Label{Weight: 1, Group: strconv.FormatInt(r.Line/8, 10)}
		if class, attack := l.truth[r.Line]; attack {
			label.Y, label.Type = 1, class
		}
		return label, nil
	}
	set, err := train.Load(
		[]train.Source{{Name: l.name, Log: bytes.NewReader(l.text), Format: l.format}},
		train.LoadOptions{Event: event.Options{Kind: l.kind}, Label: label},
	)
	if err != nil {
		return nil, err
	}
	fitted, err := train.Fit(context.Background(), set, train.Options{Seed: 1, Workers: 1, Recipe: train.Recipe(set, train.Fast, 1)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	return &model.Model{Kind: l.kind, Name: l.name, Schema: set.Schema, Tiers: fitted.Tiers, Selector: fitted.Selector}, nil
}

// reader returns a reader of the log, in batches of so many bytes (0: the default).
func (l *sampleLog) reader(tb testing.TB, batch int) *event.Reader {
	tb.Helper()
	return readerOf(tb, l.format, bytes.NewReader(l.text), event.Options{Kind: l.kind, BatchBytes: batch})
}

// engineOf returns an engine over the models that the samples trained.
func engineOf(tb testing.TB, o core.Options) *core.Engine {
	tb.Helper()
	if o.Models == nil {
		o.Models = sampleOf(tb).models
	}
	e, err := core.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// kept is a verdict with copies of its texts.
type kept struct {
	core.Verdict
	entity string
}

// keep copies the verdicts of a result.
func keep(to []kept, r *core.Result) []kept {
	for i := range r.Verdicts {
		v := kept{r.Verdicts[i], string(r.Verdicts[i].Entity)}
		v.Entity = nil
		to = append(to, v)
	}
	return to
}

// scanAll scans a log and returns its verdicts.
func scanAll(tb testing.TB, e *core.Engine, l *sampleLog, batch int) ([]kept, core.FileSummary, []core.Incident) {
	tb.Helper()
	var all []kept
	scan := e.NewScan()
	sum, err := scan.File(context.Background(), l.name, l.reader(tb, batch), func(r *core.Result) error {
		all = keep(all, r)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all, sum, scan.Incidents()
}
