package event

import (
	"bytes"
	"math"
)

// elbLog reads the access logs of AWS's load balancers: the application load
// balancer's lines, which start with the kind of connection, and the classic
// one's, which start with the time.
//
//	[type ]time elb client:port target:port 3 durations elb_status target_status received sent "request" "user agent" cipher protocol [more]
//
// The balancer logs every request in absolute form, whatever the client sent:
// the host of `GET https://www.example.com:443/a?b HTTP/1.1` becomes Domain and
// the rest the URL, as other servers log it. Duration is the sum of the three
// durations; -1 in any of them, a request that no target answered, leaves it out.
type elbLog struct{}

var _ Parser = elbLog{}

const (
	errNetworkBalancer = ParseError("network load balancer's line: no HTTP request in it")
	errELBTime         = ParseError("no load balancer time stamp in front")
)

func elbFormat() Format {
	return Format{
		Name:    "elb",
		Title:   "AWS load balancer access log (application and classic)",
		Kinds:   []Kind{HTTP},
		Example: `https 2026-01-29T10:01:02.123456Z app/shop/50dc6c495c0c9188 203.0.113.9:51122 10.0.0.7:8080 0.001 0.052 0.000 200 200 391 5316 "GET https://www.example.com:443/item?id=17 HTTP/1.1" "curl/8.5.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "www.example.com" "-" 0 2026-01-29T10:01:02.070000Z "forward" "-" "-"`,
		Match: func(sample []byte, _ Options) (float64, string) {
			return matchLines(sample, elbLog{}, "requests in an AWS load balancer's log", func([]byte, *Batch, *Event) bool { return true })
		},
		New: func(Options) (Parser, error) { return elbLog{}, nil },
	}
}

// elbColumns counts the fields between the time and the request.
const elbColumns = 10

func (elbLog) Parse(b *Batch, line Span, e *Event) error {
	t := trimLine(b.Bytes(line))
	if len(t) == 0 || t[0] == '#' {
		return ErrSkip
	}
	span := func(from, to int) Span { return Span{line.Off + uint32(from), uint32(to - from)} }
	escaped := bytes.IndexByte(t, '\\') >= 0

	i := 0
	if t[0]-'0' > 9 {
		i = fieldEnd(t, 0)
		switch string(t[:i]) {
		case "http", "https", "h2", "grpcs", "ws", "wss":
		case "tls", "tcp", "udp":
			return errNetworkBalancer
		default:
			return errELBTime
		}
		i = min(i+1, len(t))
	}
	end := fieldEnd(t, i)
	ns, n := isoTime(t[i:end])
	if n == 0 || n != end-i {
		return errELBTime
	}
	e.Time = ns

	var column [elbColumns][2]int
	for c := range column {
		if i = end + 1; i >= len(t) {
			return ErrFields
		}
		end = fieldEnd(t, i)
		column[c] = [2]int{i, end}
	}
	if i = end + 1; i >= len(t) || t[i] != '"' {
		return ErrFields
	}
	field := func(c int) []byte { return t[column[c][0]:column[c][1]] }
	const client, target, duration, status, received, sent = 1, 2, 3, 6, 8, 9

	e.Kind = HTTP
	endpoint := func(c int, ip TextField, port NumField) {
		if absent(field(c)) {
			return
		}
		var host int
		host, e.Num[port] = splitPort(field(c))
		from, to := column[c][0], column[c][0]+host
		if to-from > 2 && t[from] == '[' && t[to-1] == ']' {
			from, to = from+1, to-1
		}
		e.Text[ip] = span(from, to)
	}
	endpoint(client, SourceIP, SourcePort)
	endpoint(target, DestinationIP, DestinationPort)
	total := 0.
	for c := duration; c < status; c++ {
		seconds, _ := decimal(field(c))
		total += seconds // NaN, which -1 reads as, stays
	}
	e.Num[Duration] = total
	e.Num[StatusCode], _ = number(field(status), 0)
	e.Num[RequestBytes], _ = number(field(received), 0)
	e.Num[ResponseBytes], _ = number(field(sent), 0)

	to := quoteEnd(t, i+1)
	if to < 0 {
		return ErrFields
	}
	if request := unquote(b, span(i+1, to), escaped); !bytes.HasPrefix(b.Bytes(request), noRequest) {
		setRequest(b, e, request)
		splitAbsolute(b, e)
	}
	if i = to + 2; i < len(t) && t[i] == '"' {
		if to = quoteEnd(t, i+1); to > i && !absent(t[i+1:to]) {
			e.Text[UserAgent] = unquote(b, span(i+1, to), escaped)
		}
	}
	return nil
}

// noRequest starts the request field of a connection that sent none: `- - - `.
var noRequest = []byte("- - -")

// splitAbsolute cuts scheme and host off an absolute URL; the host becomes the
// Domain. A URL without a path keeps its form.
func splitAbsolute(b *Batch, e *Event) {
	t := b.Text(e, URL)
	scheme := bytes.Index(t, []byte("://"))
	if scheme < 0 || scheme > len("https") {
		return
	}
	from := scheme + len("://")
	slash := bytes.IndexByte(t[from:], '/')
	if slash < 0 {
		return
	}
	host, port := splitPort(t[from : from+slash])
	off := e.Text[URL].Off
	e.Text[Domain] = Span{off + uint32(from), uint32(host)}
	e.Text[URL] = Span{off + uint32(from+slash), uint32(len(t) - from - slash)}
	if math.IsNaN(e.Num[DestinationPort]) {
		e.Num[DestinationPort] = port
	}
}
