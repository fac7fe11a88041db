package main

import "slices"

// How Go's compiler writes a function that jumps (cmd/internal/obj/wasm): PC_B is the
// parameter, n+1 blocks end where basic blocks begin, and every jump, forward and back,
// sets PC_B and goes to the table at the top.
//
//	block                          where calls that unwind the stack leave to
//	  loop
//	    block … block              n+1 of them
//	      local.get 0  br_table    PC_B says which
//	    end
//	    … basic block 0
//	    end
//	    … basic block 1            i32.const PC_B  local.set 0  br loop: a jump
//	    …
//	  end
//	  unreachable
//	end
//	i32.const 1                    the caller has to unwind too
//
// After a call stands a new basic block: when the stack was unwound, for another
// goroutine or a larger stack, the function is called again with its PC_B.

//
// A function without jumps has no loop, one without calls no outer block, and one of a
// single basic block no table.

// Where control may go besides to basic blocks.
const (
	nowhere = -1 // a return
	unwound = -2 // to the end of the function
	trapped = -3
)

// function is one taken apart.
type function struct {
	locals  []byte
	unwinds bool    // it has calls
	jumps   bool    // it has a loop around the blocks
	table   []int   // PC_B to basic block; what is beyond goes to the last
	blocks  []block // by their place
}

// block is a basic block, besides what Go has made structured in it.
type block struct {
	parts   []part
	next    int  // the block behind it, nowhere, or trapped
	resumed bool // follows a call
}

// part is code, and the branch that may end it.
type part struct {
	code   []byte
	branch byte // 0, opBr or opBrIf
	depth  int  // blocks that are open around the branch
	to     int  // a basic block, unwound or trapped
}

// takeApart reads a function, of which calls to some functions trap. One of another
// form is nil.
func takeApart(locals []byte, list []instruction, traps map[uint64]bool) *function {
	f := &function{locals: locals}
	t := taker{function: f, list: list, traps: traps}
	if !t.head() {
		return nil
	}
	for i := range f.blocks {
		if !t.block(i) {
			return nil
		}
	}
	if !t.tail() {
		return nil
	}
	return f
}

// taker takes a function apart.
type taker struct {
	*function
	list  []instruction
	at    int
	traps map[uint64]bool
}

// is passes an instruction, if it is that.
func (t *taker) is(op byte, operand uint64) bool {
	if t.at < len(t.list) && t.list[t.at].op == op && t.list[t.at].operand == operand {
		t.at++
		return true
	}
	return false
}

// head passes what stands before the first basic block.
func (t *taker) head() bool {
	if !t.is(opGlobalGet, 0) || !t.is(opLocalSet, 1) {
		return false
	}
	t.unwinds = t.is(opBlock, void)
	t.jumps = t.is(opLoop, void)
	n := 0
	for t.is(opBlock, void) {
		n++
	}
	if n == 0 {
		t.table, t.blocks = []int{0}, make([]block, 1)
		return !t.jumps
	}
	if !t.is(opLocalGet, 0) || t.at+1 >= len(t.list) || t.list[t.at].op != opBrTable || t.list[t.at+1].op != opEnd {
		return false
	}
	t.table, t.blocks = t.list[t.at].labels, make([]block, n)
	t.at += 2
	return slices.Max(t.table) < n
}

// tail passes what stands behind the last basic block and its end.
func (t *taker) tail() bool {
	if t.jumps && (!t.is(opUnreachable, 0) || t.unwinds && !t.is(opEnd, 0)) {
		return false
	}
	if t.unwinds && !t.is(opI32Const, 1) {
		return false
	}
	if (t.jumps || t.unwinds) && !t.is(opEnd, 0) {
		return false
	}
	return t.at == len(t.list)
}

// block passes basic block i with its end.
func (t *taker) block(i int) bool {
	b := &t.blocks[i]
	b.next = nowhere
	if i+1 < len(t.blocks) {
		b.next = i + 1
	}
	var p part
	plain := 0 // where code begins in p that always runs to its end
	leave := func(branch byte, depth, to int) {
		p.branch, p.depth, p.to = branch, depth, to
		b.parts = append(b.parts, p)
		p, plain = part{}, 0
	}
	loop := len(t.blocks) - 1 - i // the label of the loop
	depth, done := 0, false       // done: what follows in the block cannot run
	for ; t.at < len(t.list); t.at++ {
		in := t.list[t.at]
		if in.op == opEnd && depth == 0 {
			if p.code != nil {
				leave(0, 0, nowhere)
			}
			if done && b.next != trapped {
				b.next = nowhere
			}
			t.at++
			return true
		}
		if in.op == opIf && in.operand == void && t.at+4 < len(t.list) && t.list[t.at+4].op == opEnd {
			if to, ok := t.jump(t.at+1, depth+1+loop); ok {
				if !done {
					leave(opBrIf, depth, to)
				}
				t.at += 4
				continue
			}
		}
		if end := t.trap(); end > 0 && in.op == opIf && in.operand == void {
			if !done {
				leave(opBrIf, depth, trapped)
			}
			t.at = end
			continue
		}
		if to, ok := t.jump(t.at, depth+loop); ok {
			if !done {
				leave(opBr, depth, to)
			}
			done = done || depth == 0
			t.at += 2
			continue
		}
		if in.op == opCall && t.traps[in.operand] && depth == 0 && !done {
			p.code = p.code[:plain] // what it is told
			done, b.next = true, trapped
			continue
		}
		switch in.op {
		case opBlock, opLoop, opIf:
			depth++
		case opEnd:
			depth--
		case opBr, opBrIf:
			if label := int(in.operand); label >= depth {
				if label -= depth + loop; !t.unwinds || label != 0 && !t.jumps || label != 1 && t.jumps {
					return false
				}
				if !done {
					leave(in.op, depth, unwound)
				}
				if depth == 0 && in.op == opBrIf && t.at+1 < len(t.list) && t.list[t.at+1].op == opEnd && i+1 < len(t.blocks) {
					t.blocks[i+1].resumed = !done
				}
				done = done || depth == 0 && in.op == opBr
				continue
			}
		case opBrTable:
			return false
		}
		if done {
			continue
		}
		if depth == 0 && in.op == opUnreachable {
			done, b.next = true, trapped
			continue
		}
		p.code = append(p.code, in.code...)
		switch in.op {
		case opCallIndirect: // takes PC_B to swap two operands
			p.code = append(p.code, clearPC...)
			fallthrough
		case opCall, opBlock, opLoop, opIf, opElse, opEnd, opBr, opBrIf, opReturn:
			plain = len(p.code)
		}
		done = depth == 0 && (in.op == opReturn || in.op == opBr)
	}
	return false
}

// jump says whether a jump stands at list[k], where the loop has that label, and whereto.
func (t *taker) jump(k, loop int) (to int, ok bool) {
	if !t.jumps || k+2 >= len(t.list) || t.list[k].op != opI32Const || t.list[k+1].op != opLocalSet || t.list[k+1].operand != 0 ||
		t.list[k+2].op != opBr || t.list[k+2].operand != uint64(loop) {
		return 0, false
	}
	return t.table[min(t.list[k].operand, uint64(len(t.table)-1))], true
}

// trap returns the end of a block without others in it, whose beginning is next in the
// list, if it calls a function that traps.
func (t *taker) trap() int {
	traps := false
	for k := t.at + 1; k < len(t.list); k++ {
		switch in := t.list[k]; in.op {
		case opEnd:
			if traps {
				return k
			}
			return 0
		case opCall:
			traps = traps || t.traps[in.operand]
			if !traps {
				return 0
			}
		case opBlock, opLoop, opIf, opElse, opReturn, opCallIndirect:
			return 0
		case opBr, opBrIf:
			if !traps {
				return 0
			}
		}
	}
	return 0
}

// clearPC sets PC_B to 0.
var clearPC = []byte{opI32Const, 0, opLocalSet, 0}

// traps says whether a block does nothing else.
func (b *block) traps() bool { return len(b.parts) == 0 && b.next == trapped }
