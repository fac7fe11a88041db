package train

import (
	"slices"
)

// Settings of fitGreedy.
const (
	greedyRows  = 8192 // of each class in a bag: 1 % of the normal ones is 82 rows
	greedyPicks = 25
	greedyBags  = 4
)

// fitGreedy picks learners one by one, with replacement, each time the one
// with which the mean of log-odds (x, n*m, no NaN) has the largest partial AUC
// up to 1 % false alarms, and returns how often each was picked as weights on
// the simplex (Caruana et al. 2004). Against their overfitting to small sets
// the picks are averaged over bags of rows.
func fitGreedy(x []float64, m int, y []uint8, w []float32) []float64 {
	alpha := make([]float64, m)
	for b := range uint64(greedyBags) {
		g := newBag(x, m, y, w, b)
		for j, share := range g.pick() {
			alpha[j] += share / greedyBags
		}
	}
	return alpha
}

// bag is a sample of rows: normal rows first. columns[j][i] is the log-odds of
// learner j.
type bag struct {
	columns [][]float64
	weight  []float64
	normals int
	sum     []float64 // of the picks so far
	merged  []float64
}

// newBag draws four fifths of the rows, at most greedyRows of each class, by
// hash of their index.
func newBag(x []float64, m int, y []uint8, w []float32, seed uint64) *bag {
	var of [2][]int
	for i := range y {
		if unit(mix64(uint64(i)^mix64(seed))) < 0.8 {
			of[y[i]] = append(of[y[i]], i)
		}
	}
	for c := range of {
		if n := len(of[c]); n > greedyRows {
			for k := range greedyRows { // evenly spaced: rows near each other are alike
				of[c][k] = of[c][k*n/greedyRows]
			}
			of[c] = of[c][:greedyRows]
		}
	}
	rows := slices.Concat(of[0], of[1])
	g := &bag{columns: make([][]float64, m), normals: len(of[0]), sum: make([]float64, len(rows)), merged: make([]float64, len(rows))}
	for j := range g.columns {
		g.columns[j] = make([]float64, len(rows))
		for k, i := range rows {
			g.columns[j][k] = x[i*m+j]
		}
	}
	for _, i := range rows {
		g.weight = append(g.weight, weightOf(w, i))
	}
	return g
}

// pick returns the share of picks of each learner at the best prefix of the picks.
func (g *bag) pick() []float64 {
	m := len(g.columns)
	best, most := make([]float64, m), -1.0
	count := make([]float64, m)
	for n := 1; n <= greedyPicks; n++ {
		next, value := -1, -1.0
		for j := range m {
			for k, v := range g.columns[j] {
				g.merged[k] = g.sum[k] + v
			}
			if a := g.partial(); a > value {
				next, value = j, a
			}
		}
		if next < 0 {
			break
		}
		count[next]++
		for k, v := range g.columns[next] {
			g.sum[k] += v
		}
		// A longer prefix must earn its place: equals keep the shorter.
		if value > most+1e-6 {
			most = value
			for j := range best {
				best[j] = count[j] / float64(n)
			}
		}
	}
	return best
}

// partial returns the mean recall of merged over budgets up to budgetRate,
// counting an attack found only where it scores above the normal row at the
// budget's edge: conservative at ties.
func (g *bag) partial() float64 {
	normal := slices.Clone(g.merged[:g.normals])
	top := max(1, int(budgetRate*float64(g.normals)))
	if top > len(normal) {
		return 0
	}
	selectTop(normal, top)
	normal = normal[:top]
	slices.Sort(normal)
	var found, total float64
	for k := g.normals; k < len(g.merged); k++ {
		total += g.weight[k]
		// The number of budgets 1/n, 2/n ... top/n that catch this attack.
		above, _ := slices.BinarySearch(normal, g.merged[k])
		found += g.weight[k] * float64(above) / float64(top)
	}
	if total == 0 {
		return 0
	}
	return found / total
}

// selectTop moves the k largest values of v to its front (Hoare's FIND with the
// middle element as pivot), for 1 <= k <= len(v).
func selectTop(v []float64, k int) {
	lo, hi := 0, len(v)-1
	for lo < hi {
		pivot := v[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for v[i] > pivot {
				i++
			}
			for v[j] < pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k-1 <= j:
			hi = j
		case k-1 >= i:
			lo = i
		default:
			return
		}
	}
}
