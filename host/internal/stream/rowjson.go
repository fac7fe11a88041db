package stream

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// appendRow appends a row as a line of NDJSON: what encoding/json makes of it, in
// a third of the time and without garbage (go test -bench AppendRow: 2.3 us against
// 6.8), which was a twelfth of a worker's.
func appendRow(dst []byte, r *Row) []byte {
	o := object{dst: append(dst, '{')}
	o.maybe("@timestamp", r.Time)
	o.text("event.id", r.ID)
	o.text("event.kind", r.Kind)
	o.text("event.dataset", r.Dataset)
	o.member("event.severity")
	o.dst = strconv.AppendInt(o.dst, int64(r.Severity), 10)
	o.maybe("event.original", r.Original)
	o.text("log.file.path", r.Source)
	o.list("threat.technique.id", r.Technique)
	o.maybe("error.message", r.Error)
	o.number("tiercel.score", r.Score)
	o.number("tiercel.false_alarm_rate", r.Rate)
	o.member("tiercel.threat")
	o.dst = strconv.AppendBool(o.dst, r.Threat)
	o.maybe("tiercel.severity", r.Level)
	o.maybe("tiercel.class", r.Class)
	o.maybe("tiercel.entity", r.Entity)
	o.maybe("tiercel.incident", r.Incident)
	o.list("tiercel.missing", r.Missing)
	o.fields("tiercel.fields", r.Fields)
	if len(r.Example) > 0 {
		o.member("tiercel.example")
		o.dst = append(base64.StdEncoding.AppendEncode(append(o.dst, '"'), r.Example), '"')
	}
	o.maybe("event.start", r.First)
	o.maybe("event.end", r.Last)
	if r.Count != 0 {
		o.member("tiercel.count")
		o.dst = strconv.AppendInt(o.dst, r.Count, 10)
	}
	o.maybe("message", r.Why)
	return append(o.dst, '}', '\n')
}

// object is a JSON object under way.
type object struct{ dst []byte }

// member begins a member; names need no escapes.
func (o *object) member(name string) {
	if o.dst[len(o.dst)-1] != '{' {
		o.dst = append(o.dst, ',')
	}
	o.dst = append(append(append(o.dst, '"'), name...), '"', ':')
}

func (o *object) text(name, text string) {
	o.member(name)
	o.dst = appendText(o.dst, text)
}

// maybe leaves out an empty text.
func (o *object) maybe(name, text string) {
	if text != "" {
		o.text(name, text)
	}
}

func (o *object) list(name string, texts []string) {
	if len(texts) == 0 {
		return
	}
	o.member(name)
	o.dst = append(o.dst, '[')
	for i, t := range texts {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = appendText(o.dst, t)
	}
	o.dst = append(o.dst, ']')
}

func (o *object) fields(name string, fields map[string]string) {
	if len(fields) == 0 {
		return
	}
	var room [32]string
	names := room[:0]
	for n := range fields {
		names = append(names, n)
	}
	slices.Sort(names)
	o.member(name)
	inner := object{append(o.dst, '{')}
	for _, n := range names {
		inner.text(n, fields[n])
	}
	o.dst = append(inner.dst, '}')
}

// number writes a number that is finite, as ECMAScript does.
func (o *object) number(name string, x *float64) {
	if x == nil {
		return
	}
	o.member(name)
	if size := math.Abs(*x); size == 0 || size >= 1e-6 && size < 1e21 {
		o.dst = strconv.AppendFloat(o.dst, *x, 'f', -1, 64)
		return
	}
	o.dst = strconv.AppendFloat(o.dst, *x, 'e', -1, 64)
	if n := len(o.dst); o.dst[n-4] == 'e' && o.dst[n-3] == '-' && o.dst[n-2] == '0' { // e-09 is e-9 there
		o.dst[n-2] = o.dst[n-1]
		o.dst = o.dst[:n-1]
	}
}

// appendText appends a text. What is not plain ASCII goes through encoding/json.
func appendText(dst []byte, text string) []byte {
	const digits = "0123456789abcdef"
	begin := len(dst)
	dst = append(dst, '"')
	from := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~':
			escaped, _ := json.Marshal(text) // of a string it cannot fail
			return append(dst[:begin], escaped...)
		case c == '"' || c == '\\':
			dst = append(append(dst, text[from:i]...), '\\', c)
			from = i + 1
		case c == '<' || c == '>' || c == '&': // so that no page that shows it takes it for markup
			dst = append(append(dst, text[from:i]...), '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			from = i + 1
		}
	}
	return append(append(dst, text[from:]...), '"')
}
