package feature

import (
	"bytes"

	"github.com/tiercel/tiercel/core/event"
)

// agentKind is what an agent claims to be, coarsely: agents lie, and a detector
// that trusts them finds 98 % of a scanner, and 1 % once it calls itself a
// browser.
type agentKind uint8

const (
	agentTool agentKind = iota
	agentBrowser
	agentBot
)

// maxAgent is how much of an agent tells what it claims to be.
const maxAgent = 512

// kindOfAgent reads an agent as it stands in the log.
func kindOfAgent(agent []byte) agentKind {
	agent = agent[:min(len(agent), maxAgent)]
	for _, word := range [...]string{"bot", "Bot", "+http", "spider", "crawl"} {
		if bytes.Contains(agent, []byte(word)) {
			return agentBot
		}
	}
	if bytes.HasPrefix(agent, []byte("Mozilla/")) || bytes.HasPrefix(agent, []byte("Opera/")) {
		return agentBrowser
	}
	return agentTool
}

const (
	agentSlots = 64  // a power of two; busy sites see some dozens of agents again and again
	agentBytes = 256 // longer agents are rare, and read each time
)

// agentMemory keeps what plain agents showed: the same few stand on most lines
// of a log and are longer than the rest of what is read. It changes no result,
// since an agent's part depends on its bytes alone.
type agentMemory struct {
	slots [agentSlots]struct {
		text [agentBytes]byte
		size uint16
		kind agentKind
		any  bool // sums has a marker
		sums markerSums
	}
}

// agentSlot picks the slot of an agent from its length and four pieces of it:
// agents differ in their middle and at their end. What is found is compared, so
// this need not be a good hash.
func agentSlot(text []byte) uint64 {
	n := len(text)
	if n < 32 {
		return Hash64(text) % agentSlots
	}
	h := mix(load64(text[n-8:])^uint64(n), load64(text[n-24:])^hashA)
	return mix(h^load64(text[n/2:]), load64(text[n/3:])^hashB) % agentSlots
}

// agent scores the agent at r.buf[from:to] and returns what it claims to be.
func (r *request) agent(from, to int) agentKind {
	text := r.buf[from:to]
	if len(text) > agentBytes {
		r.quiet(from, to, event.Span{}, FromAgent)
		return kindOfAgent(text)
	}
	s := &r.agents.slots[agentSlot(text)]
	if int(s.size) != len(text) || !bytes.Equal(s.text[:s.size], text) {
		if !plain(text, plainHeader) {
			r.quiet(from, to, event.Span{}, FromAgent)
			return kindOfAgent(text)
		}
		kept := r.sums
		r.sums = markerSums{}
		r.quiet(from, to, event.Span{}, FromAgent)
		s.size, s.kind, s.sums = uint16(copy(s.text[:], text)), kindOfAgent(text), r.sums
		s.any = s.sums != markerSums{}
		r.sums = kept
	}
	if s.any {
		for c := range s.sums {
			r.sums[c] = max(r.sums[c], s.sums[c])
		}
	}
	return s.kind
}
