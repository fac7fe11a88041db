package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/train"
)

// leaving says what leave leaves out and of what.
type leaving struct {
	data, out, only string
	what            string // type, site or set; empty for all three
	keep            string // folder that keeps the tables; empty for none
	seed            uint64
	most            int // rows of a site and label that train, 0 for all
}

// collection is what classes of rows are left out of: the rows that train, those
// that test, and how a model is trained on a part of the first.
type collection struct {
	name        string
	train, test *train.Set
	options     func(rest *train.Set) train.Options
}

// holdout is one class that is left out: the rows that remain to train, and those
// that test a model that has, or has not, seen the class.
type holdout struct {
	name   string
	rest   *train.Set
	held   *train.Set
	beside bool // held is of the test part: a model on all rows that train can stand beside
}

// leastHeld is how many attacks a class needs among the tested rows.
const leastHeld = 40

const leaveHead = `# What was never seen

Written by ` + "`" + `go run ./examples/train leave -data FOLDER%s -o examples/train/LEAVE.md` + "`" + `. A class of rows is left out of training, a model learns the rest, and is scored on the class; beside it, on the same rows, a model that has seen the class's training part. With -most N, models learn N rows of each site and label at most. R1, R01: threshold read off the test scores (ranking). False alarms: those that a budget of 1 %% came to, threshold from the training part alone; by the site: with the rates that the rows of each site say without labels, in their order (` + "`" + `scan --site` + "`" + `).
`

// leave measures what models do on classes of rows that they have not seen: types
// of attack, sites of a default model, and whole sets of a default model.
func leave(ctx context.Context, o *leaving) error {
	whats := []string{"type", "site", "set"}
	if o.what != "" {
		if !slices.Contains(whats, o.what) {
			return fmt.Errorf("leave: -what %s: want type, site or set", o.what)
		}
		whats = []string{o.what}
	}
	var report bytes.Buffer
	w := io.MultiWriter(os.Stdout, &report)
	most := ""
	if o.most > 0 {
		most = fmt.Sprintf(" -most %d", o.most)
	}
	fmt.Fprintf(w, leaveHead, most)
	for _, what := range whats {
		for _, d := range sets() {
			if what != "type" || o.only != "" && o.only != d.name {
				continue
			}
			if err := o.section(w, what, d.name, func(w io.Writer) error {
				c, err := collectSet(o.data, &d, o.seed)
				if err != nil {
					return err
				}
				return c.leave(ctx, w, what, c.types(o.most), o.most)
			}); err != nil {
				return err
			}
		}
		for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
			if o.only != "" && o.only != kind.String() {
				continue
			}
			if err := o.section(w, what, kind.String(), func(w io.Writer) error {
				c, err := collectKind(o.data, kind, o.seed)
				if err != nil {
					return err
				}
				var classes []holdout
				switch what {
				case "type":
					classes = c.types(o.most)
				case "site":
					classes = c.sites(o.most)
				case "set":
					if classes, err = collectSets(o.data, kind, o.most); err != nil {
						return err
					}
				}
				return c.leave(ctx, w, what, classes, o.most)
			}); err != nil {
				return err
			}
		}
	}
	if o.out == "" || o.only != "" {
		return nil
	}
	return os.WriteFile(o.out, report.Bytes(), 0o644)
}

// section writes a table, from the folder where it is there: a run that was broken
// off goes on with the next one.
func (o *leaving) section(w io.Writer, what, name string, write func(io.Writer) error) error {
	path := filepath.Join(o.keep, fmt.Sprintf("leave-%s-%s-%d-%d.md", what, name, o.most, o.seed))
	if o.keep != "" {
		if text, err := os.ReadFile(path); err == nil {
			_, err = w.Write(text)
			return err
		}
	}
	var text bytes.Buffer
	if err := write(io.MultiWriter(w, &text)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if o.keep == "" {
		return nil
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}

// collectSet reads a set with a split of its own, and its first test.
func collectSet(data string, d *dataset, seed uint64) (*collection, error) {
	learn, err := load(data, d, d.train, nil)
	if err != nil {
		return nil, err
	}
	test, err := load(data, d, d.tests[0].files, learn)
	if err != nil {
		return nil, err
	}
	return &collection{d.name, learn, test, func(*train.Set) train.Options {
		o := options(d.name, seed)
		o.Hedge = true
		return o
	}}, nil
}

// collectKind reads the rows of a default model.
func collectKind(data string, kind event.Kind, seed uint64) (*collection, error) {
	learn, err := load(data, &dataset{kind: kind}, defaults(kind, "train"), nil)
	if err != nil {
		return nil, err
	}
	test, err := load(data, &dataset{kind: kind}, defaults(kind, "test"), nil)
	if err != nil {
		return nil, err
	}
	return &collection{kind.String(), learn, test, func(rest *train.Set) train.Options {
		return defaultOptions(kind, rest, seed)
	}}, nil
}

// types returns the types of attack that have enough rows in both parts: attacks
// of the type are left out, and tested among all normal rows.
func (c *collection) types(most int) []holdout {
	var out []holdout
	for t, name := range c.train.Types {
		other := slices.Index(c.test.Types, name)
		if t == 0 || other < 0 {
			continue
		}
		attacks := 0
		for i, y := range c.test.Y {
			if y == 1 && int(c.test.Type[i]) == other {
				attacks++
			}
		}
		if attacks < leastHeld {
			continue
		}
		out = append(out, holdout{
			name:   name,
			rest:   subset(c.train, func(i int) bool { return c.train.Y[i] == 0 || int(c.train.Type[i]) != t }, most),
			held:   subset(c.test, func(i int) bool { return c.test.Y[i] == 0 || int(c.test.Type[i]) == other }, 0),
			beside: true,
		})
	}
	return out
}

// sites returns the sites: tested on their test part, or where they have none on
// their training part, which a model on all rows has learned.
func (c *collection) sites(most int) []holdout {
	var out []holdout
	for site, name := range c.train.Sites {
		of := func(s *train.Set, name string) *train.Set {
			at := slices.Index(s.Sites, name)
			return subset(s, func(i int) bool { return int(s.Site[i]) == at }, 0)
		}
		h := holdout{
			name: name, held: of(c.test, name), beside: true,
			rest: subset(c.train, func(i int) bool { return int(c.train.Site[i]) != site }, most),
		}
		if h.held.Len() == 0 {
			h.held, h.beside = of(c.train, name), false
		}
		out = append(out, h)
	}
	return out
}

// collectSets returns the sets that a default model is made of, by folder.
// Generated requests borrow values and the requests around them from three of
// the sets, and are left out with each of these.
func collectSets(data string, kind event.Kind, most int) ([]holdout, error) {
	of := func(f file) string {
		folder, _, _ := strings.Cut(f.path, "/")
		return strings.TrimSuffix(folder, ":train")
	}
	lent := []string{"httpparams", "openappsec-values", "modern-http"}
	var folders []string
	for _, f := range defaults(kind, "train") {
		if name := of(f); !slices.Contains(folders, name) && !strings.HasPrefix(f.path, generated) {
			folders = append(folders, name)
		}
	}
	var out []holdout
	for _, name := range folders {
		rest := slices.DeleteFunc(defaults(kind, "train"), func(f file) bool {
			return of(f) == name || strings.HasPrefix(f.path, generated) && slices.Contains(lent, name)
		})
		held := slices.DeleteFunc(defaults(kind, "test"), func(f file) bool { return of(f) != name })
		if len(rest) == 0 {
			continue
		}
		h := holdout{name: name, beside: true}
		var err error
		if h.rest, err = load(data, &dataset{kind: kind}, rest, nil); err != nil {
			return nil, err
		}
		h.rest = subset(h.rest, func(int) bool { return true }, most)
		if h.held, err = load(data, &dataset{kind: kind}, held, nil); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// leave trains without each class, once with all, and writes the table.
func (c *collection) leave(ctx context.Context, w io.Writer, what string, classes []holdout, most int) error {
	if len(classes) == 0 {
		return nil
	}
	all, err := c.fit(ctx, subset(c.train, func(int) bool { return true }, most))
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	fmt.Fprintf(w, "\n## %s: each %s left out\n\n", c.name, what)
	fmt.Fprintf(w, "| %s | normal | attacks | seen: AUROC | R1 | R01 | false alarms | left out: AUROC | R1 | R01 | false alarms | by the site | recall | by the site |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n", what)
	for _, h := range classes {
		if h.held.Len() == 0 {
			continue
		}
		q := train.Measure(make([]float64, h.held.Len()), labels(h.held), nil)
		line := fmt.Sprintf("| %s | %d | %d |", h.name, q.Rows-q.Attacks, q.Attacks)
		if h.beside {
			cells, _, err := cellsOf(all, h.held)
			if err != nil {
				return err
			}
			line += cells
		} else {
			line += " | | | |"
		}
		fitted, err := c.fit(ctx, h.rest)
		if err != nil { // too little is left: said, and the others go on
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fmt.Fprintf(w, "%s %s | | | | | | |\n", line, err)
			continue
		}
		cells, own, err := cellsOf(fitted, h.held)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, line+cells+own)
	}
	return nil
}

func (c *collection) fit(ctx context.Context, s *train.Set) (*train.Fitted, error) {
	return train.Fit(ctx, s, c.options(s))
}

// cellsOf scores rows: AUROC, R1, R01 and the false alarms at a budget of 1 %; and in
// own what these come to, and the recall there, without and with the rates that
// each site's rows say without labels (scan --site). Rows of one class have no
// ranking, attacks alone no false alarms.
func cellsOf(f *train.Fitted, s *train.Set) (cells, own string, err error) {
	scored, err := train.Score(f.Tiers, &s.Rows)
	if err != nil {
		return "", "", err
	}
	y := labels(s)
	q := train.Measure(scored.LogOdds, y, nil)
	alarms, recall := realised(scored.Rate, y, 1e-2)
	sites := make([]adapt.Rates, len(s.Sites))
	for i := range scored.Rate {
		scored.Rate[i] = sites[s.Site[i]].Observe(scored.Rate[i])
	}
	after, found := realised(scored.Rate, y, 1e-2)
	own = fmt.Sprintf(" %s | %s | %s |", percent(after), orNone(recall), orNone(found))
	if q.Attacks == q.Rows || q.Attacks == 0 {
		return fmt.Sprintf(" - | - | - | %s |", percent(alarms)), own, nil
	}
	return fmt.Sprintf(" %.4f | %.4f | %.4f | %s |", q.AUROC, q.R1, q.R01, percent(alarms)), own, nil
}

// percent writes a share, "-" for that of nothing.
func percent(v float64) string {
	if v != v {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*v)
}
