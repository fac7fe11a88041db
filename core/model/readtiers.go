package model

import (
	"slices"
	"strconv"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// stored is a base learner as the header describes it.
type stored struct {
	info    learner.Info
	absent  bool
	numbers []learner.Number
	strings []learner.String
	tensors []string
}

func readStored(s string) (out []stored, err error) {
	r := newReader([]byte(s))
	r.objects(func() func(string) {
		out = append(out, stored{})
		l := &out[len(out)-1]
		if len(out) > ensemble.MaxLearners {
			r.err = ErrTooLarge
		}
		return func(name string) {
			switch name {
			case "id":
				l.info.ID = r.text()
			case "type":
				l.info.Type = r.text()
			case "class":
				l.info.Class = r.text()
			case "columns":
				l.info.Columns = r.counts(MaxColumns)
			case "texts":
				l.info.Texts = r.boolean()
			case "context":
				l.info.Context = r.boolean()
			case "cost":
				l.info.Cost = float32(r.number())
			case "absent":
				l.absent = r.boolean()
			case "numbers":
				r.object(func(name string) {
					l.numbers = append(l.numbers, learner.Number{Name: name, Value: r.number()})
				})
			case "strings":
				r.object(func(name string) {
					l.strings = append(l.strings, learner.String{Name: name, Value: r.text()})
				})
			case "tensors":
				l.tensors = r.texts(MaxTensors)
			default:
				r.err = errShape
			}
		}
	})
	return out, r.end()
}

func (f *file) tiers(body []byte) (*ensemble.Tiers, error) {
	descriptions, err := readStored(f.text("learners"))
	if err != nil {
		return nil, err
	}
	bases := make([]ensemble.Base, len(descriptions))
	for i := range descriptions {
		if bases[i], err = f.base(body, &descriptions[i], i); err != nil {
			return nil, err
		}
	}
	super := &ensemble.SuperLearner{}
	metas, err := f.metas(body, super)
	if err != nil {
		return nil, err
	}
	beta, err := f.floats(body, "super.beta")
	if err != nil {
		return nil, err
	}
	super.Beta = beta
	if super.Calibration, super.Tail, err = f.curves(body, "super."); err != nil {
		return nil, err
	}
	return ensemble.NewTiers(bases, metas, super)
}

func (f *file) base(body []byte, d *stored, i int) (b ensemble.Base, err error) {
	prefix := "base." + strconv.Itoa(i) + "."
	if b.Calibration, b.Tail, err = f.curves(body, prefix); err != nil {
		return b, err
	}
	if d.absent {
		b.Learner = NewAbsent(d.info)
		return b, nil
	}
	state := learner.State{Numbers: d.numbers, Strings: d.strings}
	for _, name := range d.tensors {
		t, err := f.take(body, prefix+"state."+name)
		if err != nil {
			return b, err
		}
		t.Name = name
		state.Tensors = append(state.Tensors, t)
	}
	b.Learner, err = learner.New(d.info, state)
	return b, err
}

// metas reads the meta-learners, and of the super-learner its name and what else
// is no array.
func (f *file) metas(body []byte, super *ensemble.SuperLearner) (out []*ensemble.MetaLearner, err error) {
	type description struct {
		name, mixer string
		bias        float64
	}
	var list []description
	r := newReader([]byte(f.text("tiers")))
	r.object(func(name string) {
		switch name {
		case "metas":
			r.objects(func() func(string) {
				list = append(list, description{})
				d := &list[len(list)-1]
				if len(list) > ensemble.MaxMetas {
					r.err = ErrTooLarge
				}
				return func(name string) {
					switch name {
					case "name":
						d.name = r.text()
					case "mixer":
						d.mixer = r.text()
					case "bias":
						d.bias = r.number()
					default:
						r.err = errShape
					}
				}
			})
		case "super":
			super.Name = r.text()
		case "floor":
			super.Floor = r.place()
		case "novelty":
			super.Novelty = r.place()
		case "certain":
			super.Certain = r.number()
		case "certified":
			super.Certified = r.place()
		default:
			r.err = errShape
		}
	})
	if err := r.end(); err != nil {
		return nil, err
	}
	for j, d := range list {
		prefix := "meta." + strconv.Itoa(j) + "."
		weights, err := f.floats(body, prefix+"weights")
		if err != nil {
			return nil, err
		}
		m := &ensemble.MetaLearner{Name: d.name}
		if m.Mixer, err = ensemble.NewMixer(d.mixer, ensemble.State{Weights: weights, Bias: d.bias}); err != nil {
			return nil, err
		}
		if m.Calibration, _, err = f.curves(body, prefix); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// place reads 1 + the index of a meta-learner.
func (r *reader) place() int {
	v := r.number()
	if !(v >= 1 && v <= ensemble.MaxMetas && v == float64(int(v))) {
		r.err = errShape
		return 0
	}
	return int(v)
}

// floats takes a one-dimensional tensor of float64.
func (f *file) floats(body []byte, name string) ([]float64, error) {
	t, err := f.take(body, name)
	if err != nil {
		return nil, err
	}
	if t.F64 == nil || len(t.Shape) != 1 {
		return nil, Error("tensor " + strconv.Quote(name) + " is of the wrong type")
	}
	return t.F64, nil
}

// curves takes a calibration and a tail where the file has them.
func (f *file) curves(body []byte, prefix string) (c *ensemble.Calibration, tail *ensemble.Tail, err error) {
	if name := prefix + "calibration"; f.has(name) {
		t, err := f.take(body, name)
		if err != nil {
			return nil, nil, err
		}
		if t.F64 == nil || len(t.Shape) != 2 || t.Shape[0] != 2 {
			return nil, nil, Error("tensor " + strconv.Quote(name) + " is of the wrong type")
		}
		n := len(t.F64) / 2
		if c, err = ensemble.NewCalibration(slices.Clip(t.F64[:n]), t.F64[n:]); err != nil {
			return nil, nil, err
		}
	}
	if name := prefix + "tail"; f.has(name) {
		v, err := f.floats(body, name)
		if err != nil {
			return nil, nil, err
		}
		n := len(v) / 2
		if len(v)%2 == 0 {
			return nil, nil, Error("tensor " + strconv.Quote(name) + " is of the wrong shape")
		}
		if tail, err = ensemble.NewTail(slices.Clip(v[:n]), slices.Clip(v[n:2*n]), v[2*n]); err != nil {
			return nil, nil, err
		}
	}
	return c, tail, nil
}
