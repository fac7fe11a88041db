package adapt

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
)

// magic names the format of a state's bytes and its version: the second holds
// what guests said, and is written only where they said something.
const (
	magic     = "TCA1"
	withVoice = "TCA2"
)

// MaxBytes bounds the bytes of a state: more than MaxLabels of a model with 64
// learners, 512 columns and long texts have.
const MaxBytes = 8 << 20

// AppendTo appends the state to dst, little-endian:
//
//	magic, kind u8, 0 u8, bases u16, columns u16, labels u16, model u64
//	each label: id u64, threat u8, length of the source u8, source, example
//	example: raw f32..., columns f32..., n-grams u16, each u16
//	in the second version behind each example: voices u8, each guest u64, log-odds f32
//
// An equal state gives equal bytes.
func (s *State) AppendTo(dst []byte) []byte {
	version := magic
	if slices.ContainsFunc(s.labels, func(l label) bool { return len(l.example.Voices) > 0 }) {
		version = withVoice
	}
	dst = append(dst, version...)
	dst = append(dst, byte(s.kind), 0)
	dst = append16(dst, uint16(len(s.tiers.Bases)))
	dst = append16(dst, uint16(s.columns))
	dst = append16(dst, uint16(len(s.labels)))
	dst = append64(dst, s.model)
	for i := range s.labels {
		l := &s.labels[i]
		dst = append64(dst, l.ID)
		dst = append(dst, byte(truth(l.Threat)), byte(len(l.Source)))
		dst = append(dst, l.Source...)
		dst = l.example.appendRecord(dst)
		if version == withVoice {
			dst = l.example.appendVoices(dst)
		}
	}
	return dst
}

// AppendTo appends the example as a State of either version holds it, with the
// voices where there are any; see State.AppendTo.
func (x *Example) AppendTo(dst []byte) []byte {
	dst = x.appendRecord(dst)
	if len(x.Voices) > 0 {
		dst = x.appendVoices(dst)
	}
	return dst
}

func (x *Example) appendVoices(dst []byte) []byte {
	dst = append(dst, byte(len(x.Voices)))
	for _, v := range x.Voices {
		dst = append32(append64(dst, v.Guest), math.Float32bits(v.LogOdds))
	}
	return dst
}

// appendRecord appends all but the voices: what is the record's own.
func (x *Example) appendRecord(dst []byte) []byte {
	for _, v := range x.Raw {
		dst = append32(dst, math.Float32bits(v))
	}
	for _, v := range x.X {
		dst = append32(dst, math.Float32bits(v))
	}
	dst = append16(dst, uint16(len(x.Grams)))
	for _, g := range x.Grams {
		dst = append16(dst, g)
	}
	return dst
}

// Read restores the state of a model from the bytes that AppendTo made. It
// refuses all others, and states of another model (ErrForeign); hostile bytes
// cost no more memory than they are long, a few times over.
func Read(data []byte, m *model.Model) (*State, error) {
	if len(data) > MaxBytes {
		return nil, errMalformed
	}
	s := New(m)
	r := reader{data: data}
	version := string(r.take(len(magic)))
	if version != magic && version != withVoice {
		return nil, errMalformed
	}
	kind, zero := r.uint(1), r.uint(1)
	bases, columns, labels, of := r.uint(2), r.uint(2), r.uint(2), r.uint(8)
	if r.bad || zero != 0 {
		return nil, errMalformed
	}
	if event.Kind(kind) != s.kind || bases != uint64(len(s.tiers.Bases)) || columns != uint64(s.columns) || of != s.model {
		return nil, ErrForeign
	}
	if labels > MaxLabels {
		return nil, errMalformed
	}
	var last uint64
	for range labels {
		id, threat := r.uint(8), r.uint(1)
		source := string(r.take(int(r.uint(1))))
		x := r.example(int(bases), int(columns))
		if version == withVoice {
			r.voices(x)
		}
		if r.bad || id <= last || threat > 1 {
			return nil, errMalformed
		}
		last = id
		// Label would refuse it, or take it for a change of mind.
		n := len(s.labels)
		if _, err := s.Label(x, threat == 1, source); err != nil || len(s.labels) != n+1 {
			return nil, errMalformed
		}
		s.labels[n].ID = id
	}
	if len(r.data) != 0 || version == withVoice && !slices.ContainsFunc(s.labels, func(l label) bool { return len(l.example.Voices) > 0 }) {
		return nil, errMalformed
	}
	return s, nil
}

// ReadExample reads the bytes of one example of the state's model.
func (s *State) ReadExample(data []byte) (*Example, error) {
	r := reader{data: data}
	x := r.example(len(s.tiers.Bases), s.columns)
	if len(r.data) > 0 {
		r.voices(x)
		r.bad = r.bad || len(x.Voices) == 0 // an equal example has equal bytes
	}
	if r.bad || len(r.data) != 0 {
		return nil, errMalformed
	}
	return x, nil
}

// reader takes bytes from the front; after the first failure it is bad.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if r.bad || len(r.data) < n {
		r.bad = true
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) uint(size int) uint64 {
	var v uint64
	for i, c := range r.take(size) {
		v |= uint64(c) << (8 * i)
	}
	return v
}

// numbers reads finite numbers and the one NaN that a snapshot may hold.
func (r *reader) numbers(n int) []float32 {
	data := r.take(4 * n)
	out := make([]float32, 0, len(data)/4)
	for ; len(data) > 0; data = data[4:] {
		bits := uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
		v := math.Float32frombits(bits)
		if v-v != 0 && bits != math.Float32bits(float32(math.NaN())) {
			r.bad = true
		}
		out = append(out, v)
	}
	return out
}

func (r *reader) example(bases, columns int) *Example {
	x := &Example{Raw: r.numbers(bases), X: r.numbers(columns)}
	data := r.take(2 * int(r.uint(2)))
	if len(data) > 0 {
		x.Grams = make([]uint16, 0, len(data)/2)
	}
	for i := 0; i < len(data); i += 2 {
		g := uint16(data[i]) | uint16(data[i+1])<<8
		if int(g) >= grams.Buckets || i > 0 && g <= x.Grams[i/2-1] {
			r.bad = true
			return x
		}
		x.Grams = append(x.Grams, g)
	}
	return x
}

// voices reads those of an example.
func (r *reader) voices(x *Example) {
	n := int(r.uint(1))
	for i := range n {
		v := Voice{r.uint(8), math.Float32frombits(uint32(r.uint(4)))}
		z := math.Abs(float64(v.LogOdds))
		if r.bad || n > ensemble.MaxLearners || !(z <= float64(float32(ensemble.GuestReach))) || i > 0 && v.Guest <= x.Voices[i-1].Guest {
			r.bad = true
			return
		}
		x.Voices = append(x.Voices, v)
	}
}
