package abi

import (
	"bytes"
	"encoding/hex"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

var update = flag.Bool("update", false, "rewrite the golden frames")

// batch has n rows of three features and a few values of two origins.
func batch(n int) *feature.Batch {
	b := &feature.Batch{N: n, D: 3}
	b.Texts.First = []uint32{0}
	value := func(text string, o feature.Origin) {
		off := len(b.Texts.Buf)
		b.Texts.Buf = append(b.Texts.Buf, text...)
		b.Texts.Values = append(b.Texts.Values, feature.Value{Text: event.Span{Off: uint32(off), Len: uint32(len(text))}, Origin: o})
	}
	for i := range n {
		b.X = append(b.X, float32(i), float32(math.NaN()), -0.5*float32(i))
		if i == 2 {
			b.X[6], b.X[8] = float32(math.Inf(1)), math.SmallestNonzeroFloat32
		}
		switch i % 3 {
		case 0:
			value("/index.html", feature.FromPath)
		case 1:
			value("/shop/item", feature.FromPath)
			value("' or 1=1 --", feature.FromQuery)
			value("", feature.FromQuery)
			value("42", feature.FromQuery)
		}
		b.Texts.First = append(b.Texts.First, uint32(len(b.Texts.Values)))
	}
	return b
}

var schema = &feature.Schema{Kind: event.HTTP, Names: []string{"a", "b", "c"}, Stateless: 2}

func selection(t testing.TB, features, texts []string) Selection {
	t.Helper()
	s, err := NewSelection(&Description{Features: features, Texts: texts}, schema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encode(s *Selection, b *feature.Batch, from, to int) []byte {
	dst := bytes.Repeat([]byte{0xaa}, s.Size(b, from, to))
	s.Encode(dst, b, from, to)
	return dst
}

// Golden frames are the test vectors of other languages' decoders.
func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		name            string
		features, texts []string
		from, to        int
	}{
		{"empty", []string{All}, nil, 0, 0},
		{"features", []string{All}, nil, 0, 4},
		{"chosen", []string{"c", "a"}, nil, 1, 3},
		{"texts", nil, []string{"path", "query"}, 0, 4},
		{"both", []string{"b"}, []string{All}, 1, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sel := selection(t, tt.features, tt.texts)
			got := encode(&sel, batch(5), tt.from, tt.to)
			file := filepath.Join("testdata", tt.name+".frame")
			if *update {
				if err := os.WriteFile(file, []byte(hex.Dump(got)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if hex.Dump(got) != string(want) {
				t.Errorf("frame is\n%swant\n%s", hex.Dump(got), want)
			}
		})
	}
}

// What is encoded is decoded: the features chosen, in order, and the values of
// the origins chosen.
func TestRoundTrip(t *testing.T) {
	b := batch(100)
	for _, cut := range [][2]int{{0, 0}, {0, 1}, {0, 100}, {37, 64}, {99, 100}} {
		sel := selection(t, []string{"c", "a"}, []string{"query", All, "body"})
		var f Frame
		if err := f.Decode(encode(&sel, b, cut[0], cut[1])); err != nil {
			t.Fatal(err)
		}
		if f.N != cut[1]-cut[0] || f.D != 2 || len(f.Texts) != 3 {
			t.Fatalf("%d rows, %d columns, %d texts", f.N, f.D, len(f.Texts))
		}
		for i := range f.N {
			row := b.Row(cut[0] + i)
			for k, c := range []int{2, 0} {
				if math.Float32bits(f.X[2*i+k]) != math.Float32bits(row[c]) {
					t.Fatalf("row %d column %d is %v", i, k, f.X[2*i+k])
				}
			}
			for k, origin := range []feature.Origin{feature.FromQuery, AllOrigins, feature.FromBody} {
				var want, got []string
				for _, v := range b.Texts.Of(cut[0] + i) {
					if origin == AllOrigins || v.Origin == origin {
						want = append(want, string(b.Texts.Bytes(&v)))
					}
				}
				for from, to := f.Texts[k].Of(i); from < to; from++ {
					got = append(got, string(f.Texts[k].Value(from)))
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("row %d text %d is %q, want %q", i, k, got, want)
				}
			}
		}
	}
}

func TestSelectionRefuses(t *testing.T) {
	for name, d := range map[string]Description{
		"a feature of another kind": {Features: []string{"a", "duration"}},
		"a text that is none":       {Texts: []string{"colour"}},
	} {
		if _, err := NewSelection(&d, schema); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

func TestEncodeAllocatesNothing(t *testing.T) {
	b := batch(64)
	sel := selection(t, []string{"c", "a"}, []string{"path", All})
	dst := make([]byte, sel.Size(b, 0, 64))
	var f Frame
	f.Texts = make([]TextColumn, 0, 2)
	if n := testing.AllocsPerRun(100, func() {
		sel.Encode(dst[:sel.Size(b, 0, 64)], b, 0, 64)
		if f.Decode(dst) != nil {
			t.Fatal("not decoded")
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestDecodeRefuses(t *testing.T) {
	sel := selection(t, []string{All}, []string{"path"})
	good := encode(&sel, batch(3), 0, 3)
	put := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { put32(b[at:], v); return b }
	}
	texts := int(u32(good[20:]))
	for _, tt := range []struct {
		name string
		do   func([]byte) []byte
		want Error
	}{
		{"empty", func(b []byte) []byte { return nil }, ErrShort},
		{"half a header", func(b []byte) []byte { return b[:31] }, ErrShort},
		{"cut", func(b []byte) []byte { return b[:len(b)-4] }, ErrShort},
		{"a byte more", func(b []byte) []byte { return append(b, 0) }, ErrTrail},
		{"magic", put(0, 7), ErrMagic},
		{"rows", put(4, MaxRows+1), ErrSizes},
		{"columns", put(8, MaxColumns+1), ErrSizes},
		{"texts", put(12, MaxTextColumns+1), ErrSizes},
		{"more rows than bytes", put(4, 1000), ErrShort},
		{"size", put(16, MaxFrame+1), ErrSizes},
		{"where the texts start", put(20, uint32(texts)+4), ErrOffsets},
		{"reserved", put(28, 1), ErrPadding},
		{"more values than bytes", put(texts, 1<<31), ErrShort},
		{"more text than bytes", put(texts+4, 1<<31), ErrShort},
		{"first value", put(texts+8, 1), ErrOffsets},
		{"falling", put(texts+12, 9), ErrOffsets},
		{"one text less", put(12, 0), ErrTrail},
		{"one text more", put(12, 2), ErrShort},
		{"padding", func(b []byte) []byte { b[len(b)-1] = 1; return b }, ErrPadding},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.do(bytes.Clone(good))
			if err := new(Frame).Decode(b); err != error(tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
	shifted := append([]byte{0}, good...)[1:]
	if uintptr(unsafe.Pointer(&shifted[0]))%4 != 0 {
		if err := new(Frame).Decode(shifted); err != error(ErrAlign) {
			t.Errorf("unaligned: %v", err)
		}
	}
}

func TestDescription(t *testing.T) {
	full := Description{
		ID: "word-rarity", Version: "1.2.3-rc1", Title: "Rare words", Class: "sqli", Kinds: []string{"http", "dns"},
		Features: []string{"query_length", "name with spaces"}, Texts: []string{"query", "name"}, Low: 0, High: 1, Cost: 60, Config: true,
	}
	least := Description{
		ID: "a", Version: "0.0.1", Title: "b", Kinds: []string{"flow"}, Features: []string{All},
		Low: float32(math.Inf(-1)), High: float32(math.Inf(1)), Cost: DefaultCost,
	}
	for _, d := range []Description{full, least} {
		text := d.Append(nil)
		got, err := ParseDescription(text)
		if err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("%v\n%s\n%+v, want\n%+v", err, text, got, d)
		}
	}
	good := string(full.Append(nil))
	for _, tt := range []struct{ name, from, to, says string }{
		{"another version", "tiercel 1", "tiercel 2", "line 1"},
		{"no first line", "tiercel 1\n", "", "line 1"},
		{"unknown key", "class sqli", "colour red", "unknown key"},
		{"twice", "class sqli", "id other", "line 5: id comes twice"},
		{"id of a path", "id word-rarity", "id ../../etc", "is no id"},
		{"version", "1.2.3-rc1", "1.2", "is no version"},
		{"title that moves the cursor", "Rare words", "Rare\x1b[2J", "is no title"},
		{"kind", "kind dns", "kind telepathy", "is no kind"},
		{"kind twice", "kind dns", "kind http", "comes twice"},
		{"no kind", "kind http\nkind dns\n", "", "at least one kind"},
		{"feature twice", "name with spaces", "query_length", "comes twice"},
		{"all and one", "feature name with spaces", "feature *", "stands alone"},
		{"text", "text name", "text colour", "is no text"},
		{"range backward", "range 0 1", "range 1 0", "range needs"},
		{"range of NaN", "range 0 1", "range NaN 1", "range needs"},
		{"cost", "cost 60", "cost -1", "cost needs"},
		{"config", "config required", "config please", "config may only be"},
		{"no id", "id word-rarity\n", "", "are needed"},
		{"empty line", "class sqli", "", "unknown key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Replace(good, tt.from, tt.to, 1)
			if _, err := ParseDescription([]byte(bad)); bad == good || err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want it to say %q", err, tt.says)
			}
		})
	}
	if _, err := ParseDescription(make([]byte, MaxDescription+1)); err == nil {
		t.Error("a description that is too long is taken")
	}
}

// The kernel's sum has the order that its documentation gives; a sum in plain
// order would have other bits.
func TestMatvec(t *testing.T) {
	w := []float32{1, 1e-8, 3, -1e8, 0.1, 7, 1e8}
	x := []float32{0.1, 0.2, 1e7, 1, 0.3, 1e-7, 1}
	dst := make([]float32, 1)
	Matvec(dst, x, w)
	s0 := float32(w[0] * x[0])
	want := ((s0 + float32(w[1]*x[1])) + (float32(w[2]*x[2]) + float32(w[3]*x[3]))) +
		((float32(w[4]*x[4]) + float32(w[5]*x[5])) + float32(w[6]*x[6]))
	if math.Float32bits(dst[0]) != math.Float32bits(want) {
		t.Errorf("%v, want %v", dst[0], want)
	}
	nan := float32(math.NaN())
	Matvec(dst, []float32{nan, 1, 2, nan, 4, nan}, []float32{1, 10, 100, 1000, 10000, 100000})
	if dst[0] != 40210 {
		t.Errorf("with missing values %v, want 40210", dst[0])
	}
	for d := range 40 { // exact in small integers, whatever the order
		x, w, sum := make([]float32, 3*d), make([]float32, d), make([]float32, 3)
		for i := range x {
			x[i] = float32(i%11 - 5)
			w[i%d] = float32(i % 7)
		}
		for i := range x {
			sum[i/d] += x[i] * w[i%d]
		}
		out := make([]byte, 12)
		if !MatvecBytes(out, bytesOf(x), bytesOf(w), 3, d) {
			t.Fatal("refused")
		}
		got := make([]float32, 3)
		Scores(got, out)
		if !reflect.DeepEqual(got, sum) {
			t.Errorf("d = %d: %v, want %v", d, got, sum)
		}
	}
	if MatvecBytes(make([]byte, 4), make([]byte, 8), make([]byte, 4), 1, 1) {
		t.Error("lengths that do not fit are taken")
	}
}

func FuzzDecode(f *testing.F) {
	for _, texts := range [][]string{nil, {"path"}, {All, "query"}} {
		sel := selection(f, []string{All}, texts)
		f.Add(encode(&sel, batch(3), 0, 3))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var fr Frame
		if fr.Decode(bytes.Clone(b)) != nil {
			return
		}
		if len(fr.X) != fr.N*fr.D {
			t.Fatalf("%d features of %d x %d", len(fr.X), fr.N, fr.D)
		}
		for k := range fr.Texts {
			total := 0
			for i := range fr.N {
				for from, to := fr.Texts[k].Of(i); from < to; from++ {
					total += len(fr.Texts[k].Value(from))
				}
			}
			if total != len(fr.Texts[k].Bytes) {
				t.Fatalf("text %d: values of %d bytes in %d", k, total, len(fr.Texts[k].Bytes))
			}
		}
	})
}

func FuzzDescription(f *testing.F) {
	f.Add("tiercel 1\nid a\nversion 1.0.0\ntitle t\nkind http\nfeature *\nrange 0 inf\ncost 1e3\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDescription([]byte(text))
		if err != nil {
			return
		}
		again, err := ParseDescription(d.Append(nil))
		if err != nil || !reflect.DeepEqual(d, again) {
			t.Fatalf("%v: %+v became %+v", err, d, again)
		}
	})
}
