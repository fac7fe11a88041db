package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"strings"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
	"github.com/tiercel/tiercel/core/train"
)

const profileHead = `# What does the profile of a site add?

Written by ` + "`" + `go run ./examples/train profile -data FOLDER > examples/train/PROFILE.md` + "`" + `. The default model, alone and with ` + "`" + `scan --site` + "`" + `, which learns while it reads: first requests that are not measured, of which a share are attacks (nobody says which), then requests that are, with the same share of attacks; at most %d passes, each with other attacks. R1 and R01 are recall at 1 %% and .1 %% false alarms (ranking, over all passes); the last columns are what a budget comes to. csic-2010 is its lines, whose attacks the default model has not learnt; a log line holds no address, so that every request counts. The modern sites are requests of one site each that the model has not seen, the first half read before; attacks are written into copies of them. They are too short a log and too varied a site for a profile: it neither helps nor harms there.

`

// Settings of the experiment.
const (
	profileSeed   = 1
	profilePasses = 10
	profileLeast  = 300 // rows that a modern site needs
)

// profiled is a site's requests: those read before and those measured, by label.
type profiled struct {
	name             string
	before, measured [2][]request
}

// profiles measures what the profile of a site adds: each log by the default model
// alone, and with scan --site.
func profiles(ctx context.Context, w io.Writer, data string) error {
	file, _ := models.Default(event.HTTP)
	m, err := model.Read(file, model.Limits{})
	if err != nil {
		return err
	}
	logs, err := profiledLogs(data)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, profileHead, profilePasses)
	fmt.Fprintln(w, "| site | attacks | read before | normal | attacks | AUROC / R1 / R01 | with the site | false alarms at 1 %, .1 % | with the site | recall at 1 %, .1 % | with the site |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|")
	for _, l := range logs {
		for _, share := range []float64{0.01, 0.1} {
			var text, alarms, recall [2]string
			var got *profileRows
			for i, site := range []bool{false, true} {
				engine, err := core.New(core.Options{Models: []*model.Model{m}, Site: site})
				if err != nil {
					return err
				}
				if got, err = l.measure(ctx, engine, share); err != nil {
					return err
				}
				q := train.Measure(got.evidence, got.y, nil)
				text[i] = fmt.Sprintf("%.3f / %.3f / %.3f", q.AUROC, q.R1, q.R01)
				f1, r1 := realised(got.rate, got.y, 1e-2)
				f01, r01 := realised(got.rate, got.y, 1e-3)
				alarms[i] = fmt.Sprintf("%.2f %%, %.2f %%", 100*f1, 100*f01)
				recall[i] = fmt.Sprintf("%.3f, %.3f", r1, r01)
			}
			attacks := 0
			for _, y := range got.y {
				attacks += int(y)
			}
			fmt.Fprintf(w, "| %s | %.0f %% | %d | %d | %d | %s | %s | %s | %s | %s | %s |\n",
				l.name, 100*share, got.before, len(l.measured[0]), attacks, text[0], text[1], alarms[0], alarms[1], recall[0], recall[1])
		}
	}
	return nil
}

// profileRows are the measured rows of all passes.
type profileRows struct {
	y              []uint8
	evidence, rate []float64
	before         int // rows that a pass read before
}

// measure passes over the site's log until all attacks were in one pass, or
// profilePasses times.
func (l *profiled) measure(ctx context.Context, engine *core.Engine, share float64) (*profileRows, error) {
	r := rand.New(rand.NewPCG(profileSeed, uint64(len(l.name))))
	var out profileRows
	attacks := shuffled(r, l.measured[1])
	for range profilePasses {
		n := min(attacksFor(share, len(l.measured[0])), len(attacks))
		if n == 0 {
			break
		}
		before := shuffled(r, l.before[0], shuffled(r, l.before[1])[:min(attacksFor(share, len(l.before[0])), len(l.before[1]))])
		measured := shuffled(r, l.measured[0], attacks[:n])
		attacks = attacks[n:]
		out.before = len(before)
		if err := out.pass(ctx, engine, l.name, append(before, measured...)); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// attacksFor returns how many attacks beside so many normal rows are that share.
func attacksFor(share float64, normal int) int { return int(share * float64(normal) / (1 - share)) }

// shuffled returns the rows of all parts in random order.
func shuffled[T any](r *rand.Rand, parts ...[]T) []T {
	var out []T
	for _, p := range parts {
		out = append(out, p...)
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// pass scans a log and keeps what is said of the rows behind those read before.
func (p *profileRows) pass(ctx context.Context, engine *core.Engine, name string, rows []request) error {
	var log bytes.Buffer
	out := json.NewEncoder(&log)
	for i := range rows {
		if err := out.Encode(rows[i].line()); err != nil {
			return err
		}
	}
	format, ok := event.FormatByName("json")
	if !ok {
		return errors.New("no format of JSON lines")
	}
	reader, err := event.NewReader(&log, format, event.Options{Kind: event.HTTP})
	if err != nil {
		return err
	}
	_, err = engine.NewScan().File(ctx, name, reader, func(r *core.Result) error {
		for i := range r.Verdicts {
			v := &r.Verdicts[i]
			if v.Err != nil {
				return fmt.Errorf("%s:%d: %w", name, v.Line, v.Err)
			}
			if int(v.Record) > p.before {
				p.y = append(p.y, uint8(rows[v.Record-1].Label))
				p.rate = append(p.rate, v.FalseAlarmRate)
				// The score tells apart what has the smallest rate.
				p.evidence = append(p.evidence, -math.Log(v.FalseAlarmRate)+1e-6*v.Score)
			}
		}
		return nil
	})
	return err
}

// line is the request as a log would show it.
func (q *request) line() map[string]string {
	line := map[string]string{"http.request.method": q.Method, "url.original": q.URI}
	if q.Body != "" {
		line["http.request.body.content"] = q.Body
	}
	for _, h := range q.Headers {
		if strings.EqualFold(h[0], "Host") {
			line["url.domain"] = h[1]
			if host, _, err := net.SplitHostPort(h[1]); err == nil {
				line["url.domain"] = host
			}
		}
	}
	return line
}

// profiledLogs returns the shop's requests as its log shows them, and those of the
// large modern sites that the default model did not learn.
func profiledLogs(data string) ([]profiled, error) {
	shop := profiled{name: "csic-2010 lines"}
	type line struct {
		request
		Ambiguous bool `json:"ambiguous"`
	}
	if err := records(data, "csic-2010/lines.ndjson.gz", func(q *line) {
		switch {
		case q.Ambiguous:
		case q.Split == "test":
			shop.measured[q.Label] = append(shop.measured[q.Label], q.request)
		default:
			shop.before[q.Label] = append(shop.before[q.Label], q.request)
		}
	}); err != nil {
		return nil, err
	}
	logs := []profiled{shop}
	at := map[string]int{}
	var sites [][]request
	if err := records(data, "modern-http/requests.ndjson.gz", func(q *request) {
		if q.Split != "test" {
			return
		}
		i, ok := at[q.Site]
		if !ok {
			i = len(sites)
			at[q.Site] = i
			sites = append(sites, nil)
		}
		sites[i] = append(sites[i], *q)
	}); err != nil {
		return nil, err
	}
	for _, s := range sites {
		if len(s) < profileLeast {
			continue
		}
		logs = append(logs, injectedSite(s))
	}
	return logs, nil
}

// injectedSite writes values into copies of a site's requests.
func injectedSite(rows []request) profiled {
	p := profiled{name: rows[0].Site}
	half := len(rows) / 2
	p.before[0], p.measured[0] = rows[:half], append([]request(nil), rows[half:]...)
	in := &injector{r: rand.New(rand.NewPCG(injectSeed, profileSeed))}
	write := func(from []request, text string, y int) request {
		in.requests = from
		q := in.put(text)
		q.Label = y
		return q
	}
	for range profileLeast {
		for part, from := range [][]request{rows[:half], rows[half:]} {
			text, _ := drawAttack(in.r)
			q := write(from, text, 1)
			if part == 0 {
				p.before[1] = append(p.before[1], q)
			} else {
				p.measured[1] = append(p.measured[1], q)
			}
		}
	}
	return p
}
