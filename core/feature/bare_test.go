package feature

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

func TestBare(t *testing.T) {
	tests := []struct{ text, want string }{ // want is empty where nothing changes
		{"1 or 1=1", ""},
		{"it's/there", ""},
		{"rock # roll -- now", ""},
		{"1/**/or/*a*//*b*/1=1", "1 or 1=1"},
		{"1\xa0or\f\v1", "1 or 1"},
		{"1\u00a0or\t 1", "1 or 1"},
		{"d\u00e0 \u4e2d", ""}, // 0xa0 inside a letter
		{"1 or (select 7)=( select/**/7 )", "1 or 7=7"},
		{"(select 7 from t)", ""},
		{"1/*!50000union*/select", "1 union select"},
		{"1/*!or*/1", "1 or 1"},
		{"admin'/*", ""},
		{"1/*a*/or'/*", "1 or'/*"},
		{"1 -- x\nor 1=1", "1 or 1=1"},
		{"1 #x\r\nor 1=1 -- y", "1 or 1=1 -- y"},
		{"/*x*/", " "},
	}
	for _, tt := range tests {
		got, changed := bare([]byte("abc"), []byte(tt.text))
		if want := "abc" + tt.want; string(got) != want || changed != (tt.want != "") {
			t.Errorf("%q reads %q, %v, want %q", tt.text, got, changed, want)
		}
	}
}

func FuzzBare(f *testing.F) {
	for _, s := range []string{"1/**/or/*!50000 1*/=1", "(select 1)", "((((select 1", "/*/*", "*/*/", "--\n#\n\xa0", "/*!*/"} {
		f.Add(s)
	}
	marks := NewMarkers()
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > MaxValue {
			return
		}
		once, changed := bare(nil, []byte(s))
		if len(once) > len(s) || changed == (len(once) == 0) {
			t.Fatalf("%q reads %q, %v", s, once, changed)
		}
		r := request{marks: marks}
		if a, b, strength := r.focus([]byte(s), FromQuery); a < 0 || a > b || b > len(s) || strength < 0 {
			t.Fatalf("%q: focus %d to %d", s, a, b)
		}
	})
}

// What SQL skips and ordinary text around an attack take nothing from what the
// markers, and the texts that learners read, show of it.
func TestDisguises(t *testing.T) {
	const attack = "7' union all select null,version() from users-- "
	words := strings.Fields("the blue shoes of summer from paris with one garden house to the price of coffee")
	r := rand.New(rand.NewPCG(1, 2))
	pad := func() string {
		var b strings.Builder
		for range 1 + r.IntN(60) {
			b.WriteString(words[r.IntN(len(words))] + " ")
		}
		return b.String()
	}
	enc := NewHTTP()
	encode := func(value string) (row []float32, read []string) {
		var m made
		m.add(event.HTTP, texts{event.Payload: value}, nil)
		out := encodeEvents(enc, &m.Batch)
		for _, v := range out.Texts.Of(0) {
			read = append(read, string(out.Texts.Bytes(&v)))
		}
		return out.Row(0), read
	}
	plain, _ := encode(attack)
	sqli, length := enc.Schema().Column("marker.sqli"), enc.Schema().Column("param.length")
	for range 200 {
		value := attack
		if r.IntN(2) == 0 {
			value = strings.ReplaceAll(value, " ", []string{"/**/", "/*blue*/ ", "\v", "\xa0", " /* of *//*a*/"}[r.IntN(5)])
		}
		padded := pad() + value + " " + pad()
		row, read := encode(padded)
		if row[sqli] < plain[sqli]*0.9 {
			t.Errorf("%q: sqli %.2f, %.2f when plain", padded, row[sqli], plain[sqli])
		}
		if last := read[len(read)-1]; !strings.Contains(last, "union all select null,version() from users") || len(last) > len(attack)+2*focusMargin+8 {
			t.Errorf("%q: the plainest text is %q", padded, last)
		}
		if row[length] > logCount(int32(len(attack)+2*focusMargin+8)) {
			t.Errorf("%q: the statistics are of %.0f doublings of bytes", padded, row[length])
		}
	}
	// A comment around an attack may be one that a database does not know.
	row, _ := encode("/* " + attack + " */")
	if row[sqli] < plain[sqli]*0.9 {
		t.Errorf("in a comment: sqli %.2f, %.2f when plain", row[sqli], plain[sqli])
	}
}
