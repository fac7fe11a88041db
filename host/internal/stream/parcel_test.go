package stream

import (
	"bytes"
	"reflect"
	"testing"
)

func TestParcelRoundTrip(t *testing.T) {
	in := Parcel{
		About:   About{Batch: "b", Source: "web", Format: "combined", Map: map[string]string{"a": "b"}, Year: 2026, Head: []byte("#x\n"), Sent: 7},
		Index:   []uint32{0, 3, 4, 900},
		Records: []byte("one\ntwo\nthree\nfour\n"),
	}
	data, err := in.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out Parcel
	if err := out.read(data); err != nil || !reflect.DeepEqual(out, in) {
		t.Errorf("%+v, %v", out, err)
	}
	for n := range data[:len(data)-len(in.Records)] {
		if err := out.read(data[:n]); err == nil {
			t.Fatalf("%d bytes of it were taken for a parcel", n)
		}
	}
}

func FuzzParcel(f *testing.F) {
	p := Parcel{About: About{Batch: "b", Format: "combined"}, Index: []uint32{1, 2}, Records: []byte("x\ny\n")}
	seed, err := p.Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Parcel
		if p.read(data) != nil {
			return
		}
		again, err := p.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		var q Parcel
		if err := q.read(again); err != nil || !bytes.Equal(q.Records, p.Records) || len(q.Index) != len(p.Index) {
			t.Fatalf("%+v became %+v: %v", p, q, err)
		}
	})
}

// Entities are spread over the partitions, each always to the same one.
func TestPartitionOf(t *testing.T) {
	var n [8]int
	for i := range 4000 {
		n[partitionOf([]byte{byte(i), byte(i >> 8), '.', '1'}, len(n))]++
	}
	for p, got := range n {
		if got < 400 || got > 600 {
			t.Errorf("partition %d has %d of 4000 entities", p, got)
		}
	}
}
