package event

import (
	"bytes"
	"io"
)

// Split says how a file may be cut into pieces whose records are read side by
// side, each by a Reader of its own.
type Split uint8

// Ways to cut a file.
const (
	SplitNone   Split = iota // not at all: records are no lines, or what rules them is not settled
	SplitLines               // at any line end
	SplitHead                // at any line end behind the header that the file starts with
	SplitMarked              // at any line end; a line that begins with # may rule those behind it
)

// SplitOf says how a file of a format may be cut that begins with the sample.
// head is the length of the header of SplitHead: pieces behind it need a parser
// that has seen it, see Follow.
func SplitOf(f Format, o Options, sample []byte) (how Split, head int, err error) {
	p, err := f.New(o)
	if err != nil {
		return SplitNone, 0, err
	}
	mark := len(sample) - len(bytes.TrimPrefix(sample, byteOrderMark))
	sample = sample[mark:]
	if isJSON(p) && newValueCutter(sample) != nil {
		return SplitNone, 0, nil
	}
	headed, ok := p.(Headed)
	if !ok {
		return SplitLines, 0, nil
	}
	if _, ok := p.(*csvHead); !ok {
		return SplitMarked, 0, nil
	}
	for head < len(sample) {
		n := bytes.IndexByte(sample[head:], '\n') + 1
		if n == 0 {
			break
		}
		line := trimEnd(sample[head : head+n])
		head += n
		next, is, err := headed.Header(line)
		if err != nil {
			break // records fail until a line makes a header
		}
		if is && next != nil {
			if headed, ok = next.(Headed); !ok {
				return SplitHead, mark + head, nil
			}
		}
	}
	return SplitNone, 0, nil
}

// Follow returns the parser that reads what stands behind header lines, given
// the parser that reads what stands before them. Other lines in head change
// nothing.
func Follow(p Parser, head []byte) Parser {
	headed, ok := p.(Headed)
	head = bytes.TrimPrefix(head, byteOrderMark)
	for ok && len(head) > 0 {
		n := bytes.IndexByte(head, '\n') + 1
		if n == 0 {
			n = len(head)
		}
		next, is, err := headed.Header(trimEnd(head[:n]))
		if is && err != nil {
			next = &unusable{headed, err}
		}
		if is && next != nil {
			p = next
			headed, ok = p.(Headed)
		}
		head = head[n:]
	}
	return p
}

// NewReaderBehind returns a reader of a piece of a file that is not its
// beginning: r starts with a whole record at that offset of the file, and p
// reads it. The piece's lines are numbered from 1.
func NewReaderBehind(r io.Reader, p Parser, o Options, offset int64) *Reader {
	rd := newReader(r, p, o)
	rd.offset, rd.begun = offset, true
	return rd
}

// Behind makes the reader one of another piece, as NewReaderBehind, and keeps
// its memory and limits.
func (r *Reader) Behind(src io.Reader, p Parser, offset int64) {
	*r = Reader{src: src, size: r.size, limits: r.limits, base: r.base, window: r.base[:0], offset: offset, line: 1, begun: true}
	r.use(p)
}

// isJSON reports whether a parser's records may be JSON values that are no lines.
func isJSON(p Parser) bool {
	_, ok := p.(interface{ jsonValues() })
	return ok
}

var byteOrderMark = []byte("\xef\xbb\xbf")
