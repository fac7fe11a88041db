package learner

import (
	"cmp"
	"slices"

	"github.com/tiercel/tiercel/core/feature"
)

// witness is one place where a gram of a row stands: it is there as long as
// nothing is inserted between the bytes [from, to).
type witness struct {
	from, to int32 // in the row's parts, laid one behind the other
	gram     int32
	weight   int32
}

// witnesses returns one witness for each gram of the row that has a weight, the
// shortest there is, sorted by where they begin.
func (l *Certified) witnesses(b *Batch, row int) []witness {
	list := make([]witness, 0, witnessRoom)
	base := int32(0)
	for _, part := range b.Raw.Of(row) {
		list = l.table.appendWitnesses(list, b.Raw.Bytes(part), base)
		base += int32(part.Len)
	}
	slices.SortFunc(list, func(a, b witness) int {
		return cmp.Or(cmp.Compare(a.gram, b.gram), cmp.Compare(a.to-a.from, b.to-b.from), cmp.Compare(a.from, b.from))
	})
	list = slices.CompactFunc(list, func(a, b witness) bool { return a.gram == b.gram })
	slices.SortFunc(list, func(a, b witness) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.gram, b.gram)) })
	return list
}

// witnessRoom is how many witnesses most rows that raise alarms have.
const witnessRoom = 256

// appendWitnesses appends every place where a gram with a weight stands.
func (t *gramTable) appendWitnesses(dst []witness, text []byte, base int32) []witness {
	add := func(g Gram, from, to int) {
		if i := t.find(g); i >= 0 {
			dst = append(dst, witness{base + int32(from), base + int32(to), int32(i), int32(t.weights[i])})
		}
	}
	eachGram(text, add)
	return dst
}

// eachGram visits every gram of a text, in all readings, with the bytes that it
// depends on; a gram is visited as often as it stands there.
func eachGram(text []byte, visit func(g Gram, from, to int)) {
	var key uint64
	var odd gramByte
	for i, c := range text {
		odd |= gramBytes[c]
		key = key<<8 | uint64(gramFold[c])
		for n := minGram; n <= min(maxGram, i+1); n++ {
			visit(Gram(n)<<gramTag|Gram(key&(1<<(8*n)-1)), i+1-n, i+1)
		}
	}
	if odd == 0 {
		return
	}
	r := newReadings(text, odd)
	for r.next() {
		for n := minGram; n <= r.n; n++ {
			visit(r.gram(n), r.from, int(r.ends[n-1]))
		}
	}
}

// AppendGrams appends the distinct grams of a row's texts, sorted. It is for
// fitting.
func AppendGrams(dst []Gram, raw *feature.Raw, row int) []Gram {
	from := len(dst)
	for _, part := range raw.Of(row) {
		eachGram(raw.Bytes(part), func(g Gram, _, _ int) { dst = append(dst, g) })
	}
	set := dst[from:]
	slices.Sort(set)
	return dst[:from+len(slices.Compact(set))]
}

// Insertions implements Certifier, for the texts as they stand: a text inserted
// at one place takes away at most the grams whose witness has that place inside,
// whatever it says, because the others still stand there and no weight is
// negative. The k places that take away most are found by a programme over
// places from left to right: what a place takes away beyond those before it
// depends on the last of them alone, as witnesses are intervals.
//
// It is exact where each gram stands once; a gram that stands twice may survive
// where this says that it does not.
func (l *Certified) Insertions(b *Batch, row int, least float32) (k int, ok bool) {
	var size uint32
	for _, part := range b.Raw.Of(row) {
		size += min(part.Len, MaxCertifiedBytes+1)
	}
	if size > MaxCertifiedBytes {
		return 0, false
	}
	list := l.witnesses(b, row)
	total := 0
	for _, w := range list {
		total += int(w.weight)
	}
	if !(l.score(total) >= least) || total == 0 {
		return 0, false
	}
	p := newPlaces(list)
	for k < MaxInsertions && l.score(total-p.next()) >= least {
		k++
	}
	return k, true
}

// places is the programme over positions. Places worth inserting at are those
// right before the last byte of some witness: moving a place to the right until
// then takes away no less.
type places struct {
	at     []uint64  // candidate places, increasing
	inside [][]int32 // of each: witnesses around it, the last to begin first
	list   []witness
	most   []int // of the places so far: the most taken away when the last is at[i]
	before []int // the same with one place less
	prefix []int // the largest of the first n of before
}

func newPlaces(list []witness) *places {
	p := &places{list: list}
	for _, w := range list {
		p.at = append(p.at, uint64(w.to-1))
	}
	slices.Sort(p.at)
	p.at = slices.Compact(p.at)
	p.inside = make([][]int32, len(p.at))
	for i := len(list) - 1; i >= 0; i-- {
		w := list[i]
		n, _ := slices.BinarySearch(p.at, uint64(w.from)+1)
		for ; n < len(p.at) && p.at[n] < uint64(w.to); n++ {
			p.inside[n] = append(p.inside[n], int32(i))
		}
	}
	p.most, p.before, p.prefix = make([]int, len(p.at)), make([]int, len(p.at)), make([]int, len(p.at)+1)
	return p
}

// next returns the most that one more insertion than at the last call can take
// away; the first call is for one.
func (p *places) next() int {
	p.most, p.before = p.before, p.most
	for n, v := range p.before {
		p.prefix[n+1] = max(p.prefix[n], v)
	}
	best := 0
	for n, list := range p.inside {
		gain := 0
		for _, i := range list {
			gain += int(p.list[i].weight)
		}
		// Places up to the beginning of the first witness are in none of them.
		next := len(list) - 1
		m, _ := slices.BinarySearch(p.at[:n], uint64(p.list[list[next]].from)+1)
		most := p.prefix[m] + gain
		for ; m < n; m++ {
			for next >= 0 && uint64(p.list[list[next]].from) < p.at[m] {
				gain -= int(p.list[list[next]].weight)
				next--
			}
			most = max(most, p.before[m]+gain)
		}
		p.most[n] = most
		best = max(best, most)
	}
	return best
}
