package stream

import (
	"crypto/sha256"
	"errors"
)

// seenParcels is how many ids of parcels a partition remembers, 256 KiB of them:
// ten minutes of 25 parcels a second.
const seenParcels = 16_384

const seenBytes = 16 // of an id's hash

// seen remembers the ids of the parcels that were judged last. JetStream knows
// those of its window of duplicates, but after a restart only those of parcels
// that are still stored; where the rest were purged for room, what is sent again
// is stored again and must not be judged again.
//
// It is part of what a partition has learnt: a function of its parcels.
type seen struct {
	order [][seenBytes]byte // a ring once it is full
	next  int               // of the ring: the oldest
	has   map[[seenBytes]byte]struct{}
}

// add reports whether an id is new, and remembers it.
func (s *seen) add(id string) bool {
	sum := sha256.Sum256([]byte(id))
	return s.put([seenBytes]byte(sum[:seenBytes]))
}

func (s *seen) put(h [seenBytes]byte) bool {
	if _, ok := s.has[h]; ok {
		return false
	}
	if s.has == nil {
		s.has = map[[seenBytes]byte]struct{}{}
	}
	s.has[h] = struct{}{}
	if len(s.order) < seenParcels {
		s.order = append(s.order, h)
		return true
	}
	delete(s.has, s.order[s.next])
	s.order[s.next] = h
	s.next = (s.next + 1) % seenParcels
	return true
}

// bytes returns the ids' hashes, the oldest first.
func (s *seen) bytes() []byte {
	out := make([]byte, 0, len(s.order)*seenBytes)
	for i := range s.order {
		h := s.order[(s.next+i)%len(s.order)]
		out = append(out, h[:]...)
	}
	return out
}

var errSeen = errors.New("stream: saved ids are damaged")

// read replaces the ids by those of bytes.
func (s *seen) read(data []byte) error {
	if len(data)%seenBytes != 0 || len(data) > seenParcels*seenBytes {
		return errSeen
	}
	*s = seen{}
	for ; len(data) > 0; data = data[seenBytes:] {
		s.put([seenBytes]byte(data[:seenBytes]))
	}
	return nil
}
