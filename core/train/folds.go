package train

import (
	"errors"
	"math"
	"slices"
)

// Folds is how many parts cross-validation has. Five is the habit of the field
// and leaves 80 % to each fit; ten doubles the time for a gain within noise.
const Folds = 5

// GuardFold marks a row of the guard part: no base or meta-learner may see it.
const GuardFold = 255

// mix64 is the finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit
// of the result depends on every bit of x.
func mix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit maps a hash into [0,1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// Guard says how the guard part is chosen.
type Guard uint8

// Ways to choose the guard part.
const (
	GuardAuto    Guard = iota // by type in Fit where a set has enough types, else by group
	GuardByGroup              // random groups: the guard is like the training part
	GuardByTime               // the last block of time, groups that reach into it included
	GuardByType               // whole types of attack, and random groups of normal rows
	GuardBySite               // whole sites
)

// SplitOptions says how rows are divided.
type SplitOptions struct {
	Guard Guard
	Share float64 // of the rows in the guard part; default .18
	Seed  uint64
}

// Split returns one fold id a row, 0 to Folds-1 or GuardFold, shared by all
// tiers. Rows of one group never part: the fold is hashed from the group, the
// guard part takes whole groups. y, group are required; typ (0 is normal),
// site and time (nanoseconds; smallest value for none) as the Guard demands.
//
// It fails when the guard part or a fold would lack a class.
func Split(y []uint8, group []uint64, typ, site []int32, time []int64, o SplitOptions) ([]uint8, error) {
	if o.Share <= 0 {
		o.Share = 0.18
	}
	fold := GroupFolds(group, o.Seed)
	var guard []bool
	switch o.Guard {
	case GuardByTime:
		guard = lastBlock(time, o.Share)
	case GuardByType:
		guard = wholeClasses(y, typ, o)
		for i, g := range group {
			if y[i] == 0 {
				guard[i] = unit(mix64(g^mix64(o.Seed+1))) < o.Share
			}
		}
	case GuardBySite:
		guard = wholeSites(site, o)
	default:
		guard = make([]bool, len(y))
		for i, g := range group {
			guard[i] = unit(mix64(g^mix64(o.Seed+1))) < o.Share
		}
	}
	guarded := make(map[uint64]bool)
	for i, in := range guard {
		if in {
			guarded[group[i]] = true
		}
	}
	for i := range fold {
		if guarded[group[i]] {
			fold[i] = GuardFold
		}
	}
	return fold, checkFolds(fold, y)
}

// checkFolds says whether the guard part and the complement of each fold have
// both classes.
func checkFolds(fold, y []uint8) error {
	var count [2][Folds + 1]int
	for i, f := range fold {
		if f == GuardFold {
			f = Folds
		}
		count[y[i]][f]++
	}
	for c, n := range count {
		name := [...]string{"normal", "attack"}[c]
		if n[Folds] == 0 {
			return errors.New("train: the guard part has no " + name + " rows")
		}
		with := 0
		for _, k := range n[:Folds] {
			if k > 0 {
				with++
			}
		}
		if with < 2 {
			return errors.New("train: fewer than two folds have " + name + " rows")
		}
	}
	return nil
}

// GroupFolds returns a random fold for each row, hashed from its group.
func GroupFolds(group []uint64, seed uint64) []uint8 {
	fold := make([]uint8, len(group))
	for i, g := range group {
		fold[i] = uint8(mix64(g^mix64(seed)) % Folds)
	}
	return fold
}

// LeaveOutFolds returns folds that leave out whole types of attack and, where
// there are several, whole sites of normal rows: what a fold's learners are
// asked about, they have not seen anything like. Rows of the guard part in
// fold stay there. Normal rows of a single site keep their random fold.
//
// Types and sites are dealt out by size, largest first, each to the emptiest
// fold, so that folds are as even as whole classes allow. With fewer than two
// types and sites there is nothing to leave out, and ok is false.
func LeaveOutFolds(fold, y []uint8, typ, site []int32) (out []uint8, ok bool) {
	out = slices.Clone(fold)
	types := deal(classSizes(typ, func(i int) bool { return y[i] == 1 && fold[i] != GuardFold }))
	sites := deal(classSizes(site, func(i int) bool { return y[i] == 0 && fold[i] != GuardFold }))
	for i, f := range fold {
		switch {
		case f == GuardFold:
		case y[i] == 1 && len(types) > 1:
			out[i] = types[typ[i]]
		case y[i] == 0 && len(sites) > 1:
			out[i] = sites[site[i]]
		}
	}
	return out, len(types) > 1 || len(sites) > 1
}

// class is a type or a site and the number of its rows.
type class struct {
	id   int32
	rows int
}

// classSizes counts the rows of each class, largest first, then by id.
func classSizes(of []int32, use func(i int) bool) []class {
	var sizes []class
	at := map[int32]int{}
	for i, id := range of {
		if !use(i) {
			continue
		}
		k, seen := at[id]
		if !seen {
			k = len(sizes)
			at[id] = k
			sizes = append(sizes, class{id: id})
		}
		sizes[k].rows++
	}
	slices.SortFunc(sizes, func(a, b class) int {
		if a.rows != b.rows {
			return b.rows - a.rows
		}
		return int(a.id) - int(b.id)
	})
	return sizes
}

// deal gives each class to the fold that has the fewest rows so far.
func deal(sizes []class) map[int32]uint8 {
	var rows [Folds]int
	to := make(map[int32]uint8, len(sizes))
	for _, c := range sizes {
		least := 0
		for f, n := range rows {
			if n < rows[least] {
				least = f
			}
		}
		rows[least] += c.rows
		to[c.id] = uint8(least)
	}
	return to
}

// lastBlock marks the latest share of the rows that have a time.
func lastBlock(time []int64, share float64) []bool {
	var known []int64
	for _, t := range time {
		if t != math.MinInt64 {
			known = append(known, t)
		}
	}
	guard := make([]bool, len(time))
	if len(known) == 0 {
		return guard
	}
	slices.Sort(known)
	from := known[int(float64(len(known))*(1-share))]
	for i, t := range time {
		guard[i] = t != math.MinInt64 && t >= from
	}
	return guard
}

// wholeClasses marks the rows of whole types of attack.
func wholeClasses(y []uint8, typ []int32, o SplitOptions) []bool {
	return pick(typ, func(i int) bool { return y[i] == 1 }, o)
}

// wholeSites marks the rows of whole sites.
func wholeSites(site []int32, o SplitOptions) []bool {
	return pick(site, func(int) bool { return true }, o)
}

// pick marks the rows of classes drawn at random until they have the share of
// rows asked for; a class that would take more than twice that is passed over,
// and one class at least is left.
func pick(of []int32, use func(i int) bool, o SplitOptions) []bool {
	sizes := classSizes(of, use)
	total := 0
	for _, c := range sizes {
		total += c.rows
	}
	slices.SortFunc(sizes, func(a, b class) int {
		ha, hb := mix64(uint64(a.id)^mix64(o.Seed)), mix64(uint64(b.id)^mix64(o.Seed))
		if ha < hb {
			return -1
		}
		return 1
	})
	want := o.Share * float64(total)
	taken, picked := 0, map[int32]bool{}
	for _, c := range sizes {
		if float64(taken) >= want || len(picked)+1 == len(sizes) {
			break
		}
		if float64(taken+c.rows) <= 2*want {
			picked[c.id] = true
			taken += c.rows
		}
	}
	guard := make([]bool, len(of))
	for i, id := range of {
		guard[i] = use(i) && picked[id]
	}
	return guard
}

// BalanceTypes returns row weights with which normal rows and attacks weigh
// the same, each type of attack the same among attacks and each site the same
// among normal rows; w multiplies them, nil for 1. No row weighs more than
// most times the mean, so that a type of three rows does not decide; 0 means 50.
func BalanceTypes(y []uint8, typ, site []int32, w []float32, most float64) []float32 {
	if most <= 0 {
		most = 50
	}
	key := func(i int) [2]int32 {
		if y[i] == 1 {
			return [2]int32{1, typ[i]}
		}
		if site == nil {
			return [2]int32{}
		}
		return [2]int32{0, site[i]}
	}
	total := map[[2]int32]float64{}
	var classes [2]float64
	for i := range y {
		k := key(i)
		if _, seen := total[k]; !seen {
			classes[y[i]]++
		}
		total[k] += weightOf(w, i)
	}
	out := make([]float32, len(y))
	n := float64(len(y))
	for i := range y {
		share := n / 2 / (classes[y[i]] * total[key(i)]) // n/2 for each class in all
		out[i] = float32(min(share*weightOf(w, i), most))
	}
	return out
}
