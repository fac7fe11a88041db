package learner

import (
	"math"
	"slices"
	"strconv"
)

// stateReader takes a State apart by name. Its first failure stays in err and
// every later call returns a harmless zero value, so a constructor reads all
// that it needs and looks once. done also refuses parts that nobody asked for.
type stateReader struct {
	id   string
	s    State
	read int
	err  error
}

func (r *stateReader) fail(what, name string) {
	if r.err == nil {
		r.err = Error(r.id + ": " + what + " " + strconv.Quote(name))
	}
}

// number returns a finite setting within [lo, hi].
func (r *stateReader) number(name string, lo, hi float64) float64 {
	i := slices.IndexFunc(r.s.Numbers, func(n Number) bool { return n.Name == name })
	if i < 0 {
		r.fail("no number", name)
		return lo
	}
	r.read++
	v := r.s.Numbers[i].Value
	if !(v >= lo && v <= hi) || math.IsInf(v, 0) {
		r.fail("out of range: number", name)
		return lo
	}
	return v
}

// integer returns a whole setting within [lo, hi].
func (r *stateReader) integer(name string, lo, hi int) int {
	v := r.number(name, float64(lo), float64(hi))
	if v != math.Trunc(v) {
		r.fail("not whole: number", name)
	}
	return int(v)
}

// tensor returns the tensor of that name, checked to have the shape; the
// caller takes the slice of the type that it wants and checks its length.
func (r *stateReader) tensor(name string, shape []int) *Tensor {
	i := slices.IndexFunc(r.s.Tensors, func(t Tensor) bool { return t.Name == name })
	if i < 0 {
		r.fail("no tensor", name)
		return nil
	}
	r.read++
	t := &r.s.Tensors[i]
	if !slices.Equal(t.Shape, shape) {
		r.fail("wrong shape: tensor", name)
		return nil
	}
	return t
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// f32 returns a tensor of finite numbers; it has that shape or r.err is set.
func (r *stateReader) f32(name string, shape ...int) []float32 {
	t := r.tensor(name, shape)
	if t == nil {
		return nil
	}
	if len(t.F32) != size(shape) {
		r.fail("wrong type: tensor", name)
		return nil
	}
	for _, v := range t.F32 {
		if v-v != 0 { // NaN or infinite
			r.fail("not finite: tensor", name)
			return nil
		}
	}
	return t.F32
}

// i8 returns a tensor of int8 of that shape, or sets r.err.
func (r *stateReader) i8(name string, shape ...int) []int8 {
	if t := r.tensor(name, shape); t != nil {
		if len(t.I8) == size(shape) {
			return t.I8
		}
		r.fail("wrong type: tensor", name)
	}
	return nil
}

// u8 returns a tensor of bytes of that shape, or sets r.err.
func (r *stateReader) u8(name string, shape ...int) []uint8 {
	if t := r.tensor(name, shape); t != nil {
		if len(t.U8) == size(shape) {
			return t.U8
		}
		r.fail("wrong type: tensor", name)
	}
	return nil
}

// done returns the first failure; parts that were never asked for are one.
func (r *stateReader) done() error {
	if r.err == nil && r.read != len(r.s.Numbers)+len(r.s.Strings)+len(r.s.Tensors) {
		r.err = Error(r.id + ": parts that this type does not have")
	}
	return r.err
}
