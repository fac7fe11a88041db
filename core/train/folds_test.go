package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// foldSample has n rows in groups of up to four, six types, five sites.
func foldSample(n int) (y []uint8, group []uint64, typ, site []int32, time []int64) {
	r := rand.New(rand.NewPCG(9, 9))
	for g := uint64(0); len(y) < n; g++ {
		label, kind := uint8(r.IntN(2)), int32(1+r.IntN(6))
		where := int32(r.IntN(5))
		at := r.Int64N(1e6)
		if r.IntN(10) == 0 {
			at = math.MinInt64
		}
		for range 1 + r.IntN(4) {
			y, group, site, time = append(y, label), append(group, g), append(site, where), append(time, at)
			if label == 1 {
				typ = append(typ, kind)
			} else {
				typ = append(typ, 0)
			}
		}
	}
	return y, group, typ, site, time
}

func TestSplit(t *testing.T) {
	y, group, typ, site, time := foldSample(4000)
	for _, c := range []struct {
		name  string
		guard Guard
	}{{"group", GuardByGroup}, {"time", GuardByTime}, {"type", GuardByType}, {"site", GuardBySite}} {
		t.Run(c.name, func(t *testing.T) {
			fold, err := Split(y, group, typ, site, time, SplitOptions{Guard: c.guard, Seed: 3})
			if err != nil {
				t.Fatal(err)
			}
			of := map[uint64]uint8{}
			var guarded float64
			for i, f := range fold {
				if first, seen := of[group[i]]; seen && first != f {
					t.Fatalf("group %d is in folds %d and %d", group[i], first, f)
				}
				of[group[i]] = f
				if f == GuardFold {
					guarded++
				} else if f >= Folds {
					t.Fatalf("fold %d", f)
				}
			}
			if share := guarded / float64(len(fold)); share < 0.1 || share > 0.3 {
				t.Errorf("guard part has %.2f of the rows", share)
			}
			again, _ := Split(y, group, typ, site, time, SplitOptions{Guard: c.guard, Seed: 3})
			if !slices.Equal(fold, again) {
				t.Error("the same seed gave other folds")
			}
			other, _ := Split(y, group, typ, site, time, SplitOptions{Guard: c.guard, Seed: 4})
			if slices.Equal(fold, other) {
				t.Error("another seed gave the same folds")
			}
			switch c.guard {
			case GuardByType:
				wholly(t, "type", typ, fold, func(i int) bool { return y[i] == 1 })
			case GuardBySite:
				wholly(t, "site", site, fold, func(int) bool { return true })
			case GuardByTime:
				latest := int64(math.MinInt64)
				for i, f := range fold {
					if f != GuardFold {
						latest = max(latest, time[i])
					}
				}
				for i, f := range fold {
					if f == GuardFold && time[i] < latest {
						t.Fatalf("guard row of time %d before a training row of %d", time[i], latest)
					}
				}
			}
		})
	}
}

// wholly checks that no class is both in the guard part and outside.
func wholly(t *testing.T, what string, of []int32, fold []uint8, use func(int) bool) {
	t.Helper()
	in, out := map[int32]bool{}, map[int32]bool{}
	for i, id := range of {
		if use(i) {
			if fold[i] == GuardFold {
				in[id] = true
			} else {
				out[id] = true
			}
		}
	}
	for id := range in {
		if out[id] {
			t.Errorf("%s %d is on both sides of the guard", what, id)
		}
	}
	if len(in) == 0 || len(out) == 0 {
		t.Errorf("%d %ss inside the guard, %d outside", len(in), what, len(out))
	}
}

func TestSplitRefuses(t *testing.T) {
	y, group, typ, site, time := foldSample(200)
	for _, c := range []struct {
		name  string
		spoil func(y []uint8)
	}{
		{"no attacks", func(y []uint8) { clear(y) }},
		{"one attack", func(y []uint8) { clear(y); y[0] = 1 }},
	} {
		bad := slices.Clone(y)
		c.spoil(bad)
		if _, err := Split(bad, group, typ, site, time, SplitOptions{}); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

func TestLeaveOutFolds(t *testing.T) {
	y, group, typ, site, time := foldSample(3000)
	fold, err := Split(y, group, typ, site, time, SplitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out, ok := LeaveOutFolds(fold, y, typ, site)
	if !ok {
		t.Fatal("six types and five sites, and nothing to leave out")
	}
	whole := map[[2]int32]uint8{}
	used := map[uint8]bool{}
	for i, f := range out {
		if (f == GuardFold) != (fold[i] == GuardFold) {
			t.Fatal("the guard part changed")
		}
		if f == GuardFold {
			continue
		}
		key := [2]int32{int32(y[i]), site[i]}
		if y[i] == 1 {
			key[1] = typ[i]
		}
		if first, seen := whole[key]; seen && first != f {
			t.Fatalf("class %v is in folds %d and %d", key, first, f)
		}
		whole[key] = f
		used[f] = true
	}
	if len(used) != Folds {
		t.Errorf("%d folds are used", len(used))
	}
	if _, ok := LeaveOutFolds(fold, y, make([]int32, len(y)), make([]int32, len(y))); ok {
		t.Error("one type and one site, and something to leave out")
	}
}

func TestBalanceTypes(t *testing.T) {
	y := []uint8{0, 0, 0, 0, 0, 0, 1, 1, 1, 1}
	typ := []int32{0, 0, 0, 0, 0, 0, 1, 1, 1, 2}
	site := []int32{0, 0, 0, 0, 0, 1, 0, 0, 0, 0}
	w := BalanceTypes(y, typ, site, nil, 0)
	sum := map[[2]int32]float64{}
	for i, v := range w {
		key := [2]int32{int32(y[i]), site[i]}
		if y[i] == 1 {
			key[1] = typ[i]
		}
		sum[key] += float64(v)
	}
	for key, v := range sum {
		if math.Abs(v-2.5) > 1e-6 {
			t.Errorf("class %v weighs %g, want 2.5 of 10", key, v)
		}
	}
	if w := BalanceTypes(y, typ, site, nil, 2); w[9] != 2 {
		t.Errorf("the lone row weighs %g, want the limit 2", w[9])
	}
}
