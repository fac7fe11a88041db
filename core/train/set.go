// Package train fits models: base learners out of fold, meta-learners on what
// they said, the super-learner on a guard part that no lower tier saw, and
// thresholds from a budget of false alarms. It measures what it made.
//
// Training is deterministic: the same rows and the same seed give the same
// bytes, whatever the number of workers.
package train

import (
	"io"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// Set is a collection of labelled, encoded rows. All slices have one element a row.
type Set struct {
	Schema    feature.Schema
	Rows      feature.Batch
	Y         []int8    // 1 attack, 0 normal; rows of label -1 are not kept
	W         []float32 // weight, 1 by default
	Group     []uint64  // rows of one group never straddle a fold: hash of the canonical record, or of Label.Group
	Type      []int32   // index into Types: the attack's type; 0 is "normal"
	Site      []int32   // index into Sites: where the row comes from
	Time      []int64   // nanoseconds, event.NoTime when absent
	TeachOnly []bool    // thresholds do not count the row, see Label.TeachOnly
	Types     []string
	Sites     []string
	Unread    int64 // records that could not be read; they have no row
}

// Len returns the number of rows.
func (s *Set) Len() int { return len(s.Y) }

// Source is one log with its labels, as Load reads it.
type Source struct {
	Name   string    // for messages and as the default site
	Log    io.Reader // decompressed
	Labels io.Reader // optional CSV beside the log with a "line" column; its columns join the record's
	Format string    // name of the format; empty detects it
}

// Record is one record as a Label function sees it.
type Record struct {
	Source string
	Line   int64
	Event  *event.Event
	Batch  *event.Batch
	column func(name string) (string, bool)
	beside *beside // labels in a file beside the log; nil for none
}

// Column returns the text of a column of the record: a member of a JSON
// record, a cell of a CSV or Zeek record, or a column of the labels beside the log.
func (r *Record) Column(name string) (string, bool) { return r.column(name) }

// Label is what a record is worth in training.
type Label struct {
	Y      int8 // 1, 0, or -1: leave out (its event still passes through the context windows)
	Drop   bool // the record is not even seen by the context windows
	Type   string
	Site   string // default: the source's name
	Group  string // default: the record's texts without what varies by chance
	Weight float32
	// TeachOnly keeps the row out of the thresholds: it was written for
	// training, or its label is a rule's and attacks stand among the normal rows.
	TeachOnly bool
	// Alone says that its addresses identify nobody: no context windows.
	Alone bool
}

// LoadOptions adjust Load.
type LoadOptions struct {
	Event event.Options                  // kind, field mapping, limits
	Label func(r *Record) (Label, error) // required
	// Table only: the columns that are features; nil takes all but those that Ignore names.
	Columns []string
	Ignore  []string
	Whole   bool            // HTTP only: also list each request as one text, see feature.NewWholeHTTP
	Schema  *feature.Schema // encode by this schema (evaluation of a Table model) instead of inferring one
}
