package event

import (
	"bytes"
	"testing"
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
