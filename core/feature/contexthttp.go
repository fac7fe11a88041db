package feature

// Counts and sketches of an HTTP source and of a host that is logged in to.
const (
	httpRequests = iota
	httpPages
	httpFailed
	httpDenied
	httpMissing
	httpWrites
	httpLogins
	httpLoginsFailed
	httpBytes
	numHTTPCounts
)

const (
	httpPathsShort = iota
	httpPathsLong
	httpMissingShort
	httpMissingLong
	httpHosts
)

func httpSourceLayout() *layout {
	return &layout{
		slow:     window1h,
		counts:   numHTTPCounts,
		sketches: []uint{httpPathsShort: window9m, httpPathsLong: window1h, httpMissingShort: window9m, httpMissingLong: window1h, httpHosts: window1h},
	}
}

// httpHostLayout counts attempts to log in, and who made them.
func httpHostLayout() *layout { return &layout{slow: window1h, counts: 1, sketches: []uint{window9m}} }

func (c *Context) updateHTTP(row []float32, o *Observation, t int64) {
	row = row[:numHTTPContext]
	var s view
	c.source.visit(&s, o.Entity, t)

	s.add(httpRequests, 1)
	if o.Flags&FlagAsset == 0 {
		s.add(httpPages, 1)
	}
	if o.Flags&FlagFailed != 0 {
		s.add(httpFailed, 1)
	}
	if o.Flags&FlagDenied != 0 {
		s.add(httpDenied, 1)
	}
	if o.Item != 0 {
		s.mark(httpPathsShort, o.Item)
		s.mark(httpPathsLong, o.Item)
	}
	if o.Flags&FlagMissing != 0 {
		s.add(httpMissing, 1)
		if o.Item != 0 {
			s.mark(httpMissingShort, o.Item)
			s.mark(httpMissingLong, o.Item)
		}
	}
	if o.Flags&FlagWrite != 0 {
		s.add(httpWrites, 1)
	}
	if o.Peer != 0 {
		s.mark(httpHosts, o.Peer)
	}
	s.add(httpBytes, amount(o.In))
	row[httpHostLogins9m], row[httpHostLoginSources9m] = 0, 0
	if o.Flags&FlagLogin != 0 {
		s.add(httpLogins, 1)
		if o.Flags&FlagFailed != 0 {
			s.add(httpLoginsFailed, 1)
		}
		// A log without virtual hosts is of one host: Peer 0 is a key like any other.
		var h view
		c.victim.visit(&h, nonzero(o.Peer), t)
		h.add(0, 1)
		h.mark(0, o.Entity)
		row[httpHostLogins9m] = c.curve.log1p(h.count(0, 2))
		row[httpHostLoginSources9m] = c.tally.log1p(h.sketch(0))
	}

	row[httpRequests9s] = c.log(&s, httpRequests, 0)
	row[httpRequests1m] = c.log(&s, httpRequests, 1)
	row[httpRequests9m] = c.log(&s, httpRequests, 2)
	row[httpRequests1h] = c.log(&s, httpRequests, 3)
	row[httpPages1m] = c.log(&s, httpPages, 1)
	row[httpPages9m] = c.log(&s, httpPages, 2)
	row[httpFailed1m] = c.log(&s, httpFailed, 1)
	row[httpFailed9m] = c.log(&s, httpFailed, 2)
	row[httpFailed1h] = c.log(&s, httpFailed, 3)
	row[httpFailedShare] = share(s.count(httpFailed, 2), s.count(httpRequests, 2))
	row[httpDenied9m] = c.log(&s, httpDenied, 2)
	row[httpMissing1m] = c.log(&s, httpMissing, 1)
	row[httpMissing9m] = c.log(&s, httpMissing, 2)
	row[httpMissing1h] = c.log(&s, httpMissing, 3)
	row[httpMissingShare] = share(s.count(httpMissing, 2), s.count(httpRequests, 2))
	row[httpPaths9m] = c.tally.log1p(s.sketch(httpPathsShort))
	row[httpPaths1h] = c.tally.log1p(s.sketch(httpPathsLong))
	row[httpMissingPaths9m] = c.tally.log1p(s.sketch(httpMissingShort))
	row[httpMissingPaths1h] = c.tally.log1p(s.sketch(httpMissingLong))
	row[httpWrites1m] = c.log(&s, httpWrites, 1)
	row[httpWrites9m] = c.log(&s, httpWrites, 2)
	row[httpLogins1m] = c.log(&s, httpLogins, 1)
	row[httpLogins9m] = c.log(&s, httpLogins, 2)
	row[httpLogins1h] = c.log(&s, httpLogins, 3)
	row[httpLoginsFailed9m] = c.log(&s, httpLoginsFailed, 2)
	row[httpLoginsFailed1h] = c.log(&s, httpLoginsFailed, 3)
	row[httpHosts1h] = c.tally.log1p(s.sketch(httpHosts))
	row[httpBytes9m] = c.log(&s, httpBytes, 2)
}

// log returns log1p of a damped count at a half-life.
func (c *Context) log(v *view, count, rate int) float32 { return c.curve.log1p(v.count(count, rate)) }
