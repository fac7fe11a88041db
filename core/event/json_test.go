package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// tokens renders a text as the sequence of its tokens.
func tokens(text string, l Limits, lenient bool) (string, error) {
	var s Scanner
	s.Reset([]byte(text), l)
	s.Lenient = lenient
	var out []string
	for {
		t, err := s.Next()
		if err != nil {
			return strings.Join(out, " "), err
		}
		switch t {
		case End:
			return strings.Join(out, " "), nil
		case ObjectStart:
			out = append(out, "{")
		case ObjectEnd:
			out = append(out, "}")
		case ArrayStart:
			out = append(out, "[")
		case ArrayEnd:
			out = append(out, "]")
		case Key:
			out = append(out, string(s.AppendText(nil))+":")
		case String:
			out = append(out, "'"+string(s.AppendText(nil))+"'")
		default:
			out = append(out, string(s.Text()))
		}
	}
}

func TestScanner(t *testing.T) {
	small := Limits{MaxDepth: 3, MaxFields: 4}
	tests := []struct {
		name, text, want string
		err              error
		limits           Limits
		lenient          bool
	}{
		{name: "flat object", text: ` {"a":1,"b":"x","c":true,"d":false,"e":null} `, want: "{ a: 1 b: 'x' c: true d: false e: null }"},
		{name: "nested", text: `{"a":[{"b":[]},{}],"c":{}}`, want: "{ a: [ { b: [ ] } { } ] c: { } }"},
		{name: "scalar", text: `"x"`, want: "'x'"},
		{name: "64-bit integer keeps its digits", text: `[18446744073709551615,-9223372036854775808]`, want: "[ 18446744073709551615 -9223372036854775808 ]"},
		{name: "numbers", text: `[0,-0,1.5,1e9,2E-3,-0.25e+2]`, want: "[ 0 -0 1.5 1e9 2E-3 -0.25e+2 ]"},
		{name: "escapes", text: `"\"\\\/\b\f\n\r\tA\u00e9\u20ac"`, want: "'\"\\/\b\f\n\r\tA\u00e9\u20ac'"},
		{name: "surrogate pair", text: `"\ud83d\ude00"`, want: "'\U0001f600'"},
		{name: "lone surrogates", text: `"\ud83d x \ude00\ud83d\u0041"`, want: "'\ufffd x \ufffd\ufffdA'"},
		{name: "bad UTF-8 passes", text: "\"a\xff\xc0b\"", want: "'a\xff\xc0b'"},
		{name: "duplicate keys are reported in order", text: `{"a":1,"a":2}`, want: "{ a: 1 a: 2 }"},
		{name: "nginx escape", text: `"a\x22b"`, want: `'a"b'`, lenient: true},
		{name: "nginx escape when strict", text: `"a\x22b"`, err: ErrJSON},
		{name: "raw tab", text: "\"a\tb\"", want: "'a\tb'", lenient: true},
		{name: "raw tab when strict", text: "\"a\tb\"", err: ErrJSON},
		{name: "empty", text: ``, err: ErrJSON},
		{name: "trailing text", text: `{} {}`, want: "{ }", err: ErrJSON},
		{name: "trailing comma in object", text: `{"a":1,}`, want: "{ a: 1", err: ErrJSON},
		{name: "trailing comma in array", text: `[1,]`, want: "[ 1", err: ErrJSON},
		{name: "missing colon", text: `{"a" 1}`, want: "{", err: ErrJSON},
		{name: "missing comma", text: `[1 2]`, want: "[ 1", err: ErrJSON},
		{name: "bare key", text: `{a:1}`, want: "{", err: ErrJSON},
		{name: "wrong bracket", text: `{"a":1]`, want: "{ a: 1", err: ErrJSON},
		{name: "leading comma", text: `[,1]`, want: "[", err: ErrJSON},
		{name: "value instead of end", text: `{]`, want: "{", err: ErrJSON},
		{name: "unterminated string", text: `"abc`, err: ErrJSON},
		{name: "unterminated escape", text: `"abc\`, err: ErrJSON},
		{name: "bad escape", text: `"\q"`, err: ErrJSON},
		{name: "bad unicode escape", text: `"\u12g4"`, err: ErrJSON},
		{name: "leading zero", text: `01`, err: ErrJSON},
		{name: "lone minus", text: `-`, err: ErrJSON},
		{name: "no fraction", text: `1.`, err: ErrJSON},
		{name: "no exponent", text: `1e+`, err: ErrJSON},
		{name: "not a number", text: `NaN`, err: ErrJSON},
		{name: "cut literal", text: `tru`, err: ErrJSON},
		{name: "literal run on", text: `truex`, want: "true", err: ErrJSON},
		{name: "depth allowed", text: `[[[1]]]`, want: "[ [ [ 1 ] ] ]", limits: small},
		{name: "too deep", text: `[[[[1]]]]`, want: "[ [ [", err: ErrDepth, limits: small},
		{name: "too many members", text: `{"a":1,"b":2,"c":3,"d":4,"e":5}`, want: "{ a: 1 b: 2 c: 3 d: 4", err: ErrTooMany, limits: small},
		{name: "too many elements", text: `[1,2,3,4,5]`, want: "[ 1 2 3 4", err: ErrTooMany, limits: small},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tokens(tt.text, tt.limits, tt.lenient)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestScannerSkip(t *testing.T) {
	var s Scanner
	s.Reset([]byte(`{"a":{"b":[1,{"c":2}]},"d":3,"e":[[],[4]],"f":"g"}`), Limits{})
	var keys []string
	for {
		tok, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if tok == End {
			break
		}
		if tok == Key {
			keys = append(keys, string(s.Text()))
			if string(s.Text()) == "e" { // skip from inside the container as well
				if tok, err := s.Next(); tok != ArrayStart || err != nil {
					t.Fatal(tok, err)
				}
			}
			if err := s.Skip(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := strings.Join(keys, " "); got != "a d e f" {
		t.Errorf("keys %q", got)
	}
}

func TestPlainLenFindsTheFirstSpecialByte(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			b := bytes.Repeat([]byte{'a'}, 24)
			b[at] = byte(c)
			want := len(b)
			if c == '"' || c == '\\' || c < 0x20 {
				want = at
			}
			if got := plainLen(b); got != want {
				t.Fatalf("byte %#x at %d: got %d, want %d", c, at, got, want)
			}
		}
	}
}

func TestScannerDoesNotAllocate(t *testing.T) {
	text := []byte(`{"time":"2026-01-29T10:01:02Z","req":{"method":"GET","uri":"/a\"b","h":[["A","b"]]},"n":12.5}`)
	dst := make([]byte, 0, 256)
	var s Scanner
	if n := testing.AllocsPerRun(100, func() {
		s.Reset(text, Limits{})
		for {
			tok, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			if tok == End {
				return
			}
			if tok == String {
				dst = s.AppendText(dst[:0])
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations a text", n)
	}
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\u00e9\ud83d\ude00",true,false,null,{}]}`, `[[[[`, `"\ud800"`, `{"a":1,"a":2}`, `-0.0e-1`, ` [ ] `, "\"\x00\"", `{"":""}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Scanner
		s.Reset(text, Limits{MaxDepth: maxNesting, MaxFields: 1 << 20})
		var last []byte
		var tok Token
		var err error
		for {
			if tok, err = s.Next(); err != nil || tok == End {
				break
			}
			if tok == String && s.Depth() == 0 {
				last = s.AppendText(nil)
			}
		}
		// The standard library stops at its own depth (10000), far beyond ours.
		if ok := json.Valid(text); ok != (err == nil) && !errors.Is(err, ErrDepth) {
			t.Fatalf("Valid says %v, the scanner %v: %q", ok, err, text)
		}
		if err == nil && last != nil && utf8.Valid(text) {
			var want string
			if json.Unmarshal(text, &want) == nil && want != string(last) {
				t.Fatalf("%q: got %q, want %q", text, last, want)
			}
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	text := []byte(`{"ts":1575413155.938245,"uid":"Ctole83bPCuBlM7Xlk","id.orig_h":"10.18.20.97","id.orig_p":49203,"id.resp_h":"69.147.64.34","id.resp_p":80,"trans_depth":1,"method":"GET","host":"mail.example.com","uri":"/","version":"1.1","user_agent":"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko","request_body_len":0,"response_body_len":303,"status_code":301,"status_msg":"Redirect","tags":[]}`)
	b.SetBytes(int64(len(text)))
	var s Scanner
	for b.Loop() {
		s.Reset(text, Limits{})
		for {
			tok, err := s.Next()
			if err != nil {
				b.Fatal(err)
			}
			if tok == End {
				break
			}
		}
	}
}
