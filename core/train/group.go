package train

import (
	"encoding/binary"
	"math"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// groupOf returns the group of a row that has no other: rows that say the same
// thing twice must not be learned from in one fold and scored in another.
//
//	http   what was asked for: the decoded texts of path, query, body and
//	       payload, numbers folded. Method, client and headers do not count:
//	       a GET and a POST of the same parameters are twins.
//	dns    the name, numbers folded
//	auth   who tried: attempts come in sessions
//	flow   the stateless columns, rounded: scans repeat one flow ten thousand times
func groupOf(k event.Kind, rows *feature.Batch, i int, seen *feature.Observation, stateless int) uint64 {
	switch k {
	case event.HTTP, event.DNS:
		h := uint64(k)
		for _, v := range rows.Texts.Of(i) {
			switch v.Origin {
			case feature.FromPath, feature.FromQuery, feature.FromBody, feature.FromPayload, feature.FromName:
				h = feature.HashPair(h, feature.Hash64(foldNumbers(rows.Texts.Bytes(&v))))
			}
		}
		return h
	case event.Auth:
		if seen.Entity != 0 {
			return seen.Entity
		}
	}
	return hashRounded(rows.Row(i)[:stateless])
}

// foldNumbers returns a copy of a text in which each run of digits is one 0.
func foldNumbers(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i, c := range text {
		digit := c >= '0' && c <= '9'
		switch {
		case !digit:
			out = append(out, c)
		case i == 0 || text[i-1] < '0' || text[i-1] > '9':
			out = append(out, '0')
		}
	}
	return out
}

// roundedBits of a float32 are left out: what remains, sign, exponent and three
// bits of the fraction, are steps of about a tenth.
const roundedBits = 20

// hashRounded hashes values so that nearly equal rows are mostly equal.
func hashRounded(row []float32) uint64 {
	buf := make([]byte, 0, 4*len(row))
	for _, v := range row {
		bits := math.Float32bits(v)
		if v != v {
			bits = math.MaxUint32
		}
		buf = binary.LittleEndian.AppendUint32(buf, bits>>roundedBits)
	}
	return feature.Hash64(buf)
}
