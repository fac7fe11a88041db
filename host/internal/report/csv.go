package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/written"
)

// CSV writes one row a verdict (RFC 4180), with a header. Its cells hold
// nothing that drives a terminal, and none that a spreadsheet would run as a
// formula.
type CSV struct {
	w       *bufio.Writer
	names   Names
	explain bool
	row     []byte
	cell    []byte
}

var _ Rows = (*CSV)(nil)

// NewCSV writes the header to w and returns a writer of the rows. explain adds
// the column why.
func NewCSV(w io.Writer, names Names, explain bool) *CSV {
	c := &CSV{w: bufio.NewWriterSize(w, 64<<10), names: names, explain: explain}
	c.w.WriteString("file,line,record,time,kind,score,threat,false_alarm_rate,severity,class,technique,entity,incident,missing,error,certified_insertions,certified_learners,certified_padding")
	if explain {
		c.w.WriteString(",why")
	}
	c.w.WriteString("\r\n")
	return c
}

// Row implements Rows. Several techniques or learners stand in one cell,
// separated by spaces.
func (c *CSV) Row(file string, v *core.Verdict, x *core.Explanation) error {
	c.row = c.row[:0]
	c.text(file)
	c.integer(v.Line)
	c.integer(v.Record)
	if v.Err != nil {
		c.row = append(c.row, ",,,,,,,,,,,"...)
		c.text(v.Err.Error())
		c.row = append(c.row, ",,,"...)
	} else {
		c.cell = c.cell[:0]
		if v.Time != event.NoTime {
			c.cell = appendTime(c.cell, v.Time)
		}
		c.raw(c.cell)
		c.text(v.Kind.String())
		c.raw(written.AppendNumber(c.cell[:0], v.Score))
		c.raw(strconv.AppendBool(c.cell[:0], v.Threat))
		c.raw(written.AppendNumber(c.cell[:0], v.FalseAlarmRate))
		c.text(v.Severity.String())
		c.text(v.Class)
		c.text(strings.Join(v.Technique, " "))
		c.text(string(v.Entity))
		c.cell = c.cell[:0]
		if v.Incident != 0 {
			c.cell = strconv.AppendUint(c.cell, v.Incident, 10)
		}
		c.raw(c.cell)
		c.text(strings.Join(missing(v, c.names), " "))
		c.text("")
		c.certificate(v)
	}
	if c.explain {
		c.text(why(x))
	}
	c.row[len(c.row)-1] = '\r'
	c.row = append(c.row, '\n')
	_, err := c.w.Write(c.row)
	return err
}

// certificate writes what an alert survives, nothing for any other verdict.
func (c *CSV) certificate(v *core.Verdict) {
	if !v.Threat {
		c.row = append(c.row, ",,,"...)
		return
	}
	c.integer(int64(v.Certified.Insertions))
	c.integer(int64(v.Certified.Learners))
	c.raw(strconv.AppendBool(c.cell[:0], v.Certified.Padding))
}

// Flush implements Rows.
func (c *CSV) Flush() error { return c.w.Flush() }

func (c *CSV) text(s string)   { c.row = append(appendCell(c.row, s), ',') }
func (c *CSV) raw(b []byte)    { c.row = append(append(c.row, b...), ',') }
func (c *CSV) integer(n int64) { c.row = append(strconv.AppendInt(c.row, n, 10), ',') }

// appendCell appends a text as one cell. What is hidden is escaped as on a
// terminal; a text that a spreadsheet would take for a formula (OWASP, CSV
// injection) gets an apostrophe before it.
func appendCell(dst []byte, text string) []byte {
	if text == "" {
		return dst
	}
	formula := strings.IndexByte("=+-@\t\r", text[0]) >= 0
	text = Visible(text)
	quote := strings.ContainsAny(text, "\",")
	if quote {
		dst = append(dst, '"')
	}
	if formula {
		dst = append(dst, '\'')
	}
	if !quote {
		return append(dst, text...)
	}
	for i := range len(text) {
		if text[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}
