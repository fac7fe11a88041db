package event

// Time stamps as logs write them, read with calendar arithmetic by hand:
// package time would bring its zone data base and formatting into the browser.
//
// The readers of one form share a convention: they look at the start of the
// text and return the nanoseconds since 1970 UTC and the length n that the
// stamp takes. n is 0 when the text has not this form. A text of the right form
// with absurd values (month 13, year 9999) keeps its length and yields NoTime:
// a bad stamp alone does not make the rest of a record unreadable.
//
// A stamp without a zone counts as UTC. A stamp without a year takes the year
// of the options; nothing guesses where a file without years passes New Year.

// Bounds of the years that nanoseconds in an int64 can hold entirely
// (the type itself ends in September 1677 and April 2262).
const (
	minYear = 1678
	maxYear = 2261
)

// maxEpochDigits is the length of the longest count of nanoseconds since 1970 that fits an int64.
const maxEpochDigits = 19

const nanosPerSecond = 1_000_000_000

// ParseTime reads a time stamp of any form that the package knows, told apart
// by shape: ISO 8601 (also with a blank, slashes or dots, with or without
// fraction and zone), the common log format, syslog, ctime, RFC 1123, and
// counts of seconds (with fraction), milli-, micro- or nanoseconds since 1970,
// told apart by size. Blanks, one pair of brackets and one of quotes around it
// are ignored.
//
// year completes stamps that have none; 0 means 1970. The result is in
// nanoseconds since 1970 UTC; ok is false for anything else than one stamp.
func ParseTime(text []byte, year int) (ns int64, ok bool) {
	text = trimBlanks(text)
	if n := len(text); n >= 2 && (text[0] == '[' && text[n-1] == ']' || text[0] == '"' && text[n-1] == '"') {
		text = text[1 : n-1]
	}
	if len(text) == 0 {
		return NoTime, false
	}
	n := 0
	switch c := text[0]; {
	case c >= '0' && c <= '9':
		if ns, n = isoTime(text); n == len(text) {
			break
		}
		if ns, n = clfTime(text); n == len(text) {
			break
		}
		if ns, n = httpTime(text); n == len(text) {
			break
		}
		ns, n = epochTime(text)
	case c >= 'A' && c <= 'Z':
		if ns, n = syslogTime(text, year); n == len(text) {
			break
		}
		if ns, n = ctimeTime(text); n == len(text) {
			break
		}
		ns, n = httpTime(text)
	}
	if n != len(text) || ns == NoTime {
		return NoTime, false
	}
	return ns, true
}

// unixNanos turns a civil time into nanoseconds since 1970; offset is the
// zone's distance from UTC in seconds. Absurd values yield NoTime. Second 60, a
// leap second, is the first second of the next minute.
func unixNanos(year, month, day, hour, minute, second, nanos, offset int) int64 {
	if year < minYear || year > maxYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 60 {
		return NoTime
	}
	s := daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second-offset)
	return s*nanosPerSecond + int64(nanos)
}

// daysSince1970 counts days in the proleptic Gregorian calendar: eras of 400
// years and years that begin in March, so that the leap day is the last
// (Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil).
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400 // year is positive here
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(era)*146097 + int64(dayOfEra) - 719468
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// isoTime reads `2015-05-17T10:05:03.25+02:00` and its relatives: `/` or `.`
// between the parts of the date, a blank, `_` or `t` before the hour, seconds
// or all of the clock left out, the zone left out or behind a blank.
func isoTime(t []byte) (ns int64, n int) {
	if len(t) < 10 || !digits(t[:4]) || !digits(t[5:7]) || !digits(t[8:10]) ||
		t[4] != t[7] || t[4] != '-' && t[4] != '/' && t[4] != '.' {
		return NoTime, 0
	}
	year, month, day := int4(t), int2(t[5:]), int2(t[8:])
	n = 10
	if len(t) < 16 || t[10] != 'T' && t[10] != ' ' && t[10] != 't' && t[10] != '_' || !clock(t[11:], false) {
		return unixNanos(year, month, day, 0, 0, 0, 0, 0), n
	}
	hour, minute, second, nanos := int2(t[11:]), int2(t[14:]), 0, 0
	n = 16
	if clock(t[11:], true) {
		second = int2(t[17:])
		var f int
		nanos, f = fraction(t[19:])
		n = 19 + f
	}
	offset, z := zone(t[n:])
	return unixNanos(year, month, day, hour, minute, second, nanos, offset), n + z
}

// clfTime reads the common log format's `17/May/2015:10:05:03 +0000`, also
// with a fraction, and BIND's `17-May-2015 10:05:03.123`.
func clfTime(t []byte) (ns int64, n int) {
	if len(t) < 20 || t[2] != t[6] || t[2] != '/' && t[2] != '-' || t[11] != ':' && t[11] != ' ' ||
		t[14] != ':' || t[17] != ':' {
		return NoTime, 0
	}
	// The one form on the hottest path: each pair of digits is checked and read in one go.
	day, century, year := twoDigits(t[0], t[1]), twoDigits(t[7], t[8]), twoDigits(t[9], t[10])
	hour, minute, second := twoDigits(t[12], t[13]), twoDigits(t[15], t[16]), twoDigits(t[18], t[19])
	month := monthOf(t[3], t[4], t[5])
	if day|century|year|hour|minute|second >= notDigits || month == 0 {
		return NoTime, 0
	}
	n = 20
	nanos := 0
	if len(t) > 20 && t[20] != ' ' {
		var f int
		nanos, f = fraction(t[n:])
		n += f
	}
	offset, z := zone(t[n:])
	return unixNanos(century*100+year, month, day, hour, minute, second, nanos, offset), n + z
}

// stamp is a time stamp that was read: the lines of a busy log share theirs.
type stamp struct {
	text [len("17/May/2015:10:05:03 +0000")]byte
	ns   int64
}

// clfTime is clfTime, which it asks only where the text is not the last one's.
func (s *stamp) clfTime(t []byte) (ns int64, n int) {
	const size = len(s.text)
	if len(t) >= size && string(t[:size]) == string(s.text[:]) {
		return s.ns, size
	}
	// Of this form alone nothing behind it has a say.
	if ns, n = clfTime(t); n == size && t[size-len(" +0000")] == ' ' {
		copy(s.text[:], t)
		s.ns = ns
	}
	return ns, n
}

// notDigits is a bit above every number of two digits.
const notDigits = 1 << 7

// twoDigits is the number that two digits write, notDigits or more for other bytes.
func twoDigits(a, b byte) int {
	if a -= '0'; a > 9 {
		return notDigits
	}
	if b -= '0'; b > 9 {
		return notDigits
	}
	return int(a)*10 + int(b)
}

// syslogTime reads RFC 3164's `Jun 14 15:16:01`, the day padded with a blank
// or not, with a fraction or a year behind the day (`Jun 14 2019 15:16:01`) as
// some senders write it. A 29 February in a year without one is 1 March: the
// year is the reader's guess, the rest is the log's.
func syslogTime(t []byte, year int) (ns int64, n int) {
	if len(t) < 14 || t[3] != ' ' {
		return NoTime, 0
	}
	month := monthOf(t[0], t[1], t[2])
	if month == 0 {
		return NoTime, 0
	}
	n = 4
	day, d := dayOfMonth(t[n:])
	if d == 0 || n+d >= len(t) || t[n+d] != ' ' {
		return NoTime, 0
	}
	n += d + 1
	if year == 0 {
		year = 1970
	}
	if len(t) >= n+5 && digits(t[n:n+4]) && t[n+4] == ' ' {
		year = int4(t[n:])
		n += 5
	}
	if len(t) < n+8 || !clock(t[n:], true) {
		return NoTime, 0
	}
	nanos, f := fraction(t[n+8:])
	if month == 2 && day == 29 && daysIn(year, 2) == 28 {
		month, day = 3, 1
	}
	return unixNanos(year, month, day, int2(t[n:]), int2(t[n+3:]), int2(t[n+6:]), nanos, 0), n + 8 + f
}

// ctimeTime reads C's asctime, `Sun Dec 04 04:47:44 2005`, and Apache 2.4's
// variant with a fraction, `Sun Dec 04 04:47:44.325010 2005`.
func ctimeTime(t []byte) (ns int64, n int) {
	if len(t) < 23 || t[3] != ' ' || t[7] != ' ' {
		return NoTime, 0
	}
	month := monthOf(t[4], t[5], t[6])
	day, d := dayOfMonth(t[8:])
	n = 8 + d
	if month == 0 || d == 0 || len(t) < n+14 || t[n] != ' ' || !clock(t[n+1:], true) {
		return NoTime, 0
	}
	c := n + 1
	nanos, f := fraction(t[c+8:])
	n = c + 8 + f
	if len(t) < n+5 || t[n] != ' ' || !digits(t[n+1:n+5]) {
		return NoTime, 0
	}
	return unixNanos(int4(t[n+1:]), month, day, int2(t[c:]), int2(t[c+3:]), int2(t[c+6:]), nanos, 0), n + 5
}

// httpTime reads RFC 1123's `Sun, 04 Dec 2005 04:47:44 GMT`; the day of the
// week may be missing, the zone numeric or missing.
func httpTime(t []byte) (ns int64, n int) {
	if len(t) > 5 && t[3] == ',' && t[4] == ' ' {
		n = 5
	}
	day, d := dayOfMonth(t[n:])
	if n += d; d == 0 || len(t) < n+18 || t[n] != ' ' || t[n+4] != ' ' || !digits(t[n+5:n+9]) ||
		t[n+9] != ' ' || !clock(t[n+10:], true) {
		return NoTime, 0
	}
	month := monthOf(t[n+1], t[n+2], t[n+3])
	if month == 0 {
		return NoTime, 0
	}
	c := n + 10
	offset, z := zone(t[c+8:])
	return unixNanos(int4(t[n+5:]), month, day, int2(t[c:]), int2(t[c+3:]), int2(t[c+6:]), 0, offset), c + 8 + z
}

// epochTime reads a count since 1970: below 1e11 of seconds (until the year
// 5138, of which the int64 holds those until 2262), below 1e14 of milliseconds,
// below 1e17 of microseconds, else of nanoseconds. A fraction is one of the unit.
func epochTime(t []byte) (ns int64, n int) {
	var v uint64
	for n < len(t) && t[n]-'0' <= 9 {
		if n == maxEpochDigits {
			return NoTime, 0
		}
		v = v*10 + uint64(t[n]-'0')
		n++
	}
	if n == 0 {
		return NoTime, 0
	}
	unit := uint64(1)
	switch {
	case v < 1e11:
		unit = nanosPerSecond
	case v < 1e14:
		unit = 1e6
	case v < 1e17:
		unit = 1e3
	}
	part, f := fraction(t[n:])
	n += f
	// 1<<63-1 over the unit, less one so that the fraction fits too.
	if v > (1<<63-1)/unit-1 {
		return NoTime, n
	}
	// part counts in 1e-9 of the unit.
	return int64(v*unit + uint64(part)*unit/nanosPerSecond), n
}

// fraction reads `.325010` or `,325` as nanoseconds; digits behind the ninth
// are dropped. n is 0 when there is no fraction.
func fraction(t []byte) (nanos, n int) {
	if len(t) < 2 || t[0] != '.' && t[0] != ',' || t[1]-'0' > 9 {
		return 0, 0
	}
	scale := nanosPerSecond
	for n = 1; n < len(t) && t[n]-'0' <= 9; n++ {
		if scale > 1 {
			scale /= 10
			nanos += int(t[n]-'0') * scale
		}
	}
	return nanos, n
}

// zone reads `Z`, `+02`, `+0200`, `+02:00`, ` +0200`, ` UTC` or ` GMT` as seconds from
// UTC; n is 0 when there is none, which means UTC.
func zone(t []byte) (offset, n int) {
	if len(t) > 0 && t[0] == ' ' {
		n = 1
	}
	rest := t[n:]
	switch {
	case len(rest) >= 1 && (rest[0] == 'Z' || rest[0] == 'z'):
		return 0, n + 1
	case len(rest) >= 3 && (string(rest[:3]) == "UTC" || string(rest[:3]) == "GMT"):
		return 0, n + 3
	case len(rest) < 3 || rest[0] != '+' && rest[0] != '-' || !digits(rest[1:3]):
		return 0, 0
	}
	offset, m := int2(rest[1:])*3600, 3
	if len(rest) >= 6 && rest[3] == ':' && digits(rest[4:6]) {
		offset, m = offset+int2(rest[4:])*60, 6
	} else if len(rest) >= 5 && digits(rest[3:5]) {
		offset, m = offset+int2(rest[3:])*60, 5
	}
	if rest[0] == '-' {
		offset = -offset
	}
	return offset, n + m
}

// clock reports whether t starts with `15:16` and, if asked, `:01`.
func clock(t []byte, seconds bool) bool {
	if len(t) < 5 || !digits(t[:2]) || t[2] != ':' || !digits(t[3:5]) {
		return false
	}
	return !seconds || len(t) >= 8 && t[5] == ':' && digits(t[6:8])
}

// dayOfMonth reads `4`, ` 4`, `04` or `14` before a blank.
func dayOfMonth(t []byte) (day, n int) {
	switch {
	case len(t) >= 2 && digits(t[:2]):
		return int2(t), 2
	case len(t) >= 2 && t[0] == ' ' && t[1]-'0' <= 9:
		return int(t[1] - '0'), 2
	case len(t) >= 2 && t[0]-'0' <= 9 && t[1] == ' ':
		return int(t[0] - '0'), 1
	}
	return 0, 0
}

// monthOf returns the month of an English abbreviation in any case, 0 for none.
func monthOf(a, b, c byte) int {
	switch uint32(a|0x20)<<16 | uint32(b|0x20)<<8 | uint32(c|0x20) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return 1
	case 'f'<<16 | 'e'<<8 | 'b':
		return 2
	case 'm'<<16 | 'a'<<8 | 'r':
		return 3
	case 'a'<<16 | 'p'<<8 | 'r':
		return 4
	case 'm'<<16 | 'a'<<8 | 'y':
		return 5
	case 'j'<<16 | 'u'<<8 | 'n':
		return 6
	case 'j'<<16 | 'u'<<8 | 'l':
		return 7
	case 'a'<<16 | 'u'<<8 | 'g':
		return 8
	case 's'<<16 | 'e'<<8 | 'p':
		return 9
	case 'o'<<16 | 'c'<<8 | 't':
		return 10
	case 'n'<<16 | 'o'<<8 | 'v':
		return 11
	case 'd'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}

// digits reports whether all bytes are decimal digits.
func digits(t []byte) bool {
	for _, c := range t {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

func int2(t []byte) int { return int(t[0]-'0')*10 + int(t[1]-'0') }

func int4(t []byte) int { return int2(t)*100 + int2(t[2:]) }

// trimBlanks cuts blanks and tabs off both ends.
func trimBlanks(t []byte) []byte {
	for len(t) > 0 && (t[0] == ' ' || t[0] == '\t') {
		t = t[1:]
	}
	for len(t) > 0 && (t[len(t)-1] == ' ' || t[len(t)-1] == '\t') {
		t = t[:len(t)-1]
	}
	return t
}
