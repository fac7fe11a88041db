package feature

import "github.com/tiercel/tiercel/core/event"

// NewWholeHTTP returns an HTTP encoder that also lists each request as one
// text: method, target and body, decoded, of origin FromRequest.
//
// A learner over that text gets to know one application: its paths, the names
// of its parameters, what stands in them. That finds what is odd there and
// nowhere else (csic-2010: AUROC .954 without it), and it is useless on any
// other site, so the default models go without.
func NewWholeHTTP() *HTTP {
	h := NewHTTP()
	h.schema.Whole = true
	return h
}

// whole lists the request as one text, at most MaxValue bytes of target and
// body each.
func (r *request) whole(method []byte, target, body event.Span) {
	start := len(r.dst.Buf)
	r.dst.Buf = appendLower(r.dst.Buf, method)
	for _, s := range [...]event.Span{target, body} {
		r.dst.Buf = append(r.dst.Buf, ' ')
		r.dst.Buf, _ = decode(r.dst.Buf, r.buf[s.Off:s.Off+min(s.Len, MaxValue)], plusBlank)
	}
	r.dst.Values = append(r.dst.Values, Value{
		Text: span(start, len(r.dst.Buf)), Raw: target, Origin: FromRequest,
	})
}

// appendLower appends text in lower case (ASCII).
func appendLower(dst, text []byte) []byte {
	for _, c := range text {
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
