package learner

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestKeyKeepsOrder(t *testing.T) {
	inf := float32(math.Inf(1))
	tiny := float32(math.SmallestNonzeroFloat32)
	rising := []float32{-inf, NoValue, -1e30, -1, -tiny, 0, tiny, 1, 1.0000001, 3e38, math.MaxFloat32, inf}
	for i := 1; i < len(rising); i++ {
		if !(key(rising[i-1]) < key(rising[i])) {
			t.Errorf("key(%g) is not below key(%g)", rising[i-1], rising[i])
		}
	}
	if key(float32(math.Copysign(0, -1))) != key(0) {
		t.Error("the zeros differ")
	}
	if !(key(float32(math.NaN())) < key(-inf)) || !(key(-float32(math.NaN())) < key(-inf)) {
		t.Error("NaN is not below all numbers")
	}
	if !(key(inf) < padding) {
		t.Error("infinity reaches the padding")
	}
}

// Rank must count the borders that are not above the value, whatever their number.
func TestRankCountsBorders(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= GroveBorders; n++ {
		borders := make([]float32, n)
		at := float32(-50)
		for i := range borders {
			at += rng.Float32() + .01
			borders[i] = at
		}
		s := State{Tensors: []Tensor{
			{Name: "counts", Shape: []int{1}, U8: []uint8{uint8(n)}},
			{Name: "borders", Shape: []int{n}, F32: borders},
		}}
		r := stateReader{id: "test", s: s}
		g := readBins(&r, []int{0}, GroveBorders)
		if err := r.done(); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			v := (rng.Float32() - .5) * 200
			if rng.IntN(4) == 0 {
				v = borders[rng.IntN(n)]
			}
			want := 0
			for _, b := range borders {
				if v >= b {
					want++
				}
			}
			if got := rank(g.cuts[0], v); got != want {
				t.Fatalf("%d borders: rank of %g is %d, want %d", n, v, got, want)
			}
		}
		if got := rank(g.cuts[0], float32(math.NaN())); got != 0 {
			t.Fatalf("%d borders: NaN has rank %d", n, got)
		}
	}
}

// treesState is one tree that asks whether column 3 is at least 2, and leaves
// that differ in nothing else.
func treesState() (Info, State) {
	tests := make([]uint8, TreeDepth*2)
	tests[1] = 1
	leaves := make([]int16, 1<<TreeDepth)
	leaves[62], leaves[63] = -100, 100 // the other levels are always true
	return Info{ID: "t", Type: "trees", Columns: []int{3}}, State{
		Numbers: []Number{{"trees", 1}, {"scale", .5}, {"bias", 1}},
		Tensors: []Tensor{
			{Name: "counts", Shape: []int{1}, U8: []uint8{1}},
			{Name: "borders", Shape: []int{1}, F32: []float32{2}},
			{Name: "tests", Shape: []int{1, TreeDepth, 2}, U8: tests},
			{Name: "leaves", Shape: []int{1, 1 << TreeDepth}, I16: leaves},
			{Name: "typical", Shape: []int{1}, U8: []uint8{0}},
		},
	}
}

func TestTreesByHand(t *testing.T) {
	info, s := treesState()
	l, err := New(info, s)
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	b := Batch{N: 4, D: 4, X: []float32{0, 0, 0, 1.9, 0, 0, 0, 2, 9, 9, 9, nan, nan, nan, nan, 7}}
	got := make([]float32, 4)
	if err := l.Score(got, &b); err != nil {
		t.Fatal(err)
	}
	if got[0] != -49 || got[1] != 51 || got[2] == got[2] || got[3] != 51 {
		t.Errorf("scores %v, want [-49 51 NaN 51]", got)
	}
	parts := l.(Explainer).Explain(nil, &b, 1, 5)
	if len(parts) != 1 || parts[0].Column != 3 || parts[0].Weight != 100 {
		t.Errorf("parts %+v, want column 3 with the whole difference of 100", parts)
	}
}

// groveState is the tree: column 1 at least 5 ? (column 0 at least 1 ? 30 : 20) : 10.
func groveState() (Info, State) {
	return Info{ID: "g", Type: "boosted", Columns: []int{0, 1}}, State{
		Numbers: []Number{{"trees", 1}, {"nodes", 5}, {"scale", 1}, {"bias", 0}},
		Tensors: []Tensor{
			{Name: "counts", Shape: []int{2}, U8: []uint8{1, 1}},
			{Name: "borders", Shape: []int{2}, F32: []float32{1, 5}},
			{Name: "shape", Shape: []int{5}, U8: []uint8{2, 0, 1, 0, 0}},
			{Name: "ranks", Shape: []int{2}, U8: []uint8{1, 1}},
			{Name: "leaves", Shape: []int{3}, I16: []int16{10, 20, 30}},
			{Name: "typical", Shape: []int{2}, U8: []uint8{0, 0}},
		},
	}
}

func TestGroveByHand(t *testing.T) {
	for _, kind := range []string{"boosted", "forest", "isolation"} {
		info, s := groveState()
		info.Type = kind
		l, err := New(info, s)
		if err != nil {
			t.Fatal(err)
		}
		b := Batch{N: 3, D: 2, X: []float32{9, 4, 0, 5, 1, 6}}
		got := make([]float32, 3)
		if err := l.Score(got, &b); err != nil {
			t.Fatal(err)
		}
		if got[0] != 10 || got[1] != 20 || got[2] != 30 {
			t.Errorf("%s: scores %v, want [10 20 30]", kind, got)
		}
		// From 10 to 30: column 1 alone gives 10, column 0 alone nothing, both 20.
		parts := l.(Explainer).Explain(nil, &b, 2, 5)
		if len(parts) != 2 || parts[0].Column != 1 || parts[0].Weight != 15 || parts[1].Column != 0 || parts[1].Weight != 5 {
			t.Errorf("%s: parts %+v, want column 1 with 15 and column 0 with 5", kind, parts)
		}
	}
}

func TestTreeLearnersRefuse(t *testing.T) {
	tensor := func(s *State, name string) *Tensor {
		for i := range s.Tensors {
			if s.Tensors[i].Name == name {
				return &s.Tensors[i]
			}
		}
		panic(name)
	}
	for _, c := range []struct {
		name  string
		state func() (Info, State)
		spoil func(info *Info, s *State)
	}{
		{"test of a column that is not there", treesState, func(_ *Info, s *State) { tensor(s, "tests").U8[0] = 1 }},
		{"test of a border that is not there", treesState, func(_ *Info, s *State) { tensor(s, "tests").U8[1] = 2 }},
		{"no column", treesState, func(i *Info, _ *State) { i.Columns = nil }},
		{"column without borders", treesState, func(_ *Info, s *State) { tensor(s, "counts").U8[0] = 0 }},
		{"too many borders", treesState, func(_ *Info, s *State) { tensor(s, "counts").U8[0] = TreeBorders + 1 }},
		{"borders that fall", groveState, func(_ *Info, s *State) {
			tensor(s, "counts").U8[0] = 2
			tensor(s, "borders").F32, tensor(s, "borders").Shape = []float32{1, 1, 5}, []int{3}
		}},
		{"no trees", treesState, func(_ *Info, s *State) { s.Numbers[0].Value = 0 }},
		{"half a tree", groveState, func(_ *Info, s *State) { tensor(s, "shape").U8[4] = 1 }},
		{"leaf too early", groveState, func(_ *Info, s *State) { tensor(s, "shape").U8[0] = 0 }},
		{"slot out of range", groveState, func(_ *Info, s *State) { tensor(s, "shape").U8[0] = 3 }},
		{"rank 0", groveState, func(_ *Info, s *State) { tensor(s, "ranks").U8[0] = 0 }},
		{"rank out of range", groveState, func(_ *Info, s *State) { tensor(s, "ranks").U8[1] = 2 }},
		{"even number of nodes", groveState, func(_ *Info, s *State) { s.Numbers[1].Value = 4 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, s := c.state()
			if _, err := New(info, s); err != nil {
				t.Fatal(err)
			}
			c.spoil(&info, &s)
			if _, err := New(info, s); err == nil {
				t.Error("no error")
			}
		})
	}
}

// FuzzTreeLearners feeds arbitrary tensors to the readers of stored trees: what
// they accept must score without a panic and store to the same bytes.
func FuzzTreeLearners(f *testing.F) {
	f.Add(uint8(0), uint8(1), uint8(1), []byte{1}, []byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(uint8(1), uint8(1), uint8(5), []byte{1, 1}, []byte{2, 0, 1, 0, 0, 1, 1})
	f.Add(uint8(2), uint8(2), uint8(4), []byte{3}, []byte{1, 0, 0, 0, 2})
	f.Add(uint8(3), uint8(1), uint8(3), []byte{200, 9}, []byte{1, 0, 0, 7})
	f.Add(uint8(4), uint8(0), uint8(0), []byte{4, 2}, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, kind, trees, nodes uint8, counts, data []byte) {
		kinds := []string{"trees", "boosted", "forest", "isolation", "histogram"}
		info := Info{ID: "fuzz", Type: kinds[int(kind)%len(kinds)]}
		total := 0
		for i, n := range counts {
			info.Columns = append(info.Columns, i)
			total += int(n)
		}
		borders := make([]float32, total)
		for i := range borders {
			borders[i] = float32(i)
		}
		take := func(n int) []uint8 {
			out := make([]uint8, max(n, 0))
			data = data[copy(out, data):]
			return out
		}
		n, questions := int(nodes), (int(nodes)-int(trees))/2
		s := State{
			Numbers: []Number{{"scale", .25}},
			Tensors: []Tensor{
				{Name: "counts", Shape: []int{len(counts)}, U8: counts},
				{Name: "borders", Shape: []int{total}, F32: borders},
			},
		}
		switch info.Type {
		case "trees":
			s.Numbers = append(s.Numbers, Number{"trees", float64(trees)}, Number{"bias", 1})
			s.Tensors = append(s.Tensors,
				Tensor{Name: "tests", Shape: []int{int(trees), TreeDepth, 2}, U8: take(int(trees) * TreeDepth * 2)},
				Tensor{Name: "leaves", Shape: []int{int(trees), 1 << TreeDepth}, I16: make([]int16, int(trees)<<TreeDepth)},
				Tensor{Name: "typical", Shape: []int{len(counts)}, U8: take(len(counts))})
		case "histogram":
			s.Tensors = append(s.Tensors, Tensor{Name: "table", Shape: []int{total + len(counts)}, I16: make([]int16, total+len(counts))})
		default:
			s.Numbers = append(s.Numbers, Number{"trees", float64(trees)}, Number{"nodes", float64(nodes)}, Number{"bias", 0})
			s.Tensors = append(s.Tensors,
				Tensor{Name: "shape", Shape: []int{n}, U8: take(n)},
				Tensor{Name: "ranks", Shape: []int{max(questions, 0)}, U8: take(questions)},
				Tensor{Name: "leaves", Shape: []int{n - max(questions, 0)}, I16: make([]int16, n-max(questions, 0))},
				Tensor{Name: "typical", Shape: []int{len(counts)}, U8: take(len(counts))})
		}
		l, err := New(info, s)
		if err != nil {
			return
		}
		b := Batch{N: 9, D: len(counts), X: make([]float32, 9*len(counts))}
		for i := range b.X {
			b.X[i] = float32(i*31%300) - 20
		}
		dst := make([]float32, b.N)
		if err := l.Score(dst, &b); err != nil {
			t.Fatal(err)
		}
		l.(Explainer).Explain(nil, &b, 0, 10)
		again, err := New(l.Info(), l.(Stateful).State())
		if err != nil {
			t.Fatalf("its own state is refused: %v", err)
		}
		other := make([]float32, b.N)
		if err := again.Score(other, &b); err != nil {
			t.Fatal(err)
		}
		for i := range dst {
			if math.Float32bits(dst[i]) != math.Float32bits(other[i]) {
				t.Fatalf("row %d scores %g, reread %g", i, dst[i], other[i])
			}
		}
	})
}
