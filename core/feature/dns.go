package feature

import (
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/portable"
)

// Stateless columns of DNS queries. Those of a label come in two sets, one of
// the registered label and one of what stands before it.
const (
	dnsLength = iota
	dnsLabels
	dnsLongest
	dnsReverse
	dnsLocal
	dnsDiscovery
	dnsSingle
	dnsBlocklist
	dnsShared
	dnsTypeAddress
	dnsTypeText
	dnsTypeNull
	dnsTypeAlias
	dnsTypeMail
	dnsTypeService
	dnsTypeReverse
	dnsTypeOther
	dnsCodeNone
	dnsCodeMissing
	dnsCodeFailed
	dnsAnswers
	dnsRegistered   // numLabel columns
	dnsSub          = dnsRegistered + numLabel
	numDNSStateless = dnsSub + numLabel
)

// Columns of a label or of several.
const (
	labelLength = iota
	labelEntropy
	labelUnique
	labelDigits
	labelVowels
	labelHyphens
	labelConsonantRun
	labelVowelRun
	labelDigitRun
	labelTurns
	labelRare
	labelHex
	labelBase32
	labelMixedCase
	labelForeign
	numLabel
)

var labelNames = [numLabel]string{
	labelLength:       "length",        // characters
	labelEntropy:      "entropy",       // bits a character
	labelUnique:       "unique",        // distinct characters / characters
	labelDigits:       "digits",        // share of digits
	labelVowels:       "vowels",        // vowels / letters
	labelHyphens:      "hyphens",       // share of hyphens and underscores
	labelConsonantRun: "consonant_run", // longest run of consonants
	labelVowelRun:     "vowel_run",     // longest run of vowels
	labelDigitRun:     "digit_run",     // longest run of digits
	labelTurns:        "turns",         // changes between letter and digit
	labelRare:         "rare_letters",  // j q v w x z / letters
	labelHex:          "hex",           // 8 or more characters, all hexadecimal digits
	labelBase32:       "base32",        // 16 or more characters, all a-z 2-7, with digits
	labelMixedCase:    "mixed_case",    // share of upper case among letters, at most 1/2
	labelForeign:      "foreign",       // share of characters that host names do not have
}

var dnsNames = [dnsRegistered]string{
	dnsLength:      "name.length",        // characters, without the final dot
	dnsLabels:      "name.labels",        // number of labels
	dnsLongest:     "name.longest_label", // characters
	dnsReverse:     "special.reverse",
	dnsLocal:       "special.local",
	dnsDiscovery:   "special.discovery",
	dnsSingle:      "special.single_label",
	dnsBlocklist:   "special.blocklist",
	dnsShared:      "special.shared",
	dnsTypeAddress: "type.address", // A, AAAA
	dnsTypeText:    "type.text",    // TXT
	dnsTypeNull:    "type.null",    // NULL and unassigned types
	dnsTypeAlias:   "type.alias",   // CNAME
	dnsTypeMail:    "type.mail",    // MX
	dnsTypeService: "type.service", // SRV, HTTPS, SVCB, NAPTR
	dnsTypeReverse: "type.reverse", // PTR
	dnsTypeOther:   "type.other",   // NS, SOA, NB, DS ...
	dnsCodeNone:    "code.noerror",
	dnsCodeMissing: "code.nxdomain",
	dnsCodeFailed:  "code.failed",
	dnsAnswers:     "answers", // log1p of the number of answers
}

// DNS encodes queries: the shape of the registered label (made by a machine?)
// and of what stands before it (data on its way out?), the type in coarse
// groups, the code of the answer. The top-level domain is no feature: which ones
// occur is a matter of the place and of the families in a training set (alone it
// gives 73 % of the labels of shared data). Values: the registered label and
// what stands before it, decoded, as FromName; none where names are made by
// machines for ordinary reasons (reverse, discovery, blocklists, single labels,
// content delivery), so that learners of text have nothing to say about them.
//
// It is immutable and safe for concurrent use.
type DNS struct{ schema *Schema }

var _ Partial = (*DNS)(nil)

// NewDNS returns the encoder of DNS queries.
func NewDNS() *DNS {
	names := append([]string(nil), dnsNames[:]...)
	for _, part := range [...]string{"registered.", "subdomain."} {
		for _, n := range labelNames {
			names = append(names, part+n)
		}
	}
	return &DNS{schema(event.DNS, names)}
}

// Schema returns the columns.
func (d *DNS) Schema() *Schema { return d.schema }

// maxName bounds how much of a name is read: twice what the protocol allows,
// since logs escape bytes.
const maxName = 512

// Encode implements Encoder.
func (d *DNS) Encode(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch) {
	prepare(dst, obs, len(b.Events), len(d.schema.Names))
	for i := range b.Events {
		if e := &b.Events[i]; readableEvent(e, event.DNS) {
			q := readQuery(b, e, s)
			q.columns(dst.Row(i), e)
			q.observe(&dst.Texts, &(*obs)[i], b, e)
		}
		dst.Texts.endRow()
	}
}

// Quick implements Partial: no stateless column is quick.
func (d *DNS) Quick() (from, to int) { return 0, 0 }

// EncodeQuick implements Partial.
func (d *DNS) EncodeQuick(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch) {
	room(dst, obs, len(b.Events), len(d.schema.Names))
	for i := range b.Events {
		fillNaN(dst.Row(i)[d.schema.Stateless:])
		if e := &b.Events[i]; readableEvent(e, event.DNS) {
			q := readQuery(b, e, s)
			q.observe(&dst.Texts, &(*obs)[i], b, e)
		} else {
			fillNaN(dst.Row(i)[:d.schema.Stateless])
		}
		dst.Texts.endRow()
	}
}

// Complete implements Partial.
func (d *DNS) Complete(dst *Batch, i int, b *event.Batch, s *Scratch) {
	row := dst.Row(i)
	fillNaN(row[:d.schema.Stateless])
	q := readQuery(b, &b.Events[i], s)
	q.columns(row, &b.Events[i])
}

// query is what a record asks for, taken apart.
type query struct {
	raw, name []byte // as logged, and in lower case; without the final dot
	cut       domain
	use       special
	group     int // column of the type, 0 for none
	code      int // column of the answer's code, 0 for none
}

// readQuery reads a record; the name is valid until the next.
func readQuery(b *event.Batch, e *event.Event, s *Scratch) query {
	raw := b.Text(e, event.QuestionName)
	raw = raw[:min(len(raw), maxName)]
	if n := len(raw); n > 0 && raw[n-1] == '.' {
		raw = raw[:n-1]
	}
	s.buf = lowerName(s.buf[:0], raw)
	d := cut(s.buf)
	return query{raw, s.buf, d, specialOf(s.buf, d), typeOf(b.Text(e, event.QuestionType)), codeOf(b.Text(e, event.ResponseCode))}
}

// columns fills the stateless columns.
func (q *query) columns(row []float32, e *event.Event) {
	row[dnsLength] = float32(len(q.name))
	row[dnsLabels], row[dnsLongest] = labelCount(q.name)
	for c := dnsReverse; c <= dnsShared; c++ {
		row[c] = flag(int(q.use) == c-dnsReverse+int(reverse))
	}
	if q.group != 0 {
		for c := dnsTypeAddress; c <= dnsTypeOther; c++ {
			row[c] = flag(c == q.group)
		}
	}
	if q.code != 0 {
		for c := dnsCodeNone; c <= dnsCodeFailed; c++ {
			row[c] = flag(c == q.code)
		}
	}
	row[dnsAnswers] = logOf(e.Num[event.AnswerCount])
	measureLabel(row[dnsRegistered:dnsRegistered+numLabel], q.cut.registered(q.name), q.raw[q.cut.label:q.cut.labelEnd])
	measureLabel(row[dnsSub:dnsSub+numLabel], q.cut.sub(q.name), q.raw[:q.cut.subEnd])
}

// observe lists the values and fills what the windows need to know.
func (q *query) observe(texts *Texts, o *Observation, b *event.Batch, e *event.Event) {
	d, name := &q.cut, q.name
	judged := q.use == ordinary || q.use == local
	if judged {
		at := e.Text[event.QuestionName].Off
		texts.addName(name, at, d.label, d.labelEnd)
		if string(d.sub(name)) != "www" {
			texts.addName(name, at, 0, d.subEnd)
		}
	}

	o.Kind, o.Time = event.DNS, e.Time
	o.Entity = hashOf(b, e, event.SourceIP)
	if len(name) > 0 {
		o.Item = Hash64(name)
	}
	if a := b.Text(e, event.Answers); len(a) > 0 {
		o.Service = answersHash(a)
	}
	o.Length = float32(d.subEnd)
	o.In, o.Out = size(e.Num[event.ResponseBytes]), size(e.Num[event.RequestBytes])
	switch q.code {
	case dnsCodeNone:
		o.Flags |= FlagSuccess
	case dnsCodeMissing, dnsCodeFailed:
		o.Flags |= FlagFailed
	}
	// What is strange and ordinary is no evidence: it belongs to no domain,
	// carries nothing, and that it does not exist means nothing.
	if judged {
		if d.labelEnd > d.label {
			o.Peer = Hash64(name[d.label:])
		}
		if q.code == dnsCodeMissing {
			o.Flags |= FlagMissing
		}
		switch q.group {
		case dnsTypeText, dnsTypeNull, dnsTypeAlias, dnsTypeMail:
			o.Flags |= FlagWrite
		}
	} else {
		o.Service = 0 // content delivery answers everybody differently
	}
}

// addName adds a part of a lower-cased name as a value; at is where the name
// stands in the event batch. Nothing is added for an empty part.
func (t *Texts) addName(name []byte, at uint32, from, to int) {
	if from == to {
		return
	}
	text := event.Span{Off: uint32(len(t.Buf)), Len: uint32(to - from)}
	t.Buf = append(t.Buf, name[from:to]...)
	raw := event.Span{Off: at + uint32(from), Len: uint32(to - from)}
	t.Values = append(t.Values, Value{Text: text, Raw: raw, Origin: FromName})
}

func lowerName(dst, name []byte) []byte {
	for _, c := range name {
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// labelCount returns the number of labels and the length of the longest.
func labelCount(name []byte) (labels, longest float32) {
	if len(name) == 0 {
		return 0, 0
	}
	n, start, most := 1, 0, 0
	for i, c := range name {
		if c == '.' {
			most = max(most, i-start)
			start = i + 1
			n++
		}
	}
	return float32(n), float32(max(most, len(name)-start))
}

// classes of characters of a label.
const (
	isVowel = 1 << iota
	isConsonant
	isDigit
	isHyphen
	isHex
	isBase32
	isRare
	isDot
)

var labelClass = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] = isConsonant | isBase32
	}
	for _, c := range "aeiouy" {
		t[c] = isVowel | isBase32
	}
	for _, c := range "jqvwxz" {
		t[c] |= isRare
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = isDigit | isHex
	}
	for _, c := range "abcdef" {
		t[c] |= isHex
	}
	for _, c := range "234567" {
		t[c] |= isBase32
	}
	t['-'], t['_'], t['.'] = isHyphen, isHyphen, isDot
	return t
}()

// measureLabel writes the columns of a label, or of several with dots between:
// text is lower-cased, raw is as logged. An empty one has length 0 and NaN else.
func measureLabel(row []float32, text, raw []byte) {
	row[labelLength] = float32(len(text))
	if len(text) == 0 {
		return
	}
	var counts [256]uint16
	var vowels, consonants, digits, hyphens, rare, hex, base32, dots, turns, upper int
	var run, runs [3]int // vowels, consonants, digits
	var last uint8
	for i, c := range text {
		counts[c]++
		k := labelClass[c]
		for j, bit := range [3]uint8{isVowel, isConsonant, isDigit} {
			if k&bit != 0 {
				run[j]++
				runs[j] = max(runs[j], run[j])
			} else {
				run[j] = 0
			}
		}
		vowels += int(k & isVowel)
		consonants += int(k & isConsonant / isConsonant)
		digits += int(k & isDigit / isDigit)
		hyphens += int(k & isHyphen / isHyphen)
		hex += int(k & isHex / isHex)
		base32 += int(k & isBase32 / isBase32)
		rare += int(k & isRare / isRare)
		dots += int(k & isDot / isDot)
		kind := k & (isVowel | isConsonant | isDigit)
		if kind == isVowel {
			kind = isConsonant
		}
		if kind != 0 {
			if last != 0 && kind != last {
				turns++
			}
			last = kind
		}
		if raw[i] != c {
			upper++
		}
	}
	n := len(text) - dots
	letters := vowels + consonants
	// Entropy is log2 n - sum of m log2 m / n over the counts m; each character
	// that occurs is met once.
	var distinct int
	var sum float64
	for _, c := range text {
		m := counts[c]
		if m == 0 || c == '.' {
			continue
		}
		counts[c] = 0
		distinct++
		if m > 1 {
			sum += float64(float64(m) * portable.Log2(float64(m)))
		}
	}
	row[labelEntropy] = 0
	if n > 0 {
		row[labelEntropy] = float32(max(portable.Log2(float64(n))-sum/float64(n), 0))
	}
	over := func(part, whole int) float32 {
		if whole == 0 {
			return 0
		}
		return float32(part) / float32(whole)
	}
	row[labelUnique] = over(distinct, n)
	row[labelDigits] = over(digits, n)
	row[labelVowels] = over(vowels, letters)
	row[labelHyphens] = over(hyphens, n)
	row[labelVowelRun] = float32(runs[0])
	row[labelConsonantRun] = float32(runs[1])
	row[labelDigitRun] = float32(runs[2])
	row[labelTurns] = float32(turns)
	row[labelRare] = over(rare, letters)
	row[labelHex] = flag(n >= 8 && hex == n)
	row[labelBase32] = flag(n >= 16 && base32 == n && digits > 0)
	share := over(upper, letters)
	row[labelMixedCase] = min(share, 1-share)
	row[labelForeign] = over(n-letters-digits-hyphens, n)
}

// typeOf returns the column of a query type, 0 where it is absent.
func typeOf(t []byte) int {
	switch string(t) {
	case "":
		return 0
	case "A", "AAAA", "a", "aaaa", "1", "28", "A6":
		return dnsTypeAddress
	case "TXT", "txt", "16", "SPF":
		return dnsTypeText
	case "NULL", "null", "10", "PRIVATE", "65399":
		return dnsTypeNull
	case "CNAME", "cname", "5", "DNAME":
		return dnsTypeAlias
	case "MX", "mx", "15":
		return dnsTypeMail
	case "SRV", "srv", "33", "HTTPS", "65", "SVCB", "64", "NAPTR", "35":
		return dnsTypeService
	case "PTR", "ptr", "12":
		return dnsTypeReverse
	}
	return dnsTypeOther
}

// codeOf returns the column of a response code, 0 where it is absent.
func codeOf(c []byte) int {
	switch string(c) {
	case "":
		return 0
	case "NOERROR", "noerror", "NoError", "0":
		return dnsCodeNone
	case "NXDOMAIN", "nxdomain", "NXDomain", "3":
		return dnsCodeMissing
	}
	return dnsCodeFailed
}

// answersHash hashes a list of answers, whatever their order.
func answersHash(list []byte) uint64 {
	var sum uint64
	start := 0
	for i := 0; i <= len(list); i++ {
		if i == len(list) || list[i] == ',' {
			if i > start {
				sum += Hash64(list[start:i])
			}
			start = i + 1
		}
	}
	return nonzero(sum)
}
