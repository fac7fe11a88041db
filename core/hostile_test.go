package core_test

import (
	"bytes"
	"context"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// hostileLog is a log that was made to cost as much as it can: numbered lines
// of one shape.
type hostileLog struct {
	name, format string
	kind         event.Kind
	head         string
	line         func(dst []byte, i int) []byte
}

func request(dst []byte, client int, target string) []byte {
	dst = append(dst, "10."...)
	dst = strconv.AppendInt(dst, int64(client>>16&255), 10)
	dst = append(dst, '.')
	dst = strconv.AppendInt(dst, int64(client>>8&255), 10)
	dst = append(dst, '.')
	dst = strconv.AppendInt(dst, int64(client&255), 10)
	dst = append(dst, ` - - [29/Jan/2026:10:01:03 +0000] "GET `...)
	dst = append(dst, target...)
	return append(dst, " HTTP/1.1\" 200 5 \"-\" \"-\"\n"...)
}

func hostileLogs() []hostileLog {
	wrapped := func(in string) func([]byte, int) []byte {
		return func(dst []byte, _ int) []byte { return append(append(dst, in...), '\n') }
	}
	of := func(target string) func([]byte, int) []byte {
		return func(dst []byte, i int) []byte { return request(dst, i, target) }
	}
	nested := "%3Cscript%3E"
	for range 6 {
		nested = strings.ReplaceAll(nested, "%", "%25")
	}
	return []hostileLog{
		{"JSON nested below the limit", "json", event.HTTP, "", wrapped(`{"url.path":"/","x":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "}")},
		{"JSON nested far beyond it", "json", event.HTTP, "", wrapped(`{"url.path":"/","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}")},
		{"JSON that never closes", "json", event.HTTP, "", wrapped(`{"url.path":"/","x":` + strings.Repeat(`{"a":`, 50_000))},
		{"one key again and again", "json", event.HTTP, "", wrapped(`{"url.path":"/"` + strings.Repeat(`,"url.path":"/"`, 4000) + "}")},
		{"many keys", "json", event.HTTP, "", func(dst []byte, i int) []byte {
			dst = append(dst, `{"url.path":"/`...)
			for k := range 4000 {
				dst = append(dst, `","k`...)
				dst = strconv.AppendInt(dst, int64(4000*i+k), 36)
				dst = append(dst, `":"`...)
			}
			return append(dst, "\"}\n"...)
		}},
		{"escapes", "json", event.HTTP, "", wrapped(`{"url.path":"/` + strings.Repeat(`\u0041`, 10_000) + `"}`)},
		{"long lines", "combined", event.HTTP, "", of("/" + strings.Repeat("a", 500_000))},
		{"many values", "combined", event.HTTP, "", of("/?" + strings.Repeat("a=1&", 100_000))},
		{"wide values", "combined", event.HTTP, "", of("/?" + strings.Repeat("a="+strings.Repeat("<", 5000)+"&", 100))},
		{"nested escapes", "combined", event.HTTP, "", of("/?q=" + strings.Repeat(nested, 300))},
		{"character references", "combined", event.HTTP, "", of("/?q=" + strings.Repeat("&#x3c;&lt;&amp;lt;", 300))},
		{"base64 of itself", "combined", event.HTTP, "", of("/?q=" + strings.Repeat("PHNjcmlwdD4", 3000))},
		{"a new client each line", "combined", event.HTTP, "", of("/")},
		{"broken lines", "combined", event.HTTP, "", func(dst []byte, i int) []byte { return append(strconv.AppendInt(dst, int64(i), 10), '\n') }},
		{"a new user and source each line", "syslog", event.Auth, "", func(dst []byte, i int) []byte {
			dst = append(dst, "Jan 29 08:53:17 w sshd[1]: Failed password for u"...)
			dst = strconv.AppendInt(dst, int64(i), 36)
			dst = append(dst, " from 10.1."...)
			dst = strconv.AppendInt(dst, int64(i>>8&255), 10)
			dst = append(dst, '.')
			dst = strconv.AppendInt(dst, int64(i&255), 10)
			return append(dst, " port 1 ssh2\n"...)
		}},
		{"a new tunnel each line", "names", event.DNS, "", func(dst []byte, i int) []byte {
			for k := range 4 {
				dst = strconv.AppendInt(dst, int64(i)<<20+int64(k), 36)
				dst = append(dst, '.')
			}
			return append(strconv.AppendInt(dst, int64(i), 36), ".com\n"...)
		}},
		{"many cells", "csv", event.HTTP, "url.path" + strings.Repeat(",x", 3000) + "\n", wrapped("/" + strings.Repeat(`,""`, 3000))},
	}
}

func (h *hostileLog) text(size int) []byte {
	out := append(make([]byte, 0, size+2<<20), h.head...)
	for i := 0; len(out) < size; i++ {
		out = h.line(out, i)
	}
	return out
}

// A pass over a hostile log allocates at most 10 bytes for each byte of the
// log: to parse, encode, score and watch it. Beside that there are the batch and
// the windows of any pass, and the explanation of each incident's worst event,
// of which a pass keeps a bounded number.
func TestHostileAllocation(t *testing.T) {
	const (
		size     = 2 << 20  // more sources than the windows hold
		fixed    = 32 << 20 // measured 0 to 28 MiB
		incident = 16 << 10 // measured 6 KiB
		factor   = 10
	)
	for _, h := range hostileLogs() {
		t.Run(h.name, func(t *testing.T) {
			file, ok := models.Default(h.kind)
			if !ok {
				t.Fatalf("no model of kind %s", h.kind)
			}
			m, err := model.Read(file, model.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			e := engineOf(t, core.Options{Models: []*model.Model{m}, Workers: 1})
			pass := func(text []byte) (allocated, incidents int, sum core.FileSummary) {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				scan := e.NewScan()
				sum, err := scan.File(context.Background(), "log", readerOf(t, h.format, bytes.NewReader(text), event.Options{Kind: h.kind}), func(*core.Result) error { return nil })
				runtime.ReadMemStats(&after)
				if err != nil {
					t.Fatal(err)
				}
				return int(after.TotalAlloc - before.TotalAlloc), len(scan.Incidents()), sum
			}
			once, longer := h.text(size), h.text(3*size/2)
			a, few, _ := pass(once)
			b, many, sum := pass(longer)
			t.Logf("%d KiB for %d KiB, %d for %d; %d records, %d incidents, not read: %v",
				a>>10, len(once)>>10, b>>10, len(longer)>>10, sum.Records, many, sum.Reasons)
			if sum.Records == 0 {
				t.Error("nothing was read")
			}
			if a > fixed+incident*few+factor*len(once) || b-a > incident*(many-few)+factor*(len(longer)-len(once)) {
				t.Errorf("%d bytes allocated for %d of log, %d for %d", a, len(once), b, len(longer))
			}
		})
	}
}
