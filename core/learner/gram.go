package learner

import "strconv"

// Gram is a run of 3 to 5 bytes, folded: the length in the bits above gramTag,
// then the bytes, the first the highest. Grams sort by length, then by bytes.
type Gram uint64

const (
	minGram = 3
	maxGram = 5
	gramTag = 8 * maxGram
)

// NewGram returns the gram of a folded text of 3 to 5 bytes, 0 for another length.
func NewGram(text string) Gram {
	if len(text) < minGram || len(text) > maxGram {
		return 0
	}
	g := Gram(len(text)) << gramTag
	for i := range len(text) {
		g |= Gram(gramFold[text[i]]) << (8 * (len(text) - 1 - i))
	}
	return g
}

func (g Gram) len() int { return int(g >> gramTag) }

// byte returns byte k of the gram.
func (g Gram) byte(k int) byte { return byte(g >> (8 * (g.len() - 1 - k))) }

func (g Gram) valid() bool {
	n := g.len()
	return n >= minGram && n <= maxGram && g&(1<<gramTag-1)>>(8*n) == 0
}

func (g Gram) quoted() string {
	var text [maxGram]byte
	n := g.len()
	for k := range n {
		text[k] = g.byte(k)
	}
	return strconv.Quote(string(text[:n]))
}

// gramFold maps bytes one by one, so that no guarantee is touched: letters to
// lower case, and every kind of blank, the plus of forms too, to one.
var gramFold = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	for c := byte('A'); c <= 'Z'; c++ {
		t[c] = c - 'A' + 'a'
	}
	for _, c := range []byte("+\t\n\v\f\r") {
		t[c] = ' '
	}
	return t
}()

// gramTable finds the weight of a gram. Most grams of most texts are not in it,
// so two bit sets stand before the table: one of the last three bytes of its
// grams, which turns most positions away after one look, and one of whole grams.
type gramTable struct {
	grams   []Gram
	weights []uint8
	ends    [endBits / 64]uint64
	whole   []uint64
	slots   []uint64 // open addressing: gram << slotIndex | 1 + index
	shift   uint8    // of a hash to a slot
}

const (
	endBits   = 1 << 16
	wholeBits = 1 << 18
	slotIndex = 20 // bits of an index: 43 bits of a gram stand above them
)

func newGramTable(grams []Gram, weights []uint8) gramTable {
	t := gramTable{grams: grams, weights: weights, whole: make([]uint64, wholeBits/64), shift: 64 - 7}
	for 1<<(64-t.shift) < 2*len(grams) {
		t.shift--
	}
	t.slots = make([]uint64, 1<<(64-t.shift))
	for i, g := range grams {
		end := endHash(uint64(g))
		t.ends[end>>6] |= 1 << (end & 63)
		h := uint64(g) * hashFactor
		t.whole[h>>46>>6] |= 1 << (h >> 46 & 63)
		at := h >> t.shift
		for t.slots[at] != 0 {
			at = (at + 1) & uint64(len(t.slots)-1)
		}
		t.slots[at] = uint64(g)<<slotIndex | uint64(i+1)
	}
	return t
}

// endHash numbers the last three bytes of key.
func endHash(key uint64) uint64 { return (key << 40) * hashFactor >> 48 }

// mayEnd reports whether a gram may end with the last three bytes of key.
func (t *gramTable) mayEnd(key uint64) bool {
	end := endHash(key)
	return t.ends[end>>6]>>(end&63)&1 != 0
}

// find returns the index of a gram, -1 where it has no weight.
func (t *gramTable) find(g Gram) int {
	h := uint64(g) * hashFactor
	if t.whole[h>>46>>6]>>(h>>46&63)&1 == 0 {
		return -1
	}
	for at := h >> t.shift; ; at = (at + 1) & uint64(len(t.slots)-1) {
		s := t.slots[at]
		if s == 0 {
			return -1
		}
		if s>>slotIndex == uint64(g) {
			return int(s&(1<<slotIndex-1)) - 1
		}
	}
}

// sum returns the weights of those grams of a text that seen does not hold yet.
func (t *gramTable) sum(text []byte, seen *marks) (total int) {
	var key uint64
	var odd gramByte
	for i, c := range text {
		odd |= gramBytes[c]
		key = key<<8 | uint64(gramFold[c])
		if !t.mayEnd(key) || i < minGram-1 {
			continue
		}
		for n := minGram; n <= min(maxGram, i+1); n++ {
			if g := t.find(Gram(n)<<gramTag | Gram(key&(1<<(8*n)-1))); g >= 0 {
				total += int(t.weights[g]) & -fresh(&seen.at, seen.tag, uint64(g))
			}
		}
	}
	if odd&beginsEscape != 0 || odd != 0 && squeezes(text) {
		r := newReadings(text, odd)
		for r.next() {
			for n := minGram; n <= r.n; n++ {
				key := r.gram(n)
				if !t.mayEnd(uint64(key)) {
					continue
				}
				if g := t.find(key); g >= 0 {
					total += int(t.weights[g]) & -fresh(&seen.at, seen.tag, uint64(g))
				}
			}
		}
	}
	return total
}
