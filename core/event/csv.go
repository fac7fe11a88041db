package event

import (
	"bytes"
	"strconv"
)

// Why a CSV record cannot be read.
const (
	ErrHeader = ParseError("first line names no known column; name some with --map THEIRS=OURS")
	ErrQuote  = ParseError("quoted cell does not end in its line; line breaks inside cells are not read")
)

// named is the ability of parsers whose records have named columns.
type named interface{ columnNames() []string }

// Columns returns the names of the columns that a batch's parser reads cells
// for, in file order; nil when its records have none.
func Columns(p Parser) []string {
	if n, ok := p.(named); ok {
		return n.columnNames()
	}
	return nil
}

// csvHead waits for the header of a CSV file, the first line that names known columns.
type csvHead struct {
	aliases aliases
	o       Options
}

var _ Headed = (*csvHead)(nil)

func csvFormat() Format {
	return Format{
		Name:    "csv",
		Title:   "Flows, DNS queries, requests or log-ins as CSV, TSV or with ; or | between cells, with a header line",
		Kinds:   []Kind{Flow, DNS, HTTP, Auth, Table},
		Example: "ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,src_pkts,dst_pkts,src_bytes,dst_bytes",
		Match:   matchCSV,
		New: func(o Options) (Parser, error) {
			a, err := newAliases(o)
			return &csvHead{a, o}, err
		},
	}
}

func (h *csvHead) Header(line []byte) (Parser, bool, error) {
	if blankLine(line) {
		return nil, false, nil
	}
	p, err := newCSV(line, h.aliases, h.o)
	if err != nil {
		// A comment, a title above the table, or no table at all.
		return nil, line[0] == '#', nil
	}
	return p, true, nil
}

// Parse is asked for what stands before the header only.
func (h *csvHead) Parse(b *Batch, line Span, _ *Event) error {
	if t := b.Bytes(line); len(t) > 0 && t[0] == '#' {
		return ErrSkip
	}
	return ErrHeader
}

// csvTable reads the records of a CSV file by the names of its columns. Cells
// may be quoted, with quotes doubled inside; a quoted cell ends in its line.
// Cells behind the last known column may be missing. The header may come again.
type csvTable struct {
	header    []byte
	separator byte
	columns   []alias
	names     []string
	known     []string
	last      int // index of the last column that is needed
	cells     bool
	year      int
	kind      Kind
}

var (
	_ Parser = (*csvTable)(nil)
	_ named  = (*csvTable)(nil)
)

// newCSV compiles a header.
func newCSV(header []byte, a aliases, o Options) (*csvTable, error) {
	limits := o.Limits.WithDefaults()
	p := &csvTable{header: bytes.Clone(header), cells: o.Cells || o.Kind == Table, year: o.Year, kind: o.Kind, last: -1}
	p.separator = separatorOf(header)
	var b Batch
	b.Buf = append(b.Buf, bytes.TrimPrefix(header, []byte{'#'})...)
	b.Records = len(b.Buf)
	c := cellCutter{b: &b, separator: p.separator, end: uint32(b.Records)}
	for ok := true; ok; {
		var s Span
		var err error
		if s, ok, err = c.next(); err != nil {
			return nil, err
		}
		if len(p.columns) == limits.MaxFields {
			return nil, ErrTooMany
		}
		name := b.Bytes(s)
		column := a.find(nameHash(name))
		if column.slot != noSlot {
			p.last = len(p.columns)
			p.known = append(p.known, string(name))
		}
		p.columns, p.names = append(p.columns, column), append(p.names, string(name))
	}
	if p.kind == Table {
		p.last = len(p.columns) - 1
	} else if p.last < 0 {
		return nil, ErrHeader
	}
	return p, nil
}

// separatorOf returns the separator that a header has most of, in order of preference.
func separatorOf(header []byte) byte {
	best, most := byte(','), 0
	for _, c := range []byte(",\t;| ") {
		if n := bytes.Count(header, []byte{c}); n > most && (c != ' ' || most == 0) {
			best, most = c, n
		}
	}
	return best
}

func (p *csvTable) columnNames() []string { return p.names }

func (p *csvTable) Parse(b *Batch, line Span, e *Event) error {
	if bytes.Equal(b.Bytes(line), p.header) {
		return ErrSkip
	}
	var r record
	r.reset(b, e, p.year, p.kind)
	first := len(b.Cells)
	c := cellCutter{b: b, separator: p.separator, at: line.Off, end: line.Off + line.Len}
	for i, ok := 0, true; ok; i++ {
		var s Span
		var err error
		if s, ok, err = c.next(); err != nil {
			b.Cells = b.Cells[:first]
			return err
		}
		if i >= len(p.columns) {
			if s.Len == 0 && !ok { // a separator behind the last cell
				break
			}
			b.Cells = b.Cells[:first]
			return errCells
		}
		if p.cells {
			b.Cells = append(b.Cells, s)
		}
		if p.columns[i].slot != noSlot && p.kind != Table {
			if err := r.put(p.columns[i], s); err != nil {
				b.Cells = b.Cells[:first]
				return err
			}
		}
		if !ok && i < p.last {
			b.Cells = b.Cells[:first]
			return ErrFields
		}
	}
	e.Cells = Span{uint32(first), uint32(len(b.Cells) - first)}
	if p.kind == Table {
		e.Kind = Table
		return nil
	}
	return r.finish()
}

// cellCutter cuts a line into cells.
type cellCutter struct {
	b         *Batch
	separator byte
	at, end   uint32
}

// next returns the next cell; more is false at the last one.
func (c *cellCutter) next() (s Span, more bool, err error) {
	t := c.b.Buf[c.at:c.end]
	skip := 0
	if c.separator != '\t' {
		for skip < len(t) && t[skip] == ' ' {
			skip++
		}
	}
	if skip < len(t) && t[skip] == '"' {
		return c.quoted(t, skip)
	}
	n := bytes.IndexByte(t[skip:], c.separator)
	cell := t[skip:]
	if n >= 0 {
		cell, more = t[skip:skip+n], true
	}
	s = Span{c.at + uint32(skip), uint32(len(trimBlanks(cell)))}
	if len(cell) > 0 && cell[0] == '\t' {
		s.Len = uint32(len(cell))
	}
	c.at += uint32(skip + len(cell))
	if more {
		c.at++
	}
	return s, more, nil
}

// quoted returns the cell whose opening quote is at t[i].
func (c *cellCutter) quoted(t []byte, i int) (s Span, more bool, err error) {
	i++
	s.Off = c.at + uint32(i)
	doubled := -1 // offset of the unescaped copy in the buffer
	for {
		n := bytes.IndexByte(t[i:], '"')
		if n < 0 {
			return Span{}, false, ErrQuote
		}
		if i+n+1 < len(t) && t[i+n+1] == '"' {
			if doubled < 0 {
				doubled = len(c.b.Buf)
				c.b.Buf = append(c.b.Buf, t[s.Off-c.at:i]...)
			}
			c.b.Buf = append(c.b.Buf, t[i:i+n+1]...)
			i += n + 2
			continue
		}
		if doubled < 0 {
			s.Len = c.at + uint32(i+n) - s.Off
		} else {
			c.b.Buf = append(c.b.Buf, t[i:i+n]...)
			s = Span{uint32(doubled), uint32(len(c.b.Buf) - doubled)}
		}
		i += n + 1
		break
	}
	for i < len(t) && t[i] == ' ' && c.separator != ' ' {
		i++
	}
	if i == len(t) {
		c.at = c.end
		return s, false, nil
	}
	if t[i] != c.separator {
		return Span{}, false, ErrQuote
	}
	c.at += uint32(i) + 1
	return s, true, nil
}

// fewestColumns is how many known columns make a first line a header; one
// is enough where nothing else stands beside it but what training adds.
const fewestColumns = 2

func matchCSV(sample []byte, o Options) (float64, string) {
	line, _ := nextLine(bytes.TrimPrefix(sample, []byte("\xef\xbb\xbf")))
	if len(line) == 0 || line[0] == '{' || line[0] == '[' || line[0] == '<' {
		return 0, ""
	}
	a, err := newAliases(o)
	if err != nil {
		return 0, ""
	}
	p, err := newCSV(line, a, o)
	if err != nil || len(p.columns) < 2 && o.Kind != Table {
		return 0, ""
	}
	why := "header with " + strconv.Itoa(len(p.columns)) + " columns"
	if o.Kind == Table {
		return 0.9, why
	}
	for _, name := range p.names { // data in the first line
		if v := []byte(name); len(v) == 0 || isAddress(v) || v[0]-'0' <= 9 || v[0] == '"' {
			return 0, ""
		}
	}
	if len(p.known) < fewestColumns && !p.alone() || p.separator == ' ' && 2*len(p.known) < len(p.columns) {
		return 0, ""
	}
	ok, total, reason := tryRecords(sample, csvFormat(), o, nil)
	why += ", known: " + list(p.known)
	if total == 0 {
		return 0.6, why + ", no records"
	}
	why += "; " + strconv.Itoa(ok) + " of " + strconv.Itoa(total) + " records are read"
	if ok < total {
		why += " (" + reason + ")"
	}
	return 0.5 + 0.45*float64(ok)/float64(total), why
}

// alone reports whether the one known column makes an event by itself.
func (p *csvTable) alone() bool {
	for _, c := range p.columns {
		switch c.slot {
		case xDomain, slot(QuestionName), slot(Payload), slot(URL), xRequest:
			return true
		}
	}
	return false
}

// list joins names for people, the first few of them.
func list(names []string) string {
	const most = 14
	s := ""
	for i, n := range names {
		if i == most {
			return s + " and " + strconv.Itoa(len(names)-most) + " more"
		}
		if i > 0 {
			s += " "
		}
		s += visible([]byte(n))
	}
	return s
}
