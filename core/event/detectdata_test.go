package event

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// TestDetectData detects and reads every log below the directory that
// TIERCEL_DATA names and prints the table of what was found: the format, how many
// records of which kind, why others could not be read.
func TestDetectData(t *testing.T) {
	dir := os.Getenv("TIERCEL_DATA")
	if dir == "" {
		t.Skip("TIERCEL_DATA does not name a directory with logs")
	}
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".md") && !strings.Contains(path, "labels.csv") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name, _ := filepath.Rel(dir, path)
		data := readData(t, path)
		f, why, err := Detect(data[:min(len(data), SampleBytes)], Options{})
		if err != nil {
			t.Logf("%-50s %v", name, err)
			continue
		}
		t.Logf("%-50s %-9s %s", name, f.Name, strings.Join(census(t, data, f, Options{}), "; "))
		t.Logf("%60s %s", "because", why)
	}
}

// census reads all records and counts events by kind and errors by reason.
func census(t *testing.T, data []byte, f Format, o Options) []string {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), f, o)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	var b Batch
	lines, next := 0, 1
	for {
		if err := r.Next(&b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		b.Parse()
		if b.FirstLine != next && !b.valued {
			t.Fatalf("batch starts at line %d, %d expected", b.FirstLine, next)
		}
		next += b.Lines
		lines += b.Lines
		for i := range b.Events {
			e := &b.Events[i]
			if raw := b.Bytes(e.Raw); !bytes.Equal(raw, data[b.Offset+int64(e.Raw.Off):][:len(raw)]) {
				t.Fatalf("record at offset %d is not there in the file", b.Offset+int64(e.Raw.Off))
			}
			if e.Err != nil {
				counts["not read: "+e.Err.Error()]++
				continue
			}
			counts[e.Kind.String()]++
			if e.Time == NoTime {
				counts[e.Kind.String()+" without time"]++
			}
		}
		counts["skipped"] += b.Skipped
	}
	want := bytes.Count(data, newline)
	if n := len(data); n > 0 && data[n-1] != '\n' {
		want++
	}
	if lines != want {
		t.Errorf("%d lines counted, the file has %d", lines, want)
	}
	var out []string
	for what, n := range counts {
		if n > 0 {
			out = append(out, strconv.Itoa(n)+" "+what)
		}
	}
	sort.Strings(out)
	return out
}
