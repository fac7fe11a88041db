package event

import "bytes"

// ErrNoParser is the error of the events of a batch that has no parser.
const ErrNoParser = ParseError("format of this record is not known")

// Parse reads the records of the batch into Events: one event for each, also
// for those that cannot be read, whose Err says why. It sets Lines to the
// number of physical lines that end in the batch and Skipped to the lines that
// are no records: blank lines, comments, headers.
//
// NUL bytes before a line are passed over: a log that was truncated while its
// writer held it open starts with them.
func (b *Batch) Parse() {
	b.Events, b.Lines, b.Skipped = b.Events[:0], 0, 0
	b.Limits = b.Limits.WithDefaults()
	if b.valued {
		b.parseValues()
		return
	}
	line := uint32(0)
	for pos := 0; pos < b.Records; line++ {
		end := bytes.IndexByte(b.Buf[pos:b.Records], '\n')
		next := pos + end + 1
		if end < 0 {
			end, next = b.Records-pos, b.Records
		}
		t := b.Buf[pos : pos+end]
		if n := len(t); n > 0 && t[n-1] == '\r' {
			t = t[:n-1]
		}
		from := pos
		if len(t) > 0 && t[0] == 0 {
			rest := bytes.TrimLeft(t, "\x00")
			from += len(t) - len(rest)
			t = rest
		}
		if next <= b.head || blankLine(t) {
			b.Skipped++
		} else {
			b.parseRecord(Span{uint32(from), uint32(len(t))}, line)
		}
		pos = next
	}
	b.Lines = int(line)
}

// parseValues parses records that are ranges of the buffer instead of lines.
func (b *Batch) parseValues() {
	line, pos := 0, 0
	for _, s := range b.spans {
		line += countLines(b.Buf[pos:s.Off])
		pos = int(s.Off)
		b.parseRecord(s, uint32(line))
	}
	b.Lines = line + countLines(b.Buf[pos:b.Records]) + b.lost
}

// parseRecord adds the event of one record.
func (b *Batch) parseRecord(s Span, line uint32) {
	b.Events = append(b.Events, emptyEvent)
	e := &b.Events[len(b.Events)-1]
	e.Line, e.Raw = line, s
	switch {
	case int(s.Len) > b.Limits.MaxLine:
		e.Err = ErrLineTooLong
		return
	case b.Parser == nil:
		e.Err = ErrNoParser
		return
	}
	err := b.Parser.Parse(b, s, e)
	switch {
	case err == nil:
	case err == ErrSkip:
		b.Skipped++
		b.Events = b.Events[:len(b.Events)-1]
	default:
		// What was read before the error is no event.
		*e = emptyEvent
		e.Line, e.Raw, e.Err = line, s, err
	}
}

func blankLine(t []byte) bool {
	for _, c := range t {
		if c != ' ' && c != '\t' && c != '\r' && c != '\v' && c != '\f' {
			return false
		}
	}
	return true
}
