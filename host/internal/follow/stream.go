package follow

import (
	"bytes"
	"io"
)

// Stream follows a stream that cannot be read again, such as standard input.
type Stream struct {
	pieces chan []byte
	buf    []byte
	given  int
	err    error
	ended  bool
}

// NewStream starts to read r in a goroutine of its own, which lasts until r
// ends: a read of a pipe cannot be interrupted.
func NewStream(r io.Reader) *Stream {
	s := &Stream{pieces: make(chan []byte, 4)}
	go s.read(r)
	return s
}

func (s *Stream) read(r io.Reader) {
	defer close(s.pieces)
	for {
		buf := make([]byte, pieceBytes)
		n, err := r.Read(buf)
		if n > 0 {
			s.pieces <- buf[:n]
		}
		if err != nil {
			if err != io.EOF {
				s.err = err
			}
			return
		}
	}
}

// Poll returns the whole lines that have arrived. After the last one, which
// needs no end, the piece says so, with the error that ended the stream.
func (s *Stream) Poll() (Piece, error) {
	s.buf = s.buf[:copy(s.buf, s.buf[s.given:])]
	s.given = 0
	for !s.ended && len(s.buf) < pieceBytes {
		select {
		case p, ok := <-s.pieces:
			s.ended = !ok
			s.buf = append(s.buf, p...)
			continue
		default:
		}
		break
	}
	n := bytes.LastIndexByte(s.buf, '\n') + 1
	switch {
	case s.ended:
		n = len(s.buf)
	case n == 0 && len(s.buf) > maxLine:
		n = len(s.buf)
	}
	s.given = n
	p := Piece{Data: s.buf[:n], End: s.ended}
	if s.ended {
		return p, s.err
	}
	return p, nil
}

// Position returns nothing to go on from: a stream has no place.
func (s *Stream) Position() Position { return Position{} }

// Close does nothing: the reader belongs to the caller.
func (s *Stream) Close() error { return nil }
