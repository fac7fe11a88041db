package main

import (
	"fmt"
	"io"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
	"github.com/tiercel/tiercel/core/train"
)

// siteLeast is how many normal rows a site needs to be measured at 1 %.
const siteLeast = 300

const sitesHead = `# Does a budget hold on a site?

Written by ` + "`" + `go run ./examples/train sites -data FOLDER > examples/train/SITES.md` + "`" + `. The default models on their test parts, site by site; those with fewer than 300 normal rows are left out. Twice: by the model's false-alarm rates, and by those estimated from the site's own rows in their order, without labels (` + "`" + `scan --site` + "`" + `). Rates are raised where the bulk of a site's records is spread wider than those of the calibration, and stand where it is not, or where a fifth of the records and more look like attacks. Many of these parts are a third attacks and more, which no site is for long.

`

// sites measures how a budget of 1 % holds on each site of the default models'
// test parts: by the model's own rates, and by those of the site, estimated from
// its rows in their order without labels, as scan --site does. Sites with few
// normal rows are left out.
func sites(w io.Writer, data, only string) error {
	fmt.Fprint(w, sitesHead)
	fmt.Fprintln(w, "| kind | site | normal | attacks | false alarms at 1 % | by the site | recall at 1 % | by the site |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	within, measured := [2]int{}, 0
	for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
		if only != "" && only != kind.String() {
			continue
		}
		file, _ := models.Default(kind)
		m, err := model.Read(file, model.Limits{})
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
		for site, name := range test.Sites {
			var y []uint8
			var own, estimated []float64
			normal := 0
			var rates adapt.Rates
			for i, s := range test.Site {
				if int(s) != site {
					continue
				}
				y = append(y, uint8(test.Y[i]))
				normal += 1 - int(test.Y[i])
				own = append(own, scored.Rate[i])
				estimated = append(estimated, rates.Observe(scored.Rate[i]))
			}
			if normal < siteLeast {
				continue
			}
			measured++
			f, r := realised(own, y, 1e-2)
			fs, rs := realised(estimated, y, 1e-2)
			for i, v := range [2]float64{f, fs} {
				if v >= 0.005 && v <= 0.015 {
					within[i]++
				}
			}
			fmt.Fprintf(w, "| %s | %s | %d | %d | %.2f %% | %.2f %% | %s | %s |\n", kind, name, normal, len(y)-normal, 100*f, 100*fs, orNone(r), orNone(rs))
		}
	}
	_, err := fmt.Fprintf(w, "\nWithin .5 to 1.5 %%: %d of %d sites by the model, %d by the site.\n", within[0], measured, within[1])
	return err
}

// orNone writes a share, "-" for that of nothing.
func orNone(v float64) string {
	if v != v {
		return "-"
	}
	return fmt.Sprintf("%.3f", v)
}
