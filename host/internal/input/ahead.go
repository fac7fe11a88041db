package input

import "io"

// Read-ahead: while one chunk is parsed the next are read and inflated.
const (
	chunkSize  = 256 << 10 // one read of a page cache; larger gains nothing measurable
	chunkCount = 4         // 1 MiB a file in all
)

// ahead reads a source in a goroutine of its own, a few chunks ahead of its
// consumer. A short read is passed on at once, so a slow pipe is not delayed.
type ahead struct {
	full    chan chunk
	free    chan []byte
	stop    chan struct{}
	stopped bool
	current chunk
	rest    []byte // unread part of current
	err     error
}

type chunk struct {
	data []byte
	err  error // what the source said after data
}

// newAhead starts to read src. The goroutine releases it when it no longer
// reads: a decompressor must not be closed while it works.
func newAhead(src io.Reader, release []func()) *ahead {
	a := &ahead{full: make(chan chunk, chunkCount), free: make(chan []byte, chunkCount), stop: make(chan struct{})}
	for range chunkCount {
		a.free <- make([]byte, chunkSize)
	}
	go a.fill(src, release)
	return a
}

func (a *ahead) fill(src io.Reader, release []func()) {
	defer releaseAll(release)
	defer close(a.full)
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.stop:
			return
		}
		n, err := readSome(src, buf)
		select {
		case a.full <- chunk{buf[:n], err}:
		case <-a.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// readSome reads at least one byte, or fails. A reader may return nothing
// without an error; one that does so a hundred times in a row never ends.
func readSome(src io.Reader, buf []byte) (int, error) {
	for range 100 {
		if n, err := src.Read(buf); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// Read implements io.Reader.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.current.data != nil {
			a.free <- a.current.data[:chunkSize]
		}
		a.current = <-a.full
		a.rest, a.err = a.current.data, a.current.err
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// close lets the goroutine end. It does not wait: a read of a terminal or a
// pipe cannot be interrupted.
func (a *ahead) close() {
	if !a.stopped {
		a.stopped = true
		close(a.stop)
	}
}
