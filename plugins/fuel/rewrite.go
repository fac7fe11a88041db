package fuel

// rewrite returns the module with fuel.
func (m *module) rewrite() []byte {
	size := 0
	for _, s := range m.sections {
		size += len(s.body) + 16
	}
	out := make([]byte, 8, size+size/4+1024)
	copy(out, "\x00asm\x01\x00\x00\x00")
	globals := false
	for _, s := range m.sections {
		if s.id != secCustom && order[s.id] > order[secGlobal] && !globals {
			out = appendSection(out, secGlobal, m.appendGlobal([]byte{}, nil))
			globals = true
		}
		switch s.id {
		case secCustom:
			if r := (&reader{b: s.body}); r.name() == "name" {
				out = appendSection(out, s.id, s.body)
			}
		case secTable:
			out = appendSection(out, s.id, m.tableSection())
		case secMemory:
			out = appendSection(out, s.id, m.memorySection())
		case secGlobal:
			r := reader{b: s.body}
			r.u32()
			out = appendSection(out, s.id, m.appendGlobal(nil, s.body[r.at:]))
			globals = true
		case secExport:
			out = appendSection(out, s.id, m.exportSection(s.body))
		case secCode:
			out = appendSection(out, s.id, m.codeSection())
		default:
			out = appendSection(out, s.id, s.body)
		}
	}
	return out
}

// appendGlobal appends the global section's body: those of the module, then the fuel.
func (m *module) appendGlobal(dst, defined []byte) []byte {
	dst = appendU32(dst, uint32(m.globals)+1)
	dst = append(dst, defined...)
	dst = append(dst, typeI64, 1, opI64Const)
	return append(appendI64(dst, StartFuel), opEnd)
}

func (m *module) exportSection(b []byte) []byte {
	r := reader{b: b}
	n := r.u32()
	out := append(appendU32(nil, n+1), b[r.at:]...)
	out = append(appendU32(out, uint32(len(Global))), Global...)
	return appendU32(append(out, 3), uint32(m.globals))
}

func (m *module) tableSection() []byte {
	out := appendU32(nil, uint32(len(m.tables)))
	for _, t := range m.tables {
		out = appendU32(appendU32(append(out, byte(t[0]), 1), t[1]), t[2])
	}
	return out
}

func (m *module) memorySection() []byte {
	return appendU32(appendU32([]byte{1, 1}, m.memory[0]), m.memory[1])
}

func (m *module) codeSection() []byte {
	out := appendU32(make([]byte, 0, m.report.Code+m.report.Code/3), uint32(len(m.bodies)))
	var code []byte
	for i := range m.bodies {
		code = m.appendBody(code[:0], &m.bodies[i])
		out = append(appendU32(out, uint32(len(code))), code...)
	}
	return out
}

// appendBody appends a function's code with its charges.
func (m *module) appendBody(dst []byte, b *body) []byte {
	// Two locals behind the function's own: what is left (i64), an operand (i32).
	added := 1
	if b.bulk {
		added = 2
	}
	dst = append(appendU32(dst, uint32(b.groups+added)), b.locals...)
	dst = append(dst, 1, typeI64)
	if b.bulk {
		dst = append(dst, 1, typeI32)
	}
	e := emitter{dst: dst, global: uint32(m.globals), left: uint32(b.count), operand: uint32(b.count) + 1}
	at := 0
	for _, c := range b.charges {
		e.dst = append(e.dst, b.code[at:c.at]...)
		at = c.at
		switch {
		case c.turns != nil:
			e.repeat(b.code, c.turns, c.cost)
			at = c.turns.to
		case c.bulk != 0:
			e.byLength(c.bulk - 1)
		case c.check:
			e.constant(c.cost)
			e.check()
		case c.cost > 0:
			e.constant(c.cost)
			e.op(opGlobalSet, e.global)
		}
	}
	return append(e.dst, b.code[at:]...)
}

// emitter appends instructions.
type emitter struct {
	dst                   []byte
	global, left, operand uint32
}

func (e *emitter) op(op byte, index uint32) { e.dst = appendU32(append(e.dst, op), index) }

// constant leaves fuel - cost on the stack.
func (e *emitter) constant(cost int64) {
	e.op(opGlobalGet, e.global)
	e.dst = append(appendI64(append(e.dst, opI64Const), cost), opI64Sub)
}

// check stores what is on the stack as the fuel that is left and traps if that
// is below zero. The stack below stays as it is.
func (e *emitter) check() {
	e.op(opLocalTee, e.left)
	e.op(opGlobalSet, e.global)
	e.op(opLocalGet, e.left)
	e.dst = append(e.dst, opI64Const, 0, opI64LtS, opIf, typeVoid, opUnreachable, opEnd)
}

// byLength pays by the i32 on top of the stack, which stays there.
func (e *emitter) byLength(shift byte) {
	e.op(opLocalSet, e.operand)
	e.op(opGlobalGet, e.global)
	e.op(opLocalGet, e.operand)
	e.dst = append(e.dst, opI64Extend, opI64Const)
	if shift == shiftPages {
		e.dst = append(e.dst, 8, opI64Shl)
	} else {
		e.dst = append(e.dst, shift, opI64ShrU)
	}
	e.dst = append(e.dst, opI64Sub)
	e.check()
	e.op(opLocalGet, e.operand)
}
