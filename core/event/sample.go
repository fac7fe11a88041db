package event

import (
	"bytes"
	"strconv"
)

// sampleLines is how many lines of a sample a format is tried on: enough to
// outvote odd lines, and every format together reads them in about a millisecond.
const sampleLines = 50

// nextLine cuts the next line off a sample that may be a record: blank lines
// and those that start with `#` are passed over. line is empty at the end.
func nextLine(sample []byte) (line, rest []byte) {
	for len(sample) > 0 {
		n := bytes.IndexByte(sample, '\n')
		if n < 0 {
			n = len(sample) - 1
		}
		line, sample = trimLine(sample[:n+1]), sample[n+1:]
		if len(trimBlanks(line)) > 0 && line[0] != '#' {
			return line, sample
		}
	}
	return nil, nil
}

// matchLines parses the first lines of a sample and returns the share that
// accept takes, with the reason in words: "48 of 50 lines are <what>".
func matchLines(sample []byte, p Parser, what string, accept func(line []byte, b *Batch, e *Event) bool) (sure float64, why string) {
	var b Batch
	var e Event
	return matchShape(sample, what, func(line []byte) bool {
		b.Reset()
		b.Buf = append(b.Buf, line...)
		b.Records = len(b.Buf)
		e.Reset()
		return p.Parse(&b, Span{0, uint32(len(line))}, &e) == nil && accept(line, &b, &e)
	})
}

// matchShape is matchLines for formats in which most lines are no events: it
// looks at the form of a line only.
func matchShape(sample []byte, what string, is func(line []byte) bool) (sure float64, why string) {
	hits, total := 0, 0
	for total < sampleLines {
		var line []byte
		if line, sample = nextLine(sample); len(line) == 0 {
			break
		}
		if total++; is(line) {
			hits++
		}
	}
	if hits == 0 {
		return 0, ""
	}
	return float64(hits) / float64(total), strconv.Itoa(hits) + " of " + strconv.Itoa(total) + " lines are " + what
}

// isAddress reports whether t looks like an IPv4 or IPv6 address: it is for
// telling columns apart, not for validation.
func isAddress(t []byte) bool {
	dots, colons := 0, 0
	for _, c := range t {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case hexDigit(c) == 0xff:
			return false
		case c > '9' && colons == 0 && dots > 0:
			return false
		}
	}
	return dots == 3 && colons == 0 || colons >= 2
}
