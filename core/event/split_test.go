package event

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// eventsOf reads all events of a reader as texts: what each record holds and
// where it stands.
func eventsOf(t *testing.T, r *Reader) []string {
	t.Helper()
	var out []string
	var b Batch
	for {
		err := r.Next(&b)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			text := string(b.Bytes(e.Raw)) + "|" + e.Kind.String()
			if e.Err != nil {
				text += "|" + e.Err.Error()
			}
			for f := range NumText {
				text += "|" + string(b.Text(e, f))
			}
			out = append(out, text)
		}
	}
}

// A file that is cut where Split allows gives the records of the whole file.
func TestSplit(t *testing.T) {
	zeek := "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\n1\t10.0.0.1\ta.example\n" +
		"2\t10.0.0.2\tb.example\n#separator \\x09\n#path\tdns\n#fields\tts\tquery\tid.orig_h\n3\tc.example\t10.0.0.3\n4\td.example\t10.0.0.4\n"
	access := strings.Repeat(`203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /a?b=1 HTTP/1.1" 200 5 "-" "x"`+"\n", 5)
	tests := []struct {
		name, format, text string
		how                Split
		head               int
	}{
		{"access lines", "combined", access, SplitLines, 0},
		{"byte order mark", "combined", "\xef\xbb\xbf" + access, SplitLines, 0},
		{"JSON lines", "json", `{"method":"GET","url":"/"}` + "\n" + `{"method":"GET","url":"/x"}` + "\n", SplitLines, 0},
		{"JSON array", "json", `[{"method":"GET","url":"/"},` + "\n" + `{"method":"GET","url":"/x"}]`, SplitNone, 0},
		{"Zeek with a second header", "zeek", zeek, SplitMarked, 0},
		{"CSV", "csv", "# exported\nts,query\n1,a.example\n2,b.example\nts,query\n3,c.example\n", SplitHead, 20},
		{"CSV behind a byte order mark", "csv", "\xef\xbb\xbfts,query\n1,a.example\n2,b.example\n", SplitHead, 12},
		{"CSV of a header only", "csv", "ts,query", SplitNone, 0},
		{"CSV below a title", "csv", "Report\nts,query\n1,a.example\n", SplitHead, 16},
		{"CSV without known column", "csv", "foo,bar\n1,a.example\n", SplitNone, 0},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			f, ok := FormatByName(c.format)
			if !ok {
				t.Fatal("no such format")
			}
			how, head, err := SplitOf(f, Options{}, []byte(c.text))
			if err != nil || how != c.how || head != c.head {
				t.Fatalf("cut as %d behind %d, %v; want %d behind %d", how, head, err, c.how, c.head)
			}
			if how == SplitNone {
				return
			}
			whole, err := NewReader(strings.NewReader(c.text), f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := eventsOf(t, whole)
			for cut := max(head, 1); cut < len(c.text); cut++ {
				if c.text[cut-1] != '\n' {
					continue
				}
				first, err := NewReader(strings.NewReader(c.text[:cut]), f, Options{})
				if err != nil {
					t.Fatal(err)
				}
				got := eventsOf(t, first)
				p, err := f.New(Options{})
				if err != nil {
					t.Fatal(err)
				}
				p = Follow(p, headers(c.text[:cut], how, head))
				second := NewReaderBehind(strings.NewReader(c.text[cut:]), p, Options{}, int64(cut))
				got = append(got, eventsOf(t, second)...)
				second.Behind(strings.NewReader(c.text[cut:]), p, int64(cut)) // once more, in used memory
				if again := eventsOf(t, second); !slices.Equal(again, got[len(got)-len(again):]) {
					t.Fatalf("cut at %d, read again:\n%s", cut, strings.Join(again, "\n"))
				}
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Fatalf("cut at %d:\n%s\nwant\n%s", cut, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

// headers returns the lines before a cut that may rule those behind it.
func headers(before string, how Split, head int) []byte {
	switch how {
	case SplitHead:
		return []byte(before[:head])
	case SplitMarked:
		var out bytes.Buffer
		for line := range strings.Lines(before) {
			if line[0] == '#' {
				out.WriteString(line)
			}
		}
		return out.Bytes()
	}
	return nil
}
