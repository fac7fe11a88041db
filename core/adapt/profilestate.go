package adapt

import (
	"math"

	"github.com/tiercel/tiercel/core/feature"
)

// profileMagic names the format of a profile's bytes and its version.
const profileMagic = "TCP2"

// AppendTo appends what Restore needs to go on from here, little-endian:
//
//	magic, epoch u32, records u32, sources u32 x 2
//	surprises f64 x rankBins
//	acquaintance, seen, sure of the stranger u32 x 3; its odds f64 x rankBins where it is strange
//	places u32, each: slot u32, key u64, epoch u32, n f32, once f32, looks f32 x NumLooks,
//	texts f32, lacks f32 x LookLengths
//	items u32, each: slot u32, key u64, epoch u32, n f32
//	taught u32, each: slot u32, hash u64
//
// An equal profile gives equal bytes. They hold hashes and counts, no text.
func (p *Profile) AppendTo(dst []byte) []byte {
	dst = append(dst, profileMagic...)
	for _, n := range [...]int{int(p.epoch), p.records, p.sources[0], p.sources[1]} {
		dst = append32(dst, uint32(n))
	}
	dst = p.surprises.appendTo(dst)
	for _, n := range [...]int{int(p.stranger.state), int(p.stranger.seen), int(p.stranger.sure)} {
		dst = append32(dst, uint32(n))
	}
	if p.stranger.state == strange {
		dst = p.stranger.odds.appendTo(dst)
	}
	at := startCount(&dst)
	for i := range p.places {
		if s := &p.places[i]; s.key != 0 {
			dst = appendSlot(dst, at, i, s.key)
			dst = append32(dst, s.epoch)
			dst = appendCounts(dst, s.n, s.once)
			dst = appendCounts(dst, s.looks[:]...)
			dst = appendCounts(appendCounts(dst, s.texts), s.lacks[:]...)
		}
	}
	at = startCount(&dst)
	for i := range p.items {
		if s := &p.items[i]; s.key != 0 {
			dst = appendSlot(dst, at, i, s.key)
			dst = append32(dst, s.epoch)
			dst = appendCounts(dst, s.n)
		}
	}
	at = startCount(&dst)
	for i, h := range p.taught {
		if h != 0 {
			dst = appendSlot(dst, at, i, h)
		}
	}
	return dst
}

// startCount appends a count of zero and returns where it stands.
func startCount(dst *[]byte) int {
	*dst = append32(*dst, 0)
	return len(*dst) - 4
}

// appendSlot appends the head of an occupied slot and raises the count at dst[at:].
func appendSlot(dst []byte, at, slot int, key uint64) []byte {
	n := uint32(dst[at]) | uint32(dst[at+1])<<8 | uint32(dst[at+2])<<16 | uint32(dst[at+3])<<24
	append32(dst[:at], n+1)
	return append64(append32(dst, uint32(slot)), key)
}

func appendCounts(dst []byte, counts ...float32) []byte {
	for _, n := range counts {
		dst = append32(dst, math.Float32bits(n))
	}
	return dst
}

// Restore replaces what was learnt by what AppendTo wrote. It refuses all other
// bytes; the profile is then as it was.
func (p *Profile) Restore(data []byte) error {
	r := reader{data: data}
	if string(r.take(len(profileMagic))) != profileMagic {
		return errMalformed
	}
	var next Profile
	next.make()
	next.epoch = uint32(r.uint(4))
	next.records = int(r.uint(4))
	next.sources = [2]int{int(r.uint(4)), int(r.uint(4))}
	if next.records >= profileEpoch || next.sources[0] > profileEpoch || next.sources[1] > profileEpoch {
		return errMalformed
	}
	r.ranks(&next.surprises)
	at := &next.stranger
	at.state = acquaintance(min(r.uint(4), uint64(numAcquaintances)))
	at.seen, at.sure = float64(r.uint(4)), float64(r.uint(4))
	if at.state >= numAcquaintances || at.seen >= strangerLook || at.sure > at.seen {
		return errMalformed
	}
	if at.state == strange {
		r.ranks(&at.odds)
	}
	for range r.count(profilePlaces) {
		slot, key := r.slot(profilePlaces)
		s := &next.places[slot]
		s.key, s.epoch = key, uint32(r.uint(4))
		s.n, s.once = r.seen(), r.seen()
		for i := range feature.NumLooks {
			s.looks[i] = r.seen()
		}
		s.texts = r.seen()
		for i := range s.lacks {
			s.lacks[i] = r.seen()
		}
		r.bad = r.bad || s.epoch > next.epoch
	}
	for range r.count(profileItems) {
		slot, key := r.slot(profileItems)
		s := &next.items[slot]
		s.key, s.epoch, s.n = key, uint32(r.uint(4)), r.seen()
		r.bad = r.bad || s.epoch > next.epoch
	}
	for range r.count(profileTaught) {
		slot, hash := r.slot(profileTaught)
		next.taught[slot] = hash
	}
	if r.bad || len(r.data) != 0 {
		return errMalformed
	}
	*p = next
	return nil
}

func (r *ranks) appendTo(dst []byte) []byte {
	for _, n := range r.bins {
		dst = append64(dst, bitsOf(n))
	}
	return dst
}

// ranks reads what ranks.appendTo wrote.
func (r *reader) ranks(to *ranks) {
	for i := range to.bins {
		n := math.Float64frombits(r.uint(8))
		if !(n >= 0 && n <= 2*profileEpoch) {
			r.bad = true
			return
		}
		to.bins[i] = n
		to.total += n
	}
}

// count reads how many slots follow, none where there are too many.
func (r *reader) count(most uint64) uint64 {
	n := r.uint(4)
	if n > most {
		r.bad = true
		return 0
	}
	return n
}

// slot reads the head of a slot; a bad one is slot 0.
func (r *reader) slot(slots uint64) (slot, key uint64) {
	slot, key = r.uint(4), r.uint(8)
	if slot >= slots || key == 0 {
		r.bad = true
		return 0, 0
	}
	return slot, key
}

// seen reads a count.
func (r *reader) seen() float32 {
	n := math.Float32frombits(uint32(r.uint(4)))
	if !(n >= 0 && n <= maxSeen) {
		r.bad = true
	}
	return n
}

// maxSeen bounds any count: they halve with each epoch, and one record counts a
// thing at most as often as it has parameters.
const maxSeen = 128 * profileEpoch
