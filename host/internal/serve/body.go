package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"
)

// limitError says which limit a request ran into.
type limitError struct{ name string }

func (e limitError) Error() string { return "request is beyond limits." + e.name }

// errBusy is why a request is to come again: all memory is at work.
var errBusy = errors.New("too much at work")

// errEncoding is why a body cannot be unpacked.
var errEncoding = errors.New("body cannot be unpacked")

// body is an unpacked request body; release gives its memory back.
type body struct {
	text   []byte
	memory *semaphore.Weighted
	held   int64
}

func (b *body) release() { b.memory.Release(b.held) }

// grow makes room, if the memory of all requests allows it.
func (b *body) grow(to int) error {
	more := int64(to - cap(b.text))
	if more <= 0 {
		return nil
	}
	// While the text is copied both places are there.
	if !b.memory.TryAcquire(int64(to)) {
		return errBusy
	}
	text := make([]byte, len(b.text), to)
	copy(text, b.text)
	b.memory.Release(b.held)
	b.text, b.held = text, int64(to)
	return nil
}

// firstBytes is what a body of unknown size starts with.
const firstBytes = 256 << 10

// readBody reads and unpacks a body within the limits. On an error there is
// nothing to release.
func readBody(r *http.Request, l *Limits, memory *semaphore.Weighted) (*body, error) {
	if r.ContentLength > int64(l.Body) {
		return nil, limitError{"body"}
	}
	sent := &counted{r: r.Body, left: int64(l.Body)}
	unpacked, done, err := unpack(r.Header.Get("Content-Encoding"), sent)
	if err != nil {
		return nil, err
	}
	defer done()
	b := &body{memory: memory}
	if err := b.fill(unpacked, sent, l, r.ContentLength); err != nil {
		b.release()
		return nil, err
	}
	return b, nil
}

func (b *body) fill(src io.Reader, sent *counted, l *Limits, length int64) error {
	size := firstBytes
	if src == io.Reader(sent) && length > 0 {
		size = int(length) + 1 // so that the end is seen without growing
	}
	if err := b.grow(size); err != nil {
		return err
	}
	for {
		if len(b.text) == cap(b.text) {
			if err := b.grow(min(2*cap(b.text), int(l.Inflated)+1)); err != nil {
				return err
			}
		}
		n, err := src.Read(b.text[len(b.text):cap(b.text)])
		b.text = b.text[:len(b.text)+n]
		switch {
		case sent.over:
			return limitError{"body"}
		case len(b.text) > int(l.Inflated):
			return limitError{"inflated"}
		case len(b.text) > firstBytes && int64(len(b.text)) > int64(l.Ratio)*sent.n:
			return limitError{"ratio"}
		case err == io.EOF:
			return nil
		case err != nil && src != io.Reader(sent):
			return fmt.Errorf("%w: %w", errEncoding, err)
		case err != nil:
			return err
		}
	}
}

// unpack returns a reader of what a body holds.
func unpack(encoding string, src *counted) (io.Reader, func(), error) {
	switch encoding {
	case "", "identity":
		return src, func() {}, nil
	case "gzip":
		z, err := gzip.NewReader(src)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errEncoding, err)
		}
		return z, func() { z.Close() }, nil
	case "zstd":
		// Windows above 8 MiB are refused, as scan refuses them.
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errEncoding, err)
		}
		return z, z.Close, nil
	}
	return nil, nil, fmt.Errorf("%w: Content-Encoding is not gzip, zstd or identity", errEncoding)
}

// counted counts what is read and stops beyond a limit.
type counted struct {
	r    io.Reader
	n    int64
	left int64
	over bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.left -= int64(n); c.left < 0 {
		c.over = true
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// blank reports whether a text holds no record.
func blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }
