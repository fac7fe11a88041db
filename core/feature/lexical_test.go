package feature

import (
	"math"
	"strings"
	"testing"
)

func lexicalOf(text string) lexical {
	var x lexer
	var v lexical
	x.measure(&v, []byte(text), &decoding{})
	return v
}

func TestLexical(t *testing.T) {
	tests := []struct {
		name, text string
		stat       int
		want       int32
	}{
		{"letters", "abc12", lexLetters, 3},
		{"digits", "abc12", lexDigits, 2},
		{"blanks", "a b\tc\n", lexBlanks, 3},
		{"controls", "a\x00\x7f", lexControls, 2},
		{"beyond ascii", "é", lexNonASCII, 2},
		{"parens", "(())", lexParens, 4},
		{"braces", "{}", lexBraces, 2},
		{"other punctuation", "!?@", lexOther, 3},
		{"length", "abc", lexLength, 3},
		{"run at the start", "aaab", lexRun, 3},
		{"run at the end", "abbbb", lexRun, 4},
		{"one byte", "a", lexRun, 1},
		{"token at the start", "abcd ef", lexToken, 4},
		{"token at the end", "ab cdefg", lexToken, 5},
		{"token between", "a bcdef g", lexToken, 5},
		{"blanks only", "   ", lexToken, 0},
		{"switches", "ab12-cd", lexSwitches, 3},
		{"entropy of one byte", "aaaa", lexEntropy, 0},
		{"entropy of four", "abcd", lexEntropy, 2 * lexOne},
		{"special ratio", "''''abcdefghijkl", lexSpecialRatio, lexOne / 4},
		{"special ratio of a short value", "'", lexSpecialRatio, lexOne / lexSmooth},
		{"distinct", "aabbccddeeffgghh", lexDistinct, lexOne / 2},
		{"hex", "0123456789abcdef-0123456789abcdef", lexHex, lexOne},
		{"words are no hex", "the quick brown fox jumps", lexHex, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := lexicalOf(tt.text)[tt.stat]; got != tt.want {
				t.Errorf("%s of %q = %d, want %d", lexicalNames[tt.stat], tt.text, got, tt.want)
			}
		})
	}
}

func TestLexicalBase64(t *testing.T) {
	var x lexer
	var v lexical
	x.measure(&v, []byte("zxlkagjhy2lpaukxz2m="), &decoding{upper: 8})
	if v[lexBase64] != lexOne {
		t.Error("base64 was not seen")
	}
}

// The entropy of the table agrees with the definition.
func TestLexicalEntropy(t *testing.T) {
	for _, text := range []string{"hello world", strings.Repeat("abcdefg", 500), "1' or '1'='1", "\x00\x01\x02\xff"} {
		counts := map[byte]float64{}
		for i := range len(text) {
			counts[text[i]]++
		}
		want := 0.0
		for _, n := range counts {
			p := n / float64(len(text))
			want -= p * math.Log2(p)
		}
		if got := float64(lexicalOf(text)[lexEntropy]) / lexOne; math.Abs(got-want) > 1e-3 {
			t.Errorf("%q: %v bits, want %v", text, got, want)
		}
	}
}

// A value of all bytes leaves the histogram clean, and maxima keep the largest.
func TestLexerIsClean(t *testing.T) {
	var x lexer
	var top lexical
	all := make([]byte, MaxValue)
	for i := range all {
		all[i] = byte(i)
	}
	x.measure(&top, all, &decoding{})
	if x.hist != [256]uint16{} {
		t.Fatal("the histogram is not zero")
	}
	before := top
	x.measure(&top, []byte("a"), &decoding{})
	if top != before {
		t.Error("a smaller value changed the maxima")
	}
	x.measure(&top, make([]byte, MaxValue+1), &decoding{})
	if top != before {
		t.Error("a value beyond the bound was measured")
	}
}

func TestLexicalNames(t *testing.T) {
	for i, n := range lexicalNames {
		if n == "" {
			t.Errorf("statistic %d has no name", i)
		}
	}
}

func BenchmarkLexical(b *testing.B) {
	var x lexer
	var top lexical
	text := []byte("red shoes, size 42 & blue socks")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		x.measure(&top, text, &decoding{})
	}
}
