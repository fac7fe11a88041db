package serve_test

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/serve"
)

// A viewer that stops reading holds nobody up, is not waited for with more than
// a message in memory, and is shown the door.
func TestSlowViewer(t *testing.T) {
	const events = 8000 // of about two kilobytes each: more than sockets hold
	url := start(t, func(c *serve.Config) { c.Limits.Viewers, c.Limits.ViewerTime = 2, time.Second })
	slow, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if err := slow.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(slow, "GET /v1/events?what=threats HTTP/1.1\r\nHost: %s\r\n\r\n", slow.RemoteAddr())
	if _, err := io.ReadFull(slow, make([]byte, 16)); err != nil { // it is being served
		t.Fatal(err)
	}
	rows := follow(t, url+"/v1/events?what=threats", "threat")
	if status, h, _ := send(t, "GET", url+"/v1/events", nil, nil); status != 429 || h.Get("Retry-After") == "" {
		t.Fatalf("a third viewer: %d", status)
	}

	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var text strings.Builder
	for i := range events {
		text.WriteString(strings.Replace(attack, "203.0.113.9", fmt.Sprintf("198.51.%d.%d", i/250, i%250), 1))
	}
	if status, _, said := send(t, "POST", url+"/v1/ingest?format=combined", strings.NewReader(text.String()), nil); status != 200 {
		t.Fatalf("%d %s", status, said)
	}
	for range events {
		if row, ok := <-rows; !ok || row["tiercel.threat"] != true {
			t.Fatalf("the other viewer was cut off: %v", row)
		}
	}
	until(t, "the slow viewer to be let go", func() bool {
		_, _, said := send(t, "GET", url+"/metrics", nil, nil)
		return strings.Contains(said, "tiercel_viewers 1\n")
	})
	if grown := int64(heap()) - int64(before); grown > 64<<20 {
		t.Errorf("%d MiB more on the heap", grown>>20)
	}
}
