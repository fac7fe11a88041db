package train

import (
	"errors"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
)

// Settings of FitTail.
const (
	// leastSite is how many normal rows a site needs to speak for itself: with
	// fewer its share above a 1 % threshold is less than two rows. Smaller sites
	// are judged together.
	leastSite = 200

	// sitesOfError is how many sites it takes to estimate how much they differ: the
	// error of an average over five of them is as uncertain as the average.
	sitesOfError = 10

	// excesses is how many of the highest normal scores the exponential tail is
	// fitted to, where there are enough: a standard error of 14 % of its slope.
	excesses = 50
)

// cautions are exponents of a power mean over sites: how much the worst of them
// count. 1 is the mean site; 8 is all but the worst one.
var cautions = []float64{1, 1.25, 1.5, 1.75, 2, 4, 8}

// mostSeldom is the highest exponent that the budget of .1 % may ask for where
// there are more than sitesOfError sites: of many sites one may be so odd that no
// threshold for the others suits it.
const mostSeldom = 2

// budgets are the rates at which the exponent is chosen, each for itself: a
// site that is odd in one request of ten says nothing about one in a thousand.
var budgets = [2]float64{1e-2, 1e-3}

// FitTail fits the share of normal rows that score at least so high, from
// scores of normal rows that were not trained on; w weighs rows (nil for 1
// each). sites says where each row comes from (nil for one site): thresholds
// must keep their budget on sites that nobody has seen, so sites, not rows,
// are the sample. NaN scores are left out; it fails when nothing remains.
//
// With one site the rate at x is conformal, (k+1)/(n+1) for k of n scores at
// least x. With several it is the power mean of the sites' rates, small sites
// counted together, plus 1/(n+1). The exponent is chosen by leaving each site
// out in turn, for the budgets of 1 % and of 0.1 %: the smallest of cautions with
// which the sites left out raise, on average, no more false alarms than allowed, at
// 1 % up to one standard error; when none does the largest, mostSeldom for 0.1 % of
// many sites. Between the two budgets the logarithms of the two means are mixed. A
// pooled rate would be that of the largest site, the maximum that of the strangest.
func FitTail[T real](scores []T, sites []int32, w []float32) (*ensemble.Tail, error) {
	groups := siteScores(scores, sites, w)
	if len(groups) == 0 {
		return nil, errors.New("train: tail: no normal row has a score")
	}
	return newSurvival(groups, chooseCaution(groups)).tail()
}

// siteRows holds the normal scores of one site, highest first, and what each
// and all before it weigh, as a share of the site.
type siteRows struct {
	x     []float64
	share []float64
	rows  float64 // as which the site counts when its sums are corrected for size
}

// siteScores groups scores by site, in order of first appearance; sites with
// fewer than leastSite rows form one group.
func siteScores[T real](scores []T, sites []int32, w []float32) []siteRows {
	type row struct {
		x, w float64
		i    int
	}
	count := map[int32]int{}
	for i, v := range scores {
		if sites != nil && v == v {
			count[sites[i]]++
		}
	}
	at := map[int64]int{}
	var rows [][]row
	for i, v := range scores {
		x, wi := float64(v), weightOf(w, i)
		if x != x || wi <= 0 {
			continue
		}
		key := int64(-1 << 40) // small sites, and all rows when there are no sites
		if sites != nil && count[sites[i]] >= leastSite {
			key = int64(sites[i])
		}
		k, seen := at[key]
		if !seen {
			k = len(rows)
			at[key] = k
			rows = append(rows, nil)
		}
		// Infinite scores would leave no room for knots.
		rows[k] = append(rows[k], row{max(-math.MaxFloat32, min(x, math.MaxFloat32)), wi, i})
	}
	groups := make([]siteRows, 0, len(rows))
	for _, rs := range rows {
		slices.SortFunc(rs, func(a, b row) int { return byScore(b.x, a.x, a.i, b.i) })
		g := siteRows{rows: float64(len(rs))}
		var total, sum float64
		for _, r := range rs {
			total += r.w
		}
		for _, r := range rs {
			sum += r.w
			if n := len(g.x); n > 0 && g.x[n-1] == r.x {
				g.share[n-1] = sum / total
				continue
			}
			g.x, g.share = append(g.x, r.x), append(g.share, sum/total)
		}
		groups = append(groups, g)
	}
	return groups
}

// above returns the share of the site's rows that score at least x.
func (g *siteRows) above(x float64) float64 {
	// The first index whose score is below x.
	k, _ := slices.BinarySearchFunc(g.x, x, func(a, x float64) int {
		if a >= x {
			return -1
		}
		return 1
	})
	if k == 0 {
		return 0
	}
	return g.share[k-1]
}

// survival is the rate of normal rows over several sites.
type survival struct {
	groups  []siteRows
	weight  []float64  // of each site: a site of fewer rows than 20 leastSite counts less
	caution [2]float64 // at the rates of budgets
	rows    float64
}

func newSurvival(groups []siteRows, caution [2]float64) *survival {
	s := &survival{groups: groups, caution: caution}
	var total float64
	for i := range groups {
		s.rows += groups[i].rows
		w := min(1, groups[i].rows/(20*leastSite))
		s.weight = append(s.weight, w)
		total += w
	}
	for i := range s.weight {
		s.weight[i] /= total
	}
	return s
}

// rate returns the share of normal rows that score at least x, in (0,1]. It falls
// with x as long as the caution at 1 % is not below that at 0.1 %.
func (s *survival) rate(x float64) float64 {
	often, seldom := s.mean(x, s.caution[0]), s.mean(x, s.caution[1])
	if often == seldom || often >= budgets[0] {
		return often
	}
	t := max(0, math.Log(often/budgets[1])/math.Log(budgets[0]/budgets[1]))
	return math.Exp(t*math.Log(often) + (1-t)*math.Log(seldom))
}

// mean returns the power mean of the sites' shares of rows that score at least x.
func (s *survival) mean(x, caution float64) float64 {
	var sum float64
	for i := range s.groups {
		sum += s.weight[i] * math.Pow(s.groups[i].above(x), caution)
	}
	return (math.Pow(sum, 1/caution)*s.rows + 1) / (s.rows + 1)
}

// singles is how many of the highest scores become knots one by one; below them
// the ranks of knots grow by a fixed factor.
const singles = 24

// tail makes knots of normal scores and fits the exponential beyond them.
func (s *survival) tail() (*ensemble.Tail, error) {
	var all []float64
	for i := range s.groups {
		all = append(all, s.groups[i].x...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	// The smallest score has rate 1, which no knot may have.
	most := math.Log(1 - 0.5/(s.rows+1))
	var x, l []float64 // highest score first
	add := func(v float64) {
		// Of equal rates the highest score stays: the cautious one.
		if lr := min(math.Log(s.rate(v)), most); len(l) == 0 || lr > l[len(l)-1] {
			x, l = append(x, v), append(l, lr)
		}
	}
	for _, v := range all[:min(singles, len(all))] {
		add(v)
	}
	if n := float64(len(all)); n > singles {
		const rest = ensemble.MaxTailKnots - singles
		factor, last := math.Pow(n/singles, 1.0/rest), singles
		for k := 1; k <= rest; k++ {
			if rank := int(singles*math.Pow(factor, float64(k)) + 0.5); rank > last {
				last = rank
				add(all[min(rank, len(all))-1])
			}
		}
	}
	slices.Reverse(x)
	slices.Reverse(l)
	x, l = apart(x, l)
	return ensemble.NewTail(x, l, excessSlope(all))
}

// apart drops knots so close in score that a slope would overflow; of two the
// higher score stays.
func apart(x, l []float64) ([]float64, []float64) {
	span := max(x[len(x)-1]-x[0], 1e-300)
	keepX, keepL := x[len(x)-1:len(x):len(x)], l[len(l)-1:len(l):len(l)]
	for i := len(x) - 2; i >= 0; i-- {
		if keepX[len(keepX)-1]-x[i] >= 1e-12*span {
			keepX, keepL = append(keepX, x[i]), append(keepL, l[i])
		}
	}
	slices.Reverse(keepX)
	slices.Reverse(keepL)
	return keepX, keepL
}

// excessSlope returns the maximum-likelihood rate of an exponential fitted to
// how far the highest scores exceed the next lower one: 1 over their mean.
func excessSlope(all []float64) float64 {
	k := min(excesses, len(all)/10)
	if k < 2 {
		k = min(2, len(all)-1)
	}
	var mean float64
	for i := range k {
		mean += (all[i] - all[k]) / float64(k)
	}
	if !(mean > 0) || math.IsInf(mean, 0) {
		return 1
	}
	return min(max(1/mean, 1e-30), 1e30)
}

// chooseCaution returns, for each of budgets, the smallest exponent that keeps
// it on sites left out.
func chooseCaution(groups []siteRows) (out [2]float64) {
	for i, rate := range budgets {
		out[i] = cautions[0]
		for _, c := range cautions {
			if len(groups) < 3 || rate < budgets[0] && len(groups) > sitesOfError && c > mostSeldom {
				break
			}
			if out[i] = c; keepsBudget(groups, c, rate) {
				break
			}
		}
	}
	out[0] = max(out[0], out[1])
	return out
}

// keepsBudget reports whether thresholds from all sites but one raise, on the
// one left out, at most the asked false alarms: on average over the sites, up to
// one standard error of that average at 1 % where there are sitesOfError of them. One
// odd site of twenty says little, and twice the exponent costs a tenth of the recall.
// At .1 % a site's share is a handful of rows and the error as large as the average:
// what forgave it would forgive twice the budget.
func keepsBudget(groups []siteRows, caution, rate float64) bool {
	var raised, squares, sites float64
	for out := range groups {
		if groups[out].rows*rate < 1 {
			continue // too few rows to tell
		}
		rest := slices.Concat(groups[:out:out], groups[out+1:])
		t, err := newSurvival(rest, [2]float64{caution, caution}).tail()
		if err != nil {
			return false
		}
		share := groups[out].above(t.Threshold(rate))
		raised += share
		squares += share * share
		sites++
	}
	if sites < sitesOfError || rate < budgets[0] {
		return raised <= rate*sites
	}
	mean := raised / sites
	return mean-math.Sqrt(max(0, squares/sites-mean*mean)/(sites-1)) <= rate
}
