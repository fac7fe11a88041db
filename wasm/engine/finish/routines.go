package main

// Opcodes of the routines below only.
const (
	opI32Load8   = 0x2d
	opI64Load    = 0x29
	opI64Load8   = 0x31
	opI32LtU     = 0x49
	opI64Eq      = 0x51
	opI64Ne      = 0x52
	opI64LtU     = 0x54
	opI32Ctz     = 0x68
	opI32ShrU    = 0x76
	opI64Sub     = 0x7d
	opVector     = 0xfd
	vectorLoad   = 0x00
	vectorSplat8 = 0x0f
	vectorEq8    = 0x23
	vectorMask8  = 0x64
	typeI32      = 0x7f
	typeVector   = 0x7b
)

// routines are written by hand in place of the run time's, which go four bytes and one
// byte at a time: by name, with as many parameters and results of the same types.
var routines = map[string][]byte{
	// memchr(p, c, n i32) i32: the address of the first c in n bytes at p, or 0. Below p
	// are 16 bytes of memory at least: there the program's data begins.
	"memchr": {
		2, 1, typeVector, 1, typeI32, // 3: sixteen times c; 4: the end
		opLocalGet, 1, opVector, vectorSplat8, opLocalSet, 3,
		opLocalGet, 0, opLocalGet, 2, opI32Add, opLocalSet, 4,
		opBlock, void,
		opLoop, void,
		opLocalGet, 4, opLocalGet, 0, opI32Sub, opI32Const, 16, opI32LtU, opBrIf, 1,
		opLocalGet, 0, opVector, vectorLoad, 0, 0, opLocalGet, 3, opVector, vectorEq8, opVector, vectorMask8, opLocalTee, 2,
		opIf, void, // the first bit is the first c
		opLocalGet, 2, opI32Ctz, opLocalGet, 0, opI32Add, opReturn,
		opEnd,
		opLocalGet, 0, opI32Const, 16, opI32Add, opLocalSet, 0,
		opBr, 0,
		opEnd,
		opEnd,
		// The last sixteen, without those before p: shifted out.
		opLocalGet, 4, opI32Const, 16, opI32Sub, opVector, vectorLoad, 0, 0,
		opLocalGet, 3, opVector, vectorEq8, opVector, vectorMask8,
		opI32Const, 16, opLocalGet, 4, opI32Sub, opLocalGet, 0, opI32Add, opI32ShrU, opLocalTee, 2,
		opIf, typeI32,
		opLocalGet, 2, opI32Ctz, opLocalGet, 0, opI32Add,
		opElse,
		opI32Const, 0,
		opEnd,
		opEnd,
	},
	// memeqbody(p, q, n i64) i64: 1 if the n bytes at p and q are the same, else 0.
	"memeqbody": {
		0,
		opLocalGet, 0, opLocalGet, 1, opI64Eq, opIf, void, opI64Const, 1, opReturn, opEnd,
		opLocalGet, 2, opI64Const, 8, opI64LtU, opI32Eqz,
		opIf, void,
		opLoop, void,
		opLocalGet, 0, opI32Wrap, opI64Load, 0, 0, opLocalGet, 1, opI32Wrap, opI64Load, 0, 0, opI64Ne,
		opIf, void, opI64Const, 0, opReturn, opEnd,
		opLocalGet, 2, opI64Const, 8, opI64Sub, opLocalTee, 2, opI64Const, 8, opI64LtU,
		opIf, void, // the last eight, some of them for the second time
		opLocalGet, 0, opLocalGet, 2, opI64Add, opI32Wrap, opI64Load, 0, 0,
		opLocalGet, 1, opLocalGet, 2, opI64Add, opI32Wrap, opI64Load, 0, 0,
		opI64Eq, opI64Extend, opReturn,
		opEnd,
		opLocalGet, 0, opI64Const, 8, opI64Add, opLocalSet, 0,
		opLocalGet, 1, opI64Const, 8, opI64Add, opLocalSet, 1,
		opBr, 0,
		opEnd,
		opEnd,
		opLoop, void,
		opLocalGet, 2, opI64Eqz, opIf, void, opI64Const, 1, opReturn, opEnd,
		opLocalGet, 0, opI32Wrap, opI64Load8, 0, 0, opLocalGet, 1, opI32Wrap, opI64Load8, 0, 0, opI64Ne,
		opIf, void, opI64Const, 0, opReturn, opEnd,
		opLocalGet, 0, opI64Const, 1, opI64Add, opLocalSet, 0,
		opLocalGet, 1, opI64Const, 1, opI64Add, opLocalSet, 1,
		opLocalGet, 2, opI64Const, 1, opI64Sub, opLocalSet, 2,
		opBr, 0,
		opEnd,
		opUnreachable,
		opEnd,
	},
}
