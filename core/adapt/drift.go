package adapt

// Drift watches whether records are still what the model was calibrated on. It
// bets against the hypothesis that at most so many records, whatever came
// before, have a rate of at most Level as are ordinary: what it owns after a
// record is a test martingale that starts again whenever it would fall below 1
// (an e-process in the manner of Page's CUSUM: Shin, Ramdas and Rinaldo 2022),
// so that records like those of the calibration make it own DriftOwned not
// oftener than once in so many records. A burst of attacks does so too: what was
// found is told when it has lasted, and forgotten when the records since then
// have become ordinary. The zero value with a Level is ready.
type Drift struct {
	Level float64 // of the rates that are counted

	owned   [len(driftBets)]float64
	since   [len(driftBets)]span // in which a bet has not failed
	found   bool
	at      span // that was found, until now
	records int64
}

// span counts records from one on.
type span struct{ line, record, count, hits int64 }

// Since says from where on records are unlike those that a model knows.
type Since struct {
	Line, Record int64   // where it began; 0 for nowhere
	Share        float64 // of the records since then whose rate is at most Level
	Level        float64
}

// Settings of Drift.
const (
	// DriftOwned is what a bet must own to be believed.
	DriftOwned = 1e6

	driftTimes = 10  // so many times more than the model expects are still ordinary: sites differ
	driftMost  = 0.3 // but never more than this share of the records
	driftLasts = 500 // records that a drift must last to be told
)

// driftBets are the shares that the bets are on, between the ordinary one (0)
// and all records (1).
var driftBets = [...]float64{0.03, 0.1, 0.3, 0.7}

// Observe takes the rate of a record, in order.
func (d *Drift) Observe(rate float64, line int64) {
	d.records++
	if d.Level <= 0 {
		return
	}
	ordinary := d.ordinary()
	hit := rate <= d.Level
	if d.found {
		if d.at.add(hit); d.at.share() > ordinary {
			return
		}
		*d = Drift{Level: d.Level, records: d.records}
		return
	}
	for i, w := range driftBets {
		share := ordinary + float64(w*(1-ordinary))
		if d.owned[i] <= 1 {
			d.owned[i], d.since[i] = 1, span{line: line, record: d.records}
		}
		d.since[i].add(hit)
		if hit {
			d.owned[i] *= share / ordinary
		} else {
			d.owned[i] *= (1 - share) / (1 - ordinary)
		}
		if d.owned[i] >= DriftOwned {
			d.found, d.at = true, d.since[i]
			return
		}
	}
}

// ordinary is the share of records with a rate of at most Level that is no drift.
func (d *Drift) ordinary() float64 { return min(driftTimes*d.Level, driftMost) }

func (s *span) add(hit bool) {
	s.count++
	if hit {
		s.hits++
	}
}

func (s *span) share() float64 { return float64(s.hits) / float64(s.count) }

// Since returns where records began to be unlike, the zero Since where they are
// not, or where it is too early to tell.
func (d *Drift) Since() Since {
	if !d.found || d.at.count < driftLasts {
		return Since{}
	}
	return Since{Line: d.at.line, Record: d.at.record, Share: d.at.share(), Level: d.Level}
}

// State returns what Restore needs to go on from here.
func (d *Drift) State() []float64 {
	out := []float64{d.Level, float64(d.records), float64(truth(d.found))}
	put := func(s *span) {
		out = append(out, float64(s.line), float64(s.record), float64(s.count), float64(s.hits))
	}
	put(&d.at)
	for i := range d.owned {
		out = append(out, d.owned[i])
		put(&d.since[i])
	}
	return out
}

// driftState is how many numbers State returns.
const driftState = 3 + 4 + 5*len(driftBets)

// mostRecords bounds the counts of a state: a float64 holds them exactly.
const mostRecords = 1 << 53

// Restore goes on from what State returned. A watch of another Level begins anew;
// what State did not return is refused, and the watch is then as it was.
func (d *Drift) Restore(state []float64) error {
	if len(state) != driftState {
		return errMalformed
	}
	for _, v := range state {
		if !(v >= 0 && v <= mostRecords) {
			return errMalformed
		}
	}
	next := Drift{Level: state[0], records: int64(state[1]), found: state[2] == 1}
	spanOf := func(v []float64) span { return span{int64(v[0]), int64(v[1]), int64(v[2]), int64(v[3])} }
	next.at = spanOf(state[3:])
	if next.found && next.at.count == 0 {
		return errMalformed
	}
	for i := range next.owned {
		v := state[7+5*i:]
		next.owned[i], next.since[i] = v[0], spanOf(v[1:])
	}
	if next.Level == d.Level {
		*d = next
	}
	return nil
}
