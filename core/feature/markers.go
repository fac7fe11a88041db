package feature

import (
	"math/bits"
	"slices"
)

// Class is a class of attack that markers are evidence of.
type Class uint8

// The classes of attack markers.
const (
	ClassSQLI Class = iota
	ClassXSS
	ClassTraversal
	ClassCommand
	ClassCode
	ClassInclusion
	ClassLookup
	ClassXXE
	ClassSSRF
	ClassCRLF
	ClassWebshell
	ClassScanner
	ClassProbe // requests for what only somebody who looks for a hole asks for
	NumClasses
)

var classNames = [NumClasses]string{
	"sqli", "xss", "traversal", "cmdi", "code-injection", "file-inclusion", "lookup", "xxe", "ssrf", "crlf",
	"webshell", "scanner", "probe",
}

// String returns the class as verdicts name it.
func (c Class) String() string { return classNames[c] }

// where is a set of origins that a marker counts in.
type where uint16

const (
	inPath   where = 1 << FromPath
	inAgent  where = 1 << FromAgent
	inValues where = 1<<FromQuery | 1<<FromBody | 1<<FromCookie | 1<<FromPayload
	inHeader where = 1<<FromHeader | 1<<FromReferrer
	inURL          = inPath | 1<<FromQuery | 1<<FromPayload | 1<<FromCookie | inHeader // not bodies: they have lines of their own
	anywhere       = inPath | inAgent | inValues | inHeader
)

// Strengths of markers: how much one of them says. Half of saturation is
// strong: two independent strong markers are as good as certain.
const (
	weak   = 1  // ordinary text holds it now and then
	medium = 4  // unusual in ordinary text
	strong = 10 // hardly anything else looks so
)

// saturation is the sum of strengths at which a class's feature is one half.
const saturation = 10

// group is a run of markers that share all but their text.
type group struct {
	class    Class
	strength uint8
	where    where
	check    check
	words    []string
}

// marker is one pattern of the automaton.
type marker struct {
	text     string
	class    Class
	strength uint8
	where    where
	check    check
	shared   bool // some byte of text shares its column: what was found is compared
}

// Markers finds attack markers in decoded, lower-cased text: an Aho-Corasick
// automaton (Aho and Corasick, CACM 18(6), 1975) in the form of one dense table
// over classes of bytes, and a small hand-written check of the context for the
// patterns that need one. It is immutable and safe for concurrent use.
type Markers struct {
	markers []marker
	class   [256]uint8 // byte -> column of next; blanks are one column, line ends another
	shift   uint       // log2 of the columns in a row
	next    []uint16   // state<<shift | column -> state
	accept  uint16     // states from here on end at least one pattern
	start   uint16     // the state at the start of a text, where a word may begin
	first   []uint16   // state-accept -> its patterns are out[first:first+1]
	out     []uint16   // indices of markers
}

// maxMarkers bounds the patterns so that the set of those found in a value is
// a small array.
const maxMarkers = 2048

// maxStates is what 16 bits number.
const maxStates = 1 << 16

// found is the set of markers seen in one value.
type found [maxMarkers / 64]uint64

// markerSums is the strength found for each class.
type markerSums [NumClasses]uint16

// Match is one marker found in a value.
type Match struct {
	Name     string // the pattern, or the name of the structure that it opens
	Class    Class
	Strength uint8
	From, To int // where it stands in the decoded text
}

// NewMarkers builds the automaton of the built-in patterns.
func NewMarkers() *Markers { return newMarkers(patterns) }

func newMarkers(groups []group) *Markers {
	m := &Markers{}
	for _, g := range groups {
		for _, w := range g.words {
			m.markers = append(m.markers, marker{w, g.class, g.strength, g.where, g.check, false})
		}
	}
	if len(m.markers) > maxMarkers {
		panic("feature: too many markers")
	}
	m.classes()
	m.build()
	return m
}

// edge is the column of a symbol that no text holds: it stands where a word may
// begin, at the start of a text and behind every byte that no word has. A
// pattern that must begin a word has it in front, and the automaton's table
// reads it along with the byte before it, so that "or" costs nothing inside
// "shoulder".
const edge = 1

// folds are bytes that share the column of another, so that a row of the table
// is 64 entries, one cache line pair: patterns that hold one of them, or any
// byte beyond the printable ones, are compared where they are found.
var folds = [...][2]byte{{']', '['}, {'}', '{'}, {'>', '<'}, {')', '('}, {'z', 'q'}, {'!', '~'}, {'?', '~'}, {'+', '~'}, {'^', '~'}}

// classes numbers the bytes that patterns tell apart. Column 0 is any other
// byte of words, column 2 any other byte; a column never mixes the two.
func (m *Markers) classes() {
	n := uint8(3)
	for c := range m.class {
		if !isWordByte(byte(c)) {
			m.class[c] = 2
		}
	}
	var shares [256]bool
	var fold [256]byte
	for c := range fold {
		fold[c] = byte(c)
		shares[c] = c != '\n' && (c < ' ' || c > '~')
	}
	for _, f := range folds {
		fold[f[0]] = f[1]
		shares[f[0]], shares[f[1]] = true, true
	}
	for i := range m.markers {
		p := &m.markers[i]
		for _, c := range []byte(p.text) {
			p.shared = p.shared || shares[c]
			if f := fold[c]; (m.class[f] == 0 || m.class[f] == 2) && (f == '\n' || f >= ' ' && f <= '~') {
				m.class[f] = n
				n++
			}
		}
	}
	for c := range m.class {
		m.class[c] = m.class[fold[c]]
	}
	for _, c := range []byte("\t\v\f") {
		m.class[c] = m.class[' ']
	}
	m.class['\r'] = m.class['\n']
	m.shift = uint(bits.Len8(n - 1))
}

// stands reports whether the pattern ends at text[:end], for one whose bytes
// share columns.
func (p *marker) stands(text []byte, end int) bool {
	for i, c := range []byte(p.text) {
		if t := text[end-len(p.text)+i]; t != c && (c != ' ' || lexClass[t] != lexBlanks) && (c != '\n' || t != '\r') {
			return false
		}
	}
	return true
}

// columns appends the columns that spell a pattern.
func (m *Markers) columns(dst []uint8, p *marker) []uint8 {
	if p.check.beginsWord() && isWordByte(p.text[0]) {
		dst = append(dst, edge)
	}
	for _, c := range []byte(p.text) {
		if dst = append(dst, m.class[c]); !isWordByte(c) {
			dst = append(dst, edge)
		}
	}
	return dst
}

// node is a state while the automaton is made: its place in the trie, and the
// state of the longest suffix that is also in it.
type node struct {
	child, sibling uint16 // the first child and the next child of the parent; 0 is none
	column         uint8  // that leads here
	accepts        bool
	fail           uint16
	from           int32 // patterns that end at the node itself, an index into a list; -1 is none
}

// build makes the trie, finds where each state falls back to, numbers the states
// so that those that accept come last (the scan then asks one comparison a byte)
// and fills the table. A row of the table is that of the state fallen back to,
// but for the children, so that it is one copy: page loads wait for this.
func (m *Markers) build() {
	nodes := make([]node, 1, 1<<14)
	nodes[0].from = -1
	type end struct {
		marker uint16
		next   int32 // of the same node, in the order of markers
	}
	var ends []end
	var spelt []uint8
	for i := range m.markers {
		s := uint16(0)
		spelt = m.columns(spelt[:0], &m.markers[i])
		for _, c := range spelt {
			t := nodes[s].child
			for t != 0 && nodes[t].column != c {
				t = nodes[t].sibling
			}
			if t == 0 {
				if len(nodes) == maxStates {
					panic("feature: markers need too many states")
				}
				t = uint16(len(nodes))
				nodes = append(nodes, node{sibling: nodes[s].child, column: c, from: -1})
				nodes[s].child = t
			}
			s = t
		}
		last := &nodes[s].from
		for *last >= 0 {
			last = &ends[*last].next
		}
		*last = int32(len(ends))
		ends = append(ends, end{uint16(i), -1})
	}

	// Breadth first, children by their columns.
	order := make([]uint16, 1, len(nodes))
	var children [1 << 8]uint16 // by column
	for head := 0; head < len(order); head++ {
		s := order[head]
		low, high := len(children), -1
		for t := nodes[s].child; t != 0; t = nodes[t].sibling {
			c := int(nodes[t].column)
			children[c] = t
			low, high = min(low, c), max(high, c)
		}
		for c := low; c <= high; c++ {
			t := children[c]
			if t == 0 {
				continue
			}
			children[c] = 0
			order = append(order, t)
			if s != 0 {
				nodes[t].fail = step(nodes, nodes[s].fail, uint8(c))
			}
			nodes[t].accepts = nodes[t].from >= 0 || nodes[nodes[t].fail].accepts
		}
	}

	number := make([]uint16, len(nodes))
	n := uint16(0)
	for _, accepting := range [...]bool{false, true} {
		if accepting {
			m.accept = n
		}
		for _, s := range order {
			if nodes[s].accepts != accepting {
				continue
			}
			if accepting {
				m.first = append(m.first, uint16(len(m.out)))
				for t := s; t != 0; t = nodes[t].fail {
					for e := nodes[t].from; e >= 0; e = ends[e].next {
						m.out = append(m.out, ends[e].marker)
					}
				}
			}
			number[s] = n
			n++
		}
	}
	m.first = append(m.first, uint16(len(m.out)))
	m.fill(nodes, order, number)
}

// step returns the state behind a state and a column, before there is a table.
func step(nodes []node, s uint16, column uint8) uint16 {
	for {
		for t := nodes[s].child; t != 0; t = nodes[t].sibling {
			if nodes[t].column == column {
				return t
			}
		}
		if s == 0 {
			return 0
		}
		s = nodes[s].fail
	}
}

// fill fills the table and folds the edges into it: behind a byte that no word
// has stands an edge.
func (m *Markers) fill(nodes []node, order, number []uint16) {
	width := 1 << m.shift
	m.next = make([]uint16, len(nodes)*width)
	for c := range width { // the root, where what leads nowhere leads to
		m.next[int(number[0])<<m.shift|c] = number[0]
	}
	for _, s := range order {
		row := m.next[int(number[s])<<m.shift:][:width]
		if s != 0 {
			copy(row, m.next[int(number[nodes[s].fail])<<m.shift:][:width])
		}
		for t := nodes[s].child; t != 0; t = nodes[t].sibling {
			row[nodes[t].column] = number[t]
		}
	}
	m.start = m.next[int(number[0])<<m.shift|edge]
	var nonWord []uint8 // columns
	for c := range m.class {
		if k := m.class[c]; !isWordByte(byte(c)) && !slices.Contains(nonWord, k) {
			nonWord = append(nonWord, k)
		}
	}
	for i := 0; i < len(m.next); i += width {
		row := m.next[i:][:width]
		for _, c := range nonWord {
			row[c] = m.next[int(row[c])<<m.shift|edge]
		}
	}
}

// scan adds what text shows to sums: for each class the strengths of the
// distinct markers of this one value, where that is more than sums has.
func (m *Markers) scan(sums *markerSums, text []byte, origin Origin) (any bool) {
	state, accept, next, shift := m.start, m.accept, m.next, m.shift
	for i, c := range text {
		state = next[uint(state)<<shift|uint(m.class[c])]
		if state >= accept {
			return m.scanFrom(sums, text, i, state, origin)
		}
	}
	return false
}

// scanFrom goes on where the first accepting state was met: most values never
// come here, so that the loop above stays small.
func (m *Markers) scanFrom(sums *markerSums, text []byte, i int, state uint16, origin Origin) (any bool) {
	var seen found
	var v markerSums
	at := where(1) << origin
	accept, next, shift := m.accept, m.next, m.shift
	for {
		k := state - accept
		for _, id := range m.out[m.first[k]:m.first[k+1]] {
			p := &m.markers[id]
			if p.where&at == 0 || seen[id>>6]>>(id&63)&1 != 0 || p.shared && !p.stands(text, i+1) {
				continue
			}
			if s := p.holds(text, i+1, origin); s != 0 {
				seen[id>>6] |= 1 << (id & 63)
				v[p.class] += uint16(s)
				any = true
			}
		}
		for {
			if i++; i >= len(text) {
				for c := range v {
					sums[c] = max(sums[c], v[c])
				}
				return any
			}
			state = next[uint(state)<<shift|uint(m.class[text[i]])]
			if state >= accept {
				break
			}
		}
	}
}

// Matches appends the markers found in a decoded, lower-cased text to dst, each
// marker once, in the order of their ends: the explanation of the columns
// marker.*.
func (m *Markers) Matches(dst []Match, text []byte, origin Origin) []Match {
	var seen found
	state := m.start
	for i, c := range text {
		state = m.next[uint(state)<<m.shift|uint(m.class[c])]
		if state < m.accept {
			continue
		}
		k := state - m.accept
		for _, id := range m.out[m.first[k]:m.first[k+1]] {
			p := &m.markers[id]
			if p.where>>origin&1 == 0 || seen[id>>6]>>(id&63)&1 != 0 || p.shared && !p.stands(text, i+1) {
				continue
			}
			if s := p.holds(text, i+1, origin); s != 0 {
				seen[id>>6] |= 1 << (id & 63)
				dst = append(dst, Match{p.name(), p.class, s, i + 1 - len(p.text), i + 1})
			}
		}
	}
	return dst
}

// feature returns class c as learners see it: in [0,1), one half at saturation.
func (s *markerSums) feature(c Class) float32 {
	return float32(s[c]) / float32(s[c]+saturation)
}
