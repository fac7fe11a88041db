package report

import "io"

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
		s.put(plain, f.Title)
		if f.Kinds != "" {
			s.put(faint, " ("+f.Kinds+")")
		}
		s.end()
		s.paragraph(faint, f.Example, 4, exampleLines)
	}
	return s.w.Flush()
}
