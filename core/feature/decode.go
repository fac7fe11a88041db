package feature

// MaxEscapes is how many levels of escaping are removed from a value. Three is
// what the double-encoding attacks of real logs need (%25%32%37 is two), plus
// one; a fourth is left in the text, where the percent signs are counted.
const MaxEscapes = 3

// escapes says which escapes beyond the common ones a text can hold.
type escapes uint8

const (
	plusBlank  escapes = 1 << iota // '+' is a blank: queries and forms
	jsonString                     // backslash escapes of a JSON string: \" \n \t ...
)

// decoding is what was removed from a text.
type decoding struct {
	levels   uint8 // rounds that removed an escape, at most MaxEscapes
	upper    int32 // upper-case ASCII letters before the fold
	needless int32 // escapes of letters and digits, %uXXXX, overlong and full-width forms: nobody's browser writes them
	invalid  int32 // percent signs without two hex digits, kept as they are
	escaped  int32 // escapes of the first round
}

// byteAttr tells what a byte can begin.
type byteAttr uint8

const (
	attrEscape byteAttr = 1 << iota // begins an escape: % & \ and the lead bytes that fold reads
	attrPlus                        // a blank where plusBlank says so
	attrUpper                       // an upper-case letter
)

var byteAttrs = func() (t [256]byteAttr) {
	t['%'], t['&'], t['\\'], t['+'] = attrEscape, attrEscape, attrEscape, attrPlus
	for _, c := range []byte{0xc0, 0xc1, 0xe0, 0xef, 0xf0} {
		t[c] = attrEscape
	}
	for c := byte('A'); c <= 'Z'; c++ {
		t[c] = attrUpper
	}
	return t
}()

// lowerTable folds ASCII letters and leaves the rest.
var lowerTable = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c] = byte(c - 'A' + 'a')
	}
	return t
}()

// hexTable maps hex digits to 0..15 and all else to 0xff.
var hexTable = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range 16 {
		t["0123456789abcdef"[i]], t["0123456789ABCDEF"[i]] = byte(i), byte(i)
	}
	return t
}()

// decode appends src to dst, decoded and lower-cased: URL escapes (%HH, %uXXXX
// of IIS), HTML entities (decimal, hex, and the names that attacks need),
// \xNN, \uXXXX and \u{...} of JavaScript, JSON and Apache's log, overlong
// UTF-8 and the full-width forms of the characters that carry syntax, in up to
// MaxEscapes rounds. What is not a valid escape stays as it is. The result is
// never longer than src. It allocates nothing beyond the growth of dst.
func decode(dst, src []byte, e escapes) ([]byte, decoding) {
	var d decoding
	stop := attrEscape
	if e&plusBlank != 0 {
		stop |= attrPlus
	}
	start := len(dst)
	dst = append(dst, src...)
	text := dst[start:]
	var upper int32 // in a register: d is in memory
	for i, c := range text {
		a := byteAttrs[c]
		if a&stop != 0 {
			d.upper = upper
			n := unescape(text[i:], e, &d)
			dst = dst[:start+i+n]
			lowerInPlace(dst[start+i:], &d)
			return dst, d
		}
		upper += int32(a >> 2) // attrUpper is bit 2
		text[i] = lowerTable[c]
	}
	d.upper = upper
	return dst, d
}

// lowerInPlace folds the case of text.
func lowerInPlace(text []byte, d *decoding) {
	var upper int32
	for i, c := range text {
		upper += int32(byteAttrs[c] >> 2)
		text[i] = lowerTable[c]
	}
	d.upper += upper
}

// unescape removes up to MaxEscapes levels of escapes in place and returns the
// new length.
func unescape(text []byte, e escapes, d *decoding) int {
	if e&plusBlank != 0 {
		for i, c := range text {
			if c == '+' {
				text[i] = ' '
			}
		}
	}
	if e&jsonString != 0 {
		text = text[:unescapeJSON(text)]
	}
	for range MaxEscapes {
		n, found := unescapeOnce(text, d, d.levels == 0)
		text = text[:n]
		if !found {
			break
		}
		d.levels++
	}
	return len(text)
}

// unescapeOnce removes one level in place. first says that it is the first
// round, whose escapes are counted.
func unescapeOnce(text []byte, d *decoding, first bool) (n int, found bool) {
	var needless, escaped, invalid int32
	for i := 0; i < len(text); {
		c := text[i]
		if byteAttrs[c]&attrEscape == 0 {
			text[n] = c
			n++
			i++
			continue
		}
		size, width := 0, 0 // bytes read and written
		switch c {
		case '%':
			if b, ok := hexByte(text, i+1); ok {
				text[n] = b
				size, width = 3, 1
				escaped++
				if isAlnum(b) {
					needless++
				}
			} else if i+5 < len(text) && text[i+1]|0x20 == 'u' {
				if r, ok := hexRune(text[i+2 : i+6]); ok {
					size, width = 6, putRune(text[n:], r)
					needless++
				}
			}
			if size == 0 {
				invalid++
			}
		case '&':
			if r, s := entity(text[i:]); s != 0 {
				size, width = s, putRune(text[n:], r)
			}
		case '\\':
			size, width = backslash(text, n, i)
		default:
			if b, s := foldSequence(text[i:]); s != 0 {
				text[n] = b
				size, width = s, 1
				needless++
			}
		}
		if size == 0 {
			text[n] = c
			n++
			i++
			continue
		}
		found = true
		n += width
		i += size
	}
	d.needless += needless
	if first {
		d.escaped, d.invalid = escaped, invalid
	}
	return n, found
}

// backslash reads \xNN, \uXXXX or \u{X...} at text[i] and writes it at text[n].
// \xNN is a byte: so Apache writes what is not printable.
func backslash(text []byte, n, i int) (size, width int) {
	if i+3 >= len(text) {
		return 0, 0
	}
	switch text[i+1] | 0x20 {
	case 'x':
		if b, ok := hexByte(text, i+2); ok {
			text[n] = b
			return 4, 1
		}
	case 'u':
		if text[i+2] == '{' {
			var r uint32
			for j := i + 3; j < len(text) && j < i+10; j++ {
				if text[j] == '}' && j > i+3 {
					return j + 1 - i, putRune(text[n:], r)
				}
				h := hexTable[text[j]]
				if h == 0xff {
					return 0, 0
				}
				r = r<<4 | uint32(h)
			}
			return 0, 0
		}
		if i+5 < len(text) {
			if r, ok := hexRune(text[i+2 : i+6]); ok {
				return 6, putRune(text[n:], r)
			}
		}
	}
	return 0, 0
}

// unescapeJSON removes the one-letter escapes of a JSON string in place; \u is
// left to the rounds. It returns the new length.
func unescapeJSON(text []byte) int {
	n := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			switch next := text[i+1]; next {
			case '"', '\\', '/':
				c = next
				i++
			case 'n', 'r':
				c = '\n'
				i++
			case 't', 'b', 'f':
				c = ' '
				i++
			}
		}
		text[n] = c
		n++
	}
	return n
}

// foldSequence reads a non-ASCII form of an ASCII character: overlong UTF-8
// (C0 AF is a slash to a careless decoder) or the full-width form of one of
// the characters . / \ < > ' " that best-fit mappings turn back. Full-width
// commas and brackets are ordinary Chinese and Japanese text and stay.
func foldSequence(text []byte) (b byte, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch text[0] {
	case 0xc0, 0xc1:
		if isContinuation(text[1]) {
			return text[0]<<6 | text[1]&0x3f, 2
		}
	case 0xe0:
		if len(text) > 2 && (text[1] == 0x80 || text[1] == 0x81) && isContinuation(text[2]) {
			return text[1]<<6 | text[2]&0x3f, 3
		}
	case 0xf0:
		if len(text) > 3 && text[1] == 0x80 && (text[2] == 0x80 || text[2] == 0x81) && isContinuation(text[3]) {
			return text[2]<<6 | text[3]&0x3f, 4
		}
	case 0xef:
		if len(text) > 2 && isContinuation(text[1]) && isContinuation(text[2]) {
			if b := foldWide(0xf000 | uint32(text[1]&0x3f)<<6 | uint32(text[2]&0x3f)); b != 0 {
				return b, 3
			}
		}
	}
	return 0, 0
}

// foldWide maps the full-width form of a character that carries syntax to
// ASCII, all else to 0.
func foldWide(r uint32) byte {
	switch r {
	case 0xff02, 0xff07, 0xff0e, 0xff0f, 0xff1c, 0xff1e, 0xff3c:
		return byte(r - 0xff01 + '!')
	}
	return 0
}

func isContinuation(c byte) bool { return c&0xc0 == 0x80 }

func isAlnum(c byte) bool { return c-'0' < 10 || c|0x20-'a' < 26 }

// hexByte reads two hex digits at text[i:].
func hexByte(text []byte, i int) (byte, bool) {
	if i+1 >= len(text) {
		return 0, false
	}
	h, l := hexTable[text[i]], hexTable[text[i+1]]
	return h<<4 | l&15, h|l != 0xff
}

// hexRune reads four hex digits.
func hexRune(text []byte) (r uint32, ok bool) {
	for _, c := range text[:4] {
		h := hexTable[c]
		if h == 0xff {
			return 0, false
		}
		r = r<<4 | uint32(h)
	}
	return r, true
}

// putRune writes a code point as UTF-8, full-width syntax folded to ASCII, and
// returns its width. Surrogates and values beyond Unicode become '?', one
// byte: every escape is at least as long as what it stands for.
func putRune(dst []byte, r uint32) int {
	switch {
	case r < 0x80:
		dst[0] = byte(r)
		return 1
	case r < 0x800:
		dst[0], dst[1] = 0xc0|byte(r>>6), 0x80|byte(r&0x3f)
		return 2
	case r > 0x10ffff || r-0xd800 < 0x800:
		dst[0] = '?'
		return 1
	case r < 0x10000:
		if b := foldWide(r); b != 0 {
			dst[0] = b
			return 1
		}
		dst[0], dst[1], dst[2] = 0xe0|byte(r>>12), 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f)
		return 3
	}
	dst[0], dst[1], dst[2], dst[3] = 0xf0|byte(r>>18), 0x80|byte(r>>12&0x3f), 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f)
	return 4
}

// namedEntities are the HTML names of the characters that carry syntax. Other
// names stay as they are: é spelt out is text, not an evasion.
var namedEntities = [...]struct {
	name string
	char byte
}{
	{"lt", '<'},
	{"gt", '>'},
	{"amp", '&'},
	{"quot", '"'},
	{"apos", '\''},
	{"lpar", '('},
	{"rpar", ')'},
	{"colon", ':'},
	{"semi", ';'},
	{"equals", '='},
	{"tab", '\t'},
	{"newline", '\n'},
	{"nbsp", ' '},
	{"sol", '/'},
	{"bsol", '\\'},
	{"period", '.'},
	{"comma", ','},
	{"plus", '+'},
	{"num", '#'},
	{"dollar", '$'},
	{"percnt", '%'},
	{"grave", '`'},
	{"verbar", '|'},
	{"vert", '|'},
	{"excl", '!'},
	{"lbrace", '{'},
	{"rbrace", '}'},
	{"lcub", '{'},
	{"rcub", '}'},
	{"lsqb", '['},
	{"rsqb", ']'},
}

// maxEntityName is the longest of namedEntities; maxEntityDigits is how many
// digits a numeric one may have (browsers take leading zeros, attacks use them).
const (
	maxEntityName   = 7
	maxEntityDigits = 12
)

// entity reads an HTML entity at text[0] == '&' and returns its code point and
// size, 0 when it is none. Numeric ones need no semicolon, named ones do, so
// that the &lt= of a query string is no entity.
func entity(text []byte) (r uint32, size int) {
	if len(text) < 4 {
		return 0, 0
	}
	if text[1] == '#' {
		return numericEntity(text)
	}
	end := 1
	for end < len(text) && end <= maxEntityName+1 && text[end]|0x20-'a' < 26 {
		end++
	}
	if end >= len(text) || text[end] != ';' {
		return 0, 0
	}
	name := text[1:end]
next:
	for i := range namedEntities {
		n := namedEntities[i].name
		if len(n) != len(name) {
			continue
		}
		for j, c := range name {
			if lowerTable[c] != n[j] {
				continue next
			}
		}
		return uint32(namedEntities[i].char), end + 1
	}
	return 0, 0
}

// numericEntity reads &#N... and &#xN...; even &#9 is longer than what it
// stands for.
func numericEntity(text []byte) (r uint32, size int) {
	i, base, first := 2, uint32(10), 2
	if text[2]|0x20 == 'x' {
		i, base, first = 3, 16, 3
	}
	for i < len(text) && i < first+maxEntityDigits {
		h := uint32(hexTable[text[i]])
		if h >= base {
			break
		}
		if r = r*base + h; r > 0x10ffff {
			r = 0x110000
		}
		i++
	}
	if i == first {
		return 0, 0
	}
	if i < len(text) && text[i] == ';' {
		i++
	}
	return r, i
}
