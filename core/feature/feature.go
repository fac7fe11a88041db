// Package feature turns events into what learners read: rows of named numbers
// and, for HTTP and DNS, lists of decoded texts.
//
// An [Encoder] does the stateless part: any number of workers, any batch size,
// the same rows. [Context] does the ordered part: it folds one [Observation] an
// event into damped counters and distinct-count sketches per entity and fills
// the context columns. Nothing else in the engine has state.
//
// Addresses, source ports and absolute time are never features.
package feature

import "github.com/tiercel/tiercel/core/event"

// Schema names the columns of a kind's rows. Columns [0, Stateless) are
// written by the Encoder, the rest by Context.
type Schema struct {
	Kind      event.Kind
	Names     []string
	Stateless int
	Table     []Column // Kind Table only: how each column is read from the cells
	Whole     bool     // HTTP only: the values include each request as one text, see NewWholeHTTP
}

// Column returns the index of a named column, or -1.
func (s *Schema) Column(name string) int {
	for i, n := range s.Names {
		if n == name {
			return i
		}
	}
	return -1
}

// Batch is what learners score: N rows of D columns, row-major, and their texts,
// decoded and as they stand in the log.
// NaN marks a value that the record did not have.
type Batch struct {
	N, D  int
	X     []float32 // N*D
	Texts Texts
	Raw   Raw
}

// Row returns row i.
func (b *Batch) Row(i int) []float32 { return b.X[i*b.D : (i+1)*b.D : (i+1)*b.D] }

// Origin says which part of a record a value came from.
type Origin uint8

// Origins of values.
const (
	FromPath Origin = iota
	FromQuery
	FromBody
	FromCookie
	FromReferrer
	FromAgent
	FromHeader
	FromPayload // a bare parameter value
	FromName    // a domain name
	FromRequest // method, target and body as one text: see NewWholeHTTP
	NumOrigins
)

var originNames = [NumOrigins]string{"path", "query", "body", "cookie", "referrer", "agent", "header", "payload", "name", "request"}

// String returns the origin's name as explanations print it.
func (o Origin) String() string { return originNames[o] }

// Value is one decoded text of a record: the value of one parameter, one path,
// one header. Text and Raw index Texts.Buf and the event batch's Buf.
type Value struct {
	Text   event.Span // decoded and lower-cased, in Texts.Buf
	Raw    event.Span // as it stands in the log (event.Batch.Buf)
	Name   event.Span // the parameter's name in event.Batch.Buf; empty where it has none
	Origin Origin
	Levels uint8 // how many levels of escaping were removed
}

// Texts holds the values of a batch's rows: row i has Values[First[i]:First[i+1]].
type Texts struct {
	Buf    []byte
	Values []Value
	First  []uint32 // N+1
}

// Of returns the values of row i.
func (t *Texts) Of(i int) []Value { return t.Values[t.First[i]:t.First[i+1]] }

// Bytes returns the decoded text of a value.
func (t *Texts) Bytes(v *Value) []byte {
	return t.Buf[v.Text.Off : v.Text.Off+v.Text.Len : v.Text.Off+v.Text.Len]
}

// Reset empties the texts and keeps their memory.
func (t *Texts) Reset() {
	t.Buf, t.Values, t.First = t.Buf[:0], t.Values[:0], append(t.First[:0], 0)
}

// Observation is all that the ordered part needs to know of an event; workers
// compute it, so that Context never waits for text. Hashes are 64-bit, seedless
// and equal on every platform; 0 means absent.
type Observation struct {
	Kind    event.Kind
	Time    int64   // nanoseconds, event.NoTime when absent
	Entity  uint64  // who is judged: source address; for flows and DNS the client; for auth the source, else the user
	Peer    uint64  // whom it talks to: host, destination address, registered domain
	Item    uint64  // what it touches: path, destination port, query name, user name
	Service uint64  // coarser than Item where useful: (peer, port), (query type), (user, host)
	Flags   uint32  // what happened: see the Flag constants
	In, Out float32 // bytes received and sent by the entity, 0 when unknown
	Length  float32 // kind's own magnitude: query length, distinct bytes of a label ...
	Report  uint8   // auth: which of the lines that report one attempt this is, 0 to 3
}

// Flags of an Observation.
const (
	FlagFailed     uint32 = 1 << iota // 4xx/5xx, refused or unanswered connection, NXDOMAIN, failed login
	FlagDenied                        // 401/403, rejected, refused
	FlagMissing                       // 404, NXDOMAIN, unknown user
	FlagSuccess                       // 2xx/3xx, established, answered, accepted login
	FlagWrite                         // POST/PUT/..., data sent, command run
	FlagLogin                         // an attempt to log in (also POST to a login page)
	FlagPrivileged                    // root, administrator, sudo
	FlagAsset                         // static files: images, styles
	FlagAnswerless                    // no answer at all
	FlagService                       // destination is a well-known service
)

// Encoder is the stateless part of a kind's encoding. It is immutable and safe
// for concurrent use; scratch memory comes from the caller.
type Encoder interface {
	// Schema returns the columns, those of the context included.
	Schema() *Schema
	// Encode fills dst with one row for each event of b: the stateless columns,
	// the context columns set to NaN, and the values of the texts; and obs with
	// one observation each. An event that could not be read, or is of another
	// kind, gets a row of NaN, no values and an Observation of KindNone.
	// dst and obs are grown as needed and keep their memory.
	Encode(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch)
}

// Partial is the optional ability of an Encoder to leave out of the rows what
// takes long and what, of most rows, no learner is going to read.
type Partial interface {
	Encoder
	// Quick returns the range of the stateless columns that EncodeQuick writes.
	Quick() (from, to int)
	// EncodeQuick does as Encode, but what the other stateless columns hold is
	// not defined, of rows of its kind.
	EncodeQuick(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch)
	// Complete writes those columns of row i, which is of its kind, after
	// EncodeQuick: the row is then what Encode would have made of it.
	Complete(dst *Batch, i int, b *event.Batch, s *Scratch)
}

// Scratch is a worker's memory for encoding. The zero value is ready.
type Scratch struct {
	buf   []byte
	http  request // the HTTP request at hand
	texts Texts   // of Complete: read again, and not kept
}

// Column says how a column of a Table schema is read from a cell.
type Column struct {
	Source string // the file's column name
	// Level is nil for a number. One string gives 1 where the cell equals it, else
	// 0 (one-hot); several give the index of the one it equals, -1 for none (code).
	Level []string
}
