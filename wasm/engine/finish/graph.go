package main

import "slices"

// graph is a function's flow of control. Its nodes are the basic blocks and, behind
// them, choices: nodes that look at PC_B, for calls that are resumed.
type graph struct {
	f       *function
	choices []choice // the first is where the function begins
	next    [][]int  // of each node, which may follow it
	before  [][]int  // of each node that is reached, which reached ones it may follow
	order   []int    // the nodes that are reached, in reverse postorder
	place   []int    // of each node in order, or nowhere
	above   []int    // of each node the immediate dominator; the entry's is itself
	head    []int    // of each node the header of the innermost loop that it is in, or nowhere
	outer   []int    // of each header that of the loop around, or nowhere
}

// choice goes on to a node, or where PC_B says: of basic blocks that are resumed, to which node.
type choice struct {
	next int
	to   map[int]int
}

func (g *graph) entry() int { return len(g.f.blocks) }

// straighten finds loops that are entered at their headers only, or returns nil where
// jumps do not allow that. Calls in loops are resumed through the headers: before
// each stands a choice that leads on to the next loop within or to the block.
func straighten(f *function) *graph {
	g := &graph{f: f, choices: []choice{{next: 0, to: map[int]int{}}}}
	g.connect(nil)
	if !g.analyse() {
		return nil
	}
	choiceOf := map[int]int{} // by header
	for i, b := range f.blocks {
		if !b.resumed || g.place[i] == nowhere || b.traps() {
			continue
		}
		to := i // from the innermost loop out: where the choice of the loop around leads
		for h := g.head[i]; h != nowhere; h = g.outer[h] {
			c, ok := choiceOf[h]
			if !ok {
				c = len(f.blocks) + len(g.choices)
				choiceOf[h] = c
				g.choices = append(g.choices, choice{next: h, to: map[int]int{}})
			}
			if to != h {
				g.choices[c-len(f.blocks)].to[i] = to
			}
			to = c
		}
		g.choices[0].to[i] = to
	}
	g.connect(choiceOf)
	if !g.analyse() {
		return nil
	}
	return g
}

// connect lists what may follow what. What goes to a header goes to its choice.
func (g *graph) connect(choiceOf map[int]int) {
	via := func(to int) int {
		if to >= 0 && to < len(g.f.blocks) && g.f.blocks[to].traps() {
			return trapped
		}
		if c, ok := choiceOf[to]; ok {
			return c
		}
		return to
	}
	g.next = make([][]int, len(g.f.blocks)+len(g.choices))
	link := func(from, to int) {
		if to >= 0 {
			g.next[from] = append(g.next[from], to)
		}
	}
	for i := range g.f.blocks {
		b := &g.f.blocks[i]
		for k, p := range b.parts {
			if p.branch != 0 {
				b.parts[k].to = via(p.to)
				link(i, b.parts[k].to)
			}
		}
		b.next = via(b.next)
		link(i, b.next)
	}
	for i := range g.choices {
		c, node := &g.choices[i], len(g.f.blocks)+i
		if node != choiceOf[c.next] {
			c.next = via(c.next)
		}
		link(node, c.next)
		for r := range g.f.blocks { // in order, not as the map gives them
			if to, ok := c.to[r]; ok {
				if to == r {
					to = via(to)
					c.to[r] = to
				}
				link(node, to)
			}
		}
	}
}

// analyse finds order, dominators and loops; false where a loop has several entries.
func (g *graph) analyse() bool {
	n := len(g.next)
	g.before, g.order = make([][]int, n), nil
	g.place, g.above, g.head, g.outer = fill(n), fill(n), fill(n), fill(n)
	g.visit()
	slices.Reverse(g.order)
	for i, x := range g.order {
		g.place[x] = i
	}
	for _, x := range g.order {
		for _, y := range g.next[x] {
			g.before[y] = append(g.before[y], x)
		}
	}
	g.dominate()
	for _, h := range slices.Backward(g.order) {
		var inside []int
		for _, x := range g.before[h] {
			if g.place[x] < g.place[h] {
				continue
			}
			if !g.dominates(h, x) {
				return false
			}
			inside = append(inside, x)
		}
		if len(inside) > 0 {
			g.loop(h, inside)
		}
	}
	return true
}

// visit appends the nodes that are reached to order, in postorder. Of several that
// may follow the last is visited first, so that the order is that of the places.
func (g *graph) visit() {
	seen := make([]bool, len(g.next))
	type step struct {
		node int
		rest []int
	}
	open := func(x int) step {
		seen[x] = true
		rest := slices.Clone(g.next[x])
		slices.Sort(rest)
		return step{x, rest}
	}
	stack := []step{open(g.entry())}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.rest) == 0 {
			g.order = append(g.order, top.node)
			stack = stack[:len(stack)-1]
			continue
		}
		y := top.rest[len(top.rest)-1]
		top.rest = top.rest[:len(top.rest)-1]
		if !seen[y] {
			stack = append(stack, open(y))
		}
	}
}

// dominate finds immediate dominators (Cooper, Harvey, Kennedy: A Simple, Fast
// Dominance Algorithm, 2001).
func (g *graph) dominate() {
	g.above[g.entry()] = g.entry()
	for again := true; again; {
		again = false
		for _, x := range g.order[1:] {
			up := nowhere
			for _, y := range g.before[x] {
				switch {
				case g.above[y] == nowhere:
				case up == nowhere:
					up = y
				default:
					for y != up {
						for g.place[y] > g.place[up] {
							y = g.above[y]
						}
						for g.place[up] > g.place[y] {
							up = g.above[up]
						}
					}
				}
			}
			if g.above[x] != up {
				g.above[x], again = up, true
			}
		}
	}
}

func (g *graph) dominates(h, x int) bool {
	for g.place[x] > g.place[h] {
		x = g.above[x]
	}
	return x == h
}

// loop marks the nodes from which jumps go back to h, and what leads to them.
func (g *graph) loop(h int, inside []int) {
	g.head[h] = h
	for len(inside) > 0 {
		x := inside[len(inside)-1]
		inside = inside[:len(inside)-1]
		if l := g.head[x]; l != nowhere {
			for g.outer[l] != nowhere {
				l = g.outer[l]
			}
			if l == h {
				continue
			}
			g.outer[l], x = h, l
		} else {
			g.head[x] = h
		}
		inside = append(inside, g.before[x]...)
	}
}

// within says whether x is in the loop that h heads.
func (g *graph) within(x, h int) bool {
	for l := g.head[x]; l != nowhere; l = g.outer[l] {
		if l == h {
			return true
		}
	}
	return false
}

func fill(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = nowhere
	}
	return s
}
