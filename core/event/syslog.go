package event

import "bytes"

// syslogParser reads the envelope of a system log's lines and hands the
// message to what knows the program. It takes, also mixed in one file:
//
//	[<PRI>]Jun 14 15:16:01 host sshd[123]: message          RFC 3164
//	[<PRI>]2026-01-29T10:01:02.5+01:00 host sshd[123]: ...  rsyslog's and systemd's precise stamps
//	<PRI>1 2026-01-29T10:01:02Z host sshd 123 ID [data] ... RFC 5424
//	- 1131566461 2005.11.09 node Nov 9 12:01:01 where program[12]: ...  cluster logs with an alert tag
//	Sun Dec  4 04:47:44 2005 [pid 123] ...                  vsftpd's own log file
//
// Every line is an event of kind Auth; one whose message is not understood, or
// not about accounts, has the Action "other" and its Message. RFC 3164 has no
// year and no zone: see Options.Year, and nothing guesses a turn of the year.
// An absurd stamp leaves Time at NoTime.
type syslogParser struct{ year int }

var _ Parser = syslogParser{}

const errSyslog = ParseError("no syslog time stamp in front")

func syslogFormat() Format {
	return Format{
		Name:    "syslog",
		Title:   "System log (RFC 3164, RFC 5424): sshd, sudo, su, PAM, mail, FTP",
		Kinds:   []Kind{Auth},
		Example: `Jan 29 10:01:02 web1 sshd[4242]: Failed password for invalid user admin from 203.0.113.9 port 51122 ssh2`,
		Match: func(sample []byte, o Options) (float64, string) {
			return matchLines(sample, syslogParser{o.Year}, "syslog", func([]byte, *Batch, *Event) bool { return true })
		},
		New: func(o Options) (Parser, error) { return syslogParser{o.Year}, nil },
	}
}

func (p syslogParser) Parse(b *Batch, line Span, e *Event) error {
	t := trimLine(b.Bytes(line))
	if len(t) == 0 || t[0] == '#' {
		return ErrSkip
	}
	m := message{b: b, e: e, text: t, off: line.Off}
	var rest []byte
	pri := priority(t)
	switch {
	case pri > 0 && len(t) > pri+2 && t[pri] == '1' && t[pri+1] == ' ':
		rest = m.rfc5424(t[pri+2:])
	default:
		rest = m.rfc3164(t[pri:], p.year)
		if rest == nil && pri == 0 {
			rest = m.cluster(t)
		}
		if rest == nil {
			rest = m.vsftpdLog(t)
		}
		if rest == nil && pri > 0 {
			rest = m.tag(t[pri:]) // RFC 3164, section 4.3.3: a message without a stamp is one all the same
		}
	}
	if rest == nil {
		return errSyslog
	}
	e.Kind = Auth
	m.read(rest)
	return nil
}

// maxPriority is facility 23 times 8 plus severity 7 (RFC 5424, section 6.2.1).
const maxPriority = 191

// priority returns the length of a leading `<PRI>`, 0 for none.
func priority(t []byte) int {
	if len(t) < 3 || t[0] != '<' {
		return 0
	}
	v, i := 0, 1
	for i < len(t) && i < 4 && t[i]-'0' <= 9 {
		v = v*10 + int(t[i]-'0')
		i++
	}
	if i == 1 || i == len(t) || t[i] != '>' || v > maxPriority {
		return 0
	}
	return i + 1
}

// rfc3164 reads `stamp host tag: ` and returns the message behind it, nil when
// there is no stamp.
func (m *message) rfc3164(t []byte, year int) []byte {
	ns, n := syslogTime(t, year)
	if n == 0 {
		// Other logs start with a date and a blank; a system log has the T.
		if ns, n = isoTime(t); n < len("2006-01-02T15:04") || t[4] != '-' || t[10] != 'T' {
			return nil
		}
	}
	if n >= len(t) || t[n] != ' ' && t[n] != ':' { // Cisco puts a colon behind the stamp
		return nil
	}
	m.e.Time = ns
	t = bytes.TrimLeft(t[n+1:], " ")
	return m.hostAndTag(t)
}

// hostAndTag reads `host tag: `; a line that starts with the tag has no host.
func (m *message) hostAndTag(t []byte) []byte {
	end := fieldEnd(t, 0)
	if host := t[:end]; end < len(t) && end > 0 && host[end-1] != ':' && host[end-1] != ']' {
		m.set(HostName, host)
		t = t[end+1:]
	}
	return m.tag(t)
}

// cluster reads `tag epoch date node stamp where program: ` (the logs of the
// clusters at Sandia and Livermore; Oliner and Stearley, "What Supercomputers
// Say", DSN 2007). The epoch is the time, the node the host.
func (m *message) cluster(t []byte) []byte {
	if n := fieldEnd(t, 0); n < len(t) {
		t = t[n+1:]
	}
	ns, n := epochTime(t)
	if n < 9 || n+1 >= len(t) || t[n] != ' ' {
		return nil
	}
	t = t[n+1:]
	if len(t) < 11 || !digits(t[:4]) || t[4] != '.' || t[7] != '.' || t[10] != ' ' {
		return nil
	}
	t = t[11:]
	node := t[:fieldEnd(t, 0)]
	if len(node) == len(t) {
		return nil
	}
	t = t[len(node)+1:]
	if _, n = syslogTime(t, 0); n == 0 || n >= len(t) || t[n] != ' ' {
		return nil
	}
	t = t[n+1:]
	t = t[min(fieldEnd(t, 0)+1, len(t)):]
	m.e.Time = ns
	m.set(HostName, node)
	return m.tag(t)
}

// vsftpdLog reads the front of vsftpd's own log, `stamp [pid 12] `.
func (m *message) vsftpdLog(t []byte) []byte {
	ns, n := ctimeTime(t)
	if n == 0 || !hasPrefix(t[n:], " [pid ") {
		return nil
	}
	t = t[n+len(" [pid "):]
	pid, n := digitsAt(t, 0)
	if n == 0 || !hasPrefix(t[n:], "] ") {
		return nil
	}
	m.e.Time = ns
	m.e.Num[ProcessID] = pid
	m.program = programVsftpd
	return t[n+2:]
}

// rfc5424 reads `stamp host program pid id [data] ` behind the version. The
// structured data are passed over, unless there is nothing else: then they are the message.
func (m *message) rfc5424(t []byte) []byte {
	var field [5][]byte
	for i := range field {
		n := fieldEnd(t, 0)
		field[i] = t[:n]
		t = t[min(n+1, len(t)):]
	}
	if ns, n := isoTime(field[0]); n == len(field[0]) {
		m.e.Time = ns
	} else if !absent(field[0]) {
		return nil
	}
	if !absent(field[1]) {
		m.set(HostName, field[1])
	}
	if !absent(field[2]) {
		m.setProgram(field[2])
	}
	if pid, n := digitsAt(field[3], 0); n > 0 && n == len(field[3]) {
		m.e.Num[ProcessID] = pid
	}
	data := structuredData(t)
	if string(t) == "-" {
		return t[1:]
	}
	if data == len(t) {
		return t
	}
	if data > 0 && t[data] == ' ' {
		t = t[data+1:]
	}
	if hasPrefix(t, "\xEF\xBB\xBF") {
		t = t[3:]
	}
	return t
}

// structuredData returns the length of `-` or of `[id name="value"]...` that t
// starts with, 0 when it is not closed.
func structuredData(t []byte) int {
	if len(t) == 0 || t[0] == '-' {
		return min(1, len(t))
	}
	end, quoted, open := 0, false, false
	for i := 0; i < len(t); i++ {
		switch c := t[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"' && open:
			quoted = !quoted
		case quoted:
		case c == '[' && !open:
			open = true
		case c == ']' && open:
			open, end = false, i+1
		case !open:
			return end
		}
	}
	return end
}

// tag reads `program(module)[pid]: ` and returns the message behind it; text
// without a tag is a message of no program.
func (m *message) tag(t []byte) []byte {
	n := 0
	for n < len(t) && t[n] != '[' && t[n] != '(' && t[n] != ':' && t[n] != ' ' {
		n++
	}
	name, rest := t[:n], t[n:]
	if n == 0 || len(rest) == 0 {
		return t
	}
	var module []byte
	if rest[0] == '(' {
		end := bytes.IndexByte(rest, ')')
		if end < 0 {
			return t
		}
		module, rest = rest[1:end], rest[end+1:]
	}
	pid, digits := 0., 0
	if len(rest) > 0 && rest[0] == '[' {
		if pid, digits = digitsAt(rest, 1); digits == 0 || digits+1 >= len(rest) || rest[digits+1] != ']' {
			return t
		}
		rest = rest[digits+2:]
	}
	switch {
	case len(rest) > 0 && rest[0] == ':':
		rest = rest[1:]
	case digits > 0 && len(rest) > 0 && rest[0] == ' ': // no colon, but the pid makes it a tag
	default:
		// `syslogd 1.4.1: restart`: the version belongs to the tag.
		version := fieldEnd(rest, min(1, len(rest)))
		if version < 3 || rest[version-1] != ':' || rest[1]-'0' > 9 {
			return t
		}
		rest = rest[version:]
	}
	m.setProgram(name)
	m.module = module
	if digits > 0 {
		m.e.Num[ProcessID] = pid
	}
	return bytes.TrimLeft(rest, " ")
}
