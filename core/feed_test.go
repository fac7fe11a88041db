package core_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// A log that comes in pieces of whole lines, judged by passes that end and are
// resumed at any piece, gives the verdicts, incidents and counts of one scan.
func TestFeedResumed(t *testing.T) {
	e := engineOf(t, core.Options{Workers: 1})
	for _, l := range sampleOf(t).test {
		t.Run(l.name, func(t *testing.T) {
			want, wantSum, wantIncidents := scanAll(t, e, &l, 0)
			random := rand.New(rand.NewPCG(1, 2))
			scan := e.NewScan()
			feed := scan.NewFeed(l.name, 0, 0)
			var reader *event.Reader
			var parser event.Parser
			var got []kept
			threats := int64(0)
			visit := func(r *core.Result) error { got = keep(got, r); return nil }
			for at := 0; at < len(l.text); {
				end := min(at+random.IntN(16<<10), len(l.text))
				end += bytes.IndexByte(l.text[end:], '\n') + 1
				if end <= at {
					end = len(l.text)
				}
				if at > 0 {
					reader.Behind(bytes.NewReader(l.text[at:end]), parser, int64(at))
				} else {
					reader = readerOf(t, l.format, bytes.NewReader(l.text[:end]), event.Options{})
				}
				for {
					err := reader.Next(feed.Batch())
					if err == io.EOF {
						break
					} else if err != nil {
						t.Fatal(err)
					}
					parser = feed.Batch().Parser
					if err := feed.Judge(visit); err != nil {
						t.Fatal(err)
					}
				}
				at = end
				if random.IntN(8) == 0 {
					state := scan.State()
					threats += feed.Summary().Threats
					line, record := feed.Position()
					scan = e.NewScan()
					if err := scan.Resume(state); err != nil {
						t.Fatal(err)
					}
					feed = scan.NewFeed(l.name, line, record)
				}
			}
			threats += feed.Summary().Threats
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%d verdicts, want %d, or they differ", len(got), len(want))
			}
			if threats != wantSum.Threats {
				t.Errorf("%d threats, want %d", threats, wantSum.Threats)
			}
			if !reflect.DeepEqual(scan.Incidents(), wantIncidents) {
				t.Errorf("incidents differ")
			}
		})
	}
}

// A state of other bytes than a pass would write changes nothing.
func TestResumeRefuses(t *testing.T) {
	scan := engineOf(t, core.Options{Workers: 1}).NewScan()
	var st core.State
	st.Judged = 7
	st.Windows[event.HTTP] = []byte("rubbish")
	if err := scan.Resume(st); err == nil {
		t.Fatal("rubbish was taken")
	}
	if scan.State().Judged != 0 {
		t.Error("a refused state changed the pass")
	}
}
