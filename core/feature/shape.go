package feature

import "github.com/tiercel/tiercel/core/event"

// Shape is what a profile of a site remembers of one part of a request: where
// it stands, and either which of few things it is or what its text looks like.
// Texts are hashed and measured by the stateless part, so that the ordered part
// never waits for them.
type Shape struct {
	Place uint64 // a host, a path of it, a parameter of that; never 0
	Item  uint64 // which path, name, set of names; 0 where Looks says it
	Looks uint32 // bit set of kinds of bytes and of the length's magnitude
}

// NumLooks is the number of bits of Shape.Looks.
const NumLooks = 32

// Shapes holds the shapes of a batch's rows: row i has All[First[i]:First[i+1]].
type Shapes struct {
	All   []Shape
	First []uint32 // N+1
}

// Of returns the shapes of row i.
func (s *Shapes) Of(i int) []Shape { return s.All[s.First[i]:s.First[i+1]] }

// Bounds on the shapes of one request. What is beyond them is not profiled; the
// learners read it all the same.
const (
	maxShaped     = 32   // parameters
	maxShapedBody = 4096 // bytes of a form
)

// Kinds of places. They keep what stands in the same path apart.
const (
	placePath uint64 = iota + 1
	placePathText
	placeMethod
	placeName
	placeNames
	placeValue
)

// Encode fills s with the shapes of a batch's requests: the path at its host, the
// method, names and values of parameters at their path. obs are the rows'
// observations; rows of other kinds have no shape.
func (s *Shapes) Encode(b *event.Batch, obs []Observation) {
	s.All, s.First = s.All[:0], append(s.First[:0], 0)
	for i := range b.Events {
		if obs[i].Kind == event.HTTP {
			s.request(b, &b.Events[i], obs[i].Peer)
		}
		s.First = append(s.First, uint32(len(s.All)))
	}
}

func (s *Shapes) item(place, kind, item uint64) {
	s.All = append(s.All, Shape{Place: HashPair(place, kind), Item: nonzero(item)})
}

func (s *Shapes) request(b *event.Batch, e *event.Event, host uint64) {
	t := splitTarget(b, e.Text[event.URL])
	if t.path.Len == 0 {
		return
	}
	text := b.Bytes(t.path)
	path, _ := hashPath(text)
	s.item(host, placePath, path)
	s.All = append(s.All, Shape{Place: HashPair(host, placePathText), Looks: looksOf(text)})
	path = HashPair(host, path)
	if method := b.Text(e, event.Method); len(method) > 0 {
		s.item(path, placeMethod, Hash64(method))
	}
	names, left := uint64(0), maxShaped
	names, left = s.pairs(b.Bytes(t.query), path, names, left)
	if body := b.Text(e, event.Body); looksForm(body) {
		names, _ = s.pairs(body[:min(len(body), maxShapedBody)], path, names, left)
	}
	s.item(path, placeNames, names)
}

// pairs adds the shapes of name=value&name=value and returns the sum of the
// hashes of the names, which does not depend on their order.
func (s *Shapes) pairs(text []byte, path, names uint64, left int) (uint64, int) {
	for i := 0; i < len(text) && left > 0; i++ {
		start, eq := i, -1
		for ; i < len(text) && text[i] != '&'; i++ {
			if text[i] == '=' && eq < 0 {
				eq = i
			}
		}
		if start == i {
			continue
		}
		if eq < 0 {
			eq = i
		}
		name := Hash64(text[start:eq])
		names += name
		left--
		s.item(path, placeName, name)
		s.All = append(s.All, Shape{Place: HashPair(HashPair(path, name), placeValue), Looks: looksOf(text[min(eq+1, i):i])})
	}
	return names, left
}

// Bits of Shape.Looks: kinds of bytes, then magnitudes of the length.
const (
	lookDigit = iota
	lookLower
	lookUpper
	lookBlank
	lookDash
	lookUnderscore
	lookDot
	lookAt
	lookComma
	lookSlash
	lookQuote
	lookAngle
	lookBracket
	lookSeparator // ; | & $
	lookEquals
	lookPercent
	lookOther
	lookControl
	lookNonASCII
	LookLengths // the first of NumLooks-LookLengths magnitudes of the length
)

var lookTable = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c-'0' >= 0 && c-'0' < 10:
			t[c] = lookDigit
		case c >= 'a' && c <= 'z':
			t[c] = lookLower
		case c >= 'A' && c <= 'Z':
			t[c] = lookUpper
		case c < ' ' || c == 0x7f:
			t[c] = lookControl
		case c >= 0x80:
			t[c] = lookNonASCII
		default:
			t[c] = lookOther
		}
	}
	for chars, look := range map[string]uint8{
		" +": lookBlank, "-": lookDash, "_": lookUnderscore, ".": lookDot, "@": lookAt, ",": lookComma, `/\`: lookSlash,
		"'\"`": lookQuote, "<>": lookAngle, "()[]{}": lookBracket, ";|&$": lookSeparator, "=": lookEquals, "%": lookPercent,
	} {
		for _, c := range []byte(chars) {
			t[c] = look
		}
	}
	return t
}()

// looksOf measures a text, one level of escapes removed.
func looksOf(text []byte) uint32 {
	var looks uint32
	n := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if h, ok := hexByte(text, i+1); ok {
				c = h
				i += 2
			}
		}
		looks |= 1 << lookTable[c]
		n++
	}
	return looks | 1<<(LookLengths+magnitude(n))
}

// magnitude is 0 for 0, 1 for 1, 2 for 2 and 3, 3 for 4 to 7 ..., with steps of a
// half between 4 and 32: what is short differs by few bytes.
func magnitude(n int) int {
	switch {
	case n < 3:
		return n
	case n < 6:
		return 3
	case n < 8:
		return 4
	case n < 12:
		return 5
	case n < 16:
		return 6
	case n < 24:
		return 7
	case n < 32:
		return 8
	case n < 64:
		return 9
	case n < 128:
		return 10
	case n < 512:
		return 11
	}
	return 12
}
