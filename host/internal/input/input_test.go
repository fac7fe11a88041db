package input_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tiercel/tiercel/host/internal/input"
)

func gzipped(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		io.WriteString(w, m)
		w.Close()
	}
	return b.Bytes()
}

func zstandard(t testing.TB, text string, o ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, o...)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines is long enough for several chunks, and its gzip for several blocks.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("line ")
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), 40+i%17))
		b.WriteByte('\n')
	}
	return b.String()
}

func TestForms(t *testing.T) {
	text := lines(20000)
	cases := []struct {
		name    string
		data    []byte
		packing string
		want    string
	}{
		{"plain", []byte(text), "", text},
		{"empty", nil, "", ""},
		{"one byte", []byte("x"), "", "x"},
		{"byte-order mark", []byte("\xef\xbb\xbf" + text), "", "\xef\xbb\xbf" + text},
		{"gzip", gzipped(t, text), "gzip", text},
		{"gzip of several members", gzipped(t, text, "", "more\n", text), "gzip", text + "more\n" + text},
		{"gzip of nothing", gzipped(t, ""), "gzip", ""},
		{"zstd", zstandard(t, text), "zstd", text},
		{"zstd of several frames", append(zstandard(t, text), zstandard(t, "more\n")...), "zstd", text + "more\n"},
		{"zstd behind a skippable frame", append([]byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc"), zstandard(t, text)...), "zstd", text},
		{"leading zeros", []byte(strings.Repeat("\x00", 4096) + text), "", strings.Repeat("\x00", 4096) + text},
	}
	for _, c := range cases {
		for _, sampled := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				f, err := input.Open(file(t, "log", c.data), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if f.Packing() != c.packing {
					t.Errorf("packing %q, want %q", f.Packing(), c.packing)
				}
				if sampled {
					s := string(f.Sample())
					if !strings.HasPrefix(c.want, s) || (s == "") != (c.want == "") || len(s) > input.SampleSize {
						t.Errorf("sample of %d bytes is no beginning", len(s))
					}
				}
				got, err := io.ReadAll(f)
				if err != nil || string(got) != c.want {
					t.Errorf("read %d bytes, %v; want %d", len(got), err, len(c.want))
				}
				if f.Size() != int64(len(c.data)) || f.Consumed() != f.Size() {
					t.Errorf("size %d, consumed %d, want %d", f.Size(), f.Consumed(), len(c.data))
				}
			})
		}
	}
}

func TestStandardInput(t *testing.T) {
	f, err := input.Open("-", bytes.NewReader(gzipped(t, "a\nb\n")))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); string(got) != "a\nb\n" || err != nil || f.Size() != 0 {
		t.Errorf("%q, %v, size %d", got, err, f.Size())
	}
}

func TestRefusals(t *testing.T) {
	locked := file(t, "locked", []byte("x\n"))
	os.Chmod(locked, 0)
	cases := []struct{ name, path, want string }{
		{"missing", filepath.Join(t.TempDir(), "none.log"), "no such file"},
		{"directory", t.TempDir(), "is a directory; name the files in it"},
		{"gzip header only", file(t, "a.gz", []byte("\x1f\x8b\x08")), "truncated gzip"},
	}
	if os.Getuid() != 0 { // root may read everything
		cases = append(cases, struct{ name, path, want string }{"no permission", locked, "permission denied"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := input.Open(c.path, nil)
			if err == nil {
				f.Close()
				t.Fatal("opened")
			}
			var e *input.Error
			if !errors.As(err, &e) || e.Name != c.path || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q of %s", err, c.want, c.path)
			}
		})
	}
}

func TestBrokenOff(t *testing.T) {
	text := lines(50000)
	half := func(b []byte) []byte { return b[:len(b)/2] }
	flipped := zstandard(t, text)
	flipped[len(flipped)/2] ^= 0xff
	cases := []struct {
		name, want string
		data       []byte
	}{
		{"gzip", "truncated gzip", half(gzipped(t, text))},
		{"gzip without its trailer", "truncated gzip", gzipped(t, text)[:len(gzipped(t, text))-8]},
		{"gzip with rubbish behind it", "damaged gzip", append(gzipped(t, text), "rubbish rubbish"...)},
		{"zstd", "truncated zstd", half(zstandard(t, text, zstd.WithWindowSize(64<<10)))},
		{"zstd damaged", "zstd", flipped},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := input.Open(file(t, "log", c.data), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := io.ReadAll(f)
			var e *input.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if c.name != "zstd damaged" && (len(got) == 0 || !strings.HasPrefix(text, string(got))) {
				t.Errorf("%d bytes were read before the break", len(got))
			}
		})
	}
}

// bomb is a source whose inflation would never fit into memory.
func bomb(t testing.TB, size int64) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.CopyN(w, zeros{}, size); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestBombIsStreamed(t *testing.T) {
	const size = 64 << 20
	path := file(t, "bomb.gz", bomb(t, size))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := input.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, err := io.Copy(io.Discard, f)
	runtime.ReadMemStats(&after)
	if n != size || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 4<<20 {
		t.Errorf("inflating %d MiB allocated %d KiB", size>>20, allocated>>10)
	}
}

func TestZstdWindowIsBounded(t *testing.T) {
	// Frame header by hand: a window of 2^(10+17) = 128 MiB, one raw block of 4 bytes.
	frame := []byte("\x28\xb5\x2f\xfd\x00\x88\x21\x00\x00abcd")
	f, err := input.Open(file(t, "wide.zst", frame), nil)
	if err == nil {
		_, err = io.ReadAll(f)
		f.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "window above 8 MiB") {
		t.Errorf("%v", err)
	}
}

func TestCloseWhileReading(t *testing.T) {
	for _, data := range [][]byte{[]byte(lines(50000)), gzipped(t, lines(50000)), zstandard(t, lines(50000))} {
		f, err := input.Open(file(t, "log", data), nil)
		if err != nil {
			t.Fatal(err)
		}
		f.Read(make([]byte, 10))
		f.Close()
		f.Close()
	}
}

func BenchmarkRead(b *testing.B) {
	text := lines(200000)
	for _, c := range []struct {
		name string
		data []byte
	}{{"plain", []byte(text)}, {"gzip", gzipped(b, text)}, {"zstd", zstandard(b, text)}} {
		b.Run(c.name, func(b *testing.B) {
			path := file(b, "log", c.data)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				f, err := input.Open(path, nil)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, f)
				f.Close()
			}
		})
	}
}
