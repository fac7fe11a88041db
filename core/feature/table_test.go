package feature

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

func tableBatch(rows ...string) *made {
	var m made
	for _, r := range rows {
		e := m.add(event.Table, nil, nil)
		e.Cells.Off = uint32(len(m.Cells))
		for cell := range strings.SplitSeq(r, ",") {
			m.Cells = append(m.Cells, m.Append([]byte(cell)))
			e.Cells.Len++
		}
	}
	return &m
}

func TestTable(t *testing.T) {
	columns := []Column{{Source: "bytes"}, {Source: "proto", Level: []string{"tcp"}}, {Source: "proto", Level: []string{"udp"}}, {Source: "gone"}, {Source: "proto", Level: []string{"icmp", "tcp"}}}
	enc, err := NewTable(columns, []string{"id", "proto", "bytes"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := enc.Schema().Names, []string{"bytes", "proto=tcp", "proto=udp", "gone", "proto code"}; !reflect.DeepEqual(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	nan := math.NaN()
	m := tableBatch("1,tcp,-12.5", "2,icmp,many", "3", "4,udp,", "5,udp,1e300", "6,tcp,NaN")
	out := encodeEvents(enc, &m.Batch)
	for i, want := range [][5]float64{
		{-12.5, 1, 0, nan, 1},
		{nan, 0, 0, nan, 0},
		{nan, nan, nan, nan, nan},
		{nan, 0, 1, nan, -1},
		{nan, 0, 1, nan, -1},
		{nan, 1, 0, nan, 1},
	} {
		for j, w := range want {
			if got := float64(out.Row(i)[j]); got != w && !(got != got && w != w) {
				t.Errorf("row %d: %s = %g, want %g", i, enc.Schema().Names[j], got, w)
			}
		}
		if out.obs[i].Kind != event.Table || out.obs[i].Entity != 0 {
			t.Errorf("row %d: observation %+v", i, out.obs[i])
		}
	}
	var s Scratch
	good := tableBatch("1,tcp,-12.5", "2,udp,7")
	if n := testing.AllocsPerRun(100, func() { enc.Encode(&out.Batch, &out.obs, &good.Batch, &s) }); n != 0 {
		t.Errorf("%g allocations a batch", n)
	}
}

func TestNewTableRefuses(t *testing.T) {
	many := make([]Column, MaxColumns+1)
	for _, tt := range []struct {
		name    string
		columns []Column
		file    []string
		want    string
	}{
		{"nothing", nil, []string{"a"}, "no columns"},
		{"too many", many, []string{"a"}, "limit"},
		{"a name twice", []Column{{Source: "a"}}, []string{"a", "a"}, "two columns"},
		{"another file", []Column{{Source: "a"}}, []string{"b"}, "none of the model's columns"},
		{"no levels", []Column{{Source: "a", Level: []string{}}}, []string{"a"}, "without levels"},
	} {
		if _, err := NewTable(tt.columns, tt.file); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestInferTable(t *testing.T) {
	header := []string{"id", "proto", "bytes", "same", "empty", "label", "host"}
	var sample [][]string
	for i := range 40 {
		proto := "udp"
		if i%3 == 0 {
			proto = "tcp"
		}
		if i%20 == 0 {
			proto = "7" // a number among words
		}
		sample = append(sample, []string{fmt.Sprint(i), proto, fmt.Sprint(i * 10), "x", "", "1", fmt.Sprint("host", i)})
	}
	got, err := InferTable(header, sample, "id", "label")
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{
		{Source: "proto", Level: []string{"udp"}},
		{Source: "proto", Level: []string{"tcp"}},
		{Source: "proto", Level: []string{"7"}},
		{Source: "proto", Level: []string{"7", "tcp", "udp"}},
		{Source: "bytes"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("columns %+v, want %+v", got, want)
	}
	if _, err := InferTable(header, nil); err == nil {
		t.Error("an empty sample has columns")
	}

	// Levels beyond the bound go, the rarest first; ties by name.
	sample = nil
	for i := range 100 {
		for range 1 + i%2*5 {
			sample = append(sample, []string{fmt.Sprintf("v%03d", i)})
		}
	}
	got, err = InferTable([]string{"c"}, sample)
	if err != nil || len(got) != MaxCategories+1 || got[0].Level[0] != "v001" || got[50].Level[0] != "v000" {
		t.Errorf("%d levels, %v: %v", len(got), err, got)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("a,b\n1,x\n2,y\n3,x")
	f.Add("a\n-1e308\n0x1p-2\ninf\n1_000")
	f.Add("a,,a\n,,\n\xff,1")
	f.Fuzz(func(t *testing.T, data string) {
		lines := strings.Split(data, "\n")
		header := strings.Split(lines[0], ",")
		var sample [][]string
		for _, l := range lines[1:] {
			sample = append(sample, strings.Split(l, ","))
		}
		columns, err := InferTable(header, sample, "label")
		if err != nil {
			return
		}
		enc, err := NewTable(columns, header)
		if err != nil {
			return
		}
		out := encodeEvents(enc, &tableBatch(lines[1:]...).Batch)
		for _, x := range out.X {
			if math.IsInf(float64(x), 0) {
				t.Fatal("infinite value")
			}
		}
	})
}

func ExampleInferTable() {
	header := []string{"duration", "protocol", "label"}
	sample := [][]string{{"0", "tcp", "0"}, {"12", "udp", "1"}, {"3", "tcp", "0"}}
	columns, err := InferTable(header, sample, "label")
	if err != nil {
		panic(err)
	}
	enc, err := NewTable(columns, header)
	if err != nil {
		panic(err)
	}
	fmt.Println(enc.Schema().Names)
	// Output: [duration protocol=tcp protocol=udp]
}
