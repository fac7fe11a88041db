package feature

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

func TestCut(t *testing.T) {
	for _, tt := range []struct{ name, sub, label string }{
		{"example.org", "", "example"},
		{"www.mail.example.co.uk", "www.mail", "example"},
		{"example.co.uk", "", "example"},
		{"co.uk", "", "co"}, // a suffix alone: its label looks registered
		{"a.example.com.br", "a", "example"},
		{"x7f3.duckdns.org", "", "x7f3"},
		{"com.example.org", "com", "example"},
		{"org", "", "org"},
		{"", "", ""},
		{".", "", ""},
		{"..", "", ""},
		{"a..b", "a", ""},
	} {
		d := cut([]byte(tt.name))
		if sub, label := string(d.sub([]byte(tt.name))), string(d.registered([]byte(tt.name))); sub != tt.sub || label != tt.label {
			t.Errorf("cut(%q) = %q, %q, want %q, %q", tt.name, sub, label, tt.sub, tt.label)
		}
	}
}

func TestSpecialNames(t *testing.T) {
	for name, want := range map[string]special{
		"www.example.org":                             ordinary,
		"4.3.2.192.in-addr.arpa":                      reverse,
		"_ldap._tcp.dc.example.org":                   discovery,
		"_dmarc.example.org":                          discovery,
		"printer.local":                               local,
		"workgroup":                                   single,
		"fileserver.corp":                             local,
		"4.3.2.192.zen.example.org":                   blocklist,
		"4.3.2.999.zen.example.org":                   ordinary,
		"1.2.3.4":                                     ordinary, // an address where a name should be
		"e1234.dscb.akamaiedge.net":                   shared,
		"notakamaiedge.net":                           ordinary,
		"d111111abcdef8.cloudfront.net":               shared,
		strings.Repeat("a.", 32) + "list.example.org": blocklist,
		"dnsv6.b.a.9.8.7.example.org":                 ordinary,
	} {
		if got := specialOf([]byte(name), cut([]byte(name))); got != want {
			t.Errorf("specialOf(%q) = %d, want %d", name, got, want)
		}
	}
}

func TestDNS(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name   string
		ts     texts
		want   map[string]float64
		values []string
		flags  uint32
		peer   string
	}{
		{
			"ordinary",
			texts{event.QuestionName: "WWW.Example.co.uk.", event.QuestionType: "AAAA", event.ResponseCode: "NOERROR"},
			map[string]float64{
				"name.length": 17, "name.labels": 4, "name.longest_label": 7, "registered.length": 7, "subdomain.length": 3, "type.address": 1, "type.text": 0,
				"code.noerror": 1, "registered.vowels": 3. / 7, "registered.consonant_run": 3, "subdomain.mixed_case": 0, "registered.digits": 0,
			},
			[]string{"example"},
			FlagSuccess, "example.co.uk",
		},
		{
			"generated",
			texts{event.QuestionName: "kq3vz9xw7tplm2.info", event.ResponseCode: "NXDOMAIN"},
			map[string]float64{
				"registered.length": 14, "registered.digits": 4. / 14, "registered.vowels": 0, "registered.turns": 7, "registered.rare_letters": 5. / 10,
				"registered.entropy": math.Log2(14), "subdomain.length": 0, "subdomain.entropy": nan, "type.address": nan, "code.nxdomain": 1, "answers": nan,
			},
			[]string{"kq3vz9xw7tplm2"},
			FlagFailed | FlagMissing, "kq3vz9xw7tplm2.info",
		},
		{
			"tunnel",
			texts{event.QuestionName: "dnscat.9a3f01b2c4d5e6f7.0011223344556677.example.net", event.QuestionType: "TXT"},
			map[string]float64{"subdomain.length": 40, "subdomain.hex": 0, "type.text": 1, "subdomain.digit_run": 16},
			[]string{"example", "dnscat.9a3f01b2c4d5e6f7.0011223344556677"},
			FlagWrite, "example.net",
		},
		{
			"hexadecimal and mixed case",
			texts{event.QuestionName: "00ffaB12Cd34.example.net", event.QuestionType: "NULL"},
			map[string]float64{"subdomain.hex": 1, "subdomain.mixed_case": 2. / 6, "type.null": 1},
			[]string{"example", "00ffab12cd34"},
			FlagWrite, "example.net",
		},
		{
			"reverse look-up",
			texts{event.QuestionName: "9.100.51.198.in-addr.arpa", event.QuestionType: "PTR", event.ResponseCode: "NXDOMAIN"},
			map[string]float64{"special.reverse": 1, "special.local": 0, "type.reverse": 1},
			nil, FlagFailed, "",
		},
		{
			"NetBIOS",
			texts{event.QuestionName: "WORKGROUP", event.QuestionType: "NB"},
			map[string]float64{"special.single_label": 1, "type.other": 1, "name.labels": 1},
			nil, 0, "",
		},
		{
			"content delivery",
			texts{event.QuestionName: "d3ff4f19xyz.cloudfront.net", event.QuestionType: "CNAME", event.Answers: "192.0.2.1"},
			map[string]float64{"special.shared": 1},
			nil, 0, "",
		},
		{
			"bytes as numbers",
			texts{event.QuestionName: "\\x00\\xff!~.example.net"},
			map[string]float64{"subdomain.foreign": 4. / 10},
			[]string{"example", "\\x00\\xff!~"},
			0, "example.net",
		},
		{"no name", texts{event.QuestionType: "A"}, map[string]float64{"name.length": 0, "name.labels": 0, "registered.entropy": nan}, nil, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m made
			m.Append([]byte("some record"))
			m.add(event.DNS, tt.ts, nil)
			out := encodeEvents(NewDNS(), &m.Batch)
			out.want(t, 0, tt.want)
			if got := out.values(0); !slices.Equal(got, tt.values) {
				t.Errorf("values %q, want %q", got, tt.values)
			}
			for i := range out.Texts.Of(0) {
				v := &out.Texts.Of(0)[i]
				if raw := string(m.Bytes(v.Raw)); strings.ToLower(raw) != string(out.Texts.Bytes(v)) || v.Origin != FromName {
					t.Errorf("value %q comes from %q, %v", out.Texts.Bytes(v), raw, v.Origin)
				}
			}
			o := out.obs[0]
			if o.Flags != tt.flags {
				t.Errorf("flags %b, want %b", o.Flags, tt.flags)
			}
			var peer uint64
			if tt.peer != "" {
				peer = Hash64([]byte(tt.peer))
			}
			if o.Peer != peer {
				t.Errorf("peer is not %q", tt.peer)
			}
		})
	}
}

func TestAnswersHash(t *testing.T) {
	if answersHash([]byte("a,b,c")) != answersHash([]byte("c,a,b")) {
		t.Error("the order of answers matters")
	}
	if answersHash([]byte("a,b")) == answersHash([]byte("a,c")) {
		t.Error("different answers look alike")
	}
}

func FuzzDNS(f *testing.F) {
	fuzzEncoder(f, event.DNS, []event.TextField{event.QuestionName, event.QuestionType, event.ResponseCode, event.Answers}, [][]string{
		{"www.example.co.uk.", "A", "NOERROR", "192.0.2.1,192.0.2.2"},
		{"\xff\x00..-_.", "NULL", "3", ",,"},
		{strings.Repeat("a.", 400), "16", "SERVFAIL", ","},
		{"1.2.3.4.in-addr.arpa", "PTR"},
		{"."},
	})
}

func BenchmarkDNS(b *testing.B) {
	var m made
	for i := range 1024 {
		m.add(event.DNS, texts{event.SourceIP: "192.0.2.7", event.QuestionName: fmt.Sprintf("host%d.mail.example%d.org", i, i%7), event.QuestionType: "A", event.ResponseCode: "NOERROR", event.Answers: "192.0.2.1"}, nil)
	}
	benchmarkEncoder(b, NewDNS(), &m)
}

func ExampleDNS() {
	var b event.Batch
	e := event.Event{}
	e.Reset()
	e.Kind = event.DNS
	e.Text[event.QuestionName] = b.Append([]byte("0123456789abcdef.example.co.uk"))
	b.Events = append(b.Events, e)

	var rows Batch
	var seen []Observation
	NewDNS().Encode(&rows, &seen, &b, new(Scratch))
	values := rows.Texts.Of(0)
	for i := range values {
		fmt.Println(values[i].Origin, string(rows.Texts.Bytes(&values[i])))
	}
	// Output:
	// name example
	// name 0123456789abcdef
}
