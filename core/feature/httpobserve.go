package feature

import (
	"bytes"

	"github.com/tiercel/tiercel/core/event"
)

// observe fills what the windows need to know.
func (h *HTTP) observe(o *Observation, b *event.Batch, e *event.Event, t *target) {
	*o = Observation{Kind: event.HTTP, Time: e.Time, Length: float32(t.url.Len)}
	if o.Peer = hashOf(b, e, event.Domain); o.Peer == 0 {
		o.Peer = hashOf(b, e, event.HostName)
	}
	// Without a source there is nobody to judge: an agent string is shared by
	// thousands, and windows over it would only count the site's traffic.
	o.Entity = hashOf(b, e, event.SourceIP)
	path := b.Bytes(t.path)
	if len(path) > 0 {
		var first int
		o.Item, first = hashPath(path)
		o.Service = HashPair(o.Peer, Hash64(path[:first]))
	}
	if v := e.Num[event.ResponseBytes]; v > 0 {
		o.In = float32(v)
	}
	if v := e.Num[event.RequestBytes]; v > 0 {
		o.Out = float32(v)
	}
	switch status := e.Num[event.StatusCode]; {
	case status >= 200 && status < 400:
		o.Flags |= FlagSuccess
	case status == 401 || status == 403:
		o.Flags |= FlagFailed | FlagDenied
	case status == 404:
		o.Flags |= FlagFailed | FlagMissing
	case status >= 400:
		o.Flags |= FlagFailed
	}
	if writes(b.Text(e, event.Method)) {
		o.Flags |= FlagWrite
		if isLogin(path) {
			o.Flags |= FlagLogin
		}
	}
	if t.file == fileAsset {
		o.Flags |= FlagAsset
	}
}

// hashPath hashes a path with its digits masked, so that /item/17 and /item/18
// are one page, and returns the end of its first segment.
func hashPath(path []byte) (h uint64, first int) {
	var block [32]byte
	n := 0
	first = len(path)
	digits := false
	for i, c := range path {
		if c == '/' && i > 0 && first == len(path) {
			first = i
		}
		if c-'0' < 10 {
			if digits {
				continue
			}
			digits = true
			c = '0'
		} else {
			digits = false
		}
		if n == len(block) {
			h = HashPair(h, Hash64(block[:]))
			n = 0
		}
		block[n] = c
		n++
	}
	return HashPair(h, Hash64(block[:n])), first
}

// loginWords stand in the paths that take a password.
var loginWords = [...]string{"login", "signin", "sign_in", "sign-in", "logon", "auth", "session", "password", "passwd", "xmlrpc", "oauth", "token", "account", "entrar", "admin"}

// maxLoginPath is how much of a path is searched for them.
const maxLoginPath = 128

func isLogin(path []byte) bool {
	var low [maxLoginPath]byte
	n := min(len(path), maxLoginPath)
	for i, c := range path[:n] {
		low[i] = lowerTable[c]
	}
	for _, w := range loginWords {
		if bytes.Contains(low[:n], []byte(w)) {
			return true
		}
	}
	return false
}
