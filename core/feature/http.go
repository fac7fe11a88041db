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

var _ Partial = (*HTTP)(nil)

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
	h.encodeAll(dst, obs, b, s, false)
}

// Quick returns the columns of the markers; see [Partial].
func (h *HTTP) Quick() (from, to int) { return colClasses, numColumns }

// EncodeQuick does not measure the values, which takes a third of the time.
func (h *HTTP) EncodeQuick(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch) {
	h.encodeAll(dst, obs, b, s, true)
}

func (h *HTTP) encodeAll(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch, quick bool) {
	room(dst, obs, len(b.Events), len(h.schema.Names))
	r := s.request(h, quick)
	dst.Raw.Buf = b.Buf
	for i := range b.Events {
		row := dst.Row(i)
		if e := &b.Events[i]; readableEvent(e, event.HTTP) {
			t := r.read(&dst.Texts, b, e)
			h.markerColumns(row, r)
			if !quick {
				h.otherColumns(row, b, e, &t, r)
			}
			fillNaN(row[h.schema.Stateless:])
			if h.schema.Whole {
				r.whole(b.Text(e, event.Method), t.url, e.Text[event.Body])
			}
			h.observe(&(*obs)[i], b, e, &t)
			dst.Raw.requestParts(e)
		} else {
			fillNaN(row)
			dst.Raw.requestParts(&event.Event{})
		}
		dst.Texts.endRow()
	}
}

// Complete reads the request again; few rows need it.
func (h *HTTP) Complete(dst *Batch, i int, b *event.Batch, s *Scratch) {
	e := &b.Events[i]
	r := s.request(h, false)
	s.texts.Reset()
	t := r.read(&s.texts, b, e)
	h.otherColumns(dst.Row(i), b, e, &t, r)
}

// request returns the memory for reading requests.
func (s *Scratch) request(h *HTTP, quick bool) *request {
	if s.http.marks != h.markers {
		s.http = request{marks: h.markers}
	}
	s.http.quick = quick
	return &s.http
}

// read reads the values of a request: their markers, and their statistics unless
// it is to be quick.
func (r *request) read(texts *Texts, b *event.Batch, e *event.Event) target {
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
	if body := e.Text[event.Body]; body.Len > 0 {
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
	if a := e.Text[event.UserAgent]; a.Len > 0 {
		r.kind = r.agent(int(a.Off), int(a.Off+a.Len))
	}
	return t
}

// markerColumns fills the columns that Quick names.
func (h *HTTP) markerColumns(row []float32, r *request) {
	clear(row[colClasses:numColumns])
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
}

// otherColumns fills the other stateless columns.
func (h *HTTP) otherColumns(row []float32, b *event.Batch, e *event.Event, t *target, r *request) {
	clear(row[:colClasses])
	clear(row[numColumns:h.schema.Stateless])
	if a := e.Text[event.UserAgent]; a.Len > 0 {
		row[colTool+int(r.kind)] = 1
		row[colAgentLength] = logCount(int32(min(a.Len, MaxValue)))
	} else {
		fillNaN(row[colTool : colAgentLength+1])
	}
	setMethod(row, b.Text(e, event.Method))
	setStatus(row, e)
	setTarget(row, b.Buf, t)
	row[colParams] = logCount(r.params)
	row[colOddNames] = logCount(r.odd)
	row[colTotal] = logCount(r.total)
	row[colJoined] = logCount(r.joined)
	row[colBody] = logCount(int32(min(e.Text[event.Body].Len, MaxValue)))
	next := row[numColumns:]
	if t.url.Len == 0 {
		fillNaN(next[:len(pathLexicals)])
	} else {
		r.top[pathPart].features(next[:len(pathLexicals)], pathLexicals[:])
	}
	next = next[len(pathLexicals):]
	r.top[paramPart].features(next[:numLexical], paramLexicals[:])
	r.top[headerPart].features(next[numLexical:numLexical+len(headerLexicals)], headerLexicals[:])
}

// writes reports whether a method asks to change something.
func writes(method []byte) bool {
	column := columnOf(method)
	return column == colPost || column == colWrite
}

// columnOf returns the column of a method, -1 for none.
func columnOf(method []byte) int {
	switch string(method) {
	case "GET":
		return colGet
	case "POST":
		return colPost
	case "HEAD", "OPTIONS":
		return colHead
	case "PUT", "PATCH", "DELETE":
		return colWrite
	case "":
		return -1
	}
	return colMethod
}

// setMethod fills the method's columns.
func setMethod(row []float32, method []byte) {
	if column := columnOf(method); column >= 0 {
		row[column] = 1
	} else {
		fillNaN(row[colGet : colMethod+1])
	}
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
