package main

import (
	"encoding/json"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model/models"
)

const attackLine = `203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /p?q=1%27%20UNION%20SELECT%20password%20FROM%20users--%20 HTTP/1.1" 200 5 "-" "Mozilla/5.0"` + "\n"

// Every answer in JSON is JSON, and says what was asked.
func TestAnswers(t *testing.T) {
	file, ok := models.Default(event.HTTP)
	if !ok {
		t.Fatal("no default model of kind http")
	}
	in := loaded(t, file)
	check := func(what string, err error, into any) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err := json.Unmarshal(in.out, into); err != nil {
			t.Fatalf("%s: %v\n%s", what, err, in.out)
		}
	}
	var described struct {
		Models []struct {
			Kind     string
			Learners []string
		}
	}
	check("ready", nil, &described)
	if len(described.Models) != 1 || described.Models[0].Kind != "http" || len(described.Models[0].Learners) == 0 {
		t.Errorf("%+v", described)
	}
	var formats []struct{ Name, Title, Example string }
	in.formats()
	check("formats", nil, &formats)
	if len(formats) != len(event.Formats()) {
		t.Errorf("%d formats", len(formats))
	}

	if err := in.begin([]byte("budget\x001%\x00")); err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Format, Why, Split string
		Head               int
	}
	check("detect", in.detect("", []byte(attackLine)), &plan)
	if plan.Format != "combined" || plan.Why == "" || plan.Split != "lines" || plan.Head != 0 {
		t.Errorf("%+v", plan)
	}
	check("detect csv", in.detect("csv", []byte("ts,query\n1,a.example\n")), &plan)
	if plan.Split != "head" || plan.Head != 9 {
		t.Errorf("%+v", plan)
	}
	if err := in.detect("tea", nil); err == nil {
		t.Error("a format called tea")
	}
	var newest *string
	check("newest", in.newest("combined", 2026, []byte(attackLine)), &newest)
	if newest == nil || *newest != "1769680862000000000" {
		t.Errorf("newest %v", newest)
	}
	check("newest of nothing", in.newest("combined", 2026, nil), &newest)
	if newest != nil {
		t.Errorf("newest of nothing %v", *newest)
	}

	if err := in.file("access <log>", "combined", 2026); err != nil {
		t.Fatal(err)
	}
	for _, call := range []func() error{
		func() error { return in.prepare(3, pieceFirst, 0, []byte(attackLine+"no record\n")) },
		func() error { return in.observe(aligned(in.out)) },
		func() error { return in.finish(3, aligned(in.out)) },
		func() error { return in.settle(aligned(in.out)) },
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	if in.columns.length != 1 {
		t.Fatalf("%d rows, want the attack", in.columns.length)
	}
	score := in.columns.reals[0][0]
	context := in.columns.texts[len(in.columns.texts)-int(in.columns.words[4][0]):]

	var words []struct {
		Text      string
		Technique []string
	}
	in.out = in.order.words.appendJSON(in.out[:0])
	check("words", nil, &words)
	if len(words) != 2 {
		t.Errorf("%+v", words)
	}
	var report struct {
		Files []struct {
			File                   string
			Lines, Unread, Threats int
			Reasons                []struct{ Reason string }
		}
		Incidents []struct{ Entity, First, Class string }
		Timeline  struct{ Threats []int }
	}
	check("report", in.report(), &report)
	if f := report.Files[0]; f.File != "access <log>" || f.Lines != 2 || f.Unread != 1 || f.Threats != 1 || len(f.Reasons) != 1 {
		t.Errorf("%+v", f)
	}
	if i := report.Incidents; len(i) != 1 || i[0].Entity != "203.0.113.9" || i[0].First != "1769680862000000000" || len(report.Timeline.Threats) != 1 {
		t.Errorf("%+v", report)
	}

	var x struct {
		Error    string
		Score    float64
		Learners []struct{ ID string }
	}
	q := question{format: "combined", year: 2026, record: []byte(attackLine), context: context}
	check("explain", in.explain(q), &x)
	if x.Score != score || len(x.Learners) == 0 {
		t.Errorf("explained as %v, scored %v", x.Score, score)
	}
	q.record = []byte("no record")
	q.context = nil
	check("explain what cannot be read", in.explain(q), &x)
	if x.Error == "" {
		t.Error("no reason")
	}
	q.record = []byte(attackLine)
	q.context = context[:4]
	if err := in.explain(q); err == nil {
		t.Error("context columns that are cut short are taken")
	}
}
