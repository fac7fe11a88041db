package main

import (
	"encoding/binary"
	"errors"
)

// module is a program in WebAssembly's binary format.
type module struct {
	head     []byte // magic and version
	sections []section
	imports  uint64            // functions that it imports, which are counted first
	names    map[uint64]string // of functions, if it has any
}

type section struct {
	id   byte
	body []byte
}

// Sections that are looked into.
const (
	customSection = 0 // names, producers
	importSection = 2
	codeSection   = 10
	dataSection   = 11
)

var errCut = errors.New("cut short")

func readModule(wasm []byte) (*module, error) {
	r := reader{b: wasm}
	m := &module{head: r.bytes(8)}
	for len(r.b) > 0 && r.err == nil {
		s := section{id: r.byte()}
		if s.body = r.bytes(r.uint()); s.id != customSection {
			m.sections = append(m.sections, s)
		} else if err := m.readNames(s.body); err != nil {
			return nil, err
		}
	}
	if s := m.section(importSection); s != nil && r.err == nil {
		return m, m.readImports(s.body)
	}
	return m, r.err
}

func (m *module) section(id byte) *section {
	for i := range m.sections {
		if m.sections[i].id == id {
			return &m.sections[i]
		}
	}
	return nil
}

func (m *module) readImports(section []byte) error {
	r := reader{b: section}
	for range r.uint() {
		r.bytes(r.uint())
		r.bytes(r.uint())
		if kind := r.byte(); kind != 0 && r.err == nil {
			return errors.New("an import that is not a function")
		}
		r.uint()
		if m.imports++; r.err != nil {
			return r.err
		}
	}
	return r.err
}

// readNames reads the names of functions, if it is a section of names.
func (m *module) readNames(section []byte) error {
	r := reader{b: section}
	if string(r.bytes(r.uint())) != "name" {
		return r.err
	}
	for len(r.b) > 0 && r.err == nil {
		const functions = 1
		kind, list := r.byte(), reader{b: r.bytes(r.uint())}
		if kind != functions {
			continue
		}
		m.names = map[uint64]string{}
		for range list.uint() {
			i := list.uint()
			m.names[i] = string(list.bytes(list.uint()))
			if list.err != nil {
				return list.err
			}
		}
	}
	return r.err
}

// write returns the module without custom sections.
func (m *module) write() []byte {
	out := append([]byte(nil), m.head...)
	for _, s := range m.sections {
		out = binary.AppendUvarint(append(out, s.id), uint64(len(s.body)))
		out = append(out, s.body...)
	}
	return out
}
