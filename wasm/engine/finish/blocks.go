package main

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

const (
	nowhere = -1 // a return, a trap
	unwound = -2 // to the end of the function
)

// function is one that jumps, taken apart.
type function struct {
	locals  []byte
	unwinds bool    // it has calls
	table   []int   // PC_B to basic block; what is beyond goes to the last
	blocks  []block // by their place
}

// block is a basic block, besides what Go has made structured in it.
type block struct {
	parts   []part
	next    int  // the block behind it, or nowhere
	resumed bool // follows a call
}

// part is code, and the branch that may end it.
type part struct {
	code   []byte
	branch byte // 0, opBr or opBrIf
	depth  int  // blocks that are open around the branch
	to     int  // a basic block or unwound
}

// takeApart reads a body. A function of another form, such as one that does not
// jump, is nil.
func takeApart(body []byte) (*function, error) {
	r := reader{b: body}
	r.skipLocals()
	f := &function{locals: body[:len(body)-len(r.b)]}
	list := r.instructions()
	if r.err != nil {
		return nil, r.err
	}
	at := 0
	is := func(op byte, operand uint64) bool {
		if at < len(list) && list[at].op == op && list[at].operand == operand {
			at++
			return true
		}
		return false
	}
	if !is(opGlobalGet, 0) || !is(opLocalSet, 1) {
		return nil, nil
	}
	f.unwinds = is(opBlock, void)
	if !is(opLoop, void) {
		return nil, nil
	}
	n := 0
	for is(opBlock, void) {
		n++
	}
	if !is(opLocalGet, 0) || at+1 >= len(list) || list[at].op != opBrTable || list[at+1].op != opEnd {
		return nil, nil
	}
	f.table = list[at].labels
	for _, label := range f.table {
		if label >= n {
			return nil, nil
		}
	}
	at += 2
	f.blocks = make([]block, n)
	for i := range f.blocks {
		var ok bool
		if at, ok = f.takeBlock(i, list, at); !ok {
			return nil, nil
		}
	}
	if !is(opUnreachable, 0) || f.unwinds && (!is(opEnd, 0) || !is(opI32Const, 1)) || !is(opEnd, 0) || at != len(list) {
		return nil, nil
	}
	return f, nil
}

// takeBlock reads the block i, which begins at list[at], and returns where the next does.
func (f *function) takeBlock(i int, list []instruction, at int) (int, bool) {
	b := &f.blocks[i]
	b.next = nowhere
	if i+1 < len(f.blocks) {
		b.next = i + 1
	}
	loop := len(f.blocks) - 1 - i // the label of the loop
	var p part
	leave := func(branch byte, depth, to int) {
		p.branch, p.depth, p.to = branch, depth, to
		b.parts = append(b.parts, p)
		p = part{}
	}
	// jumps says whether a jump stands at list[k], and whereto.
	jumps := func(k, depth int) (to int, ok bool) {
		if k+2 >= len(list) || list[k].op != opI32Const || list[k+1].op != opLocalSet || list[k+1].operand != 0 ||
			list[k+2].op != opBr || list[k+2].operand != uint64(depth+loop) {
			return 0, false
		}
		return f.table[min(list[k].operand, uint64(len(f.table)-1))], true
	}
	depth, done := 0, false // done: what follows in the block cannot run
	for ; at < len(list); at++ {
		in := list[at]
		if in.op == opEnd && depth == 0 {
			if p.code != nil {
				leave(0, 0, nowhere)
			}
			if done {
				b.next = nowhere
			}
			return at + 1, true
		}
		if in.op == opIf && in.operand == void && at+4 < len(list) && list[at+4].op == opEnd {
			if to, ok := jumps(at+1, depth+1); ok {
				if !done {
					leave(opBrIf, depth, to)
				}
				at += 4
				continue
			}
		}
		if to, ok := jumps(at, depth); ok {
			if !done {
				leave(opBr, depth, to)
			}
			done = done || depth == 0
			at += 2
			continue
		}
		switch in.op {
		case opBlock, opLoop, opIf:
			depth++
		case opEnd:
			depth--
		case opBr, opBrIf:
			if label := int(in.operand); label >= depth {
				if !f.unwinds || label != depth+loop+1 {
					return 0, false
				}
				if !done {
					leave(in.op, depth, unwound)
				}
				if depth == 0 && in.op == opBrIf && at+1 < len(list) && list[at+1].op == opEnd && i+1 < len(f.blocks) {
					f.blocks[i+1].resumed = true
				}
				done = done || depth == 0 && in.op == opBr
				continue
			}
		case opBrTable:
			return 0, false
		}
		if !done {
			p.code = append(p.code, in.code...)
			if in.op == opCallIndirect { // takes PC_B to swap two operands
				p.code = append(p.code, clearPC...)
			}
		}
		done = done || depth == 0 && (in.op == opReturn || in.op == opUnreachable || in.op == opBr)
	}
	return 0, false
}

// clearPC sets PC_B to 0.
var clearPC = []byte{opI32Const, 0, opLocalSet, 0}

// traps says whether a block only traps: it stands behind a call that never returns.
func (b *block) traps() bool {
	return len(b.parts) == 1 && len(b.parts[0].code) == 1 && b.parts[0].code[0] == opUnreachable
}
