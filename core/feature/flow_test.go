package feature

import (
	"fmt"
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

func TestFlow(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name  string
		ts    texts
		ns    numbers
		want  map[string]float64
		flags uint32
	}{
		{
			"web download",
			texts{event.SourceIP: "192.0.2.7", event.DestinationIP: "198.51.100.9", event.Transport: "tcp", event.ConnState: "SF", event.History: "ShADadFf"},
			numbers{event.DestinationPort: 443, event.Duration: 1.5, event.SourceBytes: 900, event.DestinationBytes: 54000, event.SourcePackets: 20, event.DestinationPackets: 40},
			map[string]float64{
				"duration": 1, "source.bytes": 6.75, "bytes.balance": -1, "packets.balance": -0.375, "destination.packet_size": 7.25,
				"destination.silent": 0, "source.few_packets": 0, "source.headers_only": 1, "destination.headers_only": 0,
				"transport.tcp": 1, "transport.udp": 0, "port.web": 1, "port.login": 0, "port.none": 0,
				"state.normal": 1, "state.attempt": 0, "history.data": 1, "history.answer": 1, "history.reset": 0,
			},
			FlagService | FlagSuccess | FlagWrite,
		},
		{
			"unanswered attempt, no sensor state",
			texts{event.SourceIP: "192.0.2.7", event.DestinationIP: "198.51.100.9", event.Transport: "tcp"},
			numbers{event.DestinationPort: 8291, event.Duration: 0, event.SourceBytes: 40, event.DestinationBytes: 0, event.SourcePackets: 1, event.DestinationPackets: 0},
			map[string]float64{
				"duration": 0, "duration.instant": 1, "destination.silent": 1, "destination.packet_size": nan, "destination.headers_only": nan,
				"port.registered": 1, "state.attempt": nan, "history.data": nan,
			},
			FlagFailed | FlagAnswerless | FlagWrite,
		},
		{
			"refused, no sensor state",
			texts{event.SourceIP: "192.0.2.7", event.DestinationIP: "198.51.100.9", event.Transport: "tcp"},
			numbers{event.DestinationPort: 22, event.SourceBytes: 44, event.DestinationBytes: 40, event.SourcePackets: 1, event.DestinationPackets: 1},
			map[string]float64{"port.login": 1, "duration": nan, "bytes.rate": nan, "duration.instant": nan},
			FlagFailed | FlagDenied | FlagService | FlagLogin | FlagWrite,
		},
		{
			"the sensor's state goes first",
			texts{event.SourceIP: "192.0.2.7", event.DestinationIP: "198.51.100.9", event.Transport: "tcp", event.ConnState: "S0"},
			numbers{event.DestinationPort: 3306, event.DestinationBytes: 100, event.DestinationPackets: 9},
			map[string]float64{"state.attempt": 1, "state.normal": 0, "port.database": 1},
			FlagFailed | FlagAnswerless | FlagService | FlagLogin,
		},
		{
			"nobody answers a broadcast",
			texts{event.SourceIP: "192.0.2.7", event.DestinationIP: "192.0.2.255", event.Transport: "udp", event.ConnState: "S0"},
			numbers{event.DestinationPort: 137, event.SourceBytes: 78, event.DestinationBytes: 0, event.SourcePackets: 1, event.DestinationPackets: 0},
			map[string]float64{"destination.multicast": 1, "port.share": 1, "transport.udp": 1},
			FlagService | FlagWrite,
		},
		{
			"ICMP has no ports",
			texts{event.SourceIP: "192.0.2.7", event.DestinationIP: "198.51.100.9", event.Transport: "icmp", event.ConnState: "OTH"},
			numbers{event.DestinationPort: 8, event.SourceBytes: 84, event.DestinationBytes: 84, event.SourcePackets: 1, event.DestinationPackets: 1},
			map[string]float64{"transport.icmp": 1, "port.none": 1, "port.system": 0, "state.other": 1},
			FlagSuccess | FlagWrite,
		},
		{
			"Argus flags",
			texts{event.Transport: "tcp", event.History: "FSPA_FSRA"},
			nil,
			map[string]float64{"history.data": 1, "history.answer": 0, "history.reset": 1, "source.bytes": nan, "bytes.balance": nan, "destination.silent": nan, "destination.multicast": nan},
			0,
		},
		{
			"absurd numbers",
			texts{event.Transport: "esp"},
			numbers{event.Duration: -5, event.SourceBytes: math.Inf(1), event.SourcePackets: 0, event.DestinationPort: 1e9},
			map[string]float64{"duration": nan, "source.bytes": nan, "source.packet_size": nan, "transport.other": 1, "port.none": 1},
			FlagWrite,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m made
			m.add(event.Flow, tt.ts, tt.ns)
			out := encodeEvents(NewFlow(), &m.Batch)
			out.want(t, 0, tt.want)
			if got := out.obs[0].Flags; got != tt.flags {
				t.Errorf("flags %b, want %b", got, tt.flags)
			}
		})
	}
}

// Addresses, source ports and time change nothing in a row, nor does a port
// within its group.
func TestFlowHidesWhoAndWhen(t *testing.T) {
	var m made
	base := numbers{event.DestinationPort: 80, event.SourcePort: 40000, event.SourceBytes: 500, event.DestinationBytes: 700}
	m.add(event.Flow, texts{event.SourceIP: "10.0.0.1", event.DestinationIP: "10.0.0.2", event.Transport: "tcp"}, base).Time = 5
	base[event.DestinationPort], base[event.SourcePort] = 8080, 1
	m.add(event.Flow, texts{event.SourceIP: "198.51.100.77", event.DestinationIP: "203.0.113.8", event.Transport: "tcp"}, base).Time = 1e18
	out := encodeEvents(NewFlow(), &m.Batch)
	for j, x := range out.Row(0) {
		if math.Float32bits(x) != math.Float32bits(out.Row(1)[j]) {
			t.Errorf("%s differs: %g and %g", out.schema.Names[j], x, out.Row(1)[j])
		}
	}
}

func TestMulticast(t *testing.T) {
	for ip, want := range map[string]bool{
		"224.0.0.251": true, "239.255.255.250": true, "192.0.2.255": true, "255.255.255.255": true, "ff02::fb": true, "FF02::1": true,
		"223.1.1.1": false, "240.0.0.1": false, "192.0.2.25": false, "": false, "ffice": false, "2001:db8::255": false, "gateway.255": false, "1": false, "224": false,
	} {
		if got := multicast([]byte(ip)); got != want {
			t.Errorf("multicast(%q) = %v", ip, got)
		}
	}
}

func FuzzFlow(f *testing.F) {
	fuzzEncoder(f, event.Flow, []event.TextField{event.DestinationIP, event.Transport, event.ConnState, event.History}, [][]string{
		{"198.51.100.9", "tcp", "SF", "ShADadFf"},
		{"ff02::fb", "udp", "S0", "D"},
		{"224.0.0.1", "igmp", "OTH", "_"},
		{"999999999999999999999.", "6", "RSTOS0", "FSPA_FSPA"},
	})
}

func BenchmarkFlow(b *testing.B) {
	var m made
	for i := range 1024 {
		m.add(event.Flow, texts{event.SourceIP: fmt.Sprint("10.0.0.", i%250), event.DestinationIP: "198.51.100.9", event.Transport: "tcp", event.ConnState: "SF", event.History: "ShADadFf"},
			numbers{event.DestinationPort: float64(i), event.Duration: float64(i) / 7, event.SourceBytes: float64(i * 900), event.DestinationBytes: float64(i * 70), event.SourcePackets: float64(i), event.DestinationPackets: float64(i)})
	}
	benchmarkEncoder(b, NewFlow(), &m)
}

func benchmarkEncoder(b *testing.B, enc Encoder, m *made) {
	var out encoded
	var s Scratch
	b.ReportAllocs()
	for b.Loop() {
		enc.Encode(&out.Batch, &out.obs, &m.Batch, &s)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(m.Events)), "ns/event")
}

func ExampleFlow() {
	var b event.Batch
	e := event.Event{}
	e.Reset()
	e.Kind = event.Flow
	e.Text[event.Transport] = b.Append([]byte("tcp"))
	e.Num[event.DestinationPort] = 22
	e.Num[event.SourcePackets], e.Num[event.DestinationPackets] = 1, 0
	b.Events = append(b.Events, e)

	flow := NewFlow()
	var rows Batch
	var seen []Observation
	flow.Encode(&rows, &seen, &b, new(Scratch))
	for _, name := range []string{"port.login", "destination.silent", "duration"} {
		fmt.Println(name, rows.Row(0)[flow.Schema().Column(name)])
	}
	// Output:
	// port.login 1
	// destination.silent 1
	// duration NaN
}
