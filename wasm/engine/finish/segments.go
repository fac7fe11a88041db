package main

import (
	"encoding/binary"
	"errors"
)

// maxImage bounds the memory that segments may fill, in bytes.
const maxImage = 1 << 28

// readData returns memory as the segments fill it, and where they begin.
func readData(body []byte) (image []byte, from int, err error) {
	r := reader{b: body}
	from = maxImage
	for range r.uint() {
		mode, op := r.uint(), r.byte()
		at := r.uint() // signed in the format; no offset is below zero
		end := r.byte()
		data := r.bytes(r.uint())
		switch {
		case r.err != nil:
			return nil, 0, r.err
		case mode != 0 || op != opI32Const || end != opEnd || at+uint64(len(data)) > maxImage:
			return nil, 0, errors.New("a segment is not at a constant place of the only memory")
		}
		if n := int(at) + len(data); n > len(image) {
			image = append(image, make([]byte, n-len(image))...)
		}
		copy(image[at:], data)
		from = min(from, int(at))
	}
	return image, from, nil
}

// leastGap is how many zeros end a segment. With 16 the module is a tenth smaller as it
// stands, but compressed a twentieth larger: zeros compress to nothing, the heads of
// fifty thousand segments do not.
const leastGap = 32

// writeData cuts memory into segments that leave the zeros out.
func writeData(image []byte, from int) []byte {
	var body []byte
	n := uint64(0)
	for at := from; at < len(image); {
		for at < len(image) && image[at] == 0 {
			at++
		}
		end, zeros := at, 0
		for i := at; i < len(image) && zeros < leastGap; i++ {
			if zeros++; image[i] != 0 {
				end, zeros = i+1, 0
			}
		}
		if end == at {
			break
		}
		body = append(body, 0, opI32Const)
		body = appendSigned(body, int64(at))
		body = append(body, opEnd)
		body = binary.AppendUvarint(body, uint64(end-at))
		body = append(body, image[at:end]...)
		at = end
		n++
	}
	return append(binary.AppendUvarint(nil, n), body...)
}
