package core_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
)

// readerOf returns a reader of a stream in a named format.
func readerOf(tb testing.TB, format string, r io.Reader, o event.Options) *event.Reader {
	tb.Helper()
	f, ok := event.FormatByName(format)
	if !ok {
		tb.Fatalf("no format is called %s", format)
	}
	reader, err := event.NewReader(r, f, o)
	if err != nil {
		tb.Fatal(err)
	}
	return reader
}

// Verdicts, summaries and incidents depend neither on the number of workers
// nor on how the log is cut into batches, for any kind of log.
func TestScanDoesNotDependOnWorkers(t *testing.T) {
	for _, l := range sampleOf(t).test {
		want, wantSum, wantIncidents := scanAll(t, engineOf(t, core.Options{Workers: 1}), &l, 0)
		for _, c := range []struct{ workers, batch int }{{1, 4 << 10}, {2, 16 << 10}, {8, 4 << 10}, {8, 0}, {3, 1}} {
			name := l.name + " workers " + strconv.Itoa(c.workers) + " batch " + strconv.Itoa(c.batch)
			t.Run(name, func(t *testing.T) {
				got, sum, incidents := scanAll(t, engineOf(t, core.Options{Workers: c.workers}), &l, c.batch)
				if len(got) != len(want) {
					t.Fatalf("%d verdicts, want %d", len(got), len(want))
				}
				for i := range got {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Fatalf("record %d: %+v, want %+v", i+1, got[i], want[i])
					}
				}
				if !reflect.DeepEqual(sum, wantSum) {
					t.Errorf("summary %+v, want %+v", sum, wantSum)
				}
				if !reflect.DeepEqual(incidents, wantIncidents) {
					t.Errorf("incidents %+v, want %+v", incidents, wantIncidents)
				}
			})
		}
	}
}

// What is in a verdict agrees with itself, with the log and with the truth.
func TestScanVerdicts(t *testing.T) {
	const budget = 1e-2
	e := engineOf(t, core.Options{Workers: 2, Budget: core.Budget{Rate: budget}})
	for _, l := range sampleOf(t).test {
		t.Run(l.name, func(t *testing.T) {
			verdicts, sum, incidents := scanAll(t, e, &l, 32<<10)
			lines := bytes.Split(l.text, []byte("\n"))
			var threats, alarms, found int64
			for i, v := range verdicts {
				if v.Err != nil {
					t.Fatalf("line %d: %v", v.Line, v.Err)
				}
				if v.Record != int64(i+1) || v.Kind != l.kind || v.Outside || v.Missing != 0 {
					t.Fatalf("record %d: %+v", i+1, v)
				}
				raw := l.text[v.Offset : v.Offset+int64(v.Length)]
				if !bytes.Equal(raw, lines[v.Line-1]) {
					t.Fatalf("record %d points to %q, line %d is %q", i+1, raw, v.Line, lines[v.Line-1])
				}
				if !(v.Score >= 0 && v.Score <= 1 && v.FalseAlarmRate >= 0 && v.FalseAlarmRate <= 1) {
					t.Fatalf("record %d: score %v, rate %v", i+1, v.Score, v.FalseAlarmRate)
				}
				if v.Threat != (v.FalseAlarmRate <= budget) || v.Threat != (v.Class != "") ||
					v.Threat != (v.Severity != core.SeverityNone) || v.Threat != (v.Incident != 0) {
					t.Fatalf("record %d contradicts itself: %+v", i+1, v)
				}
				if v.entity == "" && l.truth[v.Line] != "" {
					t.Errorf("line %d is about nobody", v.Line)
				}
				_, attack := l.truth[v.Line]
				switch {
				case v.Threat && attack:
					found++
				case v.Threat:
					alarms++
				}
				if v.Threat {
					threats++
				}
			}
			if sum.Threats != threats || sum.Records != int64(len(verdicts)) || sum.Unread != 0 || sum.Lines != int64(len(lines)-1) {
				t.Errorf("summary %+v of %d records, %d threats", sum, len(verdicts), threats)
			}
			var counted int64
			for _, in := range incidents {
				counted += in.Count
			}
			if counted != threats {
				t.Errorf("incidents hold %d threats, want %d", counted, threats)
			}
			attacks := int64(len(l.truth))
			t.Logf("%d of %d attack lines found, %d false alarms in %d lines", found, attacks, alarms, sum.Records-attacks)
			if 2*found < attacks {
				t.Errorf("only %d of %d attack lines found", found, attacks)
			}
			if float64(alarms) > 5*budget*float64(sum.Records-attacks) {
				t.Errorf("%d false alarms in %d lines", alarms, sum.Records-attacks)
			}
		})
	}
}

// Outside the range events still feed the windows, so the verdicts inside are
// those of the whole scan.
func TestScanTimeRange(t *testing.T) {
	l := &sampleOf(t).test[3]
	whole, _, _ := scanAll(t, engineOf(t, core.Options{Workers: 2}), l, 0)
	since, until := whole[len(whole)/3].Time, whole[2*len(whole)/3].Time
	tests := []struct {
		name         string
		since, until int64
	}{
		{"both", since, until},
		{"since", since, 0},
		{"until", 0, until},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			part, sum, incidents := scanAll(t, engineOf(t, core.Options{Workers: 2, Since: c.since, Until: c.until}), l, 0)
			if len(part) != len(whole) || sum.Records != int64(len(whole)) {
				t.Fatalf("%d verdicts, %d records, want %d", len(part), sum.Records, len(whole))
			}
			inside := 0
			for i, v := range part {
				out := c.since != 0 && v.Time < c.since || c.until != 0 && v.Time >= c.until
				if v.Outside != out || out && v.Threat {
					t.Fatalf("line %d, time %d: %+v", v.Line, v.Time, v)
				}
				if v.Score != whole[i].Score || v.FalseAlarmRate != whole[i].FalseAlarmRate {
					t.Fatalf("line %d scores %v, in the whole scan %v", v.Line, v.Score, whole[i].Score)
				}
				if !out {
					inside++
				}
			}
			if inside == 0 || inside == len(part) {
				t.Fatalf("%d of %d inside", inside, len(part))
			}
			for _, in := range incidents {
				if c.since != 0 && in.First < c.since || c.until != 0 && in.Last >= c.until {
					t.Errorf("incident %d reaches outside: %d to %d", in.ID, in.First, in.Last)
				}
			}
		})
	}
}

// Records that cannot be read are counted by reason and keep their place.
func TestScanUnread(t *testing.T) {
	l := sampleOf(t).test[3]
	text := "no syslog line\n" + string(l.text) + "\nnor this\n"
	l.text = []byte(text)
	for _, workers := range []int{1, 4} {
		verdicts, sum, _ := scanAll(t, engineOf(t, core.Options{Workers: workers}), &l, 8<<10)
		last := len(verdicts) - 1
		if sum.Unread != 2 || sum.Lines != int64(strings.Count(text, "\n")) || verdicts[0].Err == nil || verdicts[last].Err == nil {
			t.Fatalf("%d workers: %+v", workers, sum)
		}
		if verdicts[0].Line != 1 || verdicts[last].Line != sum.Lines || verdicts[last].Record != sum.Records {
			t.Errorf("first %+v, last %+v", verdicts[0], verdicts[last])
		}
		var counted int64
		for reason, n := range sum.Reasons {
			counted += n
			if line := sum.FirstUnread[reason]; line != 1 && line != sum.Lines {
				t.Errorf("%s first seen on line %d", reason, line)
			}
		}
		if counted != 2 {
			t.Errorf("reasons %v", sum.Reasons)
		}
	}
}

// An event of a kind that no model is loaded for is an error, not benign.
func TestScanWithoutModel(t *testing.T) {
	s := sampleOf(t)
	e := engineOf(t, core.Options{Models: s.models[:1], Workers: 1})
	verdicts, sum, _ := scanAll(t, e, &s.test[3], 0)
	if sum.Unread != sum.Records || sum.Threats != 0 || len(sum.Reasons) != 1 {
		t.Errorf("%+v", sum)
	}
	for _, v := range verdicts {
		if v.Err == nil {
			t.Fatalf("line %d got a verdict: %+v", v.Line, v)
		}
	}
}

// Windows and incidents go on from file to file.
func TestScanSeveralFiles(t *testing.T) {
	l := &sampleOf(t).test[3]
	e := engineOf(t, core.Options{Workers: 2})
	whole, _, wantIncidents := scanAll(t, e, l, 0)
	cut := bytes.IndexByte(l.text[len(l.text)/2:], '\n') + 1 + len(l.text)/2
	scan := e.NewScan()
	var got []kept
	for _, part := range [][]byte{l.text[:cut], l.text[cut:]} {
		one := sampleLog{name: l.name, format: l.format, kind: l.kind, text: part}
		if _, err := scan.File(context.Background(), one.name, one.reader(t, 0), func(r *core.Result) error {
			got = keep(got, r)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != len(whole) {
		t.Fatalf("%d verdicts, want %d", len(got), len(whole))
	}
	for i := range got {
		if got[i].Score != whole[i].Score || got[i].Incident != whole[i].Incident {
			t.Fatalf("record %d: %+v, want %+v", i, got[i], whole[i])
		}
	}
	incidents := scan.Incidents()
	if len(incidents) != len(wantIncidents) {
		t.Errorf("%d incidents, want %d", len(incidents), len(wantIncidents))
	}
}

// endless repeats a text for ever.
type endless struct {
	text []byte
	at   int
}

func (r *endless) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func TestScanStops(t *testing.T) {
	l := &sampleOf(t).test[0]
	own := errors.New("enough")
	for _, workers := range []int{1, 2, 8} {
		e := engineOf(t, core.Options{Workers: workers})
		start := func() *event.Reader {
			return readerOf(t, l.format, &endless{text: l.text}, event.Options{BatchBytes: 8 << 10})
		}
		t.Run("visit's error, workers "+strconv.Itoa(workers), func(t *testing.T) {
			visits := 0
			sum, err := e.NewScan().File(context.Background(), l.name, start(), func(*core.Result) error {
				if visits++; visits == 3 {
					return own
				}
				return nil
			})
			if !errors.Is(err, own) || visits != 3 || sum.Records == 0 {
				t.Errorf("error %v after %d visits, %d records", err, visits, sum.Records)
			}
		})
		t.Run("cancelled, workers "+strconv.Itoa(workers), func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			visits := 0
			_, err := e.NewScan().File(ctx, l.name, start(), func(*core.Result) error {
				if visits++; visits == 2 {
					cancel()
				}
				return nil
			})
			if !errors.Is(err, context.Canceled) || visits != 2 {
				t.Errorf("error %v after %d visits", err, visits)
			}
		})
		t.Run("cancelled before, workers "+strconv.Itoa(workers), func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_, err := e.NewScan().File(ctx, l.name, start(), func(*core.Result) error { return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// broken fails after a text.
type broken struct {
	io.Reader
	err error
}

func (r *broken) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		err = r.err
	}
	return n, err
}

// What was read before a file breaks off is judged; the reader's error is told.
func TestScanBrokenFile(t *testing.T) {
	l := &sampleOf(t).test[0]
	torn := errors.New("torn")
	for _, workers := range []int{1, 4} {
		e := engineOf(t, core.Options{Workers: workers})
		r := readerOf(t, l.format, &broken{bytes.NewReader(l.text), torn}, event.Options{BatchBytes: 8 << 10})
		sum, err := e.NewScan().File(context.Background(), l.name, r, func(*core.Result) error { return nil })
		if !errors.Is(err, torn) || sum.Lines != int64(bytes.Count(l.text, []byte("\n"))) {
			t.Errorf("workers %d: %v after %d lines", workers, err, sum.Lines)
		}
	}
}

// Terse spares the reasons of incidents and changes nothing else.
func TestTerse(t *testing.T) {
	m, _ := benchModel(t)
	log := accessLog(2000, 7)
	incidents := func(terse bool) []core.Incident {
		e := engineOf(t, core.Options{Models: []*model.Model{m}, Workers: 1, ThreatsOnly: true, Terse: terse})
		s := e.NewScan()
		if _, err := s.File(t.Context(), "access.log", readerOf(t, "combined", bytes.NewReader(log), event.Options{}), func(*core.Result) error { return nil }); err != nil {
			t.Fatal(err)
		}
		return s.Incidents()
	}
	told, terse := incidents(false), incidents(true)
	if len(told) == 0 || len(told) != len(terse) {
		t.Fatalf("%d incidents told, %d terse", len(told), len(terse))
	}
	for i := range told {
		if told[i].Why == "" || terse[i].Why != "" {
			t.Errorf("incident %d: why %q told, %q terse", told[i].ID, told[i].Why, terse[i].Why)
		}
		told[i].Why = ""
	}
	if !reflect.DeepEqual(told, terse) {
		t.Error("terse incidents differ in more than their reasons")
	}
}
