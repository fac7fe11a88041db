package adapt

// Rates turns the false-alarm rates of a model into those of a site, from the
// site's own records, without labels: it raises them where the site's normal
// records are spread wider than those of the calibration, and abstains elsewhere.
//
// A record's evidence is E = -log(rate): where the model was calibrated normal
// records have an exponential distribution of it, with mean 1. How wide a site is
// shows in the bulk of its records, where attacks are rare: the lesser of the
// slopes between the first quartile and the median, and between the median and
// the third quartile, since attacks widen the upper one first. Beyond the median,
// at evidence M, the rate of a site that is s times as wide is
//
//	exp(-(E-M)/s) / 2
//
// but never below the model's, so that no attack is lost to a site that looks
// quiet, and never above RatesMost times the model's: whoever floods a log with
// attacks, or with noise, moves a threshold so far and no further. A slope must
// exceed that of the calibration by a tenth to count, and few records count
// little. Where more than a fifth of the records are among the first hundredth of
// the model's, nobody can tell attacks from the site: the model's rates stand. What
// is in the tail of the log's own records is not used: no count tells
// false alarms from attacks.
//
// It belongs to the ordered part of a pass: the same records in the same order
// give the same rates. The zero value is ready.
type Rates struct {
	bins   [rateBins + 1]float64 // records by evidence, the last without an end
	total  float64               // records counted
	fresh  int                   // records since the last estimate
	middle float64               // the median evidence, as of the last estimate
	width  float64               // of the site, at least 1; 0 before the first estimate
}

// Settings of Rates.
const (
	// RatesMost is the factor by which a site's rate may exceed the model's.
	RatesMost = 20

	rateBins   = 1024    // of evidence
	binWidth   = 0.02    // they reach to e^-20
	ratesPrior = 300     // records that the model's own rates count for
	ratesEvery = 128     // records between two estimates
	ratesHalf  = 1 << 16 // records after which all count half: a site changes
	ratesHeavy = 0.2     // share of the records in the first hundredth that is taken for an attack
	firstBin   = 230     // of the first hundredth: evidence log 100
	ratesSlack = 1.1     // by how much a site must be wider than the calibration
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
	if !(r.width > 1) || !(rate > 0) {
		return rate
	}
	site := exp(-max(0, evidenceOf(rate)-r.middle)/r.width) / 2
	return min(max(site, rate), min(1, rate*RatesMost))
}

// Width returns how many times wider than the calibration the site's records are
// spread, as far as rates are raised for it: 1 where the model's own rates stand.
func (r *Rates) Width() float64 { return max(1, r.width) }

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

// Between quartiles of an exponential distribution of mean 1.
const (
	lowerQuarter = 0.4054651081081644 // log(3/2), from the first to the median
	upperQuarter = 0.6931471805599453 // log 2, from the median to the third
)

// estimate looks at the bulk of the records.
func (r *Rates) estimate() {
	r.fresh = 0
	if r.total >= ratesHalf {
		for i := range r.bins {
			r.bins[i] /= 2
		}
		r.total /= 2
	}
	low, middle, high := r.quantile(0.25), r.quantile(0.5), r.quantile(0.75)
	first := 0.0
	for _, n := range r.bins[firstBin:] {
		first += n
	}
	slope := min((middle-low)/lowerQuarter, (high-middle)/upperQuarter)
	trust := r.total / (r.total + ratesPrior)
	if first > float64(ratesHeavy*r.total) {
		trust = 0
	}
	r.middle = middle
	r.width = 1 + float64(trust*max(0, slope/ratesSlack-1))
}

// quantile returns the evidence that a share of the records have at most.
func (r *Rates) quantile(q float64) float64 {
	want := float64(q * r.total)
	for i, n := range r.bins {
		if want -= n; want <= 0 && n > 0 {
			return binWidth * (float64(i) + 1 + want/n)
		}
	}
	return rateBins * binWidth
}

func evidenceOf(rate float64) float64 { return -logOf(min(rate, 1)) }

func binOf(evidence float64) int { return int(min(evidence/binWidth, rateBins)) }
