package event

import "bytes"

// errNoClient is why most lines of an error log are no events: they are about
// the server itself.
const errNoClient = ParseError("no client or request in this line of an error log")

// nginxError reads nginx's error log:
//
//	2026/01/29 10:01:02 [error] 12#12: *34 message, client: 203.0.113.9, server: www.example.com, request: "GET /a HTTP/1.1", host: "www.example.com"
//
// also behind the fronts that journals put before the stamp (`web1 nginx[12]: `).
// Lines with a client are events of kind HTTP; failed basic authentication
// also gets Action, Outcome, Reason and UserName.
type nginxError struct{}

var _ Parser = nginxError{}

const errNginxTime = ParseError("no nginx time stamp in front")

func nginxErrorFormat() Format {
	return Format{
		Name:    "nginx-error",
		Title:   "nginx error log",
		Kinds:   []Kind{HTTP},
		Example: `2026/01/29 10:01:02 [error] 2865#0: *66647 user "admin": password mismatch, client: 203.0.113.9, server: www.example.com, request: "GET /admin HTTP/1.1", host: "www.example.com"`,
		Match: func(sample []byte, _ Options) (float64, string) {
			return matchShape(sample, "in nginx's error log format", func(line []byte) bool {
				_, rest := nginxStamp(line)
				return rest != nil
			})
		},
		New: func(Options) (Parser, error) { return nginxError{}, nil },
	}
}

func (nginxError) Parse(b *Batch, line Span, e *Event) error {
	t := trimLine(b.Bytes(line))
	if len(t) == 0 || t[0] == '#' {
		return ErrSkip
	}
	ns, rest := nginxStamp(t)
	if rest == nil {
		return errNginxTime
	}
	m := message{b: b, e: e, text: t, off: line.Off}
	if _, text, ok := cut(rest, ": "); ok { // `12#12: `
		rest = text
	}
	if len(rest) > 0 && rest[0] == '*' {
		_, rest, _ = cut(rest, " ")
	}

	// A user name may hold `, client: ` as well as a request: where the message
	// is about a user the name is what a client can forge most simply, so the
	// last one counts there and the first elsewhere.
	const mark = ", client: "
	text, fields, ok := cut(rest, mark)
	if hasPrefix(rest, "user \"") || hasPrefix(rest, "PAM: user '") {
		text, fields, ok = cutLast(rest, mark)
	}
	if !ok {
		return errNoClient
	}
	e.Kind = HTTP
	e.Time = ns
	m.set(Message, text)
	client, fields, _ := cut(fields, ", ")
	m.source(client)
	if server, rest, ok := cut(fields, ", "); ok && hasPrefix(server, "server: ") {
		fields = rest
	}
	if request, ok := cutPrefix(fields, `request: "`); ok {
		end := len(request)
		for _, next := range [...]string{`", upstream: "`, `", subrequest: "`, `", host: "`, `", referrer: "`} {
			if i := indexOf(request[:end], next); i >= 0 {
				end = i
			}
		}
		fields = request[min(end+1, len(request)):]
		if end == len(request) && end > 0 && request[end-1] == '"' {
			end--
		}
		m.request(request[:end])
	}
	if host, ok := between(fields, ` host: "`, `"`); ok {
		n, port := splitPort(host)
		m.set(Domain, host[:n])
		e.Num[DestinationPort] = port
	}
	if referrer, ok := between(fields, ` referrer: "`, `"`); ok {
		m.set(Referrer, referrer)
	}
	m.nginxUser(text)
	return nil
}

// nginxUser reads what the basic authentication modules say.
func (m *message) nginxUser(t []byte) {
	reason := reasonBadPassword
	name, ok := cutPrefix(t, `user "`)
	if ok {
		if i := lastIndexOf(name, `": password mismatch`); i >= 0 {
			name = name[:i]
		} else if i = lastIndexOf(name, `" was not found in "`); i >= 0 {
			name = name[:i]
			reason = reasonInvalidUser
		} else {
			return
		}
	} else if name, ok = cutPrefix(t, "PAM: user '"); ok {
		i := lastIndexOf(name, "' - not authenticated")
		if i < 0 {
			return
		}
		name = name[:i]
	} else {
		return
	}
	m.user(name)
	m.say(actionLogin, outcomeFailure, reason)
}

// request sets method and URL from a request line inside the message.
func (m *message) request(t []byte) {
	if len(t) > 0 {
		setRequest(m.b, m.e, Span{m.off + uint32(cap(m.text)-cap(t)), uint32(len(t))})
	}
}

// nginxStamp reads `2026/01/29 10:01:02 [level] ` at the start of a line or
// behind the colon of a tag that names nginx. rest is nil when there is none.
func nginxStamp(t []byte) (ns int64, rest []byte) {
	// Journals put one front before the line, a relay between them another.
	for range 3 {
		ns, n := isoTime(t)
		if n >= len("2026/01/29 10:01:02") && t[4] == '/' && hasPrefix(t[n:], " [") {
			if end := bytes.IndexByte(t[n:], ']'); end > 0 && hasPrefix(t[n+end+1:], " ") {
				return ns, t[n+end+2:]
			}
		}
		front, behind, ok := cut(t, ": ")
		if !ok || !contains(front, "nginx") {
			break
		}
		t = behind
	}
	return NoTime, nil
}

// apacheError reads Apache's error log, of version 2.2 and older and of 2.4:
//
//	[Sun Dec 04 05:15:09 2005] [error] [client 203.0.113.9] message
//	[Sun Dec 04 05:15:09.325010 2005] [core:error] [pid 12:tid 34] [client 203.0.113.9:51122] AH00128: message, referer: http://...
//
// Lines with a client are events of kind HTTP. The URL is there where the
// message quotes a request or, as ModSecurity does, names `[uri "..."]`; failed
// authentication also gets Action, Outcome, Reason and UserName.
type apacheError struct{}

var _ Parser = apacheError{}

const errApacheTime = ParseError("no Apache error log time stamp in front")

func apacheErrorFormat() Format {
	return Format{
		Name:    "apache-error",
		Title:   "Apache error log",
		Kinds:   []Kind{HTTP},
		Example: `[Thu Jan 29 10:01:02.325010 2026] [auth_basic:error] [pid 35708:tid 4328] [client 203.0.113.9:51122] AH01617: user admin: authentication failure for "/private": Password Mismatch`,
		Match: func(sample []byte, _ Options) (float64, string) {
			return matchShape(sample, "in Apache's error log format", func(line []byte) bool {
				_, rest := apacheStamp(line)
				return len(rest) > 0 && rest[0] == '['
			})
		},
		New: func(Options) (Parser, error) { return apacheError{}, nil },
	}
}

func (apacheError) Parse(b *Batch, line Span, e *Event) error {
	t := trimLine(b.Bytes(line))
	if len(t) == 0 || t[0] == '#' {
		return ErrSkip
	}
	ns, rest := apacheStamp(t)
	if rest == nil {
		return errApacheTime
	}
	m := message{b: b, e: e, text: t, off: line.Off}
	pid, client := false, false
	for len(rest) > 0 && rest[0] == '[' {
		end := bytes.IndexByte(rest, ']')
		if end < 0 {
			break
		}
		group := rest[1:end]
		if address, ok := cutPrefix(group, "client "); ok {
			// Since 2.4, which also logs the pid, the port stands behind an
			// address without brackets, IPv6 ones included.
			if i := bytes.LastIndexByte(address, ':'); i > 0 && pid {
				if port, n := digitsAt(address, i+1); n > 0 && i+1+n == len(address) {
					e.Num[SourcePort] = port
					address = address[:i]
				}
			}
			m.source(address)
			client = true
		} else if number, ok := cutPrefix(group, "pid "); ok {
			pid = true
			if v, n := digitsAt(number, 0); n > 0 {
				e.Num[ProcessID] = v
			}
		} else if client {
			break // `[client x] [file "..."]`: the message has brackets itself
		}
		rest = trimBlanks(rest[end+1:])
	}
	if !client {
		return errNoClient
	}
	e.Kind = HTTP
	e.Time = ns
	m.set(Message, rest)
	if text, referrer, ok := cutLast(rest, ", referer: "); ok {
		m.set(Referrer, referrer)
		rest = text
	}
	if code, text, ok := cut(rest, ": "); ok && hasPrefix(code, "AH") && digits(code[2:]) {
		rest = text
	}
	if uri, ok := between(rest, `[uri "`, `"]`); ok {
		m.set(URL, uri)
	} else if _, request, ok := cut(rest, " in request "); ok { // `Invalid URI in request GET /a HTTP/1.1`
		m.apacheRequest(request)
	}
	if host, ok := between(rest, `[hostname "`, `"]`); ok {
		m.set(Domain, host)
	}
	m.apacheUser(rest)
	return nil
}

// apacheRequest sets method and URL from a request line, in which Apache escapes as in its access log.
func (m *message) apacheRequest(t []byte) {
	if len(t) > 0 {
		setRequest(m.b, m.e, unquote(m.b, Span{m.off + uint32(cap(m.text)-cap(t)), uint32(len(t))}, true))
	}
}

// apacheUser reads `user alice: authentication failure for "/": Password
// Mismatch` and `user alice not found: /`.
func (m *message) apacheUser(t []byte) {
	name, ok := cutPrefix(t, "user ")
	if !ok {
		return
	}
	reason := reasonBadPassword
	if i := lastIndexOf(name, ": authentication failure for \""); i >= 0 {
		if uri, ok := between(name[i:], "\"", "\""); ok {
			m.set(URL, uri)
		}
		name = name[:i]
	} else if i = lastIndexOf(name, " not found: "); i >= 0 {
		m.set(URL, name[i+len(" not found: "):])
		name = name[:i]
		reason = reasonInvalidUser
	} else {
		return
	}
	m.user(name)
	m.say(actionLogin, outcomeFailure, reason)
}

// apacheStamp reads `[stamp] ` in front; rest is nil when there is none.
func apacheStamp(t []byte) (ns int64, rest []byte) {
	if len(t) == 0 || t[0] != '[' {
		return NoTime, nil
	}
	ns, n := ctimeTime(t[1:])
	if n == 0 {
		if ns, n = isoTime(t[1:]); n == 0 {
			return NoTime, nil
		}
	}
	if !hasPrefix(t[1+n:], "] ") {
		return NoTime, nil
	}
	return ns, t[n+3:]
}
