package feature

import (
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// score returns what a signal says of a row: absent columns add nothing.
func (g *Signal) score(s *Schema, row []float32) float64 {
	sum := g.Bias
	for i, name := range g.Columns {
		if x := float64(row[s.Column(name)]); x == x {
			sum += g.Weights[i] * x
		}
	}
	return sum
}

func TestContextSignals(t *testing.T) {
	for _, k := range contextKinds {
		enc, err := EncoderOf(k)
		if err != nil {
			t.Fatal(err)
		}
		s := enc.Schema()
		seen := map[string]bool{}
		for _, g := range ContextSignals(k) {
			if g.Name == "" || g.Class == "" || g.Why == "" || seen[g.Name] || len(g.Columns) == 0 || len(g.Columns) != len(g.Weights) {
				t.Errorf("%v: %+v", k, g)
			}
			seen[g.Name] = true
			if g.Bias >= 0 {
				t.Errorf("%v %s: a row of zeros is a threat", k, g.Name)
			}
			for i, name := range g.Columns {
				c := s.Column(name)
				if c < 0 {
					t.Errorf("%v %s: no column %q", k, g.Name, name)
				}
				if c >= s.Stateless && g.Weights[i] < 0 {
					t.Errorf("%v %s: the weight of %s is negative", k, g.Name, name)
				}
			}
		}
		if len(seen) == 0 {
			t.Errorf("%v has no signals", k)
		}
	}
	if g := ContextSignals(event.Table); g != nil {
		t.Errorf("tables have signals %v", g)
	}
}

// Behaviours that a signal must see and ordinary ones that it must not.
func TestSignalsOnBehaviour(t *testing.T) {
	const second = int64(1e9)
	host := func(i int) string { return "198.51.100." + string(rune('0'+i/10%10)) + string(rune('0'+i%10)) }
	flow := func(m *made, at int64, from, to string, port float64, answered bool, out, in float64) {
		ns := numbers{event.DestinationPort: port, event.Duration: 0.2, event.SourceBytes: out, event.DestinationBytes: in, event.SourcePackets: 6, event.DestinationPackets: 6}
		state := "SF"
		if !answered {
			ns[event.DestinationBytes], ns[event.DestinationPackets], state = 0, 0, "S0"
		}
		m.add(event.Flow, texts{event.SourceIP: from, event.DestinationIP: to, event.Transport: "tcp", event.ConnState: state}, ns).Time = at
	}
	login := func(m *made, at int64, from, user, outcome string) {
		m.add(event.Auth, texts{event.SourceIP: from, event.UserName: user, event.HostName: "web1", event.Process: "sshd", event.Action: event.ActionLogin, event.Outcome: outcome}, nil).Time = at
	}
	query := func(m *made, at int64, name, code, answers string) {
		m.add(event.DNS, texts{event.SourceIP: "192.0.2.7", event.QuestionName: name, event.QuestionType: "A", event.ResponseCode: code, event.Answers: answers}, nil).Time = at
	}
	word := func(i int) string {
		return string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/5%26))
	}
	tests := []struct {
		name string
		kind event.Kind
		fill func(m *made)
		want string // names of the signals above 0 at the last event, in order
	}{
		{"a browser", event.Flow, func(m *made) {
			for i := range 60 {
				flow(m, int64(i*i%97)*second, "192.0.2.7", host(i%8), 443, true, 2000, 40000)
			}
		}, ""},
		{"a scan of hosts", event.Flow, func(m *made) {
			for i := range 60 {
				flow(m, int64(i)*second/10, "192.0.2.7", host(i), 445, false, 44, 0)
			}
		}, "scan-hosts"},
		{"a scan of ports", event.Flow, func(m *made) {
			for i := range 60 {
				flow(m, int64(i)*second/10, "192.0.2.7", "198.51.100.1", float64(1000+i), false, 44, 0)
			}
		}, "scan-ports"},
		{"guessing at ssh", event.Flow, func(m *made) {
			for i := range 60 {
				flow(m, int64(i*i%7+3*i)*second, "192.0.2.7", "198.51.100.1", 22, true, 2000, 2400)
			}
		}, "brute-force"},
		{"a beacon", event.Flow, func(m *made) {
			for i := range 30 {
				flow(m, int64(60*i+i%3)*second, "192.0.2.7", "198.51.100.1", 8443, true, 300, 200)
			}
		}, "beacon"},
		{"a beacon with 50 % jitter", event.Flow, func(m *made) {
			for i := range 80 {
				flow(m, int64(600*i+i*i*37%300)*second, "192.0.2.7", "198.51.100.1", 8443, true, float64(300+i%5), 200)
			}
		}, "poll"},
		{"a beacon every two hours", event.Flow, func(m *made) {
			for i := range 24 {
				flow(m, int64(7200*i+i*i%97)*second, "192.0.2.7", "198.51.100.1", 8443, true, float64(300+i%5), 200)
			}
		}, "beacon poll"},
		{"visits at random", event.Flow, func(m *made) { // gaps from 6 seconds to 3 hours
			for i, at := 0, 0; i < 80; i++ {
				at += 6 << (i * 7 % 11)
				flow(m, int64(at)*second, "192.0.2.7", "198.51.100.1", 443, true, 300, 200)
			}
		}, ""},
		{"pages at leisure", event.Flow, func(m *made) {
			for i := range 80 {
				flow(m, int64(600*i+i*i*37%300)*second, "192.0.2.7", "198.51.100.1", 443, true, float64(300+i*i%97*20), 2000*float64(1+i%7*i%7))
			}
		}, ""},
		{"a clock", event.Flow, func(m *made) {
			for i := range 30 {
				flow(m, int64(64*i)*second, "192.0.2.7", "198.51.100.1", 123, true, 90, 90)
			}
		}, ""},
		{"a flood", event.Flow, func(m *made) {
			for i := range 3000 {
				flow(m, int64(i)*second/100, host(i), "198.51.100.1", 80, false, 44, 0)
			}
		}, "flooding"},
		{"a worm", event.Flow, func(m *made) {
			flow(m, 0, "192.0.2.99", "192.0.2.7", 445, true, 9000, 300)
			for i := range 30 {
				flow(m, int64(60+i)*second, "192.0.2.7", host(i), 445, true, 9000, 300)
			}
		}, "worm"},
		{"an exfiltration", event.Flow, func(m *made) {
			for i := range 40 {
				flow(m, int64(i*i%97)*second, "192.0.2.7", host(i%8), 443, true, 2000, 40000)
			}
			flow(m, 100*second, "192.0.2.7", "203.0.113.1", 443, true, 8e8, 4e5)
		}, "exfiltration slow-exfiltration"},
		{"an upload in many parts", event.Flow, func(m *made) {
			for i := range 200 {
				flow(m, int64(200*i)*second, "192.0.2.7", "203.0.113.1", 443, true, 6e6+float64(i%50), 4e4)
			}
		}, "beacon poll slow-exfiltration"},
		{"a day of mail", event.Flow, func(m *made) {
			for i := range 200 {
				flow(m, int64(200*i+i*i%97)*second, "192.0.2.7", "198.51.100.1", 443, true, 2e5*float64(1+i%9), 4e4)
			}
		}, ""},

		{"a typing error", event.Auth, func(m *made) {
			login(m, 0, "192.0.2.7", "alice", event.OutcomeFailure)
			login(m, 9*second, "192.0.2.7", "alice", event.OutcomeSuccess)
		}, ""},
		{"three failures in an hour", event.Auth, func(m *made) {
			for i := range 3 {
				login(m, int64(i)*1500*second, "203.0.113.9", "root", event.OutcomeFailure)
			}
		}, "brute-force"},
		{"many users", event.Auth, func(m *made) {
			for i := range 12 {
				login(m, int64(i)*60*second, "203.0.113.9", word(i), event.OutcomeFailure)
			}
		}, "brute-force spraying"},
		{"in after failures", event.Auth, func(m *made) {
			for i := range 6 {
				login(m, int64(i)*second, "203.0.113.9", "root", event.OutcomeFailure)
			}
			login(m, 10*second, "203.0.113.9", "root", event.OutcomeSuccess)
		}, "brute-force success-after-failures"},

		{"an office", event.DNS, func(m *made) {
			for i := range 60 {
				query(m, int64(i)*second, word(i)+".example"+word(i%9)+".org", "NOERROR", "192.0.2.1")
			}
		}, ""},
		{"an infected client", event.DNS, func(m *made) {
			for i := range 40 {
				query(m, int64(i)*second, "kq"+word(i)+"xw"+word(3*i)+".info", "NXDOMAIN", "")
			}
		}, "missing-domains"},
		{"a tunnel", event.DNS, func(m *made) {
			for i := range 300 {
				query(m, int64(i)*second/4, strings.Repeat(word(i)+word(i/7), 8)+".example.net", "NOERROR", "192.0.2.1")
			}
		}, "many-names slow-tunnel"},
		{"a slow tunnel", event.DNS, func(m *made) {
			for i := range 150 {
				query(m, int64(i)*300*second, strings.Repeat(word(i)+word(i/7), 5)+".t.example.net", "NOERROR", "192.0.2.1")
			}
		}, "slow-tunnel"},
		{"a day under one domain", event.DNS, func(m *made) {
			for i := range 300 {
				query(m, int64(i)*150*second, word(i*i%23)+".cdn.example.net", "NOERROR", "192.0.2.1")
			}
		}, ""},
		{"a name that moves", event.DNS, func(m *made) {
			for i := range 60 {
				query(m, int64(i)*60*second, "www.example.net", "NOERROR", host(i)+","+host(7*i))
			}
		}, "fast-flux"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m made
			tt.fill(&m)
			enc, err := EncoderOf(tt.kind)
			if err != nil {
				t.Fatal(err)
			}
			out := encodeEvents(enc, &m.Batch)
			ctx := NewContext(tt.kind, ContextLimits{})
			for i := range out.obs {
				ctx.Update(out.Row(i)[out.schema.Stateless:], &out.obs[i])
			}
			var raised []string
			for _, g := range ContextSignals(tt.kind) {
				if score := g.score(out.schema, out.Row(out.N-1)); score > 0 {
					raised = append(raised, g.Name)
				}
			}
			if got := strings.Join(raised, " "); got != tt.want {
				t.Errorf("signals %q, want %q", got, tt.want)
				for _, g := range ContextSignals(tt.kind) {
					t.Logf("%s %.2f", g.Name, g.score(out.schema, out.Row(out.N-1)))
				}
			}
		})
	}
}
