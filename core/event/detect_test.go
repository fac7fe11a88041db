package event

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	tests := []struct {
		name, text, format, why string
		o                       Options
		err                     error
	}{
		{name: "combined", text: strings.Repeat(combinedFormat().Example+"\n", 3) + "garbage\n", format: "combined", why: "3 of 4 lines"},
		{name: "Zeek", text: "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\n1\t2\n", format: "zeek", why: "log conn, 2 fields"},
		{name: "EVE before JSON", text: eveFormat().Example + "\n", format: "eve", why: "1 of 1 records are Suricata EVE events"},
		{name: "EVE of other types", text: `{"timestamp":"2026-01-29T10:01:02Z","event_type":"stats","stats":{}}` + "\n", format: "eve", why: string(ErrEVEType)},
		{name: "Zeek JSON before JSON", text: zeekJSONFormat().Example + "\n", format: "zeek-json", why: "Zeek records"},
		{name: "JSON", text: "{\"url\":\"/a\"}\n{\"foo\":1}\n", format: "json", why: "2 of 2 records are JSON objects, 1 of them not read (" + string(ErrNoFields)},
		{name: "JSON array", text: "[\n{\"url\":\"/a\"},\n{\"url\":\"/b\"}\n]\n", format: "json", why: "2 of 2 records"},
		{name: "CSV", text: "ts,src_ip,dst_ip,proto,src_bytes\n1,192.0.2.1,192.0.2.2,tcp,5\nx\n", format: "csv", why: "known: ts src_ip dst_ip proto src_bytes; 1 of 2 records are read (too few fields)"},
		{name: "CSV of names", text: "domain,label\na.example,0\n", format: "csv", why: "known: domain"},
		{name: "table", text: "a,b\n1,2\n", format: "csv", o: Options{Kind: Table}, why: "2 columns"},
		{name: "mapped CSV", text: "a,b\nx.example,2\n", format: "csv", o: Options{Map: map[string]string{"a": "dns.question.name"}}, why: "known: a"},
		{name: "names", text: "a.example\nb.example\n", format: "names", why: "2 of 2"},
		{name: "byte order mark", text: "\xef\xbb\xbfdomain,label\na.example,0\n", format: "csv"},
		{name: "CSV without known columns", text: "a,b\n1,2\n", err: ErrUnknown},
		{name: "prose", text: "It was a dark night.\nNothing moved.\n", err: ErrUnknown},
		{name: "empty", text: "", err: ErrEmpty},
		{name: "blank", text: " \n\n", err: ErrEmpty},
		{name: "UTF-16", text: "\xff\xfea\x00\n\x00", err: ErrUTF16},
		{name: "pcap", text: "\xd4\xc3\xb2\xa1\x02\x00\x04\x00", err: ErrBinary},
		{name: "EVTX", text: "ElfFile\x00\x00\x00", err: ErrBinary},
		{name: "noise", text: strings.Repeat("\x01\x02abc\n", 9), err: ErrBinary},
		{name: "NUL bytes only", text: strings.Repeat("\x00", 99), err: ErrBinary},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, why, err := Detect([]byte(tt.text), tt.o)
			if f.Name != tt.format || !errors.Is(err, tt.err) || !strings.Contains(why, tt.why) {
				t.Errorf("%q, %q, %v; want %q, %q, %v", f.Name, why, err, tt.format, tt.why, tt.err)
			}
		})
	}
	if _, _, err := Detect([]byte("\xd4\xc3\xb2\xa1"), Options{}); !strings.Contains(err.Error(), "pcap") {
		t.Errorf("%v does not name the capture", err)
	}
}

func TestFormats(t *testing.T) {
	names := map[string]bool{}
	for _, f := range Formats() {
		if names[f.Name] || f.Name == "" || f.Title == "" || len(f.Kinds) == 0 {
			t.Errorf("%q is listed twice or has no title or kinds", f.Name)
		}
		names[f.Name] = true
		if g, ok := FormatByName(f.Name); !ok || g.Title != f.Title {
			t.Errorf("%s is not found by its name", f.Name)
		}
		if got, why, err := Detect([]byte(f.Example+"\n"), Options{}); err != nil || got.Name != f.Name {
			t.Errorf("the example of %s is taken for %q: %s, %v", f.Name, got.Name, why, err)
		}
	}
	if _, ok := FormatByName("no"); ok {
		t.Error("found a format that is none")
	}
}

func FuzzDetect(f *testing.F) {
	for _, format := range Formats() {
		f.Add(format.Example + "\n" + format.Example)
	}
	f.Add("\xef\xbb\xbf[{\"a\":1},")
	f.Add("\x00\x00domain,x\n")
	f.Fuzz(func(t *testing.T, text string) {
		format, why, err := Detect([]byte(text), Options{})
		if (err == nil) != (format.Name != "") || err == nil && why == "" {
			t.Fatalf("%q, %q, %v", format.Name, why, err)
		}
	})
}

func ExampleDetect() {
	log := "ts,src_ip,src_port,dst_ip,dst_port,proto,bytes\n" +
		"2026-01-29T10:01:02Z,192.0.2.7,51544,198.51.100.4,443,tcp,6801\n"
	format, why, err := Detect([]byte(log), Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %s\n", format.Name, why)

	reader, err := NewReader(strings.NewReader(log), format, Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b Batch
	for reader.Next(&b) == nil {
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			fmt.Printf("line %d: %s from %s, %v bytes\n", b.FirstLine+int(e.Line), e.Kind, b.Text(e, SourceIP), e.Num[SourceBytes])
		}
	}
	// Output:
	// csv: header with 7 columns, known: ts src_ip src_port dst_ip dst_port proto bytes; 1 of 1 records are read
	// line 2: flow from 192.0.2.7, 6801 bytes
}

// measured are files of one record each, repeated, for measuring.
var measured = []struct{ name, format, head, line string }{
	{"request", "json", "", `{"time":"2026-01-29T10:01:02Z","remote_addr":"203.0.113.9","request":"GET /shop/item.php?id=17 HTTP/1.1","status":200,"body_bytes_sent":5316,"http_referer":"-","http_user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}`},
	{"headers", "json", "", `{"method":"POST","uri":"/a?b=c","version":"HTTP/1.1","headers":[["Host","a.example"],["Accept","*/*"],["User-Agent","Mozilla/5.0 (X11; \"Linux\" x86_64)"],["Accept-Encoding","gzip, deflate"],["Cookie","session=0123456789abcdef"]],"body":"k=v&w=\u00e4"}`},
	{"dns", "eve", "", eveFormat().Example},
	{"conn", "zeek-json", "", zeekJSONFormat().Example},
	{"conn", "zeek", "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n", "1379288667.706265\tCoyZrY2g74UvMMgp4a\t192.0.2.10\t1032\t198.51.100.191\t80\ttcp\thttp\t0.447460\t601\t38393\tRSTO\t-\tShADadR\t22\t1489\t31\t39641"},
	{"flow", "csv", "ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,src_pkts,dst_pkts,src_bytes,dst_bytes,label\n", "1655071198.444458,192.0.2.167,62771,198.51.100.123,443,tcp,1.135424,14,16,1016,1226,0"},
	{"argus", "csv", "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,SrcPkts,Label\n", "2026/01/29 10:01:02.5,1.5,tcp,192.0.2.1,5000,   ->,192.0.2.2,80,FSPA_FSA,0,0,9,500,200,4,"},
}

func measuredBatch(t testing.TB, format, text string) *Batch {
	f, ok := FormatByName(format)
	if !ok {
		t.Fatal(format)
	}
	r, err := NewReader(strings.NewReader(text), f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := new(Batch)
	if err := r.Next(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// reparse parses a batch again as if it came from a reader.
func reparse(b *Batch) {
	b.Buf, b.words, b.Cells = b.Buf[:b.Records], 0, b.Cells[:0]
	b.Parse()
}

func TestParsingDoesNotAllocate(t *testing.T) {
	for _, m := range measured {
		b := measuredBatch(t, m.format, m.head+strings.Repeat(m.line+"\n", 20))
		reparse(b)
		if len(b.Events) != 20 || b.Events[0].Err != nil {
			t.Fatalf("%s %s: %d events, %v", m.format, m.name, len(b.Events), b.Events[0].Err)
		}
		if n := testing.AllocsPerRun(20, func() { reparse(b) }); n != 0 {
			t.Errorf("%s %s: %v allocations for 20 records", m.format, m.name, n)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, m := range measured {
		b.Run(m.format+"/"+m.name, func(b *testing.B) {
			const n = 500
			batch := measuredBatch(b, m.format, m.head+strings.Repeat(m.line+"\n", n))
			b.SetBytes(int64(batch.Records))
			for b.Loop() {
				reparse(batch)
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "records/s")
		})
	}
}
