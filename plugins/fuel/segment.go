package fuel

import "strconv"

// Charges are laid so that no instruction runs unpaid.
//
// Within one loop (or the function outside its loops) control only moves
// forward: branches backward go to a loop header, and headers always pay. So
// the instructions that belong to the loop itself, inner loops left out, form
// a line that is cut into segments, each paid in full where it starts. The
// first starts at the header. Another may start only at a landing: the end or
// else of a block, where a branch arrives. A landing must start a segment when
// a branch reaches it from an earlier segment, because that branch would skip
// the payment of the segment that it lands in. A landing may start one
// anywhere; it does once the segment before has grown to splitAt, so that
// branching code does not pay for all its arms.
//
// Standard Go compiles each function into one loop around a br_table whose
// targets are its basic blocks: there every block becomes a segment. Without
// splitting, each turn of the loop would pay for the whole function.

// splitAt is the cost at which a segment ends at the next landing. Measured
// with the guests of host/internal/module: 16 keeps a scalar dot product in C
// at one payment a turn and Go's payments within a factor 2 of what runs.
const splitAt = 16

// frame is an open block.
type frame struct {
	op       byte // opBlock, opLoop, opIf, or 0 for the function
	scope    int  // the loop that the block belongs to (index of scopes); a loop belongs to itself
	opened   int  // opIf: the segment that the condition was in
	source   int  // the earliest segment that branches to the end; none when noSource
	hasElse  bool
	previous int // opLoop: the scope around it
}

// maxLoops bounds the nesting of loops. wazero took 16 ms for 64 nested loops,
// 108 ms for 128, 2.4 s for 256 and more than 20 s for 1000 (11 KB of code).
const maxLoops = 32

const noSource = 1 << 30

// walker decodes a function and lays the charges.
type walker struct {
	m      *module
	b      *body
	r      reader
	frames []frame
	scopes []int // index of the current segment's charge, by loop
	scope  int
	blocks int // blocks and branches
	start  int // offset of the instruction at hand

	loops, deepest int // loops that are open, and the most there were

	turns *turns // the loop at hand, while it may be written several times
}

// walk decodes the function; it returns why it cannot.
func (w *walker) walk() string {
	w.scopes = append(w.scopes, 0)
	// A call's frame grows with the locals: paying for both bounds the stack of a
	// recursion by the fuel. A call takes about ten instructions of time; the
	// others are for the stack, which the runtime grows by copying it: at ten an
	// endless recursion was stopped after 12 to 17 ms, at 16 to 24 after 7
	// (-bench Runaway of host/internal/module, on a busy machine).
	w.b.charges = append(w.b.charges, charge{check: true, cost: 20 + int64(w.b.count)})
	w.frames = append(w.frames, frame{source: noSource})
	for len(w.frames) > 0 {
		w.start = w.r.at
		op := w.r.byte()
		if w.r.bad {
			return "truncated: no end"
		}
		if why := w.instruction(op); why != "" {
			return why
		}
		if w.r.bad {
			return malformed + " instruction"
		}
	}
	if w.r.left() != 0 {
		return "instructions behind the end"
	}
	return ""
}

// pay adds to the cost of the current segment.
func (w *walker) pay(cost int64) {
	if w.m.limits.exact {
		w.b.charges = append(w.b.charges, charge{at: w.start, cost: cost})
		return
	}
	w.b.charges[w.scopes[w.scope]].cost += cost
}

// segment starts a new segment here.
func (w *walker) segment(check bool) {
	w.scopes[w.scope] = len(w.b.charges)
	c := charge{at: w.r.at, check: check}
	if check {
		c.cost = 1 // an empty loop turns at a price too
	}
	w.b.charges = append(w.b.charges, c)
}

// land starts a segment at a landing that is reached from the segment source,
// if it must or should.
func (w *walker) land(source int) {
	if source == noSource {
		return
	}
	now := w.scopes[w.scope]
	if source != now || w.b.charges[now].cost >= splitAt {
		w.segment(false)
	}
}

// open opens a block whose type was just read.
func (w *walker) open(op byte) string {
	// Each open block costs a frame here and some in the compiler; code of
	// MaxBody bytes could nest 100,000.
	const maxDepth = 10_000
	if len(w.frames) >= maxDepth {
		return "blocks nested too deep"
	}
	w.blocks++
	f := frame{op: op, scope: w.scope, source: noSource}
	switch op {
	case opIf:
		f.opened = w.scopes[w.scope]
	case opLoop:
		if w.loops++; w.loops > maxLoops {
			return "loops nested deeper than " + strconv.Itoa(maxLoops)
		}
		w.deepest = max(w.deepest, w.loops)
		f.previous = w.scope
		w.scopes = append(w.scopes, 0)
		w.scope = len(w.scopes) - 1
		f.scope = w.scope
		w.segment(true)
		w.innermost()
	}
	w.frames = append(w.frames, f)
	return ""
}

// otherwise handles else: the end of the first arm branches to the end of the
// block, the condition to here.
func (w *walker) otherwise() string {
	f := &w.frames[len(w.frames)-1]
	if f.op != opIf || f.hasElse {
		return "else without if"
	}
	f.hasElse = true
	f.source = min(f.source, w.scopes[w.scope])
	w.land(f.opened)
	return ""
}

func (w *walker) end() {
	f := w.frames[len(w.frames)-1]
	w.frames = w.frames[:len(w.frames)-1]
	switch f.op {
	case opLoop:
		w.loops--
		w.scope = f.previous
		w.repeat()
	case opIf:
		if !f.hasElse {
			f.source = min(f.source, f.opened)
		}
		w.land(f.source)
	case opBlock:
		w.land(f.source)
	}
}

// branch notes a branch to the block that is label levels out.
func (w *walker) branch(label uint32) string {
	if uint64(label) >= uint64(len(w.frames)) {
		return "a branch leaves the function"
	}
	f := &w.frames[len(w.frames)-1-int(label)]
	if f.op == opBlock || f.op == opIf {
		f.source = min(f.source, w.scopes[f.scope])
	}
	return ""
}
