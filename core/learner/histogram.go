package learner

// Histogram adds up how unusual each column's value is among normal rows: a
// table of one int16 a bin. The fitter in core/train says what the tables
// hold; each is centred on normal rows, so a missing value (NaN), which adds
// nothing, is neither usual nor unusual.
//
// Columns are taken as independent; that is wrong and still finds what stands
// out in one column, and no learner is cheaper (Goldstein and Dengel,
// "Histogram-based outlier score", KI 2012; Li et al., "ECOD", 2022). A row
// that has none of the columns gets NaN.
type Histogram struct {
	info  Info
	bins  bins
	off   []uint32 // where a slot's table starts
	table []int16  // by slot, then bin; bin 0 is under the first border
	scale float32
	zero  []int32 // what each slot adds where its value is 0
	zeros int32   // their sum
}

var (
	_ Explainer = (*Histogram)(nil)
	_ Stateful  = (*Histogram)(nil)
)

// newHistogram reads the number "scale" and the tensors "counts" and "borders"
// (see readBins) and "table" (I16, one more a column than borders).
func newHistogram(info Info, s State) (Learner, error) {
	r := stateReader{id: info.ID, s: s}
	h := &Histogram{info: info, scale: float32(r.number("scale", 0, maxScale))}
	h.bins = readBins(&r, info.Columns, GroveBorders)
	total := 0
	for _, n := range h.bins.counts {
		h.off = append(h.off, uint32(total))
		total += int(n) + 1
	}
	h.table = r.int16s("table", total)
	if err := r.done(); err != nil {
		return nil, err
	}
	for s := range h.bins.counts {
		v := h.of(s, 0)
		h.zero, h.zeros = append(h.zero, v), h.zeros+v
	}
	return h, nil
}

// Info describes the learner.
func (h *Histogram) Info() Info { return h.info }

// State returns what New reads back.
func (h *Histogram) State() State {
	return State{
		Numbers: []Number{{"scale", float64(h.scale)}},
		Tensors: append(h.bins.state(nil), Tensor{Name: "table", Shape: []int{len(h.table)}, I16: h.table}),
	}
}

// of returns what one value adds, in table units.
func (h *Histogram) of(slot int, v float32) int32 {
	if v != v {
		return 0
	}
	return int32(h.table[h.off[slot]+uint32(rank(h.bins.cuts[slot], v))])
}

// Score writes the sum over the columns.
func (h *Histogram) Score(dst []float32, b *Batch) error {
	if !h.info.fits(dst, b) {
		return errShape
	}
	for i := range b.N {
		x := b.Row(i)
		if absent(x, h.info.Columns) {
			dst[i] = nan32
			continue
		}
		sum := h.zeros
		for s, c := range h.info.Columns {
			if v := x[c]; !isZero(v) {
				sum += h.of(s, v) - h.zero[s]
			}
		}
		dst[i] = h.scale * float32(sum)
	}
	return nil
}

// Explain returns each column's part of the score.
func (h *Histogram) Explain(dst []Part, b *Batch, row, most int) []Part {
	x, first := b.Row(row), len(dst)
	for s, c := range h.info.Columns {
		if v := h.of(s, x[c]); v != 0 {
			dst = append(dst, Part{Column: c, Value: -1, Weight: h.scale * float32(v)})
		}
	}
	return largest(dst, first, most)
}
