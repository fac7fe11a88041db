// Package input opens logs: plain text, gzip and zstd, told apart by their
// first bytes, from files and from standard input.
//
// What a file can make the process allocate is bounded: see [MaxWindow] and
// the read-ahead of 1 MiB. Inflated data are streamed, so a bomb costs time only.
package input

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tiercel/tiercel/core/event"
)

// MaxWindow is the largest zstd window that is inflated. RFC 8878, section
// 3.1.1.1.2, asks of every decoder 8 MiB, which zstd's levels up to 19 stay
// under; --ultra and --long write frames that need up to 2 GiB, and the frame
// decides: more would break the bound of 64 MiB above the model.
const MaxWindow = 8 << 20

// SampleSize is how much of a file is shown to the detection of its format.
const SampleSize = event.SampleBytes

// Stdin is the name that stands for standard input.
const Stdin = "-"

// Error says what is wrong with one input, in words for the user. It never
// holds contents.
type Error struct {
	Name    string // as the user wrote it
	Problem string
	Err     error // the cause, may be nil
}

func (e *Error) Error() string { return e.Name + ": " + e.Problem }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// File is an open log. Its Read returns decompressed bytes. It belongs to one
// goroutine, except Consumed.
type File struct {
	name     string
	packing  string
	size     int64
	modified time.Time
	consumed atomic.Int64
	release  []func() // in the order of opening; the read-ahead takes them over
	data     *ahead
	head     []byte // read for the sample, not yet consumed
	headErr  error  // what data said after head
}

// Open opens a file, or stdin for the name "-". Its errors are of type [*Error].
func Open(name string, stdin io.Reader) (*File, error) {
	f := &File{name: name}
	src := stdin
	if name != Stdin {
		file, err := openFile(name)
		if err != nil {
			return nil, err
		}
		f.release = append(f.release, func() { file.Close() })
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			f.size, f.modified = info.Size(), info.ModTime()
		}
		src = file
	}
	if err := f.start(src); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func openFile(name string) (*os.File, error) {
	file, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{name, "no such file", err}
	case errors.Is(err, fs.ErrPermission):
		return nil, &Error{name, "permission denied", err}
	case err != nil:
		return nil, &Error{name, "cannot be opened: " + cause(err), err}
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		file.Close()
		return nil, &Error{Name: name, Problem: "is a directory; name the files in it: " + strings.TrimRight(name, "/") + "/*"}
	}
	return file, nil
}

// cause returns the part of a path error that is not the path.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// start finds out how the source is packed and begins to read it.
func (f *File) start(src io.Reader) error {
	raw := bufio.NewReaderSize(&counter{src, &f.consumed}, chunkSize)
	head, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return f.readError(err)
	}
	var unpacked io.Reader = raw
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		f.packing = "gzip"
		z, err := gzip.NewReader(raw)
		if err != nil {
			return f.readError(err)
		}
		unpacked = z
	case isZstd(head):
		f.packing = "zstd"
		// One decoder, no goroutines of its own: the read-ahead already runs
		// beside the parsers, and each further block in flight costs a window.
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxWindow))
		if err != nil {
			return f.readError(err)
		}
		f.release = append(f.release, z.Close)
		unpacked = z
	}
	f.data, f.release = newAhead(unpacked, f.release), nil
	return nil
}

// The first bytes of compressed files.
const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// isZstd reports whether head starts with a zstd frame or with a skippable
// frame (RFC 8878, section 3.1.2: magic 0x184D2A50 to 0x184D2A5F).
func isZstd(head []byte) bool {
	if bytes.HasPrefix(head, []byte(zstdMagic)) {
		return true
	}
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18
}

// readError puts what the operating system or a decompressor says into words.
func (f *File) readError(err error) error {
	problem := "cannot be read: " + cause(err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		problem = "truncated " + f.packing + ": the data end in the middle; what stands before that was read"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		problem = "zstd with a window above 8 MiB (--ultra or --long) is not inflated; unpack it first: zstd -dc FILE | tiercel scan -"
	case f.packing != "":
		problem = "damaged " + f.packing + ": " + err.Error() + "; what stands before that was read"
	}
	return &Error{f.name, problem, err}
}

// Sample returns the first bytes of the log, SampleSize of them unless it is
// shorter. It waits until so much has arrived or the input ends. It must be
// called before the first Read and is valid until then.
func (f *File) Sample() []byte {
	if f.head == nil {
		f.head = make([]byte, 0, SampleSize)
	}
	for len(f.head) < SampleSize && f.headErr == nil {
		n, err := f.data.Read(f.head[len(f.head):SampleSize])
		f.head = f.head[:len(f.head)+n]
		f.headErr = err
	}
	return f.head
}

// Read returns decompressed bytes. An error other than io.EOF is an [*Error].
func (f *File) Read(p []byte) (int, error) {
	if len(f.head) > 0 {
		n := copy(p, f.head)
		f.head = f.head[n:]
		return n, nil
	}
	err := f.headErr
	var n int
	if err == nil {
		n, err = f.data.Read(p)
	}
	if err != nil && err != io.EOF {
		err = f.readError(err)
	}
	return n, err
}

// Name returns the name as the user wrote it.
func (f *File) Name() string { return f.name }

// Packing returns "gzip", "zstd" or, for plain text, "".
func (f *File) Packing() string { return f.packing }

// Size returns the bytes that the file takes on disk, 0 when that is not known.
func (f *File) Size() int64 { return f.size }

// Modified returns when the file was last written to, the zero time when that
// is not known.
func (f *File) Modified() time.Time { return f.modified }

// Consumed returns how many of them have been read. It may be called from any goroutine.
func (f *File) Consumed() int64 { return f.consumed.Load() }

// Close releases the file, as soon as a read that is under way has returned.
// The File is not to be read afterwards.
func (f *File) Close() error {
	if f.data != nil {
		f.data.close()
	}
	releaseAll(f.release)
	f.release = nil
	return nil
}

func releaseAll(release []func()) {
	for _, r := range slices.Backward(release) {
		r()
	}
}

// counter counts the bytes that pass through it.
type counter struct {
	src io.Reader
	n   *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n.Add(int64(n))
	return n, err
}
