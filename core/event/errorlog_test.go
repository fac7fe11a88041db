package event

import (
	"math"
	"testing"
)

func TestNginxError(t *testing.T) {
	at := utc(2026, 1, 29, 10, 1, 2, 0)
	const front = "2026/01/29 10:01:02 [error] 12#13: *34 "
	const behind = `, client: 192.0.2.1, server: h, request: "GET /a?b HTTP/1.1", host: "h:8443", referrer: "https://h/"`
	for _, c := range []struct{ name, line, want string }{
		{
			"file not found", front + `open() "/var/www/a" failed (2: No such file or directory)` + behind,
			`source.ip=192.0.2.1 | http.request.method=GET | url.original=/a?b | url.domain=h | http.request.referrer=https://h/ | message=open() "/var/www/a" failed (2: No such file or directory)`,
		},
		{
			"password mismatch", front + `user "ann b": password mismatch` + behind,
			`source.ip=192.0.2.1 | user.name=ann b | http.request.method=GET | url.original=/a?b | url.domain=h | http.request.referrer=https://h/ | event.action=login | event.outcome=failure | event.reason=bad-password | message=user "ann b": password mismatch`,
		},
		{
			"unknown user", front + `user "x" was not found in "/etc/htpasswd"` + behind,
			`source.ip=192.0.2.1 | user.name=x | http.request.method=GET | url.original=/a?b | url.domain=h | http.request.referrer=https://h/ | event.action=login | event.outcome=failure | event.reason=invalid-user | message=user "x" was not found in "/etc/htpasswd"`,
		},
		{
			"forged client in the user name", front + `user "x": password mismatch, client: 198.51.100.1, server: s, request: "GET / HTTP/1.1", host: "h"": was not found in "/etc/htpasswd", client: 192.0.2.1, server: , request: "GET / HTTP/1.1", host: "h"`,
			`source.ip=192.0.2.1 | user.name=x | http.request.method=GET | url.original=/ | url.domain=h | event.action=login | event.outcome=failure | event.reason=bad-password | message=user "x": password mismatch, client: 198.51.100.1, server: s, request: "GET / HTTP/1.1", host: "h"": was not found in "/etc/htpasswd"`,
		},
		{
			"forged client in the request", front + `open() failed, client: 192.0.2.1, server: s, request: "GET /", client: 198.51.100.1, server: s, request: " HTTP/1.1", host: "h"`,
			`source.ip=192.0.2.1 | http.request.method=GET | url.original=/", client: 198.51.100.1, server: s, request: " | url.domain=h | message=open() failed`,
		},
		{
			"PAM", front + `PAM: user 'x' - not authenticated: Authentication failure, client: 192.0.2.1, server: s, request: "GET / HTTP/2.0"`,
			`source.ip=192.0.2.1 | user.name=x | http.request.method=GET | url.original=/ | event.action=login | event.outcome=failure | event.reason=bad-password | message=PAM: user 'x' - not authenticated: Authentication failure`,
		},
		{
			"TLS without a request", "2026/01/29 10:01:02 [crit] 12#12: *3 SSL_do_handshake() failed while SSL handshaking, client: 192.0.2.1, server: 0.0.0.0:443",
			"source.ip=192.0.2.1 | message=SSL_do_handshake() failed while SSL handshaking",
		},
		{
			"behind a journal's fronts", "web1 nginx[9]: web1 nginx: " + front + `x, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:3000/", host: "h"`,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/ | url.domain=h | message=x",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, e, err := parseLine(t, nginxError{}, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind != HTTP || e.Time != at {
				t.Errorf("kind %v, time %d", e.Kind, e.Time)
			}
			if got := eventText(b, e); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestApacheError(t *testing.T) {
	at, nan := utc(2005, 12, 4, 5, 15, 9, 0), math.NaN()
	const old, new24 = "[Sun Dec 04 05:15:09 2005] [error] [client 192.0.2.1] ", "[Sun Dec 04 05:15:09.000000 2005] [core:error] [pid 12:tid 34] [client 192.0.2.1:4242] "
	for _, c := range []struct {
		name, line, want string
		port             float64
	}{
		{"directory index", old + "Directory index forbidden by rule: /var/www/html/", "source.ip=192.0.2.1 | message=Directory index forbidden by rule: /var/www/html/", nan},
		{"2.4", new24 + "AH00128: File does not exist: /var/www/a, referer: http://h/", "source.ip=192.0.2.1 | http.request.referrer=http://h/ | message=AH00128: File does not exist: /var/www/a, referer: http://h/", 4242},
		{"IPv6 in 2.4", "[Sun Dec 04 05:15:09.000000 2005] [core:error] [pid 12] [client 2001:db8::1:4242] x", "source.ip=2001:db8::1 | message=x", 4242},
		{"IPv6 in 2.2", "[Sun Dec 04 05:15:09 2005] [error] [client 2001:db8::1] x", "source.ip=2001:db8::1 | message=x", nan},
		{
			"password mismatch", new24 + `AH01617: user ann: authentication failure for "/private": Password Mismatch`,
			`source.ip=192.0.2.1 | user.name=ann | url.original=/private | event.action=login | event.outcome=failure | event.reason=bad-password | message=AH01617: user ann: authentication failure for "/private": Password Mismatch`, 4242,
		},
		{
			"unknown user", old + "user x not found: /private",
			"source.ip=192.0.2.1 | user.name=x | url.original=/private | event.action=login | event.outcome=failure | event.reason=invalid-user | message=user x not found: /private", nan,
		},
		{
			"bad request", old + `Invalid URI in request GET /\"x HTTP/1.1`,
			`source.ip=192.0.2.1 | http.request.method=GET | url.original=/"x | message=Invalid URI in request GET /\"x HTTP/1.1`, nan,
		},
		{
			"ModSecurity", new24 + `ModSecurity: Warning. [hostname "h"] [uri "/a"] [unique_id "x"]`,
			`source.ip=192.0.2.1 | url.original=/a | url.domain=h | message=ModSecurity: Warning. [hostname "h"] [uri "/a"] [unique_id "x"]`, 4242,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, e, err := parseLine(t, apacheError{}, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind != HTTP || e.Time != at {
				t.Errorf("kind %v, time %d", e.Kind, e.Time)
			}
			if got := eventText(b, e); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			wantNum(t, e, SourcePort, c.port)
		})
	}
}

func TestErrorLogsRefuse(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Parser
		line string
		want error
	}{
		{"nginx notice", nginxError{}, "2026/01/29 10:01:02 [notice] 12#12: signal process started", errNoClient},
		{"nginx access", nginxError{}, combinedLine, errNginxTime},
		{"nginx blank", nginxError{}, "", ErrSkip},
		{"nginx comment", nginxError{}, "# x", ErrSkip},
		{"Apache notice", apacheError{}, "[Sun Dec 04 05:15:09 2005] [notice] workerEnv.init() ok", errNoClient},
		{"Apache access", apacheError{}, combinedLine, errApacheTime},
		{"Apache no time", apacheError{}, "[notice] x", errApacheTime},
		{"Apache blank", apacheError{}, " ", ErrSkip},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := parseLine(t, c.p, c.line); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestErrorLogsMatch(t *testing.T) {
	all := []Format{nginxErrorFormat(), apacheErrorFormat()}
	for i, f := range all {
		if sure, why := f.Match([]byte(f.Example), Options{}); sure != 1 || why == "" {
			t.Errorf("%s: %v %q", f.Name, sure, why)
		}
		for _, other := range []string{all[1-i].Example, combinedLine, syslogFormat().Example, "2019/04/04 16:23:00.325010,1.2,tcp", ""} {
			if sure, _ := f.Match([]byte(other), Options{}); sure != 0 {
				t.Errorf("%s matches %q", f.Name, other)
			}
		}
	}
}

func FuzzErrorLogs(f *testing.F) {
	f.Add(nginxErrorFormat().Example)
	f.Add(apacheErrorFormat().Example)
	f.Add(`2026/01/29 10:01:02 [e] : *x user "": password mismatch, client: , request: "", host: "`)
	f.Add(`[Sun Dec 04 05:15:09 2005] [pid ] [client :] AH: user : authentication failure for "`)
	f.Fuzz(func(t *testing.T, line string) {
		fuzzLine(t, nginxError{}, line)
		fuzzLine(t, apacheError{}, line)
	})
}
