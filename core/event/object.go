package event

// objectParser reads JSON objects of any origin, one a record, by the names of
// their members. Of members with one meaning the first of the best known name
// counts, repetitions of a name included, so that what a hostile client manages
// to smuggle into a line behind the logged field cannot replace it.
type objectParser struct {
	aliases aliases
	year    int
	kind    Kind
	product product
}

// product is whose records an objectParser reads.
type product uint8

const (
	anyProduct product = iota
	suricata
	zeek
)

var _ Parser = (*objectParser)(nil)

// jsonValues makes a Reader cut arrays and objects of many lines into records.
func (p *objectParser) jsonValues() {}

func newObjectParser(o Options, of product) (Parser, error) {
	a, err := newAliases(o)
	if err != nil {
		return nil, err
	}
	return &objectParser{aliases: a, year: o.Year, kind: o.Kind, product: of}, nil
}

func (p *objectParser) Parse(b *Batch, line Span, e *Event) error {
	var s Scanner
	s.Lenient = true
	s.Reset(b.Bytes(line), b.Limits)
	t, err := s.Next()
	if err != nil {
		return err
	}
	if t != ObjectStart {
		return ErrJSON
	}
	var r record
	r.reset(b, e, p.year, p.kind)
	o := object{p: p, s: &s, r: &r, origin: line.Off}
	if err := o.members(hashSeed, hashSeed); err != nil {
		return err
	}
	if _, err := s.Next(); err != nil { // nothing may follow
		return err
	}
	switch p.product {
	case suricata:
		return settleEVE(&r)
	case zeek:
		return settleZeek(&r)
	}
	return r.finish()
}

// object walks the members of one record.
type object struct {
	p      *objectParser
	s      *Scanner
	r      *record
	origin uint32 // offset of the record in the batch's buffer
}

// members reads the rest of an object. full is the hash of its path, short that
// of its path without wrappers.
func (o *object) members(full, short uint64) error {
	for {
		t, err := o.s.Next()
		if err != nil {
			return err
		}
		if t == ObjectEnd {
			return nil
		}
		name := o.s.Text()
		if o.s.Escaped() {
			var buf [64]byte
			name = o.s.AppendText(buf[:0])
		}
		f := moreHash(full, name)
		a, g := o.p.aliases.find(f), f
		if short != full {
			g = moreHash(short, name)
			if a.slot == noSlot {
				short := o.p.aliases.find(g)
				short.enter = short.enter || a.enter
				a = short
			}
		}
		if a.enter {
			g = short
		}
		if err := o.value(a, f, g); err != nil {
			return err
		}
	}
}

// value reads the value of a member.
func (o *object) value(a alias, full, short uint64) error {
	start := o.s.Pos()
	t, err := o.s.Next()
	if err != nil {
		return err
	}
	switch t {
	case ObjectStart, ArrayStart:
		switch a.slot {
		case slot(Headers):
			return o.headers()
		case slot(Body), slot(Payload):
			inside := *o.s
			if err := o.s.Skip(); err != nil {
				return err
			}
			if err := o.r.put(a, o.raw(start)); err != nil || t == ArrayStart {
				return err
			}
			*o.s = inside // ECS's body.content and HAR's postData.text are better
		}
		if t == ObjectStart {
			return o.members(full, short)
		}
		return o.elements(a, full, short)
	case String, Number, True, False:
		if !o.r.wants(a) {
			return nil
		}
		if a.slot == slot(Headers) {
			return o.headerLine(o.text())
		}
		return o.r.put(a, o.text())
	}
	return nil
}

// elements reads the rest of an array: each element as a value of its name.
func (o *object) elements(a alias, full, short uint64) error {
	for {
		t, err := o.s.Next()
		if err != nil {
			return err
		}
		switch t {
		case ArrayEnd:
			return nil
		case ObjectStart:
			err = o.members(full, short)
		case ArrayStart:
			err = o.elements(a, full, short)
		case String, Number, True, False:
			if o.r.wants(a) {
				err = o.r.put(a, o.text())
			}
		}
		if err != nil {
			return err
		}
	}
}

// text returns the span of the last token's value, unescaped.
func (o *object) text() Span {
	if !o.s.Escaped() {
		return Span{o.origin + uint32(o.s.TextPos()), uint32(len(o.s.Text()))}
	}
	b := o.r.b
	off := len(b.Buf)
	b.Buf = o.s.AppendText(b.Buf)
	return Span{uint32(off), uint32(len(b.Buf) - off)}
}

// raw returns the span from start to the last token, without the white space before.
func (o *object) raw(start int) Span {
	for start < o.s.Pos() && (o.s.data[start] <= ' ' || o.s.data[start] == ':') {
		start++
	}
	return Span{o.origin + uint32(start), uint32(o.s.Pos() - start)}
}

// headers reads the rest of the request headers: an object of values or of
// lists of values, or a list of pairs, of {"name":n,"value":v} or of "n: v".
func (o *object) headers() error {
	for {
		t, err := o.s.Next()
		if err != nil {
			return err
		}
		switch t {
		case ObjectEnd, ArrayEnd:
			return nil
		case Key:
			err = o.headerValues(o.text())
		case String:
			err = o.headerLine(o.text())
		case ArrayStart:
			err = o.headerPair()
		case ObjectStart:
			err = o.headerObject()
		}
		if err != nil {
			return err
		}
	}
}

// headerValues reads what stands behind a header's name: a value or a list of them.
func (o *object) headerValues(name Span) error {
	t, err := o.s.Next()
	if err != nil {
		return err
	}
	switch t {
	case ObjectStart:
		return o.s.Skip()
	case String, Number, True, False:
		return o.r.header(name, o.text())
	case ArrayStart:
		for {
			if t, err = o.s.Next(); err != nil || t == ArrayEnd {
				return err
			}
			switch t {
			case ObjectStart, ArrayStart:
				err = o.s.Skip()
			case String, Number, True, False:
				err = o.r.header(name, o.text())
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// headerPair reads the rest of ["name","value"].
func (o *object) headerPair() error {
	var pair [2]Span
	for n := 0; ; n++ {
		t, err := o.s.Next()
		if err != nil {
			return err
		}
		switch t {
		case ArrayEnd:
			if pair[0].Len > 0 {
				return o.r.header(pair[0], pair[1])
			}
			return nil
		case ObjectStart, ArrayStart:
			if err := o.s.Skip(); err != nil {
				return err
			}
		case String, Number, True, False:
			if n < 2 {
				pair[n] = o.text()
			}
		}
	}
}

// headerObject reads the rest of {"name":"n","value":"v"}; any other object is
// taken as {"n":"v"}.
func (o *object) headerObject() error {
	var name, value Span
	for {
		t, err := o.s.Next()
		if err != nil {
			return err
		}
		if t == ObjectEnd {
			if name.Len > 0 {
				return o.r.header(name, value)
			}
			return nil
		}
		key := o.text()
		k := o.r.b.Bytes(key)
		isName := equalFold(k, "name") || equalFold(k, "key")
		if !isName && !equalFold(k, "value") {
			if err := o.headerValues(key); err != nil {
				return err
			}
			continue
		}
		if t, err = o.s.Next(); err != nil {
			return err
		}
		switch t {
		case ObjectStart, ArrayStart:
			err = o.s.Skip()
		case String, Number, True, False:
			if isName {
				name = o.text()
			} else {
				value = o.text()
			}
		}
		if err != nil {
			return err
		}
	}
}

// headerLine takes "Name: value\r\nName: value".
func (o *object) headerLine(s Span) error {
	t := o.r.b.Bytes(s)
	for i := 0; i < len(t); {
		end := i
		for end < len(t) && t[end] != '\n' {
			end++
		}
		line := trimLine(t[i:end])
		for colon, c := range line {
			if c != ':' {
				continue
			}
			value := colon + 1
			for value < len(line) && line[value] == ' ' {
				value++
			}
			if err := o.r.header(Span{s.Off + uint32(i), uint32(colon)}, Span{s.Off + uint32(i+value), uint32(len(line) - value)}); err != nil {
				return err
			}
			break
		}
		i = end + 1
	}
	return nil
}

func jsonFormat() Format {
	return Format{
		Name:    "json",
		Title:   "JSON objects of any origin, one a line, in an array or printed over many lines, by the names of their members",
		Kinds:   []Kind{HTTP, Flow, DNS, Auth},
		Example: `{"time":"2026-01-29T10:01:02Z","remote_addr":"203.0.113.9","request":"GET /shop/item.php?id=17 HTTP/1.1","status":200,"http_user_agent":"curl/8.5.0"}`,
		Match: func(sample []byte, o Options) (float64, string) {
			sure, why := matchObjects(sample, jsonFormat(), o, "JSON objects", func(raw []byte) bool { return validJSON(raw) })
			return jsonShare * sure, why
		},
		New: func(o Options) (Parser, error) { return newObjectParser(o, anyProduct) },
	}
}

// jsonShare is how sure perfect JSON lines can be: those of Zeek and Suricata
// are JSON too.
const jsonShare = 0.8
