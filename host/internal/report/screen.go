// Package report writes what a scan found: a table of incidents and an
// explanation for people, NDJSON and CSV for programs.
//
// Logs are written by attackers. Whatever comes from one passes through one
// place on its way to people (screen, which lets nothing through that drives a
// terminal), one on its way to NDJSON (appendString) and one on its way to CSV
// (appendCell).
package report

import (
	"bufio"
	"io"
	"strings"
)

// Style says what the output device can show. The zero Style is plain text of
// 80 columns.
type Style struct {
	Width  int  // columns; 0 means 80
	Colour bool // colours and weights by escape sequences
}

// Bounds of the layout: below, it would not fit; above, lines are hard to follow.
const (
	minWidth     = 60
	defaultWidth = 80
	maxWidth     = 140
)

// ink is how a piece of text looks: the parameters of an SGR sequence.
type ink string

const (
	plain  ink = ""
	strong ink = "1"
	faint  ink = "2"
	red    ink = "31"
	alarm  ink = "1;31"
	amber  ink = "33"
	blue   ink = "34"
	green  ink = "32"
)

// screen is the one way to a terminal: every text is made visible first, only
// screen itself writes escape sequences and line ends.
type screen struct {
	w      *bufio.Writer
	width  int
	colour bool
	column int // of what is written, pending spaces included
	spaces int // not written yet: none stand at the end of a line
}

func newScreen(w io.Writer, s Style) *screen {
	if s.Width == 0 {
		s.Width = defaultWidth
	}
	return &screen{w: bufio.NewWriter(w), width: min(max(s.Width, minWidth), maxWidth), colour: s.Colour}
}

// put writes a text.
func (s *screen) put(i ink, text string) {
	text = Visible(text)
	s.column += width(text)
	trailing := len(text)
	text = strings.TrimRight(text, " ")
	if trailing -= len(text); text == "" {
		s.spaces += trailing
		return
	}
	for ; s.spaces > 0; s.spaces-- {
		s.w.WriteByte(' ')
	}
	s.spaces = trailing
	if s.colour && i != plain {
		s.w.WriteString("\x1b[" + string(i) + "m")
		s.w.WriteString(text)
		s.w.WriteString("\x1b[0m")
		return
	}
	s.w.WriteString(text)
}

// cell writes a text cut and filled up to columns, and two spaces behind it.
func (s *screen) cell(i ink, text string, columns int) {
	s.put(i, fit(Visible(text), columns))
	s.to(s.column + columns - min(columns, width(Visible(text))) + 2)
}

// number writes a text right-aligned in columns, and two spaces behind it.
func (s *screen) number(i ink, text string, columns int) {
	s.to(s.column + max(0, columns-width(Visible(text))))
	s.put(i, text)
	s.to(s.column + 2)
}

// to moves to a column by spaces; it never moves back.
func (s *screen) to(column int) {
	if column > s.column {
		s.spaces += column - s.column
		s.column = column
	}
}

// end ends the line.
func (s *screen) end() {
	s.w.WriteByte('\n')
	s.column, s.spaces = 0, 0
}

// paragraph writes a text wrapped into the columns from indent on.
func (s *screen) paragraph(i ink, text string, indent, lines int) {
	for _, line := range wrap(Visible(text), s.width-indent, lines) {
		s.to(indent)
		s.put(i, line)
		s.end()
	}
}
