package feature

import (
	"github.com/tiercel/tiercel/core/event"
)

// ContextLimits bounds the memory of a Context. The zero value means the defaults.
type ContextLimits struct {
	// Entities is how many windows of each role are kept (sources, pairs,
	// services, victims ...); beyond it the one unused for longest goes.
	// Default 32,768, at most MaxEntities.
	Entities int
}

// Bounds of ContextLimits. A Context of the default size never takes more than
// 25 MiB, whatever it is fed; its tables grow as they fill.
const (
	DefaultEntities = 1 << 15 // entities of a kind that are watched, the oldest out
	MaxEntities     = 1 << 22 // the most that ContextLimits.Entities may ask for
)

// WithDefaults returns the limits with zero values replaced by the defaults
// and the others brought into bounds.
func (l ContextLimits) WithDefaults() ContextLimits {
	if l.Entities <= 0 {
		l.Entities = DefaultEntities
	}
	l.Entities = min(l.Entities, MaxEntities)
	return l
}

// Context is the ordered part of the encoding and the only state of the
// engine: damped counters and distinct-count sketches per source, per pair of
// source and peer, and per peer. The same observations in the same order give
// the same columns, bit for bit, on every platform. It belongs to one
// goroutine. Steady state allocates nothing.
//
// Time is the events' own. An event that is late counts with the weight that
// it would have left by now; time that goes back more than maxLate restarts the
// windows it concerns. A record without time happens at the newest time seen;
// in a log that has none at all every record takes one second, so windows then
// count records (the last minute is the last 69 records) and rates mean nothing.
type Context struct {
	kind   event.Kind
	limits ContextLimits
	now    int64 // newest time seen, or the pseudo-time
	timed  bool  // some record had a time

	// Roles; which of them a kind uses is in newRoles.
	source  *windows // who is judged
	pair    *windows // source and peer, or source and item
	service *windows // source, peer and item
	victim  *windows // peer and item, peer, or item

	curve *curve
	tally *tally
}

// pseudoStep is how long a record takes in a log without times.
const pseudoStep = 1e9

// maxTime bounds time so that differences cannot overflow (73 years around 1970).
const maxTime = 1 << 61

// NewContext returns an empty context for a kind. Kinds without context columns
// get one that does nothing.
func NewContext(k event.Kind, limits ContextLimits) *Context {
	c := &Context{kind: k, limits: limits.WithDefaults(), curve: newCurve(), tally: newTally()}
	r := rolesOf(k)
	for i, l := range r {
		if l != nil {
			*c.role(i) = newWindows(*l, c.limits.Entities)
		}
	}
	return c
}

// numRoles is the number of tables of a Context.
const numRoles = 4

// role returns the place of a table, in the order of snapshots.
func (c *Context) role(i int) **windows {
	return [numRoles]**windows{&c.source, &c.pair, &c.service, &c.victim}[i]
}

// rolesOf returns the layout of each table that a kind uses, nil for the others.
func rolesOf(k event.Kind) [numRoles]*layout {
	switch k {
	case event.HTTP:
		return [numRoles]*layout{0: httpSourceLayout(), 3: httpHostLayout()}
	case event.Flow:
		return [numRoles]*layout{flowSourceLayout(), flowPairLayout(), flowServiceLayout(), flowVictimLayout()}
	case event.DNS:
		return [numRoles]*layout{0: dnsClientLayout(), 1: dnsDomainLayout(), 3: dnsNameLayout()}
	case event.Auth:
		return [numRoles]*layout{0: authSourceLayout(), 3: authUserLayout()}
	}
	return [numRoles]*layout{}
}

// Kind returns the kind whose columns the context fills.
func (c *Context) Kind() event.Kind { return c.kind }

// UpdateAll is Update for one observation after the other, with the columns of
// the i-th at x[i*stride:]. It is faster where there are many entities.
func (c *Context) UpdateAll(x []float32, stride int, obs []Observation) {
	for i := range obs {
		if i%ahead == 0 {
			c.foresee(obs[i:min(i+ahead, len(obs))])
		}
		c.Update(x[i*stride:], &obs[i])
	}
}

// foresee looks for the windows that a few observations are going to visit.
func (c *Context) foresee(obs []Observation) {
	var keys [ahead]uint64
	for i := range obs {
		keys[i] = obs[i].Entity
	}
	if c.source != nil {
		c.source.foresee(keys[:len(obs)])
	}
	if c.kind != event.Flow {
		return
	}
	for i := range obs {
		keys[i] = serviceKey(&obs[i])
	}
	c.service.foresee(keys[:len(obs)])
	for i := range obs {
		keys[i] = pairKey(&obs[i])
	}
	c.pair.foresee(keys[:len(obs)])
}

// Update folds an observation into the windows and writes the context columns
// of its row, len(ContextNames(kind)) of them: the event itself is counted
// before they are read. An observation of another kind, KindNone included, and
// one without entity change nothing and leave the row as it is.
func (c *Context) Update(row []float32, o *Observation) {
	if o.Kind != c.kind || o.Entity == 0 || c.source == nil {
		return
	}
	t := c.clock(o.Time)
	switch c.kind {
	case event.HTTP:
		c.updateHTTP(row, o, t)
	case event.Flow:
		c.updateFlow(row, o, t)
	case event.DNS:
		c.updateDNS(row, o, t)
	case event.Auth:
		c.updateAuth(row, o, t)
	}
}

// clock returns the time that an event counts at.
func (c *Context) clock(t int64) int64 {
	if t == event.NoTime {
		if !c.timed {
			c.now += pseudoStep
		}
		return c.now
	}
	t = min(max(t, -maxTime), maxTime)
	if !c.timed || t > c.now || t < c.now-maxLate {
		c.now = t
	}
	c.timed = true
	return t
}

// share returns a damped part of a damped whole, drawn towards 0 while there
// are few: two imaginary events that were not of the part.
func share(part, whole float32) float32 { return part / (whole + 2) }

// mostAmount bounds bytes and lengths so that sums stay finite.
const mostAmount = 1e18

// amount returns a quantity of an observation, 0 where it is none.
func amount(x float32) float32 {
	if !(x > 0) {
		return 0
	}
	return min(x, mostAmount)
}
