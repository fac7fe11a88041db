// Package guest holds what a plugin's learner is, whether it runs as a module
// or as a process: its contract with one schema, the bounds of its scores, and
// the tally of what it did wrong.
package guest

import (
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Contract is a plugin's description applied to one schema.
type Contract struct {
	Tally
	Selection abi.Selection

	info      learner.Info
	low, high float32
	same      sameness
}

// New returns the contract of a plugin with a schema. kind is the type that
// learner.Info names, config what the plugin's user wrote for it, nil for
// none. Errors are of type *Fault.
func New(kind string, d *abi.Description, s *feature.Schema, config []byte) (*Contract, error) {
	switch {
	case !slices.Contains(d.Kinds, s.Kind.String()):
		return nil, Refuse(d.ID, "it scores events of kind %v, not %s", d.Kinds, s.Kind)
	case d.Config && config == nil:
		return nil, Refuse(d.ID, "it needs a configuration")
	case len(config) > abi.MaxConfig:
		return nil, Refuse(d.ID, "a configuration of %d bytes; the limit is %d", len(config), abi.MaxConfig)
	}
	sel, err := abi.NewSelection(d, s)
	if err != nil {
		return nil, Refuse(d.ID, "%v", err)
	}
	return &Contract{
		Selection: sel, low: d.Low, high: d.High,
		info: learner.Info{
			ID: d.ID, Type: kind, Class: d.Class, Columns: sel.Columns, Texts: len(sel.Texts) > 0, Cost: d.Cost,
			Context: slices.ContainsFunc(sel.Columns, func(c int) bool { return c >= s.Stateless }),
		},
	}, nil
}

// Info describes the learner.
func (c *Contract) Info() learner.Info { return c.info }

// shapeError is the error of a batch that does not fit.
type shapeError struct{}

func (shapeError) Error() string { return "host/guest: dst and batch do not fit the learner" }

// Fits returns an error when dst, or the columns and texts of b, are not what
// the learner reads.
func (c *Contract) Fits(dst []float32, b *learner.Batch) error {
	if len(dst) != b.N || len(b.X) != b.N*b.D || c.info.Texts && len(b.Texts.First) != b.N+1 {
		return shapeError{}
	}
	for _, k := range c.info.Columns {
		if k >= b.D {
			return shapeError{}
		}
	}
	return nil
}

// Cut returns the end of the longest run of rows from at that has no more than
// rows rows and, where it has more than one, no more than bytes bytes; and the
// size of its frame. Run lengths are halved until they fit. A size above
// abi.MaxFrame is one row's that fits no frame.
func (c *Contract) Cut(b *learner.Batch, at, rows, bytes int) (to, size int) {
	to = min(at+rows, b.N)
	size = c.Selection.Size(b, at, to)
	for size > bytes && to-at > 1 {
		to = at + (to-at)/2
		size = c.Selection.Size(b, at, to)
	}
	return to, size
}

// TooLarge counts a row that fits no frame.
func (c *Contract) TooLarge() {
	c.Add(&Fault{c.info.ID, "", Oversized, "a row needs a larger frame than the contract allows"}, 1)
}

// Abstain makes scores NaN.
func Abstain(scores []float32) {
	for i := range scores {
		scores[i] = float32(math.NaN())
	}
}

// Proper replaces scores that are infinite or outside the declared range by
// NaN and counts them. call is what returned them.
func (c *Contract) Proper(call string, scores []float32) {
	improper := 0
	for i, f := range scores {
		if f-f != 0 && f == f || f < c.low || f > c.high {
			scores[i] = float32(math.NaN())
			improper++
		}
	}
	if improper > 0 {
		c.Add(&Fault{c.info.ID, call, Improper, "infinite, or outside the declared range"}, improper)
	}
	c.same.see(scores)
}

// Faults returns what went wrong so far, by reason, in the order of their
// names; at their end that all scores are equal, where enough were seen.
func (c *Contract) Faults() []Count {
	all := c.Counts()
	if rows, score := c.same.told(); rows > 0 {
		text := "no row has a score"
		if score == score {
			text = "every row scores " + strconv.FormatFloat(float64(score), 'g', -1, 32)
		}
		f := Fault{c.info.ID, "", Constant, text}
		all = append(all, Count{Constant, rows, f.Error()})
	}
	return all
}

// enough is how many equal scores are worth telling: a learner that has found
// nothing in fewer rows may be right.
const enough = 1024

// sameness watches whether all scores are equal.
type sameness struct {
	mu    sync.Mutex
	rows  int // that had the one score; -1 once two have differed
	score uint32
}

func (s *sameness) see(scores []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows < 0 || len(scores) == 0 {
		return
	}
	if s.rows == 0 {
		s.score = bits(scores[0])
	}
	for _, f := range scores {
		if bits(f) != s.score {
			s.rows = -1
			return
		}
	}
	s.rows += len(scores)
}

// told returns how many rows had the one score, 0 while they are not enough.
func (s *sameness) told() (rows int, score float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows < enough {
		return 0, 0
	}
	return s.rows, math.Float32frombits(s.score)
}

// bits are those of a score; all NaN are one.
func bits(f float32) uint32 {
	if f != f {
		return math.Float32bits(float32(math.NaN()))
	}
	return math.Float32bits(f)
}
