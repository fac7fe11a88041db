package stream

import (
	"bytes"
	"fmt"
	"testing"
)

func TestSeen(t *testing.T) {
	var s seen
	for i := range seenParcels + 10 {
		if id := fmt.Sprint(i); !s.add(id) || s.add(id) {
			t.Fatalf("id %d: want it to be new once", i)
		}
	}
	var again seen
	if err := again.read(s.bytes()); err != nil || !bytes.Equal(again.bytes(), s.bytes()) {
		t.Fatalf("what was saved is read as something else: %v", err)
	}
	for _, s := range []*seen{&s, &again} {
		if len(s.has) != seenParcels {
			t.Errorf("%d ids are kept, want %d", len(s.has), seenParcels)
		}
		if s.add("10") || s.add(fmt.Sprint(seenParcels)) {
			t.Error("a remembered id counts as new")
		}
		if !s.add("9") {
			t.Error("the oldest id is not forgotten")
		}
	}
	for _, n := range []int{1, seenBytes - 1, (seenParcels + 1) * seenBytes} {
		if err := again.read(make([]byte, n)); err == nil {
			t.Errorf("%d bytes are read", n)
		}
	}
}
