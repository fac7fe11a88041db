package main

import (
	"strconv"

	"github.com/tiercel/tiercel/core/written"
)

// style is that of JavaScript; the page escapes what is hidden when it shows it.
var style = written.Style{UTF16: true}

func appendString[T string | []byte](dst []byte, text T) []byte {
	return written.AppendString(dst, text, style)
}

// appendTime appends a time as a text of nanoseconds, null for none: doubles
// do not hold it.
func appendTime(dst []byte, time, none int64) []byte {
	if time == none {
		return append(dst, "null"...)
	}
	return append(strconv.AppendInt(append(dst, '"'), time, 10), '"')
}
