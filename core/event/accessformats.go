package event

import "bytes"

// quotesOfCombined is how many quotes a combined line has at least: those of
// the request, the referrer and the user agent.
const quotesOfCombined = 6

func commonFormat() Format {
	return Format{
		Name:    "common",
		Title:   "Common log format of Apache, nginx and others",
		Kinds:   []Kind{HTTP},
		Example: `203.0.113.9 - alice [29/Jan/2026:10:01:02 +0000] "GET /index.html?lang=en HTTP/1.1" 200 5316`,
		Match: func(sample []byte, _ Options) (float64, string) {
			return matchLines(sample, accessLog{}, "in the common log format", func(line []byte, _ *Batch, _ *Event) bool {
				return bytes.Count(line, quote) < quotesOfCombined && !hasVirtualHost(line)
			})
		},
		New: func(Options) (Parser, error) { return accessLog{}, nil },
	}
}

func combinedFormat() Format {
	return Format{
		Name:    "combined",
		Title:   "Combined log format of Apache, nginx and others",
		Kinds:   []Kind{HTTP},
		Example: `203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /shop/item.php?id=17 HTTP/1.1" 200 5316 "https://www.example.com/shop/" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"`,
		Match: func(sample []byte, _ Options) (float64, string) {
			return matchLines(sample, accessLog{}, "in the combined log format", func(line []byte, _ *Batch, _ *Event) bool {
				return bytes.Count(line, quote) >= quotesOfCombined && !hasVirtualHost(line)
			})
		},
		New: func(Options) (Parser, error) { return accessLog{}, nil },
	}
}

func vhostFormat() Format {
	return Format{
		Name:    "vhost",
		Title:   "Access log with the virtual host in front of each line",
		Kinds:   []Kind{HTTP},
		Example: `www.example.com:443 203.0.113.9 - - [29/Jan/2026:10:01:02 +0000] "GET /shop/item.php?id=17 HTTP/1.1" 200 5316 "-" "curl/8.5.0"`,
		Match: func(sample []byte, _ Options) (float64, string) {
			return matchLines(sample, accessLog{vhost: true}, "an access log with virtual hosts", func(line []byte, _ *Batch, _ *Event) bool {
				return hasVirtualHost(line)
			})
		},
		New: func(Options) (Parser, error) { return accessLog{vhost: true}, nil },
	}
}

var quote = []byte{'"'}

// hasVirtualHost reports whether a host precedes the client: then four fields
// or more stand before the time, and the second is an address or the first has a port.
func hasVirtualHost(line []byte) bool {
	open := bytes.IndexByte(line, '[')
	if open < 0 || bytes.Count(line[:open], blank) < 4 {
		return false
	}
	first := fieldEnd(line, 0)
	second := fieldEnd(line, first+1)
	if first == 0 || line[first-1] == ',' {
		return false // the latter: a list of addresses
	}
	host, _ := splitPort(line[:first])
	return host < first || isAddress(line[first+1:second])
}

var blank = []byte{' '}
