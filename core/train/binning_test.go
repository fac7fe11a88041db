package train

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
)

func TestQuantiles(t *testing.T) {
	nan := float32(math.NaN())
	many := make([]float32, 1000)
	for i := range many {
		many[i] = float32(i)
		if i >= 600 {
			many[i] = 600 // two fifths of the rows have one value
		}
	}
	for _, c := range []struct {
		name   string
		values []float32
		most   int
		want   []float32
	}{
		{"nothing", nil, 8, nil},
		{"one value", []float32{3, 3, 3}, 8, nil},
		{"few values", []float32{1, 4, 1, 2}, 8, []float32{1.5, 3}},
		{"a missing value", []float32{1, nan, 2}, 8, []float32{learner.NoValue, 1.5}},
		{"only missing", []float32{nan, nan}, 8, nil},
		{"infinities are the greatest numbers", []float32{float32(math.Inf(-1)), 0, float32(math.Inf(1))}, 8, []float32{-math.MaxFloat32 / 2, math.MaxFloat32 / 2}},
		{"neighbours", []float32{1, math.Nextafter32(1, 2)}, 8, []float32{math.Nextafter32(1, 2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := quantiles(c.values, c.most); !slices.Equal(got, c.want) {
				t.Errorf("borders %v, want %v", got, c.want)
			}
		})
	}
	t.Run("a heavy value has a bin of its own", func(t *testing.T) {
		borders := quantiles(many, 9)
		if len(borders) > 9 || !slices.Contains(borders, 599.5) {
			t.Fatalf("borders %v, want at most 9 and one at 599.5", borders)
		}
		codes := make([]uint8, len(many))
		encode(codes, many, borders)
		count := map[uint8]int{}
		for _, c := range codes[:600] {
			count[c]++
		}
		for c, n := range count {
			if n < 40 || n > 110 {
				t.Errorf("bin %d holds %d of 600 rows, want about 67", c, n)
			}
		}
	})
}

// Borders must keep their promises on any values: ascending, at most most, and
// codes that rise with the values.
func FuzzQuantiles(f *testing.F) {
	f.Add(uint64(1), uint16(300), uint8(20), uint8(5))
	f.Add(uint64(2), uint16(3), uint8(1), uint8(0))
	f.Add(uint64(3), uint16(2000), uint8(254), uint8(255))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, most, distinct uint8) {
		rng := rand.New(rand.NewPCG(seed, 0))
		most = max(most, 2)
		values := make([]float32, n%4096)
		for i := range values {
			switch rng.IntN(8) {
			case 0:
				values[i] = math.Float32frombits(rng.Uint32())
			case 1:
				values[i] = float32(rng.IntN(3))
			default:
				values[i] = float32(rng.IntN(int(distinct)+1)) * .37
			}
		}
		borders := quantiles(values, int(most))
		if len(borders) > int(most) {
			t.Fatalf("%d borders, want at most %d", len(borders), most)
		}
		for i, b := range borders {
			if b-b != 0 || i > 0 && !(borders[i-1] < b) {
				t.Fatalf("borders %v are not ascending and finite", borders)
			}
		}
		codes := make([]uint8, len(values))
		encode(codes, values, borders)
		for i := 1; i < len(values); i++ {
			if values[i-1] <= values[i] && codes[i-1] > codes[i] {
				t.Fatalf("codes of %g and %g are %d and %d", values[i-1], values[i], codes[i-1], codes[i])
			}
		}
	})
}

func TestPruneKeepsWhatIsAsked(t *testing.T) {
	b := &binned{
		columns: []int{7, 8, 9},
		borders: [][]float32{{1, 2, 3}, {1}, {5, 6}},
		typical: []uint8{2, 0, 2},
	}
	u := newUsed(b)
	u.ask(0, 2)
	u.ask(2, 1)
	u.ask(2, 2)
	p := u.prune()
	if !slices.Equal(p.columns, []int{7, 9}) || !slices.Equal(p.counts, []uint8{1, 2}) ||
		!slices.Equal(p.borders, []float32{2, 5, 6}) || !slices.Equal(p.typical, []uint8{1, 2}) {
		t.Errorf("kept columns %v, counts %v, borders %v, typical %v", p.columns, p.counts, p.borders, p.typical)
	}
	if p.slot[2] != 1 || p.rank[0][2] != 1 || p.rank[2][2] != 2 {
		t.Error("the new numbers are wrong")
	}
}

func TestLowRecall(t *testing.T) {
	// 200 normal rows scored 0 to 199; 1 % are the two at the top.
	normal := func(threats ...float64) ([]float64, *Data) {
		d := &Data{}
		var s []float64
		for i := range 200 {
			s, d.Y = append(s, float64(i)), append(d.Y, 0)
		}
		for _, v := range threats {
			s, d.Y = append(s, v), append(d.Y, 1)
		}
		d.N = len(s)
		return s, d
	}
	for _, c := range []struct {
		name    string
		threats []float64
		want    float64
	}{
		{"above all", []float64{300, 300}, 1},
		{"below the limit", []float64{150, 100}, 0},
		{"half", []float64{300, 100}, .5},
		{"between the two", []float64{198.5}, .5},
		{"ties are not caught", []float64{199}, .5},
		{"none", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, d := normal(c.threats...)
			if got := lowRecall(s, d); math.Abs(got-c.want) > 1e-12 {
				t.Errorf("%g, want %g", got, c.want)
			}
		})
	}
}

func TestSubset(t *testing.T) {
	d := sampleData(10, 1)
	d.W = []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	s := d.Subset([]int{3, 3, 9})
	if s.N != 3 || s.W[0] != 3 || s.W[2] != 9 || !reflect.DeepEqual(s.Y, []uint8{d.Y[3], d.Y[3], d.Y[9]}) {
		t.Errorf("subset %+v", s)
	}
	for k, i := range []int{3, 3, 9} {
		for c := range d.D {
			if math.Float32bits(s.Row(k)[c]) != math.Float32bits(d.Row(i)[c]) {
				t.Fatalf("row %d column %d differs", k, c)
			}
		}
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestPool(t *testing.T) {
	values := []float64{3, 1, 2, 0, 9}
	pool([]int{0, 1, 2, 4}, values, []float64{1, 1, 2, 1, 1})
	if want := []float64{2, 2, 2, 0, 9}; !reflect.DeepEqual(values, want) {
		t.Errorf("pooled %v, want %v", values, want)
	}
}
