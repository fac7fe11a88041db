package report

import (
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/core"
)

// Subject is the record that Explain writes about.
type Subject struct {
	File, Format string
	Line, Record int64
	Raw          string // the record as it stands in the log
	Time         int64  // event.NoTime when absent
	Entity       string
	Budget       float64 // the rate in force, 0 when unknown
	Unread       error   // why the record could not be parsed; the explanation is nil then
}

// Lines that one text may take.
const (
	rawLines   = 12
	valueLines = 4
)

// Explain writes the whole way of one record: how it was parsed, its decoded
// values, its features, what each learner and each tier made of them.
func Explain(w io.Writer, sub *Subject, x *core.Explanation, style Style) error {
	s := newScreen(w, style)
	s.put(strong, sub.File+":"+strconv.FormatInt(sub.Line, 10))
	s.put(faint, "   record "+group(sub.Record)+", format "+sub.Format)
	if x != nil {
		s.put(faint, ", kind "+x.Kind.String())
	}
	s.end()
	if x == nil {
		s.end()
		s.put(amber, "not judged")
		s.put(plain, "  "+sub.Unread.Error())
		s.end()
		s.title("LINE", "")
		s.paragraph(plain, sub.Raw, 2, rawLines)
		return s.w.Flush()
	}
	s.verdict(sub, x)
	s.title("LINE", "")
	s.paragraph(plain, sub.Raw, 2, rawLines)
	s.fields(x)
	s.values(x)
	s.features(x)
	s.learners(x)
	s.weights(x)
	s.super(x)
	s.adapted(x)
	if x.Threat {
		s.certificate(x.Certified)
	}
	return s.w.Flush()
}

func (s *screen) title(name, note string) {
	s.end()
	s.put(strong, name)
	if note != "" {
		s.put(faint, "  "+fit(Visible(note), s.width-width(name)-2))
	}
	s.end()
}

func (s *screen) verdict(sub *Subject, x *core.Explanation) {
	s.end()
	if x.Threat {
		s.put(severityInk(x.Severity), "threat, "+x.Severity.String())
		s.put(strong, "   "+x.Class)
		if len(x.Technique) > 0 {
			s.put(plain, " ("+strings.Join(x.Technique, ", ")+")")
		}
	} else {
		s.put(green, "no threat")
	}
	s.end()
	line := "score " + decimals(x.Score, 4) + "; " + oneIn(x.FalseAlarmRate) + " scores as high"
	if sub.Budget > 0 {
		line += "; budget " + percent(sub.Budget)
	}
	s.paragraph(plain, line, 0, 2)
	who := span(sub.Time, sub.Time)
	if sub.Entity != "" {
		who += "; judged: " + sub.Entity
	}
	s.paragraph(plain, who, 0, 2)
}

func (s *screen) fields(x *core.Explanation) {
	s.title("FIELDS", "as parsed, by their ECS names")
	for _, f := range x.Fields {
		s.to(2)
		s.cell(faint, f.Name, 26)
		s.rest(plain, f.Value)
	}
}

// rest wraps a text into the columns right of where the screen stands.
func (s *screen) rest(i ink, text string) {
	indent := s.column
	lines := wrap(Visible(text), s.width-indent, valueLines)
	if len(lines) == 0 {
		s.end()
	}
	for _, line := range lines {
		s.to(indent)
		s.put(i, line)
		s.end()
	}
}

func (s *screen) values(x *core.Explanation) {
	if len(x.Values) == 0 {
		return
	}
	s.title("VALUES", "decoded; what learners found suspicious is underlined")
	for i := range x.Values {
		v := &x.Values[i]
		name := v.Origin
		if v.Name != "" {
			name += " " + v.Name
		}
		s.to(2)
		s.cell(faint, name, 18)
		s.cell(faint, levels(v.Levels), 6)
		s.marked(v)
	}
}

// levels says how often a value had to be decoded, nothing for never.
func levels(n int) string {
	if n == 0 {
		return ""
	}
	return "x" + strconv.Itoa(n)
}

// marked writes a decoded value with its marks underlined, in a window around
// the first mark where it is long.
func (s *screen) marked(v *core.TextValue) {
	indent := s.column
	columns := max(s.width-indent, 8)
	text, under := markText(v.Decoded, v.Marks)
	start := max(0, strings.IndexByte(under, '^')-columns/4)
	if width(text) <= columns*valueLines {
		start = 0
	}
	shown := []rune(text)
	for line := 0; line < valueLines && start < len(shown); line++ {
		end, used := start, 0
		for end < len(shown) && used+runeWidth(shown[end]) <= columns {
			used += runeWidth(shown[end])
			end++
		}
		s.to(indent)
		s.put(plain, string(shown[start:end]))
		s.end()
		if marks := strings.TrimRight(under[start:end], " "); marks != "" {
			s.to(indent)
			s.put(red, spread(marks, shown[start:end]))
			s.end()
		}
		start = end
	}
	if start < len(shown) {
		s.to(indent)
		s.put(faint, "… "+group(int64(len(shown)-start))+" more characters")
		s.end()
	}
	if len(shown) == 0 {
		s.end()
	}
}

// markText makes a text visible and returns, with one byte a rune, where it is
// marked ('^') and where not (' ').
func markText(text string, marks [][2]int) (shown, under string) {
	var a []byte
	var u strings.Builder
	at := 0
	add := func(to int, mark string) {
		to = min(max(to, at), len(text))
		n := len(a)
		a = appendVisible(a, text[at:to])
		u.WriteString(strings.Repeat(mark, len([]rune(string(a[n:])))))
		at = to
	}
	for _, m := range marks {
		add(m[0], " ")
		add(m[1], "^")
	}
	add(len(text), " ")
	return string(a), u.String()
}

// spread widens the marks under runes that take two columns.
func spread(marks string, runes []rune) string {
	var b strings.Builder
	for i := range len(marks) {
		b.WriteString(strings.Repeat(marks[i:i+1], runeWidth(runes[i])))
	}
	return b.String()
}

func (s *screen) features(x *core.Explanation) {
	var list []core.Feature
	for _, f := range x.Features {
		if f.Value != 0 && !math.IsNaN(f.Value) {
			list = append(list, f)
		}
	}
	s.title("FEATURES", strconv.Itoa(len(list))+" of "+strconv.Itoa(len(x.Features))+" are neither zero nor missing; * from the entity's past")
	columns := max(1, s.width/40)
	each := (s.width-2)/columns - 2
	const number = 9
	rows := (len(list) + columns - 1) / columns
	for r := range rows {
		s.to(2)
		for c := range columns {
			if i := c*rows + r; i < len(list) {
				name := list[i].Name
				if list[i].Context {
					name += " *"
				}
				s.cell(faint, name, each-number-2)
				s.number(plain, significant(list[i].Value), number)
			}
		}
		s.end()
	}
}

func (s *screen) learners(x *core.Explanation) {
	s.title("BASE LEARNERS", "raw score f, calibrated p, normal events that score so, ns")
	s.to(2)
	s.cell(faint, "learner", 20)
	s.cell(faint, "class", 16)
	s.number(faint, "f", 9)
	s.number(faint, "p", 6)
	s.number(faint, "one in", 11)
	s.number(faint, "ns", 5)
	s.end()
	for i := range x.Learners {
		l := &x.Learners[i]
		s.to(2)
		if l.Missing {
			s.cell(amber, l.ID, 20)
			s.cell(amber, l.Class, 16)
			s.put(amber, "missing: abstained or failed")
			s.end()
			continue
		}
		i := plain
		if l.P > 0.5 {
			i = strong
		}
		s.cell(i, l.ID, 20)
		s.cell(plain, l.Class, 16)
		s.number(plain, significant(l.Raw), 9)
		s.number(i, decimals(l.P, 3), 6)
		s.number(plain, inverse(l.Tail), 11)
		s.number(faint, cost(l.Cost), 5)
		s.end()
		if l.P <= 0.5 {
			continue // what a learner that sees no threat saw is noise to a reader
		}
		for _, r := range l.Reasons {
			s.to(4)
			s.number(blue, signed(r.Weight), 7)
			s.put(blue, fit(Visible(r.Text), s.width-s.column))
			s.end()
		}
	}
	if names := absent(x); len(names) > 0 {
		s.paragraph(amber, "Missing: "+strings.Join(names, ", ")+". The weights below are renormalised over the others.", 2, 3)
	}
}

// weights writes the table of alpha: a row a base learner, a column a
// meta-learner; several tables side by side do not fit, so they follow each other.
func (s *screen) weights(x *core.Explanation) {
	if len(x.Metas) == 0 {
		return
	}
	s.title("META-LEARNERS", "weights of the base learners in force for this record")
	const label, each = 20, 9
	fits := max(1, (s.width-2-label-2)/(each+2))
	for from := 0; from < len(x.Metas); from += fits {
		metas := x.Metas[from:min(from+fits, len(x.Metas))]
		if from > 0 {
			s.end()
		}
		s.to(2)
		s.cell(faint, "alpha", label)
		for _, m := range metas {
			s.number(faint, fit(Visible(m.Name), each), each)
		}
		s.end()
		for i := range x.Learners {
			if x.Learners[i].Guest {
				continue
			}
			s.to(2)
			s.cell(plain, x.Learners[i].ID, label)
			for _, m := range metas {
				w := weightOf(m.Weights, i)
				look := plain
				if w == 0 || math.IsNaN(w) {
					look = faint
				}
				s.number(look, decimals(w, 3), each)
			}
			s.end()
		}
		s.to(2)
		s.cell(faint, "score g", label)
		for _, m := range metas {
			s.number(strong, decimals(m.Score, 4), each)
		}
		s.end()
		s.to(2)
		s.cell(faint, "beta", label)
		for _, m := range metas {
			s.number(strong, decimals(m.Beta, 3), each)
		}
		s.end()
	}
}

func weightOf(w []float64, i int) float64 {
	if i < len(w) {
		return w[i]
	}
	return math.NaN()
}

func (s *screen) super(x *core.Explanation) {
	s.title("SUPER-LEARNER", "")
	var terms []string
	for _, m := range x.Metas {
		if m.Beta != 0 {
			terms = append(terms, decimals(m.Beta, 3)+" "+m.Name+" ("+decimals(m.Score, 4)+")")
		}
	}
	s.paragraph(plain, "h = c( "+strings.Join(terms, " + ")+" ) = "+decimals(x.Score, 4), 2, 4)
	for i := range x.Learners {
		if l := &x.Learners[i]; l.Guest {
			s.paragraph(plain, guest(l), 2, 4)
		}
	}
}

// guest says what a plugin does that no tier has a weight for.
func guest(l *core.LearnerPart) string {
	says := "says nothing"
	switch {
	case l.Missing:
		says = "is missing"
	case l.Lift > 0:
		says = "divides the false-alarm rate by up to " + decimals(math.Exp(l.Lift), 1)
	}
	return l.ID + ", a plugin that the model was not trained with, " + says
}

// adapted writes what labels of the site did to the score.
func (s *screen) adapted(x *core.Explanation) {
	a := x.Adapted
	if a == nil {
		return
	}
	s.title("LABELS OF THE SITE", plural(int64(a.Labels), "label")+", which move a score by at most "+significant(a.Bound))
	s.to(2)
	s.put(strong, signed(a.Move))
	s.put(plain, " in log-odds, of which every record "+signed(a.Shift)+", this site's words and features "+signed(a.Site)+", other weights of the meta-learners "+signed(a.Hedge))
	s.end()
	var changed []string
	for i, w := range a.Weights {
		if math.Abs(w) >= 0.005 && i < len(x.Learners) {
			changed = append(changed, x.Learners[i].ID+" "+signed(w))
		}
	}
	if len(changed) > 0 {
		s.paragraph(plain, "Weights on the base learners' log-odds: "+strings.Join(changed, ", "), 2, 4)
	}
}

// cost shows nanoseconds an event, "-" where nobody measured them.
func cost(ns float32) string {
	if ns == 0 {
		return "-"
	}
	return strconv.FormatFloat(float64(ns), 'f', 0, 32)
}
