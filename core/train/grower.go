package train

// grower is what all tree fitters share: binned rows with the derivatives of
// their loss, grouped by the leaf they are in.
type grower struct {
	bins     *binned
	grad     []grad
	unit     float64 // value of one unit of a grad
	lambda   float64 // L2 penalty on leaf values
	least    float64 // sum of second derivatives that a leaf must have
	monotone []int8  // by column of X; nil for none
	workers  int

	slots   []int   // columns of this tree
	order   []int32 // its rows, grouped by leaf
	scratch []int32 // as long as there are rows
}

// grad is the first and second derivative of one row's loss, in fixed point.
type grad struct{ g, h int32 }

// sum adds derivatives: of integers, so that no order matters.
type sum struct{ g, h int64 }

func (s *sum) add(o sum)      { s.g += o.g; s.h += o.h }
func (s sum) minus(o sum) sum { return sum{s.g - o.g, s.h - o.h} }

// span is a leaf's rows in grower.order.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// candidate is a question, whether slot's bin is at least rank, and its gain.
type candidate struct {
	gain float64
	slot int
	rank uint8
}

// minGain is the least gain of a question, above the noise of rounding.
const minGain = 1e-6

// accumulate adds the derivatives of a leaf's rows to a histogram of slot.
func (g *grower) accumulate(hist []sum, slot int, s span) {
	codes := g.bins.codes[slot]
	for _, i := range g.order[s.from:s.to] {
		h, d := &hist[codes[i]], g.grad[i]
		h.g += int64(d.g)
		h.h += int64(d.h)
	}
}

// total returns the derivatives of a leaf's rows.
func (g *grower) total(s span) sum {
	var t sum
	for _, i := range g.order[s.from:s.to] {
		t.g += int64(g.grad[i].g)
		t.h += int64(g.grad[i].h)
	}
	return t
}

// partition moves the rows of a leaf that are over to its end, keeping their
// order on both sides, and returns where they begin.
func (g *grower) partition(s span, q candidate) int {
	codes := g.bins.codes[q.slot]
	rows, over := g.order[s.from:s.to], g.scratch[s.from:s.to]
	under, n := 0, 0
	for _, i := range rows {
		if codes[i] >= q.rank {
			over[n] = i
			n++
		} else {
			rows[under] = i
			under++
		}
	}
	copy(rows[under:], over[:n])
	return s.from + under
}

func (g *grower) hessian(s sum) float64 { return float64(float64(s.h) * g.unit) }

// value is the Newton step -G/(H+lambda) of a leaf.
func (g *grower) value(s sum) float64 {
	return -float64(s.g) * g.unit / (g.hessian(s) + g.lambda + tiny)
}

// merit is G^2/(H+lambda): twice what the leaf's Newton step takes off the loss.
func (g *grower) merit(s sum) float64 {
	d := float64(s.g) * g.unit
	return d * d / (g.hessian(s) + g.lambda + tiny)
}

// tiny keeps an empty leaf without a penalty from dividing by zero.
const tiny = 1e-12
