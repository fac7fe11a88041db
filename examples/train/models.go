package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// limits of the default models, as their cards state them.
var limits = map[event.Kind][]string{
	event.HTTP: {
		"Bodies, cookies and headers are judged only where the log has them; an access log shows the request line, referrer and agent.",
		"Oddities of one application (a wrong parameter name, a letter in a phone number) are not attacks to it.",
		"Trained on written attacks, lists and tools; no guarantee against semantic rewriting.",
	},
	event.Flow: {
		"One flow without its history says little: scans, floods, beacons and brute force are judged over windows per source.",
		"Most labels of the training networks are silver: made by a rule on ports or hosts.",
	},
	event.DNS: {
		"Word-based generated names look like ordinary ones.",
		"Trained on two tunnelling tools; a tunnel that asks for less than some forty names in ten hours stays below the windows.",
	},
	event.Auth: {
		"The labels of the training hosts are silver: made by counting failures per source.",
		"Normal logins come from three hosts only.",
	},
}

// writeModels trains the embedded models and writes them to the folder out.
func writeModels(ctx context.Context, data, out, only string, seed uint64) error {
	for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
		if only != "" && only != kind.String() {
			continue
		}
		m, err := trainDefault(ctx, data, kind, seed, "")
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		bytes, err := m.Append(nil)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		path := filepath.Join(out, kind.String()+".tiercel")
		if err := os.WriteFile(path, bytes, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes\n", path, len(bytes))
		for _, q := range m.Card.Quality {
			fmt.Printf("  %-28s %-24s %.4f\n", q.Set, q.Metric, q.Value)
		}
	}
	return nil
}

// defaultOptions returns how a default model is trained.
func defaultOptions(kind event.Kind, set *train.Set, seed uint64) train.Options {
	o := options(kind.String(), seed)
	// Sites differ most where people wrote the applications; the other kinds
	// have too few sites to take them as the sample.
	o.Sites = kind == event.HTTP
	if kind == event.HTTP {
		// The guard is made of sites that no learner has seen, not of classes of
		// attack: all of them are known and taught.
		o.Split.Guard = train.GuardByGroup
	}
	o.Recipe = train.Recipe(set, train.Fast, seed)
	for i := range o.Recipe {
		info := &o.Recipe[i].Info
		info.Columns = slices.DeleteFunc(slices.Clone(info.Columns), func(c int) bool { return leaks(kind, set.Schema.Names[c]) })
	}
	return o
}

// leaks reports whether a column tells the training sets apart. Lists of names
// have no types and answers, one capture of tunnels has two types that its
// normal side lacks: whether and how a query was answered counts only as the
// windows count it.
func leaks(kind event.Kind, column string) bool {
	return kind == event.DNS && (strings.HasPrefix(column, "type.") || strings.HasPrefix(column, "code.") || column == "answers")
}

// trainDefault trains one default model, but without the learner of that name,
// and measures it on its test part.
func trainDefault(ctx context.Context, data string, kind event.Kind, seed uint64, without string) (*model.Model, error) {
	set, err := load(data, &dataset{kind: kind}, defaults(kind, "train"), nil)
	if err != nil {
		return nil, err
	}
	o := defaultOptions(kind, set, seed)
	o.Recipe = slices.DeleteFunc(o.Recipe, func(s train.Spec) bool { return s.Info.ID == without })
	fitted, err := train.Fit(ctx, set, o)
	if err != nil {
		return nil, err
	}
	leaderboard(os.Stderr, fitted)
	m := &model.Model{Kind: kind, Name: kind.String(), Schema: set.Schema, Tiers: fitted.Tiers, Selector: fitted.Selector, Epoch: 1}
	m.Card = model.Card{Seed: seed, Limits: limits[kind]}
	for i, name := range set.Sites {
		s := model.Source{Name: name}
		for r, site := range set.Site {
			if int(site) == i {
				s.Rows++
				s.Threats += int(set.Y[r])
			}
		}
		m.Card.Trained = append(m.Card.Trained, s)
	}
	test, err := load(data, &dataset{kind: kind}, defaults(kind, "test"), nil)
	if err != nil {
		return nil, err
	}
	scored, err := train.Score(m.Tiers, &test.Rows)
	if err != nil {
		return nil, err
	}
	y := labels(test)
	all := train.Measure(scored.LogOdds, y, nil)
	name := kind.String() + " test parts"
	m.Card.Quality = []model.Measure{
		{Set: name, Metric: "auroc", Value: all.AUROC},
		{Set: name, Metric: "average_precision", Value: all.AP},
		{Set: name, Metric: "recall_at_fpr 0.01", Value: all.R1},
		{Set: name, Metric: "recall_at_fpr 0.001", Value: all.R01},
	}
	for _, budget := range []float64{1e-2, 1e-3} {
		fpr, recall := realised(scored.Rate, y, budget)
		m.Card.Quality = append(
			m.Card.Quality,
			model.Measure{Set: name, Metric: fmt.Sprintf("realised false alarms at %g", budget), Value: fpr},
			model.Measure{Set: name, Metric: fmt.Sprintf("recall at budget %g", budget), Value: recall},
		)
	}
	return m, nil
}

// leaderboard writes how each part did on the guard part of the training rows.
func leaderboard(w io.Writer, f *train.Fitted) {
	fmt.Fprintf(w, "%-24s %7s %7s %7s %7s\n", "on the guard part", "weight", "AUROC", "R1", "R01")
	lines := append(append(append([]train.Line(nil), f.Learner...), f.Meta...), f.Super)
	for _, l := range lines {
		fmt.Fprintf(w, "%-24s %7.3f %7.4f %7.4f %7.4f\n", l.Name, l.Weight, l.Metrics.AUROC, l.Metrics.R1, l.Metrics.R01)
	}
}

// measureDefault scores a kind's embedded model on test parts, site by site.
func measureDefault(w io.Writer, data string, kind event.Kind) (*outcome, error) {
	m, err := defaultModel(kind)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(w, "\n## Default model: %s\n\n", kind)
	fmt.Fprintln(w, "| test rows "+cellsHead)
	fmt.Fprintln(w, cellsRule)
	row := func(name string, files []file) (*train.Set, *train.Scored, error) {
		test, err := load(data, &dataset{kind: kind}, files, nil)
		if err != nil {
			return nil, nil, err
		}
		scored, err := train.Score(m.Tiers, &test.Rows)
		if err != nil {
			return nil, nil, err
		}
		fmt.Fprintf(w, "| %s %s", name, cells(test, scored))
		return test, scored, nil
	}
	files := defaults(kind, "test")
	for _, f := range files {
		if _, _, err := row(f.path, []file{f}); err != nil {
			return nil, err
		}
	}
	test, scored, err := row("all", files)
	if err != nil {
		return nil, err
	}
	byType(w, test, scored)
	if found, survive := survivors(m.Tiers, test); found > 0 {
		fmt.Fprintf(w, "\nThe floor by itself finds %d attacks at a budget of %g %%.\n\n", found, 100*attackBudget)
		writeSurvivors(w, found, survive)
	}
	learners, metas := names(m.Tiers)
	return outcomeOf("default-"+kind.String(), "", learners, metas, scored, labels(test)), nil
}

// cellsHead and cellsRule head a table of what cells writes, behind a column.
const (
	cellsHead = "| normal | attacks | AUROC | R1 | R01 | false alarms at 1 % | at 0.1 % | recall at 1 % | at 0.1 % |"
	cellsRule = "|---|---|---|---|---|---|---|---|---|---|"
)

// cells returns the cells of a table for test rows that a default model scored.
func cells(test *train.Set, scored *train.Scored) string {
	y := labels(test)
	q := train.Measure(scored.LogOdds, y, nil)
	f1, r1 := realised(scored.Rate, y, 1e-2)
	f01, r01 := realised(scored.Rate, y, 1e-3)
	line := fmt.Sprintf("| %d | %d | %.4f | %.4f | %.4f | %.3f %% | %.3f %% | %.4f | %.4f |\n", q.Rows-q.Attacks, q.Attacks, q.AUROC, q.R1, q.R01, 100*f1, 100*f01, r1, r01)
	// A part without attacks has no recall, one without normal rows no false alarms.
	return strings.NewReplacer("NaN %", "-", "NaN", "-").Replace(line)
}

// byType writes the recall of each type of attack at the budgets.
func byType(w io.Writer, test *train.Set, scored *train.Scored) {
	fmt.Fprintf(w, "\n| type of attack | rows | recall at 1 %% | at 0.1 %% |\n|---|---|---|---|\n")
	for t, name := range test.Types[1:] {
		var rows, hit1, hit01 float64
		for i, of := range test.Type {
			if int(of) != t+1 || test.Y[i] != 1 {
				continue
			}
			rows++
			if scored.Rate[i] <= 1e-2 {
				hit1++
			}
			if scored.Rate[i] <= 1e-3 {
				hit01++
			}
		}
		if rows > 0 {
			fmt.Fprintf(w, "| %s | %.0f | %.4f | %.4f |\n", name, rows, hit1/rows, hit01/rows)
		}
	}
}
