package model

import (
	"strconv"
	"unicode/utf8"

	"github.com/tiercel/tiercel/core/event"
)

// writer appends JSON without spaces. Members are written in the order of the
// calls; callers keep that order fixed.
type writer struct {
	b     []byte
	comma bool // the next member or element needs one before it
}

func (w *writer) next() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

func (w *writer) key(name string) {
	w.next()
	w.quote(name)
	w.b = append(w.b, ':')
	w.comma = false
}

func (w *writer) open(c byte) {
	w.next()
	w.b = append(w.b, c)
	w.comma = false
}

func (w *writer) close(c byte) {
	w.b = append(w.b, c)
	w.comma = true
}

func (w *writer) text(s string) {
	w.next()
	w.quote(s)
}

func (w *writer) number(v float64) {
	w.next()
	w.b = strconv.AppendFloat(w.b, v, 'g', -1, 64)
}

func (w *writer) integer(v uint64) {
	w.next()
	w.b = strconv.AppendUint(w.b, v, 10)
}

func (w *writer) boolean(v bool) {
	w.next()
	w.b = strconv.AppendBool(w.b, v)
}

// quote appends a JSON string. What is not UTF-8 becomes U+FFFD.
func (w *writer) quote(s string) {
	w.b = append(w.b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.b = append(w.b, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			const hex = "0123456789abcdef"
			w.b = append(w.b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			w.b = utf8.AppendRune(w.b, r)
		}
	}
	w.b = append(w.b, '"')
}

// reader takes JSON apart. Its first failure stays in err; every later call
// returns a zero value, so callers look once at the end.
type reader struct {
	s   event.Scanner
	err error
}

const (
	errHeader = Error("header is not the JSON of a model")
	errShape  = Error("header holds values of the wrong type")
)

// newReader starts on a JSON text. A header of MaxHeader bytes cannot hold
// more than MaxHeader/2 members; 4 levels are nested at most.
func newReader(data []byte) *reader {
	r := &reader{}
	r.s.Reset(data, event.Limits{MaxDepth: 8, MaxFields: MaxHeader / 2})
	return r
}

func (r *reader) token() event.Token {
	if r.err != nil {
		return event.End
	}
	t, err := r.s.Next()
	if err != nil {
		r.err = errHeader
		return event.End
	}
	return t
}

func (r *reader) want(t event.Token) {
	if got := r.token(); r.err == nil && got != t {
		r.err = errShape
	}
}

// object calls member for each member, which must read its value.
func (r *reader) object(member func(name string)) {
	r.want(event.ObjectStart)
	r.members(member)
}

// members is object behind the opening brace.
func (r *reader) members(member func(name string)) {
	for r.err == nil {
		switch r.token() {
		case event.ObjectEnd:
			return
		case event.Key:
			member(r.string())
		}
	}
}

// array calls element for each element with its first token.
func (r *reader) array(element func(t event.Token)) {
	r.want(event.ArrayStart)
	for r.err == nil {
		t := r.token()
		if t == event.ArrayEnd || r.err != nil {
			return
		}
		element(t)
	}
}

// string returns the value of the last string or key.
func (r *reader) string() string {
	if !r.s.Escaped() {
		return string(r.s.Text())
	}
	return string(r.s.AppendText(nil))
}

func (r *reader) text() string {
	r.want(event.String)
	if r.err != nil {
		return ""
	}
	return r.string()
}

func (r *reader) texts(most int) []string {
	var out []string
	r.array(func(t event.Token) {
		if t != event.String || len(out) >= most {
			r.err = errShape
			return
		}
		out = append(out, r.string())
	})
	return out
}

func (r *reader) number() float64 {
	r.want(event.Number)
	if r.err != nil {
		return 0
	}
	v, err := strconv.ParseFloat(string(r.s.Text()), 64)
	if err != nil {
		r.err = errShape
	}
	return v
}

func (r *reader) integer() uint64 {
	r.want(event.Number)
	return r.parse()
}

// parse returns the whole number that was the last token.
func (r *reader) parse() uint64 {
	if r.err != nil {
		return 0
	}
	v, err := strconv.ParseUint(string(r.s.Text()), 10, 64)
	if err != nil {
		r.err = errShape
	}
	return v
}

// count returns a whole number of at most most.
func (r *reader) count(most int) int {
	v := r.integer()
	if v > uint64(most) {
		r.err = errShape
		return 0
	}
	return int(v)
}

func (r *reader) boolean() bool {
	t := r.token()
	if r.err == nil && t != event.True && t != event.False {
		r.err = errShape
	}
	return t == event.True
}

// end checks that nothing follows.
func (r *reader) end() error {
	r.want(event.End)
	return r.err
}
