//go:build wasip1

package main

import (
	"math/bits"
	"unsafe"

	"github.com/tiercel/tiercel/core/event"
)

// The calls of the module. The caller writes a message to the region that
// input returns and names its length; a call answers the length of what it left
// at output, or below zero the length of an error's text, less one: -1 is an
// error without text. Growing memory detaches JavaScript's views, so it takes
// new ones after each call.

var (
	the    = instance{page: scoreInPage} // a module has one
	region []uint64                      // what messages are written to; aligned for wire
)

// leastRegion is what a piece of a log needs, in words.
const leastRegion = 2 * batchBytes / 8

// message returns the first n bytes of the region.
func message(n uint32) []byte {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&region[0])), len(region)*8)[:n]
}

// answer returns what a call returns.
func answer(err error) int32 {
	if err != nil {
		the.out = append(the.out[:0], err.Error()...)
		return -1 - int32(len(the.out))
	}
	return int32(len(the.out))
}

// done returns what a call without answer returns.
func done(err error) int32 {
	the.out = the.out[:0]
	return answer(err)
}

//go:wasmexport input
func input(n uint32) unsafe.Pointer {
	if words := (int(n) + 7) / 8; words > len(region) {
		// by doubling: messages grow and shrink a little, linear memory never shrinks
		region = make([]uint64, 1<<bits.Len(uint(max(words, leastRegion)-1)))
	}
	if len(region) == 0 {
		region = make([]uint64, leastRegion)
	}
	return unsafe.Pointer(&region[0])
}

//go:wasmexport output
func output() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(the.out)) }

//go:wasmexport load
func load(n uint32) int32 { return done(the.load(message(n))) }

//go:wasmexport ready
func ready() int32 { return answer(the.ready()) }

//go:wasmexport formats
func formats() int32 { the.formats(); return answer(nil) }

//go:wasmexport begin
func begin(n uint32) int32 { return done(the.begin(message(n))) }

//go:wasmexport file
func file(name, format uint32, year int32) int32 {
	text := message(name + format)
	return done(the.file(string(text[:name]), string(text[name:]), int(year)))
}

//go:wasmexport detect
func detect(format, sample uint32) int32 {
	text := message(format + sample)
	return answer(the.detect(string(text[:format]), text[format:]))
}

//go:wasmexport newest
func newest(format uint32, year int32, sample uint32) int32 {
	text := message(format + sample)
	return answer(the.newest(string(text[:format]), int(year), text[format:]))
}

//go:wasmexport follow
func follow(n uint32) int32 {
	if the.parser == nil {
		return done(errNoFile)
	}
	the.parser = event.Follow(the.parser, message(n))
	return done(nil)
}

//go:wasmexport prepare
func prepare(id, flags uint32, offset int64, n uint32) int32 {
	return answer(the.prepare(id, flags, offset, message(n)))
}

//go:wasmexport observe
func observe(n uint32) int32 { return answer(the.observe(message(n))) }

//go:wasmexport finish
func finish(id, n uint32) int32 { return answer(the.finish(id, message(n))) }

//go:wasmexport settle
func settle(n uint32) int32 { return answer(the.settle(message(n))) }

//go:wasmexport judgeAgain
func judgeAgain(n uint32) int32 { return done(the.judgeAgain(string(message(n)))) }

//go:wasmexport rejudge
func rejudge(file, n uint32) int32 { return answer(the.rejudge(file, message(n))) }

//go:wasmexport words
func wordList() int32 {
	if the.order == nil {
		return done(errNoFile)
	}
	the.out = the.order.words.appendJSON(the.out[:0])
	return answer(nil)
}

//go:wasmexport report
func report() int32 { return answer(the.report()) }

//go:wasmexport explain
func explain(settings, format uint32, year int32, head, record, context uint32) int32 {
	q, _ := asked(settings, format, year, head, record, context, 0)
	return answer(the.explain(q))
}

//go:wasmexport label
func label(settings, format uint32, year int32, head, record, context, source, threat uint32) int32 {
	q, name := asked(settings, format, year, head, record, context, source)
	return done(the.label(q, threat != 0, string(name)))
}

//go:wasmexport rescore
func rescore(settings, format uint32, year int32, head, rows uint32) int32 {
	q, tail := asked(settings, format, year, head, 0, 0, rows)
	return answer(the.rescore(q, tail))
}

// asked returns the question of a message, and the rest bytes behind it.
func asked(settings, format uint32, year int32, head, record, context, rest uint32) (q question, tail []byte) {
	text := message(settings + format + head + record + context + rest)
	cut := func(n uint32) []byte {
		part := text[:n]
		text = text[n:]
		return part
	}
	return question{
		settings: string(cut(settings)), format: string(cut(format)), year: int(year),
		head: cut(head), record: cut(record), context: cut(context),
	}, text
}

//go:wasmexport inject
func inject(n uint32) int32 { return answer(the.inject(message(n))) }

// plug takes the SHA-256 of the plugin's file and its description.
//
//go:wasmexport plug
func plug(guest, description, configured uint32) int32 {
	text := message(32 + description)
	return answer(the.plug(guest, text[32:], [32]byte(text), configured != 0))
}

//go:wasmexport unplug
func unplug() int32 { return done(the.unplug()) }

//go:wasmexport faults
func faults() int32 { the.faults(); return answer(nil) }

//go:wasmexport labels
func labels() int32 { return answer(the.labels()) }

//go:wasmexport adaptation
func adaptation() int32 { return answer(the.adaptation()) }

//go:wasmexport adapt
func adaptTo(n uint32) int32 { return done(the.adapt(message(n))) }

//go:wasmexport save
func save(kind uint32) int32 { return answer(the.save(string(message(kind)))) }
