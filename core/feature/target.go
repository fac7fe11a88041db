package feature

import (
	"bytes"

	"github.com/tiercel/tiercel/core/event"
)

// target is a request's target, taken apart.
type target struct {
	url, path, query event.Span
	proxy            bool
	none             bool // no target at all: bytes of another protocol
	file             fileKind
}

// splitTarget takes the target apart: path and query, the scheme and host of
// the absolute form cut off.
func splitTarget(b *event.Batch, url event.Span) (t target) {
	t.url = url
	if url.Len == 0 {
		return t
	}
	text := b.Bytes(url)
	start := 0
	switch {
	case text[0] == '/' || text[0] == '*' && len(text) == 1:
	default:
		n := bytes.Index(text[:min(len(text), 16)], []byte("://"))
		if n < 0 {
			t.none = true
			break
		}
		t.proxy = true
		if start = bytes.IndexByte(text[n+3:], '/'); start < 0 {
			start = len(text)
			if q := bytes.IndexByte(text[n+3:], '?'); q >= 0 {
				start = n + 3 + q
			}
		} else {
			start += n + 3
		}
	}
	end := len(text)
	if q := bytes.IndexByte(text[start:], '?'); q >= 0 {
		end = start + q
		t.query = event.Span{Off: url.Off + uint32(end+1), Len: url.Len - uint32(end+1)}
	}
	t.path = event.Span{Off: url.Off + uint32(start), Len: uint32(end - start)}
	t.file = kindOfFile(text[start:end])
	return t
}

// fileKind is what a path's extension says that it asks for.
type fileKind uint8

const (
	fileOther  fileKind = iota
	fileAsset           // static: images, styles, fonts
	fileScript          // programs
)

// maxExtension is the longest extension that kindOfFile knows.
const maxExtension = 6

// kindOfFile reads the extension of a path's last segment.
func kindOfFile(path []byte) fileKind {
	var low [maxExtension]byte
	dot := len(path) - 1
	for ; dot >= 0 && isAlnum(path[dot]); dot-- {
		if len(path)-dot > maxExtension {
			return fileOther
		}
	}
	if dot < 0 || path[dot] != '.' {
		return fileOther
	}
	n := copy(low[:], path[dot+1:])
	for i, c := range low[:n] {
		low[i] = lowerTable[c]
	}
	switch string(low[:n]) {
	case "css", "js", "png", "jpg", "jpeg", "gif", "ico", "svg", "webp", "woff", "woff2", "ttf", "eot", "mp4", "mp3", "pdf", "map", "avif", "webm":
		return fileAsset
	case "php", "asp", "aspx", "jsp", "jspx", "cgi", "pl", "do", "action", "cfm", "py", "sh", "exe", "dll", "phtml", "php5", "php7", "rb", "ashx", "asmx":
		return fileScript
	}
	return fileOther
}
