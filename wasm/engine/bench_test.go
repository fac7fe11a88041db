package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model/models"
)

// One instance, from bytes to rows, as a page with one worker runs it: natively,
// to see what the calls cost besides WebAssembly itself.
func BenchmarkInstance(b *testing.B) {
	dir := b.TempDir()
	if out, err := exec.Command("go", "run", module+"/examples/logs", "-seed", "7", "-lines", "20000", "-o", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		log, format string
		kind        event.Kind
	}{
		{"access.log", "combined", event.HTTP},
		{"conn.log", "zeek", event.Flow},
		{"dns.log", "zeek", event.DNS},
		{"auth.log", "syslog", event.Auth},
	} {
		text, err := os.ReadFile(filepath.Join(dir, c.log))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.log, func(b *testing.B) {
			file, _ := models.Default(c.kind)
			in := &instance{}
			if err := in.load(file); err != nil {
				b.Fatal(err)
			}
			if err := in.ready(); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				scanOnce(b, in, c.format, text)
			}
			lines := float64(bytes.Count(text, []byte("\n")))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
		})
	}
}

// scanOnce scores a log in pieces of the size that a page sends.
func scanOnce(b *testing.B, in *instance, format string, text []byte) {
	const size = 120 << 10
	if err := in.begin(nil); err != nil {
		b.Fatal(err)
	}
	if err := in.file("log", format, 2026); err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 0, 4*size)
	carry := func() []byte { // as JavaScript copies an answer to the input region
		message = append(message[:0], in.out...)
		return message
	}
	for id, at := uint32(0), 0; at < len(text); id++ {
		to := min(at+size, len(text))
		if n := bytes.IndexByte(text[to-1:], '\n'); n >= 0 {
			to += n
		}
		flags := uint32(0)
		if at == 0 {
			flags = pieceFirst
		}
		err := in.prepare(id, flags, int64(at), text[at:to])
		if err == nil {
			err = in.observe(carry())
		}
		if err == nil {
			err = in.finish(id, carry())
		}
		if err == nil {
			err = in.settle(carry())
		}
		if err != nil {
			b.Fatal(err)
		}
		if at == 0 && text[0] == '#' { // the lines that rule all behind them
			in.parser = event.Follow(in.parser, headerLines(text[:to]))
		}
		at = to
	}
	sums := in.order.summaries
	if s := sums[len(sums)-1]; s.Unread > 0 || s.Records == 0 {
		b.Fatalf("%d of %d records are not read", s.Unread, s.Records)
	}
}
