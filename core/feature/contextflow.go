package feature

import "math"

// Counts, sketches and scalars of a flow's windows.
const (
	flowFlows = iota
	flowFailed
	flowAnswerless
	flowBytesOut
	numFlowSourceCounts
)

const (
	flowHostsSecond = iota
	flowHostsShort
	flowHostsLong
	flowFailedHostsShort
	flowFailedHostsLong
	flowPortsShort
	flowFailedServicesLong
)

const (
	flowUsual  = iota // mean of log1p of the bytes sent in a flow
	flowUsualN        // flows in that mean
)

func flowSourceLayout() *layout {
	return &layout{
		slow: window1h, counts: numFlowSourceCounts, scalars: 2,
		sketches: []uint{
			flowHostsSecond: window1m, flowHostsShort: window9m, flowHostsLong: window1h,
			flowFailedHostsShort: window9m, flowFailedHostsLong: window1h,
			flowPortsShort: window9m, flowFailedServicesLong: window1h,
		},
	}
}

// A pair is a source and a host, whose distinct items are ports, or a source
// and a port, whose distinct items are hosts.
const (
	pairOut = iota
	pairIn
	numPairCounts
)

const (
	pairItems1m = iota
	pairItems9m
	pairItems1h
	pairFailedItems9m
)

// Bytes are counted over ten hours too, so that sending little at a time does
// not hide what is sent in a day.
func flowPairLayout() *layout {
	return &layout{
		slow: window10h, counts: numPairCounts,
		sketches: []uint{pairItems1m: window1m, pairItems9m: window9m, pairItems1h: window1h, pairFailedItems9m: window9m},
	}
}

const (
	serviceFlows = iota
	serviceFailed
	numServiceCounts
)

const (
	contactMean   = iota // mean of log seconds between contacts
	contactSpread        // mean absolute deviation from it
	contactN             // intervals seen
	contactSize          // mean of log1p of the bytes of a contact, both ways
	contactUnlike        // mean absolute deviation from it
	numContactScalars
)

// The service's words are the times of the first and the latest contact.
const (
	contactFirst = iota
	contactLatest
	numContactWords
)

func flowServiceLayout() *layout {
	return &layout{slow: window1h, counts: numServiceCounts, scalars: numContactScalars, words: numContactWords}
}

const (
	victimAnswered = iota
	victimFailed
	numVictimCounts
)

func flowVictimLayout() *layout {
	return &layout{slow: window1h, counts: numVictimCounts, sketches: []uint{window1m, window9m}}
}

const (
	// usualMemory is over how many flows the usual size is averaged.
	usualMemory = 256
	// usualKnown is how many flows say what is usual.
	usualKnown = 8

	// contactGap separates contacts: flows closer than this (5 s) are one, as
	// a browser's parallel connections are. The interval runs from the start
	// of one contact to the start of the next, so an endless stream of close
	// flows makes no regular interval.
	contactGap = 5e9
	// contactMemory is over how many intervals regularity is averaged.
	contactMemory = 64
	// mostContacts is where intervals are no longer counted, so that a float32
	// counts them exactly.
	mostContacts = 1 << 20
	// contactKnown is from how many intervals on regularity is stated.
	contactKnown = 6
	// contactLoose is the mean absolute deviation of log intervals at which
	// nothing is regular about them. Intervals of random arrivals have .98,
	// of a timer with +-30 % jitter .15.
	contactLoose = 0.5
	// contactVaried is the mean absolute deviation of log bytes at which contacts
	// are not alike. A beacon that has nothing to do says the same each time, in
	// whatever rhythm; pages of one site have .5 to 2.
	contactVaried = 0.5
)

// Keys of the pair table: hosts and ports must not meet.
const (
	pairHost = hashB
	pairPort = hashC
)

// pairKey and serviceKey say which windows of a source's host, and of a port of
// that host, a flow belongs to.
func pairKey(o *Observation) uint64    { return HashPair(o.Entity^pairHost, o.Peer) }
func serviceKey(o *Observation) uint64 { return HashPair(o.Entity, HashPair(o.Peer, o.Item)) }

func (c *Context) updateFlow(row []float32, o *Observation, t int64) {
	row = row[:numFlowContext]
	failed := o.Flags&FlagFailed != 0
	answerless := o.Flags&FlagAnswerless != 0

	var s view
	c.source.visit(&s, o.Entity, t)
	s.add(flowFlows, 1)
	if failed {
		s.add(flowFailed, 1)
	}
	if answerless {
		s.add(flowAnswerless, 1)
	}
	s.add(flowBytesOut, amount(o.Out))
	usual, usualN := s.scalar(flowUsual), s.scalar(flowUsualN)
	usualBefore, known := *usual, *usualN >= usualKnown
	sent := c.curve.log1p(amount(o.Out))
	*usualN = min(*usualN+1, usualMemory)
	*usual += (sent - *usual) / *usualN
	*usual = max(*usual, 0)

	if o.Peer != 0 {
		s.mark(flowHostsSecond, o.Peer)
		s.mark(flowHostsShort, o.Peer)
		s.mark(flowHostsLong, o.Peer)
		if failed {
			s.mark(flowFailedHostsShort, o.Peer)
			s.mark(flowFailedHostsLong, o.Peer)
		}
	}
	if o.Item != 0 {
		s.mark(flowPortsShort, o.Item)
		if failed && o.Peer != 0 {
			s.mark(flowFailedServicesLong, HashPair(o.Peer, o.Item))
		}
	}
	row[flowFlows9s] = c.log(&s, flowFlows, 0)
	row[flowFlows1m] = c.log(&s, flowFlows, 1)
	row[flowFlows9m] = c.log(&s, flowFlows, 2)
	row[flowFlows1h] = c.log(&s, flowFlows, 3)
	row[flowFailed1m] = c.log(&s, flowFailed, 1)
	row[flowFailed9m] = c.log(&s, flowFailed, 2)
	row[flowFailed1h] = c.log(&s, flowFailed, 3)
	row[flowFailedShare] = share(s.count(flowFailed, 2), s.count(flowFlows, 2))
	row[flowAnswerless1m] = c.log(&s, flowAnswerless, 1)
	row[flowAnswerless9m] = c.log(&s, flowAnswerless, 2)
	row[flowHosts1m] = c.tally.log1p(s.sketch(flowHostsSecond))
	row[flowHosts9m] = c.tally.log1p(s.sketch(flowHostsShort))
	row[flowHosts1h] = c.tally.log1p(s.sketch(flowHostsLong))
	row[flowFailedHosts9m] = c.tally.log1p(s.sketch(flowFailedHostsShort))
	row[flowFailedHosts1h] = c.tally.log1p(s.sketch(flowFailedHostsLong))
	row[flowPorts9m] = c.tally.log1p(s.sketch(flowPortsShort))
	row[flowFailedServices1h] = c.tally.log1p(s.sketch(flowFailedServicesLong))
	row[flowBytesOut1h] = c.log(&s, flowBytesOut, 3)

	if o.Peer != 0 {
		c.updatePair(row, o, t, failed, usualBefore, known)
	}
	if o.Item != 0 {
		c.updatePort(row, o, t, failed)
	}
	if o.Peer != 0 && o.Item != 0 {
		c.updateService(row, o, t, failed)
		c.updateVictim(row, o, t, failed)
	}
}

// updatePair follows a source and a host: distinct ports, bytes sent.
func (c *Context) updatePair(row []float32, o *Observation, t int64, failed bool, usual float32, known bool) {
	var p view
	c.pair.visit(&p, pairKey(o), t)
	p.add(pairOut, amount(o.Out))
	p.add(pairIn, amount(o.In))
	if o.Item != 0 {
		p.mark(pairItems1m, o.Item)
		p.mark(pairItems9m, o.Item)
		p.mark(pairItems1h, o.Item)
		if failed {
			p.mark(pairFailedItems9m, o.Item)
		}
	}
	row[flowPairPorts1m] = c.tally.log1p(p.sketch(pairItems1m))
	row[flowPairPorts9m] = c.tally.log1p(p.sketch(pairItems9m))
	row[flowPairPorts1h] = c.tally.log1p(p.sketch(pairItems1h))
	row[flowPairFailedPorts9m] = c.tally.log1p(p.sketch(pairFailedItems9m))
	out := c.log(&p, pairOut, 1)
	row[flowPairBytesOut9m] = out
	row[flowPairUpload] = max(out-c.log(&p, pairIn, 1), 0)
	row[flowPairBytesOut10h] = c.log(&p, pairOut, 3)
	row[flowPairUpload10h] = max(row[flowPairBytesOut10h]-c.log(&p, pairIn, 3), 0)
	row[flowPairExcess] = 0
	if known {
		row[flowPairExcess] = max(out-usual, 0)
	}
}

// updatePort follows a source and a port: distinct hosts, and whether the
// source itself answered there before it began to contact others (that it was
// scanned there means nothing: every public address is).
func (c *Context) updatePort(row []float32, o *Observation, t int64, failed bool) {
	var p view
	c.pair.visit(&p, HashPair(o.Entity^pairPort, o.Item), t)
	if o.Peer != 0 {
		p.mark(pairItems1m, o.Peer)
		p.mark(pairItems9m, o.Peer)
		p.mark(pairItems1h, o.Peer)
		if failed {
			p.mark(pairFailedItems9m, o.Peer)
		}
	}
	hosts := c.tally.log1p(p.sketch(pairItems9m))
	row[flowPortHosts1m] = c.tally.log1p(p.sketch(pairItems1m))
	row[flowPortHosts9m] = hosts
	row[flowPortHosts1h] = c.tally.log1p(p.sketch(pairItems1h))
	row[flowPortFailedHosts9m] = c.tally.log1p(p.sketch(pairFailedItems9m))
	row[flowPortTurned] = 0
	// A server that asks another one is ordinary; the look-up is for more.
	const turnedHosts = 1.2 // log1p of more than two hosts
	if hosts > turnedHosts {
		contacted := c.victim.peek(HashPair(o.Entity, o.Item), t, victimAnswered, 3)
		row[flowPortTurned] = float32(hosts * min(contacted, 1))
	}
}

// updateService follows a source at a host and port: rate, and how regular the
// contacts are.
func (c *Context) updateService(row []float32, o *Observation, t int64, failed bool) {
	var p view
	c.service.visit(&p, serviceKey(o), t)
	p.add(serviceFlows, 1)
	if failed {
		p.add(serviceFailed, 1)
	}
	row[flowServiceFlows9s] = c.log(&p, serviceFlows, 0)
	row[flowServiceFlows1m] = c.log(&p, serviceFlows, 1)
	row[flowServiceFlows9m] = c.log(&p, serviceFlows, 2)
	row[flowServiceFlows1h] = c.log(&p, serviceFlows, 3)
	row[flowServiceFailed1m] = c.log(&p, serviceFailed, 1)
	row[flowServiceFailed9m] = c.log(&p, serviceFailed, 2)
	row[flowServiceLogins1m], row[flowServiceLogins9m], row[flowServiceLogins1h] = 0, 0, 0
	if o.Flags&FlagLogin != 0 {
		row[flowServiceLogins1m] = row[flowServiceFlows1m]
		row[flowServiceLogins9m] = row[flowServiceFlows9m]
		row[flowServiceLogins1h] = row[flowServiceFlows1h]
	}

	start := p.word(contactLatest)
	mean, spread, n := p.scalar(contactMean), p.scalar(contactSpread), p.scalar(contactN)
	switch {
	case p.fresh:
		*start, *p.word(contactFirst) = uint64(t), uint64(t)
	case t-p.before >= contactGap:
		// Seconds, at least 5; log1p of one less is their logarithm.
		x := c.curve.log1p(float32(float64(t-int64(*start))/1e9) - 1)
		*start = uint64(t)
		*n = min(*n+1, mostContacts)
		known := min(*n, contactMemory)
		follow(mean, spread, known, x)
		follow(p.scalar(contactSize), p.scalar(contactUnlike), known, c.curve.log1p(amount(o.Out)+amount(o.In)))
	}
	row[flowServiceRegular], row[flowServiceContacts] = 0, 0
	row[flowServiceAlike], row[flowServiceBeats], row[flowServiceSpan] = 0, 0, 0
	if *n >= contactKnown {
		regular := max(1-*spread/contactLoose, 0)
		row[flowServiceRegular] = regular
		row[flowServiceContacts] = c.curve.log1p(min(*n, contactMemory) * regular)
		alike := max(1-*p.scalar(contactUnlike)/contactVaried, 0)
		row[flowServiceAlike] = alike
		row[flowServiceBeats] = c.curve.log1p(float32(*n*regular) * alike)
		row[flowServiceSpan] = c.curve.log1p(float32(max(float64(t-int64(*p.word(contactFirst))), 0) / 3600e9))
	}
}

// follow moves a mean and the mean absolute deviation from it by the n-th value.
func follow(mean, spread *float32, n, x float32) {
	if n > 1 {
		away := float32(math.Abs(float64(x - *mean)))
		*spread += (away - *spread) / (n - 1)
	}
	*mean += (x - *mean) / n
}

// updateVictim follows a host and port: rate and sources of all that reaches it.
func (c *Context) updateVictim(row []float32, o *Observation, t int64, failed bool) {
	var p view
	c.victim.visit(&p, HashPair(o.Peer, o.Item), t)
	if failed {
		p.add(victimFailed, 1)
	} else {
		p.add(victimAnswered, 1)
	}
	p.mark(0, o.Entity)
	p.mark(1, o.Entity)
	row[flowVictimFlows9s] = c.curve.log1p(p.count(victimAnswered, 0) + p.count(victimFailed, 0))
	row[flowVictimFlows1m] = c.curve.log1p(p.count(victimAnswered, 1) + p.count(victimFailed, 1))
	row[flowVictimFailed1m] = c.log(&p, victimFailed, 1)
	row[flowVictimSources1m] = c.tally.log1p(p.sketch(0))
	row[flowVictimSources9m] = c.tally.log1p(p.sketch(1))
}
