package fuel

// Opcodes that need more than skipping their operands.
const (
	opUnreachable, opNop, opBlock, opLoop, opIf, opElse  = 0x00, 0x01, 0x02, 0x03, 0x04, 0x05
	opEnd, opBr, opBrIf, opBrTable, opReturn             = 0x0b, 0x0c, 0x0d, 0x0e, 0x0f
	opCall, opCallIndirect, opDrop, opSelect, opSelectT  = 0x10, 0x11, 0x1a, 0x1b, 0x1c
	opLocalGet, opLocalSet, opLocalTee                   = 0x20, 0x21, 0x22
	opGlobalGet, opGlobalSet, opTableGet, opTableSet     = 0x23, 0x24, 0x25, 0x26
	opMemorySize, opMemoryGrow                           = 0x3f, 0x40
	opI32Const, opI64Const, opF32Const, opF64Const       = 0x41, 0x42, 0x43, 0x44
	opI64LtS, opI64Sub, opI64Shl, opI64ShrU, opI64Extend = 0x53, 0x7d, 0x86, 0x88, 0xad
	opRefNull, opRefIsNull, opRefFunc                    = 0xd0, 0xd1, 0xd2
	opMisc, opVector                                     = 0xfc, 0xfd
	typeVoid, typeI64, typeI32                           = 0x40, 0x7e, 0x7f
)

// slow is the cost of a division or square root.
const slow = 8

// Shifts by which a length becomes a cost.
const (
	shiftBytes = 3  // memory.copy, fill, init: 8 bytes a unit, about 10 GB/s
	shiftItems = 0  // tables: an element a unit
	shiftPages = 64 // memory.grow: 256 units a page, marked by the bit above any right shift
)

// instruction decodes the operands of the instruction op at w.start.
func (w *walker) instruction(op byte) string {
	r := &w.r
	switch {
	case op == opNop || op == opUnreachable:
	case op == opBlock || op == opLoop || op == opIf:
		r.signed(5)
		if op == opIf {
			w.pay(1)
		}
		return w.open(op)
	case op == opElse:
		return w.otherwise()
	case op == opEnd:
		w.end()
	case op == opBr || op == opBrIf:
		w.pay(1)
		w.blocks++
		at := r.at
		label := r.u32()
		if w.turns != nil {
			w.turns.leaves(at, r.at, label, len(w.frames))
		}
		return w.branch(label)
	case op == opBrTable:
		w.pay(2)
		w.turns = nil // standard Go's whole functions; and its labels would need moving too
		return w.branchTable()
	case op == opReturn:
		w.pay(1)
	case op == opCall || op == opRefFunc:
		w.pay(1)
		w.turns = nil // the call costs more than the test
		if uint64(r.u32()) >= uint64(len(w.m.imported)+len(w.m.defined)) {
			return "a function that does not exist"
		}
	case op == opCallIndirect:
		w.pay(2)
		w.turns = nil
		r.u32()
		r.u32()
	case op == opSelectT:
		w.pay(1)
		r.bytes(r.count(1))
	case op >= opLocalGet && op <= opLocalTee:
		// What the rewriter adds must not make valid what was not.
		w.pay(1)
		if uint64(r.u32()) >= uint64(w.b.count) {
			return "a local that does not exist"
		}
	case op == opGlobalGet || op == opGlobalSet:
		w.pay(1)
		if uint64(r.u32()) >= uint64(w.m.globals) {
			return "a global that does not exist"
		}
	case op == opTableGet || op == opTableSet:
		w.pay(1)
		r.u32()
	case op >= 0x28 && op <= 0x3e:
		w.pay(1)
		return memarg(r)
	case op == opMemorySize:
		w.pay(1)
		r.byte()
	case op == opMemoryGrow:
		w.byLength(shiftPages)
		r.byte()
	case op == opI32Const:
		w.pay(1)
		r.signed(5)
	case op == opI64Const:
		w.pay(1)
		r.signed(10)
	case op == opF32Const:
		w.pay(1)
		r.bytes(4)
	case op == opF64Const:
		w.pay(1)
		r.bytes(8)
	case op == opRefNull:
		w.pay(1)
		r.byte()
	case op == opMisc:
		return w.misc()
	case op == opVector:
		w.m.report.SIMD = true
		return w.vector()
	case isSlow(op):
		w.pay(slow)
	case op == opDrop || op == opSelect || op == opRefIsNull || op >= 0x45 && op <= 0xc4:
		w.pay(1)
	default:
		return "instruction 0x" + hex(op) + " is not in the allowed features"
	}
	return ""
}

// isSlow says whether a numeric instruction divides or takes a root.
func isSlow(op byte) bool {
	return op >= 0x6d && op <= 0x70 || op >= 0x7f && op <= 0x82 || // integer division and remainder
		op == 0x91 || op == 0x95 || op == 0x9f || op == 0xa3 // f32, f64: sqrt, div
}

func (w *walker) branchTable() string {
	n := w.r.count(len(w.r.b))
	w.blocks += n + 1
	for range n + 1 {
		if why := w.branch(w.r.u32()); why != "" {
			return why
		}
		if w.r.bad {
			break
		}
	}
	return ""
}

// memarg reads the alignment and offset of a memory access.
func memarg(r *reader) string {
	if r.u32() >= 64 {
		return "several memories are not in the allowed features"
	}
	r.u32()
	return ""
}

// byLength charges the instruction at w.start by the operand on top of the stack.
func (w *walker) byLength(shift byte) {
	w.pay(2)
	w.b.bulk = true
	w.turns = nil
	w.b.charges = append(w.b.charges, charge{at: w.start, bulk: shift + 1})
}

// misc decodes the instructions with prefix 0xfc.
func (w *walker) misc() string {
	r := &w.r
	switch op := r.u32(); op {
	case 0, 1, 2, 3, 4, 5, 6, 7: // saturating truncation
		w.pay(1)
	case 8, 10: // memory.init, memory.copy
		w.byLength(shiftBytes)
		r.u32()
		r.u32()
	case 11: // memory.fill
		w.byLength(shiftBytes)
		r.u32()
	case 9, 13: // data.drop, elem.drop
		w.pay(1)
		r.u32()
	case 12, 14: // table.init, table.copy
		w.byLength(shiftItems)
		r.u32()
		r.u32()
	case 15, 17: // table.grow, table.fill
		w.byLength(shiftItems)
		r.u32()
	case 16: // table.size
		w.pay(1)
		r.u32()
	default:
		return "instruction 0xfc is not in the allowed features"
	}
	return ""
}

// vector decodes the instructions with prefix 0xfd.
func (w *walker) vector() string {
	r := &w.r
	w.pay(1)
	switch op := r.u32(); {
	case op <= 11 || op == 92 || op == 93:
		return memarg(r)
	case op == 12 || op == 13: // constant, shuffle
		r.bytes(16)
	case op >= 21 && op <= 34: // lanes
		r.byte()
	case op >= 84 && op <= 91: // loads and stores of a lane
		why := memarg(r)
		r.byte()
		return why
	case op == 227 || op == 231 || op == 239 || op == 243: // sqrt, div
		w.pay(slow)
	case op > 255:
		return "relaxed SIMD differs between machines and is not in the allowed features"
	}
	return ""
}

func hex(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}
