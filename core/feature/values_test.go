package feature

import (
	"slices"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

// listed returns the values of a request as "origin name=text".
func listed(t testing.TB, h *HTTP, texts map[event.TextField]string) []string {
	t.Helper()
	b := requestOf(texts)
	var dst Batch
	var obs []Observation
	var s Scratch
	h.Encode(&dst, &obs, b, &s)
	var got []string
	for i := range dst.Texts.Of(0) {
		v := &dst.Texts.Of(0)[i]
		line := v.Origin.String() + " "
		if v.Name.Len > 0 {
			line += string(b.Bytes(v.Name)) + "="
		}
		got = append(got, line+string(dst.Texts.Bytes(v)))
		if v.Raw.Len == 0 || int(v.Raw.Off+v.Raw.Len) > len(b.Buf) {
			t.Errorf("%s: raw span %+v", line, v.Raw)
		}
	}
	return got
}

func TestValues(t *testing.T) {
	h := NewHTTP()
	tests := []struct {
		name  string
		texts map[event.TextField]string
		want  []string
	}{
		{"path and query", map[event.TextField]string{event.URL: "/A/b?x=Red%20shoe&y=12&z&=e"}, []string{"path /a/b", "query x=red shoe", "query z", "query e"}},
		{"empty pairs", map[event.TextField]string{event.URL: "/?&&a=&"}, []string{"path /"}},
		{"odd name", map[event.TextField]string{event.URL: "/?1'%20or%201=1"}, []string{"path /", "query 1'%20or%201=1' or 1=1"}},
		{"semicolon separates before a name", map[event.TextField]string{event.URL: "/?a=x1;b=x2"}, []string{"path /", "query a=x1", "query b=x2"}},
		{"semicolon belongs to a statement", map[event.TextField]string{event.URL: "/?a=1;drop+table+x"}, []string{"path /", "query a=1;drop table x"}},
		{"absolute form", map[event.TextField]string{event.URL: "http://Example.com/a?b=c"}, []string{"path /a", "query b=c"}},
		{"absolute form without a path", map[event.TextField]string{event.URL: "http://example.com?b=c"}, []string{"query b=c"}},
		{"another protocol", map[event.TextField]string{event.URL: `\x16\x03\x01`}, []string{"path \x16\x03\x01"}},
		{"payload", map[event.TextField]string{event.Payload: "12"}, []string{"payload 12"}},
		{"form", map[event.TextField]string{event.Body: "user=bob&q=a+b"}, []string{"body user=bob", "body q=a b"}},
		{"json", map[event.TextField]string{event.Body: `{"a":"X\u003c","b":[1,true,"y\"z"],"c":{"d":null,"e":"f"}}`}, []string{"body a=x<", `body b=y"z`, "body e=f"}},
		{"json with an operator", map[event.TextField]string{event.Body: `{"user":{"$ne":1}}`}, []string{`body $ne="$ne"`}},
		{"json broken on purpose", map[event.TextField]string{event.Body: `{"id": 1' or '1'='1, "b":"c`}, []string{"body id=1' or '1'='1", "body b=c"}},
		{"json in a parameter", map[event.TextField]string{event.URL: "/?d=%7B%22a%22%3A%22it's%22%2C%22b%22%3A2%7D"}, []string{"path /", "query d=it's"}},
		{"template is no json", map[event.TextField]string{event.Payload: "{{7*7}}"}, []string{"payload {{7*7}}"}},
		{
			"multipart",
			map[event.TextField]string{event.Body: "--XyZ1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello you\r\n--XyZ1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"s.PHP\"\r\nContent-Type: text/plain\r\n\r\n<?php x\r\n--XyZ1--\r\n"},
			[]string{"body a=hello you", "body f=s.php", "body f=<?php x"},
		},
		{"xml", map[event.TextField]string{event.Body: `<a b="C d"><e>Text</e></a>`}, []string{"body c d", "body text"}},
		{"binary", map[event.TextField]string{event.Body: "\x01\x02\x03\x00https://example.com/a\x01ab\x02"}, []string{"body https://example.com/a"}},
		{"plain text", map[event.TextField]string{event.Body: "hello there"}, []string{"body hello there"}},
		{"cookies", map[event.TextField]string{event.Cookie: "sid=AF31-0; q=%27x; t=a.b"}, []string{"cookie q='x"}},
		{"referrer", map[event.TextField]string{event.Referrer: "https://example.com/a?q=it%27s"}, []string{"referrer q=it's"}},
		{"odd referrer", map[event.TextField]string{event.Referrer: "' or 1=1"}, []string{"referrer ' or 1=1"}},
		{"no referrer", map[event.TextField]string{event.Referrer: "-"}, nil},
		{"ordinary agent", map[event.TextField]string{event.UserAgent: browser}, nil},
		{"odd agent", map[event.TextField]string{event.UserAgent: "() { :;}; echo"}, []string{"agent () { :;}; echo"}},
		{"headers", map[event.TextField]string{event.Headers: "Accept: text/html,*/*;q=0.8\nX-Api: ${x}\n"}, []string{"header X-Api=${x}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := listed(t, h, tt.texts); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// Wherever an attack stands in a long request, it is scored: behind padding,
// behind many parameters, across the border of windows.
func TestPaddingHidesNothing(t *testing.T) {
	h := NewHTTP()
	const attack = "%27%20union%20select%20password%20from%20users--"
	tests := []struct {
		name  string
		texts map[event.TextField]string
	}{
		{"long value", map[event.TextField]string{event.URL: "/?a=" + strings.Repeat("lorem+ipsum+", 2000) + attack}},
		{"in the middle", map[event.TextField]string{event.URL: "/?a=" + strings.Repeat("a", 30000) + attack + strings.Repeat("b", 30000)}},
		{"many parameters", map[event.TextField]string{event.URL: "/?" + strings.Repeat("a=b&", 5000) + "id=1" + attack}},
		{"many members", map[event.TextField]string{event.Body: `{` + strings.Repeat(`"a":"b",`, 5000) + `"id":"1` + attack + `"}`}},
		{"many members in a parameter", map[event.TextField]string{event.URL: "/?d={" + strings.Repeat(`"a":"b",`, 400) + `"id":"1` + attack + `"}`}},
		{"many cookies", map[event.TextField]string{event.Cookie: strings.Repeat("a='; ", 3000) + "id=1" + attack}},
		{"many headers", map[event.TextField]string{event.Headers: strings.Repeat("A: {}\n", 3000) + "B: 1" + attack + "\n"}},
		{"many tags", map[event.TextField]string{event.Body: strings.Repeat("<a>b</a>", 3000) + "1" + attack}},
		{"many parts", map[event.TextField]string{event.Body: "--abcd\n" + strings.Repeat("name=\"a\"\n\nb\n--abcd\n", 3000) + "name=\"id\"\n\n1" + attack}},
		{"among binary", map[event.TextField]string{event.Body: strings.Repeat("\x01\x02", 30000) + attack}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := encodeHTTP(t, h, tt.texts)
			if got := httpColumn(t, h, b, "marker.sqli"); got < 0.6 {
				t.Errorf("marker.sqli = %v", got)
			}
			if n := len(b.Texts.Of(0)); n > 2*MaxValues {
				t.Errorf("%d values", n)
			}
		})
	}
	for pad := MaxValue - 600; pad < MaxValue+600; pad += 7 {
		b, _ := encodeHTTP(t, h, map[event.TextField]string{event.Payload: strings.Repeat("x", pad) + attack + strings.Repeat("y", 2000)})
		if got := httpColumn(t, h, b, "marker.sqli"); got < 0.6 {
			t.Fatalf("behind %d bytes: marker.sqli = %v", pad, got)
		}
	}
}

// More text never lowers a marker or a maximum: a request is its worst value.
func TestMoreParametersNeverDilute(t *testing.T) {
	h := NewHTTP()
	for _, u := range attackURLs {
		if !strings.Contains(u, "?") {
			continue
		}
		one, _ := encodeHTTP(t, h, map[event.TextField]string{event.URL: u})
		more, _ := encodeHTTP(t, h, map[event.TextField]string{event.URL: u + "&x=lorem+ipsum&y=17&z=abc"})
		for i, n := range h.Schema().Names[:h.Schema().Stateless] {
			if (strings.HasPrefix(n, "marker.") || strings.HasPrefix(n, "param.")) && more.X[i] < one.X[i] {
				t.Errorf("%s: %s fell from %v to %v", u, n, one.X[i], more.X[i])
			}
		}
	}
}

func FuzzHTTP(f *testing.F) {
	for _, u := range attackURLs {
		f.Add(u, "a=1&b="+u, "sid=1; x="+u, "http://example.com"+u, "Accept: */*\nX: "+u+"\n")
	}
	f.Add("http://", `{"a":"b\"`, ";", "http?", "\n:\n")
	f.Add("?", "--aaaa\nname=\"\n\n--aaaa", "=;=", "-", "a")
	f.Add("://?", "<a b='", "", "", "")
	f.Add("\x00", "\x01\x02", "", "", "")
	h := NewHTTP()
	var s Scratch
	f.Fuzz(func(t *testing.T, url, body, cookie, referrer, headers string) {
		b := requestOf(map[event.TextField]string{
			event.URL: url, event.Body: body, event.Cookie: cookie, event.Referrer: referrer, event.Headers: headers, event.UserAgent: referrer, event.Payload: cookie,
		})
		checkPartial(t, h, b)
		size := len(b.Buf)
		var dst Batch
		var obs []Observation
		h.Encode(&dst, &obs, b, &s)
		if len(b.Buf) != size {
			t.Fatal("the batch grew")
		}
		for i := range dst.Texts.Of(0) {
			v := &dst.Texts.Of(0)[i]
			_, _, _ = dst.Texts.Bytes(v), b.Bytes(v.Raw), b.Bytes(v.Name)
			if v.Text.Len == 0 || v.Text.Len > MaxValue {
				t.Fatalf("value of %d bytes", v.Text.Len)
			}
		}
		for i, x := range dst.Row(0)[:h.Schema().Stateless] {
			if x < 0 || x > 64 {
				t.Fatalf("%s = %v", h.Schema().Names[i], x)
			}
		}
	})
}
