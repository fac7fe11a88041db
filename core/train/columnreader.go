package train

import (
	"bytes"
	"strings"

	"github.com/tiercel/tiercel/core/event"
)

// columnReader finds columns of records by name: members of JSON, cells of CSV and
// its like by the header at the head of the file, cells of Zeek and W3C logs by
// their #fields. Formats without names have none.
type columnReader struct {
	names     []string // of the cells; nil for JSON and formats without header
	index     map[string]int
	delimiter byte
	zeek      bool // "-" and "(empty)" stand for nothing, nothing is quoted
	cells     []string
	scanner   event.Scanner
}

// newColumnReader looks for a header in the sample of a file.
func newColumnReader(sample []byte) *columnReader {
	sample = bytes.TrimPrefix(sample, []byte("\xef\xbb\xbf"))
	c := &columnReader{}
	first, _, _ := bytes.Cut(sample, []byte("\n"))
	first = bytes.TrimRight(first, "\r")
	switch {
	case len(first) == 0 || first[0] == '{' || first[0] == '[':
		return c
	case first[0] == '#':
		c.directives(sample)
	default:
		c.delimiter = delimiterOf(first)
		if c.delimiter != 0 {
			c.names = append(c.names, c.split(first)...)
		}
	}
	c.index = make(map[string]int, len(c.names))
	for i, n := range c.names {
		if _, twice := c.index[n]; !twice {
			c.index[n] = i
		}
	}
	return c
}

// directives reads the #fields line of Zeek and the #Fields: line of W3C logs.
func (c *columnReader) directives(sample []byte) {
	for line := range bytes.Lines(sample) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 || line[0] != '#' {
			return
		}
		if rest, ok := bytes.CutPrefix(line, []byte("#fields\t")); ok {
			c.zeek, c.delimiter, c.names = true, '\t', strings.Split(string(rest), "\t")
			return
		}
		if rest, ok := bytes.CutPrefix(line, []byte("#Fields: ")); ok {
			c.zeek, c.delimiter, c.names = true, ' ', strings.Split(string(rest), " ")
			return
		}
	}
}

// delimiterOf returns the separator that a header has most of, 0 for none.
func delimiterOf(header []byte) byte {
	best, most := byte(0), 0
	for _, d := range []byte(",;\t|") {
		if n := bytes.Count(header, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best
}

// of returns the text of a column of a record.
func (c *columnReader) of(record []byte, name string) (string, bool) {
	if len(record) > 0 && record[0] == '{' {
		return c.member(record, name)
	}
	i, ok := c.index[name]
	if !ok {
		return "", false
	}
	cells := c.split(record)
	if i >= len(cells) {
		return "", false
	}
	if text := cells[i]; !c.zeek || text != "-" {
		if c.zeek && text == "(empty)" {
			text = ""
		}
		return text, true
	}
	return "", false
}

// split cuts a record into its cells (RFC 4180). The result is valid until the
// next call.
func (c *columnReader) split(record []byte) []string {
	c.cells = c.cells[:0]
	text := string(record)
	if c.zeek {
		c.cells = append(c.cells, strings.Split(text, string(c.delimiter))...)
		return c.cells
	}
	for {
		if !strings.HasPrefix(text, `"`) {
			cell, rest, more := strings.Cut(text, string(c.delimiter))
			c.cells = append(c.cells, cell)
			if !more {
				return c.cells
			}
			text = rest
			continue
		}
		var cell strings.Builder
		text = text[1:]
		for {
			part, rest, closed := strings.Cut(text, `"`)
			cell.WriteString(part)
			text = rest
			if !closed || !strings.HasPrefix(text, `"`) {
				break
			}
			cell.WriteByte('"')
			text = text[1:]
		}
		c.cells = append(c.cells, cell.String())
		_, rest, more := strings.Cut(text, string(c.delimiter))
		if !more {
			return c.cells
		}
		text = rest
	}
}

// member returns a member of a JSON object; behind a dot a name goes on inside
// a nested object, unless a member has the whole name. Null is absent.
func (c *columnReader) member(record []byte, name string) (string, bool) {
	c.scanner.Reset(record, event.Limits{})
	c.scanner.Lenient = true
	if t, err := c.scanner.Next(); err != nil || t != event.ObjectStart {
		return "", false
	}
	depth := c.scanner.Depth()
	prefix := ""
	for {
		t, err := c.scanner.Next()
		if err != nil || t != event.Key {
			if err == nil && t == event.ObjectEnd && c.scanner.Depth() >= depth {
				prefix = "" // the nested object did not have it
				continue
			}
			return "", false
		}
		key := prefix + string(c.scanner.AppendText(nil))
		if key == name {
			return c.value()
		}
		if strings.HasPrefix(name, key+".") && record[valueStart(record, c.scanner.Pos())] == '{' {
			c.scanner.Next()
			prefix = key + "."
			continue
		}
		if c.scanner.Skip() != nil {
			return "", false
		}
	}
}

// valueStart returns where the value behind a key begins.
func valueStart(record []byte, pos int) int {
	for pos < len(record)-1 && (record[pos] == ' ' || record[pos] == '\t' || record[pos] == ':') {
		pos++
	}
	return min(pos, len(record)-1)
}

// value returns the text of the scalar that comes next.
func (c *columnReader) value() (string, bool) {
	switch t, err := c.scanner.Next(); {
	case err != nil:
		return "", false
	case t == event.String:
		return string(c.scanner.AppendText(nil)), true
	case t == event.Number, t == event.True, t == event.False:
		return string(c.scanner.Text()), true
	}
	return "", false
}
