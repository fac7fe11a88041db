package event

import (
	"bytes"
	"math"
)

// iisLog reads W3C extended logs (Internet Information Services, and Amazon
// CloudFront's, which separates with tabs): a #Fields line names the columns
// of the records behind it and may come again with others. Before the first
// one, records with IIS's default columns are read.
//
// `-` is no value. IIS writes blanks in headers as `+`, CloudFront escapes them
// as in URLs; both are undone. The URL is stem and query joined by `?`. A query
// with blanks in it, which error handlers log, is told from the columns around it.
type iisLog struct {
	columns []iisColumn
	query   int  // index of cs-uri-query, -1 when there is none
	named   bool // by a #Fields line
}

var _ Headed = (*iisLog)(nil)

const (
	errIISFields  = ParseError("no #Fields line in front of this record")
	errIISUnknown = ParseError("#Fields names no column that is known")
	errIISColumns = ParseError("#Fields names more columns than the limit")
)

// maxIISColumns is above the 22 that IIS can log and CloudFront's 33.
const maxIISColumns = 64

// iisColumn is what a column holds.
type iisColumn uint8

const (
	iisIgnored iisColumn = iota
	iisDate
	iisTime
	iisStem
	iisQuery
	iisURL
	iisMethod
	iisClient
	iisClientPort
	iisServer
	iisServerPort
	iisServerName
	iisUser
	iisHost
	iisUserAgent
	iisReferrer
	iisCookie
	iisForwarded
	iisStatus
	iisSent
	iisReceived
	iisTaken
)

// iisColumnOf returns what the column of that name holds.
func iisColumnOf(name []byte) iisColumn {
	switch string(name) {
	case "date":
		return iisDate
	case "time":
		return iisTime
	case "cs-uri-stem":
		return iisStem
	case "cs-uri-query":
		return iisQuery
	case "cs-uri":
		return iisURL
	case "cs-method":
		return iisMethod
	case "c-ip":
		return iisClient
	case "c-port":
		return iisClientPort
	case "s-ip":
		return iisServer
	case "s-port":
		return iisServerPort
	case "s-computername":
		return iisServerName
	case "cs-username":
		return iisUser
	case "cs-host", "cs(Host)", "x-host-header":
		return iisHost
	case "cs(User-Agent)":
		return iisUserAgent
	case "cs(Referer)":
		return iisReferrer
	case "cs(Cookie)":
		return iisCookie
	case "cs(X-Forwarded-For)", "X-Forwarded-For", "x-forwarded-for":
		return iisForwarded
	case "sc-status":
		return iisStatus
	case "sc-bytes":
		return iisSent
	case "cs-bytes":
		return iisReceived
	case "time-taken":
		return iisTaken
	}
	return iisIgnored
}

// iisDefaultFields is IIS's selection since version 8.5.
const iisDefaultFields = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"

func iisFormat() Format {
	return Format{
		Name:  "iis",
		Title: "W3C extended log (IIS, CloudFront), columns named by #Fields",
		Kinds: []Kind{HTTP},
		Example: "#Fields: " + iisDefaultFields + "\n" +
			"2026-01-29 10:01:02 10.0.0.7 GET /item.aspx id=17 443 - 203.0.113.9 Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64) https://www.example.com/ 200 0 0 52",
		Match: matchIIS,
		New:   func(Options) (Parser, error) { return newIIS([]byte(iisDefaultFields), false) },
	}
}

// newIIS returns the parser of records with these columns.
func newIIS(fields []byte, named bool) (*iisLog, error) {
	p := &iisLog{query: -1, named: named}
	known := false
	for len(fields) > 0 {
		n := bytes.IndexAny(fields, " \t")
		if n < 0 {
			n = len(fields)
		}
		if n > 0 {
			if len(p.columns) == maxIISColumns {
				return nil, errIISColumns
			}
			c := iisColumnOf(fields[:n])
			if c == iisQuery {
				p.query = len(p.columns)
			}
			known = known || c == iisMethod || c == iisStem || c == iisURL || c == iisClient
			p.columns = append(p.columns, c)
		}
		fields = fields[min(n+1, len(fields)):]
	}
	if !known {
		return nil, errIISUnknown
	}
	return p, nil
}

// Header takes every directive; only #Fields changes the parser, for the others next is nil.
func (p *iisLog) Header(line []byte) (next Parser, is bool, err error) {
	t := trimLine(line)
	if len(t) == 0 || t[0] != '#' {
		return nil, false, nil
	}
	fields, ok := cutPrefix(t, "#Fields:")
	if !ok {
		return nil, true, nil
	}
	// CloudFront names the columns with blanks between and separates the records with tabs.
	named, err := newIIS(trimBlanks(fields), true)
	if err != nil {
		return nil, true, err
	}
	return named, true, nil
}

func (p *iisLog) Parse(b *Batch, line Span, e *Event) error {
	t := trimLine(b.Bytes(line))
	if len(t) == 0 || t[0] == '#' {
		return ErrSkip
	}
	tabs := bytes.IndexByte(t, '\t') >= 0
	sep := byte(' ')
	if tabs {
		sep = '\t'
	}
	var cell [maxIISColumns]Span // relative to the line
	if !p.cut(cell[:len(p.columns)], t, sep) {
		if !p.named {
			return errIISFields
		}
		return ErrFields
	}

	var date, clock, stem, query Span
	for c, column := range p.columns {
		s := cell[c]
		text := t[s.Off : s.Off+s.Len]
		if absent(text) {
			continue
		}
		place := Span{line.Off + s.Off, s.Len}
		switch column {
		case iisDate:
			date = s
		case iisTime:
			clock = s
		case iisStem:
			stem = place
		case iisQuery:
			query = place
		case iisURL:
			e.Text[URL] = place
		case iisMethod:
			e.Text[Method] = place
		case iisClient:
			e.Text[SourceIP] = place
		case iisClientPort:
			e.Num[SourcePort], _ = number(text, 0)
		case iisServer:
			e.Text[DestinationIP] = place
		case iisServerPort:
			e.Num[DestinationPort], _ = number(text, 0)
		case iisServerName:
			e.Text[HostName] = place
		case iisUser:
			e.Text[UserName] = place
		case iisHost:
			e.Text[Domain] = place
		case iisUserAgent:
			e.Text[UserAgent] = unplus(b, place, tabs)
		case iisReferrer:
			e.Text[Referrer] = unplus(b, place, tabs)
		case iisCookie:
			e.Text[Cookie] = unplus(b, place, tabs)
		case iisForwarded:
			e.Text[Headers] = appendHeader(b, "X-Forwarded-For", unplus(b, place, tabs))
		case iisStatus:
			e.Num[StatusCode], _ = number(text, 0)
		case iisSent:
			e.Num[ResponseBytes], _ = number(text, 0)
		case iisReceived:
			e.Num[RequestBytes], _ = number(text, 0)
		case iisTaken:
			seconds, _ := decimal(text)
			if !tabs { // IIS counts milliseconds, CloudFront seconds
				seconds /= 1000
			}
			e.Num[Duration] = seconds
		}
	}
	if p.misread(e) {
		return ErrFields
	}
	e.Kind = HTTP
	e.Time = iisStamp(t[date.Off:date.Off+date.Len], t[clock.Off:clock.Off+clock.Len])
	switch {
	case stem.Len > 0 && query.Len > 0:
		off := len(b.Buf)
		b.Buf = append(b.Buf, b.Bytes(stem)...)
		b.Buf = append(b.Buf, '?')
		b.Buf = append(b.Buf, b.Bytes(query)...)
		e.Text[URL] = Span{uint32(off), uint32(len(b.Buf) - off)}
	case stem.Len > 0:
		e.Text[URL] = stem
	}
	return nil
}

// misread reports whether the default columns do not hold what they should:
// a line of as many words that is no record.
func (p *iisLog) misread(e *Event) bool {
	return !p.named && (e.Text[Method].Len == 0 || math.IsNaN(e.Num[StatusCode]))
}

// cut cuts a record into its columns, from the left up to the query and from
// the right down to it, so that the query may hold the separator.
func (p *iisLog) cut(cell []Span, t []byte, sep byte) bool {
	left, right := 0, len(cell)-1
	from, to := 0, len(t)
	for ; left < right && left != p.query; left++ {
		n := bytes.IndexByte(t[from:to], sep)
		if n < 0 {
			return false
		}
		cell[left] = Span{uint32(from), uint32(n)}
		from += n + 1
	}
	for ; right > left; right-- {
		n := bytes.LastIndexByte(t[from:to], sep)
		if n < 0 {
			return false
		}
		cell[right] = Span{uint32(from + n + 1), uint32(to - from - n - 1)}
		to = from + n
	}
	cell[left] = Span{uint32(from), uint32(to - from)}
	return true
}

// iisStamp joins `2026-01-29` and `10:01:02[.5]`.
func iisStamp(date, time []byte) int64 {
	ns, n := isoTime(date)
	if n != len("2006-01-02") || ns == NoTime || !clock(time, true) {
		return NoTime
	}
	nanos, _ := fraction(time[8:])
	hour, minute, second := int2(time), int2(time[3:]), int2(time[6:])
	if hour > 23 || minute > 59 || second > 60 {
		return NoTime
	}
	return ns + int64(hour*3600+minute*60+second)*nanosPerSecond + int64(nanos)
}

// unplus undoes IIS's `+` for a blank, or with percent set CloudFront's `%20`;
// the result stands behind the records, text without either stays where it is.
func unplus(b *Batch, s Span, percent bool) Span {
	t := b.Bytes(s)
	mark := byte('+')
	if percent {
		mark = '%'
	}
	i := bytes.IndexByte(t, mark)
	if i < 0 {
		return s
	}
	off := len(b.Buf)
	for i >= 0 {
		b.Buf = append(b.Buf, t[:i]...)
		c, n := byte(' '), 1
		if percent {
			c = '%'
			if len(t) >= i+3 {
				if hi, lo := hexDigit(t[i+1]), hexDigit(t[i+2]); hi|lo < 16 {
					c, n = hi<<4|lo, 3
				}
			}
		}
		b.Buf = append(b.Buf, c)
		t = t[i+n:]
		i = bytes.IndexByte(t, mark)
	}
	b.Buf = append(b.Buf, t...)
	return Span{uint32(off), uint32(len(b.Buf) - off)}
}

// matchIIS is sure when a usable #Fields line stands in the sample, and
// otherwise when records have the default columns.
func matchIIS(sample []byte, _ Options) (float64, string) {
	for rest := sample; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest) - 1
		}
		line := trimLine(rest[:n+1])
		rest = rest[n+1:]
		if fields, ok := cutPrefix(line, "#Fields:"); ok {
			if _, err := newIIS(trimBlanks(fields), true); err == nil {
				return 1, "a #Fields line names the columns of a W3C web log"
			}
			return 0, ""
		}
		if len(line) > 0 && line[0] != '#' {
			break
		}
	}
	p, err := newIIS([]byte(iisDefaultFields), false)
	if err != nil {
		return 0, ""
	}
	return matchLines(sample, p, "records with the default columns of IIS", func(_ []byte, _ *Batch, e *Event) bool {
		return e.Time != NoTime
	})
}
