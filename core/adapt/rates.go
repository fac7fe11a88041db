package adapt

// Rates turns the false-alarm rates of a model into those of a site, from the
// site's own records, without labels.
//
// A record's evidence is E = -log(rate): where the model was calibrated normal
// records have an exponential distribution of it, with mean 1. The rate of a site
// is the share of its normal records with as much evidence (a conformal p-value:
// Vovk, Gammerman and Shafer 2005), which needs to know what is no attack:
//
//   - below the first hundredth of the model's rates attacks are rare: all
//     records count;
//   - above the first thousandth nearly all records are attacks: those count for
//     normal that are to be expected above the ones in between, by the shape that
//     the tail had in calibration;
//   - in between stand false alarms and some attacks: those count, but no more than
//     twice what that shape makes expect above the records before. A tail does not
//     grow.
//
// Where more than a fifth of the records are among the first hundredth nobody
// knows which of them are attacks: rates may fall, but not rise.
//
// No rate rises by more than RatesMost nor falls by more than RatesLess: whoever
// floods a log, with attacks or with noise, moves a threshold so far and no further.
// The model's own rates count for as much as ratesPrior records, so a short log
// changes little.
//
// It belongs to the ordered part of a pass: the same records in the same order
// give the same rates. The zero value is ready.
type Rates struct {
	bins  [rateBins + 1]float64 // records by evidence, the last without an end
	since [rateBins + 1]float64 // of these, those since the last estimate
	total float64               // records counted
	fresh float64               // since the last estimate
	site  [rateBins + 1]float64 // rates of the site at the lower end of each bin, as of the last estimate
	known bool                  // there was one
}

// Settings of Rates.
const (
	// RatesMost is the factor by which a site's rate may exceed the model's.
	RatesMost = 20
	// RatesLess is the factor by which it may be below.
	RatesLess = 5

	rateBins   = 1024    // of evidence
	binWidth   = 0.02    // they reach to e^-20
	ratesPrior = 1000    // records that the model's own rates count for
	ratesEvery = 128     // records between two estimates, at least
	ratesMore  = 64      // or that share of those counted
	ratesHalf  = 1 << 16 // records after which all count half: a site changes
	ratesHeavy = 0.2     // share of the records in the first hundredth that is taken for an attack
	ratesGrow  = 2       // by how much a site's tail may be heavier than the records before it say

	// The bins of e^-2.3, the first hundredth and the first thousandth.
	beforeBin = 115
	firstBin  = 230
	sureBin   = 345
)

// tailBeyond is how many records of a calibrated tail are beyond a factor of ten in
// the rate, for each within it.
const tailBeyond = 1. / 9

// Observe counts a record of that rate, in (0, 1], and returns its rate at the
// site, from the records before it.
func (r *Rates) Observe(rate float64) float64 {
	site := r.Rate(rate)
	if !(rate > 0) {
		return site
	}
	b := binOf(evidenceOf(rate))
	r.bins[b]++
	r.since[b]++
	r.total++
	if r.fresh++; r.fresh >= max(ratesEvery, r.total/ratesMore) {
		r.estimate()
	}
	return site
}

// Rate returns the rate at the site for a rate of the model, as far as it is known.
func (r *Rates) Rate(rate float64) float64 {
	if !r.known || !(rate > 0) {
		return rate
	}
	e := evidenceOf(rate)
	b := binOf(e)
	site := r.site[b]
	if b < rateBins { // between the ends of the bin
		share := e/binWidth - float64(b)
		site += float64(share * (r.site[b+1] - site))
	} else {
		site *= rate / exp(-rateBins*binWidth)
	}
	return max(rate/RatesLess, min(site, rate*RatesMost, 1))
}

// State returns what Restore needs to go on from here.
func (r *Rates) State() []float64 { return append(r.bins[:len(r.bins):len(r.bins)], r.since[:]...) }

// Restore replaces what was counted by what State returned.
func (r *Rates) Restore(state []float64) error {
	var next Rates
	n := len(next.bins)
	if len(state) != 2*n {
		return errMalformed
	}
	for b, since := range state[n:] {
		all := state[b]
		if !(all >= 0 && all <= ratesHalf && since >= 0 && since <= all) {
			return errMalformed
		}
		next.bins[b], next.since[b] = all-since, since
		next.total += all - since
	}
	if next.total > 0 {
		next.rank()
	}
	for b, since := range next.since {
		next.bins[b] += since
		next.total += since
		next.fresh += since
	}
	*r = next
	return nil
}

// estimate brings the rates up to the last record.
func (r *Rates) estimate() {
	clear(r.since[:])
	r.fresh = 0
	if r.total >= ratesHalf {
		for i := range r.bins {
			r.bins[i] /= 2
		}
		r.total /= 2
	}
	r.rank()
}

// rank ranks evidence among the records that are taken for normal.
func (r *Rates) rank() {
	r.known = true
	before, between, sure := sum(r.bins[beforeBin:firstBin]), sum(r.bins[firstBin:sureBin]), sum(r.bins[sureBin:])
	normal := min(between, ratesGrow*tailBeyond*(1+before))
	kept := 0.0 // of those in between
	if between > 0 {
		kept = normal / between
	}
	above := min(sure, normal*tailBeyond)
	total := r.total - (sure - above) - (between - normal) + ratesPrior
	heavy := between+sure > float64(ratesHeavy*r.total)
	within, model, step, beyond := above, exp(-rateBins*binWidth), exp(binWidth), exp(sureBin*binWidth)
	for b := rateBins; b >= 0; b-- {
		count := within
		switch {
		case b >= sureBin:
			count = float64(above*model) * beyond
		case b >= firstBin:
			within += float64(kept * r.bins[b])
			count = within
		default:
			within += r.bins[b]
			count = within
		}
		site := (count + float64(ratesPrior*model)) / total
		if heavy {
			site = min(site, model)
		}
		r.site[b] = site
		model *= step
	}
}

func sum(v []float64) float64 {
	var s float64
	for _, x := range v {
		s += x
	}
	return s
}

func evidenceOf(rate float64) float64 { return -logOf(min(rate, 1)) }

func binOf(evidence float64) int { return int(min(evidence/binWidth, rateBins)) }
