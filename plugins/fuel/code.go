package fuel

import "strconv"

// body is one function's code and what is to be charged in it.
type body struct {
	locals  []byte // the vector of locals, without its count
	groups  int    // entries of that vector
	count   int    // locals, the parameters included
	code    []byte // the instructions, from behind the locals to the final end
	charges []charge
	bulk    bool // has an instruction that is charged by its operand
}

// charge is a payment to insert before code[at].
type charge struct {
	at    int
	cost  int64
	check bool   // function entry or loop header: traps when the fuel is out
	bulk  byte   // pays by the operand on the stack instead: its shift; see bulkShift
	turns *turns // a loop to write anew, of which cost is what a turn costs
}

func (m *module) readCode(r *reader) string {
	n := r.count(len(m.defined))
	m.bodies = make([]body, n)
	for i := range m.bodies {
		size := int(r.u32())
		code := r.bytes(size)
		if r.bad {
			return malformed
		}
		where := "function " + strconv.Itoa(len(m.imported)+i) + ": "
		if size > m.limits.Body {
			return where + strconv.Itoa(size) + " bytes; the limit is " + strconv.Itoa(m.limits.Body)
		}
		m.report.Code += size
		m.report.MaxBody = max(m.report.MaxBody, size)
		if why := m.readBody(&m.bodies[i], m.types[m.defined[i]], code); why != "" {
			return where + why
		}
	}
	return bad(r)
}

func (m *module) readBody(b *body, t funcType, code []byte) string {
	r := &reader{b: code}
	b.groups = r.count(m.limits.Locals)
	from := r.at
	total := uint64(len(t.params))
	for range b.groups {
		total += uint64(r.u32())
		r.byte()
	}
	if r.bad {
		return malformed
	}
	if total > uint64(m.limits.Locals) {
		return strconv.FormatUint(total, 10) + " locals; the limit is " + strconv.Itoa(m.limits.Locals)
	}
	b.locals, b.count = code[from:r.at], int(total)
	b.code = code[r.at:]
	m.report.MaxLocals = max(m.report.MaxLocals, b.count)
	w := walker{m: m, b: b, r: reader{b: b.code}}
	if why := w.walk(); why != "" {
		return why
	}
	// Compilers allocate registers in time that grows with the square of a
	// function's blocks and with the square of the nesting of loops times the
	// locals that live there.
	m.report.Work += w.blocks * (w.blocks + b.count*(1+w.deepest*w.deepest))
	if m.report.Work > m.limits.Work {
		return "with those before it more than " + strconv.Itoa(m.limits.Work) +
			" units of work to compile: smaller functions, fewer branches, fewer nested loops"
	}
	return ""
}
