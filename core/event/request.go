package event

import "bytes"

// setRequest splits a request line, `GET /path?query HTTP/1.1`, into method and
// URL. A target with blanks, as attacks send them, is kept whole. Without a
// protocol it is HTTP/0.9 if it starts with a method in capitals and a path;
// any other text is garbage: all of it is the URL and there is no method.
func setRequest(b *Batch, e *Event, s Span) {
	t := b.Bytes(s)
	if absent(t) {
		return
	}
	e.Text[URL] = s
	method := bytes.IndexByte(t, ' ')
	if method <= 0 {
		return
	}
	target := method + 1
	end := len(t)
	if last := bytes.LastIndexByte(t, ' '); last >= method && isProtocol(t[last+1:]) {
		end = last
		if !isMethod(t[:method], true) {
			return
		}
	} else if !isMethod(t[:method], false) || target == len(t) || t[target] != '/' {
		return
	}
	e.Text[Method] = Span{s.Off, uint32(method)}
	e.Text[URL] = Span{}
	if target < end {
		e.Text[URL] = Span{s.Off + uint32(target), uint32(end - target)}
	}
}

// isProtocol reports whether t is like HTTP/1.1.
func isProtocol(t []byte) bool {
	return len(t) >= 6 && len(t) <= 8 && (string(t[:5]) == "HTTP/" || string(t[:5]) == "http/") && t[5]-'0' <= 9
}

// maxMethod is longer than any registered method (UPDATEREDIRECTREF has 17 bytes).
const maxMethod = 24

// isMethod reports whether t can be a method: capitals, `-` and `_`, small
// letters too where they are allowed.
func isMethod(t []byte, small bool) bool {
	if len(t) == 0 || len(t) > maxMethod || t[0] == '-' {
		return false
	}
	for _, c := range t {
		if c-'A' > 'Z'-'A' && c != '-' && c != '_' && !(small && c-'a' <= 'z'-'a') {
			return false
		}
	}
	return true
}

// appendHeader appends `Name: value` and a line feed behind the records.
func appendHeader(b *Batch, name string, value Span) Span {
	off := len(b.Buf)
	b.Buf = append(b.Buf, name...)
	b.Buf = append(b.Buf, ": "...)
	b.Buf = append(b.Buf, b.Bytes(value)...)
	b.Buf = append(b.Buf, '\n')
	return Span{uint32(off), uint32(len(b.Buf) - off)}
}

// unquote undoes the escapes of a quoted field; the result stands behind the
// records. A field without escapes stays where it is; escaped says whether the
// line has any.
func unquote(b *Batch, s Span, escaped bool) Span {
	if !escaped {
		return s
	}
	t := b.Bytes(s)
	i := bytes.IndexByte(t, '\\')
	if i < 0 {
		return s
	}
	off := len(b.Buf)
	for i >= 0 {
		b.Buf = append(b.Buf, t[:i]...)
		c, n := unescape(t[i:])
		b.Buf = append(b.Buf, c)
		t = t[i+n:]
		i = bytes.IndexByte(t, '\\')
	}
	b.Buf = append(b.Buf, t...)
	return Span{uint32(off), uint32(len(b.Buf) - off)}
}

// unescape reads the escape that t starts with and returns its byte and its
// length. An unknown escape is a plain backslash: nginx before 1.1.6 and IIS
// write backslashes as they are.
func unescape(t []byte) (c byte, n int) {
	if len(t) < 2 {
		return '\\', 1
	}
	switch t[1] {
	case '"', '\\':
		return t[1], 2
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'v':
		return '\v', 2
	case 'x':
		if len(t) >= 4 {
			if hi, lo := hexDigit(t[2]), hexDigit(t[3]); hi|lo < 16 {
				return hi<<4 | lo, 4
			}
		}
	}
	return '\\', 1
}
