package feature

import (
	"bytes"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name, in, want string
		e              escapes
		levels         uint8
	}{
		{"plain", "/Index.HTML", "/index.html", 0, 0},
		{"percent", "%27%20OR%201=1", "' or 1=1", 0, 1},
		{"two levels", "%2527", "'", 0, 2},
		{"three levels", "%25%32%35%32%37", "'", 0, 3},
		{"four levels leave one", "%2525252527", "%2527", 0, 3},
		{"plus is a blank in a form", "a+b%2Bc", "a b+c", plusBlank, 1},
		{"plus is a plus in a path", "a+b", "a+b", 0, 0},
		{"iis", "%u0027%U003c", "'<", 0, 1},
		{"overlong", "..%c0%af..%c1%9c", `../..\`, 0, 2},
		{"overlong, three bytes", "%e0%80%af", "/", 0, 2},
		{"overlong, four bytes", "%f0%80%80%af", "/", 0, 2},
		{"overlong dots", "%C0%ae%c0%AE/", "../", 0, 2},
		{"overlong, escaped twice", "%25c0%25AF", "/", 0, 3},
		{"two levels, mixed case", "%252F%253c%25%32f", "/</", 0, 2},
		{"iis behind an escape", "%25u0027", "'", 0, 2},
		{"blanks of sql", "1%0bor%0c1%a0or%09%0d%0a1", "1\vor\f1\xa0or\t\r\n1", 0, 1},
		{"full width", "．．／＜", "../<", 0, 1},
		{"full-width comma is text", "，（", "，（", 0, 0},
		{"entities", "&lt;Script&gt;&#39;&#x27;&LPAR;", "<script>''(", 0, 1},
		{"entity without semicolon", "&#0000106avascript", "javascript", 0, 1},
		{"named entity needs its semicolon", "a&lt=5", "a&lt=5", 0, 0},
		{"unknown entity", "caf&eacute;", "caf&eacute;", 0, 0},
		{"javascript", `\x3cscript\u003e\u{2f}`, "<script>/", 0, 1},
		{"surrogate", `\ud83d`, "?", 0, 1},
		{"beyond unicode", "&#x999999999;", "?", 0, 1},
		{"json string", `a\"b\\c\/d\ne`, "a\"b\\c/d\ne", jsonString, 0},
		{"json escape behind a backslash", `\\u0027`, "'", jsonString, 1},
		{"invalid stays", "100% %zz %2 %", "100% %zz %2 %", 0, 0},
		{"truncated", `%u00 \x3 \u{12 &#`, `%u00 \x3 \u{12 &#`, 0, 0},
		{"mixed", "%26lt%3B", "<", 0, 2},
		{"entity of a percent sign", "&#37;27", "'", 0, 2},
		{"nul", "a%00b", "a\x00b", 0, 1},
		{"utf-8 stays", "%C3%89t%c3%a9", "Ét\u00e9", 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, d := decode([]byte("x"), []byte(tt.in), tt.e)
			if string(got) != "x"+tt.want || d.levels != tt.levels {
				t.Errorf("decode(%q) = %q, %d levels; want %q, %d", tt.in, got[1:], d.levels, tt.want, tt.levels)
			}
		})
	}
}

func TestDecodeCounts(t *testing.T) {
	_, d := decode(nil, []byte("AbC%41%2f%zz%"), 0)
	if d.upper != 3 || d.needless != 1 || d.escaped != 2 || d.invalid != 2 {
		t.Errorf("%+v", d)
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	src := []byte("%2527+OR+1%3D1&lt;x\\u0041")
	dst := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { dst, _ = decode(dst[:0], src, plusBlank) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"%27%2527%252527", "&#x27;&#39;&lt;&#", `\x27\u0027\u{27}\`, "%u0027%c0%af%e0%80%af\xc0\xaf", "%", "&", `\"\n\`, "a+b", "\xf0\x80\x80\xaf\xef\xbc\x8f", "&#1114112;&#xd800",
	} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, src []byte, mode uint8) {
		kept := bytes.Clone(src)
		got, d := decode([]byte("pre"), src, escapes(mode)&(plusBlank|jsonString))
		if !bytes.Equal(src, kept) {
			t.Fatal("the source changed")
		}
		if !bytes.HasPrefix(got, []byte("pre")) || len(got)-3 > len(src) {
			t.Fatalf("%q became %q: longer than it was, or what stood before is gone", src, got)
		}
		if d.levels > MaxEscapes || d.upper < 0 || int(d.upper) > len(src) {
			t.Fatalf("%+v", d)
		}
		if bytes.ContainsAny(got[3:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			t.Fatalf("%q is not lower-case", got)
		}
		if d.levels < MaxEscapes { // all escapes are gone: decoding again changes nothing
			again, e := decode(nil, got[3:], 0)
			if e.levels != 0 || !bytes.Equal(again, got[3:]) {
				t.Fatalf("%q decodes to %q and then to %q", src, got[3:], again)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, bb := range []struct{ name, text string }{
		{"plain", strings.Repeat("/shop/list", 10)},
		{"escaped", strings.Repeat("%27+or+1%3D1", 10)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			src := []byte(bb.text)
			dst := make([]byte, 0, len(src))
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				dst, _ = decode(dst[:0], src, plusBlank)
			}
		})
	}
}
