package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// ordinary are the requests that the tests put values into.
func ordinary() []request {
	agent := [][2]string{{"Host", "shop.example"}, {"User-Agent", "Mozilla/5.0"}}
	return []request{
		{Method: "GET", URI: "/", Headers: agent},
		{Method: "GET", URI: "/products/17?page=2&sort=price", Headers: agent},
		{Method: "POST", URI: "/login", Headers: agent, Body: "user=anna&password=x"},
		{Method: "POST", URI: "/api/v1/orders", Headers: agent, Body: `{"items":[{"id":"17"}],"note":"ring twice"}`},
	}
}

func newInjector(seed uint64) *injector {
	return &injector{r: rand.New(rand.NewPCG(seed, 1)), requests: ordinary()}
}

// Every class is drawn, by and large as often as its weight says, and the same
// seed draws the same.
func TestDrawAttack(t *testing.T) {
	const n = 20_000
	one, again := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	count, total := map[string]int{}, 0
	for range n {
		payload, class := drawAttack(one)
		if p, c := drawAttack(again); p != payload || c != class {
			t.Fatalf("one seed draws %q and %q", payload, p)
		}
		if payload == "" {
			t.Fatalf("an empty %s", class)
		}
		count[class]++
	}
	for _, c := range attackClasses {
		total += c.weight
	}
	for _, c := range attackClasses {
		want := float64(c.weight) / float64(total)
		if got := float64(count[c.name]) / n; math.Abs(got-want) > 0.02 {
			t.Errorf("%s: %.3f of the draws, want %.3f", c.name, got, want)
		}
		delete(count, c.name)
	}
	if len(count) > 0 {
		t.Errorf("classes without a weight: %v", count)
	}
}

// No grammar lacks its start, and none writes the same text all the time.
func TestGrammars(t *testing.T) {
	for class, g := range attackGrammars {
		r := rand.New(rand.NewPCG(3, 4))
		seen := map[string]bool{}
		for range 200 {
			seen[g.write(r, "start")] = true
		}
		if len(g["start"]) == 0 || len(seen) < 50 {
			t.Errorf("%s: %d different texts in 200", class, len(seen))
		}
	}
}

// placeOf says where a request that was made of base carries what was put in.
func placeOf(q *request) string {
	switch {
	case strings.Contains(q.URI, "MARK") && strings.Contains(q.URI[:max(strings.IndexByte(q.URI, '?'), 0)], "MARK"):
		return "path"
	case strings.Contains(q.URI, "MARK") && !strings.Contains(q.URI, "?"):
		return "path"
	case strings.Contains(q.URI, "MARK"):
		return "query"
	case strings.Contains(q.Body, "MARK"):
		return "body"
	}
	for _, h := range q.Headers {
		if strings.Contains(h[1], "MARK") {
			return h[0]
		}
	}
	return "not shown"
}

// Where a value goes does not depend on what it is: two values of one shape
// and one seed land in the same places.
func TestPlacesDoNotDependOnTheValue(t *testing.T) {
	attack, normal := newInjector(5), newInjector(5)
	places := map[string]int{}
	for i := range 2000 {
		a, b := attack.put("MARK' OR 1=1--"), normal.put("MARKs & Spencer")
		if placeOf(&a) != placeOf(&b) || a.Method != b.Method || len(a.Headers) != len(b.Headers) {
			t.Fatalf("draw %d: %+v and %+v", i, a, b)
		}
		places[placeOf(&a)]++
	}
	for _, place := range []string{"query", "body", "path", "Cookie", "User-Agent", "Referer"} {
		if places[place] == 0 {
			t.Errorf("nothing was put into the %s: %v", place, places)
		}
	}
}

// What the injector writes is what the core reads: one record a row, with the
// request's own method and target, whatever bytes a payload has.
func TestInjectedRowsParse(t *testing.T) {
	in := newInjector(9)
	again := newInjector(9)
	var out bytes.Buffer
	rows := json.NewEncoder(&out)
	var want []request
	draw := rand.New(rand.NewPCG(6, 7))
	for range 3000 {
		payload, _ := drawAttack(draw)
		q, same := in.put(payload), again.put(payload)
		if q.URI != same.URI || q.Body != same.Body || !slices.Equal(q.Headers, same.Headers) {
			t.Fatalf("one seed makes %+v and %+v", q, same)
		}
		if err := rows.Encode(q); err != nil {
			t.Fatal(err)
		}
		want = append(want, q)
	}
	format, ok := event.FormatByName("json")
	if !ok {
		t.Fatal("no format is called json")
	}
	r, err := event.NewReader(&out, format, event.Options{Kind: event.HTTP})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for {
		var b event.Batch
		if err := r.Next(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			q := &want[read]
			read++
			if e.Err != nil || e.Kind != event.HTTP || string(b.Text(e, event.Method)) != q.Method || len(b.Text(e, event.URL)) == 0 {
				t.Fatalf("row %d: %v, kind %v: %s", read, e.Err, e.Kind, b.Bytes(e.Raw))
			}
		}
	}
	if read != len(want) {
		t.Errorf("%d records of %d rows", read, len(want))
	}
}
