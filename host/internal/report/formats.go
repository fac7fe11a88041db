package report

import (
	"io"
	"strings"
)

// Format describes a log format to people.
type Format struct{ Name, Title, Kinds, Example string }

// exampleLines is how many lines an example may take.
const exampleLines = 8

// Formats writes the formats, each with its example.
func Formats(w io.Writer, list []Format, style Style) error {
	s := newScreen(w, style)
	for i, f := range list {
		if i > 0 {
			s.end()
		}
		s.cell(strong, f.Name, 12)
		s.rest(plain, f.Title+" ("+f.Kinds+")")
		for line := range strings.Lines(f.Example) {
			// Tabs separate columns here: to show them escaped would hide the columns.
			s.paragraph(faint, strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "  "), 4, exampleLines)
		}
	}
	return s.w.Flush()
}
