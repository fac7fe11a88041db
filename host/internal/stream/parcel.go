package stream

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/tiercel/tiercel/core/event"
)

// Parcel is a run of records of one source and one partition: the payload of
// an event message.
//
//	uvarint, then JSON   what the records are
//	uvarint              how many there are
//	uvarint each         its index in what was sent, less that of the one before
//	the rest             the records, each ended by a line feed
type Parcel struct {
	About   About
	Index   []uint32 // of each record, rising
	Records []byte
}

// About says what the records of a parcel are and how they are read.
type About struct {
	Batch  string            `json:"batch"`  // id of what was sent together; with an index it names an event
	Source string            `json:"source"` // where it came from, as its sender says
	Format string            `json:"format"`
	Kind   event.Kind        `json:"kind,omitempty"`
	Map    map[string]string `json:"map,omitempty"`
	Year   int               `json:"year,omitempty"`
	Head   []byte            `json:"head,omitempty"` // header lines that the records stand under
	Sent   int64             `json:"sent"`           // when it arrived, nanoseconds since 1970
}

// parser returns what reads the records.
func (a *About) parser() (event.Parser, error) {
	f, ok := event.FormatByName(a.Format)
	if !ok {
		return nil, errors.New("stream: format of a parcel is not known")
	}
	p, err := f.New(event.Options{Kind: a.Kind, Map: a.Map, Year: a.Year})
	if err != nil {
		return nil, err
	}
	if len(a.Head) > 0 {
		p = event.Follow(p, a.Head)
	}
	return p, nil
}

// Append appends the payload to dst.
func (p *Parcel) Append(dst []byte) ([]byte, error) {
	about, err := json.Marshal(&p.About)
	if err != nil {
		return nil, err
	}
	dst = binary.AppendUvarint(dst, uint64(len(about)))
	dst = append(dst, about...)
	dst = binary.AppendUvarint(dst, uint64(len(p.Index)))
	last := uint32(0)
	for _, i := range p.Index {
		dst = binary.AppendUvarint(dst, uint64(i-last))
		last = i
	}
	return append(dst, p.Records...), nil
}

var errParcel = errors.New("stream: a message is no parcel")

// read reads a payload; Records aliases data.
func (p *Parcel) read(data []byte) error {
	n, data, ok := uvarint(data)
	if !ok || n > uint64(len(data)) {
		return errParcel
	}
	p.About = About{}
	if err := json.Unmarshal(data[:n], &p.About); err != nil {
		return errParcel
	}
	count, data, ok := uvarint(data[n:])
	if !ok || count > uint64(len(data)) {
		return errParcel
	}
	p.Index = p.Index[:0]
	last := uint64(0)
	for range count {
		var d uint64
		if d, data, ok = uvarint(data); !ok || d > 1<<31 || last+d > 1<<31 {
			return errParcel
		}
		last += d
		p.Index = append(p.Index, uint32(last))
	}
	p.Records = data
	return nil
}

func uvarint(data []byte) (uint64, []byte, bool) {
	x, n := binary.Uvarint(data)
	if n <= 0 {
		return 0, nil, false
	}
	return x, data[n:], true
}
