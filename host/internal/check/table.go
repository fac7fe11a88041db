package check

import (
	"fmt"
	"io"
	"strings"

	"github.com/tiercel/tiercel/host/internal/report"
)

const (
	tableWidth = 80
	nameWidth  = 16
	indent     = 6 + nameWidth
)

// Table writes a report for people: one line a demand, wrapped to 80 columns.
func Table(w io.Writer, r *Report) error {
	var b strings.Builder
	if r.ID != "" {
		fmt.Fprintf(&b, "%s %s: %s\n", r.ID, r.Version, report.Visible(r.Title))
	}
	fmt.Fprintf(&b, "%s, sha256 %.16s\n\n", report.Visible(r.File), r.SHA256)
	failed := 0
	for _, result := range r.Results {
		line(&b, fmt.Sprintf("%-4s  %-*s", result.Verdict, nameWidth, result.Name), report.Visible(result.Detail))
		if result.Verdict == Fail {
			failed++
			line(&b, strings.Repeat(" ", indent), "To do: "+report.Visible(result.Do))
		}
	}
	if failed == 0 {
		fmt.Fprintf(&b, "\nIt passes. Next: tiercel plugin pin %s\n", report.Visible(r.File))
	} else {
		fmt.Fprintf(&b, "\n%d of %d failed.\n", failed, len(r.Results))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// line writes text behind a head, wrapped and indented.
func line(b *strings.Builder, head, text string) {
	at := len(head)
	b.WriteString(head)
	for i, word := range strings.Fields(text) {
		if i > 0 && at+1+len(word) > tableWidth {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		} else if i > 0 {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	b.WriteByte('\n')
}

// SpeedTable writes what Bench measured for people.
func SpeedTable(w io.Writer, id string, all []Speed) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d columns\n\n  rows   ns a row   in process      ratio\n", id, all[0].Columns)
	for _, s := range all {
		fmt.Fprintf(&b, "%6d %10.1f %12.1f %9.1f x\n", s.Rows, s.Row, s.InProcess, s.Ratio)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
