package feature

import (
	"bytes"

	"github.com/tiercel/tiercel/core/event"
)

// Bounds on the values of one record. Nothing behind them goes unseen: a
// longer value is read in windows that overlap, and what follows the last
// value that is listed by itself is read in windows as one text. Windows count
// in the column http.joined, so that padding shows.
const (
	// MaxValue is the bytes of a value as it stands in the log that are scored
	// as one text. 4 KiB holds 99.9 % of the parameter values of today's web.
	MaxValue = 4096
	// MaxValues is how many values of a record are listed one by one.
	MaxValues = 256
	// valueOverlap is what consecutive windows share: an attack no longer than
	// this stands whole in one of them.
	valueOverlap = 512
)

// part is a group of origins with one normal range: what is ordinary in a
// body would be odd in a path.
type part uint8

const (
	pathPart   part = iota
	paramPart       // query, body, payload
	headerPart      // cookie, referrer, agent, headers
	numParts
)

var partOf = [NumOrigins]part{
	FromPath: pathPart, FromQuery: paramPart, FromBody: paramPart, FromPayload: paramPart,
	FromCookie: headerPart, FromReferrer: headerPart, FromAgent: headerPart, FromHeader: headerPart, FromName: pathPart,
	FromRequest: pathPart,
}

// request gathers what the values of one record show: the maxima of each part
// and class, never sums over values.
type request struct {
	lexer lexer
	marks *Markers
	buf   []byte // the event batch's Buf
	dst   *Texts
	top   [numParts]lexical
	sums  markerSums

	quick   bool        // no statistics: what top holds is not defined
	kind    agentKind   // of the record's agent
	agents  agentMemory // outlives the record
	matches []Match     // of focus: memory
	listed  int         // values listed so far
	params  int32       // parameters of query, body and payload, empty ones included
	odd     int32       // parameters whose name is no name
	joined  int32       // windows read beyond the bounds
	total   int32       // bytes of the values of parameters
}

// reset makes r ready for the next record.
func (r *request) reset(buf []byte, dst *Texts) {
	r.buf, r.dst = buf, dst
	r.sums = markerSums{}
	if !r.quick {
		r.top = [numParts]lexical{}
	}
	r.listed, r.params, r.odd, r.joined, r.total = 0, 0, 0, 0, 0
}

func span(from, to int) event.Span { return event.Span{Off: uint32(from), Len: uint32(to - from)} }

// value scores and lists the text at r.buf[from:to], in windows when it is long.
func (r *request) value(from, to int, name event.Span, o Origin, e escapes) {
	if partOf[o] == paramPart {
		r.total = clampAdd(r.total, to-from)
	}
	if to-from > MaxValue {
		top := &r.top[partOf[o]]
		top[lexLength] = max(top[lexLength], int32(min(to-from, 1<<30)))
	}
	for to-from > MaxValue {
		r.one(from, from+MaxValue, name, o, e)
		r.joined++
		from += MaxValue - valueOverlap
	}
	r.one(from, to, name, o, e)
}

// join reads the rest of a list as one text: the values in it are too many to
// be listed by themselves.
func (r *request) join(from, to int, o Origin, e escapes) {
	r.joined++
	r.value(from, to, event.Span{}, o, e)
}

// one scores one text of at most MaxValue bytes.
func (r *request) one(from, to int, name event.Span, o Origin, e escapes) {
	if from == to {
		return
	}
	if to-from <= maxNumber && o != FromPayload && allDigits(r.buf[from:to]) {
		r.listed++
		r.top[partOf[o]].number(to - from)
		return
	}
	texts := r.dst
	start := len(texts.Buf)
	var d decoding
	texts.Buf, d = decode(texts.Buf, r.buf[from:to], e)
	text := texts.Buf[start:]
	v := Value{Raw: span(from, to), Name: name, Origin: o, Levels: d.levels}
	marked := r.marks.scan(&r.sums, text, o)
	switch {
	case looksJSON(text):
		r.leaves(start, v, &d)
	case marked:
		r.suspect(v, start, &d)
	default:
		r.judge(v, start, len(texts.Buf), &d)
	}
}

// judge measures a decoded text and adds it to the record's values.
func (r *request) judge(v Value, from, to int, d *decoding) {
	r.measure(v.Origin, from, to, d)
	r.list(v, from, to)
}

// measure adds the statistics of a decoded text to the maxima.
func (r *request) measure(o Origin, from, to int, d *decoding) {
	if !r.quick {
		r.lexer.measure(&r.top[partOf[o]], r.dst.Buf[from:to], d)
	}
}

// list adds a decoded text to the record's values.
func (r *request) list(v Value, from, to int) {
	r.listed++
	v.Text = span(from, to)
	r.dst.Values = append(r.dst.Values, v)
}

// maxNumber is the digits of the longest number that is measured but not
// listed: time stamps in nanoseconds and the ids of databases carry nothing
// that a text learner could read.
const maxNumber = 20

func allDigits(text []byte) bool {
	for _, c := range text {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

func clampAdd(sum int32, n int) int32 { return int32(min(int64(sum)+int64(n), 1<<30)) }

// leaves lists the strings of a JSON document that is itself a value, decoded
// already, starting at dst.Buf[start]. The markers have seen the document whole.
func (r *request) leaves(start int, v Value, d *decoding) {
	end := len(r.dst.Buf)
	for i := start; ; {
		l := nextLeaf(r.dst.Buf[:end], i)
		if l.to < 0 {
			return
		}
		i = l.next
		if l.key && !oddKey(r.dst.Buf[l.from:l.to]) || l.from == l.to {
			continue
		}
		if r.listed >= MaxValues {
			r.joined++
			r.judge(v, l.from, end, d)
			return
		}
		r.judge(v, l.from, l.to, d)
	}
}

// pairs splits name=value&name=value at r.buf[from:to]. A semicolon separates
// where a name and = follow it: elsewhere it belongs to the value, as in
// stacked statements. A pair without = is a value; a pair whose name is none
// is a value as a whole.
func (r *request) pairs(from, to int, o Origin, e escapes) {
	for i := from; i < to; {
		if r.listed >= MaxValues {
			r.join(i, to, o, e)
			return
		}
		start, eq := i, -1
	scan:
		for ; i < to; i++ {
			switch r.buf[i] {
			case '=':
				if eq < 0 {
					eq = i
				}
			case '&':
				break scan
			case ';':
				if o != FromReferrer && nameFollows(r.buf[i+1:to]) {
					break scan
				}
			}
		}
		r.pair(start, eq, i, o, e)
		i++
	}
}

// pair scores one name=value; eq is -1 without =.
func (r *request) pair(start, eq, end int, o Origin, e escapes) {
	if start == end {
		return
	}
	if partOf[o] == paramPart {
		r.params++
	}
	switch {
	case eq < 0:
		r.value(start, end, event.Span{}, o, e)
	case oddName(r.buf[start:eq]):
		r.odd++
		r.value(start, end, span(start, eq), o, e)
	default:
		r.value(eq+1, end, span(start, eq), o, e)
	}
}

// maxParamName is the longest name that is looked for behind a semicolon.
const maxParamName = 32

// nameFollows reports whether text begins with name=.
func nameFollows(text []byte) bool {
	for i, c := range text[:min(len(text), maxParamName)] {
		if c == '=' {
			return i > 0
		}
		if !isWordByte(c) && c != '-' && c != '.' && c != '[' && c != ']' {
			return false
		}
	}
	return false
}

// oddName reports whether a parameter's name holds what names do not. Escaped
// brackets, dots and colons are as good as plain ones.
func oddName(name []byte) bool {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case isWordByte(c), c == '-', c == '.', c == '[', c == ']', c == ':', c == '~', c == '*':
		case c == '%':
			b, ok := hexByte(name, i+1)
			if !ok || b != '[' && b != ']' && b != '.' && b != ':' && !isWordByte(b) {
				return true
			}
			i += 2
		default:
			return true
		}
	}
	return false
}

// cookies splits name=value; name=value. Plain tokens carry nothing.
func (r *request) cookies(from, to int) {
	for i := from; i < to; {
		if r.listed >= MaxValues {
			r.join(i, to, FromCookie, 0)
			return
		}
		for i < to && r.buf[i] == ' ' {
			i++
		}
		start := i
		if n := bytes.IndexByte(r.buf[i:to], ';'); n >= 0 {
			i += n
		} else {
			i = to
		}
		eq := bytes.IndexByte(r.buf[start:i], '=')
		if eq >= 0 {
			eq += start
		}
		if !plain(r.buf[start:i], plainToken) {
			r.pair(start, eq, i, FromCookie, 0)
		}
		i++
	}
}

// headers scores the values of "Name: value" lines.
func (r *request) headers(from, to int) {
	for i := from; i < to; {
		if r.listed >= MaxValues {
			r.join(i, to, FromHeader, 0)
			return
		}
		start := i
		if n := bytes.IndexByte(r.buf[i:to], '\n'); n >= 0 {
			i += n
		} else {
			i = to
		}
		name := event.Span{}
		if n := bytes.IndexByte(r.buf[start:i], ':'); n >= 0 {
			name = span(start, start+n)
			start += n + 1
		}
		for start < i && r.buf[start] == ' ' {
			start++
		}
		r.quiet(start, i, name, FromHeader)
		i++
	}
}

// quiet scores a text of a header: markers always, the rest only when it holds
// something that ordinary headers do not, so that no learner gets to know a
// browser by its headers.
func (r *request) quiet(from, to int, name event.Span, o Origin) {
	if to-from > MaxValue || !plain(r.buf[from:to], plainHeader) {
		r.value(from, to, name, o, 0)
		return
	}
	start := len(r.dst.Buf)
	r.dst.Buf, _ = decode(r.dst.Buf, r.buf[from:to], 0)
	r.marks.scan(&r.sums, r.dst.Buf[start:], o)
	r.dst.Buf = r.dst.Buf[:start]
}

// referrer scores the query of an address; its host and path only when they
// are odd. A referrer that is no address is a value.
func (r *request) referrer(from, to int) {
	text := r.buf[from:to]
	if len(text) <= 1 { // "-"
		return
	}
	if !bytes.HasPrefix(text, []byte("http")) {
		r.value(from, to, event.Span{}, FromReferrer, 0)
		return
	}
	path := len(text)
	if n := bytes.IndexByte(text, '?'); n >= 0 {
		path = n
		r.pairs(from+n+1, to, FromReferrer, plusBlank)
	}
	if !plain(text[:path], plainToken|plainAddress) {
		r.value(from, from+path, event.Span{}, FromReferrer, 0)
	}
}

// Sets of bytes that carry nothing by themselves.
const (
	plainToken   uint8 = 1 << iota // session ids and the like
	plainAddress                   // besides, what addresses have
	plainHeader                    // what browsers write into headers and agents
)

var plainTable = func() (t [256]uint8) {
	for c := range t {
		if isWordByte(byte(c)) {
			t[c] = plainToken | plainAddress | plainHeader
		}
	}
	for chars, sets := range map[string]uint8{
		"-.=+:,~": plainToken | plainHeader, "/-.:~": plainAddress, ` /;()[]@?!#*|&"`: plainHeader,
	} {
		for _, c := range []byte(chars) {
			t[c] |= sets
		}
	}
	return t
}()

// plain reports whether every byte of text belongs to one of the sets.
func plain(text []byte, sets uint8) bool {
	for _, c := range text {
		if plainTable[c]&sets == 0 {
			return false
		}
	}
	return true
}
