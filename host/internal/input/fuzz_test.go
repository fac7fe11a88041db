package input_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/tiercel/tiercel/host/internal/input"
)

// FuzzOpen: whatever the bytes are, what can be unpacked of them is read in
// bounded memory, and what cannot is an error that names the input; text that is
// not packed comes out as it went in.
func FuzzOpen(f *testing.F) {
	text := lines(200)
	packed, tight := gzipped(f, text, "more\n"), zstandard(f, text, zstd.WithEncoderCRC(true))
	for _, seed := range [][]byte{
		nil, []byte(text), packed, packed[:len(packed)/2], packed[:5], append(bytes.Clone(packed), "rubbish"...),
		tight, tight[:len(tight)-2], tight[:6], append(bytes.Clone(tight), tight...),
		[]byte("\x50\x2a\x4d\x18\xff\xff\xff\xff"),             // a skippable frame of 4 GiB
		[]byte("\x28\xb5\x2f\xfd\x00\x88\x21\x00\x00abcd"),     // a window of 128 MiB
		[]byte("\x28\xb5\x2f\xfd\x00\x68\x03\x00\x80abcdefgh"), // a run of 16 KiB, again and again
		[]byte("\x1f\x8b\x08\x1c\x00\x00\x00\x00\x00\x00\xff\xff"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 1 << 20 // bytes unpacked, so that a bomb ends
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		in, err := input.Open("-", bytes.NewReader(data))
		var got []byte
		if err == nil {
			got, err = io.ReadAll(io.LimitReader(in, most))
			in.Close()
		}
		runtime.ReadMemStats(&after)
		var named *input.Error
		if err != nil && !errors.As(err, &named) {
			t.Fatalf("an error without a name: %v", err)
		}
		if err == nil && in.Packing() == "" && !bytes.Equal(got, data[:min(len(data), most)]) {
			t.Fatalf("%d bytes became %d", len(data), len(got))
		}
		// Decoders keep a window, the read-ahead 1 MiB, and ReadAll doubles.
		if used := after.TotalAlloc - before.TotalAlloc; used > 3*input.MaxWindow+16<<20 {
			t.Fatalf("%d bytes allocated for %d", used, len(data))
		}
	})
}
