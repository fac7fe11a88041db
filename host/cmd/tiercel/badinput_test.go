package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// maxMemory bounds a whole scan process, the test binary's code and the model
// included; measured are 15 MiB. A reader that kept a line of 1 GB or an
// inflated bomb would be far beyond.
const maxMemory = 64 << 20

// forms of input that must cost little, be named, and not keep the others from
// being scanned.
func TestBadInput(t *testing.T) {
	log, _ := sshLog(60, 1)
	good := write(t, "good.log", []byte(log))
	packed := gz(t, strings.Repeat(log, 20))
	random := make([]byte, 64<<10)
	for i, x := 0, uint32(1); i < len(random); i++ {
		x = x*1664525 + 1013904223
		random[i] = byte(x >> 24)
	}
	cases := []struct {
		name string
		file string
		data []byte
		says string
		rows bool // records of the bad file itself can be read
	}{
		{"empty", "empty.log", nil, "empty", false},
		{"empty gzip", "empty.gz", gz(t, ""), "empty", false},
		{"empty zip", "empty.zip", append([]byte("PK\x05\x06"), make([]byte, 18)...), "zip", false},
		{"empty tar", "empty.tar", make([]byte, 10240), "binary", false},
		{"binary", "random.bin", random, "binary", false},
		{"binary inside gzip", "random.gz", gz(t, string(random)), "binary", false},
		{"truncated gzip", "cut.gz", packed[:len(packed)/2], "truncated gzip", true},
		{"damaged gzip", "damaged.gz", append(bytes.Clone(packed), "rubbish behind it"...), "damaged gzip", true},
		{"truncated zstd", "cut.zst", truncatedZstd(t, log), "truncated zstd", true},
		{"UTF-16", "utf16.log", []byte("\xff\xfea\x00b\x00\n\x00"), "UTF-16", false},
		{"prose", "prose.txt", []byte(strings.Repeat("Call me Ishmael. Some years ago, never mind how long precisely.\n", 50)), "no known log format", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bad := write(t, c.file, c.data)
			r := tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", bad, good)
			want := statusPartly
			if strings.HasPrefix(c.name, "empty") && c.says == "empty" {
				want = statusDone // nothing is wrong with a log that was just rotated
			}
			if r.status != want || !strings.Contains(r.err, "tiercel: "+bad+": ") || !strings.Contains(r.err, c.says) {
				t.Errorf("status %d, want %d and %q: %s", r.status, want, c.says, r.err)
			}
			ofBad, ofGood := 0, 0
			for _, v := range verdicts(t, r.out) {
				if v.File == bad {
					ofBad++
				} else {
					ofGood++
				}
			}
			if ofGood != strings.Count(log, "\n") || (ofBad > 0) != c.rows {
				t.Errorf("%d rows of the good file, %d of the bad one", ofGood, ofBad)
			}
			if alone := tiercel(t, nil, "scan", "--model", trained, bad); (alone.status == statusNothing) == c.rows {
				t.Errorf("alone: status %d: %s", alone.status, alone.err)
			}
		})
	}
}

func truncatedZstd(t *testing.T, log string) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(1<<10))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, strings.Repeat(log, 20))
	w.Close()
	return b.Bytes()[:b.Len()*3/4]
}

// Lines that cannot be read are counted, named by number and shown with --all;
// those around them are judged as if they were not there.
func TestBadLines(t *testing.T) {
	t.Parallel()
	const good = `{"timestamp":"2026-01-29T10:01:02Z","process.name":"sshd","event.action":"login","event.outcome":"failure","user.name":"root","source.ip":"203.0.113.9"}` + "\n"
	cases := []struct {
		name, line string
		unread     bool
	}{
		{"deep JSON", `{"a":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + "}", true},
		{"open JSON", `{"message":"x"`, true},
		{"many members", `{` + strings.TrimSuffix(strings.Repeat(`"k":1,`, 100000), ",") + "}", true},
		{"bad UTF-8", strings.Replace(good[:len(good)-1], "root", "r\xff\xfe\xc3t", 1), false},
		{"escapes", strings.Replace(good[:len(good)-1], "root", `r\u001b[2J\u0000\ud800`, 1), false},
		{"absurd time", strings.Replace(good[:len(good)-1], "2026-01-29T10:01:02Z", "99999-99-99T99:99:99Z", 1), false},
		{"huge number as time", strings.Replace(good[:len(good)-1], `"2026-01-29T10:01:02Z"`, "1e308", 1), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, "log.json", []byte(strings.Repeat(good, 20)+c.line+"\n"+strings.Repeat(good, 20)))
			r := tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", path)
			rows := verdicts(t, r.out)
			if r.status != 0 || len(rows) != 41 {
				t.Fatalf("status %d, %d rows: %s", r.status, len(rows), r.err)
			}
			if c.unread && (rows[20].Error == "" || !strings.Contains(r.err, "1 not parsed") || !strings.Contains(r.err, path+":21")) {
				t.Errorf("%+v: %s", rows[20], r.err)
			}
			for i, v := range rows {
				if i != 20 && (v.Error != "" || v.Line != int64(i+1)) {
					t.Fatalf("row %d: %+v", i, v)
				}
			}
			if strings.ContainsAny(r.out, "\x00\x1b") {
				t.Error("control characters reach the output")
			}
		})
	}
}

func TestNULBytes(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(60, 1)
	lines := strings.Count(log, "\n")
	// What copytruncate leaves: zeros in front of the next line.
	r := tiercel(t, strings.NewReader(strings.Repeat("\x00", 5000)+log), "scan", "--model", trained, "--output", "ndjson", "--all", "-")
	if rows := verdicts(t, r.out); r.status != 0 || len(rows) != lines || rows[0].Error != "" {
		t.Errorf("status %d, %d rows of %d: %s", r.status, len(rows), lines, r.err)
	}
}

// endless yields n bytes of the letter a, with a good log before and behind them.
func endless(log string, n int64) io.Reader {
	return io.MultiReader(strings.NewReader(log), io.LimitReader(letters{}, n), strings.NewReader("\n"+log))
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestGigabyteLine(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(30, 1)
	lines := int64(strings.Count(log, "\n"))
	r := tiercel(t, endless(log, 1<<30), "scan", "--model", trained, "--output", "ndjson", "--all", "-")
	rows := verdicts(t, r.out)
	if r.status != 0 || int64(len(rows)) != 2*lines+1 {
		t.Fatalf("status %d, %d rows: %s", r.status, len(rows), r.err)
	}
	if long := rows[lines]; long.Error == "" || long.Line != lines+1 || rows[lines+1].Line != lines+2 || rows[lines+1].Error != "" {
		t.Errorf("%+v, then %+v", long, rows[lines+1])
	}
	t.Logf("%d MiB", r.memory>>20)
	if r.memory > maxMemory {
		t.Errorf("a line of 1 GB took %d MiB of memory", r.memory>>20)
	}
}

func TestGzipBomb(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(30, 1)
	lines := strings.Count(log, "\n")
	for _, c := range []struct {
		name string
		fill io.Reader
	}{
		{"zeros", zeros{}},
		{"one line", letters{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := bomb(t, log, c.fill, 150<<20)
			r := tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", path)
			if rows := verdicts(t, r.out); r.status != 0 || len(rows) < 2*lines || len(rows) > 2*lines+1 {
				t.Errorf("status %d, %d rows of %d: %s", r.status, len(rows), 2*lines, r.err)
			}
			t.Logf("%d MiB", r.memory>>20)
			if r.memory > maxMemory {
				t.Errorf("150 MiB inflated took %d MiB of memory", r.memory>>20)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// bomb writes a gzip file that inflates to n bytes between two good logs.
func bomb(t *testing.T, log string, fill io.Reader, n int64) string {
	path := write(t, "bomb.gz", nil)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
	io.WriteString(w, log)
	io.CopyN(w, fill, n)
	io.WriteString(w, "\n"+log)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Memory does not grow with the file, however many sources it has.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	log, _ := sshLog(200, 200)
	small := tiercel(t, repeat(log, 1), "scan", "--model", trained, "--output", "ndjson", "-")
	large := tiercel(t, repeat(log, 100), "scan", "--model", trained, "--output", "ndjson", "-")
	if small.status != 0 || large.status != 0 {
		t.Fatal(small.err, large.err)
	}
	t.Logf("%d MiB, %d MiB", small.memory>>20, large.memory>>20)
	if large.memory > small.memory+64<<20 {
		t.Errorf("%d MiB for one log, %d MiB for a hundred", small.memory>>20, large.memory>>20)
	}
}

func repeat(log string, n int) io.Reader {
	parts := make([]io.Reader, n)
	for i := range parts {
		parts[i] = strings.NewReader(log)
	}
	return io.MultiReader(parts...)
}
