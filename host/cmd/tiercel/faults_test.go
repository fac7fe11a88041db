package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/zstd"
)

// scanned runs a scan in this process, so that its streams can fail in any way.
func scanned(ctx context.Context, in io.Reader, out io.Writer, args ...string) (status int, said string) {
	var b bytes.Buffer
	status = run(ctx, append([]string{"scan", "--model", trained, "--output", "ndjson", "--all"}, args...), streams{in, out, &b})
	return status, b.String()
}

// failing reads from a text and then fails with an error.
func failing(text string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(text), iotest.ErrReader(err))
}

// idle returns nothing, without an error, between any two bytes it gives.
type idle struct {
	io.Reader
	turn bool
}

func (r *idle) Read(p []byte) (int, error) {
	if r.turn = !r.turn; r.turn {
		return 0, nil
	}
	return r.Reader.Read(p[:min(len(p), 100)])
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func zst(t *testing.T, log string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, log)
	w.Close()
	return b.Bytes()
}

// flipped returns the data with a bit changed at a place, counted from the end
// if it is negative.
func flipped(data []byte, at int) []byte {
	data = bytes.Clone(data)
	if at < 0 {
		at += len(data)
	}
	data[at] ^= 0x10
	return data
}

// Whatever happens to a reader, the records before it are judged as if nothing
// had happened, what happened is told with the input's name, and the exit
// status says so.
func TestReaderFaults(t *testing.T) {
	log, _ := sshLog(1500, 1) // several blocks of zstd
	half := strings.Index(log[len(log)/2:], "\n") + len(log)/2 + 1
	packed, tight := gz(t, log), zst(t, log)
	// A frame that demands a window of 128 MiB.
	wide := []byte("\x28\xb5\x2f\xfd\x00\x88\x21\x00\x00abcd")
	gone := write(t, "gone.log", []byte(log))
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	const all, some, none = "all", "some", "none"
	cases := []struct {
		name   string
		in     io.Reader // standard input, unless a file is named
		file   string
		status int
		says   string
		rows   string
	}{
		{"byte by byte", iotest.OneByteReader(strings.NewReader(log)), "-", statusDone, "lines read", all},
		{"half of what is asked for", iotest.HalfReader(strings.NewReader(log)), "-", statusDone, "lines read", all},
		{"the last bytes with the end", iotest.DataErrReader(strings.NewReader(log)), "-", statusDone, "lines read", all},
		{"nothing now and then", &idle{Reader: strings.NewReader(log)}, "-", statusDone, "lines read", all},
		{"nothing for ever", io.MultiReader(strings.NewReader(log[:half]), stuck{}), "-", statusPartly, "no data or error", some},
		{"end inside a line", strings.NewReader(strings.TrimSuffix(log, "\n")), "-", statusDone, "lines read", all},
		{"disk fails", failing(log[:half], syscall.EIO), "-", statusPartly, "input/output error", some},
		{"disk fails at once", iotest.ErrReader(syscall.EIO), "-", statusNothing, "input/output error", none},
		{"temporary failure", failing(log[:half], syscall.EAGAIN), "-", statusPartly, "temporarily unavailable", some},
		{"time-out", failing(log[:half], os.ErrDeadlineExceeded), "-", statusPartly, "timeout", some},
		{"remote end resets", failing(log[:half], syscall.ECONNRESET), "-", statusPartly, "reset", some},
		{"stream closed under it", failing(log[:half], os.ErrClosed), "-", statusPartly, "closed", some},
		{"gzip cut", bytes.NewReader(packed[:len(packed)/2]), "-", statusPartly, "truncated gzip", some},
		{"gzip of another checksum", bytes.NewReader(flipped(packed, -8)), "-", statusPartly, "damaged gzip", all},
		{"gzip of another length", bytes.NewReader(flipped(packed, -1)), "-", statusPartly, "damaged gzip", all},
		{"gzip with rubbish behind it", bytes.NewReader(append(bytes.Clone(packed), "rubbish"...)), "-", statusPartly, "gzip", all},
		{"zstd cut", bytes.NewReader(tight[:len(tight)-3]), "-", statusPartly, "truncated zstd", some},
		{"zstd of another checksum", bytes.NewReader(flipped(tight, -1)), "-", statusPartly, "damaged zstd", some},
		{"zstd with a wide window", bytes.NewReader(wide), "-", statusNothing, "window above 8 MiB", none},
		{"file that has gone", nil, gone, statusNothing, "no such file", none},
		{"directory", nil, t.TempDir(), statusNothing, "is a directory", none},
	}
	if os.Getuid() != 0 { // root may read everything
		locked := write(t, "locked.log", []byte(log))
		if err := os.Chmod(locked, 0); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, cases[len(cases)-1])
		last := &cases[len(cases)-1]
		last.name, last.file, last.says = "no permission", locked, "permission denied"
	}
	var want bytes.Buffer
	if status, said := scanned(t.Context(), strings.NewReader(log), &want, "-"); status != statusDone {
		t.Fatal(said)
	}
	whole := strings.Count(want.String(), "\n")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			status, said := scanned(t.Context(), c.in, &out, c.file)
			if status != c.status || !strings.Contains(said, c.says) {
				t.Errorf("status %d, want %d and %q: %s", status, c.status, c.says, said)
			}
			if c.status != statusDone && !strings.Contains(said, "tiercel: "+c.file) && !strings.Contains(said, "tiercel: standard input") {
				t.Errorf("the input is not named: %s", said)
			}
			n := strings.Count(out.String(), "\n")
			if c.rows == all && n != whole || c.rows == some && (n == 0 || n >= whole) || c.rows == none && n != 0 {
				t.Errorf("%d of %d verdicts, want %s", n, whole, c.rows)
			}
			got := out.String()
			if c.rows == some { // the last may be of a line that was cut
				got = got[:strings.LastIndexByte(strings.TrimSuffix(got, "\n"), '\n')+1]
			}
			if !strings.HasPrefix(want.String(), got) {
				t.Error("the verdicts are others than those of the whole log")
			}
		})
	}
}

// full takes n bytes and then fails; with no error it takes less than it is given.
type full struct {
	n   int
	err error
}

func (w *full) Write(p []byte) (int, error) {
	if len(p) <= w.n {
		w.n -= len(p)
		return len(p), nil
	}
	n := w.n
	w.n = 0
	return n, w.err
}

// Whatever happens to a writer, the run fails and says why: no verdict is
// missing from an output that is taken for whole.
func TestWriterFaults(t *testing.T) {
	log, _ := sshLog(60, 1)
	for _, output := range []string{"ndjson", "csv", "table"} {
		var whole bytes.Buffer
		if status, said := scanned(t.Context(), strings.NewReader(log), &whole, "--output", output, "-"); status != statusDone {
			t.Fatal(said)
		}
		for _, c := range []struct {
			name string
			err  error
			says string
		}{
			{"disk full", syscall.ENOSPC, "no space left"},
			{"reader gone", syscall.EPIPE, "broken pipe"},
			{"disk fails", syscall.EIO, "input/output error"},
			{"closed", os.ErrClosed, "closed"},
			{"short write", nil, "short write"},
		} {
			for _, taken := range []int{0, 1, whole.Len() / 2, whole.Len() - 1} {
				status, said := scanned(t.Context(), strings.NewReader(log), &full{taken, c.err}, "--output", output, "-")
				if status != statusNothing || !strings.Contains(said, c.says) {
					t.Errorf("%s, %s after %d bytes of %d: status %d: %s", output, c.name, taken, whole.Len(), status, said)
				}
			}
		}
	}
	good := write(t, "auth.log", []byte(log))
	for name, c := range map[string]struct{ file, says string }{
		"a device that is full": {"/dev/full", "no space left"},
		"a directory":           {t.TempDir(), "directory"},
		"no such directory":     {filepath.Join(t.TempDir(), "none", "x"), "no such file"},
		"the input itself":      {good, "is one of the inputs"},
	} {
		if _, err := os.Stat("/dev/full"); err != nil && c.file == "/dev/full" {
			continue // not Linux
		}
		if status, said := scanned(t.Context(), nil, io.Discard, "-o", c.file, good); status != statusNothing || !strings.Contains(said, c.says) {
			t.Errorf("-o to %s: status %d: %s", name, status, said)
		}
	}
}

// A standard error that cannot be written to costs no verdict.
func TestStandardErrorFails(t *testing.T) {
	log, _ := sshLog(60, 1)
	var out bytes.Buffer
	status := run(t.Context(), []string{"scan", "--model", trained, "--output", "ndjson", "--all", "-"}, streams{strings.NewReader(log), &out, &full{0, syscall.EPIPE}})
	if rows := strings.Count(out.String(), "\n"); status != statusDone || rows != strings.Count(log, "\n") {
		t.Errorf("status %d, %d rows", status, rows)
	}
}

// slow gives a line at a time, and cancels after some of them.
type slow struct {
	lines  []string
	after  int
	cancel context.CancelFunc
}

func (r *slow) Read(p []byte) (int, error) {
	if r.after--; r.after == 0 {
		r.cancel()
	}
	time.Sleep(time.Millisecond)
	line := r.lines[0]
	r.lines = append(r.lines[1:], line)
	return copy(p, line), nil
}

// An interrupted scan of an input that never ends says so.
func TestInterrupted(t *testing.T) {
	log, _ := sshLog(60, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	status, said := scanned(ctx, &slow{strings.SplitAfter(strings.TrimSuffix(log, "\n"), "\n"), 2000, cancel}, io.Discard, "-")
	if status != 130 || !strings.Contains(said, "interrupted") {
		t.Errorf("status %d: %s", status, said)
	}
}

// A log that is rotated away or removed while it is read is read to its end.
func TestRemovedWhileRead(t *testing.T) {
	log, _ := sshLog(60, 1)
	path := write(t, "auth.log", []byte(strings.Repeat(log, 100)))
	removed := false
	out := writerFunc(func(p []byte) (int, error) {
		if !removed {
			removed = true
			if err := errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, []byte("new\n"), 0o600)); err != nil {
				t.Error(err)
			}
		}
		return len(p), nil
	})
	rows := 0
	counted := writerFunc(func(p []byte) (int, error) { rows += bytes.Count(p, []byte("\n")); return out(p) })
	if status, said := scanned(t.Context(), nil, counted, path); status != statusDone || rows != 100*strings.Count(log, "\n") || !removed {
		t.Errorf("status %d, %d rows: %s", status, rows, said)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }
