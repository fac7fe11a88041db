package main

import (
	"slices"
	"testing"
)

// A call of function 7, a look at the stack by function 8, a frame of 32 bytes and a return.
var (
	callOf7 = join(
		[]byte{opLocalGet, 1, opI32Const, 8, opI32Sub, opLocalTee, 1, opGlobalSet, 0, opLocalGet, 1, opI64Const, 5, opStore + 1, 3, 0},
		[]byte{opI32Const, 0, opCall, 7, opGlobalGet, 0, opLocalSet, 1, opBrIf, 0})
	lookBy8 = join(
		[]byte{opLocalGet, 1, opGlobalGet, 2, opI32Wrap, opLoad, 2, 16, opI32LeU, opIf, void},
		callOf7[:19], []byte{8}, callOf7[20:], []byte{opEnd})
	frameOf32 = []byte{opLocalGet, 1, opI32Const, 32, opI32Sub, opLocalTee, 1, opGlobalSet, 0}
	leave32   = []byte{opLocalGet, 1, opI32Const, 40, opI32Add, opGlobalSet, 0, opI32Const, 0, opReturn}
	enter     = []byte{opGlobalGet, 0, opLocalSet, 1}
)

func listOf(t *testing.T, parts ...[]byte) []instruction {
	t.Helper()
	r := reader{b: join(append(parts, []byte{opEnd})...)}
	list := r.instructions()
	if r.err != nil {
		t.Fatal(r.err)
	}
	return list
}

var by8 = map[uint64]bool{8: true}

func TestSurvey(t *testing.T) {
	for name, c := range map[string]struct {
		list []instruction
		want profile
	}{
		"all":             {listOf(t, enter, lookBy8, frameOf32, callOf7, leave32), profile{frame: 32, checked: true, regular: true, calls: []uint64{7}}},
		"nothing":         {listOf(t, []byte{opLocalGet, 0, opReturn}), profile{pure: true}},
		"other frame":     {listOf(t, enter, frameOf32, callOf7, leave32[:3], []byte{48}, leave32[4:]), profile{frame: 32, calls: []uint64{7}}},
		"returns 1":       {listOf(t, enter, frameOf32, leave32[:8], []byte{1, opReturn}), profile{frame: 32}},
		"falls off":       {listOf(t, enter, frameOf32), profile{frame: 32}},
		"return address":  {listOf(t, enter, frameOf32, []byte{opLocalGet, 1, opLoad + 1, 3, 32, opDrop}, leave32), profile{frame: 32}},
		"own stack":       {listOf(t, enter, []byte{opI32Const, 9, opGlobalSet, 0, opUnreachable}), profile{}},
		"loose":           {listOf(t, enter, []byte{opI32Const, 0, opCall, 7, opUnreachable}), profile{regular: true, loose: []uint64{7}}},
		"by table":        {listOf(t, enter, []byte{opI32Const, 0, opCallIndirect, 0, 0, opUnreachable}), profile{through: true}},
		"faults":          {listOf(t, enter, frameOf32, callOf7[:19], []byte{9}, callOf7[20:], leave32), profile{frame: 32, regular: true, faults: true}},
		"reads the stack": {listOf(t, enter, frameOf32, enter, leave32), profile{frame: 32, again: true}},
	} {
		got := survey(c.list, map[uint64]bool{9: true}, by8)
		if got.frame != c.want.frame || got.checked != c.want.checked || got.regular != c.want.regular || got.faults != c.want.faults ||
			got.pure != c.want.pure || got.through != c.want.through || !slices.Equal(got.calls, c.want.calls) || !slices.Equal(got.loose, c.want.loose) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// Who unwinds not, and whose look at the stack goes: the linker's bound holds without it.
func TestQuiet(t *testing.T) {
	plain := func(frame int, calls ...uint64) profile { return profile{frame: frame, regular: true, calls: calls} }
	looks := func(frame int, calls ...uint64) profile {
		return profile{frame: frame, regular: true, checked: true, calls: calls}
	}
	wild := profile{checked: true, calls: []uint64{1, 2, 3, 4}}
	for name, c := range map[string]struct {
		profiles map[uint64]profile
		quiet    []uint64
	}{
		"chain":               {map[uint64]profile{0: wild, 1: looks(100, 2), 2: looks(100, 3), 3: plain(8)}, []uint64{1, 2, 3}},
		"long chain":          {map[uint64]profile{0: wild, 1: looks(100, 2), 2: looks(100, 3), 3: looks(100)}, []uint64{2, 3}},
		"calls what unwinds":  {map[uint64]profile{0: wild, 1: plain(8, 0), 2: looks(8, 1)}, nil},
		"calls itself":        {map[uint64]profile{0: wild, 1: looks(8, 1)}, nil},
		"below one unchecked": {map[uint64]profile{0: wild, 5: {frame: 600, calls: []uint64{1, 2}}, 1: looks(200), 2: looks(100)}, []uint64{2}},
		"below two":           {map[uint64]profile{0: wild, 6: {frame: 300, calls: []uint64{5}}, 5: {frame: 300, calls: []uint64{1}}, 1: looks(200)}, nil},
		"by table":            {map[uint64]profile{0: wild, 5: {frame: 600, through: true}, 1: looks(200), 2: plain(200)}, []uint64{2}},
		"loose":               {map[uint64]profile{1: {regular: true, loose: []uint64{2}}, 2: {pure: true}, 3: {regular: true, loose: []uint64{0}}}, []uint64{1}},
		"faults":              {map[uint64]profile{1: {regular: true, faults: true}, 2: {regular: true, faults: true}}, []uint64{2}},
	} {
		needs := quiet(c.profiles, func(i uint64) bool { return i == 2 })
		var got []uint64
		for i := range uint64(8) {
			if _, ok := needs[i]; ok {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, c.quiet) {
			t.Errorf("%s: %d quiet, want %d", name, got, c.quiet)
		}
	}
}

func TestHush(t *testing.T) {
	quietCall := []byte{opLocalGet, 1, opI32Const, 8, opI32Sub, opGlobalSet, 0, opI32Const, 0, opCall, 7, opDrop}
	before := listOf(t, enter, lookBy8, frameOf32, callOf7, leave32)
	for name, c := range map[string]struct {
		self  bool
		needs map[uint64]int
		want  []instruction
	}{
		"none":   {false, nil, before},
		"callee": {false, map[uint64]int{7: 0}, listOf(t, enter, lookBy8, frameOf32, quietCall, leave32)},
		"both":   {true, map[uint64]int{7: 0}, listOf(t, enter, frameOf32[:5], []byte{opLocalSet, 1}, quietCall, leave32)},
	} {
		var got, want []byte
		for _, in := range hush(before, c.self, c.needs, by8) {
			got = append(got, in.code...)
		}
		for _, in := range c.want {
			want = append(want, in.code...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %x, want %x", name, got, want)
		}
	}
}
