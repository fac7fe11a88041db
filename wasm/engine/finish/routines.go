package main

// Opcodes of the routines below only.
const (
	opI32Load8   = 0x2d
	opI64Load    = 0x29
	opI64Load8   = 0x31
	opI32Load    = 0x28
	opI32Store   = 0x36
	opI64Store   = 0x37
	opI32Store8  = 0x3a
	opI32LeU     = 0x4d
	opI32LtU     = 0x49
	opI64Eq      = 0x51
	opI64Ne      = 0x52
	opI64LtU     = 0x54
	opI32Ctz     = 0x68
	opI32ShrU    = 0x76
	opI64Sub     = 0x7d
	opMemory     = 0xfc
	memoryCopy   = 10
	memoryFill   = 11
	opVector     = 0xfd
	vectorLoad   = 0x00
	vectorStore  = 0x0b
	vectorSplat8 = 0x0f
	vectorEq8    = 0x23
	vectorMask8  = 0x64
	typeI32      = 0x7f
	typeVector   = 0x7b
)

// routines are written by hand in place of the run time's, which go four bytes and one
// byte at a time, or through functions of the browser for eight bytes: by name, with as many parameters and results of the same types.
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
	// memmove: to, from and how many bytes are on the stack, behind the return address, as
	// of Go's functions. What is read is read before anything is written.
	"runtime.memmove": {
		2, 3, typeI32, 2, typeVector, // 1: to; 2: from; 3: how many
		opGlobalGet, 0, opI32Load, 2, 8, opLocalSet, 1,
		opGlobalGet, 0, opI32Load, 2, 16, opLocalSet, 2,
		opGlobalGet, 0, opI32Load, 2, 24, opLocalSet, 3,
		opLocalGet, 3, opI32Const, 16, opI32LeU,
		opIf, void,
		opLocalGet, 3, opI32Const, 8, opI32LtU,
		opIf, void,
		opLocalGet, 3, opI32Const, 4, opI32LtU,
		opIf, void,
		opLocalGet, 3,
		opIf, void, // the first, the middle and the last of up to three
		opLocalGet, 1,
		opLocalGet, 2, opI32Load8, 0, 0,
		opLocalGet, 1, opLocalGet, 3, opI32Const, 1, opI32ShrU, opI32Add,
		opLocalGet, 2, opLocalGet, 3, opI32Const, 1, opI32ShrU, opI32Add, opI32Load8, 0, 0,
		opLocalGet, 1, opLocalGet, 3, opI32Add, opI32Const, 1, opI32Sub,
		opLocalGet, 2, opLocalGet, 3, opI32Add, opI32Const, 1, opI32Sub, opI32Load8, 0, 0,
		opI32Store8, 0, 0, opI32Store8, 0, 0, opI32Store8, 0, 0,
		opEnd,
		opElse, // the first and the last four
		opLocalGet, 1,
		opLocalGet, 2, opI32Load, 0, 0,
		opLocalGet, 1, opLocalGet, 3, opI32Add, opI32Const, 4, opI32Sub,
		opLocalGet, 2, opLocalGet, 3, opI32Add, opI32Const, 4, opI32Sub, opI32Load, 0, 0,
		opI32Store, 0, 0, opI32Store, 0, 0,
		opEnd,
		opElse,
		opLocalGet, 1,
		opLocalGet, 2, opI64Load, 0, 0,
		opLocalGet, 1, opLocalGet, 3, opI32Add, opI32Const, 8, opI32Sub,
		opLocalGet, 2, opLocalGet, 3, opI32Add, opI32Const, 8, opI32Sub, opI64Load, 0, 0,
		opI64Store, 0, 0, opI64Store, 0, 0,
		opEnd,
		opElse,
		opLocalGet, 3, opI32Const, 0xc0, 0, opI32LeU, // 64
		opIf, void,
		opLocalGet, 2, opVector, vectorLoad, 0, 0, opLocalSet, 4,
		opLocalGet, 2, opLocalGet, 3, opI32Add, opI32Const, 16, opI32Sub, opVector, vectorLoad, 0, 0, opLocalSet, 5,
		opLocalGet, 3, opI32Const, 32, opI32LeU, opI32Eqz,
		opIf, void,
		opLocalGet, 1,
		opLocalGet, 2, opVector, vectorLoad, 0, 16,
		opLocalGet, 1, opLocalGet, 3, opI32Add, opI32Const, 32, opI32Sub,
		opLocalGet, 2, opLocalGet, 3, opI32Add, opI32Const, 32, opI32Sub, opVector, vectorLoad, 0, 0,
		opVector, vectorStore, 0, 0, opVector, vectorStore, 0, 16,
		opEnd,
		opLocalGet, 1, opLocalGet, 4, opVector, vectorStore, 0, 0,
		opLocalGet, 1, opLocalGet, 3, opI32Add, opI32Const, 16, opI32Sub, opLocalGet, 5, opVector, vectorStore, 0, 0,
		opElse,
		opLocalGet, 1, opLocalGet, 2, opLocalGet, 3, opMemory, memoryCopy, 0, 0,
		opEnd,
		opEnd,
		opGlobalGet, 0, opI32Const, 8, opI32Add, opGlobalSet, 0,
		opI32Const, 0,
		opEnd,
	},
	// memclrNoHeapPointers: where and how many bytes are on the stack.
	"runtime.memclrNoHeapPointers": {
		2, 2, typeI32, 1, typeVector, // 1: where; 2: how many; 3: zeros
		opGlobalGet, 0, opI32Load, 2, 8, opLocalSet, 1,
		opGlobalGet, 0, opI32Load, 2, 16, opLocalSet, 2,
		opLocalGet, 2, opI32Const, 16, opI32LtU,
		opIf, void,
		opLocalGet, 2, opI32Const, 8, opI32LtU,
		opIf, void,
		opBlock, void,
		opLoop, void,
		opLocalGet, 2, opI32Eqz, opBrIf, 1,
		opLocalGet, 1, opLocalGet, 2, opI32Const, 1, opI32Sub, opLocalTee, 2, opI32Add, opI32Const, 0, opI32Store8, 0, 0,
		opBr, 0,
		opEnd,
		opEnd,
		opElse,
		opLocalGet, 1, opI64Const, 0, opI64Store, 0, 0,
		opLocalGet, 1, opLocalGet, 2, opI32Add, opI32Const, 8, opI32Sub, opI64Const, 0, opI64Store, 0, 0,
		opEnd,
		opElse,
		opLocalGet, 2, opI32Const, 0xc0, 0, opI32LeU,
		opIf, void,
		opLocalGet, 1, opLocalGet, 3, opVector, vectorStore, 0, 0,
		opLocalGet, 2, opI32Const, 32, opI32LeU, opI32Eqz,
		opIf, void,
		opLocalGet, 1, opLocalGet, 3, opVector, vectorStore, 0, 16,
		opLocalGet, 1, opLocalGet, 2, opI32Add, opI32Const, 32, opI32Sub, opLocalGet, 3, opVector, vectorStore, 0, 0,
		opEnd,
		opLocalGet, 1, opLocalGet, 2, opI32Add, opI32Const, 16, opI32Sub, opLocalGet, 3, opVector, vectorStore, 0, 0,
		opElse,
		opLocalGet, 1, opI32Const, 0, opLocalGet, 2, opMemory, memoryFill, 0,
		opEnd,
		opEnd,
		opGlobalGet, 0, opI32Const, 8, opI32Add, opGlobalSet, 0,
		opI32Const, 0,
		opEnd,
	},
}
