package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

// endlessLog gives numbered lines of one shape until it has given enough bytes.
type endlessLog struct {
	line func(dst []byte, i int) []byte
	left int64
	i    int
	text []byte // room for a line
	rest []byte // of the line under way
}

func (r *endlessLog) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.left <= 0 {
			return 0, io.EOF
		}
		r.text = r.text[:0]
		for len(r.text) < 64<<10 {
			r.text = r.line(r.text, r.i)
			r.i++
		}
		r.rest, r.left = r.text, r.left-int64(len(r.text))
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func address(dst []byte, i int) []byte {
	for shift := 16; shift >= 0; shift -= 8 {
		dst = append(strconv.AppendInt(dst, int64(i>>shift&255), 10), '.')
	}
	return append(dst, '1')
}

// hostileStreams are logs without an end that were made to take memory.
func hostileStreams() map[string]*endlessLog {
	always := func(line string) *endlessLog {
		return &endlessLog{line: func(dst []byte, _ int) []byte { return append(append(dst, line...), '\n') }}
	}
	return map[string]*endlessLog{
		"http json: nested":            always(`{"url.path":"/","x":` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + "}"),
		"http json: nested for ever":   {line: func(dst []byte, _ int) []byte { return append(dst, `{"a":[`...) }},
		"http json: one key":           always(`{"url.path":"/"` + strings.Repeat(`,"url.path":"/"`, 60_000) + "}"),
		"http json: one key within":    always(`{"url.path":"/"` + strings.Repeat(`,"url.path":"/"`, 4000) + "}"),
		"http json: empty objects":     always("{}"),
		"http combined: empty lines":   always(""),
		"http combined: tiny lines":    always("x"),
		"http combined: long requests": always(`192.0.2.1 - - [29/Jan/2026:10:01:03 +0000] "GET /?` + strings.Repeat("a=%3Cb%3E&", 100_000) + ` HTTP/1.1" 200 5 "-" "-"`),
		"http combined: a client a line": {line: func(dst []byte, i int) []byte {
			return append(address(dst, i), " - - [29/Jan/2026:10:01:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n"...)
		}},
		"http combined: an attacker a line": {line: func(dst []byte, i int) []byte {
			return append(address(dst, i), " - - [29/Jan/2026:10:01:03 +0000] \"GET /?id=1%27%20UNION%20SELECT%20password%20FROM%20users-- HTTP/1.1\" 200 5 \"-\" \"-\"\n"...)
		}},
		"auth syslog: a user and a source a line": {line: func(dst []byte, i int) []byte {
			dst = append(dst, "Jan 29 08:53:17 w sshd[1]: Failed password for u"...)
			dst = append(strconv.AppendInt(dst, int64(i), 36), " from "...)
			return append(address(dst, i), " port 1 ssh2\n"...)
		}},
		"dns names: a tunnel a line": {line: func(dst []byte, i int) []byte {
			for k := range 4 {
				dst = append(strconv.AppendInt(dst, int64(i)<<20+int64(k), 36), '.')
			}
			return append(strconv.AppendInt(dst, int64(i), 36), ".com\n"...)
		}},
	}
}

// TestHostileMemory scans hostile streams of TIERCEL_HOSTILE MiB each, 4 unless
// it is set: 1024 is the promise of SECURITY.md. Memory may be 64 MiB above
// that of a scan of the stream's first bytes, which takes what the model takes.
// It is 54 MiB in the worst case, an attacker a line, with two workers; each
// further worker has two batches more under way: 62 MiB with four.
func TestHostileMemory(t *testing.T) {
	size := int64(4)
	if text := os.Getenv("TIERCEL_HOSTILE"); text != "" {
		var err error
		if size, err = strconv.ParseInt(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	for name, s := range hostileStreams() {
		t.Run(name, func(t *testing.T) {
			kind, rest, _ := strings.Cut(name, " ")
			format, _, _ := strings.Cut(rest, ":")
			scan := func(bytes int64) result {
				s.left, s.i, s.rest = bytes, 0, nil
				return tiercel(t, s, "scan", "--kind", kind, "--format", format, "--workers", "2", "--output", "ndjson", "-o", os.DevNull, "-")
			}
			small, large := scan(1), scan(size<<20)
			if small.memory == 0 {
				if os.Getenv("CI") == "true" {
					t.Fatal("no memory of a process is told")
				}
				t.Skip("the system does not tell how much memory a process took")
			}
			t.Logf("%d MiB, %d MiB; %s", small.memory>>20, large.memory>>20, strings.TrimSpace(large.err))
			if large.memory > small.memory+64<<20 {
				t.Errorf("%d MiB for the first lines, %d MiB for %d MiB of them", small.memory>>20, large.memory>>20, size)
			}
			if !strings.Contains(large.err, "read, ") {
				t.Errorf("status %d: %s", large.status, large.err)
			}
		})
	}
}
