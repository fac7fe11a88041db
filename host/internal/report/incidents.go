package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// Columns of the table of incidents: they add up to 80 with two spaces between
// them; a wider terminal widens the entity. The details stand under the entity.
const (
	severityColumn  = 8
	entityColumn    = 26
	classColumn     = 22 // success-after-failures
	techniqueColumn = 9
	countColumn     = 7
	detailIndent    = severityColumn + 2
)

// Lines that a sample record and the reasons may take.
const (
	sampleLines = 3
	whyLines    = 2
)

// Incidents writes the table of incidents, in the order given (worst first),
// at most top of them; 0 means all. detail, which may be nil, returns further
// text to show below an incident.
func Incidents(w io.Writer, list []core.Incident, top int, detail func(id uint64) string, style Style) error {
	s := newScreen(w, style)
	if len(list) == 0 {
		s.put(plain, "No threats found.")
		s.end()
		return s.w.Flush()
	}
	shown := list
	if top > 0 && len(list) > top {
		shown = list[:top]
	}
	s.put(strong, plural(int64(len(list)), "incident"))
	s.put(plain, ": "+countSeverities(list))
	if len(shown) < len(list) {
		s.put(faint, "; the worst "+strconv.Itoa(len(shown))+" are shown")
	}
	s.end()
	s.end()
	wider := s.width - defaultWidth
	s.cell(faint, "SEVERITY", severityColumn)
	s.cell(faint, "ENTITY", entityColumn+wider)
	s.cell(faint, "CLASS", classColumn)
	s.cell(faint, "ATT&CK", techniqueColumn)
	s.number(faint, "EVENTS", countColumn)
	s.end()
	for i := range shown {
		if i > 0 {
			s.end()
		}
		s.incident(&shown[i], detail)
	}
	if rest := list[len(shown):]; len(rest) > 0 {
		s.end()
		s.put(faint, "and "+plural(int64(len(rest)), "more incident")+" ("+countSeverities(rest)+"): --top 0 shows them")
		s.end()
	}
	return s.w.Flush()
}

func (s *screen) incident(in *core.Incident, detail func(id uint64) string) {
	s.cell(severityInk(in.Severity), in.Severity.String(), severityColumn)
	entity := in.Entity
	if entity == "" {
		entity = "(unknown)"
	}
	column := entityColumn + s.width - defaultWidth
	if width(Visible(entity)) > column { // whom to look at is never cut off: it gets a line of its own
		s.rest(strong, entity)
		entity = ""
		s.to(detailIndent)
	}
	s.cell(strong, entity, column)
	s.cell(plain, in.Class, classColumn)
	s.cell(plain, firstOf(in.Technique), techniqueColumn)
	s.number(plain, group(in.Count), countColumn)
	s.end()
	s.to(detailIndent)
	when := span(in.First, in.Last) + "  "
	s.put(faint, when)
	s.put(faint, fitEnd(Visible(in.File+":"+strconv.FormatInt(in.Line, 10)), s.width-detailIndent-width(when)))
	s.end()
	s.paragraph(plain, in.Sample, detailIndent, sampleLines)
	if words := certified(in.Certified); words != "" {
		s.paragraph(faint, "Certified to survive "+words+".", detailIndent, whyLines)
	}
	s.paragraph(blue, in.Why, detailIndent, whyLines)
	if detail != nil {
		for line := range strings.Lines(detail(in.ID)) {
			if strings.TrimSpace(line) != "" {
				s.paragraph(faint, strings.TrimSuffix(line, "\n"), detailIndent, whyLines)
			}
		}
	}
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return list[0]
}

func severityInk(v core.Severity) ink {
	switch v {
	case core.SeverityCritical:
		return alarm
	case core.SeverityHigh:
		return red
	case core.SeverityMedium:
		return amber
	case core.SeverityLow:
		return blue
	}
	return plain
}

// countSeverities says how many there are of each severity, worst first.
func countSeverities(list []core.Incident) string {
	var n [core.SeverityCritical + 1]int
	for i := range list {
		n[list[i].Severity]++
	}
	var parts []string
	for v := core.SeverityCritical; v > core.SeverityNone; v-- {
		if n[v] > 0 {
			parts = append(parts, group(int64(n[v]))+" "+v.String())
		}
	}
	if len(parts) == 0 {
		return "none graded"
	}
	return strings.Join(parts, ", ")
}

func plural(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return group(n) + " " + what
}

// span writes from when to when, not repeating the day.
func span(first, last int64) string {
	if first == event.NoTime {
		return "no time stamps"
	}
	a, b := time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	const day, clock = "2006-01-02", "15:04:05"
	switch {
	case a.Truncate(time.Second).Equal(b.Truncate(time.Second)):
		return a.Format(day+" "+clock) + " UTC"
	case a.Format(day) == b.Format(day):
		return a.Format(day+" "+clock) + " to " + b.Format(clock) + " UTC"
	}
	return a.Format(day+" "+clock) + " to " + b.Format(day+" "+clock) + " UTC"
}

// Brief puts an explanation into a few lines: the learners that are more
// certain than not, most certain first, and what each of them saw. It is what
// --explain adds to the table, and small enough to be kept for each incident.
func Brief(x *core.Explanation) string {
	if x == nil {
		return ""
	}
	var b strings.Builder
	for _, l := range certain(x) {
		b.WriteString(l.ID + " " + decimals(l.P, 3) + reasons(l, briefReasons) + "\n")
	}
	if absent := absent(x); len(absent) > 0 {
		b.WriteString("missing: " + strings.Join(absent, ", ") + "\n")
	}
	return b.String()
}

// Bounds of Brief.
const (
	briefLearners = 5
	briefReasons  = 3
)

// why is Brief on one line.
func why(x *core.Explanation) string {
	return strings.ReplaceAll(strings.TrimSuffix(Brief(x), "\n"), "\n", "; ")
}

// certain returns the learners that hold a threat for more likely than not,
// the most certain first.
func certain(x *core.Explanation) []*core.LearnerPart {
	var out []*core.LearnerPart
	for i := range x.Learners {
		if x.Learners[i].P > 0.5 {
			out = append(out, &x.Learners[i])
		}
	}
	slices.SortStableFunc(out, func(a, b *core.LearnerPart) int {
		switch {
		case a.P > b.P:
			return -1
		case a.P < b.P:
			return 1
		}
		return 0
	})
	return out[:min(len(out), briefLearners)]
}

// absent names the learners that abstained or failed.
func absent(x *core.Explanation) []string {
	var out []string
	for i := range x.Learners {
		if x.Learners[i].Missing {
			out = append(out, x.Learners[i].ID)
		}
	}
	return out
}

// reasons lists what spoke for a threat.
func reasons(l *core.LearnerPart, limit int) string {
	out := ""
	n := 0
	for _, r := range l.Reasons {
		if r.Weight <= 0 || n == limit {
			continue
		}
		if n == 0 {
			out = ": "
		} else {
			out += ", "
		}
		out += r.Text
		n++
	}
	return out
}
