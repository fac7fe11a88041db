package event

import "math/bits"

// Token is one piece of a JSON text.
type Token uint8

// The tokens. End follows the last byte of a complete value.
const (
	End         Token = iota
	ObjectStart       // {
	ObjectEnd         // }
	ArrayStart        // [
	ArrayEnd          // ]
	Key               // a member's name; its value is the next token
	String
	Number
	True
	False
	Null
)

// maxNesting bounds Limits.MaxDepth: the kinds of the open containers are kept
// as bits of an array of that size.
const maxNesting = 1024

// what a Scanner expects next
const (
	wantValue uint8 = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantMemberValue
	wantCommaOrEnd
	wantNothing
)

// Scanner reads one JSON text token by token (RFC 8259) without allocating.
//
// It checks the text as it goes: what it returned before an error was well
// formed. Numbers stay text, so 64-bit integers keep every digit. Invalid
// UTF-8 inside a string passes through as bytes. Members come in file order,
// duplicates included: every reader of this module keeps the FIRST member of a
// name, so that text smuggled in behind it cannot replace what it said.
//
// The zero Scanner is empty; Reset starts it. A copy of it goes on from where it is.
type Scanner struct {
	data []byte
	text []byte
	pos  int
	at   int // offset of text
	// Lenient accepts inside strings what log writers are known to produce:
	// \xHH (nginx without escape=json) and raw control characters.
	Lenient    bool
	escaped    bool
	want       uint8
	depth      int
	maxDepth   int
	members    int
	maxMembers int
	objects    [maxNesting / 64]uint64 // bit d is set when the container at depth d is an object
}

// Reset starts the scanner on a JSON text. Zero limits mean the defaults of
// [Limits]: MaxDepth bounds the nesting, MaxFields the members of all objects
// and elements of all arrays together.
func (s *Scanner) Reset(data []byte, l Limits) {
	l = l.WithDefaults()
	s.data, s.pos, s.text, s.escaped = data, 0, nil, false
	s.want, s.depth, s.members = wantValue, 0, 0
	s.maxDepth, s.maxMembers = min(l.MaxDepth, maxNesting), l.MaxFields
}

// Next returns the next token. Its errors are ErrJSON, ErrDepth and
// ErrTooMany; after one the scanner is of no further use.
func (s *Scanner) Next() (Token, error) {
	for {
		c, ok := s.peek()
		if !ok {
			if s.want == wantNothing {
				return End, nil
			}
			return End, ErrJSON
		}
		switch s.want {
		case wantNothing:
			return End, ErrJSON
		case wantCommaOrEnd:
			if c == ',' {
				s.pos++
				s.want = wantValue
				if s.inObject() {
					s.want = wantKey
				}
				continue
			}
			return s.end(c)
		case wantKey, wantKeyOrEnd:
			if c == '}' && s.want == wantKeyOrEnd {
				return s.end(c)
			}
			return s.key(c)
		case wantValueOrEnd:
			if c == ']' {
				return s.end(c)
			}
			return s.value(c)
		default:
			return s.value(c)
		}
	}
}

// Text returns the last token's text: a string or key as it stands between its
// quotes, escapes and all; a number's or literal's characters.
func (s *Scanner) Text() []byte { return s.text }

// Escaped reports whether the last string or key holds escapes; without them
// Text is its value.
func (s *Scanner) Escaped() bool { return s.escaped }

// AppendText appends the value of the last string or key, unescaped, to dst.
// A \u escape that is half a surrogate pair becomes U+FFFD.
func (s *Scanner) AppendText(dst []byte) []byte {
	if !s.escaped {
		return append(dst, s.text...)
	}
	return appendUnescaped(dst, s.text)
}

// Depth returns how many containers are open.
func (s *Scanner) Depth() int { return s.depth }

// TextPos returns the offset of Text.
func (s *Scanner) TextPos() int { return s.at }

// Pos returns the offset behind the last token.
func (s *Scanner) Pos() int { return s.pos }

// Skip passes over a value: called behind a Key or before an element it skips
// all of it, called behind ObjectStart or ArrayStart the rest of that container.
func (s *Scanner) Skip() error {
	depth := s.depth
	if s.want == wantCommaOrEnd || s.want == wantNothing {
		return nil
	}
	if s.want == wantKeyOrEnd || s.want == wantValueOrEnd {
		depth--
	}
	for {
		if _, err := s.Next(); err != nil {
			return err
		}
		if s.depth <= depth {
			return nil
		}
	}
}

func (s *Scanner) inObject() bool {
	d := s.depth - 1
	return s.objects[d>>6]>>(d&63)&1 != 0
}

// peek passes over white space and returns the byte behind it.
func (s *Scanner) peek() (byte, bool) {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, true
		}
		s.pos++
	}
	return 0, false
}

func (s *Scanner) key(c byte) (Token, error) {
	if c != '"' {
		return End, ErrJSON
	}
	if s.members++; s.members > s.maxMembers {
		return End, ErrTooMany
	}
	if !s.quoted() {
		return End, ErrJSON
	}
	if c, ok := s.peek(); !ok || c != ':' {
		return End, ErrJSON
	}
	s.pos++
	s.want = wantMemberValue
	return Key, nil
}

func (s *Scanner) value(c byte) (Token, error) {
	if s.want != wantMemberValue && s.depth > 0 {
		if s.members++; s.members > s.maxMembers {
			return End, ErrTooMany
		}
	}
	switch c {
	case '{', '[':
		return s.start(c)
	case '"':
		if !s.quoted() {
			return End, ErrJSON
		}
		s.after()
		return String, nil
	case 't':
		return s.literal("true", True)
	case 'f':
		return s.literal("false", False)
	case 'n':
		return s.literal("null", Null)
	}
	n := numberLen(s.data[s.pos:])
	if n == 0 {
		return End, ErrJSON
	}
	s.text, s.at, s.escaped = s.data[s.pos:s.pos+n], s.pos, false
	s.pos += n
	s.after()
	return Number, nil
}

// after sets what may follow a complete value.
func (s *Scanner) after() {
	s.want = wantCommaOrEnd
	if s.depth == 0 {
		s.want = wantNothing
	}
}

func (s *Scanner) start(c byte) (Token, error) {
	if s.depth >= s.maxDepth {
		return End, ErrDepth
	}
	d := s.depth
	s.depth++
	s.pos++
	s.text, s.escaped = nil, false
	if c == '{' {
		s.objects[d>>6] |= 1 << (d & 63)
		s.want = wantKeyOrEnd
		return ObjectStart, nil
	}
	s.objects[d>>6] &^= 1 << (d & 63)
	s.want = wantValueOrEnd
	return ArrayStart, nil
}

func (s *Scanner) end(c byte) (Token, error) {
	if s.depth == 0 {
		return End, ErrJSON
	}
	token := ArrayEnd
	if s.inObject() {
		token = ObjectEnd
	}
	if (token == ObjectEnd && c != '}') || (token == ArrayEnd && c != ']') {
		return End, ErrJSON
	}
	s.pos++
	s.depth--
	s.text, s.escaped = nil, false
	s.after()
	return token, nil
}

func (s *Scanner) literal(word string, t Token) (Token, error) {
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return End, ErrJSON
	}
	s.text, s.at, s.escaped = s.data[s.pos:s.pos+len(word)], s.pos, false
	s.pos += len(word)
	s.after()
	return t, nil
}

// quoted reads the string whose opening quote is at pos and reports whether it
// is well formed.
func (s *Scanner) quoted() bool {
	s.pos++
	start := s.pos
	s.escaped = false
	for {
		s.pos += plainLen(s.data[s.pos:])
		if s.pos >= len(s.data) {
			return false
		}
		switch c := s.data[s.pos]; {
		case c == '"':
			s.text, s.at = s.data[start:s.pos], start
			s.pos++
			return true
		case c == '\\':
			n := s.escapeLen(s.data[s.pos:])
			if n == 0 {
				return false
			}
			s.escaped = true
			s.pos += n
		case s.Lenient: // a raw control character
			s.pos++
		default:
			return false
		}
	}
}

// escapeLen returns the length of the escape that b starts with, 0 if it is none.
func (s *Scanner) escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && hexDigit(b[2]) < 16 && hexDigit(b[3]) < 16 && hexDigit(b[4]) < 16 && hexDigit(b[5]) < 16 {
			return 6
		}
	case 'x':
		if s.Lenient && len(b) >= 4 && hexDigit(b[2]) < 16 && hexDigit(b[3]) < 16 {
			return 4
		}
	}
	return 0
}

// plainLen returns the number of bytes before the first quote, backslash or
// control character. Eight bytes at a time: a byte less than n, or equal to c,
// shows in its top bit (Hacker's Delight 2nd ed., section 6-1); a borrow can
// only mark bytes above the first true one, so the lowest mark is exact.
func plainLen(b []byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	n := 0
	for len(b)-n >= 8 {
		w := b[n : n+8 : n+8]
		x := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
			uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		hit := ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*0x20)&^x) & tops
		if hit != 0 {
			return n + bits.TrailingZeros64(hit)/8
		}
		n += 8
	}
	for n < len(b) && b[n] != '"' && b[n] != '\\' && b[n] >= 0x20 {
		n++
	}
	return n
}

// numberLen returns the length of the JSON number that b starts with, 0 if
// there is none. What follows it is the scanner's to judge.
func numberLen(b []byte) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(b) && b[i]-'0' < 10 {
			i++
		}
		return i > start
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	zero := i < len(b) && b[i] == '0'
	start := i
	if !digits() || (zero && i-start > 1) {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		i++
		if !digits() {
			return 0
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// hexDigit returns the value of a hexadecimal digit, 16 or more for any other byte.
func hexDigit(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// appendUnescaped appends the value of a well-formed escaped string to dst.
func appendUnescaped(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && text[j] != '\\' {
			j++
		}
		dst = append(dst, text[i:j]...)
		if j+1 >= len(text) {
			return dst
		}
		i = j + 2
		switch c := text[j+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'x':
			dst = append(dst, hexDigit(text[i])<<4|hexDigit(text[i+1]))
			i += 2
		case 'u':
			r := hex4(text[i:])
			i += 4
			if r&^0x3ff == 0xd800 && i+6 <= len(text) && text[i] == '\\' && text[i+1] == 'u' {
				if low := hex4(text[i+2:]); low&^0x3ff == 0xdc00 {
					r = (r&0x3ff)<<10 | low&0x3ff + 0x10000
					i += 6
				}
			}
			dst = appendRune(dst, r)
		default: // quote, backslash, slash
			dst = append(dst, c)
		}
	}
	return dst
}

func hex4(b []byte) uint32 {
	return uint32(hexDigit(b[0]))<<12 | uint32(hexDigit(b[1]))<<8 | uint32(hexDigit(b[2]))<<4 | uint32(hexDigit(b[3]))
}

// appendRune appends a code point as UTF-8, a lone surrogate as U+FFFD.
func appendRune(dst []byte, r uint32) []byte {
	if r&^0x7ff == 0xd800 {
		r = 0xfffd
	}
	switch {
	case r < 0x80:
		return append(dst, byte(r))
	case r < 0x800:
		return append(dst, 0xc0|byte(r>>6), 0x80|byte(r&0x3f))
	case r < 0x10000:
		return append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
	}
	return append(dst, 0xf0|byte(r>>18), 0x80|byte(r>>12&0x3f), 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
}
