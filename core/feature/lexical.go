package feature

import (
	"math/bits"

	"github.com/tiercel/tiercel/core/portable"
)

// Lexical statistics of one value. Counts come first: each byte belongs to
// exactly one of them, through lexClass.
const (
	lexLetters = iota
	lexDigits
	lexBlanks
	lexControls
	lexNonASCII
	lexQuotes    // '
	lexDouble    // "
	lexAngles    // < >
	lexParens    // ( )
	lexSemicolon // ;
	lexEquals    // =
	lexAmpersand // &
	lexPercent   // %
	lexDots      // .
	lexSlashes   // /
	lexBackslash // \
	lexPipes     // |
	lexDashes    // -
	lexStars     // *
	lexHashes    // #
	lexCommas    // ,
	lexDollars   // $
	lexBackticks // `
	lexBraces    // { }
	lexBrackets  // [ ]
	lexColons    // :
	lexOther     // the rest of ASCII punctuation
	numLexCounts

	lexLength   = iota - 1 // bytes
	lexUpper               // upper-case letters before the fold
	lexRun                 // longest run of one byte
	lexToken               // longest stretch without a blank
	lexSwitches            // places where the class of the bytes changes
	lexLevels              // levels of escaping removed
	lexNeedless            // escapes that nobody's browser writes
	lexInvalid             // percent signs that escape nothing
	numLexSizes

	lexEntropy      = iota - 2 // bits a byte, in lexOne
	lexSpecialRatio            // share of punctuation, in lexOne
	lexDigitRatio
	lexUpperRatio
	lexDistinct // distinct bytes over length, in lexOne
	lexHex      // 1 for a long run of hex digits and dashes, in lexOne
	lexBase64   // 1 for what looks like base64, in lexOne
	numLexical
)

const (
	// lexOne is 1 in the fixed point of ratios and entropies: integers have one
	// order of addition on every platform.
	lexOne = 1 << 16

	// lexSmooth is the least length that ratios divide by: a value of one
	// dash is not all punctuation to a learner.
	lexSmooth = 16

	// lexLook is the least length of what looks like a hex or base64 token.
	lexLook = 20
)

var lexicalNames = [numLexical]string{
	"letters", "digits", "blanks", "controls", "non_ascii", "quotes", "double_quotes", "angles", "parens",
	"semicolons", "equals", "ampersands", "percents", "dots", "slashes", "backslashes", "pipes", "dashes",
	"stars", "hashes", "commas", "dollars", "backticks", "braces", "brackets", "colons", "others",
	"length", "upper", "run", "token", "switches", "levels", "needless_escapes", "invalid_escapes",
	"entropy", "special_ratio", "digit_ratio", "upper_ratio", "distinct_ratio", "hex", "base64",
}

// lexClass maps a byte to the count that it belongs to.
var lexClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 0x80:
			t[c] = lexNonASCII
		case c == ' ' || c >= '\t' && c <= '\r':
			t[c] = lexBlanks
		case c < ' ' || c == 0x7f:
			t[c] = lexControls
		case c >= '0' && c <= '9':
			t[c] = lexDigits
		case isAlnum(byte(c)):
			t[c] = lexLetters
		default:
			t[c] = lexOther
		}
	}
	for chars, class := range map[string]uint8{
		"'": lexQuotes, `"`: lexDouble, "<>": lexAngles, "()": lexParens, ";": lexSemicolon, "=": lexEquals,
		"&": lexAmpersand, "%": lexPercent, ".": lexDots, "/": lexSlashes, `\`: lexBackslash, "|": lexPipes,
		"-": lexDashes, "*": lexStars, "#": lexHashes, ",": lexCommas, "$": lexDollars, "`": lexBackticks,
		"{}": lexBraces, "[]": lexBrackets, ":": lexColons,
	} {
		for _, c := range []byte(chars) {
			t[c] = class
		}
	}
	return t
}()

// logTable holds log2(n) and n*log2(n) in lexOne, for n up to MaxValue: what
// entropies add. logOneTable holds log2(1+n) as learners see counts.
var logTable, sumTable, logOneTable = func() (l, s [MaxValue + 1]uint32, f [MaxValue + 1]float32) {
	for n := 1; n <= MaxValue; n++ {
		v := portable.Log2(float64(n))
		l[n] = uint32(float64(v*lexOne) + 0.5)
		s[n] = uint32(float64(v*float64(n*lexOne)) + 0.5)
	}
	for n := range f {
		f[n] = float32(portable.Log2(float64(n + 1)))
	}
	return l, s, f
}()

// logCount returns log2(1+n), n above MaxValue counting as MaxValue: counts
// reach learners by their order of magnitude.
func logCount(n int32) float32 { return logOneTable[min(max(n, 0), MaxValue)] }

// lexical is the statistics of one value, or the maxima over several: what one
// value of a request shows is not diluted by the others.
type lexical [numLexical]int32

// lexer counts bytes. Its histogram is all zero between values.
type lexer struct {
	hist     [256]uint16
	distinct [512]byte // 256 are used; the size saves a bounds check
}

// measure adds the statistics of text, one decoded value of at most MaxValue
// bytes, to the maxima in top. One pass over the bytes, then one over those
// that occur.
func (x *lexer) measure(top *lexical, text []byte, d *decoding) {
	if len(text) == 0 || len(text) > MaxValue {
		return
	}
	var v lexical
	var n, run, longest, token, switches int
	var start, last int
	prev, class := text[0], lexClass[text[0]]
	for i, c := range text {
		h := x.hist[c]
		x.distinct[n&511] = c
		if h == 0 {
			n++
		}
		x.hist[c] = h + 1
		if c != prev {
			longest = max(longest, i-run)
			run = i
			prev = c
			if k := lexClass[c]; k != class {
				switches++
				if k == lexBlanks {
					token = max(token, i-start)
				} else if class == lexBlanks {
					start = i
				}
				class = k
			}
		}
		last = i + 1
	}
	longest = max(longest, last-run)
	if class != lexBlanks {
		token = max(token, last-start)
	}

	var sum uint64
	var classes uint32 // that occur
	for _, c := range x.distinct[:n&511] {
		h := x.hist[c]
		x.hist[c] = 0
		k := lexClass[c] & 31
		v[k] += int32(h)
		classes |= 1 << k
		sum += uint64(sumTable[h])
	}
	length := int32(len(text))
	v[lexLength], v[lexUpper], v[lexRun], v[lexToken] = length, d.upper, int32(longest), int32(token)
	v[lexSwitches], v[lexLevels], v[lexNeedless], v[lexInvalid] = int32(switches), int32(d.levels), d.needless, d.invalid
	v[lexEntropy] = int32(logTable[length]) - int32(sum/uint64(length))

	smooth := max(length, lexSmooth)
	special := length - v[lexLetters] - v[lexDigits] - v[lexBlanks] - v[lexControls] - v[lexNonASCII]
	v[lexSpecialRatio] = special * lexOne / smooth
	v[lexDigitRatio] = v[lexDigits] * lexOne / smooth
	v[lexUpperRatio] = min(d.upper, length) * lexOne / smooth
	v[lexDistinct] = int32(n) * lexOne / smooth
	if length >= lexLook && v[lexBlanks]+v[lexControls]+v[lexNonASCII] == 0 && v[lexDigits] > 0 {
		switch {
		case special == v[lexDashes] && hexOnly(text):
			v[lexHex] = lexOne
		case special == v[lexDashes]+v[lexSlashes]+v[lexEquals]+v[lexOther] && d.upper > length/8:
			v[lexBase64] = lexOne
		}
	}
	for ; classes != 0; classes &= classes - 1 {
		k := bits.TrailingZeros32(classes)
		top[k] = max(top[k], v[k])
	}
	for k := numLexCounts; k < numLexical; k++ {
		top[k] = max(top[k], v[k])
	}
}

// number adds a value of n digits to the maxima in top: its size, and none of
// what digits say about texts.
func (top *lexical) number(n int) {
	v := int32(n)
	top[lexDigits], top[lexLength], top[lexToken] = max(top[lexDigits], v), max(top[lexLength], v), max(top[lexToken], v)
	top[lexDigitRatio] = max(top[lexDigitRatio], min(v*lexOne/lexSmooth, lexOne))
}

// hexOnly reports whether text holds nothing but hex digits and dashes.
func hexOnly(text []byte) bool {
	for _, c := range text {
		if hexTable[c] == 0xff && c != '-' {
			return false
		}
	}
	return true
}

// features writes the statistics in list as learners see them: counts as
// log2(1+n), ratios in [0,1], entropy in bits a byte; 0 where nothing was
// measured. dst is all 0 and as long as list.
func (v *lexical) features(dst []float32, list []uint8) {
	if v[lexLength] == 0 {
		return
	}
	for i, k := range list {
		switch n := v[k]; {
		case n == 0:
		case k < numLexSizes:
			dst[i] = logCount(n)
		default:
			dst[i] = float32(n) / lexOne
		}
	}
}
