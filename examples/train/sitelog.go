package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// Settings of what a site's log adds.
const siteLogShare = 0.1 // of attacks

// siteLogLabels are the indices into fewshotLabels that are measured with the log.
var siteLogLabels = [...]int{0, 2, 3}

const siteLogHead = `
## With the site's own log

The same models and labels with ` + "`" + `scan --site` + "`" + `, which learns the new site while it reads: first its training part, then its test, in both %.0f %% attacks, of which nobody says which; at most %d passes, each with other attacks. A log shows the target and the body of a request, no headers. Sets of bare values have no requests to learn: what was measured without stays. Prior: the constants. Means over all pairs:

`

// requestSets are the sets of whole requests, as the log of a site.
var requestSets = map[string]string{
	"csic-2010":    "csic-2010/raw.ndjson.gz",
	"torpeda-2012": "torpeda-2012/requests.ndjson.gz",
}

// siteLog measures each pair by the model and its labels alone and with what it
// learns from the site's log.
func siteLog(ctx context.Context, w io.Writer, data string, pairs []*fewshotPair, name func(source int) string) error {
	logs := map[string]*profiled{}
	for set, path := range requestSets {
		l, err := readSiteLog(data, set, path)
		if err != nil {
			return err
		}
		logs[set] = l
	}
	var sum [len(siteLogLabels)][2]fewshotQuality
	var rows bytes.Buffer
	for _, p := range pairs {
		for at, i := range siteLogLabels {
			alone := p.byPrior[0].mean(i)
			got := [2]fewshotQuality{alone, alone}
			if l := logs[p.site.name]; l != nil {
				for with := range got {
					var err error
					if got[with], err = l.quality(ctx, p.model, p.states[i], with == 1); err != nil {
						return err
					}
				}
			}
			for with := range got {
				sum[at][with].auroc += got[with].auroc / float64(len(pairs))
				sum[at][with].r1 += got[with].r1 / float64(len(pairs))
			}
			if logs[p.site.name] != nil {
				fmt.Fprintf(&rows, "| %s | %s | %d | %.3f | %.3f | %.3f | %.3f |\n", name(p.from), name(p.to), fewshotLabels[i], got[0].auroc, got[0].r1, got[1].auroc, got[1].r1)
			}
		}
	}
	fmt.Fprintf(w, siteLogHead, 100*siteLogShare, profilePasses)
	fmt.Fprint(w, "| k | AUROC | R1 | with the site: AUROC | R1 |\n|---|---|---|---|---|\n")
	for at, i := range siteLogLabels {
		q := &sum[at]
		fmt.Fprintf(w, "| %d | %.3f | %.3f | %.3f | %.3f |\n", fewshotLabels[i], q[0].auroc, q[0].r1, q[1].auroc, q[1].r1)
	}
	_, err := fmt.Fprintf(w, "\n| learned | new site | k | AUROC | R1 | with the site: AUROC | R1 |\n|---|---|---|---|---|---|---|\n%s", rows.Bytes())
	return err
}

// readSiteLog reads a set of whole requests as the log of a site.
func readSiteLog(data, set, path string) (*profiled, error) {
	l := &profiled{name: set}
	return l, records(data, path, func(q *struct {
		Method, URI, Body, Split string
		Label                    int
		Ambiguous                bool
	},
	) {
		r := request{Method: q.Method, URI: q.URI, Body: q.Body, Label: q.Label}
		switch {
		case q.Ambiguous || q.Label < 0:
		case q.Split == "test":
			l.measured[q.Label] = append(l.measured[q.Label], r)
		default:
			l.before[q.Label] = append(l.before[q.Label], r)
		}
	})
}

// quality is the mean over draws of labels.
func (l *profiled) quality(ctx context.Context, m *model.Model, draws []*adapt.State, site bool) (q fewshotQuality, err error) {
	plain, err := core.New(core.Options{Models: []*model.Model{m}, Site: site})
	if err != nil {
		return q, err
	}
	for _, labels := range draws {
		engine, err := plain.Adapted(labels)
		if err != nil {
			return q, err
		}
		rows, err := l.measure(ctx, engine, siteLogShare)
		if err != nil {
			return q, err
		}
		got := train.Measure(rows.evidence, rows.y, nil)
		q.auroc += got.AUROC / float64(len(draws))
		q.r1 += got.R1 / float64(len(draws))
	}
	return q, nil
}
