package adapt

import (
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
)

// State is what people said of records of a site: the log of labels from which
// an Adjuster is made. It belongs to one goroutine.
type State struct {
	kind    event.Kind
	columns int
	tiers   *ensemble.Tiers
	model   uint64 // fingerprint of the tiers
	labels  []label
}

// Label is an entry of the log.
type Label struct {
	ID     uint64 // rises with each label
	Threat bool
	Source string // who gave it
}

type label struct {
	Label
	example *Example
	key     uint64 // of the example's bytes
}

// New returns the state of a model that nobody has labelled anything for. What
// the model's file carries is not read: see Of.
func New(m *model.Model) *State {
	return &State{kind: m.Kind, columns: len(m.Schema.Names), tiers: m.Tiers, model: fingerprint(m.Tiers)}
}

// Of returns the state that the model's file carries, an empty one where it
// carries none.
func Of(m *model.Model) (*State, error) {
	if len(m.Adaptation) == 0 {
		return New(m), nil
	}
	return Read(m.Adaptation, m)
}

// Kind returns the kind of events that the state is about.
func (s *State) Kind() event.Kind { return s.kind }

// Fits reports whether the labels are of records that this model scored.
func (s *State) Fits(m *model.Model) bool {
	return s.kind == m.Kind && s.columns == len(m.Schema.Names) && len(s.tiers.Bases) == len(m.Tiers.Bases) && s.model == fingerprint(m.Tiers)
}

// Clone returns a copy that lives on its own.
func (s *State) Clone() *State {
	c := *s
	c.labels = slices.Clone(s.labels)
	return &c
}

// Label adds a label to the log and returns its number. A source that labels an
// equal example again changes its mind: the label keeps its number. Names of
// sources have 1 to MaxSource bytes.
func (s *State) Label(x *Example, threat bool, source string) (id uint64, err error) {
	switch {
	case source == "" || len(source) > MaxSource:
		return 0, ErrSource
	case len(x.Raw) != len(s.tiers.Bases) || len(x.X) != s.columns:
		return 0, ErrForeign
	case !x.scored():
		return 0, ErrNoScores
	}
	l := label{Label{Threat: threat, Source: source}, x, feature.Hash64(x.appendRecord(nil))}
	for i := range s.labels {
		if old := &s.labels[i]; old.key == l.key && old.Source == source {
			old.Threat = threat
			return old.ID, nil
		}
	}
	if len(s.labels) >= MaxLabels {
		return 0, ErrFull
	}
	l.ID = 1
	if n := len(s.labels); n > 0 {
		l.ID = s.labels[n-1].ID + 1
	}
	s.labels = append(s.labels, l)
	return l.ID, nil
}

// Undo takes a label back: the state is as if it had never been given.
func (s *State) Undo(id uint64) error {
	for i := range s.labels {
		if s.labels[i].ID == id {
			s.labels = slices.Delete(slices.Clone(s.labels), i, i+1)
			return nil
		}
	}
	return ErrNoLabel
}

// Rollback takes back every label that came after the one of that number; 0
// takes back all.
func (s *State) Rollback(id uint64) {
	n := len(s.labels)
	for n > 0 && s.labels[n-1].ID > id {
		n--
	}
	s.labels = s.labels[:n:n]
}

// Forget takes back every label of a source and returns how many there were.
func (s *State) Forget(source string) int {
	n := len(s.labels)
	s.labels = slices.DeleteFunc(slices.Clone(s.labels), func(l label) bool { return l.Source == source })
	return n - len(s.labels)
}

// Len returns the number of labels.
func (s *State) Len() int { return len(s.labels) }

// Labels returns the log, oldest first.
func (s *State) Labels() []Label {
	out := make([]Label, len(s.labels))
	for i := range s.labels {
		out[i] = s.labels[i].Label
	}
	return out
}

// Bound returns the most, in log-odds, by which any score differs from that of
// the model as it was signed: at most min(m Step, Most) for m labels, of which
// those of one source count for SourceMost together.
func (s *State) Bound() float64 {
	var total float64
	for _, n := range s.bySource() {
		total += min(float64(n)*Step, SourceMost)
	}
	return min(total, Most)
}

// bySource counts the labels of each source, in the order of their first label.
func (s *State) bySource() []int {
	index := map[string]int{}
	var counts []int
	for i := range s.labels {
		at, ok := index[s.labels[i].Source]
		if !ok {
			at = len(counts)
			index[s.labels[i].Source] = at
			counts = append(counts, 0)
		}
		counts[at]++
	}
	return counts
}

// weight returns what a label counts for: those of one source weigh no more than
// SourceLabels together.
func (s *State) weight(l *label) float64 {
	n := 0
	for i := range s.labels {
		if s.labels[i].Source == l.Source {
			n++
		}
	}
	return min(1, SourceLabels/float64(n))
}

// fingerprint tells models apart: labels hold the scores of one model's learners.
func fingerprint(t *ensemble.Tiers) uint64 {
	h := uint64(1)
	numbers := func(v ...float64) {
		var b []byte
		for _, x := range v {
			b = append64(b, bitsOf(x))
		}
		h = feature.HashPair(h, feature.Hash64(b))
	}
	for i := range t.Bases {
		b := &t.Bases[i]
		if b.Learner != nil {
			h = feature.HashPair(h, feature.Hash64([]byte(b.Learner.Info().ID)))
		}
		numbers(b.Calibration.X...)
		numbers(b.Calibration.Z...)
	}
	for _, m := range t.Metas {
		h = feature.HashPair(h, feature.Hash64([]byte(m.Name)))
		numbers(m.Calibration.X...)
		numbers(m.Calibration.Z...)
	}
	numbers(t.Super.Beta...)
	return h
}
