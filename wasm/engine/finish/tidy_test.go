package main

import (
	"bytes"
	"testing"
)

func TestTidy(t *testing.T) {
	get, address := []byte{opLocalGet, sp}, []byte{opI64Extend, opI64Const, 16, opI64Add, opI32Wrap}
	const opI64Load, opI64Store, opI32LtS, opI32GeS, opI64LeU, opI64GtU, opF64Lt = 0x29, 0x37, 0x48, 0x4e, 0x58, 0x56, 0x63
	for name, c := range map[string]struct{ before, after []byte }{
		"mark":               {[]byte{opNop, opReturn, opNop}, []byte{opReturn}},
		"copy to itself":     {[]byte{opLocalGet, 7, opNop, opLocalSet, 7}, nil},
		"copy to another":    {[]byte{opLocalGet, 7, opLocalSet, 8}, []byte{opLocalGet, 7, opLocalSet, 8}},
		"set and read":       {[]byte{opLocalSet, 7, opLocalGet, 7}, []byte{opLocalTee, 7}},
		"stored in a slot":   {join(get, address, []byte{opI64Const, 5, opI64Store, 3, 8}), join(get, []byte{opI64Const, 5, opI64Store, 3, 24})},
		"stored from a slot": {join(get, address, get, address, []byte{opI64Load, 3, 1, opI64Store, 3, 0}), join(get, get, []byte{opI64Load, 3, 17, opI64Store, 3, 16})},
		"far slot": {
			join(get, address, []byte{opI64Load, 3, 0xf8, 0x01}),
			join(get, []byte{opI64Load, 3, 0x88, 0x02}),
		},
		"address of a slot as a value": {
			join([]byte{opI32Const, 9}, get, address, []byte{opI64Store, 3, 0}),
			join([]byte{opI32Const, 9}, get, []byte{opI32Const, 16, opI32Add, opI64Store, 3, 0}),
		},
		"address of a slot for a call": {
			join(get, address, []byte{opCall, 3}),
			join(get, []byte{opI32Const, 16, opI32Add, opCall, 3}),
		},
		"not on the stack": {join([]byte{opLocalGet, 2}, address, []byte{opI64Load, 3, 0}), join([]byte{opLocalGet, 2}, address, []byte{opI64Load, 3, 0})},
		"epilogue": {
			[]byte{
				opLocalGet, sp, opI32Const, 0xd0, 0, opI32Add, opLocalTee, sp, opGlobalSet, 0,
				opLocalGet, sp, opI32Const, 8, opI32Add, opLocalTee, sp, opGlobalSet, 0, opI32Const, 0, opReturn,
			},
			[]byte{opLocalGet, sp, opI32Const, 0xd8, 0, opI32Add, opGlobalSet, 0, opI32Const, 0, opReturn},
		},
		"not less":    {[]byte{opI32LtS, opI32Eqz}, []byte{opI32GeS}},
		"not at most": {[]byte{opI64LeU, opI32Eqz}, []byte{opI64GtU}},
		"a NaN":       {[]byte{opF64Lt, opI32Eqz}, []byte{opF64Lt, opI32Eqz}},
		"not zero":    {[]byte{opI64Eqz, opI32Eqz}, []byte{opI64Eqz, opI32Eqz}},
	} {
		r := reader{b: c.before}
		var got []byte
		for _, in := range tidy(r.instructions()) {
			got = append(got, in.code...)
		}
		if r.err != nil || !bytes.Equal(got, c.after) {
			t.Errorf("%s: %x, want %x, %v", name, got, c.after, r.err)
		}
	}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
