package learner

import (
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
	g := gathering{table: &l.table, list: make([]witness, 0, witnessRoom)}
	for _, part := range b.Raw.Of(row) {
		eachGram(b.Raw.Bytes(part), g.add)
		g.base += int32(part.Len)
	}
	slices.SortFunc(g.list, func(a, b witness) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(a.gram - b.gram)
	})
	return g.list
}

// witnessRoom is how many witnesses most rows that raise alarms have.
const witnessRoom = 256

// gathering is the work of witnesses.
type gathering struct {
	table *gramTable
	base  int32 // where the part at hand begins
	list  []witness
	place [MaxCertifiedGrams]uint16 // of each gram: 1 + its index in list, 0 for none
}

// add keeps a place where a gram stands, unless it has no weight or a shorter or
// an earlier one is known.
func (g *gathering) add(gram Gram, from, to int) {
	if !g.table.mayEnd(uint64(gram)) {
		return
	}
	i := g.table.find(gram)
	if i < 0 {
		return
	}
	w := witness{g.base + int32(from), g.base + int32(to), int32(i), int32(g.table.weights[i])}
	if g.place[i] == 0 {
		g.list = append(g.list, w)
		g.place[i] = uint16(len(g.list))
		return
	}
	known := &g.list[g.place[i]-1]
	if more := (w.to - w.from) - (known.to - known.from); more < 0 || more == 0 && w.from < known.from {
		*known = w
	}
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
	at     []int32 // candidate places, increasing
	inside []int32 // witnesses around place n: inside[first[n]:first[n+1]], the last to begin first
	first  []int32
	list   []witness
	most   []int // of the places so far: the most taken away when the last is at[i]
	before []int // the same with one place less
	prefix []int // the largest of the first n of before
}

func newPlaces(list []witness) *places {
	p := &places{list: list, at: make([]int32, len(list))}
	for i, w := range list {
		p.at[i] = w.to - 1
	}
	slices.Sort(p.at)
	p.at = slices.Compact(p.at)
	n := len(p.at)
	p.first = make([]int32, n+1)
	around := func(visit func(witness, place int)) {
		for i := len(list) - 1; i >= 0; i-- {
			at, _ := slices.BinarySearch(p.at, list[i].from+1)
			for ; at < n && p.at[at] < list[i].to; at++ {
				visit(i, at)
			}
		}
	}
	around(func(_, at int) { p.first[at+1]++ })
	for at := range n {
		p.first[at+1] += p.first[at]
	}
	p.inside = make([]int32, p.first[n])
	work := make([]int, 3*n+1)
	p.most, p.before, p.prefix = work[:n], work[n:2*n], work[2*n:]
	filled := slices.Clone(p.first)
	around(func(i, at int) {
		p.inside[filled[at]] = int32(i)
		filled[at]++
	})
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
	for n := range p.at {
		list := p.inside[p.first[n]:p.first[n+1]]
		gain := 0
		for _, i := range list {
			gain += int(p.list[i].weight)
		}
		// Places up to the beginning of the first witness are in none of them.
		next := len(list) - 1
		m, _ := slices.BinarySearch(p.at[:n], p.list[list[next]].from+1)
		most := p.prefix[m] + gain
		for ; m < n; m++ {
			for next >= 0 && p.list[list[next]].from < p.at[m] {
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
