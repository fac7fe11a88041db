package event

import (
	"bytes"
	"math"
)

// http settles the fields of an HTTP request.
func (r *record) http() {
	e, b := r.e, r.b
	if r.has(xRequest) {
		method, url := e.Text[Method], e.Text[URL]
		setRequest(b, e, r.extra[xRequest-extraSlot])
		if method.Len > 0 {
			e.Text[Method] = method
		}
		if url.Len > 0 {
			e.Text[URL] = url
		}
	}
	query := r.extra[xURLQuery-extraSlot]
	if query.Len == 0 {
		query = r.extra[xQuery-extraSlot]
	}
	if e.Text[URL].Len == 0 {
		e.Text[URL] = r.extra[xPath-extraSlot]
	}
	if query.Len > 0 && bytes.IndexByte(b.Text(e, URL), '?') < 0 {
		s := b.Append(b.Text(e, URL))
		q := b.Bytes(query)
		if q[0] != '?' {
			b.Buf = append(b.Buf, '?')
		}
		b.Buf = append(b.Buf, q...)
		s.Len = uint32(len(b.Buf)) - s.Off
		e.Text[URL] = s
	}
	if e.Text[Domain].Len == 0 {
		switch {
		case r.has(xHost):
			e.Text[Domain] = r.extra[xHost-extraSlot]
		case r.has(xDomain):
			e.Text[Domain] = r.extra[xDomain-extraSlot]
		default:
			e.Text[Domain] = authority(b, e.Text[URL])
		}
	}
	if math.IsNaN(e.Num[StatusCode]) && r.has(xStatus) {
		if v, ok := parseNumber(r.text(xStatus)); ok {
			e.Num[StatusCode] = v
		}
	}
	if v := e.Num[StatusCode]; v < 100 || v > 999 {
		e.Num[StatusCode] = math.NaN()
	}
	if !math.IsNaN(e.Num[SourceBytes]) && math.IsNaN(e.Num[ResponseBytes]) && r.ranks[numSlot+slot(SourceBytes)] <= 3 {
		// `bytes` in a request's record is what was sent.
		e.Num[ResponseBytes], e.Num[SourceBytes] = e.Num[SourceBytes], math.NaN()
	}
}

// authority returns the host of an absolute URL, absent in any other.
func authority(b *Batch, url Span) Span {
	t := b.Bytes(url)
	i := bytes.Index(t, []byte("://"))
	if i <= 0 || i > 5 {
		return Span{}
	}
	i += 3
	end := i
	for end < len(t) && t[end] != '/' && t[end] != '?' && t[end] != '#' {
		end++
	}
	return Span{url.Off + uint32(i), uint32(end - i)}
}
