package main

import (
	"context"
	"fmt"
	"io"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// unlabelledShare is the share of attacks in the log of a new site.
const unlabelledShare = 0.1

const unlabelledHead = `
## Without a label: what the site's own log says

The same models with ` + "`" + `scan --site` + "`" + `, which learns the new site while it reads, without labels: first its training part, then its test, in both %.0f %% attacks; at most %d passes, each with other attacks. A log shows the target and the body of a request, no headers. Sets of bare values have no requests to learn: what a model says of them stays.

| learned | new site | AUROC | R1 | with the site: AUROC | R1 |
|---|---|---|---|---|---|
`

// requestSets are the sets of whole requests, as the log of a site.
var requestSets = map[string]string{
	"csic-2010":    "csic-2010/raw.ndjson.gz",
	"torpeda-2012": "torpeda-2012/requests.ndjson.gz",
}

// unlabelled measures each pair without labels, by the model alone and with what it
// learns from the site's log.
func unlabelled(ctx context.Context, w io.Writer, data string, pairs []*fewshotPair, name func(source int) string) error {
	fmt.Fprintf(w, unlabelledHead, 100*unlabelledShare, profilePasses)
	logs := map[string]*profiled{}
	for set, path := range requestSets {
		l := &profiled{name: set}
		if err := records(data, path, func(q *struct {
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
		}); err != nil {
			return err
		}
		logs[set] = l
	}
	var sum [2]train.Metrics
	for _, p := range pairs {
		y := labels(p.site.test)
		got := [2]train.Metrics{train.Measure(p.test.LogOdds, y, nil)}
		got[1] = got[0]
		if l := logs[p.site.name]; l != nil {
			for i, site := range []bool{false, true} {
				engine, err := core.New(core.Options{Models: []*model.Model{p.model}, Site: site})
				if err != nil {
					return err
				}
				rows, err := l.measure(ctx, engine, unlabelledShare)
				if err != nil {
					return err
				}
				got[i] = train.Measure(rows.evidence, rows.y, nil)
			}
		}
		for i := range sum {
			sum[i].AUROC += got[i].AUROC / float64(len(pairs))
			sum[i].R1 += got[i].R1 / float64(len(pairs))
		}
		fmt.Fprintf(w, "| %s | %s | %.3f | %.3f | %.3f | %.3f |\n", name(p.from), name(p.to), got[0].AUROC, got[0].R1, got[1].AUROC, got[1].R1)
	}
	_, err := fmt.Fprintf(w, "| mean | | %.3f | %.3f | %.3f | %.3f |\n", sum[0].AUROC, sum[0].R1, sum[1].AUROC, sum[1].R1)
	return err
}
