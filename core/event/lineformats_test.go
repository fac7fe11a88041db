package event

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Every format of lines parses its example without allocating, once the
// batch's buffer has grown to what the format appends.
func TestLineFormatsAllocateNothing(t *testing.T) {
	for _, f := range []Format{
		commonFormat(), combinedFormat(), vhostFormat(), iisFormat(), elbFormat(),
		nginxErrorFormat(), apacheErrorFormat(), syslogFormat(), namesFormat(),
	} {
		t.Run(f.Name, func(t *testing.T) {
			p, err := f.New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			line := []byte(f.Example)
			if n := bytes.LastIndexByte(line, '\n'); n >= 0 { // a header stands in front
				line = line[n+1:]
			}
			b := &Batch{Buf: append(make([]byte, 0, 8192), line...)}
			var e Event
			if n := testing.AllocsPerRun(100, func() {
				b.Buf, b.words = b.Buf[:len(line)], 0
				e.Reset()
				if err := p.Parse(b, Span{0, uint32(len(line))}, &e); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v allocations, want 0", n)
			}
			if e.Kind != f.Kinds[0] {
				t.Errorf("the example is of kind %v, want %v", e.Kind, f.Kinds[0])
			}
			if f.Name != "names" && e.Time == NoTime {
				t.Error("the example has no time")
			}
		})
	}
}

// A format is surest of its own example: no other format of lines is as sure.
func TestLineFormatsTellEachOtherApart(t *testing.T) {
	all := []Format{
		commonFormat(), combinedFormat(), vhostFormat(), iisFormat(), elbFormat(),
		nginxErrorFormat(), apacheErrorFormat(), syslogFormat(), namesFormat(),
	}
	for _, f := range all {
		own, why := f.Match([]byte(f.Example), Options{})
		if own < nameShare || why == "" {
			t.Errorf("%s is not sure of its example: %v %q", f.Name, own, why)
		}
		for _, g := range all {
			if sure, _ := g.Match([]byte(f.Example), Options{}); g.Name != f.Name && sure >= own {
				t.Errorf("%s takes the example of %s: %v", g.Name, f.Name, sure)
			}
		}
	}
}

// A line as long as the limit costs no more than its length, whatever it holds:
// a parser that looks back or ahead from each byte would take minutes here.
func TestLongLinesTakeLinearTime(t *testing.T) {
	const stamp = `192.0.2.1 - - [17/May/2015:10:05:03 +0000] "`
	patterns := []struct{ name, front, repeated, behind string }{
		{"brackets", "192.0.2.1 - ", "[", `] "GET /" 200 5`},
		{"times in brackets", "192.0.2.1 - ", "[17/May/2015:10:05:03 ", `] "GET /" 200 5`},
		{"quotes", stamp, `"`, ""},
		{"quotes and statuses", stamp, `" 200 `, ""},
		{"backslashes", stamp, `\`, `" 200 5`},
		{"escaped quotes", stamp, `\"`, `" 200 5`},
		{"fields behind", stamp + `GET / HTTP/1.1" 200 5`, ` "a" 0.5`, ""},
		{"addresses", "1.1.1.1,", " 1.1.1.1,", ` - [17/May/2015:10:05:03 +0000] "GET /" 200 5`},
		{"digits", stamp + `GET /" 200 `, "9", ""},
		{"blanks", "Jun 14 15:16:01", " ", "web1 sshd: x"},
		{"from from", "Jun 14 15:16:01 web1 sshd: Failed password for ", " from ", ""},
		{"keys", "Jun 14 15:16:01 web1 sshd(pam_unix): authentication failure; ", "user=rhost=", ""},
		{"almost keys", "Jun 14 15:16:01 web1 sudo: ann : ", "USER", ""},
		{"open data", "<34>1 - - - - - ", `[a b="`, ""},
		{"closed data", "<34>1 - - - - - ", `[a b="c"]`, " x"},
		{"fronts", "", "nginx: ", "x"},
		{"clients", "2026/01/29 10:01:02 [error] 1#1: *1 user \"", `", client: `, ""},
		{"requests", "2026/01/29 10:01:02 [error] 1#1: *1 x, client: c, request: \"", `", host: `, ""},
		{"groups", "[Sun Dec 04 05:15:09 2005] ", "[x]", "[client y] z"},
		{"columns", "2026-01-29 10:01:02 ", "a ", "x"},
		{"name", "", "a.", "com"},
	}
	size := DefaultMaxLine
	for _, c := range patterns {
		line := c.front + strings.Repeat(c.repeated, (size-len(c.front)-len(c.behind))/len(c.repeated)) + c.behind
		for _, f := range []Format{
			combinedFormat(), vhostFormat(), iisFormat(), elbFormat(),
			nginxErrorFormat(), apacheErrorFormat(), syslogFormat(), namesFormat(),
		} {
			p, err := f.New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			b := &Batch{Buf: []byte(line), Records: len(line)}
			var e Event
			e.Reset()
			start := time.Now()
			_ = p.Parse(b, Span{0, uint32(len(line))}, &e)
			// Linear ones take some milliseconds, a quadratic one 1e12 steps.
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s in %s took %v", c.name, f.Name, took)
			}
			// Unescaping only shortens; a header's name and the words come on top.
			if len(b.Buf) > 4*size {
				t.Errorf("%s in %s made the buffer grow to %d bytes", c.name, f.Name, len(b.Buf))
			}
		}
	}
}
