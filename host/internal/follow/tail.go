// Package follow reads logs that are still being written, as tail -F does:
// through rotation by renaming, rotation by copying and truncating, files that
// do not exist yet, and ends of its own process.
//
// A [Tail] hands out whole lines as they arrive and says where it stands; a
// [Store] keeps those positions on disk. Nothing here waits: whoever polls
// decides how often.
package follow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/tiercel/tiercel/core/event"
)

// Bounds of a Tail.
const (
	pieceBytes = 256 << 10            // what one poll hands out at most, but for longer lines
	maxLine    = event.DefaultMaxLine // of a longer line only the beginning is kept
	headBytes  = 1 << 10              // a file is known again by a hash of so many first bytes
	minHead    = 16                   // fewer do not tell files apart
)

// Position is where a log was read up to.
type Position struct {
	Name     string `json:"name"`
	Inode    uint64 `json:"inode,omitempty"` // 0 where the system has none
	Offset   int64  `json:"offset"`          // bytes
	Head     string `json:"head,omitempty"`  // SHA-256 of the first HeadSize bytes
	HeadSize int    `json:"head_size,omitempty"`
	Line     int64  `json:"line"`   // lines judged
	Record   int64  `json:"record"` // records judged
	Format   string `json:"format,omitempty"`
}

// Piece is what a poll found.
type Piece struct {
	Data  []byte // whole lines, valid until the next poll
	Fresh bool   // they start another file of that name
	End   bool   // nothing will follow: a stream that ended
}

// Tail follows one log by name. It belongs to one goroutine.
type Tail struct {
	name   string
	file   *os.File    // nil while there is none
	info   os.FileInfo // of file
	next   []string    // files to read, oldest first, before that of the name
	offset int64       // of file: read into buf
	head   []byte      // the first bytes of file, up to headBytes
	buf    []byte      // read and not handed out
	given  int         // of buf, by the last poll
	skip   bool        // within a line that was too long
	fresh  bool        // the next piece starts another file
	quiet  int         // polls without growth since the name stands for another file
}

// NewTail follows the log of that name; from, unless nil, is where an earlier
// process stood. Where the log was rotated since then, the rest of the former
// file is looked for beside it. It reports whether that position was found.
func NewTail(name string, from *Position) (t *Tail, found bool) {
	t = &Tail{name: name}
	if from == nil || from.HeadSize < minHead && from.Inode == 0 {
		return t, from == nil || from.Offset == 0
	}
	path, info := t.find(from)
	if path == "" {
		t.fresh = true
		return t, false
	}
	if path != name {
		t.next = t.successors(info)
	}
	if t.open(path) != nil {
		t.fresh, t.next = true, nil
		return t, false
	}
	t.offset, t.fresh = from.Offset, from.Offset == 0
	t.head = make([]byte, from.HeadSize)
	t.file.ReadAt(t.head, 0)
	return t, true
}

// open starts to read a file at its beginning.
func (t *Tail) open(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("is a directory")
	}
	if err != nil {
		f.Close()
		return err
	}
	if t.file != nil {
		t.file.Close()
	}
	t.file, t.info, t.offset, t.head, t.skip, t.fresh, t.quiet = f, info, 0, nil, false, true, 0
	return nil
}

// Position returns where the last piece ended; lines, records and format are
// for the caller to fill.
func (t *Tail) Position() Position {
	p := Position{Name: t.name, Offset: t.offset - int64(len(t.buf)-t.given)}
	if t.info != nil {
		p.Inode = inode(t.info)
	}
	p.HeadSize = int(min(int64(len(t.head)), p.Offset))
	p.Head = hashOf(t.head[:p.HeadSize])
	return p
}

func hashOf(head []byte) string {
	if len(head) == 0 {
		return ""
	}
	sum := sha256.Sum256(head)
	return hex.EncodeToString(sum[:])
}

// Poll returns what has arrived, an empty piece for nothing. A log that does
// not exist is one where nothing has arrived; other errors are worth telling.
func (t *Tail) Poll() (Piece, error) {
	t.buf = t.buf[:copy(t.buf, t.buf[t.given:])]
	t.given = 0
	if t.file == nil {
		if err := t.open(t.name); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return Piece{}, err
		}
	}
	if t.cut() {
		return t.restart()
	}
	if err := t.read(); err != nil {
		return Piece{}, err
	}
	if n := t.lines(); n > 0 {
		t.quiet = 0
		return t.give(n), nil
	}
	if !t.replaced() {
		return Piece{}, nil
	}
	// Its writer may still hold the former file: it gets one more poll.
	if t.quiet++; t.quiet < 2 {
		return Piece{}, nil
	}
	return t.rotate()
}

// read fills the buffer up to a piece or the end of the file.
func (t *Tail) read() error {
	for len(t.buf) < pieceBytes || bytes.IndexByte(t.buf, '\n') < 0 {
		at := len(t.buf)
		if cap(t.buf) < at+pieceBytes {
			grown := make([]byte, at, at+pieceBytes)
			copy(grown, t.buf)
			t.buf = grown
		}
		n, err := t.file.ReadAt(t.buf[at:at+pieceBytes], t.offset)
		t.buf = t.buf[:at+n]
		if missing := headBytes - len(t.head); missing > 0 && t.offset == int64(len(t.head)) {
			t.head = append(t.head, t.buf[at:at+min(n, missing)]...)
		}
		t.offset += int64(n)
		t.shorten()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shorten bounds what a line without end keeps in memory: its beginning, ended,
// is a record that is told to be too long; the rest is passed over.
func (t *Tail) shorten() {
	if t.skip {
		n := bytes.IndexByte(t.buf, '\n') + 1
		if n == 0 {
			n = len(t.buf)
		} else {
			t.skip = false
		}
		t.buf = t.buf[:copy(t.buf, t.buf[n:])]
		return
	}
	if len(t.buf) > maxLine+1 && bytes.IndexByte(t.buf, '\n') < 0 {
		t.buf = append(t.buf[:maxLine+1], '\n')
		t.skip = true
	}
}

// lines returns the length of the whole lines in the buffer.
func (t *Tail) lines() int { return bytes.LastIndexByte(t.buf, '\n') + 1 }

func (t *Tail) give(n int) Piece {
	t.given = n
	p := Piece{Data: t.buf[:n], Fresh: t.fresh}
	t.fresh = false
	return p
}

// Beginning returns the first bytes of the file, n at most and none behind the
// position, and when it was last written to.
func (t *Tail) Beginning(n int) ([]byte, time.Time) {
	if t.file == nil {
		return nil, time.Time{}
	}
	b := make([]byte, min(int64(n), t.Position().Offset))
	m, _ := t.file.ReadAt(b, 0)
	return b[:m], t.info.ModTime()
}

// Close closes the file.
func (t *Tail) Close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}
