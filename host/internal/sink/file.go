package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/tiercel/tiercel/host/internal/follow"
)

// File appends rows to a file. Beside it, with the suffix ".cursor", it keeps
// which message was the last and how long the file was then: what a crash left
// behind that is cut off, so that each row stands there once. A file that was
// rotated is opened anew when the process starts.
type File struct {
	file *os.File
	path string
	last mark
}

// mark says up to where a file is whole.
type mark struct {
	Stream   int64  `json:"stream"`
	Sequence uint64 `json:"sequence"`
	Size     int64  `json:"size"`
}

var _ Sink = (*File)(nil)

// OpenFile opens or makes the file.
func OpenFile(path string) (*File, error) {
	f := &File{path: path}
	data, err := os.ReadFile(f.cursor())
	if err == nil {
		err = json.Unmarshal(data, &f.last)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("sink: %s: %w", f.cursor(), err)
	}
	if f.file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640); err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	size, err := f.file.Seek(0, io.SeekEnd)
	if err == nil && f.last.Stream != 0 && size > f.last.Size {
		err = f.cut()
	} else {
		f.last.Size = size
	}
	if f.last.Stream == 0 {
		f.last.Stream = -1 // none yet
	}
	if err == nil { // what is written before the first mark can be cut off, too
		err = f.keep(f.last)
	}
	if err != nil {
		f.file.Close()
		return nil, fmt.Errorf("sink: %w", err)
	}
	return f, nil
}

// keep saves a mark.
func (f *File) keep(m mark) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return follow.Replace(f.cursor(), data)
}

func (f *File) cursor() string { return f.path + ".cursor" }

// cut takes back what was written behind the mark.
func (f *File) cut() error {
	if err := f.file.Truncate(f.last.Size); err != nil {
		return err
	}
	_, err := f.file.Seek(f.last.Size, io.SeekStart)
	return err
}

// Write implements Sink.
func (f *File) Write(_ context.Context, b Batch) error {
	if len(b.Rows) == 0 || b.Stream == f.last.Stream && b.Sequence <= f.last.Sequence {
		return nil
	}
	_, err := f.file.Write(b.Rows)
	if err == nil {
		err = f.file.Sync()
	}
	next := mark{b.Stream, b.Sequence, f.last.Size + int64(len(b.Rows))}
	if err == nil {
		err = f.keep(next)
	}
	if err != nil {
		return errors.Join(err, f.cut())
	}
	f.last = next
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Writer writes rows to a stream such as standard output, which cannot say
// more than that it took them.
type Writer struct{ W io.Writer }

var _ Sink = Writer{}

// Write implements Sink.
func (w Writer) Write(_ context.Context, b Batch) error {
	_, err := w.W.Write(b.Rows)
	return err
}

// Close does nothing.
func (w Writer) Close() error { return nil }
