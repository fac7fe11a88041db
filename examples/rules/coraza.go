package main

import (
	"fmt"
	"strconv"
	"strings"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// anomalyThreshold is the anomaly score at which the Core Rule Set blocks by
// default: one critical rule.
const anomalyThreshold = 5

// rules is Coraza with the Core Rule Set at a paranoia level. It only detects:
// every rule is evaluated, and a request's score is its inbound anomaly score.
//
// Rule 920420 is left out: it holds a site's policy of content types, which
// each site sets for itself, and its default alarms on a third of the ordinary
// requests of modern-http.
type rules struct {
	waf   coraza.WAF
	level int
}

func newRules(level int) (*rules, error) {
	if level < 1 || level > 4 {
		return nil, fmt.Errorf("paranoia level %d: want 1 to 4", level)
	}
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).WithDirectives(`
		Include @coraza.conf-recommended
		SecRuleEngine DetectionOnly
		SecAuditEngine Off
		SecResponseBodyAccess Off
		Include @crs-setup.conf.example
		SecAction "id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=` + strconv.Itoa(level) + `"
		Include @owasp_crs/*.conf
		SecRuleRemoveById 920420
	`))
	if err != nil {
		return nil, err
	}
	return &rules{waf, level}, nil
}

func (d *rules) String() string { return "Coraza + CRS, PL" + strconv.Itoa(d.level) }

func (d *rules) judge(s *set) (*judgement, error) {
	j := &judgement{scores: make([]float64, len(s.requests)), alarms: make([]bool, len(s.requests))}
	at := cpuSeconds()
	for i := range s.requests {
		score, err := d.score(&s.requests[i])
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i+1, err)
		}
		j.scores[i], j.alarms[i] = score, score >= anomalyThreshold
	}
	j.speed = float64(len(s.requests)) / (cpuSeconds() - at)
	return j, nil
}

// score runs the request phases and returns the anomaly score.
func (d *rules) score(r *request) (float64, error) {
	t := d.waf.NewTransaction()
	defer t.Close()
	t.ProcessConnection("198.51.100.7", 51234, "192.0.2.1", 80)
	t.ProcessURI(r.URI, r.Method, "HTTP/1.1")
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], "Host") {
			t.SetServerName(h[1])
		}
		t.AddRequestHeader(h[0], h[1])
	}
	t.ProcessRequestHeaders()
	if r.Body != "" {
		if _, _, err := t.WriteRequestBody([]byte(r.Body)); err != nil {
			return 0, err
		}
	}
	if _, err := t.ProcessRequestBody(); err != nil {
		return 0, err
	}
	scores := t.(plugintypes.TransactionState).Variables().TX().Get("blocking_inbound_anomaly_score")
	if len(scores) != 1 {
		return 0, fmt.Errorf("no anomaly score: the rules did not run to their end")
	}
	return strconv.ParseFloat(scores[0], 64)
}
