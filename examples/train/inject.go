package main

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// request is an HTTP request as the shared sets hold it.
type request struct {
	Method  string      `json:"method"`
	URI     string      `json:"uri"`
	Version string      `json:"version,omitempty"`
	Headers [][2]string `json:"headers,omitempty"`
	Body    string      `json:"body"`
	Label   int         `json:"label"`
	Class   string      `json:"attack_class"`
	Site    string      `json:"site"`
	Split   string      `json:"split"`
}

// injector puts values, harmful or not, into real normal requests: the place,
// the escaping and the request around a value are drawn without looking at its
// label, so that only the value itself can give an attack away.
type injector struct {
	r        *rand.Rand
	requests []request // normal ones of the training sites
	escaped  bool      // values are escaped already
}

// escape writes a value as a client would in a query or form body: fully
// escaped, as little as needed, or twice.
func (in *injector) escape(v string) string {
	if in.escaped {
		return v
	}
	switch n := in.r.IntN(20); {
	case n < 10:
		return url.QueryEscape(v)
	case n < 13:
		return strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	case n < 17: // a careless client: only what would break the request line
		return strings.NewReplacer("%", "%25", " ", "+", "&", "%26", "#", "%23", "\n", "%0A", "\r", "%0D", "\t", "%09", "\x00", "%00").Replace(v)
	case n < 18:
		return strings.NewReplacer(" ", "%20", "&", "%26", "#", "%23", "\n", "%0A", "\r", "%0D", "\t", "%09", "\x00", "%00").Replace(v)
	case n < 19:
		return url.QueryEscape(url.QueryEscape(v))
	default: // every byte
		const hex = "0123456789abcdef"
		var b strings.Builder
		for i := range len(v) {
			b.WriteString("%" + string(hex[v[i]>>4]) + string(hex[v[i]&15]))
		}
		return b.String()
	}
}

// names of parameters, as applications call them.
var paramNames = []string{
	"id", "q", "page", "file", "name", "url", "search", "cat", "user", "data", "path", "lang", "view", "content", "cmd", "email", "redirect",
	"filter", "sort", "msg", "title", "comment", "template", "callback", "query", "item", "key", "value", "next", "input", "token", "text", "ref", "action", "username", "password",
}

// put returns a request that carries v.
func (in *injector) put(v string) request {
	q := in.requests[in.r.IntN(len(in.requests))]
	q.Headers = append([][2]string(nil), q.Headers...)
	name := paramNames[in.r.IntN(len(paramNames))]
	switch n := in.r.IntN(100); {
	case n < 38:
		q.URI = in.intoQuery(q.URI, name, v)
	case n < 55:
		q.Method = "POST"
		q.Body = in.intoForm(q.Body, name, v)
		q.header("Content-Type", "application/x-www-form-urlencoded")
	case n < 70:
		q.Method = "POST"
		q.Body = in.intoJSON(q.Body, name, v)
		q.header("Content-Type", "application/json")
	case n < 76:
		q.Method = "POST"
		q.Body = v
		q.header("Content-Type", []string{"text/plain", "application/xml", "text/xml", "application/octet-stream", ""}[in.r.IntN(5)])
	case n < 80:
		const edge = "----WebKitFormBoundary7MA4YWxk"
		q.Method = "POST"
		q.Body = "--" + edge + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + name + ".txt\"\r\nContent-Type: text/plain\r\n\r\n" + v + "\r\n--" + edge + "--\r\n"
		q.header("Content-Type", "multipart/form-data; boundary="+edge)
	case n < 88:
		q.URI = in.intoPath(q.URI, v)
	case n < 92:
		q.header("Cookie", name+"="+in.escape(v)+"; session="+strconv.Itoa(in.r.IntN(1e9)))
	case n < 95:
		q.header("User-Agent", oneLine(v))
	case n < 97:
		q.header("Referer", "https://"+name+".example.com/?"+name+"="+in.escape(v))
	default:
		h := []string{"X-Forwarded-For", "X-Api-Version", "Accept-Language", "Origin", "X-Request-Id", "Authorization", "Accept", "X-Client"}
		q.header(h[in.r.IntN(len(h))], oneLine(v))
	}
	if in.r.IntN(4) == 0 { // as an access log shows it: no headers, no body
		var kept [][2]string
		for _, h := range q.Headers {
			if h[0] == "User-Agent" || h[0] == "Referer" {
				kept = append(kept, h)
			}
		}
		q.Headers = kept
	}
	return q
}

func oneLine(v string) string { return strings.NewReplacer("\r", "", "\n", " ", "\x00", "").Replace(v) }

func (q *request) header(name, value string) {
	for i := range q.Headers {
		if strings.EqualFold(q.Headers[i][0], name) {
			q.Headers[i][1] = value
			return
		}
	}
	q.Headers = append(q.Headers, [2]string{name, value})
}

func (in *injector) intoQuery(uri, name, v string) string {
	path, query, _ := strings.Cut(uri, "?")
	return path + "?" + in.intoForm(query, name, v)
}

// intoForm replaces the value of one pair, or adds a pair.
func (in *injector) intoForm(form, name, v string) string {
	pairs := strings.Split(form, "&")
	if !strings.Contains(form, "=") || len(form) > 2000 || in.r.IntN(4) == 0 {
		if form == "" || !strings.Contains(form, "=") {
			return name + "=" + in.escape(v)
		}
		return form + "&" + name + "=" + in.escape(v)
	}
	i := in.r.IntN(len(pairs))
	key, _, _ := strings.Cut(pairs[i], "=")
	pairs[i] = key + "=" + in.escape(v)
	return strings.Join(pairs, "&")
}

// intoJSON replaces one string of the body, or writes a small document.
func (in *injector) intoJSON(body, name, v string) string {
	text, err := json.Marshal(v)
	if err != nil {
		return body
	}
	if at := strings.Index(body, ":\""); at > 0 && len(body) < 4000 && in.r.IntN(2) == 0 {
		if end := strings.IndexByte(body[at+2:], '"'); end >= 0 {
			return body[:at+1] + string(text) + body[at+2+end+1:]
		}
	}
	return `{"` + name + `":` + string(text) + `,"page":` + strconv.Itoa(in.r.IntN(50)) + `}`
}

func (in *injector) intoPath(uri, v string) string {
	path, query, has := strings.Cut(uri, "?")
	parts := strings.Split(path, "/")
	at := 1
	if len(parts) > 1 {
		at = 1 + in.r.IntN(len(parts)-1)
	}
	value := v
	if in.r.IntN(2) == 0 {
		value = strings.ReplaceAll(url.PathEscape(v), "%2F", "/")
	} else {
		value = strings.NewReplacer(" ", "%20", "?", "%3F", "#", "%23", "\n", "%0A", "\r", "%0D", "\t", "%09", "\x00", "%00").Replace(value)
	}
	path = strings.Join(parts[:min(at, len(parts))], "/") + "/" + strings.TrimPrefix(value, "/")
	if has && in.r.IntN(2) == 0 {
		return path + "?" + query
	}
	return path
}
