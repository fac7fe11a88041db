package main

import (
	"encoding/binary"
	"slices"
)

// emitter writes a function with blocks and loops in place of the table (Ramsey: Beyond
// Relooper, ICFP 2022): a node stands where its dominator's code ends, and in front of what
// several lead to, a block ends. What is behind a loop is not written within it.
type emitter struct {
	g      *graph
	behind [][]int // of each header, what is written behind its loop
	under  [][]int // of each node, what else is written behind it
	first  []int   // of each block that is resumed, its PC_B
	clears []bool  // of each block, whether a loop's choice led to it
	labels []label // those that are open, the innermost last
	out    []byte
}

// label is an open block, behind whose end node stands, or a loop, of which it is the header.
type label struct {
	node int
	loop bool
}

// body writes a function.
func (g *graph) body() []byte {
	e := emitter{
		g: g, behind: make([][]int, len(g.next)), under: make([][]int, len(g.next)),
		first: fill(len(g.f.blocks)), clears: make([]bool, len(g.f.blocks)),
	}
	for pc, i := range slices.Backward(g.f.table) {
		e.first[i] = pc
	}
	for _, c := range g.choices[1:] {
		for i := range c.to {
			e.clears[i] = true
		}
		if c.next < len(e.clears) && g.f.blocks[c.next].resumed { // the header itself
			e.clears[c.next] = true
		}
	}
	for _, x := range g.order[1:] {
		up, left := g.above[x], nowhere
		for l := g.head[up]; l != nowhere && !g.within(x, l); l = g.outer[l] {
			left = l
		}
		if left != nowhere {
			e.behind[left] = append(e.behind[left], x)
		} else {
			e.under[up] = append(e.under[up], x)
		}
	}
	e.out = append(slices.Clone(g.f.locals), opGlobalGet, 0, opLocalSet, 1)
	if g.f.unwinds {
		e.open(opBlock, unwound)
	}
	traps := g.mayTrap()
	if traps {
		e.open(opBlock, trapped)
	}
	e.node(g.entry())
	if traps {
		e.end()
	}
	e.out = append(e.out, opUnreachable)
	if g.f.unwinds {
		e.end()
		e.out = append(e.out, opI32Const, 1)
	}
	return append(e.out, opEnd)
}

// mayTrap says whether a branch leads to a trap.
func (g *graph) mayTrap() bool {
	for _, x := range g.order {
		if x >= len(g.f.blocks) {
			if c := g.choices[x-len(g.f.blocks)]; c.next == trapped {
				return true
			}
			continue
		}
		for _, p := range g.f.blocks[x].parts {
			if p.branch != 0 && p.to == trapped {
				return true
			}
		}
	}
	return false
}

func (e *emitter) open(op byte, node int) {
	e.out = append(e.out, op, void)
	e.labels = append(e.labels, label{node, op == opLoop})
}

func (e *emitter) end() {
	e.out = append(e.out, opEnd)
	e.labels = e.labels[:len(e.labels)-1]
}

// to returns the label of a node, of unwound or of trapped.
func (e *emitter) to(node int) int {
	for i, l := range slices.Backward(e.labels) {
		if l.node == node {
			return len(e.labels) - 1 - i
		}
	}
	panic("finish: a jump to a node that is not open")
}

// node writes a node and all that it dominates.
func (e *emitter) node(x int) {
	for _, y := range slices.Backward(e.behind[x]) {
		e.open(opBlock, y)
	}
	loops := e.g.head[x] == x
	if loops {
		e.open(opLoop, x)
	}
	next := nowhere
	if x < len(e.g.f.blocks) {
		next = e.g.f.blocks[x].goesOn()
	} else if c := e.g.choices[x-len(e.g.f.blocks)]; len(c.to) == 0 {
		next = c.next
	}
	under := e.under[x]
	inline := next >= 0 && len(e.g.before[next]) == 1 && slices.Contains(under, next)
	for _, y := range slices.Backward(under) {
		if !inline || y != next {
			e.open(opBlock, y)
		}
	}
	if x < len(e.g.f.blocks) {
		e.block(x)
	} else {
		e.choice(e.g.choices[x-len(e.g.f.blocks)])
	}
	switch {
	case inline:
		e.node(next)
	case next == trapped:
		e.out = append(e.out, opUnreachable)
	case next != nowhere:
		e.jump(next)
	}
	for _, y := range under {
		if !inline || y != next {
			e.end()
			e.node(y)
		}
	}
	if loops {
		e.end()
	}
	for _, y := range e.behind[x] {
		e.end()
		e.node(y)
	}
}

// goesOn returns the node that a block leads to when it does not branch elsewhere.
func (b *block) goesOn() int {
	if n := len(b.parts); n > 0 && b.parts[n-1].branch == opBr && b.parts[n-1].depth == 0 && b.parts[n-1].to != unwound {
		return b.parts[n-1].to
	}
	return b.next
}

func (e *emitter) block(x int) {
	if e.clears[x] {
		e.out = append(e.out, clearPC...)
	}
	b := &e.g.f.blocks[x]
	for i, p := range b.parts {
		e.out = append(e.out, p.code...)
		if p.branch == 0 || i == len(b.parts)-1 && p.branch == opBr && p.depth == 0 && p.to != unwound {
			continue // that goesOn leads to
		}
		e.out = appendLabel(e.out, p.branch, p.depth+e.to(p.to))
	}
}

// jump goes to a node, unless it follows.
func (e *emitter) jump(node int) {
	if top := e.labels[len(e.labels)-1]; top.node != node || top.loop {
		e.out = appendLabel(e.out, opBr, e.to(node))
	}
}

func (e *emitter) choice(c choice) {
	if len(c.to) == 0 {
		return
	}
	least, most := len(e.g.f.table), 0
	for i := range c.to {
		least, most = min(least, e.first[i]), max(most, e.first[i])
	}
	e.out = append(e.out, opLocalGet, 0)
	if const3 := 3; least > const3 { // as long as the subtraction
		e.out = append(appendSigned(append(e.out, opI32Const), int64(least)), opI32Sub)
	} else {
		least = 0
	}
	labels := fill(most - least + 2)
	for i := range labels {
		labels[i] = e.to(c.next)
	}
	for i, node := range c.to {
		labels[e.first[i]-least] = e.to(node)
	}
	e.out = binary.AppendUvarint(append(e.out, opBrTable), uint64(len(labels)-1))
	for _, l := range labels {
		e.out = binary.AppendUvarint(e.out, uint64(l))
	}
}
