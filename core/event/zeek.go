package event

import (
	"bytes"
	"math"
	"strconv"
)

// Why a Zeek record cannot be read.
const (
	ErrZeekPath   = ParseError("Zeek log of another kind: conn, http, dns and ssh are read")
	errZeekFields = ParseError("no #fields line in front of this record")
	errCells      = ParseError("more cells than the header has columns")
)

// zeekPaths are the logs that are read and the kinds of their records.
var zeekPaths = [...]struct {
	path string
	kind Kind
}{{"conn", Flow}, {"http", HTTP}, {"dns", DNS}, {"ssh", Auth}}

// zeekKind returns the kind of a log's path, also of derived ones such as
// conn_red or conn.log; KindNone for logs that are not read.
func zeekKind(path []byte) Kind {
	for _, z := range zeekPaths {
		if n := len(z.path); bytes.HasPrefix(path, []byte(z.path)) && (len(path) == n || path[n] == '_' || path[n] == '.' || path[n] == '-') {
			return z.kind
		}
	}
	return KindNone
}

// zeekLog reads Zeek's own tab-separated logs. Its header names separators,
// columns and the log; where it comes again, as in concatenated logs, it
// replaces the former. Columns are understood by name, so logs of all versions
// and with columns added, labels for instance, are read; columns behind the
// last known one may be missing, as in labelled logs whose writer joined them
// with blanks.
type zeekLog struct {
	aliases   aliases
	separator byte
	unset     string
	empty     string
	kind      Kind
	columns   []alias
	names     []string
	last      int // index of the last known column
}

var (
	_ Headed = (*zeekLog)(nil)
	_ named  = (*zeekLog)(nil)
	_ Headed = (*zeekOther)(nil)
)

func zeekFormat() Format {
	return Format{
		Name:    "zeek",
		Title:   "Zeek logs with their header: conn, http, dns, ssh",
		Kinds:   []Kind{Flow, HTTP, DNS, Auth},
		Example: "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state",
		Match:   matchZeek,
		New: func(o Options) (Parser, error) {
			a, err := newAliases(o)
			return &zeekLog{aliases: a, separator: '\t', unset: "-", empty: "(empty)"}, err
		},
	}
}

func matchZeek(sample []byte, _ Options) (float64, string) {
	fields := bytes.Index(sample, []byte("#fields"))
	if fields < 0 || fields > 0 && sample[fields-1] != '\n' {
		return 0, ""
	}
	path := []byte("without #path")
	if _, rest, ok := bytes.Cut(sample, []byte("#path\t")); ok {
		path, _, _ = bytes.Cut(rest, newline)
		path = trimLine(path)
	}
	names, _, _ := bytes.Cut(sample[fields:], newline)
	return 1, "Zeek header, log " + visible(path) + ", " + strconv.Itoa(bytes.Count(names, []byte{'\t'})) + " fields"
}

// visible returns a short text of a log for people, without control characters.
func visible(t []byte) string {
	const most = 40
	s := make([]byte, 0, most)
	for _, c := range t {
		if c > ' ' && c < 0x7f && len(s) < most {
			s = append(s, c)
		}
	}
	return string(s)
}

func (p *zeekLog) Header(line []byte) (Parser, bool, error) {
	if len(line) == 0 || line[0] != '#' {
		return nil, false, nil
	}
	if rest, ok := bytes.CutPrefix(line, []byte("#separator ")); ok {
		q := *p
		q.columns, q.names, q.kind = nil, nil, KindNone
		if rest = appendHexEscapes(nil, rest); len(rest) == 1 {
			q.separator = rest[0]
		}
		return &q, true, nil
	}
	name, value, ok := bytes.Cut(line, []byte{p.separator})
	if !ok {
		return nil, true, nil
	}
	q := *p
	switch string(name) {
	case "#unset_field":
		q.unset = string(value)
	case "#empty_field":
		q.empty = string(value)
	case "#path":
		q.kind = zeekKind(value)
		if q.kind == KindNone {
			return &zeekOther{&q}, true, nil
		}
	case "#fields":
		err := q.fields(value)
		return &q, true, err
	default:
		return nil, true, nil
	}
	return &q, true, nil
}

// fields compiles the names of the columns.
func (p *zeekLog) fields(names []byte) error {
	p.columns, p.names, p.last = nil, nil, -1
	for len(names) > 0 {
		name, rest, _ := bytes.Cut(names, []byte{p.separator})
		names = rest
		if len(p.columns) == DefaultMaxFields {
			return ErrTooMany
		}
		a := p.aliases.find(nameHash(name))
		if a.slot != noSlot {
			p.last = len(p.columns)
		}
		p.columns, p.names = append(p.columns, a), append(p.names, string(name))
	}
	if p.last < 0 {
		return ErrNoFields
	}
	return nil
}

func (p *zeekLog) columnNames() []string { return p.names }

func (p *zeekLog) Parse(b *Batch, line Span, e *Event) error {
	t := b.Bytes(line)
	if len(t) > 0 && t[0] == '#' {
		return ErrSkip
	}
	if p.columns == nil {
		return errZeekFields
	}
	var r record
	r.reset(b, e, 0, p.kind)
	escaped := bytes.IndexByte(t, '\\') >= 0
	off := line.Off
	for i := 0; ; i++ {
		end := bytes.IndexByte(t, p.separator)
		cell := t
		if end >= 0 {
			cell = t[:end]
		}
		if i == len(p.columns) {
			return errCells
		}
		if a := p.columns[i]; a.slot != noSlot && string(cell) != p.unset && string(cell) != p.empty {
			s := Span{off, uint32(len(cell))}
			if escaped {
				s = unescapeHex(b, s)
			}
			if err := r.put(a, s); err != nil {
				return err
			}
		}
		if end < 0 {
			if i < p.last {
				return ErrFields
			}
			break
		}
		off, t = off+uint32(end)+1, t[end+1:]
	}
	return settleZeek(&r)
}

// zeekOther is the parser of a Zeek log that is not read; another header may follow.
type zeekOther struct{ *zeekLog }

func (p *zeekOther) Header(line []byte) (Parser, bool, error) {
	next, is, err := p.zeekLog.Header(line)
	if q, ok := next.(*zeekLog); ok && q.kind == KindNone && bytes.HasPrefix(line, []byte("#fields")) {
		return &zeekOther{q}, true, err
	}
	return next, is, err
}

func (p *zeekOther) Parse(b *Batch, line Span, _ *Event) error {
	if t := b.Bytes(line); len(t) > 0 && t[0] == '#' {
		return ErrSkip
	}
	return ErrZeekPath
}

// settleZeek makes an event of a record of a Zeek log, whose kind its path
// tells or, where that is missing, its fields.
func settleZeek(r *record) error {
	e := r.e
	if r.has(xZeekPath) {
		if r.kind = zeekKind(r.text(xZeekPath)); r.kind == KindNone {
			return ErrZeekPath
		}
	}
	if r.kind == KindNone {
		switch {
		case e.Text[ConnState].Len > 0:
			r.kind = Flow
		case e.Text[URL].Len > 0 || e.Text[Method].Len > 0 || !math.IsNaN(e.Num[StatusCode]):
			r.kind = HTTP
		case r.has(xQuery) || e.Text[QuestionType].Len > 0:
			r.kind = DNS
		case r.has(xAttempts):
			r.kind = Auth
		default:
			return ErrZeekPath
		}
	}
	return r.finish()
}

// unescapeHex undoes Zeek's \xHH; the result stands behind the records.
func unescapeHex(b *Batch, s Span) Span {
	t := b.Bytes(s)
	if bytes.IndexByte(t, '\\') < 0 {
		return s
	}
	off := len(b.Buf)
	b.Buf = appendHexEscapes(b.Buf, t)
	return Span{uint32(off), uint32(len(b.Buf) - off)}
}

func appendHexEscapes(dst, t []byte) []byte {
	for i := 0; i < len(t); i++ {
		if t[i] == '\\' && i+3 < len(t) && t[i+1] == 'x' && hexDigit(t[i+2])|hexDigit(t[i+3]) < 16 {
			dst = append(dst, hexDigit(t[i+2])<<4|hexDigit(t[i+3]))
			i += 3
			continue
		}
		dst = append(dst, t[i])
	}
	return dst
}

func zeekJSONFormat() Format {
	return Format{
		Name:    "zeek-json",
		Title:   "Zeek logs as JSON: conn, http, dns, ssh",
		Kinds:   []Kind{Flow, HTTP, DNS, Auth},
		Example: `{"ts":1769680862.123456,"uid":"CYpAce4RL5CsL2Mih4","id.orig_h":"192.0.2.7","id.orig_p":51544,"id.resp_h":"198.51.100.4","id.resp_p":443,"proto":"tcp","service":"ssl","duration":1.2,"orig_bytes":612,"resp_bytes":6801,"conn_state":"SF"}`,
		Match: func(sample []byte, o Options) (float64, string) {
			return matchObjects(sample, zeekJSONFormat(), o, "Zeek records", func(raw []byte) bool {
				return bytes.Contains(raw, []byte(`"id.orig_h"`)) || bytes.Contains(raw, []byte(`"_path"`)) || bytes.Contains(raw, []byte(`"fuid"`)) && bytes.Contains(raw, []byte(`"tx_hosts"`))
			})
		},
		New: func(o Options) (Parser, error) { return newObjectParser(o, zeek) },
	}
}
