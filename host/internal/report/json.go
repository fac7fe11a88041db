package report

import "github.com/tiercel/tiercel/core/written"

// style escapes what is hidden, so that NDJSON on a terminal does not drive it.
var style = written.Style{Hidden: hidden}

// appendString appends a text as a JSON string. What is no UTF-8 becomes U+FFFD.
func appendString[T string | []byte](dst []byte, text T) []byte {
	return written.AppendString(dst, text, style)
}
