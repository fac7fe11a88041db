package train

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

var errTexts = errors.New("the texts of the rows take more than 4 GiB; train on fewer")

// maxTextBytes bounds the decoded texts of a Set: spans are 32 bits wide.
const maxTextBytes = math.MaxUint32

// Load reads, labels and encodes the records of the sources, in order: the
// rows are those that scanning the same files would score, bit for bit.
//
// Each site of each source has context windows of its own, so that networks
// that were recorded apart do not meet in them. Records that cannot be read,
// and events of another kind than the one that is asked for (that of the first
// record where none is), give no row.
func Load(sources []Source, o LoadOptions) (*Set, error) {
	if o.Label == nil {
		return nil, errors.New("train: load: no function that labels records")
	}
	l := &loader{options: o, set: &Set{Types: []string{"normal"}}, types: map[string]int32{"normal": 0}, sites: map[string]int32{}}
	l.set.Rows.Texts.Reset()
	for i := range sources {
		if err := l.source(&sources[i]); err != nil {
			return nil, fmt.Errorf("train: load %s: %w", sources[i].Name, err)
		}
	}
	if o.Event.Kind == event.Table {
		if err := l.table.encode(l.set, &l.options); err != nil {
			return nil, fmt.Errorf("train: load: %w", err)
		}
	}
	if l.set.Len() == 0 {
		return nil, errNoRows
	}
	return l.set, nil
}

// loader collects the rows of a Set.
type loader struct {
	options LoadOptions
	set     *Set
	kind    event.Kind
	encoder feature.Encoder
	types   map[string]int32
	sites   map[string]int32
	table   table // Kind Table: encoded when all rows are known

	rows     feature.Batch
	seen     []feature.Observation
	scratch  feature.Scratch
	contexts map[string]*feature.Context // of one source, by site
}

// source reads one log.
func (l *loader) source(s *Source) error {
	log := bufio.NewReaderSize(s.Log, event.SampleBytes)
	sample, err := log.Peek(event.SampleBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	o := l.options.Event
	o.Cells = o.Kind == event.Table
	format, err := formatOf(s.Format, sample, o)
	if err != nil {
		return err
	}
	reader, err := event.NewReader(log, format, o)
	if err != nil {
		return err
	}
	beside, err := readBeside(s.Labels)
	if err != nil {
		return err
	}
	l.contexts = map[string]*feature.Context{}
	columns := newColumnReader(sample)
	if o.Kind == event.Table {
		if err := l.table.header(columns.names); err != nil {
			return err
		}
	}
	var b event.Batch
	var records, read int
	for {
		if err := reader.Next(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		b.Parse()
		n, err := l.batch(s, &b, columns, beside)
		if err != nil {
			return err
		}
		records += len(b.Events)
		read += n
	}
	if records > 0 && read == 0 {
		return fmt.Errorf("none of %d records could be read as %s", records, format.Name)
	}
	return nil
}

// formatOf returns the named format, or the one that a sample looks like.
func formatOf(name string, sample []byte, o event.Options) (event.Format, error) {
	if name == "" {
		f, _, err := event.Detect(sample, o)
		return f, err
	}
	if f, ok := event.FormatByName(name); ok {
		return f, nil
	}
	return event.Format{}, fmt.Errorf("no format is called %s", name)
}

// batch labels and encodes the records of a batch and returns how many could
// be read.
func (l *loader) batch(s *Source, b *event.Batch, columns *columnReader, beside *beside) (read int, err error) {
	for i := range b.Events {
		if e := &b.Events[i]; e.Err == nil && l.kind == event.KindNone {
			if err := l.settle(e.Kind); err != nil {
				return 0, err
			}
		}
	}
	if l.encoder != nil {
		l.encoder.Encode(&l.rows, &l.seen, b, &l.scratch)
	}
	rec := Record{Source: s.Name, Batch: b}
	if s.Labels != nil {
		rec.beside = beside
	}
	for i := range b.Events {
		e := &b.Events[i]
		if e.Err != nil {
			l.set.Unread++
			continue
		}
		read++
		if e.Kind != l.kind {
			continue
		}
		rec.Event, rec.Line = e, int64(b.FirstLine)+int64(e.Line)
		raw := b.Bytes(e.Raw)
		rec.column = func(name string) (string, bool) {
			if text, ok := beside.column(rec.Line, name); ok {
				return text, ok
			}
			return columns.of(raw, name)
		}
		label, err := l.options.Label(&rec)
		if err != nil {
			return read, fmt.Errorf("line %d: %w", rec.Line, err)
		}
		if label.Drop {
			continue
		}
		if label.Site == "" {
			label.Site = s.Name
		}
		if l.encoder != nil && !label.Alone {
			l.observe(i, label.Site)
		}
		if label.Y < 0 {
			continue
		}
		if err := l.add(b, i, &label); err != nil {
			return read, err
		}
	}
	return read, nil
}

// settle decides the kind of the rows.
func (l *loader) settle(k event.Kind) error {
	if l.options.Event.Kind != event.KindNone {
		k = l.options.Event.Kind
	}
	l.kind = k
	if k == event.Table {
		return nil
	}
	var err error
	if l.encoder, err = feature.EncoderFor(&feature.Schema{Kind: k, Whole: l.options.whole()}); err != nil {
		return err
	}
	l.set.Schema = *l.encoder.Schema()
	l.set.Rows.D = len(l.set.Schema.Names)
	return nil
}

// whole reports whether requests are to be listed whole.
func (o *LoadOptions) whole() bool { return o.Whole || o.Schema != nil && o.Schema.Whole }

// observe folds record i into the windows of its site.
func (l *loader) observe(i int, site string) {
	stateless := l.set.Schema.Stateless
	if stateless == l.set.Rows.D || l.seen[i].Kind != l.kind {
		return
	}
	c := l.contexts[site]
	if c == nil {
		c = feature.NewContext(l.kind, feature.ContextLimits{})
		l.contexts[site] = c
	}
	c.Update(l.rows.Row(i)[stateless:], &l.seen[i])
}

// add appends record i to the set.
func (l *loader) add(b *event.Batch, i int, label *Label) error {
	s := l.set
	if label.Y > 1 {
		return fmt.Errorf("label %d; want 1, 0 or -1", label.Y)
	}
	group := uint64(0)
	switch {
	case label.Group != "":
		group = feature.Hash64([]byte(label.Group))
	case l.encoder != nil:
		group = groupOf(l.kind, &l.rows, i, &l.seen[i], s.Schema.Stateless)
	}
	typ := label.Type
	switch {
	case label.Y == 0:
		typ = s.Types[0]
	case typ == "":
		typ = "threat"
	}
	weight := label.Weight
	if weight == 0 {
		weight = 1
	}
	s.Y = append(s.Y, label.Y)
	s.W = append(s.W, weight)
	s.Group = append(s.Group, group)
	s.Type = append(s.Type, indexOf(l.types, &s.Types, typ))
	s.Site = append(s.Site, indexOf(l.sites, &s.Sites, label.Site))
	s.Time = append(s.Time, b.Events[i].Time)
	s.TeachOnly = append(s.TeachOnly, label.TeachOnly)
	if l.encoder == nil {
		l.table.add(b, &b.Events[i])
		return nil
	}
	return l.addRow(i)
}

// addRow appends the encoded row i. Spans into the event batch are dropped:
// the set does not keep the logs.
func (l *loader) addRow(i int) error {
	rows := &l.set.Rows
	rows.N++
	rows.X = append(rows.X, l.rows.Row(i)...)
	t := &rows.Texts
	for _, v := range l.rows.Texts.Of(i) {
		text := l.rows.Texts.Bytes(&v)
		if len(t.Buf)+len(text) > maxTextBytes {
			return errTexts
		}
		v.Text, v.Raw, v.Name = event.Span{Off: uint32(len(t.Buf)), Len: uint32(len(text))}, event.Span{}, event.Span{}
		t.Buf = append(t.Buf, text...)
		t.Values = append(t.Values, v)
	}
	t.First = append(t.First, uint32(len(t.Values)))
	if len(rows.Raw.Buf) > maxTextBytes-len(l.rows.Raw.Buf) {
		return errTexts
	}
	rows.Raw.Copy(&l.rows.Raw, i)
	return nil
}

// indexOf returns the index of a name in list, after adding it if it is new.
func indexOf(index map[string]int32, list *[]string, name string) int32 {
	i, ok := index[name]
	if !ok {
		i = int32(len(*list))
		index[name] = i
		*list = append(*list, name)
	}
	return i
}
