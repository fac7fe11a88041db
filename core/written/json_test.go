package written_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/written"
)

func ExampleAppendString() {
	shown := written.Style{Hidden: func(r rune) bool { return !unicode.IsPrint(r) }}
	fmt.Printf("%s\n", written.AppendString(nil, "a\"\n\u202eé", shown))
	fmt.Printf("%s\n", written.AppendNumber(nil, 0.00004))
	// Output:
	// "a\"\n\u202eé"
	// 0.00004
}

func TestStringsReadBack(t *testing.T) {
	hide := written.Style{Hidden: func(r rune) bool { return r > 0x7e }}
	for _, text := range []string{"", "plain", "\x00\x1f\x7f\"\\/", "\n\r\t\b", "é𝄞\u2028\u202e", strings.Repeat("ab\xc3", 3) + "z"} {
		want := strings.ToValidUTF8(text, "\ufffd")
		for name, style := range map[string]written.Style{"bare": {}, "hidden": hide} {
			b := written.AppendString(nil, []byte(text), style)
			var back string
			if err := json.Unmarshal(b, &back); err != nil || back != want {
				t.Errorf("%s %q: %s reads back as %q, %v", name, text, b, back, err)
			}
			if string(b) != string(written.AppendString(nil, text, style)) {
				t.Errorf("%q: bytes and string differ", text)
			}
			if name == "hidden" && strings.ContainsFunc(string(b), style.Hidden) {
				t.Errorf("%s shows what is hidden", b)
			}
		}
	}
}

func TestNumbersReadBack(t *testing.T) {
	for _, v := range []float64{0, 1, -0.5, 1e-6, 9.99e-7, 1e15, 123456789.125, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		var back float64
		if b := written.AppendNumber(nil, v); json.Unmarshal(b, &back) != nil || back != v {
			t.Errorf("%g is written as %s", v, b)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if b := written.AppendNumber(nil, v); string(b) != "null" {
			t.Errorf("%g is written as %s", v, b)
		}
	}
}

func TestExplanation(t *testing.T) {
	v := core.TextValue{Origin: "query", Decoded: "𝄞é' or 1", Levels: 2, Marks: [][2]int{{4, 6}, {6, 7}}}
	const want = `{"origin":"query","name":null,"raw":"","decoded":"𝄞é' or 1","levels":2,"marks":[`
	if got := string(written.AppendValue(nil, &v, written.Style{})); got != want+`[4,6],[6,7]]}` {
		t.Error(got)
	}
	if got := string(written.AppendValue(nil, &v, written.Style{UTF16: true})); got != want+`[2,3],[3,4]]}` {
		t.Error(got)
	}
	l := core.LearnerPart{ID: "linear", Raw: 1.5, P: 0.25, Tail: math.NaN()}
	const learner = `{"id":"linear","class":null,"missing":false,"raw":1.5,"p":0.25,"tail":null`
	if got := string(written.AppendLearner(nil, &l, written.Style{})); got != learner+`,"reasons":[]}` {
		t.Error(got)
	}
	l.Guest, l.Lift, l.Class = true, 2, "sqli"
	if got := string(written.AppendLearner(nil, &l, written.Style{})); !strings.Contains(got, `"class":"sqli"`) || !strings.Contains(got, `"guest":true,"lift":2,`) {
		t.Error(got)
	}
}
