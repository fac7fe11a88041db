package abi

import (
	"math"
	"strconv"
	"strings"
)

// All, as the name of a feature or a text, stands for every one.
const All = "*"

// Description is what a plugin says of itself. It travels as lines of
// "key value"; see Append for the keys.
type Description struct {
	ID       string   // lower case letters, digits and hyphens, at most 64; unique in a model
	Version  string   // of the plugin: 1.2.3, optionally -suffix
	Title    string   // one line for people
	Class    string   // the class of threat it alone speaks for; empty for none
	Kinds    []string // kinds of events it can score: http, flow, dns, auth, table; at least one
	Features []string // names of the features it wants, or All; the frame has them in this order
	Texts    []string // origins of the texts it wants (path, query, name ...), or All; one text column each
	Low      float32  // scores lie in [Low, High]; infinite where there is no bound
	High     float32
	Cost     float32 // nanoseconds a row, roughly; cheap learners run first
	Config   bool    // it cannot score before it was configured
}

// DefaultCost is the Cost of a description that names none: what a guest
// without SIMD takes for 32 features (50 ns) and the crossing.
const DefaultCost = 100

// Append appends the description as a plugin sends it:
//
//	tiercel 1
//	id word-rarity
//	version 1.0.0
//	title Rare words in queries
//	class sqli
//	kind http
//	feature query_length
//	text query
//	range 0 1
//	cost 60
//	config required
//
// kind, feature and text repeat; class, feature, text, range, cost and config
// may be absent.
func (d *Description) Append(dst []byte) []byte {
	line := func(key, value string) {
		dst = append(append(append(append(dst, key...), ' '), value...), '\n')
	}
	line("tiercel", strconv.Itoa(Version))
	line("id", d.ID)
	line("version", d.Version)
	line("title", d.Title)
	if d.Class != "" {
		line("class", d.Class)
	}
	for _, k := range d.Kinds {
		line("kind", k)
	}
	for _, f := range d.Features {
		line("feature", f)
	}
	for _, t := range d.Texts {
		line("text", t)
	}
	if !math.IsInf(float64(d.Low), -1) || !math.IsInf(float64(d.High), 1) {
		line("range", number(d.Low)+" "+number(d.High))
	}
	if d.Cost != DefaultCost {
		line("cost", number(d.Cost))
	}
	if d.Config {
		line("config", "required")
	}
	return dst
}

func number(x float32) string { return strconv.FormatFloat(float64(x), 'g', -1, 32) }

// ParseDescription reads a description. It refuses unknown keys, keys that
// come twice, names that are no names, and what the contract does not allow;
// the error names the line.
func ParseDescription(text []byte) (Description, error) {
	d := Description{Low: float32(math.Inf(-1)), High: float32(math.Inf(1)), Cost: DefaultCost}
	if len(text) > MaxDescription {
		return d, Error("description: longer than " + strconv.Itoa(MaxDescription) + " bytes")
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		key, value, _ := strings.Cut(line, " ")
		err := ""
		switch {
		case i == 0 && key != "tiercel":
			err = "must start with: tiercel " + strconv.Itoa(Version)
		case seen[key]:
			err = key + " comes twice"
		default:
			err = d.set(key, value)
		}
		if err != "" {
			return d, Error("description line " + strconv.Itoa(i+1) + ": " + err)
		}
		seen[key] = key != "kind" && key != "feature" && key != "text"
	}
	switch {
	case d.ID == "" || d.Version == "" || d.Title == "":
		return d, Error("description: id, version and title are needed")
	case len(d.Kinds) == 0:
		return d, Error("description: name at least one kind: http, flow, dns, auth or table")
	case len(d.Features)+len(d.Texts) == 0:
		return d, Error("description: name at least one feature or text")
	case repeats(d.Kinds) || repeats(d.Features) || repeats(d.Texts):
		return d, Error("description: a kind, feature or text comes twice")
	case len(d.Features) > 1 && has(d.Features, All):
		return d, Error("description: feature * stands alone")
	}
	return d, nil
}

// set takes one line; it returns why it cannot.
func (d *Description) set(key, value string) string {
	switch key {
	case "tiercel":
		if value != strconv.Itoa(Version) {
			return "version " + quote(value) + " of the contract; this engine speaks " + strconv.Itoa(Version)
		}
	case "id":
		d.ID = value
		return is(value, isID, "id")
	case "version":
		d.Version = value
		return is(value, isVersion, "version")
	case "title":
		d.Title = value
		return is(value, isTitle, "title")
	case "class":
		d.Class = value
		return is(value, isID, "class")
	case "kind":
		d.Kinds = append(d.Kinds, value)
		return is(value, isKind, "kind")
	case "feature":
		d.Features = append(d.Features, value)
		if len(d.Features) > MaxColumns {
			return "more features than " + strconv.Itoa(MaxColumns)
		}
		return is(value, isName, "feature")
	case "text":
		d.Texts = append(d.Texts, value)
		if len(d.Texts) > MaxTextColumns {
			return "more texts than " + strconv.Itoa(MaxTextColumns)
		}
		return is(value, isOrigin, "text")
	case "range":
		low, high, _ := strings.Cut(value, " ")
		var ok1, ok2 bool
		d.Low, ok1 = parse(low)
		d.High, ok2 = parse(high)
		if !ok1 || !ok2 || !(d.Low < d.High) {
			return "range needs two numbers, the lower first"
		}
	case "cost":
		var ok bool
		if d.Cost, ok = parse(value); !ok || !(d.Cost >= 0) || math.IsInf(float64(d.Cost), 0) {
			return "cost needs nanoseconds a row"
		}
	case "config":
		if d.Config = value == "required"; !d.Config {
			return "config may only be: required"
		}
	default:
		return "unknown key " + quote(key)
	}
	return ""
}

func parse(s string) (float32, bool) {
	x, err := strconv.ParseFloat(s, 32)
	return float32(x), err == nil && x == x
}

func is(value string, ok func(string) bool, what string) string {
	if ok(value) {
		return ""
	}
	return quote(value) + " is no " + what
}

// isID: it becomes a file name and a name in models and reports.
func isID(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// isVersion accepts three numbers and a suffix: 1.2.3-rc1.
func isVersion(s string) bool {
	core, suffix, has := strings.Cut(s, "-")
	if has && !isID(suffix) || len(s) > 64 {
		return false
	}
	parts := strings.Split(core, ".")
	for _, p := range parts {
		if _, err := strconv.ParseUint(p, 10, 31); err != nil {
			return false
		}
	}
	return len(parts) == 3
}

// isTitle holds titles to printable ASCII: they are shown on terminals.
func isTitle(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 200
}

func isKind(s string) bool {
	switch s {
	case "http", "flow", "dns", "auth", "table":
		return true
	}
	return false
}

// isName accepts the names of features; those of table columns are the user's own.
func isName(s string) bool { return isTitle(s) && s[0] != ' ' && s[len(s)-1] != ' ' }

func isOrigin(s string) bool {
	_, ok := originOf(s)
	return ok
}

func has(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func repeats(list []string) bool {
	seen := make(map[string]bool, len(list))
	for _, s := range list {
		if seen[s] {
			return true
		}
		seen[s] = true
	}
	return false
}

// quote shows untrusted text: at most 64 bytes, control characters escaped.
func quote(s string) string { return strconv.QuoteToASCII(s[:min(len(s), 64)]) }
