package feature

import "github.com/tiercel/tiercel/core/event"

// RawParts is how many texts a row of [Raw] has: the target, the body and the
// bare value of an HTTP record, each empty where the record has none.
const RawParts = 3

// Raw holds the texts of a batch's rows as they stand in the log: neither
// decoded nor cut into values, for learners whose guarantees are about that
// text. Kinds without such texts have no Parts.
type Raw struct {
	Buf   []byte       // that of the event batch, valid as long as it is
	Parts []event.Span // RawParts a row, into Buf; none at all where the kind has none
}

// Of returns the parts of row i, nil where the rows have none.
func (r *Raw) Of(i int) []event.Span {
	if len(r.Parts) == 0 {
		return nil
	}
	return r.Parts[i*RawParts : (i+1)*RawParts : (i+1)*RawParts]
}

// Bytes returns the text of a part.
func (r *Raw) Bytes(s event.Span) []byte { return r.Buf[s.Off : s.Off+s.Len : s.Off+s.Len] }

// Add appends the parts of one row of another Raw; the bytes are shared.
func (r *Raw) Add(from *Raw, i int) {
	r.Buf = from.Buf
	r.Parts = append(r.Parts, from.Of(i)...)
}

// Copy appends the parts of one row of another Raw, bytes and all.
func (r *Raw) Copy(from *Raw, i int) {
	for _, s := range from.Of(i) {
		text := from.Bytes(s)
		r.Parts = append(r.Parts, event.Span{Off: uint32(len(r.Buf)), Len: uint32(len(text))})
		r.Buf = append(r.Buf, text...)
	}
}

// requestParts lists the parts of an event.
func (r *Raw) requestParts(e *event.Event) {
	r.Parts = append(r.Parts, e.Text[event.URL], e.Text[event.Body], e.Text[event.Payload])
}
