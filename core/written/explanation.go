package written

import (
	"strconv"

	"github.com/tiercel/tiercel/core"
)

// AppendValue appends a decoded text, with the pieces of it that mattered.
func AppendValue(b []byte, v *core.TextValue, s Style) []byte {
	b = append(b, `{"origin":`...)
	b = AppendString(b, v.Origin, s)
	b = append(b, `,"name":`...)
	b = OrNull(b, v.Name, s)
	b = append(b, `,"raw":`...)
	b = AppendString(b, v.Raw, s)
	b = append(b, `,"decoded":`...)
	b = AppendString(b, v.Decoded, s)
	b = append(b, `,"levels":`...)
	b = strconv.AppendInt(b, int64(v.Levels), 10)
	b = append(b, `,"marks":[`...)
	for i, m := range v.Marks {
		from, to := m[0], m[1]
		if s.UTF16 {
			from, to = utf16Len(v.Decoded[:from]), utf16Len(v.Decoded[:to])
		}
		b = strconv.AppendInt(append(Comma(b, i), '['), int64(from), 10)
		b = append(strconv.AppendInt(append(b, ','), int64(to), 10), ']')
	}
	return append(b, `]}`...)
}

// utf16Len returns how many UTF-16 units a text has as a JavaScript string,
// after AppendString.
func utf16Len(text string) int {
	n := 0
	for _, r := range text {
		if n++; r >= 0x10000 {
			n++
		}
	}
	return n
}

// AppendLearner appends the part that a base learner had.
func AppendLearner(b []byte, l *core.LearnerPart, s Style) []byte {
	b = append(b, `{"id":`...)
	b = AppendString(b, l.ID, s)
	b = append(b, `,"class":`...)
	b = OrNull(b, l.Class, s)
	b = append(b, `,"missing":`...)
	b = strconv.AppendBool(b, l.Missing)
	b = append(b, `,"raw":`...)
	b = AppendNumber(b, l.Raw)
	b = append(b, `,"p":`...)
	b = AppendNumber(b, l.P)
	b = append(b, `,"tail":`...)
	b = AppendNumber(b, l.Tail)
	if l.Guest {
		b = append(b, `,"guest":true,"lift":`...)
		b = AppendNumber(b, l.Lift)
	}
	b = append(b, `,"reasons":[`...)
	for i, r := range l.Reasons {
		b = append(Comma(b, i), `{"text":`...)
		b = AppendString(b, r.Text, s)
		b = append(b, `,"weight":`...)
		b = append(AppendNumber(b, r.Weight), '}')
	}
	return append(b, `]}`...)
}

// AppendCertificate appends the members of what an alert survives, without braces.
func AppendCertificate(b []byte, c core.Certificate) []byte {
	b = strconv.AppendInt(append(b, `"insertions":`...), int64(c.Insertions), 10)
	b = strconv.AppendInt(append(b, `,"learners":`...), int64(c.Learners), 10)
	return strconv.AppendBool(append(b, `,"padding":`...), c.Padding)
}
