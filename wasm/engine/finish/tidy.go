package main

import (
	"encoding/binary"
	"slices"
)

// local 1 holds the stack pointer, global 0 for other functions.
const sp = 1

// tidy writes some of the compiler's sequences in fewer instructions.
func tidy(list []instruction) []instruction {
	list = slices.DeleteFunc(list, func(i instruction) bool { return i.op == opNop }) // marks of inlined calls
	t := tidier{list: list, kept: make([]instruction, 0, len(list))}
	for t.at < len(list) {
		if !t.copies() && !t.slot() && !t.epilogue() && !t.inverse() {
			t.keep(list[t.at])
			t.at++
		}
	}
	return t.kept
}

type tidier struct {
	list []instruction
	at   int
	kept []instruction
}

func (t *tidier) keep(list ...instruction) { t.kept = append(t.kept, list...) }

// are says whether the next instructions are these.
func (t *tidier) are(ops ...byte) bool {
	if len(t.list)-t.at < len(ops) {
		return false
	}
	for k, op := range ops {
		if t.list[t.at+k].op != op {
			return false
		}
	}
	return true
}

// operand returns that of the k-th instruction from the next on.
func (t *tidier) operand(k int) uint64 { return t.list[t.at+k].operand }

// copies: a variable is set to itself, or set and read.
func (t *tidier) copies() bool {
	switch {
	case t.are(opLocalGet, opLocalSet) && t.operand(0) == t.operand(1):
	case t.are(opLocalSet, opLocalGet) && t.operand(0) == t.operand(1):
		t.keep(plain(opLocalTee, t.operand(0)))
	default:
		return false
	}
	t.at += 2
	return true
}

// maxFrame bounds the offsets of slots in bytes: stacks end far from the end of memory.
const maxFrame = 1 << 20

// slot: an address on the stack is added up in 64 bits. The load or store that takes it
// adds the offset itself.
func (t *tidier) slot() bool {
	if !t.are(opLocalGet, opI64Extend, opI64Const, opI64Add, opI32Wrap) || t.operand(0) != sp || t.operand(2) > maxFrame {
		return false
	}
	base, offset := t.list[t.at], t.operand(2)
	t.at += 5
	t.keep(base)
	if k := t.taker(); k >= 0 {
		taker := &t.list[k]
		taker.operand += offset
		taker.code = binary.AppendUvarint([]byte{taker.op, taker.align}, taker.operand)
	} else {
		t.keep(plain(opI32Const, offset), instruction{op: opI32Add, code: []byte{opI32Add}})
	}
	return true
}

// taker returns the load or store to come whose address is on top of the operands now, or -1.
func (t *tidier) taker() int {
	for k, above := t.at, 0; k < len(t.list); k++ {
		in := t.list[k]
		takes, gives, ok := in.effect()
		switch {
		case !ok:
			return -1
		case takes > above:
			if load := in.op >= opLoad && in.op < opStore; load || in.op >= opStore && in.op <= opStoreLast && above == 1 {
				return k
			}
			return -1
		}
		above += gives - takes
	}
	return -1
}

// effect returns how many operands an instruction takes and gives; not ok of control.
func (i *instruction) effect() (takes, gives int, ok bool) {
	switch op := i.op; {
	case op == opLocalGet, op == opGlobalGet, op >= opI32Const && op <= 0x44:
		return 0, 1, true
	case op == opLocalTee, op >= opLoad && op < opStore, op == opI32Eqz, op == opI64Eqz,
		op >= 0x67 && op <= 0x69, op >= 0x79 && op <= 0x7b, // clz, ctz, popcnt
		op >= 0x8b && op <= 0x91, op >= 0x99 && op <= 0x9f, op >= opI32Wrap && op <= 0xc4: // roots, roundings, conversions
		return 1, 1, true
	case op >= opStore && op <= opStoreLast:
		return 2, 0, true
	case op == opSelect:
		return 3, 1, true
	case op > opI32Eqz && op < opI32Wrap:
		return 2, 1, true
	}
	return 0, 0, false
}

// epilogue: the stack pointer passes frame and return address in one step, and the
// variable that held it is not read any more.
func (t *tidier) epilogue() bool {
	if !t.are(
		opLocalGet, opI32Const, opI32Add, opLocalTee, opGlobalSet,
		opLocalGet, opI32Const, opI32Add, opLocalTee, opGlobalSet, opI32Const, opReturn,
	) || t.operand(0) != sp || t.operand(3) != sp || t.operand(5) != sp || t.operand(8) != sp ||
		t.operand(4) != 0 || t.operand(9) != 0 {
		return false
	}
	t.keep(t.list[t.at], plain(opI32Const, t.operand(1)+t.operand(6)))
	t.keep(t.list[t.at+7], t.list[t.at+9], t.list[t.at+10], t.list[t.at+11])
	t.at += 12
	return true
}

// inverse: a comparison of integers is negated.
func (t *tidier) inverse() bool {
	if t.at+1 >= len(t.list) || t.list[t.at+1].op != opI32Eqz {
		return false
	}
	for _, first := range [...]byte{opI32Eqz + 1, opI64Eqz + 1} {
		if k := t.list[t.at].op - first; int(k) < len(negated) {
			op := first + negated[k]
			t.keep(instruction{op: op, code: []byte{op}})
			t.at += 2
			return true
		}
	}
	return false
}

// negated are the negations of eq, ne, and lt, gt, le, ge, signed and unsigned.
var negated = [...]byte{1, 0, 8, 9, 6, 7, 4, 5, 2, 3}

// plain returns an instruction with an operand that is not signed, or a constant above 0.
func plain(op byte, operand uint64) instruction {
	code := []byte{op}
	if op == opI32Const {
		code = appendSigned(code, int64(operand))
	} else {
		code = binary.AppendUvarint(code, operand)
	}
	return instruction{op: op, operand: operand, code: code}
}
