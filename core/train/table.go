package train

import (
	"errors"
	"slices"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// table collects the cells of Table records until all are known: only then can
// it be told which columns are numbers and which levels a category has.
type table struct {
	names []string // of the first file's columns
	place []int    // where the columns of the file that is read stand in names, -1 for nowhere
	rows  [][]string
}

// header takes the columns of the next file. Columns are joined by name.
func (t *table) header(names []string) error {
	if len(names) == 0 {
		return errors.New("no header names the columns")
	}
	if t.names == nil {
		t.names = slices.Clone(names)
	}
	t.place = t.place[:0]
	for _, n := range names {
		t.place = append(t.place, slices.Index(t.names, n))
	}
	return nil
}

// add keeps the cells of a record.
func (t *table) add(b *event.Batch, e *event.Event) {
	row := make([]string, len(t.names))
	for i, s := range b.Cells[e.Cells.Off : e.Cells.Off+e.Cells.Len] {
		if i < len(t.place) && t.place[i] >= 0 {
			row[t.place[i]] = string(b.Bytes(s))
		}
	}
	t.rows = append(t.rows, row)
}

// encode fills the set's schema and rows.
func (t *table) encode(s *Set, o *LoadOptions) error {
	columns, err := t.columns(o)
	if err != nil {
		return err
	}
	encoder, err := feature.NewTable(columns, t.names)
	if err != nil {
		return err
	}
	s.Schema = *encoder.Schema()
	s.Rows.D = len(s.Schema.Names)
	var (
		b       event.Batch
		rows    feature.Batch
		seen    []feature.Observation
		scratch feature.Scratch
	)
	for from := 0; from < len(t.rows); from += blockRows {
		to := min(from+blockRows, len(t.rows))
		b.Reset()
		for _, row := range t.rows[from:to] {
			b.Events = append(b.Events, event.Event{
				Kind: event.Table, Cells: event.Span{Off: uint32(len(b.Cells)), Len: uint32(len(row))},
			})
			for _, cell := range row {
				b.Cells = append(b.Cells, b.Append([]byte(cell)))
			}
		}
		encoder.Encode(&rows, &seen, &b, &scratch)
		s.Rows.X = append(s.Rows.X, rows.X...)
		s.Rows.N += rows.N
	}
	for range t.rows {
		s.Rows.Texts.First = append(s.Rows.Texts.First, 0)
	}
	for i := range s.Group {
		if s.Group[i] == 0 {
			s.Group[i] = hashRounded(s.Rows.Row(i))
		}
	}
	return nil
}

// columns returns the columns to encode: those of the schema given, or what
// can be inferred from the rows.
func (t *table) columns(o *LoadOptions) ([]feature.Column, error) {
	if o.Schema != nil {
		return o.Schema.Table, nil
	}
	without := slices.Clone(o.Ignore)
	if o.Columns != nil {
		for _, n := range t.names {
			if !slices.Contains(o.Columns, n) {
				without = append(without, n)
			}
		}
	}
	return feature.InferTable(t.names, t.rows, without...)
}
