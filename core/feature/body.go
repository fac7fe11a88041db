package feature

import (
	"bytes"

	"github.com/tiercel/tiercel/core/event"
)

// body splits a request's body into values by what it holds: the declared type
// is the sender's claim and settles only what the content leaves open.
func (r *request) body(from, to int, mime []byte) {
	text := r.buf[from:to]
	i := 0
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	if i == len(text) {
		return
	}
	switch {
	case looksJSON(text[i:]):
		r.json(from+i, to)
	case text[i] == '-' && hasPrefixAt(text, i, "--") && bytes.IndexByte(text[i:], '\n') >= 0:
		r.multipart(from+i, to)
	case text[i] == '<':
		r.markup(from+i, to)
	case isBinary(text):
		r.binary(from, to)
	case looksForm(text) || len(mime) > 0 && bytes.Contains(mime, []byte("urlencoded")):
		r.pairs(from, to, FromBody, plusBlank)
	default:
		r.params++
		r.value(from, to, event.Span{}, FromBody, 0)
	}
}

// looksForm reports whether a body begins like name=value.
func looksForm(text []byte) bool {
	for i, c := range text {
		switch {
		case c == '=':
			return i > 0
		case c <= ' ' || c == '<' || c == '{' || c == '"' || c == ':' || c == '/' || c == '?':
			return false
		}
	}
	return false
}

// looksJSON reports whether text begins like a JSON object or array with
// strings in it. {{7*7}} and [1] do not.
func looksJSON(text []byte) bool {
	if len(text) < 2 || text[0] != '{' && text[0] != '[' {
		return false
	}
	for _, c := range text[1:min(len(text), 16)] {
		switch c {
		case ' ', '\t', '\n', '\r', '[', '{':
		case '"':
			return true
		default:
			return false
		}
	}
	return false
}

// leaf is a string of a JSON text, or a stretch that is no JSON at all; to is
// -1 at the end of the text.
type leaf struct {
	from, to, next int
	key            bool
}

// nextLeaf finds the next leaf at or behind text[i]. It never fails: whatever
// is neither structure nor a literal is a leaf, up to the next structure, so
// that breaking the syntax hides nothing.
func nextLeaf(text []byte, i int) leaf {
	for i < len(text) {
		switch c := text[i]; c {
		case '{', '}', '[', ']', ',', ':', ' ', '\t', '\n', '\r':
			i++
		case '"':
			j := i + 1
			for j < len(text) && text[j] != '"' {
				if text[j] == '\\' {
					j++
				}
				j++
			}
			j = min(j, len(text))
			next := min(j+1, len(text))
			k := next
			for k < len(text) && isSpace(text[k]) {
				k++
			}
			return leaf{i + 1, j, next, byteAt(text, k) == ':'}
		default:
			j := i
			for j < len(text) && text[j] != ',' && text[j] != '"' && text[j] != '}' && text[j] != ']' && text[j] != ':' {
				j++
			}
			if !jsonLiteral(text[i:j]) {
				return leaf{i, j, j, false}
			}
			i = j
		}
	}
	return leaf{to: -1}
}

// jsonLiteral reports whether text is a number, true, false or null, loosely.
func jsonLiteral(text []byte) bool {
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	switch string(text) {
	case "true", "false", "null":
		return true
	}
	for _, c := range text {
		if c-'0' > 9 && c != '-' && c != '+' && c != '.' && c|0x20 != 'e' {
			return false
		}
	}
	return true
}

// oddKey reports whether the key of a JSON member holds what keys do not.
func oddKey(key []byte) bool {
	for _, c := range key {
		if !isWordByte(c) && c < 0x80 && c != '-' && c != '.' && c != ':' && c != '/' && c != ' ' && c != '@' {
			return true
		}
	}
	return false
}

// json lists the strings of a JSON body.
func (r *request) json(from, to int) {
	var name event.Span
	for i := from; ; {
		l := nextLeaf(r.buf[:to], i)
		if l.to < 0 {
			return
		}
		i = l.next
		if r.listed >= MaxValues {
			r.join(l.from, to, FromBody, jsonString)
			return
		}
		if l.key {
			name = span(l.from, l.to)
			if oddKey(r.buf[l.from:l.to]) {
				r.odd++
				r.value(l.from-1, min(l.to+1, to), name, FromBody, jsonString) // with its quotes: they make "$ne" what it is
			}
			continue
		}
		r.params++
		r.value(l.from, l.to, name, FromBody, jsonString)
	}
}

// multipart lists the parts of a multipart/form-data body: their contents and
// the names of files.
func (r *request) multipart(from, to int) {
	text := r.buf[:to]
	line := from + bytes.IndexByte(text[from:], '\n')
	boundary := bytes.TrimRight(text[from:line], "\r")
	if len(boundary) < 4 || len(boundary) > 80 { // RFC 2046: at most 70, and the two dashes
		r.params++
		r.value(from, to, event.Span{}, FromBody, 0)
		return
	}
	for i := line + 1; i < to; {
		if r.listed >= MaxValues {
			r.join(i, to, FromBody, 0)
			return
		}
		end := to
		if n := bytes.Index(text[i:], boundary); n >= 0 {
			end = i + n
		}
		r.part(i, end)
		i = end + len(boundary)
		if n := bytes.IndexByte(text[min(i, to):], '\n'); n >= 0 {
			i += n + 1
		} else {
			return
		}
	}
}

// part scores one part: headers, a blank line, the content.
func (r *request) part(from, to int) {
	text := r.buf[:to]
	content := from
	for content < to {
		n := bytes.IndexByte(text[content:], '\n')
		if n < 0 {
			content = from // no blank line: all of it is content
			break
		}
		line := bytes.TrimRight(text[content:content+n], "\r")
		content += n + 1
		if len(line) == 0 {
			break
		}
	}
	for to > content && (text[to-1] == '\n' || text[to-1] == '\r') {
		to--
	}
	head := text[from:content]
	name, _ := attribute(head, from, "name=\"")
	r.params++
	if file, ok := attribute(head, from, "filename=\""); ok {
		r.value(int(file.Off), int(file.Off+file.Len), name, FromBody, 0)
		if isBinary(text[content:to]) {
			r.binary(content, to)
			return
		}
	}
	r.value(content, to, name, FromBody, 0)
}

// attribute finds key's quoted value in a part's head, which begins at off.
func attribute(head []byte, off int, key string) (s event.Span, ok bool) {
	for i := 0; i+len(key) <= len(head); i++ {
		n := bytes.Index(head[i:], []byte(key))
		if n < 0 {
			return event.Span{}, false
		}
		i += n
		if i > 0 && isWordByte(head[i-1]) { // filename= is not name=
			continue
		}
		start := i + len(key)
		end := bytes.IndexByte(head[start:], '\n')
		if end < 0 {
			end = len(head) - start
		}
		// The last quote of the line or of the attribute: a name may hold quotes.
		if q := bytes.Index(head[start:start+end], []byte(`";`)); q >= 0 {
			end = q
		} else if q := bytes.LastIndexByte(head[start:start+end], '"'); q >= 0 {
			end = q
		}
		return span(off+start, off+start+end), true
	}
	return event.Span{}, false
}

// markup lists the texts and attribute values of XML or HTML. Tags are what
// such a body consists of: as a whole it is asked only for the classes that
// live in its structure.
func (r *request) markup(from, to int) {
	kept := r.sums
	for i := from; i < to; i += MaxValue - valueOverlap {
		start := len(r.dst.Buf)
		r.dst.Buf, _ = decode(r.dst.Buf, r.buf[i:min(to, i+MaxValue)], 0)
		r.marks.scan(&r.sums, r.dst.Buf[start:], FromBody)
		r.dst.Buf = r.dst.Buf[:start]
	}
	for c := range r.sums {
		switch Class(c) {
		case ClassXXE, ClassLookup, ClassCode, ClassInclusion, ClassSSRF:
		default:
			r.sums[c] = kept[c]
		}
	}
	r.params++
	inTag := false
	for i := from; i < to; {
		if r.listed >= MaxValues {
			r.join(i, to, FromBody, 0)
			return
		}
		j := i
		if inTag {
			for j < to && r.buf[j] != '>' && r.buf[j] != '"' && r.buf[j] != '\'' {
				j++
			}
			if j < to && r.buf[j] != '>' {
				end := to
				if n := bytes.IndexByte(r.buf[j+1:to], r.buf[j]); n >= 0 {
					end = j + 1 + n
				}
				r.value(j+1, end, event.Span{}, FromBody, 0)
				i = end + 1
				continue
			}
			inTag = false
			i = j + 1
			continue
		}
		for j < to && r.buf[j] != '<' {
			j++
		}
		for i < j && isSpace(r.buf[i]) {
			i++
		}
		r.value(i, j, event.Span{}, FromBody, 0)
		inTag = true
		i = j + 1
	}
}

const (
	binaryLook = 512 // bytes that decide whether a body is binary
	binaryRun  = 16  // least printable run that is listed: attacks on parsers of binary bodies are text all the same
)

// isBinary reports whether more than one byte in 32 is a control character
// other than white space.
func isBinary(text []byte) bool {
	n := 0
	look := text[:min(len(text), binaryLook)]
	for _, c := range look {
		if lexClass[c] == lexControls {
			n++
		}
	}
	return n > len(look)/32
}

// binary lists the printable runs of a body that is no text.
func (r *request) binary(from, to int) {
	r.params++
	for i := from; i < to; {
		if r.listed >= MaxValues {
			r.join(i, to, FromBody, 0)
			return
		}
		j := i
		for j < to && lexClass[r.buf[j]] != lexControls {
			j++
		}
		if j-i >= binaryRun || i == from && j == to {
			r.value(i, j, event.Span{}, FromBody, 0)
		}
		i = j + 1
	}
}
