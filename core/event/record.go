package event

import (
	"bytes"
	"math"
)

// Why a record of named fields makes no event.
const (
	ErrKind      = ParseError("its known fields make up no HTTP request, flow, DNS query or log-in; force one with --kind")
	ErrWindowsID = ParseError("Windows event id is not about log-ons or accounts")
)

// maxMoves bounds how often text collected from several members of a record
// may be copied to the end of the buffer because other text came between.
const maxMoves = 64

// record collects the fields of one record of a self-describing format (JSON,
// CSV, TSV) and makes an event of them. Fields come in any order; what a field
// means can depend on others, so ambiguous ones wait in extra.
type record struct {
	b     *Batch
	e     *Event
	year  int
	kind  Kind // forced, or what the format knows; KindNone to decide
	known bool // some field had a meaning
	ranks [int(endExtra) + 1]uint8
	extra [numExtra]Span
	moves int
}

func (r *record) reset(b *Batch, e *Event, year int, kind Kind) {
	*r = record{b: b, e: e, year: year, kind: kind}
}

func (r *record) text(x slot) []byte { return r.b.Bytes(r.extra[x-extraSlot]) }

func (r *record) has(x slot) bool { return r.extra[x-extraSlot].Len > 0 }

// wants reports whether a value of that alias would be kept.
func (r *record) wants(a alias) bool {
	return a.slot != noSlot && (a.rank >= r.ranks[a.slot] || a.slot == slot(Answers))
}

// put gives a field its value. The first value of the highest rank stays.
// Empty values and "-" are absent, except in a body or payload.
func (r *record) put(a alias, s Span) error {
	if a.slot == noSlot {
		return nil
	}
	t := r.b.Bytes(s)
	if len(t) == 0 || len(t) == 1 && t[0] == '-' && a.slot != slot(Payload) && a.slot != slot(Body) {
		return nil
	}
	if a.slot == slot(Answers) || a.slot == xGrouped {
		r.known = true
		return r.join(a.slot, s)
	}
	if r.ranks[a.slot] > a.rank {
		return nil
	}
	switch {
	case a.slot < numSlot:
		r.e.Text[a.slot] = s
	case a.slot < extraSlot:
		v, ok := parseNumber(t)
		if !ok {
			return nil
		}
		r.e.Num[a.slot-numSlot] = v
	default:
		r.extra[a.slot-extraSlot] = s
	}
	r.ranks[a.slot] = a.rank + 1
	if a.rank == 255 {
		r.ranks[a.slot] = 255
	}
	r.known = true
	return nil
}

// join appends one of several values to a slot, separated by commas.
func (r *record) join(to slot, s Span) error {
	old := &r.e.Text[Answers]
	if to == xGrouped {
		old = &r.extra[xGrouped-extraSlot]
	}
	if old.Len == 0 {
		*old = s
		return nil
	}
	if err := r.open(old); err != nil {
		return err
	}
	r.b.Buf = append(r.b.Buf, ',')
	r.b.Buf = append(r.b.Buf, r.b.Bytes(s)...)
	old.Len += s.Len + 1
	return nil
}

// open makes sure that a collected text ends where the buffer ends, so that
// more can be appended to it.
func (r *record) open(s *Span) error {
	if int(s.Off+s.Len) == len(r.b.Buf) && int(s.Off) >= r.b.Records {
		return nil
	}
	if r.moves++; r.moves > maxMoves {
		return ErrTooMany
	}
	*s = r.b.Append(r.b.Bytes(*s))
	return nil
}

// header adds one request header: those that have a slot of their own go
// there, the others and repetitions into Headers.
func (r *record) header(name, value Span) error {
	e, t := r.e, r.b.Bytes(name)
	own := NumText
	switch len(t) {
	case 4:
		if equalFold(t, "host") {
			own = Domain
		}
	case 6:
		if equalFold(t, "cookie") {
			own = Cookie
		}
	case 7:
		if equalFold(t, "referer") {
			own = Referrer
		}
	case 10:
		if equalFold(t, "user-agent") {
			own = UserAgent
		}
	case 12:
		if equalFold(t, "content-type") {
			own = ContentType
		}
	}
	r.known = true
	if own != NumText && e.Text[own].Len == 0 {
		e.Text[own] = value
		return nil
	}
	h := &e.Text[Headers]
	if h.Len == 0 {
		*h = Span{uint32(len(r.b.Buf)), 0}
	} else if err := r.open(h); err != nil {
		return err
	}
	start := len(r.b.Buf)
	r.b.Buf = append(r.b.Buf, r.b.Bytes(name)...)
	r.b.Buf = append(r.b.Buf, ": "...)
	r.b.Buf = append(r.b.Buf, r.b.Bytes(value)...)
	r.b.Buf = append(r.b.Buf, '\n')
	h.Len += uint32(len(r.b.Buf) - start)
	return nil
}

// finish settles what the fields mean together.
func (r *record) finish() error {
	e := r.e
	if !r.known {
		return ErrNoFields
	}
	r.times()
	r.endpoint(SourceIP, SourcePort)
	r.endpoint(DestinationIP, DestinationPort)
	if r.has(xClient) && e.Text[SourceIP].Len == 0 {
		host, _ := splitPort(r.text(xClient))
		if isAddress(r.text(xClient)[:host]) {
			e.Text[SourceIP] = r.extra[xClient-extraSlot]
			r.endpoint(SourceIP, SourcePort)
		}
	}
	if r.kind == KindNone || r.kind == Auth {
		if r.has(xEventID) {
			switch t := r.text(xEventID); {
			case bytes.HasPrefix(t, []byte("cowrie.")):
				return r.cowrie()
			case digits(t) && len(t) <= 5 && r.windowsFields():
				return r.windows()
			}
		}
		if r.has(xEventName) && r.ranks[Process] > 0 {
			return r.cloudTrail()
		}
	}
	kind := r.kind
	if kind == KindNone {
		kind = r.decide()
	}
	e.Kind = kind
	switch kind {
	case HTTP:
		r.http()
	case Flow:
		r.flow()
	case DNS:
		r.dns()
	case Auth:
		r.auth()
	case KindNone:
		return ErrKind
	}
	return nil
}

// decide finds the kind from the fields that are there.
func (r *record) decide() Kind {
	e := r.e
	has := func(f TextField) bool { return e.Text[f].Len > 0 }
	num := func(f NumField) bool { return !math.IsNaN(e.Num[f]) }
	volume := num(SourceBytes) || num(SourcePackets) || num(DestinationBytes) || r.has(xTotalBytes) || r.has(xTotalPackets)
	switch {
	case has(URL) || has(Payload) || r.has(xRequest) || has(Method) && (r.has(xPath) || r.has(xURLQuery) || has(Headers) || has(Domain)):
		return HTTP
	case r.has(xPath) && (num(StatusCode) || r.has(xStatus) || r.has(xURLQuery)):
		return HTTP
	case has(QuestionName), r.has(xQuery) && (has(QuestionType) || has(ResponseCode)):
		return DNS
	case volume && (has(SourceIP) || r.has(xProtocol)):
		return Flow
	case r.loginLike():
		return Auth
	case has(SourceIP) && has(DestinationIP) && (num(DestinationPort) || num(Duration) || r.has(xStart)):
		return Flow
	case r.has(xDomain) && !has(Method) && !has(UserName):
		return DNS
	case r.has(xURLQuery) || has(Body) || has(Headers):
		return HTTP
	}
	return KindNone
}

// times settles the event's time and, for what has a beginning and an end, its duration.
func (r *record) times() {
	e := r.e
	if r.has(xTime) {
		t := r.text(xTime)
		if d := r.text(xDate); len(d) > 0 && len(t) < 19 && len(d)+len(t) < maxNumber && bytes.IndexByte(t, ':') == 2 {
			var both [maxNumber]byte
			n := copy(both[:], d)
			both[n] = ' '
			n += 1 + copy(both[n+1:], t)
			t = both[:n]
		}
		e.Time, _ = ParseTime(t, r.year)
	} else if r.has(xDate) {
		e.Time, _ = ParseTime(r.text(xDate), r.year)
	}
	start, end := int64(NoTime), int64(NoTime)
	if r.has(xStart) {
		start, _ = ParseTime(r.text(xStart), r.year)
	}
	if r.has(xEnd) {
		end, _ = ParseTime(r.text(xEnd), r.year)
	}
	if start != NoTime && (e.Time == NoTime || r.kind != HTTP && r.kind != DNS) {
		e.Time = start
	}
	if e.Time == NoTime {
		e.Time = end
	}
	if !math.IsNaN(e.Num[Duration]) && r.ranks[numSlot+slot(Duration)] > 0 && !r.coarseAge(start, end) {
		return
	}
	for _, unit := range [...]struct {
		x       slot
		seconds float64
	}{{xMillis, 1e3}, {xMicros, 1e6}, {xNanos, 1e9}} {
		if v, ok := parseNumber(r.text(unit.x)); ok {
			e.Num[Duration] = v / unit.seconds
			return
		}
	}
	if start != NoTime && end >= start {
		e.Num[Duration] = float64(end-start) / nanosPerSecond
	}
}

// coarseAge reports whether the duration is in whole seconds while beginning
// and end are known more exactly, as in Suricata's flow.age.
func (r *record) coarseAge(start, end int64) bool {
	return start != NoTime && end > start && r.e.Num[Duration] == math.Trunc(r.e.Num[Duration]) &&
		(start%nanosPerSecond != 0 || end%nanosPerSecond != 0)
}

// endpoint splits `192.0.2.7:443` and `[2001:db8::7]:443`, and takes the IPv4
// address out of `::ffff:192.0.2.7`.
func (r *record) endpoint(ip TextField, port NumField) {
	s := &r.e.Text[ip]
	t := r.b.Bytes(*s)
	if host, p := splitPort(t); !math.IsNaN(p) {
		if math.IsNaN(r.e.Num[port]) {
			r.e.Num[port] = p
		}
		s.Len, t = uint32(host), t[:host]
	}
	if n := len(t); n > 2 && t[0] == '[' && t[n-1] == ']' {
		s.Off, s.Len, t = s.Off+1, s.Len-2, t[1:n-1]
	}
	if len(t) > 7 && bytes.IndexByte(t, '.') > 0 && equalFold(t[:7], "::ffff:") {
		s.Off, s.Len = s.Off+7, s.Len-7
	}
	if comma := bytes.IndexByte(t, ','); comma > 0 { // a list of forwarders, the client first
		s.Len = uint32(len(trimBlanks(t[:comma])))
	}
}

// constant gives a text field a value that does not stand in the log.
func (r *record) constant(f TextField, text string) {
	off := len(r.b.Buf)
	r.b.Buf = append(r.b.Buf, text...)
	r.e.Text[f] = Span{uint32(off), uint32(len(text))}
}

// lower makes a text field lower case.
func (r *record) lower(f TextField) {
	t := r.b.Text(r.e, f)
	for _, c := range t {
		if c >= 'A' && c <= 'Z' {
			s := r.b.Append(t)
			low := r.b.Bytes(s)
			for i, c := range low {
				if c >= 'A' && c <= 'Z' {
					low[i] = c | 0x20
				}
			}
			r.e.Text[f] = s
			return
		}
	}
}

// equalFold compares with a text in lower case, ignoring the case of ASCII letters.
func equalFold(t []byte, lower string) bool {
	if len(t) != len(lower) {
		return false
	}
	for i, c := range t {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// containsFold reports whether t holds a text in lower case, ignoring case.
func containsFold(t []byte, lower string) bool {
	for i := 0; i+len(lower) <= len(t); i++ {
		if equalFold(t[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}
