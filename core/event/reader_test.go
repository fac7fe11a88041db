package event

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// parsed is one record as a test sees it.
type parsed struct {
	line   int
	offset int64
	raw    string
	err    error
}

// readRecords reads all records and the number of physical lines.
func readRecords(t testing.TB, src io.Reader, f Format, o Options) (records []parsed, lines int, err error) {
	t.Helper()
	r, err := NewReader(src, f, o)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	for {
		if err := r.Next(&b); err == io.EOF {
			return records, lines, nil
		} else if err != nil {
			return records, lines, err
		}
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			records = append(records, parsed{b.FirstLine + int(e.Line), b.Offset + int64(e.Raw.Off), string(b.Bytes(e.Raw)), e.Err})
		}
		lines += b.Lines
	}
}

func TestReaderLines(t *testing.T) {
	long := strings.Repeat("x", 50)
	tests := []struct {
		name, text string
		limits     Limits
		want       []parsed
		lines      int
	}{
		{name: "empty"},
		{name: "one line without its end", text: "a.b.c", want: []parsed{{1, 0, "a.b.c", nil}}, lines: 1},
		{name: "line ends", text: "a.bc\r\nd.ef\n\ng.hi\r\n", want: []parsed{{1, 0, "a.bc", nil}, {2, 6, "d.ef", nil}, {4, 12, "g.hi", nil}}, lines: 4},
		{name: "byte order mark", text: "\xef\xbb\xbfa.bc\n", want: []parsed{{1, 3, "a.bc", nil}}, lines: 1},
		{name: "NUL bytes before a line", text: "\x00\x00\x00a.bc\nd.ef\n", want: []parsed{{1, 3, "a.bc", nil}, {2, 8, "d.ef", nil}}, lines: 2},
		{name: "record that fails is kept", text: "a b\nd.ef\n", want: []parsed{{1, 0, "a b", errName}, {2, 4, "d.ef", nil}}, lines: 2},
		{
			name: "long line in the middle", text: "a.bc\n" + long + "\nd.ef\n", limits: Limits{MaxLine: 10}, lines: 3,
			want: []parsed{{1, 0, "a.bc", nil}, {2, 5, long[:11], ErrLineTooLong}, {3, 56, "d.ef", nil}},
		},
		{
			name: "long line at the end", text: "a.bc\n" + long, limits: Limits{MaxLine: 10}, lines: 2,
			want: []parsed{{1, 0, "a.bc", nil}, {2, 5, long[:11], ErrLineTooLong}},
		},
		{name: "line of the longest length", text: "a.bcdefghi\nd.ef\n", limits: Limits{MaxLine: 10}, want: []parsed{{1, 0, "a.bcdefghi", nil}, {2, 11, "d.ef", nil}}, lines: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// No size of batch or of reads may change anything but how much of a
			// line beyond the limit is kept.
			for _, size := range []int{1, 4, 7, 64, 4096} {
				for name, src := range map[string]io.Reader{
					"whole": strings.NewReader(tt.text), "bytes": iotest.OneByteReader(strings.NewReader(tt.text)),
					"data with EOF": iotest.DataErrReader(strings.NewReader(tt.text)),
				} {
					got, lines, err := readRecords(t, src, namesFormat(), Options{Limits: tt.limits, BatchBytes: size})
					if err != nil || lines != tt.lines || len(got) != len(tt.want) {
						t.Fatalf("batches of %d, %s: %d lines, %v, records %v; want %d lines, %v", size, name, lines, err, got, tt.lines, tt.want)
					}
					for i, w := range tt.want {
						if g := got[i]; g.line != w.line || g.offset != w.offset || !errors.Is(g.err, w.err) || !strings.HasPrefix(g.raw, w.raw) || w.err != ErrLineTooLong && g.raw != w.raw {
							t.Errorf("batches of %d, %s: record %d is %v, want %v", size, name, i, g, w)
						}
					}
				}
			}
		})
	}
}

// endless is a line without an end.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= n
	return n, nil
}

func TestReaderBoundsMemoryOfALongLine(t *testing.T) {
	const length = 256 << 20
	for _, f := range []Format{namesFormat(), jsonFormat()} {
		r, err := NewReader(io.MultiReader(strings.NewReader(`[{"a":"`), &endless{length}, strings.NewReader("\"},\n{\"url\":\"/\"}\n]")), f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		events, lines := 0, 0
		for r.Next(&b) == nil {
			b.Parse()
			events += len(b.Events)
			lines += b.Lines
			if events == 1 && len(b.Events) == 1 && b.Events[0].Err != ErrLineTooLong {
				t.Errorf("%s: %v", f.Name, b.Events[0].Err)
			}
		}
		if cap(r.base) > 4<<20 || cap(b.Buf) > 4<<20 {
			t.Errorf("%s: window of %d, buffer of %d bytes", f.Name, cap(r.base), cap(b.Buf))
		}
		if events < 2 || lines != 3 {
			t.Errorf("%s: %d events, %d lines", f.Name, events, lines)
		}
	}
}

func TestReaderValues(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // records: line, a colon, text or error
		lines      int
		limits     Limits
	}{
		{name: "array", text: "[{\"url\":\"/a\"},\n {\"url\":\"/b\"}\n]\n", want: []string{`1:{"url":"/a"}`, `2:{"url":"/b"}`}, lines: 3},
		{name: "array in one line", text: `[{"url":"/a]"},{"url":"/b\""}]`, want: []string{`1:{"url":"/a]"}`, `1:{"url":"/b\""}`}, lines: 1},
		{name: "empty array", text: "[]\n", lines: 1},
		{name: "scalars in an array fail", text: `[1,"x",{"url":"/"}]`, want: []string{"1:" + string(ErrJSON), "1:" + string(ErrJSON), `1:{"url":"/"}`}, lines: 1},
		{name: "wrapper", text: `{"Records":[{"url":"/a","b":[1]},{"url":"/b"}],"next":{"c":1}}`, want: []string{`1:{"url":"/a","b":[1]}`, `1:{"url":"/b"}`}, lines: 1},
		{name: "wrapper after other members", text: "{\"count\":2,\n\"meta\":{\"a\":[{}]},\n\"events\":[\n{\"url\":\"/a\"}]}", want: []string{`4:{"url":"/a"}`}, lines: 4},
		{name: "HAR", text: `{"log":{"version":"1.2","creator":{"name":"x"},"entries":[{"request":{"method":"GET","url":"https://a.example/"}}]}}`, want: []string{`1:{"request":{"method":"GET","url":"https://a.example/"}}`}, lines: 1},
		{name: "wrappers one a line", text: "{\"Records\":[{\"url\":\"/a\"}]}\n{\"Records\":[{\"url\":\"/b\"}]}\n", want: []string{`1:{"url":"/a"}`, `2:{"url":"/b"}`}, lines: 2},
		{name: "printed over lines", text: "{\n \"url\": \"/a\"\n}\n{\n \"url\": \"/b\"\n}\n", want: []string{"1:{\n \"url\": \"/a\"\n}", "4:{\n \"url\": \"/b\"\n}"}, lines: 6},
		{name: "one a line", text: "{\"url\":\"/a\"}\n{\"url\":\"/b\"}\n", want: []string{`1:{"url":"/a"}`, `2:{"url":"/b"}`}, lines: 2},
		{name: "one a line, the first cut", text: "{\"url\":\"/a\n{\"url\":\"/b\"}\n", want: []string{"1:" + string(ErrJSON), `2:{"url":"/b"}`}, lines: 2},
		{name: "one a line with commas", text: "{\"url\":\"/a\"},\n{\"url\":\"/b\"},\n", want: []string{`1:{"url":"/a"}`, `2:{"url":"/b"}`}, lines: 2},
		{name: "broken string ends its record", text: "[{\"url\":\"/a},\n{\"url\":\"/b\"}]", want: []string{"1:" + string(ErrJSON), `2:{"url":"/b"}`}, lines: 2},
		{name: "cut at the end", text: "[{\"url\":\"/a\"},{\"url\":", want: []string{`1:{"url":"/a"}`, "1:" + string(ErrJSON)}, lines: 1},
		{name: "element beyond the limit", text: "[{\"url\":\"/a\"},\n{\"url\":\"/" + strings.Repeat("b", 90) + "\",\n\"c\":1},\n{\"url\":\"/c\"}]\n", limits: Limits{MaxLine: 30}, want: []string{`1:{"url":"/a"}`, "2:" + string(ErrLineTooLong), `4:{"url":"/c"}`}, lines: 4},
		{name: "too deep", text: `[{"a":[[[[1]]]]},{"url":"/"}]`, limits: Limits{MaxDepth: 4}, want: []string{"1:" + string(ErrDepth), `1:{"url":"/"}`}, lines: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 5, 17, 4096} {
				for _, src := range []io.Reader{strings.NewReader(tt.text), iotest.OneByteReader(strings.NewReader(tt.text))} {
					records, lines, err := readRecords(t, src, jsonFormat(), Options{BatchBytes: size, Limits: tt.limits})
					if err != nil {
						t.Fatal(err)
					}
					var got []string
					for _, r := range records {
						text := r.raw
						if r.err != nil {
							text = r.err.Error()
						} else if !strings.HasPrefix(tt.text[r.offset:], r.raw) {
							t.Errorf("record %q is not at offset %d", r.raw, r.offset)
						}
						got = append(got, strconv.Itoa(r.line)+":"+text)
					}
					if strings.Join(got, "\n") != strings.Join(tt.want, "\n") || lines != tt.lines {
						t.Fatalf("batches of %d: %d lines, records\n%s\nwant %d lines and\n%s", size, lines, strings.Join(got, "\n"), tt.lines, strings.Join(tt.want, "\n"))
					}
				}
			}
		})
	}
}

func TestReaderErrors(t *testing.T) {
	t.Run("records before a failure are delivered", func(t *testing.T) {
		broken := errors.New("disk")
		got, _, err := readRecords(t, io.MultiReader(strings.NewReader("a.bc\nd.e"), iotest.ErrReader(broken)), namesFormat(), Options{})
		if len(got) != 2 || !errors.Is(err, broken) {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("UTF-16", func(t *testing.T) {
		for _, text := range []string{"\xff\xfea\x00.\x00b\x00\n\x00", "a\x00.\x00b\x00c\x00d\x00e\x00f\x00g\x00h\x00\n\x00"} {
			if _, _, err := readRecords(t, strings.NewReader(text), namesFormat(), Options{}); err != ErrUTF16 {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
	t.Run("source that returns nothing", func(t *testing.T) {
		if _, _, err := readRecords(t, stuck{}, namesFormat(), Options{}); err != io.ErrNoProgress {
			t.Error(err)
		}
	})
	t.Run("unknown field in the map", func(t *testing.T) {
		_, err := NewReader(strings.NewReader(""), csvFormat(), Options{Map: map[string]string{"a": "no.such"}})
		if err == nil || !strings.Contains(err.Error(), "no.such") {
			t.Error(err)
		}
	})
	t.Run("batch without a parser", func(t *testing.T) {
		b := Batch{Buf: []byte("a\n"), Records: 2}
		b.Parse()
		if len(b.Events) != 1 || b.Events[0].Err != ErrNoParser {
			t.Error(b.Events)
		}
	})
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReaderCutsWhereTheLayoutChanges(t *testing.T) {
	text := "#fields\tid.orig_h\tid.resp_h\tproto\tconn_state\n192.0.2.1\t192.0.2.2\ttcp\tSF\n" +
		"#close\t2026\n#path\tdns\n#fields\tquery\tid.orig_h\na.example\t192.0.2.3\n" +
		"#path\tx509\n#fields\tid.orig_h\n1\n"
	for _, size := range []int{1, 30, 100, 4096} {
		r, err := NewReader(strings.NewReader(text), zeekFormat(), Options{BatchBytes: size})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var b Batch
		lines := 0
		for r.Next(&b) == nil {
			b.Parse()
			for i := range b.Events {
				e := &b.Events[i]
				what := e.Kind.String() + " " + string(b.Text(e, SourceIP))
				if e.Err != nil {
					what = e.Err.Error()
				}
				got = append(got, strconv.Itoa(b.FirstLine+int(e.Line))+" "+what)
			}
			lines += b.Lines
		}
		if want := "2 flow 192.0.2.1|6 dns 192.0.2.3|9 " + string(ErrZeekPath); strings.Join(got, "|") != want || lines != 9 {
			t.Errorf("batches of %d: %q, %d lines; want %q", size, got, lines, want)
		}
	}
}

func FuzzReader(f *testing.F) {
	for i, format := range Formats() {
		f.Add(format.Example+"\n"+format.Example, uint8(i), uint8(40))
	}
	for i, text := range []string{
		"[{\"a\":[{\"b\":1}]},\n{\"url\":\"/\"}]", `{"Records":[{"url":"/"},1]}`, "{\n\"url\":1\n}\n{", "ts,src_ip,\"dst\"\"ip\"\n1,\"2\n",
		"#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\n1\t2\\x41\n#fields\n", `{"headers":[["a","b"],{"name":"Host","value":"h"},"c: d"],"url":{"a":[[]]}}`,
		`{"eventid":"cowrie.login.failed"}` + "\n" + `{"EventID":4625,"Status":"0xC000006D","LogonType":3}`, "\xef\xbb\xbf\x00\x00{}",
	} {
		for format := range Formats() {
			f.Add(text, uint8(format), uint8(i))
		}
	}
	formats := Formats()
	f.Fuzz(func(t *testing.T, text string, format, size uint8) {
		o := Options{BatchBytes: int(size) + 1, Limits: Limits{MaxLine: 200, MaxFields: 64, MaxDepth: 8}, Cells: size%2 == 0}
		r, err := NewReader(strings.NewReader(text), formats[int(format)%len(formats)], o)
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		lines, offset := 0, int64(-1)
		for {
			if err := r.Next(&b); err != nil {
				if err != io.EOF && err != ErrUTF16 {
					t.Fatal(err)
				}
				if err == ErrUTF16 {
					return
				}
				break
			}
			if b.Offset <= offset {
				t.Fatalf("batch at %d follows one at %d", b.Offset, offset)
			}
			offset = b.Offset
			b.Parse()
			for i := range b.Events {
				e := &b.Events[i]
				for _, s := range append(e.Text[:], e.Raw) {
					b.Bytes(s)
				}
				for _, s := range b.Cells[e.Cells.Off : e.Cells.Off+e.Cells.Len] {
					b.Bytes(s)
				}
				if raw := b.Bytes(e.Raw); !strings.HasPrefix(text[b.Offset+int64(e.Raw.Off):], string(raw)) {
					t.Fatalf("record %q is not at its offset", raw)
				}
			}
			lines += b.Lines
		}
		want := strings.Count(text, "\n")
		if n := len(strings.TrimPrefix(text, "\xef\xbb\xbf")); n > 0 && text[len(text)-1] != '\n' {
			want++
		}
		if lines != want {
			t.Fatalf("%d lines counted, %d expected: %q", lines, want, text)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	line := `203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /shop/item.php?id=17&lang=en HTTP/1.1" 200 5316 "https://www.example.com/shop/" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 and some more of it"`
	text := bytes.Repeat([]byte(line[:min(len(line), 224)]+"\n"), 20000)
	for _, f := range []Format{combinedFormat(), zeekFormat()} {
		b.Run(f.Name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			var batch Batch
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(text), f, Options{})
				if err != nil {
					b.Fatal(err)
				}
				for r.Next(&batch) == nil {
					// the batch without parsing it
				}
			}
			b.ReportMetric(float64(b.N)*20000/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
