package fuel

// Small loops pay for several turns at a time.
//
// In a loop of ten instructions the counting and the test at its header were a
// fifth to a third of the time. So the body of a small innermost loop is
// written several times, one copy behind the other, and the header is passed
// once for all of them:
//
//	block X                        loop X's type, as the loop's
//	  loop L                       pay one turn, with the test
//	    block 1  body  br X  end   a branch of the body to L goes to the end of block 1
//	    pay the turns that are left
//	    block 2  body  br X  end
//	    block 3  body  br X  end
//	    body                       a branch to L goes to L
//	  end
//	end
//
// What the body computes, and in which order, stays. A loop that turns once
// pays for one turn, another for its turns rounded up to 1, 4, 5, 8 and so on.
// The last copy stands in a loop of the same type as the original, so that a
// body which is not valid there does not become so.

// Bounds of the loops that are written several times. Others lose little by
// the test, or would pay for much that does not run.
const (
	turnsAtOnce = 4
	maxTurn     = 64      // cost of a turn
	maxRepeated = 256     // bytes of a body
	maxCopies   = 1 << 20 // bytes that all copies may add to a module
)

// turns is a loop whose turns are paid several at a time.
type turns struct {
	from, body, to int // offsets of the loop's opcode, of its body, behind its end
	depth          int // open blocks around the body, the loop among them
	charge         int // index of the charge of its header
	blocks         int // blocks and branches before its body
	outward        []operand
}

// operand is the label of a branch that leaves the loop, and where it stands.
type operand struct {
	at, end int
	label   uint32
}

// innermost begins a loop, w.r being at its body: no other around it is innermost.
func (w *walker) innermost() {
	w.turns = nil
	if w.m.limits.exact || w.r.at-w.start != 2 || w.b.code[w.start+1] < typeVoid {
		return // the type is an index: such a loop may take parameters
	}
	w.turns = &turns{
		from: w.start, body: w.r.at, depth: len(w.frames) + 1,
		charge: w.scopes[w.scope], blocks: w.blocks,
	}
}

// leaves notes a branch whose label was read at offset at.
func (t *turns) leaves(at, end int, label uint32, open int) {
	if int(label) > open-t.depth {
		t.outward = append(t.outward, operand{at, end, label})
	}
}

// repeat ends a loop, w.r being behind its end. If it is small and innermost
// its segments become one charge that covers all copies.
func (w *walker) repeat() {
	t := w.turns
	w.turns = nil
	if t == nil {
		return
	}
	t.to = w.r.at
	var cost int64
	for _, c := range w.b.charges[t.charge:] {
		cost += c.cost
	}
	size := t.to - 1 - t.body
	added := (turnsAtOnce - 1) * size
	if cost > maxTurn || size > maxRepeated || w.m.copied+added > maxCopies {
		return
	}
	w.m.copied += added
	w.blocks += turnsAtOnce + (turnsAtOnce-1)*(1+w.blocks-t.blocks)
	w.b.charges = append(w.b.charges[:t.charge], charge{at: t.from, cost: cost, turns: t})
}

// repeat writes the loop t of code, a turn of which costs cost.
func (e *emitter) repeat(code []byte, t *turns, cost int64) {
	loopType := code[t.from+1]
	e.dst = append(e.dst, opBlock, loopType, opLoop, loopType)
	e.constant(cost)
	e.check()
	for i := 1; i < turnsAtOnce; i++ {
		if i == 2 {
			e.constant((turnsAtOnce - 1) * cost)
			e.op(opGlobalSet, e.global)
		}
		e.dst = append(e.dst, opBlock, typeVoid)
		e.turn(code, t, 2)
		e.dst = append(e.dst, opBr, 2, opEnd)
	}
	e.turn(code, t, 1)
	e.dst = append(e.dst, opEnd, opEnd)
}

// turn writes the body with added more blocks around it.
func (e *emitter) turn(code []byte, t *turns, added uint32) {
	at := t.body
	for _, o := range t.outward {
		e.dst = append(e.dst, code[at:o.at]...)
		e.dst = appendU32(e.dst, o.label+added)
		at = o.end
	}
	e.dst = append(e.dst, code[at:t.to-1]...)
}
