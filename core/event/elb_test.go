package event

import (
	"math"
	"testing"
)

func TestELB(t *testing.T) {
	at := utc(2026, 1, 29, 10, 1, 2, 0)
	for _, c := range []struct {
		name, line, want                 string
		status, in, out, port, dest, sec float64
	}{
		{
			"application", `https 2026-01-29T10:01:02Z app/a/1 192.0.2.1:4242 10.0.0.7:8080 0.25 0.5 0.125 200 200 391 5316 "GET https://www.example.com:443/a?b=c HTTP/1.1" "curl/8" X TLSv1.2 arn "Root=1" "www.example.com"`,
			"source.ip=192.0.2.1 | destination.ip=10.0.0.7 | http.request.method=GET | url.original=/a?b=c | url.domain=www.example.com | user_agent.original=curl/8",
			200, 391, 5316, 4242, 8080, 0.875,
		},
		{
			"classic", `2026-01-29T10:01:02Z lb 192.0.2.1:4242 10.0.0.7:80 0.25 0.5 0.125 404 404 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/8" - -`,
			"source.ip=192.0.2.1 | destination.ip=10.0.0.7 | http.request.method=GET | url.original=/ | url.domain=www.example.com | user_agent.original=curl/8",
			404, 0, 29, 4242, 80, 0.875,
		},
		{
			"no target", `http 2026-01-29T10:01:02Z app/a/1 192.0.2.1:4242 - -1 -1 -1 503 - 391 0 "POST http://www.example.com:80/a HTTP/1.1" "-" - - - "Root=1" "-"`,
			"source.ip=192.0.2.1 | http.request.method=POST | url.original=/a | url.domain=www.example.com",
			503, 391, 0, 4242, 80, math.NaN(),
		},
		{
			"no request", `2026-01-29T10:01:02Z lb 192.0.2.1:4242 10.0.0.7:80 0.25 0.5 0.125 - - -1 -1 "- - - " "-" - -`,
			"source.ip=192.0.2.1 | destination.ip=10.0.0.7",
			math.NaN(), math.NaN(), math.NaN(), 4242, 80, 0.875,
		},
		{
			"IPv6 and escapes", `h2 2026-01-29T10:01:02Z app/a/1 [2001:db8::1]:4242 10.0.0.7:80 0.25 0.5 0.125 400 - 1 2 "GET https://h:443/\x22x HTTP/2.0" "a\"b" - - - "Root=1" "-"`,
			"source.ip=2001:db8::1 | destination.ip=10.0.0.7 | http.request.method=GET | url.original=/\"x | url.domain=h | user_agent.original=a\"b",
			400, 1, 2, 4242, 80, 0.875,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, e, err := parseLine(t, elbLog{}, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind != HTTP || e.Time != at {
				t.Errorf("kind %v, time %d", e.Kind, e.Time)
			}
			if got := eventText(b, e); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			wantNum(t, e, StatusCode, c.status)
			wantNum(t, e, RequestBytes, c.in)
			wantNum(t, e, ResponseBytes, c.out)
			wantNum(t, e, SourcePort, c.port)
			wantNum(t, e, DestinationPort, c.dest)
			wantNum(t, e, Duration, c.sec)
		})
	}
}

// wantNum compares a number; NaN equals NaN.
func wantNum(t *testing.T, e *Event, f NumField, want float64) {
	t.Helper()
	if got := e.Num[f]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s = %v, want %v", f, got, want)
	}
}

func TestELBRefuses(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       error
	}{
		{"blank", "", ErrSkip},
		{"network balancer", "tls 2.0 2022-04-01T08:51:42 net/a/1 g3 192.0.2.1:51341 10.0.0.1:443 5 2 98 246", errNetworkBalancer},
		{"access log", combinedLine, errELBTime},
		{"prose", "hello world", errELBTime},
		{"short", "2026-01-29T10:01:02Z lb 192.0.2.1:4242", ErrFields},
		{"no quotes", "2026-01-29T10:01:02Z a b c d e f g h i j k", ErrFields},
		{"open quote", `2026-01-29T10:01:02Z a b c d e f g h i j "GET /`, ErrFields},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := parseLine(t, elbLog{}, c.line); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestELBMatch(t *testing.T) {
	f := elbFormat()
	if sure, why := f.Match([]byte(f.Example), Options{}); sure != 1 || why != "1 of 1 lines are requests in an AWS load balancer's log" {
		t.Errorf("%v %q", sure, why)
	}
	if sure, _ := f.Match([]byte(combinedLine), Options{}); sure != 0 {
		t.Error("an access log matches")
	}
}

func FuzzELB(f *testing.F) {
	f.Add(elbFormat().Example)
	f.Add(`2026-01-29T10:01:02Z lb [::1]:42 - 0.25 -1 0.125 - - -1 -1 "- - - " "-" - -`)
	f.Add(`h2 2026-01-29 a a a a a a a a a a "GET ://\" x" "`)
	f.Fuzz(func(t *testing.T, line string) { fuzzLine(t, elbLog{}, line) })
}
