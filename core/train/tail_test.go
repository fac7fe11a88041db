package train

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFitTailIsConformal: on fresh rows of the same distribution the realised
// false alarms are those asked for.
func TestFitTailIsConformal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	draw := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.ExpFloat64() * 3)
		}
		return x
	}
	tail, err := FitTail(draw(20000), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	fresh := draw(200000)
	for _, rate := range []float64{0.3, 0.1, 0.01, 0.001} {
		threshold := tail.Threshold(rate)
		var alarms float64
		for _, v := range fresh {
			if float64(v) >= threshold {
				alarms++
			}
		}
		got := alarms / float64(len(fresh))
		// Three standard errors of both samples.
		if tolerance := 3*math.Sqrt(rate/20000) + rate*0.02; math.Abs(got-rate) > tolerance {
			t.Errorf("asked %g, realised %g", rate, got)
		}
	}
	// The exponential tail is right about what it never saw: P(x>45) = e^-15.
	if got, want := math.Log(tail.Rate(45)), -15.0; math.Abs(got-want) > 2.5 {
		t.Errorf("log rate at 45 is %.1f, the truth is %.1f", got, want)
	}
}

// TestFitTailOnUnseenSites: sites differ, thresholds are fitted on some and
// judged on others. Pooling rows lets the largest site decide.
func TestFitTailOnUnseenSites(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 5))
	type site struct {
		n     int
		shift float64
	}
	draw := func(sites []site) (x []float64, of []int32) {
		for k, s := range sites {
			for range s.n {
				x, of = append(x, r.NormFloat64()+s.shift), append(of, int32(k))
			}
		}
		return x, of
	}
	x, of := draw([]site{{40000, -1}, {2000, 0}, {2000, 0.3}, {2000, 0.6}, {2000, -0.4}, {50, 0.5}, {60, 0}})
	robust, err := FitTail(x, of, nil)
	if err != nil {
		t.Fatal(err)
	}
	pooled, err := FitTail(x, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	fresh, _ := draw([]site{{20000, 0.2}, {20000, -0.3}, {20000, 0.5}, {20000, -0.8}})
	realised := func(threshold float64) (mean float64) {
		for _, v := range fresh {
			if v >= threshold {
				mean++
			}
		}
		return mean / float64(len(fresh))
	}
	for _, rate := range []float64{1e-2, 1e-3} {
		good, bad := realised(robust.Threshold(rate)), realised(pooled.Threshold(rate))
		if good > 1.2*rate || good < rate/5 {
			t.Errorf("asked %g, realised %g on new sites", rate, good)
		}
		if bad < 1.5*rate {
			t.Errorf("pooled rows realised %g of %g: the sample does not show the problem", bad, rate)
		}
	}
}

func TestFitTailHandlesTheOdd(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name string
		x    []float64
		ok   bool
	}{
		{"one row", []float64{1}, true},
		{"two rows", []float64{1, 2}, true},
		{"constant", []float64{2, 2, 2}, true},
		{"infinite", []float64{1, inf, -inf}, true},
		{"huge", []float64{-1e300, 0, 1e300}, true},
		{"missing among them", []float64{nan, 1}, true},
		{"all missing", []float64{nan}, false},
		{"nothing", nil, false},
	} {
		tail, err := FitTail(c.x, nil, nil)
		if (err == nil) != c.ok {
			t.Errorf("%s: error %v", c.name, err)
			continue
		}
		if err == nil && !(tail.Rate(-1e38) > tail.Rate(1e38)) {
			t.Errorf("%s: does not fall: %v", c.name, tail)
		}
	}
}

func TestChooseCaution(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	draw := func(shifts ...float64) []siteRows {
		var x []float64
		var of []int32
		for k, shift := range shifts {
			for range 3000 {
				x, of = append(x, r.NormFloat64()+shift), append(of, int32(k))
			}
		}
		return siteScores(x, of, nil)
	}
	for _, c := range []struct {
		name string
		got  float64
		lo   float64
		hi   float64
	}{
		{"two sites say nothing of a third", chooseCaution(draw(0, 1))[0], 1, 1},
		{"one strange site of five", chooseCaution(draw(0, 0, 0, 0, 2))[0], 1.5, 8},
		{"one strange site of twelve", chooseCaution(draw(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2))[1], mostSeldom, mostSeldom},
		{"twelve alike", chooseCaution(draw(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))[0], 1, 1.5},
	} {
		if c.got < c.lo || c.got > c.hi {
			t.Errorf("%s: caution %g, want %g to %g", c.name, c.got, c.lo, c.hi)
		}
	}
}
