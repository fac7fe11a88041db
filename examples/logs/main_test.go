package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// written writes the logs of a seed and returns them by name.
func written(t *testing.T, seed uint64, lines int) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	if err := run(dir, seed, lines); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, l := range []string{"access.log", "conn.log", "dns.log", "auth.log"} {
		for _, name := range []string{l, l + ".truth"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = data
		}
	}
	return files
}

func TestSameSeedSameBytes(t *testing.T) {
	one, again, other := written(t, 7, 300), written(t, 7, 300), written(t, 8, 300)
	for name, data := range one {
		if !bytes.Equal(data, again[name]) {
			t.Errorf("%s differs between two runs of one seed", name)
		}
		if bytes.Equal(data, other[name]) {
			t.Errorf("%s is the same for two seeds", name)
		}
	}
}

// Every line is a record that the core reads, in order of time and of the
// log's kind, and the truth names lines that exist.
func TestLogsAreReadable(t *testing.T) {
	logs := []struct {
		name    string
		format  string
		kind    event.Kind
		classes []attack
	}{
		{"access.log", "combined", event.HTTP, access().attacks},
		{"conn.log", "zeek", event.Flow, conn().attacks},
		{"dns.log", "zeek", event.DNS, dns().attacks},
		{"auth.log", "syslog", event.Auth, auth().attacks},
	}
	const normal = 400
	files := written(t, 1, normal)
	for _, l := range logs {
		t.Run(l.name, func(t *testing.T) {
			text := files[l.name]
			format, why, err := event.Detect(text, event.Options{})
			if err != nil || format.Name != l.format {
				t.Fatalf("detected %s (%s), want %s; %v", format.Name, why, l.format, err)
			}
			r, err := event.NewReader(bytes.NewReader(text), format, event.Options{Year: 2026})
			if err != nil {
				t.Fatal(err)
			}
			lines := map[int]bool{} // those that are records
			last := int64(event.NoTime)
			var b event.Batch
			for {
				if err := r.Next(&b); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				b.Parse()
				for i := range b.Events {
					e := &b.Events[i]
					line := b.FirstLine + int(e.Line)
					if e.Err != nil || e.Kind != l.kind {
						t.Fatalf("line %d: %v, kind %v: %s", line, e.Err, e.Kind, b.Bytes(e.Raw))
					}
					if e.Time == event.NoTime || e.Time < last {
						t.Fatalf("line %d is out of order: %s", line, b.Bytes(e.Raw))
					}
					last = e.Time
					lines[line] = true
				}
			}
			seen := map[string]int{}
			for row := range strings.Lines(string(files[l.name+".truth"])) {
				number, class, _ := strings.Cut(strings.TrimSpace(row), " ")
				line, err := strconv.Atoi(number)
				if err != nil || !lines[line] {
					t.Fatalf("truth %q names no record", row)
				}
				delete(lines, line)
				seen[class]++
			}
			if len(lines) != normal {
				t.Errorf("%d lines are ordinary, want %d", len(lines), normal)
			}
			for _, a := range l.classes {
				if seen[a.class] == 0 {
					t.Errorf("no line of %s", a.class)
				}
			}
			if len(seen) != len(l.classes) {
				t.Errorf("classes %v", seen)
			}
		})
	}
}
