package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/sdk"
)

const example = `
# a comment
evil.example.com
shop.co.uk        0.5   # a site below a public suffix
good.shop.co.uk   0     # an exception
Bad.Example.NET.  0.9
`

func TestScore(t *testing.T) {
	d := &domains{}
	if err := d.Score(nil, &sdk.Batch{}); !errors.Is(err, abi.NotConfigured) {
		t.Errorf("before a configuration: %v", err)
	}
	if err := d.Configure([]byte(example)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		names []string
		want  float32
	}{
		{[]string{"evil.example.com"}, 1},
		{[]string{"a.b.evil.example.com."}, 1},
		{[]string{"example.com"}, 0},
		{[]string{"notevil.example.com"}, 0},
		{[]string{"www.shop.co.uk"}, 0.5},
		{[]string{"good.shop.co.uk"}, 0},
		{[]string{"very.good.shop.co.uk"}, 0},
		{[]string{"other.co.uk"}, 0},
		{[]string{strings.Repeat("a.", 3000) + "shop.co.uk"}, 0.5},
		{[]string{"bad.example.net"}, 0.9},
		{[]string{"www.example.org", "bad.example.net", "shop.co.uk"}, 0.9},
		{[]string{"", ".", "..", "\x00\xff"}, 0},
		{nil, float32(math.NaN())},
	} {
		dst := make([]float32, 1)
		if err := d.Score(dst, batch(tt.names)); err != nil {
			t.Fatal(err)
		}
		if math.Float32bits(dst[0]) != math.Float32bits(tt.want) {
			t.Errorf("%q scores %v, want %v", tt.names, dst[0], tt.want)
		}
	}
}

// batch is one row of names.
func batch(names []string) *sdk.Batch {
	c := abi.TextColumn{First: []uint32{0, uint32(len(names))}, Off: []uint32{0}}
	for _, n := range names {
		c.Bytes = append(c.Bytes, n...)
		c.Off = append(c.Off, uint32(len(c.Bytes)))
	}
	return &sdk.Batch{N: 1, Texts: []abi.TextColumn{c}}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"com":                    "public suffix",
		"ok.example\nco.uk 0.4":  "line 2: co.uk is a public suffix",
		"github.io":              "public suffix",
		"intranet":               "public suffix",
		"a.example 2":            "from 0 to 1",
		"a.example -0.1":         "from 0 to 1",
		"a.example NaN":          "from 0 to 1",
		"a.example 1 2":          "from 0 to 1",
		"http://evil.example/":   "no domain",
		"*.evil.example":         "no domain",
		"a..b":                   "no domain",
		strings.Repeat("a", 254): "no domain",
	} {
		if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v does not say %q", text, err, says)
		}
	}
}

// The last line for a domain counts.
func TestParseTwice(t *testing.T) {
	l, err := parse([]byte("a.example 0.1\nb.example 0.2\na.example 0.3\n"))
	if err != nil || len(l.hashes) != 2 || l.score([]byte("a.example")) != 0.3 {
		t.Errorf("%+v, %v", l, err)
	}
}

func BenchmarkScore(b *testing.B) {
	var text strings.Builder
	for i := range 100_000 {
		text.WriteString("host" + strconv.Itoa(i) + ".example.com\n")
	}
	l, err := parse([]byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	name := []byte("www.host77777.example.com")
	for b.Loop() {
		if l.score(name) != 1 {
			b.Fatal("not found")
		}
	}
}
