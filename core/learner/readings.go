package learner

// readings walks over the grams of a text that are not the bytes as they stand:
// those behind escapes, comments and runs of blanks.
//
// Each reading starts at one byte of the text and goes forward, and knows
// nothing of what stands before: text that is put before an attack cannot
// change how the attack is read (a greedy decoder that starts at the beginning
// can be thrown off by one percent sign: 6.2 % of adversarial paddings).
// Nor can text behind: a reading ends where what follows could still change it,
// as %2 at the end of a text could become an escape. So every gram of x is a
// gram of P + x + S.
//
// A start is read once a level, 0 to 3: at level l a byte may be written as a
// percent sign, up to l-1 times 25, and two hex digits. And it is read literally
// and squeezed: a comment /* ... */ of at most maxSkip bytes is a blank, and a
// run of blanks is one. A reading looks at maxRead tokens at most, so that its
// cost is bounded whatever the text.
//
// Only starts whose first maxGram bytes hold something to decode or squeeze are
// visited: all readings of the others are the bytes as they stand.
type readings struct {
	text []byte
	odd  gramByte // what the text holds

	from    int  // the start of the reading at hand
	level   int  // its level
	squeeze bool // a squeezed one of that start and level is to come
	more    bool // deeper levels of that start can differ
	look    int  // bytes looked at for what makes a start odd
	escaped int  // starts before it have an escape ahead
	blanks  int  // starts before it have a comment or a run of blanks ahead

	n    int            // tokens of the reading at hand, at most maxGram
	key  uint64         // they, the last the lowest
	ends [maxGram]int32 // of each token: one beyond the last byte that it depends on
	last int            // level of the deepest reading that can differ
	left int            // tokens that the reading at hand may still look at

	ring [maxDecode + 1][ringSize]token // tokens by level and position: starts share them
}

// token is one byte of a reading, in one word, so that it is stored and loaded
// at once: 1 + its position in the upper half, then the byte, how many bytes it
// stands for (0 where the text ends before that is settled), how many of them
// and behind them it depends on, and how many levels of escapes were removed.
type token uint64

func (t token) c() byte    { return byte(t >> 24) }
func (t token) size() int  { return int(t >> 16 & 0xff) }
func (t token) reach() int { return int(t >> 8 & 0xff) }
func (t token) depth() int { return int(t & 0xff) }

const ringSize = 64

// newReadings returns the readings of a text that holds odd bytes.
func newReadings(text []byte, odd gramByte) readings {
	r := readings{text: text, odd: odd, from: -1}
	if odd&beginsEscape != 0 {
		r.last = 1
		for i := 0; i+2 < len(text); i++ {
			if text[i] == '%' && text[i+1] == '2' && text[i+2] == '5' {
				r.last = maxDecode
				break
			}
		}
	}
	return r
}

// gramByte says what a byte may begin that readings treat.
type gramByte uint8

const (
	beginsEscape gramByte = 1 << iota
	isStar                // the second byte of a comment's beginning
	isBlank
)

var gramBytes = func() (t [256]gramByte) {
	t['%'], t['*'] = beginsEscape, isStar
	for _, c := range []byte(" +\t\n\v\f\r") {
		t[c] = isBlank
	}
	return t
}()

// squeezes reports whether a text without escapes holds a comment or a run of
// blanks: the words of most searches stand one blank apart, and to set up a
// reading costs as much as to score 30 bytes.
func squeezes(text []byte) bool {
	last := byte(0)
	for _, c := range text {
		if b := gramBytes[c]; b == isBlank && gramBytes[last] == isBlank || b == isStar && last == '/' {
			return true
		}
		last = c
	}
	return false
}

// maxDecode is the levels of escapes that are read; maxSkip the decoded bytes
// within which a comment must end to be skipped; maxRead the tokens that one
// reading looks at.
const (
	maxDecode = 3
	maxSkip   = 32
	maxRead   = 48
)

// next moves to the next reading of at least minGram tokens that can differ from
// those before it and from the bytes as they stand.
func (r *readings) next() bool {
	for {
		if r.squeeze {
			r.squeeze = false
			if r.squeezed(); r.n >= minGram {
				return true
			}
			continue
		}
		if !r.advance() {
			return false
		}
		if r.level > 0 && r.literal() && r.n >= minGram {
			return true
		}
	}
}

// advance sets from and level to the next reading. At level 0 the literal one is
// the bytes as they stand, so the squeezed one follows where there is any.
func (r *readings) advance() bool {
	if r.more && r.level < r.last {
		r.level++
		return true
	}
	for r.from++; ; {
		for ; r.look < len(r.text) && r.look <= r.from+maxGram; r.look++ {
			r.note(r.look)
		}
		if r.from < max(r.escaped, r.blanks) {
			break
		}
		for ; r.look < len(r.text) && !r.note(r.look); r.look++ {
		}
		if r.look == len(r.text) {
			return false
		}
		r.from = max(r.from, r.look-maxGram)
	}
	r.level, r.n = 0, 0
	r.squeeze = r.from < r.blanks
	r.more = r.squeeze || r.from < r.escaped
	return true
}

// note reports whether something to decode or squeeze begins at i, and keeps up
// to which start that counts. The slash of a comment stands before its star.
func (r *readings) note(i int) bool {
	switch gramBytes[r.text[i]] {
	case beginsEscape:
		r.escaped = i + 1
		return true
	case isStar:
		if i > 0 && r.text[i-1] == '/' {
			r.blanks = i
			return true
		}
	case isBlank:
		if i > 0 && (gramBytes[r.text[i-1]] == isBlank) {
			r.blanks = max(r.blanks, i)
			return true
		}
	}
	return false
}

// literal reads the tokens at from, and one more to see whether anything is to
// be squeezed. It reports whether they differ from those of the level below.
func (r *readings) literal() (differs bool) {
	r.n, r.key, r.left = 0, 0, maxRead
	at := r.from
	far := at
	escape, squeeze := false, false
	last := byte(0)
	for k := 0; ; k++ {
		t := r.token(at)
		escape = escape || at < len(r.text) && r.text[at] == '%'
		if t.size() == 0 {
			break
		}
		if t.c() == '*' && last == '/' || last == ' ' && (t.c() == ' ' || t.c() == '/') {
			squeeze = true
		}
		if k == maxGram {
			break
		}
		last = t.c()
		far = max(far, at+t.reach())
		r.key = r.key<<8 | uint64(t.c())
		r.ends[k] = int32(far)
		r.n = k + 1
		differs = differs || t.depth() == r.level
		at += t.size()
	}
	r.squeeze, r.more = squeeze, squeeze || escape
	return differs
}

// squeezed reads the tokens at from, comments and runs of blanks as one blank.
func (r *readings) squeezed() {
	r.n, r.key, r.left = 0, 0, maxRead
	at := r.from
	far := at
	blank := false
	for r.n < maxGram {
		c, next, end := r.squeezedToken(at)
		if next < 0 {
			return
		}
		at, far = next, max(far, end)
		if c == ' ' && blank {
			continue
		}
		blank = c == ' '
		r.key = r.key<<8 | uint64(c)
		r.ends[r.n] = int32(far)
		r.n++
	}
}

// squeezedToken reads the byte at a position, a whole comment as a blank. next
// is where the following one begins, -1 where the text, or what the reading may
// look at, ends before that is settled; end is one beyond the last byte that
// this depends on.
func (r *readings) squeezedToken(at int) (c byte, next, end int) {
	t := r.token(at)
	if t.size() == 0 {
		return 0, -1, 0
	}
	next, end = at+t.size(), at+t.reach()
	if t.c() != '/' {
		return t.c(), next, end
	}
	star := r.token(next)
	if star.size() == 0 {
		return 0, -1, 0 // a comment could still begin
	}
	end = max(end, next+star.reach())
	if star.c() != '*' {
		return t.c(), next, end
	}
	last := byte(0)
	for inner, k := next+star.size(), 0; k < maxSkip; k++ {
		d := r.token(inner)
		if d.size() == 0 {
			return 0, -1, 0 // it could still end
		}
		end = max(end, inner+d.reach())
		inner += d.size()
		if d.c() == '/' && last == '*' {
			return ' ', inner, end
		}
		last = d.c()
	}
	return t.c(), next, end
}

// token reads one byte of the text at a position.
func (r *readings) token(at int) token {
	if r.left--; r.left < 0 || at >= len(r.text) {
		return 0
	}
	t := r.ring[r.level][at%ringSize]
	if t>>32 != token(at)+1 {
		t = r.tokenAt(at)
		r.ring[r.level][at%ringSize] = t
	}
	return t
}

func (r *readings) tokenAt(at int) token {
	c, size, reach, depth := r.text[at], 1, 1, 0
	for c == '%' && depth < r.level {
		high, low := hexDigit(r.text, at+size), hexDigit(r.text, at+size+1)
		if high == hexEnd || high != hexNone && low == hexEnd {
			size = 0
			break
		}
		if high == hexNone {
			reach = size + 1
			break
		}
		if low == hexNone {
			reach = size + 2
			break
		}
		c = high<<4 | low
		size += 2
		reach = size
		depth++
	}
	return token(at+1)<<32 | token(gramFold[c])<<24 | token(size)<<16 | token(reach)<<8 | token(depth)
}

// What hexDigit returns for no digit and for the end of the text.
const (
	hexNone = 0xff
	hexEnd  = 0xfe
)

func hexDigit(text []byte, i int) byte {
	if i >= len(text) {
		return hexEnd
	}
	switch c := text[i]; {
	case c-'0' < 10:
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return hexNone
}

// gram returns the gram of the first n tokens.
func (r *readings) gram(n int) Gram {
	return Gram(n)<<gramTag | Gram(r.key>>(8*(r.n-n))&(1<<(8*n)-1))
}
