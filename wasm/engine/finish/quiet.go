package main

import "slices"

// A function that does not look whether the stack has room, and calls only such, never
// unwinds: it is quiet. A call of one needs no return address, no look at whether it
// unwound, and no place where it is resumed; Go's compiler writes all three. Functions that
// would be quiet but for their look lose it where they need little: whoever looked has
// nosplit bytes left for those that do not (runtime/stack.go). The linker counts them; so
// do we, for chains that end in functions that lost theirs.
const (
	nosplit    = 800 // internal/abi.StackNosplitBase
	quietLimit = 256 // of what a function that loses its look may use with all that it calls
	word       = 8   // a return address
)

// profile is what a function does with the stack.
type profile struct {
	frame   int      // bytes
	checked bool     // looks whether the stack has room
	regular bool     // all its calls are in calls or loose, and it only returns after its work
	faults  bool     // calls functions that trap
	pure    bool     // has nothing to do with the stack
	calls   []uint64 // as Go functions
	loose   []uint64 // in other ways, those of irregular functions too
	through bool     // calls by table
	again   bool     // reads the stack pointer again
}

// The sequences of a call, a look at the stack and a frame, and where their operands are.
var (
	callOps = []byte{
		opLocalGet, opI32Const, opI32Sub, opLocalTee, opGlobalSet, opLocalGet, opI64Const, opStore + 1,
		opI32Const, opCall, opGlobalGet, opLocalSet, opBrIf,
	}
	smallCheckOps = append([]byte{opLocalGet, opGlobalGet, opI32Wrap, opLoad, opI32LeU, opIf}, append(slices.Clone(callOps), opEnd)...)
	largeCheckOps = append([]byte{opLocalGet, opGlobalGet, opI32Wrap, opLoad, opI32Const, opI32Add, opI32LeU, opIf}, append(slices.Clone(callOps), opEnd)...)
	frameOps      = callOps[:5]
)

const (
	calleeAt   = 9 // in callOps
	smallCheck = 6 // where the call begins
	largeCheck = 8
)

// call returns the function that the next instructions call.
func (t *tidier) call() (callee uint64, ok bool) {
	if t.are(callOps...) && t.operand(0) == sp && t.operand(1) == word && t.operand(3) == sp && t.operand(4) == 0 &&
		t.operand(5) == sp && t.operand(7) == 0 && t.operand(8) == 0 && t.operand(10) == 0 && t.operand(11) == sp {
		return t.operand(calleeAt), true
	}
	return 0, false
}

// check returns how many of the next instructions look at the stack, or 0.
func (t *tidier) check(morestack map[uint64]bool) int {
	switch {
	case t.are(smallCheckOps...) && t.operand(0) == sp && morestack[t.operand(smallCheck+calleeAt)]:
		return len(smallCheckOps)
	case t.are(largeCheckOps...) && t.operand(0) == sp && morestack[t.operand(largeCheck+calleeAt)]:
		return len(largeCheckOps)
	}
	return 0
}

// frame returns the size of the frame that the next instructions make, or 0.
func (t *tidier) frame() int {
	if _, ok := t.call(); !ok && t.are(frameOps...) && t.operand(0) == sp && t.operand(3) == sp && t.operand(4) == 0 {
		return int(t.operand(1))
	}
	return 0
}

// epilogueEnd returns how many instructions pass the frame and return 0, or 0.
func (t *tidier) epilogueEnd(frame int) int {
	n := 0
	switch {
	case t.are(opLocalGet, opI32Const, opI32Add, opGlobalSet, opI32Const, opReturn):
		n = 6
	case t.are(opLocalGet, opI32Const, opI32Add, opLocalTee, opGlobalSet, opI32Const, opReturn) && t.operand(3) == sp:
		n = 7
	}
	if n > 0 && t.operand(0) == sp && t.operand(1) == uint64(frame+word) && t.operand(n-3) == 0 && t.operand(n-2) == 0 {
		return n
	}
	return 0
}

// survey reads a function that is tidy.
func survey(list []instruction, traps, morestack map[uint64]bool) profile {
	t := tidier{list: list}
	head := t.are(opGlobalGet, opLocalSet) || t.are(opGlobalGet, opLocalTee)
	p := profile{regular: head && t.operand(0) == 0 && t.operand(1) == sp, pure: true}
	if p.regular {
		t.at = 2
		p.pure = false
	}
	for t.at < len(list) {
		in := list[t.at]
		if n := t.check(morestack); n > 0 {
			p.checked = true
			t.at += n
			continue
		}
		if callee, ok := t.call(); ok {
			if traps[callee] {
				p.faults = true
			} else {
				p.calls = append(p.calls, callee)
			}
			t.at += len(callOps)
			continue
		}
		if f := t.frame(); f > 0 {
			p.regular = p.regular && p.frame == 0
			p.frame = max(p.frame, f)
			t.at += len(frameOps)
			continue
		}
		if n := t.epilogueEnd(p.frame); n > 0 {
			t.at += n
			continue
		}
		if t.are(opGlobalGet, opLocalSet) && t.operand(0) == 0 && t.operand(1) == sp { // what it holds already
			p.again = true
			t.at += 2
			continue
		}
		switch in.op {
		case opCall:
			if traps[in.operand] {
				p.faults = true
			} else {
				p.loose = append(p.loose, in.operand)
			}
			p.pure = false
		case opCallIndirect:
			p.through, p.regular, p.pure = true, false, false
		case opReturn:
			p.regular = false
		case opGlobalGet, opGlobalSet:
			p.pure = false
			p.regular = p.regular && (in.op == opGlobalGet || in.operand != 0)
		case opLocalSet, opLocalTee:
			p.regular = p.regular && in.operand != sp
		case opLocalGet: // its own return address
			p.regular = p.regular && (in.operand != sp || !t.are(opLocalGet, opLoad+1) || t.operand(1) != uint64(p.frame))
		}
		t.at++
	}
	p.regular = p.regular && (!p.again || p.frame == 0) // hush leaves the frame to the variable
	last := len(list) - 1
	for last >= 0 && list[last].op == opEnd {
		last--
	}
	p.regular = p.regular && last >= 0 &&
		(list[last].op == opReturn || list[last].op == opUnreachable || list[last].op == opI32Const && list[last].operand == 1)
	return p
}

// quiet finds the functions that never unwind, with what each uses of the stack with
// all that it calls. Those that fault are quiet if they can be straightened, so that faults trap.
func quiet(profiles map[uint64]profile, straight func(i uint64) bool) map[uint64]int {
	callers := map[uint64][]uint64{}
	order := make([]uint64, 0, len(profiles))
	for i, p := range profiles {
		order = append(order, i)
		for _, c := range append(slices.Clone(p.calls), p.loose...) {
			callers[c] = append(callers[c], i)
		}
	}
	slices.Sort(order)
	// What is in use when an unchecked function has made its frame, at most.
	depths := map[uint64]int{}
	var depth func(i uint64) int
	depth = func(i uint64) int {
		if d, ok := depths[i]; ok {
			return d
		}
		depths[i] = nosplit // of a cycle
		d := 0
		for _, c := range callers[i] {
			if !profiles[c].checked {
				d = max(d, depth(c))
			}
		}
		depths[i] = d + word + profiles[i].frame
		return depths[i]
	}
	byTable := 0
	for _, i := range order {
		if p := profiles[i]; p.through && !p.checked {
			byTable = max(byTable, depth(i))
		}
	}
	needs := map[uint64]int{}
	fits := func(i uint64, need int) bool {
		room := byTable
		for _, c := range callers[i] {
			if _, ok := needs[c]; !ok && !profiles[c].checked {
				room = max(room, depth(c))
			}
		}
		return need <= quietLimit && room+word+need <= nosplit
	}
	for again := true; again; {
		again = false
	next:
		for _, i := range order {
			p := profiles[i]
			if _, ok := needs[i]; ok || !p.regular {
				continue
			}
			need := p.frame
			for _, c := range p.calls {
				n, ok := needs[c]
				if !ok {
					continue next
				}
				need = max(need, p.frame+word+n)
			}
			for _, c := range p.loose {
				if !profiles[c].pure {
					continue next
				}
			}
			if p.checked && !fits(i, need) || p.faults && !straight(i) {
				continue
			}
			needs[i], again = need, true
		}
	}
	return needs
}

// hush takes out of a function what quiet functions do not need: calls of them keep no
// return address and are not resumed; in one itself nothing looks at the stack, and only
// calls tell how far it reaches.
func hush(list []instruction, self bool, needs map[uint64]int, morestack map[uint64]bool) []instruction {
	t := tidier{list: list, kept: make([]instruction, 0, len(list))}
	for t.at < len(list) {
		if n := t.check(morestack); n > 0 {
			if !self {
				t.keep(list[t.at : t.at+n]...)
			}
			t.at += n
			continue
		}
		if callee, ok := t.call(); ok {
			if _, ok := needs[callee]; ok {
				t.keep(list[t.at : t.at+3]...)
				t.keep(list[t.at+4], list[t.at+8], list[t.at+9], instruction{op: opDrop, code: []byte{opDrop}})
			} else {
				t.keep(list[t.at : t.at+len(callOps)]...)
			}
			t.at += len(callOps)
			continue
		}
		if self && t.frame() > 0 {
			t.keep(list[t.at : t.at+3]...)
			t.keep(plain(opLocalSet, sp))
			t.at += len(frameOps)
			continue
		}
		t.keep(list[t.at])
		t.at++
	}
	return t.kept
}
