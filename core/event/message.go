package event

import "bytes"

// message is the text of a system log's line on its way into an event.
type message struct {
	b       *Batch
	e       *Event
	text    []byte // the whole line; every part that set gets is a slice of it
	off     uint32 // of the line in the batch
	program program
	module  []byte // `pam_unix` of `sshd(pam_unix)[12]`
}

// set points a text field at a part of the line. The part is a slice of
// m.text that kept its capacity, which tells where it starts.
func (m *message) set(f TextField, part []byte) {
	if len(part) > 0 {
		m.e.Text[f] = Span{m.off + uint32(cap(m.text)-cap(part)), uint32(len(part))}
	}
}

// say gives the event its action, outcome and reason.
func (m *message) say(action, outcome, reason word) {
	m.e.Text[Action] = m.b.word(action)
	m.e.Text[Outcome] = m.b.word(outcome)
	m.e.Text[Reason] = m.b.word(reason)
}

// user sets the user who acted or was tried.
func (m *message) user(name []byte) { m.set(UserName, name) }

// source sets the source from a token: the address, or the name where the log
// has only that. Brackets, a closing colon, comma or full stop and IPv4 in IPv6 are cut.
func (m *message) source(t []byte) {
	for len(t) > 0 && (t[len(t)-1] == ':' && !hasSuffix(t, "::") || t[len(t)-1] == ',' || t[len(t)-1] == '.' || t[len(t)-1] == ']' || t[len(t)-1] == ')') {
		t = t[:len(t)-1]
	}
	for len(t) > 0 && (t[0] == '[' || t[0] == '(') {
		t = t[1:]
	}
	if hasPrefix(t, "::ffff:") && bytes.IndexByte(t, '.') > 0 {
		t = t[len("::ffff:"):]
	}
	if !absent(t) && string(t) != "UNKNOWN" && string(t) != "(null)" {
		m.set(SourceIP, t)
	}
}

// sourceAndPort reads `address[ port 123]...`.
func (m *message) sourceAndPort(t []byte) {
	n := fieldEnd(t, 0)
	m.source(t[:n])
	if hasPrefix(t[n:], " port ") {
		if port, d := digitsAt(t, n+len(" port ")); d > 0 {
			m.e.Num[SourcePort] = port
		}
	}
}

// hostAndAddress takes the address of `name[address]` or `name [address]`, the name where there is none.
func (m *message) hostAndAddress(t []byte) {
	if address, ok := between(t, "[", "]"); ok && len(address) > 0 {
		m.source(address)
		return
	}
	m.source(t[:fieldEnd(t, 0)])
}

// digitsAt reads the number at i of t and returns how many digits it has, 0
// when there is none or it is longer than any that a log means.
func digitsAt(t []byte, i int) (v float64, n int) {
	for i+n < len(t) && t[i+n]-'0' <= 9 {
		v = float64(v*10) + float64(t[i+n]-'0')
		if n++; n > 15 { // 1e15 is the last power of ten whose digits a float64 holds all
			return 0, 0
		}
	}
	return v, n
}

// value returns the value of `key=value` in a text of such pairs; key ends
// with the equals sign. Values end at a blank.
func value(t []byte, key string) []byte {
	for from := 0; ; {
		i := indexOf(t[from:], key)
		if i < 0 {
			return nil
		}
		if i += from; i == 0 || t[i-1] == ' ' || t[i-1] == ',' || t[i-1] == ';' {
			i += len(key)
			return t[i:fieldEnd(t, i)]
		}
		from = i + 1
	}
}

// between returns what stands between the first open and the next end.
func between(t []byte, open, end string) ([]byte, bool) {
	i := indexOf(t, open)
	if i < 0 {
		return nil, false
	}
	t = t[i+len(open):]
	if i = indexOf(t, end); i < 0 {
		return nil, false
	}
	return t[:i], true
}

// cutPrefix returns what stands behind a prefix.
func cutPrefix(t []byte, prefix string) ([]byte, bool) {
	if hasPrefix(t, prefix) {
		return t[len(prefix):], true
	}
	return t, false
}

// cut returns what stands before and behind the first sep.
func cut(t []byte, sep string) (before, behind []byte, ok bool) {
	if i := indexOf(t, sep); i >= 0 {
		return t[:i], t[i+len(sep):], true
	}
	return t, nil, false
}

// cutLast returns what stands before and behind the last sep.
func cutLast(t []byte, sep string) (before, behind []byte, ok bool) {
	if len(sep) == 1 {
		if i := bytes.LastIndexByte(t, sep[0]); i >= 0 {
			return t[:i], t[i+1:], true
		}
		return t, nil, false
	}
	if i := lastIndexOf(t, sep); i >= 0 {
		return t[:i], t[i+len(sep):], true
	}
	return t, nil, false
}

func hasPrefix(t []byte, prefix string) bool {
	return len(t) >= len(prefix) && string(t[:len(prefix)]) == prefix
}

func hasSuffix(t []byte, suffix string) bool {
	return len(t) >= len(suffix) && string(t[len(t)-len(suffix):]) == suffix
}

// indexOf is bytes.Index for a constant: it needs no slice of its own.
func indexOf(t []byte, s string) int {
	for i := 0; i+len(s) <= len(t); i++ {
		n := bytes.IndexByte(t[i:len(t)-len(s)+1], s[0])
		if n < 0 {
			return -1
		}
		if i += n; string(t[i:i+len(s)]) == s {
			return i
		}
	}
	return -1
}

// lastIndexOf is bytes.LastIndex for a constant.
func lastIndexOf(t []byte, s string) int {
	for i := len(t) - len(s); i >= 0; i-- {
		if t[i] == s[0] && string(t[i:i+len(s)]) == s {
			return i
		}
	}
	return -1
}

func contains(t []byte, s string) bool { return indexOf(t, s) >= 0 }
