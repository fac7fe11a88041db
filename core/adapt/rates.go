package adapt

// Rates turns the false-alarm rates of a model into those of a site, from the
// site's own records, without labels.
//
// A record's evidence is E = -log(rate): where the model was calibrated normal
// records have an exponential distribution of it, with mean 1. Rates counts the
// evidence of the records so far. Attacks among them are left out as what no
// normal record of this site would be: beyond the evidence that one record in ten
// thousand would have, were the tail exponential with the slope between the
// first and the third quartile. The rate of evidence E is then
//
//	(prior e^-E + records left that have at least E) / (prior + records left)
//
// so that a site that nothing is known of has the model's rates. The result is
// never further than a factor of RatesMost from the model's: whoever floods a
// log with attacks, or with noise, moves a threshold so far and no further.
//
// It belongs to the ordered part of a pass: the same records in the same order
// give the same rates. The zero value is ready.
type Rates struct {
	bins  [rateBins + 1]float64 // records by evidence, the last without an end
	above [rateBins + 2]float64 // records left that have at least the evidence of a bin, as of the last estimate
	total float64               // records counted
	kept  float64               // of them left, as of the last estimate
	fresh int                   // records since then
}

// Settings of Rates.
const (
	// RatesMost is the factor by which a site's rate may differ from the model's.
	RatesMost = 20

	rateBins   = 1024    // of evidence
	binWidth   = 0.02    // they reach to e^-20
	ratesPrior = 200     // records that the model's own rates count for
	ratesEvery = 32      // records between two estimates
	ratesHalf  = 1 << 16 // records after which all count half: a site changes
	ratesOdd   = 9       // -log of about one in ten thousand: beyond it a record counts as no normal one
)

// Observe counts a record of that rate, in (0, 1], and returns its rate at the
// site, from the records before it.
func (r *Rates) Observe(rate float64) float64 {
	site := r.Rate(rate)
	if !(rate > 0) {
		return site
	}
	r.bins[binOf(evidenceOf(rate))]++
	r.total++
	if r.fresh++; r.fresh >= ratesEvery {
		r.estimate()
	}
	return site
}

// Rate returns the rate at the site for a rate of the model, as far as it is known.
func (r *Rates) Rate(rate float64) float64 {
	if r.kept == 0 || !(rate > 0) {
		return rate
	}
	e := evidenceOf(rate)
	b := binOf(e)
	above := r.above[b+1]
	if b < rateBins { // records spread evenly over their bin
		into := e/binWidth - float64(b)
		above += float64((r.above[b] - above) * (1 - into))
	}
	site := (float64(ratesPrior*rate) + above) / (ratesPrior + r.kept)
	return min(max(site, rate/RatesMost), min(1, rate*RatesMost))
}

// State returns what Restore needs to go on from here. It brings the estimate up
// to the last record.
func (r *Rates) State() []float64 {
	r.estimate()
	return append([]float64(nil), r.bins[:]...)
}

// Restore replaces what was counted by what State returned.
func (r *Rates) Restore(bins []float64) error {
	var next Rates
	if len(bins) != len(next.bins) {
		return errMalformed
	}
	for i, n := range bins {
		if !(n >= 0 && n <= ratesHalf) {
			return errMalformed
		}
		next.bins[i] = n
		next.total += n
	}
	*r = next
	r.estimate()
	return nil
}

// estimate decides which records are normal, and counts them from the top.
func (r *Rates) estimate() {
	r.fresh = 0
	if r.total >= ratesHalf {
		for i := range r.bins {
			r.bins[i] /= 2
		}
		r.total /= 2
	}
	// Attacks widen the quartiles: what is left is looked at once more.
	last := rateBins
	for range 2 {
		low, high := r.quantile(0.25, last), r.quantile(0.75, last)
		const ln3 = 1.0986122886681098 // between the quartiles of an exponential of mean 1
		mean := max(high-low, binWidth) / ln3
		last = min(last, int((low+float64(ratesOdd*mean))/binWidth))
	}
	r.kept = 0
	for i := range r.above {
		r.above[i] = 0
	}
	for i := last; i >= 0; i-- {
		r.kept += r.bins[i]
		r.above[i] = r.kept
	}
}

// quantile returns the evidence that a share of the records in the bins up to
// last have at most.
func (r *Rates) quantile(q float64, last int) float64 {
	var want float64
	for _, n := range r.bins[:last+1] {
		want += n
	}
	want = float64(want * q)
	for i, n := range r.bins[:last+1] {
		if want -= n; want <= 0 && n > 0 {
			return binWidth * (float64(i) + 1 + want/n)
		}
	}
	return float64(last) * binWidth
}

func evidenceOf(rate float64) float64 { return -logOf(min(rate, 1)) }

func binOf(evidence float64) int { return int(min(evidence/binWidth, rateBins)) }
