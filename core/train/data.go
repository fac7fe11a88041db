package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/tiercel/tiercel/core/feature"
)

// Data is what fitters learn from: N labelled rows of D columns and, where
// the kind has texts, their decoded values.
//
// NaN in X marks a value that the record did not have. Fitters read a Data
// and never change it; several may fit on the same one at the same time.
type Data struct {
	X     []float32 // N*D, row-major
	N, D  int
	Y     []uint8        // N labels: 1 is a threat, 0 is normal
	W     []float32      // N weights, finite and not negative; nil means 1 each
	Texts *feature.Texts // values of the N rows; nil for none
	Raw   *feature.Raw   // their texts as they stand in the log; nil for none
	// TeachOnly marks normal rows that may be attacks after all, or that were
	// written for training: see Label.TeachOnly. Nil for none.
	TeachOnly []bool
}

// errNoRows says that nothing is left to learn from.
var errNoRows = errors.New("train: no rows")

// Row returns row i of X.
func (d *Data) Row(i int) []float32 { return d.X[i*d.D : (i+1)*d.D : (i+1)*d.D] }

// Weight returns the weight of row i.
func (d *Data) Weight(i int) float32 {
	if d.W == nil {
		return 1
	}
	return d.W[i]
}

// Subset returns the rows of those indices, in that order; an index may occur
// several times. The bytes of the texts are shared, everything else is copied.
func (d *Data) Subset(rows []int) Data {
	s := Data{N: len(rows), D: d.D, X: make([]float32, 0, len(rows)*d.D), Y: make([]uint8, len(rows))}
	if d.W != nil {
		s.W = make([]float32, len(rows))
	}
	for k, i := range rows {
		s.X = append(s.X, d.Row(i)...)
		s.Y[k] = d.Y[i]
		if d.W != nil {
			s.W[k] = d.W[i]
		}
	}
	if d.Texts != nil {
		t := &feature.Texts{Buf: d.Texts.Buf, First: make([]uint32, 1, len(rows)+1)}
		for _, i := range rows {
			t.Values = append(t.Values, d.Texts.Of(i)...)
			t.First = append(t.First, uint32(len(t.Values)))
		}
		s.Texts = t
	}
	if d.Raw != nil {
		s.Raw = &feature.Raw{}
		for _, i := range rows {
			s.Raw.Add(d.Raw, i)
		}
	}
	if d.TeachOnly != nil {
		s.TeachOnly = take(d.TeachOnly, rows)
	}
	return s
}

// Batch returns the rows as learners score them; it shares the memory of d.
func (d *Data) Batch() feature.Batch {
	b := feature.Batch{N: d.N, D: d.D, X: d.X}
	if d.Texts != nil {
		b.Texts = *d.Texts
	}
	if d.Raw != nil {
		b.Raw = *d.Raw
	}
	return b
}

// Normals returns the indices of the rows labelled 0.
func (d *Data) Normals() []int {
	var rows []int
	for i, y := range d.Y[:d.N] {
		if y == 0 {
			rows = append(rows, i)
		}
	}
	return rows
}

// Validate says what is wrong with the shapes, labels or weights, or nil.
func (d *Data) Validate() error {
	switch {
	case d.N <= 0:
		return errNoRows
	case d.D < 0 || len(d.X) != d.N*d.D:
		return fmt.Errorf("train: %d values do not make %d rows of %d columns", len(d.X), d.N, d.D)
	case len(d.Y) != d.N:
		return fmt.Errorf("train: %d labels for %d rows", len(d.Y), d.N)
	case d.W != nil && len(d.W) != d.N:
		return fmt.Errorf("train: %d weights for %d rows", len(d.W), d.N)
	case d.Texts != nil && len(d.Texts.First) != d.N+1:
		return fmt.Errorf("train: texts of %d rows for %d rows", len(d.Texts.First)-1, d.N)
	case d.Raw != nil && len(d.Raw.Parts) != 0 && len(d.Raw.Parts) != d.N*feature.RawParts:
		return fmt.Errorf("train: raw texts of %d parts for %d rows", len(d.Raw.Parts), d.N)
	case d.TeachOnly != nil && len(d.TeachOnly) != d.N:
		return fmt.Errorf("train: %d marks for %d rows", len(d.TeachOnly), d.N)
	}
	for i, y := range d.Y {
		if y > 1 {
			return fmt.Errorf("train: row %d has label %d, want 0 or 1", i, y)
		}
	}
	for i, w := range d.W {
		if !(w >= 0) || math.IsInf(float64(w), 1) {
			return fmt.Errorf("train: row %d has weight %g, want a finite one that is not negative", i, w)
		}
	}
	return nil
}

// checkColumns says whether columns are distinct columns of d.
func (d *Data) checkColumns(columns []int) error {
	if len(columns) == 0 {
		return errors.New("train: no columns")
	}
	seen := make([]bool, d.D)
	for _, c := range columns {
		if c < 0 || c >= d.D {
			return fmt.Errorf("train: column %d of %d", c, d.D)
		}
		if seen[c] {
			return fmt.Errorf("train: column %d twice", c)
		}
		seen[c] = true
	}
	return nil
}
