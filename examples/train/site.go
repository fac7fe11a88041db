package main

import (
	"fmt"
	"io"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/train"
)

// siteLeast is how many normal rows a site needs to be measured at 1 %.
const siteLeast = 300

const sitesHead = `# Does a budget hold on a site?

Written by ` + "`" + `go run ./examples/train sites -data FOLDER > examples/train/SITES.md` + "`" + `. The default models on their test parts, site by site; those with fewer than 300 normal rows are left out. Twice: by the model's false-alarm rates, and by those estimated from the site's own rows in their order, without labels (` + "`" + `scan --site` + "`" + `, without its profile). Many of these parts are a third attacks and more, which no site is for long: the second table thins the attacks out. On a site that is quieter than its budget nothing is lost, but by the attacks that a lower threshold would find.

`

// siteShares are the shares of attacks that sites are measured with; 1 leaves them
// as they are.
var siteShares = [...]float64{1, 0, 0.01, 0.1}

// siteRows are the rows of a site in their order.
type siteRows struct {
	y    []uint8
	rate []float64 // by the model
}

// sites measures how a budget of 1 % holds on each site of the default models'
// test parts: by the model's own rates, and by those of the site, estimated from
// its rows in their order without labels, as scan --site does. Sites with few
// normal rows are left out.
func sites(w io.Writer, data, only string) error {
	fmt.Fprint(w, sitesHead)
	fmt.Fprintln(w, "| kind | site | normal | attacks | false alarms at 1 % | by the site | recall at 1 % | by the site |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	var sums [len(siteShares)][2]siteSum
	for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
		if only != "" && only != kind.String() {
			continue
		}
		m, err := defaultModel(kind)
		if err != nil {
			return err
		}
		test, err := load(data, &dataset{kind: kind}, defaults(kind, "test"), nil)
		if err != nil {
			return err
		}
		scored, err := train.Score(m.Tiers, &test.Rows)
		if err != nil {
			return err
		}
		rows := make([]siteRows, len(test.Sites))
		normal := make([]int, len(test.Sites))
		for i, s := range test.Site {
			rows[s].y = append(rows[s].y, uint8(test.Y[i]))
			rows[s].rate = append(rows[s].rate, scored.Rate[i])
			normal[s] += 1 - int(test.Y[i])
		}
		for s, name := range test.Sites {
			if normal[s] < siteLeast {
				continue
			}
			for k, share := range siteShares {
				r := rows[s].thinned(share, normal[s])
				own, recall := realised(r.rate, r.y, 1e-2)
				est, found := realised(r.estimated(), r.y, 1e-2)
				sums[k][0].add(own, recall, len(r.y)-normal[s])
				sums[k][1].add(est, found, len(r.y)-normal[s])
				if k == 0 {
					fmt.Fprintf(w, "| %s | %s | %d | %d | %.2f %% | %.2f %% | %s | %s |\n", kind, name, normal[s], len(r.y)-normal[s], 100*own, 100*est, orNone(recall), orNone(found))
				}
			}
		}
	}
	fmt.Fprint(w, "\n## All sites\n\nSites by what a budget of 1 % came to, by the model and by the site; mean recall over the sites with 20 attacks and more.\n\n")
	fmt.Fprintln(w, "| attacks | .5 to 1.5 % | above | .5 to 1.5 %, by the site | above | recall | by the site |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for k, share := range siteShares {
		name := fmt.Sprintf("%g %%", 100*share)
		if share == 1 {
			name = "as they are"
		}
		m, s := &sums[k][0], &sums[k][1]
		if _, err := fmt.Fprintf(w, "| %s | %d of %d | %d | %d | %d | %s | %s |\n", name, m.within, m.sites, m.above, s.within, s.above, orNone(m.recall/m.attacked), orNone(s.recall/s.attacked)); err != nil {
			return err
		}
	}
	return nil
}

// siteSum counts sites by what a budget of 1 % came to.
type siteSum struct {
	sites, within, above int
	recall, attacked     float64
}

func (s *siteSum) add(alarms, recall float64, attacks int) {
	s.sites++
	switch {
	case alarms > 0.015:
		s.above++
	case alarms >= 0.005:
		s.within++
	}
	if attacks >= 20 {
		s.recall += recall
		s.attacked++
	}
}

// thinned returns the rows with so few attacks, evenly taken, that they are a share
// of all.
func (r *siteRows) thinned(share float64, normal int) *siteRows {
	if share == 1 {
		return r
	}
	attacks := len(r.y) - normal
	want := min(attacks, attacksFor(share, normal))
	out, seen, kept := &siteRows{}, 0, 0
	for i, y := range r.y {
		if y == 1 {
			if seen++; kept*attacks >= seen*want {
				continue
			}
			kept++
		}
		out.y, out.rate = append(out.y, y), append(out.rate, r.rate[i])
	}
	return out
}

// estimated returns the rates of the site.
func (r *siteRows) estimated() []float64 {
	var rates adapt.Rates
	out := make([]float64, len(r.rate))
	for i, v := range r.rate {
		out[i] = rates.Observe(v)
	}
	return out
}

// orNone writes a share, "-" for that of nothing.
func orNone(v float64) string {
	if v != v {
		return "-"
	}
	return fmt.Sprintf("%.3f", v)
}
