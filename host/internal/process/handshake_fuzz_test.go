package process

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"
)

// FuzzHandshake: of what a process prints, go-plugin is given one bounded line
// that has the form of a handshake, or nothing, and what is quoted of it for
// people holds no control characters.
func FuzzHandshake(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "1|1|unix|/tmp/x|grpc|\n", "1|1|tcp|127.0.0.1:1|grpc|cert\nmore\n", "1|1|unix|x|grpc|", "hello\n",
		"1||||\n", "2|1|unix|x|grpc|\n", "\x1b[2J1|1|unix|x|grpc|\n", "1|" + strings.Repeat("|", maxHandshake) + "\n",
		"1|1|unix|" + strings.Repeat("x", maxHandshake-20) + "|grpc|\n", "1|\x00|\xff|\xfe|\u202e|\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, printed []byte) {
		p := &Process{}
		id := "fuzzed"
		p.id.Store(&id)
		h := &handshake{plugin: p, line: make(chan string, 1)}
		h.read(io.NopCloser(bytes.NewReader(printed)))
		line, err := io.ReadAll(h)
		if err != nil {
			t.Fatal(err)
		}
		first, proper := h.printed()
		switch {
		case len(line) > maxHandshake:
			t.Fatalf("a line of %d bytes", len(line))
		case proper != (len(line) > 0):
			t.Fatalf("proper %t, line %q", proper, line)
		case proper && (!bytes.HasPrefix(printed, line) || !bytes.HasPrefix(line, []byte("1|")) || bytes.Count(line, []byte("\n")) != 1):
			t.Fatalf("%q of %q", line, printed)
		}
		for _, r := range first {
			if unicode.IsControl(r) {
				t.Fatalf("%q is quoted with %U", first, r)
			}
		}
	})
}
