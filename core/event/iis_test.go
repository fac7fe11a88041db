package event

import (
	"math"
	"testing"
)

func TestIIS(t *testing.T) {
	at := utc(2026, 1, 29, 10, 1, 2, 0)
	nan := math.NaN()
	for _, c := range []struct {
		name, fields, line, want string
		time                     int64
		status, seconds, port    float64
	}{
		{
			"default columns", "#Fields: " + iisDefaultFields, "2026-01-29 10:01:02 10.0.0.7 GET /item.aspx id=17&q=a+b 443 CORP\\ann 192.0.2.1 Mozilla/5.0+(X11) https://h/+x 200 0 0 250",
			"source.ip=192.0.2.1 | destination.ip=10.0.0.7 | user.name=CORP\\ann | http.request.method=GET | url.original=/item.aspx?id=17&q=a+b | user_agent.original=Mozilla/5.0 (X11) | http.request.referrer=https://h/ x",
			at, 200, 0.25, 443,
		},
		{
			"nothing in front", "", "2026-01-29 10:01:02 10.0.0.7 GET /a - 80 - 192.0.2.1 - - 404 0 0 1000",
			"source.ip=192.0.2.1 | destination.ip=10.0.0.7 | http.request.method=GET | url.original=/a",
			at, 404, 1, 80,
		},
		{
			"blanks in the query", "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status", "2026-01-29 10:01:02 192.0.2.1 GET /a id=1|22|[ODBC Driver] failed here. 500",
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/a?id=1|22|[ODBC Driver] failed here.",
			at, 500, nan, nan,
		},
		{
			"host, cookie, forwarded", "#Fields: time cs-host c-ip c-port cs(Cookie) cs(X-Forwarded-For) cs-uri x-unknown", "10:01:02 h.example 192.0.2.1 99 a=b;+c=d 203.0.113.7,+10.0.0.1 /x?y -",
			"source.ip=192.0.2.1 | url.original=/x?y | url.domain=h.example | http.request.cookie=a=b; c=d | http.request.headers=X-Forwarded-For: 203.0.113.7, 10.0.0.1\n",
			NoTime, nan, nan, nan,
		},
		{
			"CloudFront", "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query time-taken", "2026-01-29\t10:01:02\tFRA2\t53\t192.0.2.1\tGET\td1.example\t/a\t200\t-\tMozilla/5.0%20(X11)%2\t-\t0.5",
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/a | url.domain=d1.example | user_agent.original=Mozilla/5.0 (X11)%2",
			at, 200, 0.5, nan,
		},
		{
			"absurd time", "#Fields: date time c-ip cs-uri-stem", "2026-99-29 10:01:02 192.0.2.1 /a",
			"source.ip=192.0.2.1 | url.original=/a", NoTime, nan, nan, nan,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := iisParser(t, c.fields)
			b, e, err := parseLine(t, p, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind != HTTP || e.Time != c.time {
				t.Errorf("kind %v, time %d, want %d", e.Kind, e.Time, c.time)
			}
			if got := eventText(b, e); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			wantNum(t, e, StatusCode, c.status)
			wantNum(t, e, Duration, c.seconds)
			wantNum(t, e, DestinationPort, c.port)
		})
	}
}

// iisParser returns the parser behind a header, or the one of no header.
func iisParser(t *testing.T, header string) Parser {
	t.Helper()
	p, err := iisFormat().New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if header == "" {
		return p
	}
	next, is, err := p.(Headed).Header([]byte(header + "\r"))
	if !is || err != nil {
		t.Fatalf("Header: %v, %v", is, err)
	}
	return next
}

func TestIISHeader(t *testing.T) {
	p := iisParser(t, "")
	for _, c := range []struct {
		name, line string
		is         bool
		err        error
		next       bool
	}{
		{"record", "2026-01-29 10:01:02 192.0.2.1 /a", false, nil, false},
		{"other directive", "#Software: Microsoft Internet Information Services 10.0", true, nil, false},
		{"fields", "#Fields: date c-ip", true, nil, true},
		{"nothing known", "#Fields: a b c", true, errIISUnknown, false},
		{"nothing", "#Fields:", true, errIISUnknown, false},
		{"too many", "#Fields: c-ip" + string(repeatBytes(" x", maxIISColumns)), true, errIISColumns, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			next, is, err := p.(Headed).Header([]byte(c.line))
			if is != c.is || err != c.err || (next != nil) != c.next {
				t.Errorf("%v, %v, next %v", is, err, next)
			}
		})
	}
}

func repeatBytes(s string, n int) (all []byte) {
	for range n {
		all = append(all, s...)
	}
	return all
}

func TestIISRefuses(t *testing.T) {
	named := "#Fields: date time c-ip cs-uri-stem cs-uri-query sc-status"
	for _, c := range []struct {
		name, fields, line string
		want               error
	}{
		{"blank", named, "", ErrSkip},
		{"directive", named, "#Date: 2026-01-29 10:01:02", ErrSkip},
		{"too few", named, "2026-01-29 10:01:02 192.0.2.1", ErrFields},
		{"no fields line", "", "2026-01-29 10:01:02 192.0.2.1", errIISFields},
		{"as many words", "", "a b c - e f g h i j k l m n o", ErrFields},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := parseLine(t, iisParser(t, c.fields), c.line); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestIISMatch(t *testing.T) {
	f := iisFormat()
	for _, c := range []struct {
		name, sample string
		sure         float64
	}{
		{"example", f.Example, 1},
		{"header only", "#Version: 1.0\n#Fields: date c-ip\n", 1},
		{"other W3C log", "#Fields: a b c\nx y z\n", 0},
		{"no header", "2026-01-29 10:01:02 10.0.0.7 GET /a - 80 - 192.0.2.1 - - 404 0 0 1000\n", 1},
		{"access log", combinedLine, 0},
		{"syslog", syslogFormat().Example, 0},
		{"empty", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if sure, why := f.Match([]byte(c.sample), Options{}); sure != c.sure || (why == "") != (sure == 0) {
				t.Errorf("%v %q, want %v", sure, why, c.sure)
			}
		})
	}
}

func FuzzIIS(f *testing.F) {
	f.Add("#Fields: "+iisDefaultFields, "2026-01-29 10:01:02 10.0.0.7 GET /a id=1 x 80 - 192.0.2.1 a+b - 404 0 0 1000")
	f.Add("#Fields: date time x-edge-location c-ip cs(User-Agent) cs-uri-query", "2026-01-29\t10:01:02\tF\t1\ta%20b%\t-")
	f.Add("#Fields: cs-uri-query", " ")
	f.Fuzz(func(t *testing.T, header, line string) {
		p := iisParser(t, "")
		if next, _, err := p.(Headed).Header([]byte(header)); next != nil && err == nil {
			p = next
		}
		fuzzLine(t, p, line)
		matchIIS([]byte(header+"\n"+line), Options{})
	})
}
