package main

import (
	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/written"
)

// A certificate in one byte: bits 0 to 4 insertions, 5 and 6 bad learners, 7 padding.
const (
	insertionBits = 1<<5 - 1
	learnerBits   = 1<<2 - 1
	paddingBit    = 1 << 7
)

func packCertificate(c core.Certificate) uint8 {
	b := uint8(min(c.Insertions, insertionBits)) | uint8(min(c.Learners, learnerBits))<<5
	if c.Padding {
		b |= paddingBit
	}
	return b
}

func unpackCertificate(b uint8) core.Certificate {
	return core.Certificate{Insertions: int(b & insertionBits), Learners: int(b >> 5 & learnerBits), Padding: b&paddingBit != 0}
}

// appendCertificate appends what an alert survives and what that leaves open.
func appendCertificate(b []byte, c core.Certificate) []byte {
	b = append(written.AppendCertificate(append(b, '{'), c), `,"limits":`...)
	return append(written.AppendStrings(b, c.Limits(), style), '}')
}
