// Package event turns the bytes of logs into events with named fields.
//
// A [Format] knows one log format: it recognises a sample, names itself and
// yields a [Parser]. A [Reader] cuts a byte stream of that format into batches
// of whole records; [Batch.Parse] parses them. Fields are named after the
// Elastic Common Schema (ECS); the slots that an [Event] has are the constants
// of [TextField] and [NumField].
//
// Nothing here uses a clock, a regular expression, reflection or fmt: the
// package is carried by the browser engine.
package event

import "math"

// Kind is the kind of activity that an event records. It selects the model.
type Kind uint8

// The kinds of events. Table is a record of arbitrary columns: it can be
// trained on and evaluated, no default model exists for it.
const (
	KindNone Kind = iota
	HTTP
	Flow
	DNS
	Auth
	Table
	NumKinds
)

var kindNames = [NumKinds]string{"none", "http", "flow", "dns", "auth", "table"}

// String returns the name that the command line uses: http, flow, dns, auth, table.
func (k Kind) String() string {
	if k < NumKinds {
		return kindNames[k]
	}
	return "unknown"
}

// ParseKind returns the kind of that name.
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name && k != 0 {
			return Kind(k), true
		}
	}
	return KindNone, false
}

// Span is a range of a batch's buffer. The zero Span is an absent text.
type Span struct{ Off, Len uint32 }

// TextField is a text slot of an event.
type TextField uint8

// Text fields; the comment is the ECS name (or the project's own, where ECS has none).
const (
	SourceIP      TextField = iota // source.ip: address, or host name where the log has only that
	DestinationIP                  // destination.ip
	HostName                       // host.name: the host that wrote the record
	UserName                       // user.name: who acted or was tried
	TargetUser                     // user.target.name: as whom (sudo, su)
	Method                         // http.request.method
	URL                            // url.original: request target as logged, path and query
	Domain                         // url.domain: Host header, virtual host
	UserAgent                      // user_agent.original
	Referrer                       // http.request.referrer
	Cookie                         // http.request.cookie
	ContentType                    // http.request.mime_type
	Headers                        // http.request.headers: the other headers, "Name: value\n" each
	Body                           // http.request.body.content
	Payload                        // event.payload: one already decoded parameter value, no request around it
	Transport                      // network.transport: tcp, udp, icmp ... in lower case
	Service                        // network.protocol: http, dns, ssh ... as the sensor saw it
	ConnState                      // connection.state: Zeek's conn_state or what maps to it (SF S0 REJ RSTO ...)
	History                        // connection.history: Zeek's history, Argus flags
	QuestionName                   // dns.question.name
	QuestionType                   // dns.question.type: A, TXT ...
	ResponseCode                   // dns.response_code: NOERROR, NXDOMAIN ...
	Answers                        // dns.answers.data: separated by commas
	Process                        // process.name: sshd, sudo, su ...
	Action                         // event.action: login, logout, session, sudo, su, command, account, connect, other
	Outcome                        // event.outcome: success, failure, or absent
	Reason                         // event.reason: invalid-user, bad-password, max-attempts, preauth-close ...
	Command                        // process.command_line
	Message                        // message
	NumText
)

var textNames = [NumText]string{
	"source.ip", "destination.ip", "host.name", "user.name", "user.target.name",
	"http.request.method", "url.original", "url.domain", "user_agent.original", "http.request.referrer",
	"http.request.cookie", "http.request.mime_type", "http.request.headers", "http.request.body.content", "event.payload",
	"network.transport", "network.protocol", "connection.state", "connection.history",
	"dns.question.name", "dns.question.type", "dns.response_code", "dns.answers.data",
	"process.name", "event.action", "event.outcome", "event.reason", "process.command_line", "message",
}

// String returns the field's ECS name.
func (f TextField) String() string { return textNames[f] }

// NumField is a numeric slot of an event.
type NumField uint8

// Numeric fields; the comment is the ECS name and the unit.
const (
	SourcePort         NumField = iota // source.port
	DestinationPort                    // destination.port
	StatusCode                         // http.response.status_code
	RequestBytes                       // http.request.bytes
	ResponseBytes                      // http.response.bytes
	Duration                           // event.duration: seconds
	SourceBytes                        // source.bytes: IP level where the log has it
	DestinationBytes                   // destination.bytes
	SourcePackets                      // source.packets
	DestinationPackets                 // destination.packets
	AnswerCount                        // dns.answers.count
	EventCode                          // event.code: Windows event id
	ProcessID                          // process.pid
	Repeats                            // event.repeats: how many like events the record stands for, where it says so (syslog's "message repeated")
	NumNum
)

var numNames = [NumNum]string{
	"source.port", "destination.port", "http.response.status_code", "http.request.bytes", "http.response.bytes",
	"event.duration", "source.bytes", "destination.bytes", "source.packets", "destination.packets",
	"dns.answers.count", "event.code", "process.pid", "event.repeats",
}

// String returns the field's ECS name.
func (f NumField) String() string { return numNames[f] }

// NoTime is the Time of an event whose record has none.
const NoTime = math.MinInt64

// Event is one record of a log.
//
// Its texts are spans of the batch that holds it and are valid as long as the
// batch is not reset. Num holds NaN where the record has no value.
type Event struct {
	Kind  Kind
	Err   error  // why the record could not be read; nil when it was
	Line  uint32 // physical line in its batch, from 0: Batch.FirstLine + Line is its number in the file
	Raw   Span   // the whole record as it stands in the log
	Time  int64  // nanoseconds since 1970 UTC, or NoTime
	Cells Span   // Table only: Off and Len index Batch.Cells
	Text  [NumText]Span
	Num   [NumNum]float64
}

// Reset empties the event.
func (e *Event) Reset() { *e = emptyEvent }

var emptyEvent = func() (e Event) {
	e.Time = NoTime
	for i := range e.Num {
		e.Num[i] = math.NaN()
	}
	return e
}()

// Batch is a run of records of one file and their events, in file order.
//
// A Reader fills Buf, the numbering and Parser; Parse fills Events. Parsers
// append unescaped text behind the records in Buf, so spans are offsets, not
// slices. A batch is reused through Reset and belongs to one goroutine at a time.
type Batch struct {
	Buf       []byte // the records, then what parsers appended
	Records   int    // length of the part of Buf that holds records
	Offset    int64  // offset of Buf[0] in the decompressed file
	FirstLine int    // number of the physical line that Buf starts in, from 1
	Parser    Parser // reads these records; nil for none
	Events    []Event
	Cells     []Span // cells of Table events
	Lines     int    // physical lines in Buf, set by Parse
	Skipped   int    // of these blank, comment or header lines, set by Parse
	Limits    Limits

	head   int    // bytes of header lines that Buf starts with
	spans  []Span // the records, where they are not lines
	valued bool   // spans are the records
	lost   int    // physical lines that are not in Buf: of a record cut at MaxLine
	words  uint32 // offset of the vocabulary in Buf plus one; 0 while it is not there
	stamp  stamp  // of the last access log line
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	*b = Batch{Buf: b.Buf[:0], Events: b.Events[:0], Cells: b.Cells[:0], Limits: b.Limits, spans: b.spans[:0]}
}

// Bytes returns the text of a span; it is valid until the buffer grows or the batch is reset.
func (b *Batch) Bytes(s Span) []byte { return b.Buf[s.Off : s.Off+s.Len : s.Off+s.Len] }

// Text returns a text field of an event, empty when absent.
func (b *Batch) Text(e *Event, f TextField) []byte { return b.Bytes(e.Text[f]) }

// Append copies text behind the records and returns its span.
func (b *Batch) Append(text []byte) Span {
	off := len(b.Buf)
	b.Buf = append(b.Buf, text...)
	return Span{uint32(off), uint32(len(text))}
}

// Limits bounds what hostile input may cost. The zero value means the defaults.
type Limits struct {
	MaxLine   int // bytes of one record; longer ones are reported as ErrLineTooLong; default 1 MiB
	MaxFields int // cells of a CSV or TSV record, members of a JSON record; default 4096
	MaxDepth  int // nesting of JSON; default 64
}

// Default limits.
const (
	DefaultMaxLine   = 1 << 20 // bytes of a record
	DefaultMaxFields = 4096    // cells, or members of an object
	DefaultMaxDepth  = 64      // nesting of JSON
)

// WithDefaults returns the limits with zero values replaced by the defaults.
func (l Limits) WithDefaults() Limits {
	if l.MaxLine <= 0 {
		l.MaxLine = DefaultMaxLine
	}
	if l.MaxFields <= 0 {
		l.MaxFields = DefaultMaxFields
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultMaxDepth
	}
	return l
}

// Parser reads the records of one format. It is immutable and safe for
// concurrent use; what it needs to remember of a header it holds from its
// construction.
type Parser interface {
	// Parse reads the record b.Buf[line] into e, which is empty. It returns
	// ErrSkip for a line that is no record (comment, directive), or another
	// error, a constant, that says why the record cannot be read.
	Parse(b *Batch, line Span, e *Event) error
}

// Headed is the optional ability of a Parser whose files carry headers (CSV's
// first line, Zeek's #fields, IIS's #Fields): a Reader asks it line by line,
// in order, where Header may return the parser of the records that follow.
type Headed interface {
	Parser
	// Header reports whether the line is a header, and the parser that reads
	// the records behind it; err says why a header cannot be used.
	Header(line []byte) (next Parser, is bool, err error)
}

// ParseError is why a record could not be read. Its values are constants:
// it never holds log contents.
type ParseError string

func (e ParseError) Error() string { return string(e) }

// Reasons that all formats share.
const (
	ErrSkip        = ParseError("not a record")
	ErrLineTooLong = ParseError("line is longer than the limit")
	ErrFields      = ParseError("too few fields")
	ErrTooMany     = ParseError("more fields than the limit")
	ErrTime        = ParseError("time stamp not understood")
	ErrBinary      = ParseError("binary data, not text")
	ErrJSON        = ParseError("not valid JSON")
	ErrDepth       = ParseError("JSON nested deeper than the limit")
	ErrNoFields    = ParseError("no field of this record is known; name some with --map THEIRS=OURS")
)

// Options adjust how records are read.
type Options struct {
	Kind       Kind              // forces the kind of formats that can hold several; KindNone detects it
	Map        map[string]string // field of the log -> ECS name, before the well-known aliases
	Year       int               // year of time stamps that have none (syslog); 0 means 1970
	Cells      bool              // keep the cells of CSV records (Kind Table)
	BatchBytes int               // text in a batch of a Reader; 0 means DefaultBatchBytes
	Limits     Limits
}

// Format is one log format.
type Format struct {
	Name    string // as --format takes it: combined, zeek, eve, syslog ...
	Title   string // one line for people
	Kinds   []Kind // the kinds it can hold
	Example string // one real-looking line
	// Match looks at the first lines of a file (a sample of at most 64 KiB,
	// cut at a line end) and says how surely they are of this format, 0 to 1,
	// and why, in words for the user.
	Match func(sample []byte, o Options) (sure float64, why string)
	// New returns a parser for a file of this format.
	New func(o Options) (Parser, error)
}
