package adapt

// stranger finds out whether the tiers are strangers to a site, and ranks what they
// say there. Where two in three of a site's first requests are among the first
// hundredth of what the model was calibrated on, what the model finds odd is ordinary
// at that site: its rates are no rates there, but what it finds odder than the
// rest may still be. A request's rate is then the share of the site's requests that
// the tiers find as odd, itself included (a conformal p-value: Vovk, Gammerman and
// Shafer 2005).
//
// It is decided once, over the first strangerLook requests, or as many sources where
// a source counts once, so that nobody who floods a log makes a stranger of a model
// that knew the site. A stranger to whom but one in five of as many requests
// look odd has become known, for good.
type stranger struct {
	state      acquaintance
	seen, sure float64 // requests of this look, and those in the first hundredth
	odds       ranks
}

type acquaintance uint8

const (
	undecided acquaintance = iota
	known
	strange
	numAcquaintances
)

const (
	strangerLook = 512
	strangerMost = 2. / 3 // share in the first hundredth up to which a model knows the site
	strangerLess = 0.2    // and up to which a stranger becomes known

	oddWidth = 0.05 // of minus the logarithm of a rate
)

// rank returns the rate at the site of a request with that rate of the tiers.
func (s *stranger) rank(rate float64) float64 { return s.odds.rank(oddBin(rate)) }

// observe counts a request.
func (s *stranger) observe(rate float64) {
	if s.state == strange {
		s.odds.add(oddBin(rate))
	}
	if s.state == known {
		return
	}
	s.seen++
	if rate <= profileSure {
		s.sure++
	}
	if s.seen < strangerLook {
		return
	}
	switch share := s.sure / s.seen; {
	case s.state == undecided && share > strangerMost:
		s.state = strange
	case s.state == undecided || share <= strangerLess:
		s.state = known
	}
	s.seen, s.sure = 0, 0
}

func oddBin(rate float64) int {
	const least = 1e-12 // beyond the last bin
	return int(min(evidenceOf(max(rate, least))/oddWidth, rankBins-1))
}

// ranks counts things by bin of how odd they are.
type ranks struct {
	bins  [rankBins]float64
	total float64
}

// rank returns the share of what was counted, and of the thing itself, that is in bin
// b or above; at least 1/ProfileMost.
func (r *ranks) rank(b int) float64 {
	above := r.total
	if b > 0 { // most are in the first
		above = 0
		for _, n := range r.bins[b:] {
			above += n
		}
	}
	return max((1+above)/(1+r.total), 1.0/ProfileMost)
}

func (r *ranks) add(b int) {
	r.bins[b]++
	r.total++
}

func (r *ranks) halve() {
	r.total = 0
	for i := range r.bins {
		r.bins[i] /= 2
		r.total += r.bins[i]
	}
}
