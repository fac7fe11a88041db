package main

import (
	"io"
	"iter"

	"github.com/tiercel/tiercel/core/event"
)

// source turns a Reader, which pulls, into one that bytes are pushed into, for
// files that only one Reader can cut: JSON arrays, objects of many lines. The
// Reader runs in a coroutine that stops where it needs bytes.
type source struct {
	data  []byte // pushed and not yet read
	ended bool
	next  func() (state, bool)
	stop  func()
	yield func(state) bool
	batch event.Batch
	err   error
}

// state is why a source has stopped.
type state bool

const (
	hungry state = false // it needs bytes
	filled state = true  // its batch holds records
)

// newSource returns a source of a whole file.
func newSource(f event.Format, o event.Options) (*source, error) {
	s := &source{}
	r, err := event.NewReader(s, f, o)
	if err != nil {
		return nil, err
	}
	s.next, s.stop = iter.Pull(func(yield func(state) bool) {
		s.yield = yield
		for {
			if s.err = r.Next(&s.batch); s.err != nil || !yield(filled) {
				return
			}
		}
	})
	return s, nil
}

// Read implements io.Reader for the Reader in the coroutine.
func (s *source) Read(p []byte) (int, error) {
	for len(s.data) == 0 {
		if s.ended || !s.yield(hungry) {
			return 0, io.EOF
		}
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

// push gives the source its next bytes, which it does not keep, and calls visit
// with each batch that they complete.
func (s *source) push(data []byte, last bool, visit func(*event.Batch)) error {
	s.data, s.ended = data, last
	for {
		state, ok := s.next()
		if !ok {
			if s.err == io.EOF {
				return nil
			}
			return s.err
		}
		if state == hungry {
			return nil
		}
		visit(&s.batch)
	}
}
