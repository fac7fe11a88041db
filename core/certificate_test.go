package core_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
)

// verdictsOf scans an access log and returns a copy of the verdicts.
func verdictsOf(t *testing.T, e *core.Engine, log []byte) (out []core.Verdict) {
	t.Helper()
	r := readerOf(t, "combined", bytes.NewReader(log), event.Options{Kind: event.HTTP})
	_, err := e.NewScan().File(context.Background(), "access.log", r, func(r *core.Result) error {
		out = append(out, r.Verdicts...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An alert that is certified stays an alert however its target is padded and,
// at up to as many places as it is certified for, cut.
func TestCertifiedAlertsStay(t *testing.T) {
	m, name := benchModel(t)
	if name != "default" {
		t.Fatal("no embedded model")
	}
	e, err := core.New(core.Options{Models: []*model.Model{m}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	lines := strings.SplitAfter(strings.TrimSuffix(string(accessLog(4000, 3)), "\n"), "\n")
	for i, attack := range []string{
		"/p?id=1%27+UNION+SELECT+user,password+FROM+users+WHERE+1=1+UNION+ALL+SELECT+table_name+FROM+information_schema.tables--+-",
		"/p?id=1+AND+EXTRACTVALUE(1,CONCAT(0x7e,(SELECT+version()),0x7e))+AND+SLEEP(5)+AND+BENCHMARK(1000000,MD5(1))--+",
		"/p?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E%3Cimg+src=x+onerror=alert(String.fromCharCode(88))%3E",
	} {
		before, rest, _ := strings.Cut(lines[i], "GET ")
		_, after, _ := strings.Cut(rest, " HTTP/1.1")
		lines[i] = before + "GET " + attack + " HTTP/1.1" + after
	}
	var attacked strings.Builder
	var padded, cut int
	for i, v := range verdictsOf(t, e, []byte(strings.Join(lines, ""))) {
		if !v.Threat {
			if v.Certified != (core.Certificate{}) {
				t.Fatalf("line %d is no threat and certified: %+v", v.Line, v.Certified)
			}
			continue
		}
		if !v.Certified.Padding {
			continue
		}
		before, rest, _ := strings.Cut(lines[i], "GET ")
		target, after, _ := strings.Cut(rest, " HTTP/1.1")
		for range 5 {
			text := target
			for range r.IntN(v.Certified.Insertions + 1) {
				at := r.IntN(len(text) + 1)
				text = text[:at] + junk(r) + text[at:]
				cut++
			}
			attacked.WriteString(before + "GET /" + junk(r) + text + junk(r) + " HTTP/1.1" + after)
			padded++
		}
	}
	if padded == 0 || cut == 0 {
		t.Fatalf("%d certified alerts padded, %d cut", padded, cut)
	}
	for _, v := range verdictsOf(t, e, []byte(attacked.String())) {
		if !v.Threat {
			t.Errorf("line %d is no alert any more: %g", v.Line, v.FalseAlarmRate)
		}
	}
}

// junk is what padding may say without ending the request line.
func junk(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(40) {
		b.WriteString([]string{"%", "%2", "25", "/*", "*/", "+", "&a=", "blue", "7", "shop", "%20", ";"}[r.IntN(12)])
	}
	return b.String()
}

// Explanations carry the certificate, and the limits are never empty.
func TestCertificateLimits(t *testing.T) {
	if len((core.Certificate{}).Limits()) == 0 {
		t.Error("a certificate without limits")
	}
	if learner.MaxInsertions > 31 {
		t.Error("insertions no longer fit the page's five bits")
	}
}
