package feature

import (
	"math"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// fields of an event of a test.
type texts map[event.TextField]string

type numbers map[event.NumField]float64

// made is a batch of one event a call of add.
type made struct{ event.Batch }

func (m *made) add(k event.Kind, ts texts, ns numbers) *event.Event {
	m.Events = append(m.Events, event.Event{})
	e := &m.Events[len(m.Events)-1]
	e.Reset()
	e.Kind = k
	// In the order of the fields: maps have none.
	for f := range event.NumText {
		if t, ok := ts[f]; ok {
			e.Text[f] = m.Append([]byte(t))
		}
	}
	for f, n := range ns {
		e.Num[f] = n
	}
	return e
}

// encoded is the result of encoding a batch.
type encoded struct {
	Batch
	obs    []Observation
	schema *Schema
}

func encodeEvents(enc Encoder, b *event.Batch) *encoded {
	out := &encoded{schema: enc.Schema()}
	var s Scratch
	enc.Encode(&out.Batch, &out.obs, b, &s)
	return out
}

func (o *encoded) get(t testing.TB, row int, name string) float64 {
	t.Helper()
	c := o.schema.Column(name)
	if c < 0 {
		t.Fatalf("no column %q", name)
	}
	return float64(o.Row(row)[c])
}

// want compares named columns of a row; NaN equals NaN.
func (o *encoded) want(t *testing.T, row int, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		if got := o.get(t, row, name); math.Abs(got-w) > 1e-3 && !(got != got && w != w) {
			t.Errorf("row %d: %s = %.4f, want %.4f", row, name, got, w)
		}
	}
}

// values returns the texts of a row.
func (o *encoded) values(row int) (v []string) {
	for i := range o.Texts.Of(row) {
		v = append(v, string(o.Texts.Bytes(&o.Texts.Of(row)[i])))
	}
	return v
}

// What every encoder keeps: the shape of its schema, rows for unreadable and
// foreign events, context columns left to Context, no allocation once warm, and
// rows that do not depend on the batch they stand in.
func TestEncoders(t *testing.T) {
	samples := map[event.Kind]func(m *made){
		event.Flow: func(m *made) {
			m.add(event.Flow, texts{event.SourceIP: "192.0.2.7", event.DestinationIP: "198.51.100.9", event.Transport: "tcp", event.ConnState: "SF", event.History: "ShADadFf"},
				numbers{event.SourcePort: 50123, event.DestinationPort: 443, event.Duration: 1.5, event.SourceBytes: 900, event.DestinationBytes: 4000, event.SourcePackets: 8, event.DestinationPackets: 9})
		},
		event.DNS: func(m *made) {
			m.add(event.DNS, texts{event.SourceIP: "192.0.2.7", event.QuestionName: "Mail.Example.org", event.QuestionType: "A", event.ResponseCode: "NOERROR", event.Answers: "192.0.2.1,192.0.2.2"}, numbers{event.AnswerCount: 2})
		},
		event.Auth: func(m *made) {
			m.add(event.Auth, texts{event.SourceIP: "203.0.113.9", event.UserName: "root", event.HostName: "web1", event.Process: "sshd", event.Action: event.ActionLogin, event.Outcome: event.OutcomeFailure, event.Reason: event.ReasonBadPassword, event.Command: "/bin/ls"}, nil)
		},
	}
	for k, sample := range samples {
		t.Run(k.String(), func(t *testing.T) {
			enc, err := EncoderOf(k)
			if err != nil {
				t.Fatal(err)
			}
			s := enc.Schema()
			if s.Kind != k || !slices.Equal(s.Names[s.Stateless:], ContextNames(k)) {
				t.Fatalf("schema of kind %v ends in %v", s.Kind, s.Names[s.Stateless:])
			}
			seen := map[string]bool{}
			for _, n := range s.Names {
				if n == "" || seen[n] {
					t.Errorf("column %q is empty or twice", n)
				}
				seen[n] = true
			}

			var m made
			sample(&m)
			m.add(event.Table, nil, nil)
			m.add(k, nil, nil).Err = event.ErrFields
			m.add(k, nil, nil) // readable, and nothing known
			sample(&m)
			out := encodeEvents(enc, &m.Batch)
			if out.N != 5 || out.D != len(s.Names) || len(out.obs) != 5 || len(out.Texts.First) != 6 {
				t.Fatalf("%d rows of %d, %d observations, %d value offsets", out.N, out.D, len(out.obs), len(out.Texts.First))
			}
			for i := range 5 {
				for j, x := range out.Row(i) {
					if (i == 1 || i == 2 || j >= s.Stateless) && x == x {
						t.Errorf("row %d: %s = %g, want NaN", i, s.Names[j], x)
					}
					if math.IsInf(float64(x), 0) {
						t.Errorf("row %d: %s is infinite", i, s.Names[j])
					}
				}
			}
			if out.obs[1].Kind != event.KindNone || out.obs[2].Kind != event.KindNone {
				t.Error("an unreadable event has an observation")
			}
			for j, x := range out.Row(0) {
				if math.Float32bits(x) != math.Float32bits(out.Row(4)[j]) {
					t.Errorf("%s is %g and %g for the same event", s.Names[j], x, out.Row(4)[j])
				}
			}
			if out.obs[0] != out.obs[4] || out.obs[0].Entity == 0 {
				t.Errorf("observations %+v and %+v of the same event", out.obs[0], out.obs[4])
			}

			var sc Scratch
			if n := testing.AllocsPerRun(100, func() { enc.Encode(&out.Batch, &out.obs, &m.Batch, &sc) }); n != 0 {
				t.Errorf("%g allocations a batch", n)
			}
		})
	}
	if _, err := EncoderOf(event.Table); err == nil {
		t.Error("tables have an encoder without columns")
	}
	if _, err := EncoderOf(event.KindNone); err == nil || err.Error() == "" {
		t.Error("no kind has an encoder")
	}
}

// fuzzEncoder feeds an encoder texts and numbers of every kind, and its
// observations to a context.
func fuzzEncoder(f *testing.F, k event.Kind, fields []event.TextField, seeds [][]string) {
	for _, s := range seeds {
		for len(s) < 4 {
			s = append(s, "")
		}
		f.Add(s[0], s[1], s[2], s[3], 1.0, 1e9)
		f.Add(s[0], s[1], s[2], s[3], math.NaN(), math.Inf(1))
		f.Add(s[0], s[1], s[2], s[3], -1e300, 65536.5)
	}
	f.Fuzz(func(t *testing.T, a, b, c, d string, x, y float64) {
		var m made
		ts := texts{}
		for i, v := range []string{a, b, c, d} {
			if i < len(fields) {
				ts[fields[i]] = v
			}
		}
		ns := numbers{}
		for n := range event.NumNum {
			ns[n] = x
			if n%2 == 1 {
				ns[n] = y
			}
		}
		m.add(k, ts, ns)
		enc, err := EncoderOf(k)
		if err != nil {
			t.Fatal(err)
		}
		checkPartial(t, enc, &m.Batch)
		out := encodeEvents(enc, &m.Batch)
		for j, v := range out.Row(0) {
			if math.IsInf(float64(v), 0) {
				t.Errorf("%s is infinite", enc.Schema().Names[j])
			}
		}
		for i := range out.Texts.Of(0) {
			v := &out.Texts.Of(0)[i]
			if out.Texts.Bytes(v) == nil || len(m.Bytes(v.Raw)) != int(v.Raw.Len) {
				t.Error("a value without text")
			}
		}
		ctx := NewContext(k, ContextLimits{Entities: 2})
		ctx.Update(out.Row(0)[enc.Schema().Stateless:], &out.obs[0])
		for j, v := range out.Row(0)[enc.Schema().Stateless:] {
			if v < 0 || math.IsInf(float64(v), 0) {
				t.Errorf("%s = %g", ContextNames(k)[j], v)
			}
		}
	})
}
