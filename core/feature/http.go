package feature

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/event"
)

// HTTP encodes HTTP requests: full ones with headers and body, lines of access
// logs, and bare parameter values (Payload). What a record does not have gives
// NaN, never 0: a log without status codes is not a log of failures.
type HTTP struct {
	schema  *Schema
	markers *Markers
}

var _ Encoder = (*HTTP)(nil)

// Columns that are no maxima over values. Flags are 0 or 1, counts and sizes
// log2(1+n).
const (
	colGet  = iota
	colHead // HEAD, OPTIONS: nothing but headers is asked for
	colPost
	colWrite  // PUT, PATCH, DELETE
	colMethod // any other
	colOK     // 2xx
	colMoved  // 3xx
	colDenied
	colMissing
	colRejected // any other 4xx
	colError    // 5xx
	colResponseBytes
	colNoTarget // what stands for the target is none: another protocol
	colProxy    // the target names a host
	colURLLength
	colDepth
	colAsset
	colScript
	colHidden // a path segment that begins with a dot
	colEmpty  // two slashes in a row
	colParams
	colOddNames
	colTotal
	colJoined
	colBody
	colTool // in the order of agentKind
	colBrowser
	colBot
	colAgentLength
	colClasses
	colStrongest
	colMarkers
	numColumns = colMarkers + int(NumClasses)
)

var colNames = [colMarkers]string{
	"http.method.get", "http.method.head_options", "http.method.post", "http.method.write", "http.method.other",
	"http.status.2xx", "http.status.3xx", "http.status.denied", "http.status.missing", "http.status.4xx", "http.status.5xx",
	"http.response.bytes", "http.no_target", "http.proxy",
	"url.length", "url.depth", "url.asset", "url.script", "url.hidden", "url.empty_segment",
	"param.count", "param.odd_names", "param.total_length", "http.joined", "body.length",
	"agent.tool", "agent.browser", "agent.bot", "agent.length",
	"marker.classes", "marker.strongest",
}

// What of the lexical statistics each part shows. A path's letters say how long
// it is; a header's say which browser it was.
var (
	pathLexicals = [...]uint8{
		lexDigits, lexBlanks, lexControls, lexNonASCII, lexQuotes, lexDouble, lexAngles, lexParens, lexSemicolon, lexEquals,
		lexAmpersand, lexPercent, lexDots, lexBackslash, lexPipes, lexDashes, lexStars, lexCommas, lexDollars, lexBraces, lexBrackets, lexColons, lexOther,
		lexLength, lexUpper, lexRun, lexSwitches, lexLevels, lexNeedless, lexInvalid,
		lexEntropy, lexSpecialRatio, lexDigitRatio, lexDistinct, lexHex,
	}
	paramLexicals = func() (all [numLexical]uint8) {
		for i := range all {
			all[i] = uint8(i)
		}
		return all
	}()
	headerLexicals = [...]uint8{
		lexControls, lexNonASCII, lexQuotes, lexAngles, lexParens, lexBackslash, lexDollars, lexBackticks, lexBraces,
		lexLength, lexLevels, lexNeedless, lexSpecialRatio,
	}
)

// NewHTTP returns the encoder of HTTP requests.
func NewHTTP() *HTTP {
	names := slices.Clone(colNames[:])
	for c := range NumClasses {
		names = append(names, "marker."+c.String())
	}
	for _, i := range pathLexicals {
		names = append(names, "path."+lexicalNames[i])
	}
	for i := range lexicalNames {
		names = append(names, "param."+lexicalNames[i])
	}
	for _, i := range headerLexicals {
		names = append(names, "header."+lexicalNames[i])
	}
	return &HTTP{schema(event.HTTP, names), NewMarkers()}
}

// Schema returns the columns.
func (h *HTTP) Schema() *Schema { return h.schema }

// Markers returns the automaton behind the columns marker.*, for explanations.
func (h *HTTP) Markers() *Markers { return h.markers }

// Encode fills dst and obs; see [Encoder].
func (h *HTTP) Encode(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch) {
	prepare(dst, obs, len(b.Events), len(h.schema.Names))
	if s.http.marks != h.markers {
		s.http = request{marks: h.markers}
	}
	dst.Raw.Buf = b.Buf
	for i := range b.Events {
		if e := &b.Events[i]; readableEvent(e, event.HTTP) {
			h.encode(dst.Row(i), &(*obs)[i], &dst.Texts, b, e, &s.http)
			dst.Raw.requestParts(e)
		} else {
			dst.Raw.requestParts(&event.Event{})
		}
		dst.Texts.endRow()
	}
}

func (h *HTTP) encode(row []float32, o *Observation, texts *Texts, b *event.Batch, e *event.Event, r *request) {
	r.reset(b.Buf, texts)
	t := splitTarget(b, e.Text[event.URL])
	if t.path.Len > 0 {
		r.value(int(t.path.Off), int(t.path.Off+t.path.Len), event.Span{}, FromPath, 0)
	}
	r.pairs(int(t.query.Off), int(t.query.Off+t.query.Len), FromQuery, plusBlank)
	if p := e.Text[event.Payload]; p.Len > 0 {
		r.params++
		r.value(int(p.Off), int(p.Off+p.Len), event.Span{}, FromPayload, 0)
	}
	body := e.Text[event.Body]
	if body.Len > 0 {
		r.body(int(body.Off), int(body.Off+body.Len), b.Text(e, event.ContentType))
	}
	if c := e.Text[event.Cookie]; c.Len > 0 {
		r.cookies(int(c.Off), int(c.Off+c.Len))
	}
	if f := e.Text[event.Referrer]; f.Len > 0 {
		r.referrer(int(f.Off), int(f.Off+f.Len))
	}
	if x := e.Text[event.Headers]; x.Len > 0 {
		r.headers(int(x.Off), int(x.Off+x.Len))
	}

	clear(row[:h.schema.Stateless])
	if a := e.Text[event.UserAgent]; a.Len > 0 {
		row[colTool+int(r.agent(int(a.Off), int(a.Off+a.Len)))] = 1
		row[colAgentLength] = logCount(int32(min(a.Len, MaxValue)))
	} else {
		fillNaN(row[colTool : colAgentLength+1])
	}
	method := b.Text(e, event.Method)
	write := setMethod(row, method)
	setStatus(row, e)
	setTarget(row, b.Buf, &t)
	row[colParams] = logCount(r.params)
	row[colOddNames] = logCount(r.odd)
	row[colTotal] = logCount(r.total)
	row[colJoined] = logCount(r.joined)
	row[colBody] = logCount(int32(min(body.Len, MaxValue)))
	var classes, strongest uint16
	for c := range NumClasses {
		if r.sums[c] == 0 {
			continue
		}
		row[colMarkers+int(c)] = r.sums.feature(c)
		strongest = max(strongest, r.sums[c])
		if r.sums[c] >= medium {
			classes++
		}
	}
	row[colClasses] = float32(classes)
	row[colStrongest] = float32(strongest) / float32(strongest+saturation)
	next := row[numColumns:]
	if t.url.Len == 0 {
		fillNaN(next[:len(pathLexicals)])
	} else {
		r.top[pathPart].features(next[:len(pathLexicals)], pathLexicals[:])
	}
	next = next[len(pathLexicals):]
	r.top[paramPart].features(next[:numLexical], paramLexicals[:])
	r.top[headerPart].features(next[numLexical:numLexical+len(headerLexicals)], headerLexicals[:])
	if h.schema.Whole {
		r.whole(method, t.url, body)
	}
	h.observe(o, b, e, &t, write)
}

// setMethod fills the method's columns and reports whether it writes.
func setMethod(row []float32, method []byte) (write bool) {
	column := colMethod
	switch string(method) {
	case "GET":
		column = colGet
	case "POST":
		column = colPost
	case "HEAD", "OPTIONS":
		column = colHead
	case "PUT", "PATCH", "DELETE":
		column = colWrite
	case "":
		fillNaN(row[colGet : colMethod+1])
		return false
	}
	row[column] = 1
	return column == colPost || column == colWrite
}

func setStatus(row []float32, e *event.Event) {
	status := e.Num[event.StatusCode]
	switch {
	case status >= 200 && status < 300:
		row[colOK] = 1
	case status >= 300 && status < 400:
		row[colMoved] = 1
	case status == 401 || status == 403:
		row[colDenied] = 1
	case status == 404:
		row[colMissing] = 1
	case status >= 400 && status < 500:
		row[colRejected] = 1
	case status >= 500 && status < 600:
		row[colError] = 1
	case !(status >= 100 && status < 200):
		fillNaN(row[colOK : colError+1])
	}
	row[colResponseBytes] = logBytes(e.Num[event.ResponseBytes])
}

// logBytes is log2(1+n) to 1/8: sizes say something by their magnitude only.
// NaN stays NaN.
func logBytes(n float64) float32 {
	if !(n >= 0) {
		return nan32
	}
	m, exp := math.Frexp(n + 1) // exact on every platform
	return float32(exp-1) + float32(int((m-0.5)*16))/8
}

func setTarget(row []float32, buf []byte, t *target) {
	if t.url.Len == 0 {
		fillNaN(row[colNoTarget : colEmpty+1])
		return
	}
	row[colNoTarget], row[colProxy] = flag(t.none), flag(t.proxy)
	row[colURLLength] = logCount(int32(min(t.url.Len, MaxValue)))
	path := buf[t.path.Off : t.path.Off+t.path.Len]
	depth := int32(0)
	for i, c := range path {
		if c != '/' {
			continue
		}
		depth++
		if next := byteAt(path, i+1); next == '/' {
			row[colEmpty] = 1
		} else if next == '.' && !hasPrefixAt(path, i, "/.well-known/") {
			row[colHidden] = 1
		}
	}
	row[colDepth] = logCount(depth)
	row[colAsset], row[colScript] = flag(t.file == fileAsset), flag(t.file == fileScript)
}
