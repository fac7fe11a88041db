package adapt

import "github.com/tiercel/tiercel/core/feature"

// Profile learns what requests of a site look like while it reads them, and
// raises those that are odd there. It counts, at each place (a host, a path of it,
// a parameter of that), which things stand there and what their texts look like.
// A part of a request surprises by minus the logarithm of the share of what was
// seen there that is as rare, a thing never seen by the share of things seen once
// (Good 1953); what one request in twenty has is not odd. The sum over the parts
// is the request's surprise, and p the share of the site's requests that surprise
// as much, itself included (a conformal p-value: Vovk, Gammerman and Shafer 2005); where there are many
// sources, the share of theirs, since one source must not make a thing ordinary.
// The request's rate is then the least of
//
//	rate    of the tiers
//	p       of the profile
//	rate p (1 - log(rate p))    of both (Fisher 1932)
//
// It is bounded thrice. No rate rises. No rate falls below 1/ProfileMost by a
// profile alone, nor by a factor of more than ProfileMost. Of a site whose requests
// stay what they were at most thrice the budget are false alarms, and often about
// once: the least of three rates is above the budget where they all are.
//
// Where the tiers are strangers to the site (Strange), as two in three of its
// first requests would be alarms, their rate is replaced by the share of
// the site's requests that they find as odd, all requests are learnt, and rates rise
// as they must: the second and third bound hold as before.
//
// What it learns from has no labels. Requests that the tiers, unless strangers, rank
// among the first hundredth are not learnt; a source counts once for each thing in
// an epoch, where there are ProfileSources sources or more, so that who repeats
// an attack does not make it normal, but for the bytes that it lacks, of which all
// texts count; counts halve from epoch to epoch. Where a
// tenth of all requests are attacks, p is a tenth at least, and the profile
// abstains.
//
// It belongs to the ordered part of a pass: the same requests in the same order
// give the same rates. Memory is bounded, 2 MB: where a table is full the least
// count goes. The zero value is ready.
type Profile struct {
	places    []place
	items     []item
	taught    []uint64 // hashes of what a source taught in this epoch
	surprises ranks
	stranger  stranger
	epoch     uint32
	records   int // of this epoch
	sources   [2]int
}

// Settings of Profile.
const (
	// ProfileMost is the factor by which a profile may lower a rate.
	ProfileMost = 10_000
	// ProfileSources is how many sources an epoch must have for each of them to
	// count only once for a thing: below, a site might have a proxy before it.
	ProfileSources = 4

	profileEpoch  = 1 << 14 // records
	profilePlaces = 1 << 13 // at most
	profileItems  = 1 << 15
	profileTaught = 1 << 15
	profileProbes = 8    // slots that are looked at
	profileSure   = 0.01 // rate of the tiers up to which a request is not learnt

	surpriseLeast = 3 // of a part, to count: one in twenty is not odd
	lengthMost    = 4 // of a text's length: lengths have long tails
	rankBins      = 512
	rankWidth     = 0.025 // of surprise
	rankStep      = 20    // bins that a source counts in once an epoch
	strangerSalt  = 1 << 32
)

// place counts what stands at one place.
type place struct {
	key   uint64
	epoch uint32
	n     float32 // requests, or sources of an epoch
	once  float32 // things seen once
	looks [feature.NumLooks]float32
	texts float32                      // all that stood there, however often their source sent them
	lacks [feature.LookLengths]float32 // of these, those without such bytes
}

// item counts one thing at one place.
type item struct {
	key   uint64
	epoch uint32
	n     float32
}

func (p *Profile) make() {
	p.places, p.items, p.taught = make([]place, profilePlaces), make([]item, profileItems), make([]uint64, profileTaught)
}

// Observe takes the shapes of a request in order, the hash of its source (0 for
// none) and the rate that the tiers gave it; it returns its rate at the site. A
// request without shapes keeps its rate, and teaches nothing.
func (p *Profile) Observe(shapes []feature.Shape, source uint64, rate float64) float64 {
	if len(shapes) == 0 || !(rate >= 0) {
		return rate
	}
	if p.places == nil {
		p.make()
	}
	surprise := 0.0
	for i := range shapes {
		surprise += max(0, p.surprise(&shapes[i])-surpriseLeast)
	}
	b := int(min(surprise/rankWidth, rankBins-1))
	odd := p.surprises.rank(b)
	capped := p.capped(source)
	tiers, unknown := rate, p.stranger.state == strange
	if unknown {
		tiers = p.stranger.rank(rate)
	}
	if p.stranger.state != known && (!capped || p.first(feature.HashPair(source, strangerSalt))) {
		p.stranger.observe(rate)
	}
	if rate > profileSure || unknown {
		if !capped || p.first(feature.HashPair(source, uint64(b/rankStep))) {
			p.surprises.add(b)
		}
		p.learn(shapes, source, capped)
	}
	if p.records++; p.records == profileEpoch {
		p.turn()
	}
	return max(min(tiers, odd, fisher(tiers, odd)), rate/ProfileMost)
}

// Strange reports whether the model does not know the site's requests: Observe ranks
// them among each other then, and rates may rise without bound.
func (p *Profile) Strange() bool { return p.stranger.state == strange }

// fisher is the p-value of the product of two independent ones.
func fisher(a, b float64) float64 {
	x := float64(a * b)
	if x <= 0 {
		return 0
	}
	return float64(x * (1 - logOf(x)))
}
