package main

import (
	"encoding/binary"
	"fmt"
)

// Opcodes that this package reads by name.
const (
	opUnreachable  = 0x00
	opNop          = 0x01
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opDrop         = 0x1a
	opSelect       = 0x1b
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opLoad         = 0x28 // the first of the loads
	opStore        = 0x36 // the first of the stores
	opStoreLast    = 0x3e
	opI32Const     = 0x41
	opI64Const     = 0x42
	opI32Eqz       = 0x45
	opI64Eqz       = 0x50
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI64Add       = 0x7c
	opI32Wrap      = 0xa7
	opI64Extend    = 0xad // of i32, unsigned
	void           = 0x40 // the type of a block without result
)

// instruction is one of a function: its opcode, its first operand where that is
// a label, an index or a type, and all its bytes.
type instruction struct {
	op      byte
	operand uint64
	align   byte  // of a load or store, whose operand is the offset
	labels  []int // of br_table, the default last
	code    []byte
}

// read takes one instruction. Those that Go's compiler does not write are refused.
func (r *reader) instruction() instruction {
	from := r.b
	i := instruction{op: r.byte()}
	switch op := i.op; {
	case op <= 1, op == opElse, op == opEnd, op == opReturn, op == opDrop, op == opSelect, op >= opI32Eqz && op <= 0xc4:
		// control without operands, drop, select, arithmetic
	case op >= opBlock && op <= opIf, op == opBr, op == opBrIf, op == opCall,
		op >= opLocalGet && op <= 0x24, op == 0x3f, op == 0x40:
		i.operand = r.uint()
	case op == opI32Const, op == opI64Const:
		i.operand = uint64(r.int())
	case op == opBrTable:
		for range r.uint() + 1 {
			if i.labels = append(i.labels, int(r.uint())); r.err != nil {
				return i
			}
		}
	case op == opCallIndirect:
		r.uint()
		r.uint()
	case op >= opLoad && op <= opStoreLast:
		i.align = byte(r.uint())
		i.operand = r.uint()
	case op == 0x43:
		r.bytes(4)
	case op == 0x44:
		r.bytes(8)
	case op == 0xfc:
		switch sub := r.uint(); {
		case sub <= 7: // saturating conversions
		case sub == 10: // memory.copy
			r.bytes(2)
		case sub == 11: // memory.fill
			r.bytes(1)
		default:
			r.err = fmt.Errorf("an instruction 0xfc %d", sub)
		}
	default:
		r.err = fmt.Errorf("an instruction 0x%02x", op)
	}
	i.code = from[:len(from)-len(r.b)]
	return i
}

// instructions reads a function to its end.
func (r *reader) instructions() (list []instruction) {
	for len(r.b) > 0 && r.err == nil {
		list = append(list, r.instruction())
	}
	return list
}

// skipLocals passes the declarations of a function's locals.
func (r *reader) skipLocals() {
	for range r.uint() {
		if r.uint(); r.byte() == 0 {
			r.err = errCut
			return
		}
	}
}

func appendLabel(b []byte, op byte, label int) []byte {
	return binary.AppendUvarint(append(b, op), uint64(label))
}
