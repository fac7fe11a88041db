package main

import (
	"encoding/binary"
	"fmt"
	"slices"
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
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opI32Const     = 0x41
	opI32Sub       = 0x6b
	void           = 0x40 // the type of a block without result
)

// instruction is one of a function: its opcode, its first operand where that is
// a label, an index or a type, and all its bytes.
type instruction struct {
	op      byte
	operand uint64
	labels  []int // of br_table, the default last
	code    []byte
}

// read takes one instruction. Those that Go's compiler does not write are refused.
func (r *reader) instruction() instruction {
	from := r.b
	i := instruction{op: r.byte()}
	switch op := i.op; {
	case op <= 1, op == opElse, op == opEnd, op == opReturn, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4:
		// control without operands, drop, select, arithmetic
	case op >= opBlock && op <= opIf, op == opBr, op == opBrIf, op == opCall,
		op >= opLocalGet && op <= 0x24, op == 0x3f, op == 0x40:
		i.operand = r.uint()
	case op == opI32Const, op == 0x42:
		i.operand = uint64(r.int())
	case op == opBrTable:
		for range r.uint() + 1 {
			if i.labels = append(i.labels, int(r.uint())); r.err != nil {
				return i
			}
		}
	case op == opCallIndirect, op >= 0x28 && op <= 0x3e: // and loads and stores
		r.uint()
		r.uint()
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

// tidy leaves out what does nothing: the marks of inlined calls, and copies of a
// variable to itself.
func tidy(list []instruction) []instruction {
	list = slices.DeleteFunc(list, func(i instruction) bool { return i.op == opNop })
	kept := list[:0]
	for k := 0; k < len(list); k++ {
		in := list[k]
		if k+1 < len(list) && list[k+1].operand == in.operand {
			switch next := list[k+1].op; {
			case in.op == opLocalGet && next == opLocalSet:
				k++
				continue
			case in.op == opLocalSet && next == opLocalGet:
				k++
				in.op, in.code = opLocalTee, append([]byte{opLocalTee}, in.code[1:]...)
			}
		}
		kept = append(kept, in)
	}
	return kept
}
