package fueltest

import "encoding/binary"

// Opcodes.
const (
	Unreachable = 0x00
	Block       = 0x02
	Loop        = 0x03
	If          = 0x04
	Else        = 0x05
	End         = 0x0b
	Drop        = 0x1a
	Void        = 0x40 // block type
)

// Cat joins code.
func Cat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Uleb appends an unsigned LEB128.
func Uleb(dst []byte, v int) []byte { return binary.AppendUvarint(dst, uint64(v)) }

func sleb(dst []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(dst, c)
		}
		dst = append(dst, c|0x80)
	}
}

func text(s string) []byte { return append(Uleb(nil, len(s)), s...) }

// Const is i32.const.
func Const(v int32) []byte { return sleb([]byte{0x41}, int64(v)) }

// Const64 is i64.const.
func Const64(v int64) []byte { return sleb([]byte{0x42}, v) }

// Get is local.get.
func Get(i int) []byte { return Uleb([]byte{0x20}, i) }

// Set is local.set.
func Set(i int) []byte { return Uleb([]byte{0x21}, i) }

// Call is call.
func Call(i int) []byte { return Uleb([]byte{0x10}, i) }

// Br is br.
func Br(label int) []byte { return Uleb([]byte{0x0c}, label) }

// BrIf is br_if.
func BrIf(label int) []byte { return Uleb([]byte{0x0d}, label) }

// Load is i32.load at an offset.
func Load(offset int) []byte { return Uleb([]byte{0x28, 2}, offset) }

// LoadF32 is f32.load at an offset.
func LoadF32(offset int) []byte { return Uleb([]byte{0x2a, 2}, offset) }
