package event

import (
	"math"
	"strings"
	"testing"
)

// parseLine reads one line with a fresh batch.
func parseLine(t testing.TB, p Parser, line string) (*Batch, *Event, error) {
	t.Helper()
	b := &Batch{Buf: []byte(line), Records: len(line)}
	e := new(Event)
	e.Reset()
	err := p.Parse(b, Span{0, uint32(len(line))}, e)
	return b, e, err
}

// eventText shows the texts and numbers of an event for comparison:
// "source.ip=1.2.3.4 http.request.method=GET".
func eventText(b *Batch, e *Event) string {
	var parts []string
	for f := TextField(0); f < NumText; f++ {
		if s := b.Text(e, f); len(s) > 0 {
			parts = append(parts, f.String()+"="+string(s))
		}
	}
	return strings.Join(parts, " | ")
}

func TestAccessLog(t *testing.T) {
	const stamp = `[17/May/2015:10:05:03 +0000]`
	at := utc(2015, 5, 17, 10, 5, 3, 0)
	for _, c := range []struct {
		name, line   string
		vhost        bool
		time         int64
		status, size float64
		want         string
	}{
		{
			"combined", `192.0.2.1 - - ` + stamp + ` "GET /a?b=c HTTP/1.1" 200 203023 "http://example.org/" "Mozilla/5.0 (X11)"`, false, at, 200, 203023,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/a?b=c | user_agent.original=Mozilla/5.0 (X11) | http.request.referrer=http://example.org/",
		},
		{
			"common", `192.0.2.1 - frank ` + stamp + ` "GET /a HTTP/1.0" 404 -`, false, at, 404, 0,
			"source.ip=192.0.2.1 | user.name=frank | http.request.method=GET | url.original=/a",
		},
		{
			"carriage return", `192.0.2.1 - - ` + stamp + ` "GET /a HTTP/1.0" 404 12` + "\r", false, at, 404, 12,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/a",
		},
		{
			"no size", `192.0.2.1 - - ` + stamp + ` "GET /a HTTP/1.0" 404`, false, at, 404, math.NaN(),
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/a",
		},
		{
			"IPv6", `2001:db8::1 - - ` + stamp + ` "HEAD / HTTP/2.0" 304 0 "-" "-"`, false, at, 304, 0,
			"source.ip=2001:db8::1 | http.request.method=HEAD | url.original=/",
		},
		{
			"host name", `client.example.net - - ` + stamp + ` "GET / HTTP/1.1" 200 5 "-" "-"`, false, at, 200, 5,
			"source.ip=client.example.net | http.request.method=GET | url.original=/",
		},
		{
			"virtual host", `www.example.org:8080 192.0.2.1 - - ` + stamp + ` "GET / HTTP/1.1" 200 5 "-" "curl/8"`, true, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/ | url.domain=www.example.org | user_agent.original=curl/8",
		},
		{
			"proxies", `192.0.2.1, 192.0.2.2, 192.0.2.3 - jo ` + stamp + ` "GET / HTTP/1.1" 200 5`, false, at, 200, 5,
			"source.ip=192.0.2.1 | user.name=jo | http.request.method=GET | url.original=/",
		},
		{
			"user with blanks and brackets", `192.0.2.1 - a [b] c ` + stamp + ` "GET / HTTP/1.1" 401 5`, false, at, 401, 5,
			"source.ip=192.0.2.1 | user.name=a [b] c | http.request.method=GET | url.original=/",
		},
		{
			"nginx forwarded for", `192.0.2.1 - - ` + stamp + ` "GET / HTTP/1.1" 200 5 "-" "-" "203.0.113.7"`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/ | http.request.headers=X-Forwarded-For: 203.0.113.7\n",
		},
		{"nginx nobody forwarded", `192.0.2.1 - - ` + stamp + ` "" 400 47 "-" "-" "-"`, false, at, 400, 47, "source.ip=192.0.2.1"},
		{
			"bare field behind", `192.0.2.1 - - ` + stamp + ` "GET / HTTP/1.1" 200 5 "-" "ua" 8080`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/ | user_agent.original=ua",
		},
		{
			"escapes", `192.0.2.1 - - ` + stamp + ` "GET /\"x\\\xC3\xa4\t HTTP/1.1" 200 5 "a\"b" "\x22ua\z\x4"`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/\"x\\\xc3\xa4\t | user_agent.original=\"ua\\z\\x4 | http.request.referrer=a\"b",
		},
		{
			"quote not escaped", `192.0.2.1 - - ` + stamp + ` "GET /"x" HTTP/1.1" 200 5 "a "b" c" "ua"`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/\"x\" | user_agent.original=ua | http.request.referrer=a \"b",
		},
		{
			"backslash not escaped", `192.0.2.1 - - ` + stamp + ` "GET /\" 400 5 "-" "-"`, false, at, 400, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/\\",
		},
		{
			"forged status in the request", `192.0.2.1 - - ` + stamp + ` "GET /\" 200 1 \"-\" \"-\" HTTP/1.1" 404 5 "-" "-"`, false, at, 404, 5,
			`source.ip=192.0.2.1 | http.request.method=GET | url.original=/" 200 1 "-" "-"`,
		},
		{
			"blanks in the target", `192.0.2.1 - - ` + stamp + ` "GET /?q=1 or 1=1 HTTP/1.1" 200 5`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/?q=1 or 1=1",
		},
		{
			"small method", `192.0.2.1 - - ` + stamp + ` "get / HTTP/1.0" 400 5`, false, at, 400, 5,
			"source.ip=192.0.2.1 | http.request.method=get | url.original=/",
		},
		{
			"HTTP/0.9", `192.0.2.1 - - ` + stamp + ` "GET /" 200 5`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/",
		},
		{
			"proxy request", `192.0.2.1 - - ` + stamp + ` "CONNECT example.org:443 HTTP/1.1" 405 5`, false, at, 405, 5,
			"source.ip=192.0.2.1 | http.request.method=CONNECT | url.original=example.org:443",
		},
		{
			"no target", `192.0.2.1 - - ` + stamp + ` "GET HTTP/1.1" 400 5`, false, at, 400, 5,
			"source.ip=192.0.2.1 | http.request.method=GET",
		},
		{
			"TLS hello", `192.0.2.1 - - ` + stamp + ` "\x16\x03\x01\x00 \xee" 400 166 "-" "-"`, false, at, 400, 166,
			"source.ip=192.0.2.1 | url.original=\x16\x03\x01\x00 \xee",
		},
		{
			"SSH banner", `192.0.2.1 - - ` + stamp + ` "SSH-2.0-PUTTY" 400 182 "-" "-" 22`, false, at, 400, 182,
			"source.ip=192.0.2.1 | url.original=SSH-2.0-PUTTY",
		},
		{"dash request", `192.0.2.1 - - ` + stamp + ` "-" 408 - "-" "-"`, false, at, 408, 0, "source.ip=192.0.2.1"},
		{
			"absurd time", `192.0.2.1 - - [99/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5`, false, NoTime, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/",
		},
		{
			"strange time", `192.0.2.1 - - [yesterday] "GET / HTTP/1.1" 200 5`, false, NoTime, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/",
		},
		{
			"ISO time", `192.0.2.1 - - [2015-05-17T10:05:03Z] "GET / HTTP/1.1" 200 5`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/",
		},
		{
			"cut off", `192.0.2.1 - - ` + stamp + ` "GET / HTTP/1.1" 200 5 "-" "Mozilla/5.0 (comp`, false, at, 200, 5,
			"source.ip=192.0.2.1 | http.request.method=GET | url.original=/ | user_agent.original=Mozilla/5.0 (comp",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, e, err := parseLine(t, accessLog{vhost: c.vhost}, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind != HTTP || e.Time != c.time {
				t.Errorf("kind %v, time %d; want http, %d", e.Kind, e.Time, c.time)
			}
			if got := eventText(b, e); got != c.want {
				t.Errorf("texts\n got %q\nwant %q", got, c.want)
			}
			same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
			if !same(e.Num[StatusCode], c.status) || !same(e.Num[ResponseBytes], c.size) {
				t.Errorf("status %v, size %v; want %v, %v", e.Num[StatusCode], e.Num[ResponseBytes], c.status, c.size)
			}
		})
	}
}

func TestAccessLogNumbers(t *testing.T) {
	_, e, err := parseLine(t, accessLog{vhost: true}, `h:8080 192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 0.25`)
	if err != nil || e.Num[DestinationPort] != 8080 || e.Num[Duration] != 0.25 {
		t.Errorf("port %v, duration %v, %v; want 8080, 0.25", e.Num[DestinationPort], e.Num[Duration], err)
	}
}

func TestAccessLogRefuses(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       error
	}{
		{"blank", "  ", ErrSkip},
		{"comment", "# a comment", ErrSkip},
		{"one word", "word", ErrFields},
		{"prose", "this is not a log line", errAccessTime},
		{"no time", `192.0.2.1 - - "GET / HTTP/1.1" 200 5`, errAccessTime},
		{"no request", `192.0.2.1 - - [17/May/2015:10:05:03 +0000] 200 5`, errAccessTime},
		{"no status", `192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1"`, errAccessRequest},
		{"open quote", `192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1`, errAccessRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := parseLine(t, accessLog{}, c.line); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestAccessFormatsMatch(t *testing.T) {
	for _, c := range []struct {
		name   string
		sample string
		want   string // format that is sure, the others are not
		why    string
	}{
		{"common", commonFormat().Example + "\n", "common", "1 of 1 lines are in the common log format"},
		{"combined", strings.Repeat(combinedFormat().Example+"\n", 60), "combined", "50 of 50 lines are in the combined log format"},
		{"vhost", vhostFormat().Example, "vhost", "1 of 1 lines are an access log with virtual hosts"},
		{"comments between", "# x\n\n" + combinedFormat().Example + "\nnonsense\n", "combined", "1 of 2 lines are in the combined log format"},
		{"none", "{\"a\":1}\n", "", ""},
		{"empty", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range []Format{commonFormat(), combinedFormat(), vhostFormat()} {
				sure, why := f.Match([]byte(c.sample), Options{})
				if f.Name == c.want {
					if sure < 0.5 || why != c.why {
						t.Errorf("%s: %v %q, want %q", f.Name, sure, why, c.why)
					}
				} else if sure != 0 {
					t.Errorf("%s: %v %q, want 0", f.Name, sure, why)
				}
			}
		})
	}
}

// combinedLine has 225 bytes, the length that the project's figures are for.
const combinedLine = `203.0.113.149 - - [17/May/2015:10:05:03 +0000] "GET /shop/images/kibana-search.png?size=smallest HTTP/1.1" 200 203023 "http://www.example.com/shop/list.php?page=1234" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101"`

// escapedLine has escapes in two fields, so text is appended to the batch.
const escapedLine = `203.0.113.149 - - [17/May/2015:10:05:03 +0000] "GET /a\"b HTTP/1.1" 200 203023 "-" "x\\y"`

func TestAccessLogAllocatesNothing(t *testing.T) {
	for _, line := range []string{combinedLine, escapedLine} {
		b := &Batch{Buf: append(make([]byte, 0, 1024), line...)}
		var e Event
		if n := testing.AllocsPerRun(100, func() {
			b.Buf = b.Buf[:len(line)]
			e.Reset()
			if err := (accessLog{}).Parse(b, Span{0, uint32(len(line))}, &e); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v allocations, want 0", n)
		}
	}
}

func BenchmarkCombined(b *testing.B) {
	if len(combinedLine) != 225 {
		b.Fatalf("the line has %d bytes", len(combinedLine))
	}
	batch := &Batch{Buf: []byte(combinedLine)}
	var e Event
	var p Parser = accessLog{}
	b.SetBytes(int64(len(combinedLine)))
	b.ReportAllocs()
	for b.Loop() {
		e.Reset()
		if err := p.Parse(batch, Span{0, uint32(len(combinedLine))}, &e); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzAccessLog(f *testing.F) {
	f.Add(combinedLine, false)
	f.Add(escapedLine, false)
	f.Add(vhostFormat().Example, true)
	f.Add(`a - [ [17/May/2015:10:05:03 +0000] "\" 200 - "\\" "`, false)
	f.Add(`, [x] "" -`, false)
	f.Fuzz(func(t *testing.T, line string, vhost bool) {
		fuzzLine(t, accessLog{vhost: vhost}, line)
		for _, f := range []Format{commonFormat(), combinedFormat(), vhostFormat()} {
			f.Match([]byte(line), Options{})
		}
	})
}

// fuzzLine parses a line between others and checks what holds for every parser:
// spans lie in the buffer, records are not changed, a second run is equal.
func fuzzLine(t *testing.T, p Parser, line string) {
	const before, after = "before\n", "\nafter"
	text := before + line + after
	run := func() (string, error) {
		b := &Batch{Buf: []byte(text), Records: len(text)}
		var e Event
		e.Reset()
		err := p.Parse(b, Span{uint32(len(before)), uint32(len(line))}, &e)
		if string(b.Buf[:len(text)]) != text {
			t.Fatal("the parser changed the records")
		}
		return eventText(b, &e), err
	}
	one, err1 := run()
	two, err2 := run()
	if one != two || err1 != err2 {
		t.Errorf("%q, %v and then %q, %v", one, err1, two, err2)
	}
}
