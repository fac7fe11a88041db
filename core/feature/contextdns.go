package feature

// Counts and sketches of a DNS client, of a client's registered domain, and of
// a name.
const (
	clientQueries = iota
	clientMissing
	numClientCounts
)

const (
	clientDomainsShort = iota
	clientDomainsLong
	clientMissingShort
	clientMissingLong
)

func dnsClientLayout() *layout {
	return &layout{
		slow: window1h, counts: numClientCounts,
		sketches: []uint{clientDomainsShort: window9m, clientDomainsLong: window1h, clientMissingShort: window9m, clientMissingLong: window1h},
	}
}

const (
	domainQueries = iota
	domainMissing
	domainBytes
	domainCarriers
	numDomainCounts
)

const (
	domainNamesShort = iota
	domainNamesLong
	domainNamesDay
)

// The half-lives of what is asked under a domain are 1m to 10h: a tunnel can
// wait minutes between its queries.
func dnsDomainLayout() *layout {
	return &layout{
		slow: window10h, counts: numDomainCounts,
		sketches: []uint{domainNamesShort: window9m, domainNamesLong: window1h, domainNamesDay: window10h},
	}
}

func dnsNameLayout() *layout { return &layout{slow: window1h, sketches: []uint{window1h}} }

func (c *Context) updateDNS(row []float32, o *Observation, t int64) {
	row = row[:numDNSContext]
	missing := o.Flags&FlagMissing != 0

	var s view
	c.source.visit(&s, o.Entity, t)
	s.add(clientQueries, 1)
	if missing {
		s.add(clientMissing, 1)
	}
	if o.Peer != 0 {
		s.mark(clientDomainsShort, o.Peer)
		s.mark(clientDomainsLong, o.Peer)
		if missing {
			s.mark(clientMissingShort, o.Peer)
			s.mark(clientMissingLong, o.Peer)
		}
	}
	row[dnsQueries9s] = c.log(&s, clientQueries, 0)
	row[dnsQueries1m] = c.log(&s, clientQueries, 1)
	row[dnsQueries9m] = c.log(&s, clientQueries, 2)
	row[dnsQueries1h] = c.log(&s, clientQueries, 3)
	row[dnsMissing1m] = c.log(&s, clientMissing, 1)
	row[dnsMissing9m] = c.log(&s, clientMissing, 2)
	row[dnsMissing1h] = c.log(&s, clientMissing, 3)
	row[dnsMissingShare] = share(s.count(clientMissing, 2), s.count(clientQueries, 2))
	row[dnsDomains9m] = c.tally.log1p(s.sketch(clientDomainsShort))
	row[dnsDomains1h] = c.tally.log1p(s.sketch(clientDomainsLong))
	row[dnsMissingDomains9m] = c.tally.log1p(s.sketch(clientMissingShort))
	row[dnsMissingDomains1h] = c.tally.log1p(s.sketch(clientMissingLong))

	if o.Peer != 0 {
		c.updateDomain(row, o, t, missing)
	}
	if o.Item != 0 {
		row[dnsNameAnswers1h] = 0
		if o.Service != 0 { // the hash of the answers
			var n view
			c.victim.visit(&n, o.Item, t)
			n.mark(0, o.Service)
			row[dnsNameAnswers1h] = c.tally.log1p(n.sketch(0))
		}
	}
}

// newQueries is the most queries that a share of new names is taken of: a
// sketch cannot tell many more names apart, and a busy tunnel must not look
// like one that repeats itself.
const newQueries = 2000

// updateDomain follows a client under one registered domain.
func (c *Context) updateDomain(row []float32, o *Observation, t int64, missing bool) {
	var d view
	c.pair.visit(&d, HashPair(o.Entity, o.Peer), t)
	d.add(domainQueries, 1)
	if missing {
		d.add(domainMissing, 1)
	}
	d.add(domainBytes, amount(o.Length))
	if o.Flags&FlagWrite != 0 {
		d.add(domainCarriers, 1)
	}
	if o.Item != 0 {
		d.mark(domainNamesShort, o.Item)
		d.mark(domainNamesLong, o.Item)
		d.mark(domainNamesDay, o.Item)
	}
	row[dnsDomainQueries1m] = c.log(&d, domainQueries, 0)
	row[dnsDomainQueries9m] = c.log(&d, domainQueries, 1)
	row[dnsDomainQueries1h] = c.log(&d, domainQueries, 2)
	row[dnsDomainNames9m] = c.tally.log1p(d.sketch(domainNamesShort))
	row[dnsDomainNames1h] = c.tally.log1p(d.sketch(domainNamesLong))
	row[dnsDomainNames10h] = c.tally.log1p(d.sketch(domainNamesDay))
	row[dnsDomainNewShare] = c.newShare(&d, domainNamesShort, 1)
	row[dnsDomainNewShare10h] = c.newShare(&d, domainNamesDay, 3)
	row[dnsDomainBytes1m] = c.log(&d, domainBytes, 0)
	row[dnsDomainBytes9m] = c.log(&d, domainBytes, 1)
	row[dnsDomainBytes1h] = c.log(&d, domainBytes, 2)
	row[dnsDomainBytes10h] = c.log(&d, domainBytes, 3)
	row[dnsDomainLength] = c.curve.log1p(share(d.count(domainBytes, 1), d.count(domainQueries, 1)))
	row[dnsDomainLength10h] = c.curve.log1p(share(d.count(domainBytes, 3), d.count(domainQueries, 3)))
	row[dnsDomainCarriers9m] = c.log(&d, domainCarriers, 1)
	row[dnsDomainCarriers1h] = c.log(&d, domainCarriers, 2)
	row[dnsDomainCarriers10h] = c.log(&d, domainCarriers, 3)
	row[dnsDomainMissing9m] = c.log(&d, domainMissing, 1)
}

// newShare is the share of the queries of a half-life that were for new names.
func (c *Context) newShare(d *view, names, rate int) float32 {
	return min(share(c.tally.count(d.sketch(names)), min(d.count(domainQueries, rate), newQueries)), 1)
}
