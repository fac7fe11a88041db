package feature

import (
	"math"

	"github.com/tiercel/tiercel/core/portable"
)

// The windows of the context are powers of two of nanoseconds, in steps of
// eight: 2^33 ns = 8.6 s ("9s"), 2^36 = 69 s ("1m"), 2^39 = 9.2 min ("9m"),
// 2^42 = 73 min ("1h"), 2^45 = 9.8 h ("10h"). Eight being a power of two, the
// damping factor of the slowest window gives the others by squaring, and
// sketches rotate by a shift.
//
// A damped count of half-life h is the sum of 2^(-age/h) over all events: at a
// steady rate of r events a second it settles at r*h/ln 2.
const (
	window1m  = 36
	window9m  = 39
	window1h  = 42
	window10h = 45
)

// rates is how many half-lives each count is kept at.
const rates = 4

// maxLate is how far behind the newest event of a window an event may be and
// still count (19.5 h): a flow is logged when it ends, under the time when it
// began. Time that goes back further is another recording, or one absurd time
// stamp before: the window starts afresh.
const maxLate = 1 << 46

// damping holds 2^(-dt/h) for the four half-lives, fastest first.
type damping [rates]float32

var undamped = damping{1, 1, 1, 1}

// damp returns the damping over dt >= 0 nanoseconds where the slowest
// half-life is 1/scale nanoseconds. Its relative error is below 2e-4 for the
// fastest half-life, 3e-7 for the slowest.
func damp(dt int64, scale float64) damping {
	if dt == 0 {
		return undamped
	}
	x := float64(dt) * scale
	if x >= 40 { // 2^-40: nothing is left
		return damping{}
	}
	d3 := halved(x)
	d2 := d3 * d3
	d2 *= d2
	d2 *= d2
	d1 := d2 * d2
	d1 *= d1
	d1 *= d1
	d0 := d1 * d1
	d0 *= d0
	d0 *= d0
	return damping{float32(d0), float32(d1), float32(d2), float32(d3)}
}

// halved returns 2^-x for x in [0, 1000), relative error below 3.1e-7. The
// polynomial interpolates (1 - f/2 - 2^-f) / (f(1-f)) at the Chebyshev nodes
// of [0,1], so powers of two are exact and the function has no steps.
func halved(x float64) float64 {
	f := x
	scale := 1.0
	if x >= 1 {
		k := math.Floor(x)
		f -= k
		scale = pow2(-int(k))
	}
	p := 0.008278018030786337 + float64(-0.000948230543968159*f)
	p = -0.047050473643893094 + float64(p*f)
	p = 0.19314628179587298 + float64(p*f)
	return float64((1 - float64(0.5*f) - float64(float64(f*(1-f))*p)) * scale)
}

// pow2 returns 2^k for k in [-1022, 1023].
func pow2(k int) float64 { return math.Float64frombits(uint64(k+1023) << 52) }

// curve is log(1+x) for x >= 0 by a table over the seven leading bits of the
// mantissa with straight lines between: absolute error below 1.2e-5, never
// decreasing, one load and two products. A context row has some thirty
// logarithms, so they must cost next to nothing.
type curve struct{ base, slope [128]float32 }

func newCurve() *curve {
	c := new(curve)
	for i := range c.base {
		low := portable.Log1p(float64(i) / 128)
		high := portable.Log1p(float64(i+1) / 128)
		c.base[i] = float32(low)
		c.slope[i] = float32((high - low) / (1 << 16))
	}
	return c
}

func (c *curve) log1p(x float32) float32 {
	b := math.Float32bits(1 + x)
	i := b >> 16 & 127
	whole := float32(int32(b>>23)-127) * float32(math.Ln2)
	return float32(whole) + c.base[i] + float32(float32(b&0xffff)*c.slope[i])
}

// layout is what a window of one role holds.
type layout struct {
	slow     uint   // log2 of the slowest half-life in nanoseconds
	counts   int    // damped counts, each at the four half-lives
	scalars  int    // plain numbers, not damped, >= 0
	sketches []uint // log2 of the window of each distinct count
	words    int    // plain 64-bit words
}

// floats returns how many float32 a window has: counts, then scalars.
func (l *layout) floats() int { return l.counts*rates + l.scalars }

// bitWords returns how many uint64 a window has: sketches, then words.
func (l *layout) bitWords() int { return len(l.sketches)*sketchWords + l.words }

// windowOverhead is the bytes of a window besides its numbers: key, time,
// links, and two buckets of the index.
const windowOverhead = 8 + 8 + 8 + 2*8

// bytes returns the memory of one window.
func (l *layout) bytes() int { return windowOverhead + 4*l.floats() + 8*l.bitWords() }

// windows is a bounded table of the windows of one role: open addressing over
// slots that are linked from the newest to the oldest use. When it is full the
// window that was unused for longest gives its slot away. It allocates only
// while it grows.
type windows struct {
	layout
	max     int
	index   []bucket // a power of two, at most half full
	entries []entry  // one a slot
	slabs   []slab   // what the slots hold; a slab never moves
	newest  int32
	oldest  int32
	scale   float64 // 1 / the slowest half-life

	foreseen uint64 // of no meaning: what foresee reads must go somewhere, or it is not read

	nfloats, nwords int
}

// bucket is an entry of the index: slot+1, and the low half of the key, so that
// most misses, and closing a gap, need not look at the slot.
type bucket struct{ slot, tag uint32 }

// entry is what finding, ageing and replacing a window reads, side by side.
type entry struct {
	key          uint64
	time         int64 // of its newest event
	newer, older int32 // slots by last use, none at the ends
}

// slab holds the numbers and words of slabWindows windows, one after the other.
type slab struct {
	numbers []float32
	words   []uint64
}

const (
	slabShift   = 6
	slabWindows = 1 << slabShift
)

const none = -1

func newWindows(l layout, limit int) *windows {
	w := &windows{layout: l, max: limit, nfloats: l.floats(), nwords: l.bitWords(), scale: pow2(-int(l.slow))}
	w.clear()
	return w
}

func (w *windows) clear() {
	w.newest, w.oldest = none, none
	w.entries = w.entries[:0]
	clear(w.index)
}

// view is one window made ready for an event.
type view struct {
	*windows
	f      []float32
	words  []uint64
	weight damping // of this event: 1, less where it is late
	late   int64   // how far it is behind the window's newest event, >= 0
	before int64   // time of the event before it; the same time for a new window
	fresh  bool
}

// visit finds or makes the window of a key, ages it to time t and makes it the
// newest.
func (w *windows) visit(v *view, key uint64, t int64) {
	slot := w.find(key)
	v.fresh = slot < 0
	if v.fresh {
		slot = w.add(key, t)
	} else {
		w.touch(int32(slot))
	}
	v.windows = w
	v.f, v.words = w.at(slot)
	h := &w.entries[slot]
	v.weight, v.late, v.before = undamped, 0, h.time
	switch dt := t - v.before; {
	case dt == 0:
	case dt > 0:
		h.time = t
		v.age(dt, t)
	case dt >= -maxLate:
		v.late = -dt
		v.weight = damp(-dt, w.scale)
	default:
		h.time, v.before, v.fresh = t, t, true
		clear(v.f)
		clear(v.words)
	}
}

// ahead is how many keys foresee is given at once: enough to hide the way to
// memory, few enough that the first is still near when its turn comes.
const ahead = 16

// foresee reads what visit is going to read of those keys, so that memory is
// waited for once and not for one key after the other: most windows lie in no
// near cache. It changes nothing, and may miss a key that is not at home.
func (w *windows) foresee(keys []uint64) {
	if len(w.index) == 0 {
		return
	}
	var slots [ahead]uint32
	for i, key := range keys {
		slots[i%ahead] = w.index[w.home(uint32(key))].slot
	}
	var sum uint64
	for _, slot := range slots[:len(keys)] {
		if slot == 0 {
			continue
		}
		e := &w.entries[slot-1]
		numbers, words := w.at(int(slot - 1))
		const line = 64 // bytes that are loaded together
		for i := 0; i < len(numbers); i += line / 4 {
			sum += uint64(math.Float32bits(numbers[i]))
		}
		for i := 0; i < len(words); i += line / 8 {
			sum += words[i]
		}
		for _, neighbour := range [...]int32{e.newer, e.older} {
			if neighbour != none {
				sum += w.entries[neighbour].key
			}
		}
	}
	w.foreseen = sum
}

// faded is where the slowest damped count, and with it the others, becomes 0.
const faded = 1e-9

// floor keeps the faster counts from turning into subnormal numbers, which
// cost a hundred cycles a multiplication.
const floor = 1e-20

func (v *view) age(dt, t int64) {
	d := damp(dt, v.scale)
	f := v.f[:v.counts*rates]
	for ; len(f) >= rates; f = f[rates:] {
		if f[3] == 0 {
			continue
		}
		f[0] = float32(f[0]*d[0]) + floor
		f[1] = float32(f[1]*d[1]) + floor
		f[2] = float32(f[2]*d[2]) + floor
		f[3] = float32(f[3] * d[3])
		if f[3] < faded {
			f[0], f[1], f[2], f[3] = 0, 0, 0, 0
		}
	}
	for i, window := range v.sketches {
		if turns := t>>window - v.before>>window; turns != 0 {
			rotate(v.words[i*sketchWords:(i+1)*sketchWords], turns)
		}
	}
}

// peek returns a damped count of a key at time t without touching it, 0 where
// the key is unknown.
func (w *windows) peek(key uint64, t int64, count, rate int) float32 {
	slot := w.find(key)
	if slot < 0 {
		return 0
	}
	dt := t - w.entries[slot].time
	if dt < -maxLate {
		return 0
	}
	f, _ := w.at(slot)
	return f[count*rates+rate] * damp(max(dt, 0), w.scale)[rate]
}

// at returns the numbers and the words of a slot.
func (w *windows) at(slot int) (numbers []float32, words []uint64) {
	s, n := &w.slabs[slot>>slabShift], slot&(slabWindows-1)
	return s.numbers[n*w.nfloats : (n+1)*w.nfloats : (n+1)*w.nfloats], s.words[n*w.nwords : (n+1)*w.nwords : (n+1)*w.nwords]
}

// add counts x of a kind of event.
func (v *view) add(count int, x float32) {
	f := v.f[count*rates : count*rates+rates : count*rates+rates]
	for r := range f {
		f[r] += float32(x * v.weight[r])
	}
}

// count returns a damped count at a half-life, 0 the fastest to 3 the slowest.
func (v *view) count(count, rate int) float32 { return v.f[count*rates+rate] }

// scalar returns the place of a plain number.
func (v *view) scalar(i int) *float32 { return &v.f[v.counts*rates+i] }

// word returns the place of a plain word.
func (v *view) word(i int) *uint64 { return &v.words[len(v.sketches)*sketchWords+i] }

// mark adds an item to a distinct count; items of an event that is later than
// the sketch's window are left out.
func (v *view) mark(sketch int, item uint64) {
	if v.late>>v.sketches[sketch] == 0 {
		mark(v.words[sketch*sketchWords:(sketch+1)*sketchWords], item)
	}
}

// sketch returns the words of a distinct count.
func (v *view) sketch(i int) []uint64 {
	return v.words[i*sketchWords : (i+1)*sketchWords : (i+1)*sketchWords]
}

// home is where the index begins to look for a key with that tag.
func (w *windows) home(tag uint32) uint32 { return tag & uint32(len(w.index)-1) }

func (w *windows) find(key uint64) int {
	if len(w.index) == 0 {
		return none
	}
	mask := uint32(len(w.index) - 1)
	for i := w.home(uint32(key)); ; i = (i + 1) & mask {
		b := w.index[i]
		if b.slot == 0 {
			return none
		}
		if b.tag == uint32(key) && w.entries[b.slot-1].key == key {
			return int(b.slot - 1)
		}
	}
}

// add makes a window for a key that find did not know.
func (w *windows) add(key uint64, t int64) int {
	slot := len(w.entries)
	if slot < w.max {
		w.grow()
		w.entries = append(w.entries, entry{key: key, time: t})
	} else {
		slot = int(w.oldest)
		w.unlink(w.oldest)
		w.forget(w.entries[slot].key)
		w.entries[slot].key, w.entries[slot].time = key, t
	}
	numbers, words := w.at(slot)
	clear(numbers)
	clear(words)
	w.remember(key, uint32(slot))
	w.link(int32(slot))
	return slot
}

// grow makes room for one more window: a slab at a time; entries and index double
// up to the limit.
func (w *windows) grow() {
	n := len(w.entries)
	if n == slabWindows*len(w.slabs) {
		windows := min(slabWindows, w.max-n)
		w.slabs = append(w.slabs, slab{make([]float32, windows*w.nfloats), make([]uint64, windows*w.nwords)})
	}
	if n < cap(w.entries) {
		return
	}
	room := min(max(2*n, slabWindows), w.max)
	w.entries = append(make([]entry, 0, room), w.entries...)
	buckets := 2 * slabWindows
	for buckets < 2*room {
		buckets *= 2
	}
	w.index = make([]bucket, buckets)
	for slot := range w.entries {
		w.remember(w.entries[slot].key, uint32(slot))
	}
}

func (w *windows) remember(key uint64, slot uint32) {
	mask := uint32(len(w.index) - 1)
	i := w.home(uint32(key))
	for w.index[i].slot != 0 {
		i = (i + 1) & mask
	}
	w.index[i] = bucket{slot + 1, uint32(key)}
}

// forget removes a key from the index and closes the gap, so that probing
// needs no tombstones (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
func (w *windows) forget(key uint64) {
	mask := uint32(len(w.index) - 1)
	i := w.home(uint32(key))
	for w.index[i].tag != uint32(key) || w.entries[w.index[i].slot-1].key != key {
		i = (i + 1) & mask
	}
	for j := i; ; {
		j = (j + 1) & mask
		b := w.index[j]
		if b.slot == 0 {
			break
		}
		// The entry at j may move to i unless its home lies behind i.
		if home := w.home(b.tag); (j-home)&mask >= (j-i)&mask {
			w.index[i] = b
			i = j
		}
	}
	w.index[i] = bucket{}
}

func (w *windows) touch(slot int32) {
	if slot != w.newest {
		w.unlink(slot)
		w.link(slot)
	}
}

func (w *windows) link(slot int32) {
	w.entries[slot].newer, w.entries[slot].older = none, w.newest
	if w.newest != none {
		w.entries[w.newest].newer = slot
	}
	w.newest = slot
	if w.oldest == none {
		w.oldest = slot
	}
}

func (w *windows) unlink(slot int32) {
	newer, older := w.entries[slot].newer, w.entries[slot].older
	if newer == none {
		w.newest = older
	} else {
		w.entries[newer].older = older
	}
	if older == none {
		w.oldest = newer
	} else {
		w.entries[older].newer = newer
	}
}
