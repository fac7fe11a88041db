package event

import (
	"bytes"
	"math"
)

// accessLog reads the access logs of Apache, nginx and the many servers that
// write alike:
//
//	[host[:port] ]client ident user [time] "request" status bytes[ "referrer" "user agent"[ more]]
//
// The first field, the virtual host, exists when vhost is set. Without the
// referrer it is the common log format, with it the combined one; one parser
// reads both, because files mix them. More fields, quoted or bare, may follow:
// the first quoted one is nginx's X-Forwarded-For and goes into Headers, a bare
// number with a fraction is the time taken in seconds, others are ignored.
// The source stays the peer: a client can write any X-Forwarded-For.
//
// Quoted fields are unescaped (`\"`, `\\`, `\n`, `\x16` ...). A request that is
// no request line is kept, unescaped, as the URL of an event without a method:
// it is another protocol or an attack. An absurd time leaves Time at NoTime.
type accessLog struct{ vhost bool }

var _ Parser = accessLog{}

// Why a line is no access log line.
const (
	errAccessTime    = ParseError("no time in brackets")
	errAccessRequest = ParseError("no quoted request followed by a status")
)

func (p accessLog) Parse(b *Batch, line Span, e *Event) error {
	t := trimLine(b.Bytes(line))
	if len(t) == 0 || t[0] == '#' {
		return ErrSkip
	}
	span := func(from, to int) Span { return Span{line.Off + uint32(from), uint32(to - from)} }
	escaped := bytes.IndexByte(t, '\\') >= 0
	e.Kind = HTTP

	i := 0
	if p.vhost {
		n := bytes.IndexByte(t, ' ')
		if n <= 0 {
			return ErrFields
		}
		host, port := splitPort(t[:n])
		e.Text[Domain] = span(0, host)
		e.Num[DestinationPort] = port
		i = n + 1
	}
	n := bytes.IndexByte(t[i:], ' ')
	if n <= 0 {
		return ErrFields
	}
	n += i
	if source := bytes.TrimSuffix(t[i:n], comma); !absent(source) {
		e.Text[SourceIP] = span(i, i+len(source))
	}

	open, request, ns := findTime(t, n, &b.stamp)
	if open < 0 {
		return errAccessTime
	}
	e.Time = ns
	if from, to := lastField(t, n, open); from < to && !absent(t[from:to]) {
		e.Text[UserName] = span(from, to)
	}

	end := requestEnd(t, request)
	if end < 0 {
		return errAccessRequest
	}
	setRequest(b, e, unquote(b, span(request, end), escaped))
	if i = end + 2; i > len(t) {
		i = len(t)
	}
	status, i := number(t, i)
	size, i := number(t, i)
	if i > 0 && t[i-1] == '-' && math.IsNaN(size) {
		size = 0 // the format's "-" is no bytes, not an unknown number
	}
	e.Num[StatusCode], e.Num[ResponseBytes] = status, size

	for quoted := 0; i < len(t); {
		if t[i] == ' ' {
			i++
			continue
		}
		if t[i] != '"' {
			end := fieldEnd(t, i)
			if bytes.IndexByte(t[i:end], '.') > 0 {
				if seconds, ok := decimal(t[i:end]); ok {
					e.Num[Duration] = seconds
				}
			}
			i = end
			continue
		}
		from := i + 1
		to := quoteEnd(t, from)
		i = to + 1
		if to < 0 { // cut off: the rest is the field
			to = len(t)
			i = to
		}
		if !absent(t[from:to]) {
			switch quoted {
			case 0:
				e.Text[Referrer] = unquote(b, span(from, to), escaped)
			case 1:
				e.Text[UserAgent] = unquote(b, span(from, to), escaped)
			case 2:
				e.Text[Headers] = appendHeader(b, "X-Forwarded-For", unquote(b, span(from, to), escaped))
			}
		}
		quoted++
	}
	return nil
}

var comma = []byte(",")

// findTime looks for `[time] "` behind from. open is the place of the bracket,
// request the first byte behind the quote. A user name may hold brackets, so
// one that holds a time wins; without any, what ends with `] "` first is taken
// for a time that is not understood. open is -1 when there is none.
func findTime(t []byte, from int, last *stamp) (open, request int, ns int64) {
	for i := from; ; {
		n := bytes.IndexByte(t[i:], '[')
		if n < 0 {
			break
		}
		i += n + 1
		ns, n := last.clfTime(t[i:])
		if n == 0 {
			ns, n = isoTime(t[i:])
		}
		if n > 0 && hasPrefix(t[i+n:], timeEnd) {
			return i - 1, i + n + len(timeEnd), ns
		}
	}
	end := indexOf(t[from:], timeEnd)
	if end < 0 {
		return -1, 0, NoTime
	}
	end += from
	if open = bytes.IndexByte(t[from:end], '['); open < 0 {
		return -1, 0, NoTime
	}
	return from + open, end + len(timeEnd), NoTime
}

// timeEnd is what stands between the time and the request.
const timeEnd = `] "`

// lastField returns what stands behind the second blank before end: the user
// of `client ident user [`, blanks in the name included.
func lastField(t []byte, from, end int) (int, int) {
	// Addresses that proxies put before the client end with a comma.
	for more := t[from-1] == ','; more && from < end; {
		from++
		n := fieldEnd(t[:end], from)
		more = n > from && t[n-1] == ','
		from = n
	}
	for from < end && t[from] == ' ' {
		from++
	}
	n := bytes.IndexByte(t[from:end], ' ')
	if n < 0 {
		return end, end
	}
	from += n + 1
	for end > from && t[end-1] == ' ' {
		end--
	}
	return from, end
}

// requestEnd finds the quote that ends the request: the first unescaped one
// with a status behind it. Servers that do not escape write `GET /\" 400`:
// then the first quote of any kind with a status behind it. -1 for none.
func requestEnd(t []byte, from int) int {
	raw := -1
	for i := from; ; i++ {
		n := bytes.IndexByte(t[i:], '"')
		if n < 0 {
			return raw
		}
		i += n
		if !statusAt(t, i+1) {
			continue
		}
		if !escapedAt(t, from, i) {
			return i
		}
		if raw < 0 {
			raw = i
		}
	}
}

// statusAt reports whether ` 404` or ` -` and then a blank or the end stand at i.
func statusAt(t []byte, i int) bool {
	if i >= len(t) || t[i] != ' ' {
		return false
	}
	end := i + 2
	if end <= len(t) && t[i+1] != '-' {
		if end = i + 4; end > len(t) || !digits(t[i+1:end]) {
			return false
		}
	}
	return end == len(t) || end < len(t) && t[end] == ' '
}

// quoteEnd finds the unescaped quote with a blank or the end behind it, -1 for none.
func quoteEnd(t []byte, from int) int {
	for i := from; ; i++ {
		n := bytes.IndexByte(t[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		if (i+1 == len(t) || t[i+1] == ' ') && !escapedAt(t, from, i) {
			return i
		}
	}
}

// escapedAt reports whether an odd number of backslashes stands before i.
func escapedAt(t []byte, from, i int) bool {
	j := i
	for j > from && t[j-1] == '\\' {
		j--
	}
	return (i-j)%2 == 1
}

// fieldEnd is the place of the next blank, or the end.
func fieldEnd(t []byte, from int) int {
	if n := bytes.IndexByte(t[from:], ' '); n >= 0 {
		return from + n
	}
	return len(t)
}

// number reads the field at i, digits or `-`, and returns the place behind it.
// Anything else is NaN.
func number(t []byte, i int) (float64, int) {
	for i < len(t) && t[i] == ' ' {
		i++
	}
	from, v := i, uint64(0)
	for i < len(t) && t[i]-'0' <= 9 && i-from < maxEpochDigits {
		v = v*10 + uint64(t[i]-'0')
		i++
	}
	if i > from && (i == len(t) || t[i] == ' ') {
		return float64(v), i
	}
	if from < len(t) && t[from] == '"' {
		return math.NaN(), from
	}
	return math.NaN(), fieldEnd(t, from)
}

// decimal reads digits with an optional fraction of at most nine digits.
func decimal(t []byte) (float64, bool) {
	i, v := 0, uint64(0)
	for i < len(t) && t[i]-'0' <= 9 && i < maxEpochDigits {
		v = v*10 + uint64(t[i]-'0')
		i++
	}
	nanos, n := fraction(t[i:])
	if i == 0 || i+n != len(t) {
		return math.NaN(), false
	}
	return float64(v) + float64(nanos)/nanosPerSecond, true
}

// absent reports whether a field is empty or `-`, the logs' word for no value.
func absent(t []byte) bool { return len(t) == 0 || len(t) == 1 && t[0] == '-' }

// trimLine cuts the carriage return and blanks off the end of a line.
func trimLine(t []byte) []byte {
	for len(t) > 0 && (t[len(t)-1] == '\r' || t[len(t)-1] == '\n' || t[len(t)-1] == ' ' || t[len(t)-1] == '\t') {
		t = t[:len(t)-1]
	}
	return t
}

// splitPort returns the length of the host of `host:port` and the port, NaN
// when there is none. An IPv6 address needs brackets to have a port.
func splitPort(t []byte) (host int, port float64) {
	i := bytes.LastIndexByte(t, ':')
	if i <= 0 || i+1 == len(t) || len(t)-i > 6 || !digits(t[i+1:]) ||
		t[i-1] != ']' && bytes.IndexByte(t[:i], ':') >= 0 {
		return len(t), math.NaN()
	}
	port, _ = number(t, i+1)
	return i, port
}
