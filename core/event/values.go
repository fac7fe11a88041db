package event

import "bytes"

// sniffBytes is how much of a stream is looked at to find how its JSON records
// are laid out.
const sniffBytes = 64 << 10

// valueCutter finds the records of JSON that is not one object a line: the
// elements of an array, the elements of an array in a wrapper such as
// CloudTrail's {"Records":[...]}, or objects printed over many lines.
//
// It follows brackets and strings only; whether a record is valid is for its
// parser to say. A raw line end inside a string, which JSON forbids, ends the
// record: one broken record does not swallow those behind it.
type valueCutter struct {
	base     int  // depth at which records begin
	wrapped  bool // records are objects only, other values there are the wrapper's
	prefix   int  // bytes of the stream before the first record can begin
	depth    int
	open     bool // inside a record
	bare     bool // which is no object, array or string
	quoted   bool // inside a string
	escape   bool // behind a backslash
	dropping bool // the record is longer than the limit
	start    int  // of the record, in the batch's buffer
	behind   byte // the last byte that was passed
}

// newValueCutter looks at the start of a stream and returns nil if it holds
// one record a line.
func newValueCutter(sample []byte) *valueCutter {
	t := bytes.TrimLeft(sample, " \t\r\n")
	lead := len(sample) - len(t)
	if len(t) == 0 {
		return nil
	}
	if t[0] == '[' {
		return &valueCutter{base: 1}
	}
	if t[0] != '{' {
		return nil
	}
	first, rest, _ := bytes.Cut(t, newline)
	rest = bytes.TrimLeft(rest, " \t\r\n")
	first = trimLine(first)
	many := len(rest) > 0 && rest[0] == '{'
	if at, depth, name := findWrapper(t); at > 0 && (!many || name == "Records") {
		return &valueCutter{base: depth, wrapped: true, prefix: lead + at - 1}
	}
	switch {
	case len(rest) == 0, validJSON(first):
		return nil
	case bytes.HasSuffix(first, []byte("},")):
		return &valueCutter{}
	case many:
		return nil
	}
	return &valueCutter{}
}

// findWrapper looks for the array of records in an object that begins the
// text. It returns the offset behind the array's bracket, the depth there and
// the member's name; 0 if there is none.
func findWrapper(t []byte) (at, depth int, name string) {
	var s Scanner
	s.Lenient = true
	s.Reset(t, Limits{MaxDepth: maxNesting, MaxFields: sniffBytes})
	if tok, err := s.Next(); err != nil || tok != ObjectStart {
		return 0, 0, ""
	}
	for {
		tok, err := s.Next()
		if err != nil || tok == End {
			return 0, 0, ""
		}
		if tok != Key {
			continue
		}
		key := s.Text()
		if tok, err = s.Next(); err != nil {
			return 0, 0, ""
		}
		switch tok {
		case ArrayStart:
			behind := s.Pos()
			if c, ok := s.peek(); ok && c == '{' {
				for _, known := range [...]string{"records", "events", "entries", "hits", "value", "items", "logs", "data", "results", "rows", "requests"} {
					if equalFold(key, known) {
						return behind, s.Depth(), string(key)
					}
				}
			}
			err = s.Skip()
		case ObjectStart:
			switch string(key) {
			case "log", "hits", "result", "response", "data":
			default:
				err = s.Skip()
			}
		}
		if err != nil {
			return 0, 0, ""
		}
	}
}

// validJSON reports whether t is one JSON text.
func validJSON(t []byte) bool {
	var s Scanner
	s.Lenient = true
	s.Reset(t, Limits{MaxDepth: maxNesting, MaxFields: sniffBytes})
	for {
		tok, err := s.Next()
		if err != nil || tok == End {
			return err == nil
		}
	}
}

// nextValues fills the batch with whole records.
func (r *Reader) nextValues(b *Batch) error {
	b.Offset, b.FirstLine, b.Parser, b.valued = r.offset, r.line, r.parser, true
	v := r.values
	for {
		if len(r.window) == 0 {
			r.fill(r.size)
		}
		if len(r.window) == 0 {
			if v.open && !v.dropping {
				b.spans = append(b.spans, Span{uint32(v.start), uint32(len(b.Buf) - v.start)})
			}
			v.open, v.dropping = false, false
			if len(b.Buf) == 0 {
				return r.err
			}
			r.endValues(b)
			return nil
		}
		n, ended := v.scan(r.window, len(b.Buf))
		if v.dropping {
			b.lost += countLines(r.window[:n])
		} else {
			b.Buf = append(b.Buf, r.window[:n]...)
		}
		if n > 0 {
			v.behind = r.window[n-1]
		}
		r.advance(n)
		switch {
		case ended && v.dropping:
			v.dropping = false
			r.endValues(b)
			return nil
		case ended:
			b.spans = append(b.spans, Span{uint32(v.start), uint32(len(b.Buf) - v.start)})
			if len(b.Buf) >= r.size || len(b.spans) >= MaxBatchRecords {
				r.endValues(b)
				return nil
			}
		case v.open && !v.dropping && len(b.Buf)-v.start > r.limits.MaxLine:
			keep := v.start + r.limits.MaxLine + 1
			b.lost += countLines(b.Buf[keep:])
			b.Buf = b.Buf[:keep]
			b.spans = append(b.spans, Span{uint32(v.start), uint32(keep - v.start)})
			v.dropping = true
		case !v.open && len(b.Buf) >= r.size: // much text between records
			r.endValues(b)
			return nil
		}
	}
}

// endValues completes a batch; at the end of the stream a line without an end counts.
func (r *Reader) endValues(b *Batch) {
	b.Records = len(b.Buf)
	if len(r.window) == 0 {
		r.fill(r.size)
	}
	if len(r.window) == 0 && r.values.behind != '\n' {
		b.lost++
	}
}

// scan follows the text up to the end of a record, or to its own end. buffered
// is the length of the batch's buffer, where the text will be appended.
func (v *valueCutter) scan(w []byte, buffered int) (n int, ended bool) {
	i := 0
	if v.prefix > 0 { // inside the wrapper: its own members are no records
		i = min(v.prefix, len(w))
		if v.prefix -= i; v.prefix > 0 {
			return i, false
		}
		v.depth = v.base - 1
	}
	for i < len(w) {
		c := w[i]
		if v.quoted {
			switch {
			case v.escape:
				v.escape = false
			case c == '\\':
				v.escape = true
			case c == '"':
				v.quoted = false
				if v.open && v.depth == v.base {
					return i + 1, v.close()
				}
			case c == '\n': // broken
				v.quoted = false
				if v.open {
					return i, v.close()
				}
			default:
				i += max(plainLen(w[i:]), 1)
				continue
			}
			i++
			continue
		}
		if v.bare {
			if c > ' ' && c != ',' && c != ']' && c != '}' {
				i++
				continue
			}
			return i, v.close()
		}
		switch c {
		case '"':
			if !v.wrapped {
				v.begin(buffered + i)
			}
			v.quoted = true
		case '{', '[':
			if c == '{' || !v.wrapped {
				v.begin(buffered + i)
			}
			v.depth++
		case '}', ']':
			if v.depth > 0 {
				v.depth--
			}
			if v.open && v.depth <= v.base {
				return i + 1, v.close()
			}
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			if !v.open && v.depth == v.base && !v.wrapped {
				v.begin(buffered + i)
				v.bare = true
			}
		}
		i++
	}
	return i, false
}

// begin starts a record, if one may begin here.
func (v *valueCutter) begin(at int) {
	if !v.open && v.depth == v.base {
		v.open, v.start = true, at
	}
}

func (v *valueCutter) close() bool {
	v.open, v.bare, v.depth = false, false, v.base
	return true
}
