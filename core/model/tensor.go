package model

import (
	"math"

	"github.com/tiercel/tiercel/core/learner"
)

// dtype is an element type of safetensors that models use.
type dtype struct {
	name string
	size int
}

var dtypes = [...]dtype{{"F64", 8}, {"F32", 4}, {"I32", 4}, {"I16", 2}, {"I8", 1}, {"U8", 1}}

func dtypeNamed(name string) (dtype, bool) {
	for _, t := range dtypes {
		if t.name == name {
			return t, true
		}
	}
	return dtype{}, false
}

// dtypeOf returns the type of a tensor's one slice; an empty tensor is F32.
func dtypeOf(t *learner.Tensor) dtype {
	switch {
	case t.F64 != nil:
		return dtypes[0]
	case t.I32 != nil:
		return dtypes[2]
	case t.I16 != nil:
		return dtypes[3]
	case t.I8 != nil:
		return dtypes[4]
	case t.U8 != nil:
		return dtypes[5]
	}
	return dtypes[1]
}

// elements returns the product of a shape, or -1 when it is negative or above most.
func elements(shape []int, most int) int {
	n := 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > most/d {
			return -1
		}
		n *= d
	}
	return n
}

// appendTensor appends a tensor's elements, little-endian.
func appendTensor(b []byte, t *learner.Tensor) []byte {
	for _, v := range t.F64 {
		b = appendUint(b, math.Float64bits(v), 8)
	}
	for _, v := range t.F32 {
		b = appendUint(b, uint64(math.Float32bits(v)), 4)
	}
	for _, v := range t.I32 {
		b = appendUint(b, uint64(uint32(v)), 4)
	}
	for _, v := range t.I16 {
		b = appendUint(b, uint64(uint16(v)), 2)
	}
	for _, v := range t.I8 {
		b = append(b, byte(v))
	}
	return append(b, t.U8...)
}

// readTensor fills the slice of t's type from its bytes. NaN and infinities are refused.
func readTensor(t *learner.Tensor, d dtype, data []byte) error {
	n := len(data) / d.size
	switch d.name {
	case "F64":
		t.F64 = make([]float64, n)
		for i := range t.F64 {
			v := math.Float64frombits(readUint(data, i, 8))
			if v-v != 0 {
				return errNotFinite
			}
			t.F64[i] = v
		}
	case "F32":
		t.F32 = make([]float32, n)
		for i := range t.F32 {
			v := math.Float32frombits(uint32(readUint(data, i, 4)))
			if v-v != 0 {
				return errNotFinite
			}
			t.F32[i] = v
		}
	case "I32":
		t.I32 = make([]int32, n)
		for i := range t.I32 {
			t.I32[i] = int32(readUint(data, i, 4))
		}
	case "I16":
		t.I16 = make([]int16, n)
		for i := range t.I16 {
			t.I16[i] = int16(readUint(data, i, 2))
		}
	case "I8":
		t.I8 = make([]int8, n)
		for i := range t.I8 {
			t.I8[i] = int8(data[i])
		}
	case "U8":
		t.U8 = append(make([]uint8, 0, n), data...)
	}
	return nil
}

const errNotFinite = Error("a tensor holds NaN or an infinity")

// appendUint appends the low size bytes of v. (encoding/binary would bring
// package reflect into the browser.)
func appendUint(b []byte, v uint64, size int) []byte {
	for range size {
		b = append(b, byte(v))
		v >>= 8
	}
	return b
}

// readUint returns the i-th number of size bytes.
func readUint(b []byte, i, size int) uint64 {
	var v uint64
	for k := size - 1; k >= 0; k-- {
		v = v<<8 | uint64(b[i*size+k])
	}
	return v
}
