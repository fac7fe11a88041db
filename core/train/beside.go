package train

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// beside holds labels that stand in a file beside their log: CSV with a column
// "line", the number of the physical line, from 1.
type beside struct {
	index map[string]int
	rows  map[int64][]string
}

// lineColumn is the column that joins labels and log.
const lineColumn = "line"

// readBeside reads labels; r may be nil.
func readBeside(r io.Reader) (*beside, error) {
	b := &beside{}
	if r == nil {
		return b, nil
	}
	c := csv.NewReader(r)
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("labels: no header: %w", err)
	}
	b.index, b.rows = make(map[string]int, len(header)), map[int64][]string{}
	for i, name := range header {
		b.index[name] = i
	}
	at, ok := b.index[lineColumn]
	if !ok {
		return nil, errors.New(`labels: no column "line"`)
	}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
		line, err := strconv.ParseInt(row[at], 10, 64)
		if err != nil || line < 1 {
			row, _ := c.FieldPos(at)
			return nil, fmt.Errorf("labels: row %d: column line holds no line number", row)
		}
		if _, twice := b.rows[line]; twice {
			return nil, fmt.Errorf("labels: line %d is labelled twice", line)
		}
		b.rows[line] = row
	}
}

// lacks reports whether the labels have that column, but not for that line.
func (b *beside) lacks(line int64, name string) bool {
	_, known := b.index[name]
	_, has := b.rows[line]
	return known && !has
}

// column returns a column of the labels of a line.
func (b *beside) column(line int64, name string) (string, bool) {
	i, ok := b.index[name]
	if !ok {
		return "", false
	}
	row, ok := b.rows[line]
	if !ok {
		return "", false
	}
	return row[i], true
}
