package model

import (
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// selector names the optional section of Model.Selector: a text of the header that
// lists the learners asked, and the tensors selector.edges.N, selector.keys,
// selector.rows, selector.losses and selector.logodds.
const selector = "selector"

func selectorJSON(s *ensemble.Selector) string {
	var w writer
	w.open('{')
	w.key("asked")
	w.open('[')
	for _, b := range s.Asked {
		w.integer(uint64(b))
	}
	w.close(']')
	w.close('}')
	return string(w.b)
}

// selectorTensors returns the arrays of a selector under their names in the file.
func selectorTensors(s *ensemble.Selector) []learner.Tensor {
	n, rates := len(s.Cells), len(ensemble.Losses{})
	keys, rows, losses, logOdds := make([]int32, n), make([]int32, n), make([]float32, 0, n*rates), make([]float32, n)
	for i := range s.Cells {
		c := &s.Cells[i]
		keys[i], rows[i], logOdds[i] = int32(c.Key), c.Rows, c.LogOdds
		losses = append(losses, c.Losses[:]...)
	}
	out := []learner.Tensor{
		{Name: "keys", Shape: []int{n}, I32: keys},
		{Name: "rows", Shape: []int{n}, I32: rows},
		{Name: "losses", Shape: []int{n, rates}, F32: losses},
		{Name: "logodds", Shape: []int{n}, F32: logOdds},
	}
	for k, e := range s.Edges {
		out = append(out, learner.Tensor{Name: "edges." + strconv.Itoa(k), Shape: []int{len(e)}, F32: e})
	}
	return out
}

// selector reads the section, nil where the file has none.
func (f *file) selector(body []byte) (*ensemble.Selector, error) {
	text := f.text(selector)
	if text == "" {
		return nil, nil
	}
	s := &ensemble.Selector{}
	r := newReader([]byte(text))
	r.object(func(name string) {
		if name != "asked" {
			r.err = errShape
			return
		}
		s.Asked = r.counts(ensemble.MaxAsked)
	})
	if err := r.end(); err != nil {
		return nil, err
	}
	take := func(name string, dims int) (learner.Tensor, error) {
		t, err := f.take(body, selector+"."+name)
		if err == nil && len(t.Shape) != dims {
			err = Error("tensor " + strconv.Quote(selector+"."+name) + " is of the wrong shape")
		}
		return t, err
	}
	for k := range s.Asked {
		t, err := take("edges."+strconv.Itoa(k), 1)
		if err != nil {
			return nil, err
		}
		s.Edges = append(s.Edges, t.F32)
	}
	var parts [4]learner.Tensor
	for i, name := range [...]string{"keys", "rows", "losses", "logodds"} {
		dims := 1
		if name == "losses" {
			dims = 2
		}
		var err error
		if parts[i], err = take(name, dims); err != nil {
			return nil, err
		}
	}
	keys, rows, losses, logOdds := parts[0].I32, parts[1].I32, parts[2].F32, parts[3].F32
	rates := len(ensemble.Losses{})
	if n := len(keys); len(rows) != n || len(losses) != n*rates || len(logOdds) != n || n > ensemble.MaxCells {
		return nil, Error("cells of the selector differ in number")
	}
	for i, key := range keys {
		c := ensemble.Cell{Key: uint32(key), Rows: rows[i], LogOdds: logOdds[i]}
		copy(c.Losses[:], losses[i*rates:])
		s.Cells = append(s.Cells, c)
	}
	return s, nil
}

// selectors says what differs between two selectors.
func (d *differences) selectors(a, b *Model) {
	if (a.Selector == nil) != (b.Selector == nil) {
		d.text("selector", present(a.Selector), present(b.Selector))
		return
	}
	if a.Selector == nil {
		return
	}
	asked := func(m *Model) string {
		var ids []string
		for _, i := range m.Selector.Asked {
			ids = append(ids, m.Tiers.Bases[i].Learner.Info().ID)
		}
		return strings.Join(ids, ", ")
	}
	d.text("selector asks", asked(a), asked(b))
	x, y := selectorTensors(a.Selector), selectorTensors(b.Selector)
	for i := range min(len(x), len(y)) {
		if changed, all := differing(&x[i], &y[i]); changed > 0 {
			d.add("selector " + x[i].Name + ": " + strconv.Itoa(changed) + " of " + strconv.Itoa(all) + " numbers differ")
		}
	}
}

func present(s *ensemble.Selector) string {
	if s == nil {
		return "none"
	}
	return strconv.Itoa(len(s.Cells)) + " cells"
}
