package event

import (
	"bytes"
	"io"
)

// DefaultBatchBytes is how much text a Reader puts into a batch: some six
// hundred lines, so that handing batches to workers costs nothing beside
// scoring them. With its events, rows and values it takes 1.7 MB: twice as much
// text gained no speed, and what is in flight grows with the workers.
const DefaultBatchBytes = 128 << 10

// MaxBatchRecords is how many lines or JSON records a Reader puts into a batch:
// what 128 KiB hold of lines of 64 bytes. An event, its rows and its verdict take
// some 2 KiB however short its line is, so without it 128 KiB of empty records
// were 100 MB.
const MaxBatchRecords = 2048

// maxLineLimit bounds Limits.MaxLine: spans are 32 bits wide and parsers append
// unescaped text to the buffer that holds the record.
const maxLineLimit = 1 << 28

// ErrUTF16 is returned for a file in UTF-16.
const ErrUTF16 = ParseError("text is UTF-16; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)")

// maxEmptyReads is how often a source may return nothing before it counts as stuck, as in bufio.
const maxEmptyReads = 100

// A Reader cuts a stream of one format into batches of whole records.
//
// It holds a window of the stream: at most a batch and one record of MaxLine
// bytes. Of a longer record the first MaxLine+1 bytes are kept, the rest is
// passed over, and Batch.Parse reports ErrLineTooLong for it. A Reader is not
// safe for concurrent use; its batches can be parsed anywhere.
type Reader struct {
	src    io.Reader
	size   int // of a batch
	limits Limits

	base   []byte // memory of the window
	window []byte // bytes read and not handed out: a part of base
	err    error  // why src gave no more; io.EOF at its end
	offset int64  // of window[0] in the stream
	line   int    // number of the physical line at window[0], from 1
	begun  bool   // the start of the stream has been looked at

	parser Parser
	headed Headed // parser, if it takes headers
	values *valueCutter
}

// NewReader returns a reader of the stream in that format. It fails when the
// options do not suit the format.
func NewReader(r io.Reader, f Format, o Options) (*Reader, error) {
	p, err := f.New(o)
	if err != nil {
		return nil, err
	}
	return newReader(r, p, o), nil
}

func newReader(r io.Reader, p Parser, o Options) *Reader {
	rd := &Reader{src: r, size: o.BatchBytes, limits: o.Limits.WithDefaults(), line: 1}
	if rd.size <= 0 {
		rd.size = DefaultBatchBytes
	}
	rd.limits.MaxLine = min(rd.limits.MaxLine, maxLineLimit)
	rd.use(p)
	return rd
}

func (r *Reader) use(p Parser) {
	r.parser = p
	r.headed, _ = p.(Headed)
}

// Next fills the batch with the next records, after resetting it. It returns
// io.EOF when there are none left, another error when the stream fails; records
// read before a failure are delivered first. A last line without its end is a
// record like any other.
func (r *Reader) Next(b *Batch) error {
	b.Reset()
	b.Limits = r.limits
	if !r.begun {
		if err := r.begin(); err != nil {
			return err
		}
	}
	if r.values != nil {
		return r.nextValues(b)
	}
	r.fill(r.size)
	n := bytes.LastIndexByte(r.window, '\n') + 1
	for n == 0 && r.err == nil {
		if len(r.window) > r.limits.MaxLine {
			return r.longLine(b)
		}
		had := len(r.window)
		r.fill(min(2*had, r.limits.MaxLine+1))
		n = bytes.LastIndexByte(r.window[had:], '\n') + 1
		if n > 0 {
			n += had
		}
	}
	if n == 0 || r.err != nil {
		n = len(r.window)
	}
	if n == 0 {
		return r.err
	}
	n = r.atMost(n)
	head := 0
	if r.headed != nil {
		head, n = r.headers(n)
	}
	r.give(b, n, head)
	return nil
}

// atMost cuts the first n bytes of the window behind MaxBatchRecords lines.
func (r *Reader) atMost(n int) int {
	if countLines(r.window[:n]) <= MaxBatchRecords {
		return n
	}
	end := 0
	for range MaxBatchRecords {
		end += bytes.IndexByte(r.window[end:n], '\n') + 1
	}
	return end
}

// begin passes over a byte order mark and finds how records are cut.
func (r *Reader) begin() error {
	r.begun = true
	r.fill(sniffBytes)
	w := r.window
	switch {
	case len(w) >= 3 && w[0] == 0xef && w[1] == 0xbb && w[2] == 0xbf:
		r.advance(3)
	case isUTF16(w):
		return ErrUTF16
	}
	if isJSON(r.parser) {
		r.values = newValueCutter(r.window)
	}
	return nil
}

// headers lets the parser see the first n bytes of the window line by line.
// head is the length of the header lines that the window starts with; n is cut
// before a header line that changes the layout further on.
func (r *Reader) headers(n int) (head, end int) {
	for i := 0; i < n; {
		j := bytes.IndexByte(r.window[i:n], '\n') + 1
		if j == 0 {
			j = n - i
		}
		line := trimEnd(r.window[i : i+j])
		next, is, err := r.headed.Header(line)
		if is && (next != nil || err != nil) {
			if i > head {
				return head, i // the records so far have the old layout
			}
			if err != nil {
				next = &unusable{r.headed, err}
			}
			r.use(next)
		}
		if is && i == head {
			head += j
		}
		i += j
		if r.headed == nil {
			break
		}
	}
	return head, n
}

// unusable stands in for the parser of a header that could not be used: all
// records behind it fail for that reason, until another header comes.
type unusable struct {
	Headed
	err error
}

func (u *unusable) Parse(*Batch, Span, *Event) error { return u.err }

// give hands the first n bytes of the window out as a batch.
func (r *Reader) give(b *Batch, n, head int) {
	b.Buf = append(b.Buf, r.window[:n]...)
	b.Records, b.Offset, b.FirstLine, b.Parser = n, r.offset, r.line, r.parser
	b.head = head
	r.advance(n)
}

// advance passes over n bytes of the window.
func (r *Reader) advance(n int) {
	r.offset += int64(n)
	r.line += countLines(r.window[:n])
	r.window = r.window[n:]
}

// fill reads until the window holds n bytes or the stream ends.
func (r *Reader) fill(n int) {
	if len(r.window) >= n || r.err != nil {
		return
	}
	if cap(r.window) < n { // move the rest to the front: once a batch, as base holds two
		if cap(r.base) < n+r.size {
			r.base = make([]byte, n+r.size)
		}
		r.window = r.base[:copy(r.base, r.window)]
	}
	for empty := 0; len(r.window) < n; {
		m, err := r.src.Read(r.window[len(r.window):cap(r.window)])
		r.window = r.window[:len(r.window)+m]
		if err != nil {
			r.err = err
			return
		}
		if empty++; m > 0 {
			empty = 0
		}
		if empty >= maxEmptyReads {
			r.err = io.ErrNoProgress
			return
		}
	}
}

// longLine hands out the beginning of a line that is longer than the limit as
// a batch of its own, and passes over the rest of it.
func (r *Reader) longLine(b *Batch) error {
	r.give(b, r.limits.MaxLine+1, 0)
	b.Buf = append(b.Buf, '\n')
	b.Records++
	for {
		if n := bytes.IndexByte(r.window, '\n') + 1; n > 0 {
			r.advance(n)
			return nil
		}
		r.advance(len(r.window))
		if r.err != nil {
			return nil
		}
		r.window = r.window[:0]
		r.fill(r.size)
	}
}

// trimEnd cuts the line end off a line.
func trimEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

func isUTF16(w []byte) bool {
	if len(w) < 2 {
		return false
	}
	if w[0] == 0xff && w[1] == 0xfe || w[0] == 0xfe && w[1] == 0xff {
		return true
	}
	// without a mark: ASCII text has a NUL in every other byte
	n := min(len(w), 64) &^ 1
	if n < 16 {
		return false
	}
	even, odd := 0, 0
	for i := 0; i < n; i += 2 {
		even += boolInt(w[i] == 0)
		odd += boolInt(w[i+1] == 0)
	}
	return even == n/2 && odd == 0 || odd == n/2 && even == 0
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
