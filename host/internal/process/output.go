package process

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/tiercel/tiercel/host/internal/guest"
)

// maxHandshake bounds the line of a handshake: a certificate of the strongest
// curve takes about 700 bytes, one with a large RSA key 2,000.
const maxHandshake = 8 << 10

// handshake is a process's standard output: one line, then nothing. To
// go-plugin it is a reader of that line alone, so that nothing else a process
// prints is ever taken for protocol.
type handshake struct {
	plugin *Process
	line   chan string // the first line, sent once; empty if there was none
	once   sync.Once

	mu     sync.Mutex
	first  string // the line as it came, escaped
	proper bool   // it has the form of a handshake
	rest   *strings.Reader
}

// read reads the output to its end.
func (h *handshake) read(from io.ReadCloser) {
	defer from.Close()
	in := bufio.NewReaderSize(from, maxHandshake)
	line, err := in.ReadSlice('\n')
	proper := err == nil && bytes.HasPrefix(line, []byte("1|")) && bytes.Count(line, []byte("|")) >= 4
	h.mu.Lock()
	h.first, h.proper = guest.Escape(line[:min(len(line), 80)]), proper
	h.mu.Unlock()
	if !proper {
		line = nil // go-plugin sees the end of the output
	}
	h.give(string(line))
	var more [4 << 10]byte
	for {
		n, err := in.Read(more[:])
		if n > 0 {
			h.plugin.tally.Add(&guest.Fault{
				Plugin: *h.plugin.id.Load(), Reason: guest.Output,
				Detail: "after the handshake: " + guest.Escape(more[:min(n, 80)]),
			}, 1)
		}
		if err != nil {
			return
		}
	}
}

// give hands the line to the reader; only the first counts.
func (h *handshake) give(line string) {
	h.once.Do(func() {
		h.line <- line
		close(h.line)
	})
}

// Read implements io.Reader.
func (h *handshake) Read(p []byte) (int, error) {
	if h.rest == nil {
		h.rest = strings.NewReader(<-h.line)
	}
	return h.rest.Read(p)
}

// Close implements io.Closer.
func (h *handshake) Close() error { return nil }

// printed is the start of what came first, escaped, empty if nothing came; and
// whether that has the form of a handshake.
func (h *handshake) printed() (first string, proper bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first, h.proper
}

// journal is a process's standard error: its log, bounded.
type journal struct {
	plugin *Process
	ended  chan struct{} // closed at its end

	mu    sync.Mutex
	lines int
	last  string // what to quote when it dies: a panic's first line, else the last line
	panic bool
}

// read reads the log to its end.
func (j *journal) read(from io.ReadCloser) {
	defer close(j.ended)
	defer from.Close()
	in := bufio.NewReaderSize(from, MaxLogLine)
	for {
		line, err := in.ReadSlice('\n') // a longer line comes in pieces
		if line = bytes.TrimSpace(line); len(line) > 0 {
			j.add(line)
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

func (j *journal) add(line []byte) {
	level, text := "info", string(line)
	if before, after, ok := strings.Cut(text, ": "); ok {
		switch before {
		case "debug", "info", "warning", "error":
			level, text = before, after
		case "panic", "fatal error":
			level = "error"
		}
	}
	id, log := *j.plugin.id.Load(), j.plugin.options.Log
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.panic {
		j.last = guest.Escape(line[:min(len(line), 300)])
		j.panic = bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: "))
	}
	switch j.lines++; {
	case j.panic && j.lines > LogLines: // the stacks of its goroutines
	case j.lines == LogLines+1:
		j.plugin.tally.Add(&guest.Fault{Plugin: id, Reason: guest.Flood, Detail: "lines after the first 100 of a process are dropped"}, 1)
	case j.lines <= LogLines && log != nil:
		log(id, level, guest.Escape([]byte(text)))
	}
}

// said is what to quote of the log, escaped.
func (j *journal) said() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}
