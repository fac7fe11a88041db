package event

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// TestData reads the real logs below the directory that TIERCEL_DATA names,
// prints how many records each format read and why others were not, and fails
// where less than the stated share was. The logs themselves are not part of the project.
func TestData(t *testing.T) {
	dir := os.Getenv("TIERCEL_DATA")
	if dir == "" {
		t.Skip("TIERCEL_DATA does not name a directory with logs")
	}
	for _, c := range []struct {
		pattern string
		format  Format
		least   float64
	}{
		{"samples/apache/access*", combinedFormat(), 1},
		{"access-real/*.log.gz", combinedFormat(), 1},
		{"access-scans/*.log.gz", combinedFormat(), 1},
		{"samples/nginx/*bad-request.log", combinedFormat(), 1},
		{"samples/nginx/*botsearch.log", combinedFormat(), 8. / 14},
		{"samples/syslog/*.log", syslogFormat(), 0.999},
		{"samples/iis/*.log", iisFormat(), 1},
		{"samples/cloud-lb/*.log", elbFormat(), 14. / 16},
		{"samples/nginx/*http-auth.log", nginxErrorFormat(), 1},
		{"samples/nginx/*botsearch.log", nginxErrorFormat(), 6. / 14},
		{"samples/apache/error.log", apacheErrorFormat(), 32. / 2000},
		{"auth-syslog/*.log.gz", syslogFormat(), 0.999},
		{"auth-more/*.log.gz", syslogFormat(), 0.999},
	} {
		paths, _ := filepath.Glob(filepath.Join(dir, c.pattern))
		if len(paths) == 0 {
			t.Errorf("%s: no such file", c.pattern)
		}
		for _, path := range paths {
			name, _ := filepath.Rel(dir, path)
			readAll(t, name, readData(t, path), c.format, c.least)
		}
	}
}

func readData(t *testing.T, path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readAll(t *testing.T, name string, data []byte, f Format, least float64) {
	sure, why := f.Match(data[:min(len(data), 64<<10)], Options{})
	r, err := NewReader(bytes.NewReader(data), f, Options{Year: 2015})
	if err != nil {
		t.Fatal(err)
	}
	read, total, noTime := 0, 0, 0
	whys := map[string]int{}
	first := map[string]string{}
	fields := map[string]int{}
	var b Batch
	for {
		if err := r.Next(&b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			line := b.Bytes(e.Raw)
			total++
			if e.Err != nil {
				if whys[e.Err.Error()]++; first[e.Err.Error()] == "" {
					first[e.Err.Error()] = string(line)
				}
				continue
			}
			read++
			if e.Time == NoTime {
				noTime++
			}
			for f := TextField(0); f < NumText; f++ {
				if e.Text[f].Len > 0 {
					fields[f.String()]++
				}
			}
			if e.Kind == Auth {
				fields["= "+string(b.Text(e, Action))+" "+string(b.Text(e, Outcome))+" "+string(b.Text(e, Reason))]++
			}
		}
	}
	t.Logf("%-42s %-12s match %.2f (%s): %d of %d records, %d without time", name, f.Name, sure, why, read, total, noTime)
	for reason, n := range whys {
		t.Logf("    %6d %s: %.200s", n, reason, first[reason])
	}
	var names []string
	for field, n := range fields {
		names = append(names, field+" "+strconv.Itoa(n))
	}
	sort.Strings(names)
	t.Logf("    %s", strings.Join(names, ", "))
	if total == 0 || float64(read) < least*float64(total) {
		t.Errorf("%s: %d of %d records, want a share of %.3f", name, read, total, least)
	}
}
