package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// probe is one request of an attacker: the payload that does the harm, as it
// stands behind a parameter's name, and what is around it.
type probe struct {
	before, value, after string // of the query
	first                string // the value as the attacker began with it
}

// newProbe returns a request that carries text, escaped as a browser would.
func newProbe(text string) probe {
	v := url.QueryEscape(text)
	return probe{value: v, first: v}
}

// line returns the request as a line of JSON, for a log or for another detector.
func (p probe) line() ([]byte, error) {
	return json.Marshal(request{Method: "GET", URI: p.uri(), Version: "HTTP/1.1"})
}

func (p probe) uri() string { return "/item?" + p.before + "id=" + p.value + p.after }

// family is a way to change an attack that leaves its harm as it is.
type family struct {
	name    string
	classes []string // of attack that it applies to; nil for all
	mutate  func(r *rand.Rand, p probe) probe
}

// maxAdded is how many bytes an attacker may add to a request.
const maxAdded = 1 << 10

// families returns the ways to evade. WAF-A-MoLE's operators are those of
// Demetrio, Valenza, Costa and Lagorio (2020, 2001.01952), section 3.2.
func families() []family {
	sql := []string{"sqli"}
	operator := func(change func(*rand.Rand, string) string) func(*rand.Rand, probe) probe {
		return func(r *rand.Rand, p probe) probe {
			p.value = change(r, p.value)
			return p
		}
	}
	mole := []func(*rand.Rand, string) string{swapCase, swapBlanks, addComments, rewriteComments, encodeIntegers, swapOperators, addInvariants}
	return []family{
		{"WAF-A-MoLE, seven operators", sql, operator(func(r *rand.Rand, v string) string { return mole[r.IntN(len(mole))](r, v) })},
		{"case and comments", sql, operator(func(r *rand.Rand, v string) string {
			return []func(*rand.Rand, string) string{swapCase, addComments}[r.IntN(2)](r, v)
		})},
		{"case", nil, operator(swapCase)},
		{"encodings, nested and overlong", nil, func(r *rand.Rand, p probe) probe {
			p.value = encode(r, p.first) // anew: no server decodes without end
			return p
		}},
		{"parameter pollution", nil, pollute},
		{"padding of the value", nil, padValue},
		{"padding of the request", nil, padRequest},
	}
}

// some applies change to about a third of what pattern finds, to one at least.
func some(r *rand.Rand, v string, pattern *regexp.Regexp, change func(string) string) string {
	return someOf(r, v, pattern.FindAllStringIndex(v, -1), change)
}

// someOf applies change to about a third of the stretches found in v, to one at
// least.
func someOf(r *rand.Rand, v string, found [][]int, change func(string) string) string {
	if len(found) == 0 {
		return v
	}
	must := r.IntN(len(found))
	var b strings.Builder
	at := 0
	for n, f := range found {
		b.WriteString(v[at:f[0]])
		if n == must || r.IntN(3) == 0 {
			b.WriteString(change(v[f[0]:f[1]]))
		} else {
			b.WriteString(v[f[0]:f[1]])
		}
		at = f[1]
	}
	return b.String() + v[at:]
}

var (
	letters   = regexp.MustCompile(`%[0-9A-Fa-f]{2}|[A-Za-z]`)
	blanks    = regexp.MustCompile(`\+|%20|%09|%0[aA]|/\*\*/`)
	comments  = regexp.MustCompile(`/\*[^*]*\*/`)
	tokens    = regexp.MustCompile(`%(?:25)*[0-9A-Fa-f]{2}|[A-Za-z0-9_]+`)
	integer   = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)
	operators = regexp.MustCompile(`(?i)%7c%7c|\bor\b|%26%26|\band\b|=|%3d`)
	tail      = regexp.MustCompile(`(?i)(?:(?:%3b)?--[+-]*|%23|%2f%2a|%3b%2500)?$`) // what ends the statement early
	anyByte   = regexp.MustCompile(`%[0-9A-Fa-f]{2}|[^%]`)
)

// swapCase flips letters, never those of an escape.
func swapCase(r *rand.Rand, v string) string {
	return some(r, v, letters, func(c string) string {
		switch {
		case len(c) > 1:
			return c
		case c >= "a":
			return strings.ToUpper(c)
		}
		return strings.ToLower(c)
	})
}

func swapBlanks(r *rand.Rand, v string) string {
	forms := []string{"+", "%20", "%09", "%0a", "%0c", "%0d", "++", "/**/", "%a0"}
	return some(r, v, blanks, func(string) string { return forms[r.IntN(len(forms))] })
}

func addComments(r *rand.Rand, v string) string {
	return some(r, v, blanks, func(c string) string { return c + "/*" + word(r) + "*/" })
}

func rewriteComments(r *rand.Rand, v string) string {
	return some(r, v, comments, func(string) string { return "/*" + word(r) + word(r) + "*/" })
}

// encodeIntegers writes numbers otherwise, never the digits of an escape: %27
// without them is no quote, and what it was part of no attack.
func encodeIntegers(r *rand.Rand, v string) string {
	found := slices.DeleteFunc(tokens.FindAllStringIndex(v, -1), func(at []int) bool { return !integer.MatchString(v[at[0]:at[1]]) })
	return someOf(r, v, found, func(n string) string {
		i, _ := strconv.Atoi(n)
		if r.IntN(2) == 0 {
			return fmt.Sprintf("0x%x", i)
		}
		return "(select+" + n + ")"
	})
}

func swapOperators(r *rand.Rand, v string) string {
	return some(r, v, operators, func(o string) string {
		switch strings.ToLower(o) {
		case "or":
			return "%7c%7c"
		case "and":
			return "%26%26"
		case "=", "%3d":
			return "+like+"
		case "%26%26":
			return "+and+"
		}
		return "+or+"
	})
}

func addInvariants(r *rand.Rand, v string) string {
	true1 := []string{"+and+2%3c%3e3", "+or+'a'='b'", "+and+'x'+like+'x'", "+and+7=7", "+and+not+0"}
	at := tail.FindStringIndex(v)[0]
	return v[:at] + true1[r.IntN(len(true1))] + v[at:]
}

// encode writes bytes in another form that lenient servers decode: escaped once,
// twice, three times, in IIS's %u or in overlong UTF-8.
func encode(r *rand.Rand, v string) string {
	return some(r, v, anyByte, func(c string) string {
		b := c[0]
		if b == '+' {
			b = ' ' // what it stands for: an escaped plus is no blank
		}
		if len(c) == 3 {
			n, _ := strconv.ParseUint(c[1:], 16, 8)
			b = byte(n)
		}
		switch n := r.IntN(6); {
		case n < 3:
			return "%" + strings.Repeat("25", n) + fmt.Sprintf("%02x", b)
		case n == 3 && b < 0x80:
			return fmt.Sprintf("%%u%04x", b)
		case n == 4 && b < 0x80 && !('0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'):
			return fmt.Sprintf("%%%02x%%%02x", 0xc0|b>>6, 0x80|b&0x3f)
		}
		return c
	})
}

func pollute(r *rand.Rand, p probe) probe {
	pair := paramNames[r.IntN(len(paramNames))] + "=" + word(r)
	switch r.IntN(3) {
	case 0:
		p.before = "id=" + strconv.Itoa(r.IntN(1000)) + "&" + p.before
	case 1:
		p.before += pair + "&"
	default:
		p.after += "&" + pair
	}
	return p
}

func padValue(r *rand.Rand, p probe) probe {
	text := padText(r)
	if r.IntN(2) == 0 {
		p.value = text + "+" + p.value
	} else {
		p.value += "+" + text
	}
	return p
}

func padRequest(r *rand.Rand, p probe) probe {
	text := paramNames[r.IntN(len(paramNames))] + "=" + padText(r)
	if r.IntN(2) == 0 {
		p.before = text + "&" + p.before
	} else {
		p.after += "&" + text
	}
	return p
}

// padText is what ordinary values look like, and what throws decoders off.
func padText(r *rand.Rand) string {
	var parts []string
	for range 1 + r.IntN(24) {
		switch r.IntN(8) {
		case 0:
			parts = append(parts, strconv.Itoa(r.IntN(100000)))
		case 1:
			parts = append(parts, []string{"%", "%2", "%25", "/*", "*/", "%252"}[r.IntN(6)])
		default:
			parts = append(parts, word(r))
		}
	}
	return strings.Join(parts, "+")
}

func word(r *rand.Rand) string {
	return []string{"blue", "shoes", "summer", "paris", "order", "the", "of", "and", "coffee", "garden", "price", "delivery", "winter", "news", "music", "green", "table", "house", "travel", "book"}[r.IntN(20)]
}
