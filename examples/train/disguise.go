package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// disguiser changes values as people do who want past a detector, so that a
// model sees attacks in disguise while it learns (adversarial training). What
// it writes serves training alone. The changes of the evasion suite (families)
// follow the same literature, with other code, seeds, words and templates, so a
// model that learned these by heart is not rewarded there; the attacks that are
// changed come from the same grammars, other seeds.
type disguiser struct {
	r *rand.Rand
}

// Changes, each as likely as the next; the last three are for harmless values
// too, so that their traces are no sign of an attack.
const (
	ruseRewrite = iota // other words for the same SQL
	ruseEscapes        // a form of each byte that lenient decoders read
	rusePadding        // ordinary text before and behind
	ruseLevels         // escaped as a whole, several times
	ruseCase           // letters flipped
	ruses
)

// attack returns a value in disguise, and whether it is escaped already.
func (d *disguiser) attack(v, class string) (text string, escaped bool) {
	ruse := d.r.IntN(ruses)
	if ruse == ruseRewrite && class != "sqli" && !strings.HasPrefix(class, "sqli-") {
		ruse = ruseEscapes + d.r.IntN(ruses-1)
	}
	if class == "sqli" && ruse != ruseEscapes && d.r.IntN(2) == 0 || ruse == ruseRewrite {
		for range 1 + d.r.IntN(8) {
			v = sqlRuses[d.r.IntN(len(sqlRuses))](d.r, v)
		}
	}
	if ruse == ruseEscapes {
		return d.escapes(v), true
	}
	return d.anyone(v, ruse)
}

// harmless returns a harmless value that was treated alike.
func (d *disguiser) harmless(v string) (text string, escaped bool) {
	return d.anyone(v, rusePadding+d.r.IntN(ruses-rusePadding))
}

// anyone makes the changes that are no sign of anything.
func (d *disguiser) anyone(v string, ruse int) (text string, escaped bool) {
	switch ruse {
	case rusePadding:
		for range 1 + d.r.IntN(5) {
			if more := harmless.write(d.r, "start"); d.r.IntN(2) == 0 {
				v = more + " " + v
			} else {
				v += " " + more
			}
		}
	case ruseLevels:
		for range 1 + d.r.IntN(3) {
			v = url.QueryEscape(v)
		}
		return v, true
	case ruseCase:
		of := 1 + d.r.IntN(4)
		v = strings.Map(func(c rune) rune {
			if (c|0x20) >= 'a' && (c|0x20) <= 'z' && d.r.IntN(of) == 0 {
				return c ^ 0x20
			}
			return c
		}, v)
	}
	return v, false
}

// escapes writes a share of the bytes in a form that some server decodes: up to
// four levels of percent signs, %u of IIS, overlong UTF-8 of two and of three
// bytes; what would break a request line is escaped at least once.
func (d *disguiser) escapes(v string) string {
	share := 1 + d.r.IntN(8)
	var b strings.Builder
	for i := range len(v) {
		c := v[i]
		must := c <= ' ' || c >= 0x7f || strings.IndexByte("%&#+\"<>", c) >= 0
		if !must && d.r.IntN(8) >= share {
			b.WriteByte(c)
			continue
		}
		hex := "%02x"
		if d.r.IntN(2) == 0 {
			hex = "%02X"
		}
		percent := "%%" + strings.Repeat("25", max(0, d.r.IntN(5)-1))
		switch n := d.r.IntN(8); {
		case n == 0 && c < 0x80:
			fmt.Fprintf(&b, "%%u00"+hex, c)
		case n == 1 && c < 0x80 && !isAlphanumeric(c):
			fmt.Fprintf(&b, percent+hex+percent+hex, 0xc0|c>>6, 0x80|c&0x3f)
		case n == 2 && c < 0x80 && !isAlphanumeric(c):
			fmt.Fprintf(&b, percent+"e0"+percent+hex+percent+hex, 0x80|c>>6, 0x80|c&0x3f)
		default:
			fmt.Fprintf(&b, percent+hex, c)
		}
	}
	return b.String()
}

func isAlphanumeric(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' }

var (
	plainBlanks    = regexp.MustCompile(`[ \t\n+]|/\*\w*\*/`)
	plainComments  = regexp.MustCompile(`/\*[^*]*\*/`)
	plainIntegers  = regexp.MustCompile(`\b[0-9]{1,4}\b`)
	plainOperators = regexp.MustCompile(`(?i)\|\||&&|\bor\b|\band\b|\blike\b|<>|=`)
	plainTail      = regexp.MustCompile(`(?i)(;?--[ +-]*|#|/\*)?$`)
)

// sqlRuses are the seven operators of WAF-A-MoLE (2001.01952) on text that is
// not escaped yet.
var sqlRuses = []func(*rand.Rand, string) string{
	func(r *rand.Rand, v string) string { // case
		text, _ := (&disguiser{r}).anyone(v, ruseCase)
		return text
	},
	func(r *rand.Rand, v string) string { // blanks
		forms := []string{" ", "\t", "\n", "\v", "\f", "\r\n", "\u00a0", "\xa0", "   ", "/**/", "/***/", "+"}
		return some(r, v, plainBlanks, func(string) string { return forms[r.IntN(len(forms))] })
	},
	func(r *rand.Rand, v string) string { // comments between tokens
		return some(r, v, plainBlanks, func(c string) string { return c + "/*" + remark(r) + "*/" + c })
	},
	func(r *rand.Rand, v string) string { // other comments
		return some(r, v, plainComments, func(string) string { return "/*" + remark(r) + "*/" })
	},
	func(r *rand.Rand, v string) string { // integers
		return some(r, v, plainIntegers, func(n string) string {
			i, _ := strconv.Atoi(n)
			switch r.IntN(5) {
			case 0:
				return fmt.Sprintf("0X%04X", i)
			case 1:
				return fmt.Sprintf("0x%x", i)
			case 2:
				return "( SELECT " + n + " )"
			case 3:
				return n + ".0"
			}
			return "(" + n + "+0)"
		})
	},
	func(r *rand.Rand, v string) string { // operators
		return some(r, v, plainOperators, func(o string) string {
			switch strings.ToLower(o) {
			case "or", "||":
				return []string{"||", "OR", "or", "xor"}[r.IntN(4)]
			case "and", "&&":
				return []string{"&&", "AND", "and"}[r.IntN(3)]
			case "<>":
				return "!="
			}
			return []string{"=", " LIKE ", " like ", " rlike ", "<=>", " regexp "}[r.IntN(6)]
		})
	},
	func(r *rand.Rand, v string) string { // what is always true or never
		more := invariants.write(r, "start")
		at := plainTail.FindStringIndex(v)[0]
		return v[:at] + " " + more + v[at:]
	},
}

// invariants are conditions that change nothing.
var invariants = with(grammar{
	"start": {"and {true}", "AND {true}", "&& {true}", "or {false}", "|| {false}", "OR {false}"},
	"true":  {"{d}=!{d}+{d}", "{num} not in (-1)", "{num} is not null", "'{word}'!='{c}{word}'", "true", "not false", "length('{word}')>0", "(select 1)", "{d} between 0 and 9", "\"{c}\"=\"{c}\"", "{num}-0 like {num}", "\"{word}\" not like '{c}'", "{d}{d} > -{d}"},
	"false": {"{num} is null", "0", "false", "not true", "'{c}'='{word}'", "{d} > 1{d}{d}", "(select 0)", "\"{word}\" like '{c}'", "{num} in (-1)"},
})

// remark is what a comment says.
func remark(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return ""
	case 1:
		return harmless.write(r, "search")
	}
	return shared.write(r, "word")
}

// writeDisguised writes requests with values in disguise, half of them harmful.
func writeDisguised(out *json.Encoder, in *injector, borrowed [2][]value, count int) error {
	d := disguiser{in.r}
	defer func() { in.escaped = false }()
	for range count {
		q := request{}
		if in.r.IntN(2) == 0 {
			text, escaped := d.harmless(harmless.write(in.r, "start"))
			in.escaped = escaped
			q = in.put(text)
			q.Class = "normal"
		} else {
			text, class := drawAttack(in.r)
			if in.r.IntN(4) == 0 {
				v := borrowed[1][in.r.IntN(len(borrowed[1]))]
				text, class = v.Payload, v.Class
			} else if in.r.IntN(2) == 0 { // what the operators are made for
				text, class = attackGrammars["sqli"].write(in.r, "start"), "sqli"
			}
			text, in.escaped = d.attack(text, class)
			q = in.put(text)
			q.Label, q.Class = 1, class
		}
		q.Split = "train"
		if err := out.Encode(&q); err != nil {
			return err
		}
	}
	return nil
}
