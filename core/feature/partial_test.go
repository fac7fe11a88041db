package feature

import (
	"math"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// checkPartial holds what Partial promises, for every row of a batch: quick and
// then complete is whole, and what is not quick touches no other row.
func checkPartial(t *testing.T, enc Encoder, b *event.Batch) {
	t.Helper()
	p, ok := enc.(Partial)
	if !ok {
		return
	}
	whole := encodeEvents(enc, b)
	var quick encoded
	var s Scratch
	for range 2 { // the second time with the memory of the first
		for i := range quick.X {
			quick.X[i] = 1e30
		}
		p.EncodeQuick(&quick.Batch, &quick.obs, b, &s)
		from, to := p.Quick()
		stateless := enc.Schema().Stateless
		for i := range b.Events {
			got, want := slices.Clone(quick.Row(i)), slices.Clone(whole.Row(i))
			if readableEvent(&b.Events[i], enc.Schema().Kind) {
				clear(got[:from])
				clear(want[:from])
				clear(got[to:stateless])
				clear(want[to:stateless])
			}
			wantBits(t, enc, "quick", i, got, want)
		}
		if !slices.Equal(quick.obs, whole.obs) || !slices.Equal(quick.Texts.First, whole.Texts.First) ||
			!slices.Equal(quick.Texts.Values, whole.Texts.Values) || !slices.Equal(quick.Texts.Buf, whole.Texts.Buf) ||
			!slices.Equal(quick.Raw.Parts, whole.Raw.Parts) {
			t.Fatal("quick rows have other values or observations")
		}
		for i := range b.Events {
			if !readableEvent(&b.Events[i], enc.Schema().Kind) {
				continue
			}
			context := quick.Row(i)[stateless:]
			for j := range context {
				context[j] = 7 // as the windows left them
			}
			p.Complete(&quick.Batch, i, b, &s)
			wantBits(t, enc, "completed", i, quick.Row(i)[:stateless], whole.Row(i)[:stateless])
			if slices.ContainsFunc(context, func(x float32) bool { return x != 7 }) {
				t.Fatalf("row %d: Complete wrote a context column", i)
			}
		}
		for i := range b.Events {
			wantBits(t, enc, "completed", i, quick.Row(i)[:stateless], whole.Row(i)[:stateless])
		}
	}
}

func wantBits(t *testing.T, enc Encoder, how string, row int, got, want []float32) {
	t.Helper()
	for j := range want {
		if math.Float32bits(got[j]) != math.Float32bits(want[j]) {
			t.Fatalf("row %d %s: %s = %v, want %v", row, how, enc.Schema().Names[j], got[j], want[j])
		}
	}
}

func TestPartial(t *testing.T) {
	requests := &event.Batch{}
	for i, u := range append(slices.Clone(attackURLs[:]), benignURLs[:]...) {
		texts := lineEvent()
		texts[event.URL] = u
		switch i % 4 {
		case 1:
			texts[event.Body] = `{"a":"` + u + `","n":12}`
		case 2:
			texts[event.Cookie] = "sid=abc; q=%27"
			texts[event.UserAgent] = "() { :;}; /bin/cat"
		case 3:
			texts[event.Referrer] = "https://a.example/?q=" + u
			delete(texts, event.UserAgent)
		}
		addRequest(requests, texts)
	}
	requests.Events = append(requests.Events, event.Event{Kind: event.DNS})
	for _, h := range []*HTTP{NewHTTP(), NewWholeHTTP()} {
		checkPartial(t, h, requests)
	}

	var queries made
	for i, name := range []string{"Mail.Example.org.", "", "1.0.0.127.in-addr.arpa", "x7f3a9.ddns.example.co.uk", "printer.local", "www.example.com"} {
		queries.add(event.DNS, texts{
			event.SourceIP: "192.0.2.7", event.QuestionName: name,
			event.QuestionType: []string{"A", "TXT", "PTR"}[i%3], event.ResponseCode: []string{"NOERROR", "NXDOMAIN", ""}[i/2],
		}, numbers{event.AnswerCount: float64(i)})
	}
	queries.add(event.HTTP, nil, nil)
	checkPartial(t, NewDNS(), &queries.Batch)
}
