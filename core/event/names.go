package event

import "bytes"

// nameList reads plain lists of domain names, one a line: DNS questions
// without anything about who asked. Blanks around a name, a dot at its end and
// what follows a `#` do not belong to it.
type nameList struct{}

var _ Parser = nameList{}

const errName = ParseError("not one domain name in this line")

// maxName bounds a name as text: 255 octets (RFC 1035, section 2.3.4), four
// bytes each where they are written as `\ddd`.
const maxName = 4 * 255

func namesFormat() Format {
	return Format{
		Name:    "names",
		Title:   "Plain list of domain names, one a line",
		Kinds:   []Kind{DNS},
		Example: "mail.example.com",
		Match:   matchNames,
		New:     func(Options) (Parser, error) { return nameList{}, nil },
	}
}

func (nameList) Parse(b *Batch, line Span, e *Event) error {
	t := b.Bytes(line)
	if n := bytes.IndexByte(t, '#'); n >= 0 {
		t = t[:n]
	}
	t = trimLine(t)
	for len(t) > 0 && (t[0] == ' ' || t[0] == '\t') {
		t = t[1:]
		line.Off++
	}
	if len(t) == 0 {
		return ErrSkip
	}
	if len(t) > 1 && t[len(t)-1] == '.' {
		t = t[:len(t)-1]
	}
	if len(t) > maxName {
		return errName
	}
	for _, c := range t {
		if c <= ' ' || c == 0x7f || c == ',' || c == ';' || c == '"' || c == '/' {
			return errName
		}
	}
	e.Kind = DNS
	e.Text[QuestionName] = Span{line.Off, uint32(len(t))}
	return nil
}

// nameShare is how sure a perfect list of names can be: a column of host names
// in any other file looks the same.
const nameShare = 0.9

func matchNames(sample []byte, _ Options) (float64, string) {
	sure, why := matchLines(sample, nameList{}, "single domain names", func(_ []byte, b *Batch, e *Event) bool {
		return isDomain(b.Text(e, QuestionName))
	})
	return nameShare * sure, why
}

// isDomain reports whether t is written like a domain name of two labels or
// more whose last one is no number.
func isDomain(t []byte) bool {
	last := bytes.LastIndexByte(t, '.')
	if last <= 0 || last+2 >= len(t) {
		return false
	}
	for i, c := range t {
		switch {
		case c == '.':
			if i > 0 && t[i-1] == '.' {
				return false
			}
		case c-'0' <= 9 || c == '-' || c == '_' || c == '*':
			if i > last && c-'0' > 9 && c != '-' {
				return false
			}
		case c|0x20 < 'a' || c|0x20 > 'z':
			if c < 0x80 {
				return false
			}
		}
	}
	return !digits(t[last+1:])
}
