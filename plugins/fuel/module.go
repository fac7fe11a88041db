package fuel

import (
	"strconv"

	"github.com/tiercel/tiercel/plugins/abi"
)

// Sections of the binary format.
const (
	secCustom, secType, secImport, secFunction, secTable, secMemory = 0, 1, 2, 3, 4, 5
	secGlobal, secExport, secStart, secElement, secCode, secData    = 6, 7, 8, 9, 10, 11
	secDataCount                                                    = 12
)

// order of the sections in a module, by id: data count stands before code.
var order = [...]int{
	secType: 1, secImport: 2, secFunction: 3, secTable: 4, secMemory: 5, secGlobal: 6, secExport: 7,
	secStart: 8, secElement: 9, secDataCount: 10, secCode: 11, secData: 12,
}

var sectionNames = [...]string{
	"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count",
}

// section is a section as it stands in the module, its body without length.
type section struct {
	id   byte
	body []byte
}

type funcType struct{ params, results string }

// module is a parsed module.
type module struct {
	limits   Limits
	sections []section
	types    []funcType
	imported []uint32 // types of the imported functions
	defined  []uint32 // types of the functions defined here
	globals  int
	tables   [][3]uint32 // element type, minimum, maximum
	memory   [2]uint32   // minimum, maximum in pages
	memories int
	bodies   []body
	copied   int // bytes that copies of loops add
	report   Report
}

func parse(b []byte, l Limits) (*module, error) {
	m := &module{limits: l}
	if len(b) > l.Module {
		return nil, Error("module of " + strconv.Itoa(len(b)) + " bytes; the limit is " + strconv.Itoa(l.Module))
	}
	if len(b) < 8 || string(b[:8]) != "\x00asm\x01\x00\x00\x00" {
		return nil, Error("not a WebAssembly module of version 1")
	}
	r := &reader{b: b, at: 8}
	last := 0
	for r.left() > 0 {
		id := r.byte()
		body := r.bytes(int(r.u32()))
		if r.bad {
			return nil, Error("truncated: a section ends behind the module")
		}
		if int(id) >= len(sectionNames) {
			return nil, Error("section " + strconv.Itoa(int(id)) + ": not in the allowed features")
		}
		if id != secCustom {
			if order[id] <= last {
				return nil, Error(sectionNames[id] + " section: twice or out of order")
			}
			last = order[id]
		}
		if why := m.section(id, &reader{b: body}); why != "" {
			return nil, Error(sectionNames[id] + " section: " + why)
		}
		m.sections = append(m.sections, section{id, body})
	}
	if len(m.bodies) != len(m.defined) {
		return nil, Error("code section: " + strconv.Itoa(len(m.bodies)) + " bodies for " + strconv.Itoa(len(m.defined)) + " functions")
	}
	if m.memories != 1 {
		return nil, Error("memory section: exactly one memory must be defined")
	}
	return m, m.contract()
}

const (
	malformed = "malformed"
	tooMany   = "more entries than the limit"
)

// section reads one section; it returns why it is refused.
func (m *module) section(id byte, r *reader) string {
	var why string
	switch id {
	case secCustom:
		return ""
	case secType:
		why = m.readTypes(r)
	case secImport:
		why = m.readImports(r)
	case secFunction:
		why = m.readFunctions(r)
	case secTable:
		why = m.readTables(r)
	case secMemory:
		why = m.readMemories(r)
	case secGlobal:
		m.globals = r.count(m.limits.Globals)
		return bad(r) // the initialisers are the compiler's to validate
	case secExport:
		why = m.readExports(r)
	case secStart:
		m.report.Start = true
		r.u32()
	case secElement:
		r.count(m.limits.Segments)
		return bad(r)
	case secDataCount:
		r.u32()
	case secCode:
		why = m.readCode(r)
	case secData:
		r.count(m.limits.Segments)
		m.report.Data = r.left()
		return bad(r)
	}
	if why == "" && (r.bad || r.left() != 0) {
		why = malformed
	}
	return why
}

func bad(r *reader) string {
	if r.bad {
		return malformed + " or " + tooMany
	}
	return ""
}

func (m *module) readTypes(r *reader) string {
	n := r.count(m.limits.Types)
	for range n {
		if r.byte() != 0x60 {
			return malformed
		}
		params := string(r.bytes(r.count(m.limits.Locals)))
		results := string(r.bytes(r.count(m.limits.Locals)))
		m.types = append(m.types, funcType{params, results})
	}
	return bad(r)
}

func (m *module) readImports(r *reader) string {
	n := r.count(len(allowed))
	for range n {
		mod, name := r.name(), r.name()
		if r.byte() != 0 {
			return "only functions may be imported, not " + quote(mod+"."+name)
		}
		t := r.u32()
		if r.bad || int(t) >= len(m.types) {
			return malformed
		}
		if !isAllowed(mod, name) {
			return quote(mod+"."+name) + " is not on the list of allowed imports (plugins/abi/ABI.md)"
		}
		m.imported = append(m.imported, t)
		m.report.Imports = append(m.report.Imports, mod+"."+name)
	}
	return bad(r)
}

func (m *module) readFunctions(r *reader) string {
	n := r.count(m.limits.Functions)
	for range n {
		t := r.u32()
		if r.bad || int(t) >= len(m.types) {
			return malformed
		}
		m.defined = append(m.defined, t)
	}
	m.report.Functions = n
	return bad(r)
}

func (m *module) readTables(r *reader) string {
	n := r.count(8)
	total := 0
	for range n {
		kind := r.byte()
		if kind != 0x70 && kind != 0x6f {
			return malformed
		}
		low, high, why := limits(r)
		if why != "" {
			return why
		}
		if int64(low) > int64(m.limits.Table) {
			return strconv.Itoa(int(low)) + " elements; the limit is " + strconv.Itoa(m.limits.Table)
		}
		total += int(low)
		m.tables = append(m.tables, [3]uint32{uint32(kind), low, min(high, uint32(m.limits.Table))})
	}
	if total > m.limits.Table {
		return strconv.Itoa(total) + " elements; the limit is " + strconv.Itoa(m.limits.Table)
	}
	m.report.Tables = total
	return bad(r)
}

func (m *module) readMemories(r *reader) string {
	m.memories = r.count(1)
	for range m.memories {
		low, high, why := limits(r)
		if why != "" {
			return why
		}
		if int64(low) > int64(m.limits.Pages) {
			return strconv.Itoa(int(low)) + " pages of 64 KiB; the limit is " + strconv.Itoa(m.limits.Pages)
		}
		m.memory = [2]uint32{low, min(high, uint32(m.limits.Pages))}
		m.report.Pages = int(low)
	}
	return bad(r)
}

// limits reads a minimum and a maximum, which is 2^32-1 where there is none.
func limits(r *reader) (low, high uint32, why string) {
	high = 1<<32 - 1
	switch r.byte() {
	case 0:
		low = r.u32()
	case 1:
		low, high = r.u32(), r.u32()
	default:
		return 0, 0, "shared and 64-bit memories are not in the allowed features"
	}
	if r.bad || low > high {
		return 0, 0, malformed
	}
	return low, high, ""
}

func (m *module) readExports(r *reader) string {
	n := r.count(m.limits.Exports)
	memory := false
	seen := make(map[string]bool, n)
	types := make(map[string]funcType, n)
	for range n {
		name, kind, index := r.name(), r.byte(), r.u32()
		if r.bad {
			return malformed
		}
		if seen[name] || name == Global {
			return "the name " + quote(name) + " is taken"
		}
		seen[name] = true
		switch kind {
		case 0:
			t, ok := m.typeOf(index)
			if !ok {
				return malformed
			}
			types[name] = t
			m.report.Exports = append(m.report.Exports, name)
		case 2:
			memory = memory || name == abi.ExportMemory
		}
	}
	for _, s := range signatures {
		switch t, ok := types[s.name]; {
		case !ok:
			return "no function " + s.name
		case t.params != s.params || t.results != s.results:
			return s.name + " has another type than the contract's (plugins/abi/ABI.md)"
		}
	}
	if t, ok := types[abi.ExportInitialize]; ok && t.params+t.results != "" {
		return abi.ExportInitialize + " must take and return nothing"
	}
	if _, ok := types["_start"]; ok {
		return "_start makes it a command; build a reactor (for Go: -buildmode=c-shared)"
	}
	if !memory {
		return "the memory is not exported as " + abi.ExportMemory
	}
	return bad(r)
}

// typeOf returns the type of a function by its index, imports first.
func (m *module) typeOf(index uint32) (funcType, bool) {
	i := int(index)
	if i < len(m.imported) {
		return m.types[m.imported[i]], true
	}
	if i -= len(m.imported); i < len(m.defined) {
		return m.types[m.defined[i]], true
	}
	return funcType{}, false
}

// contract checks what only the whole module shows.
func (m *module) contract() error {
	for _, s := range m.sections {
		if s.id == secExport {
			return nil
		}
	}
	return Error("export section: missing; a plugin exports the functions of plugins/abi/ABI.md")
}

func quote(s string) string { return strconv.QuoteToASCII(s[:min(len(s), 64)]) }
