package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// Settings of the prior that is learned: fixed before it was measured.
const (
	reptileLabels = 10  // of a draw
	reptileRounds = 100 // each goes through all tasks
	reptileRate   = 0.1
)

// fewshotPair is the model of one site on another, and its labels there.
type fewshotPair struct {
	from, to    int // indices of the sources
	model       *model.Model
	site        *source
	train, test *train.Scored    // of the site, by the model
	states      [][]*adapt.State // [index into fewshotLabels][draw]
	byPrior     []*fewshotTable  // of the candidates
	reptile     *fewshotTable    // of the prior learned on the other sites
}

// newPair scores a site and draws its labels.
func newPair(from, to int, m *model.Model, site *source) (*fewshotPair, error) {
	p := &fewshotPair{from: from, to: to, model: m, site: site}
	var err error
	if p.train, err = train.Score(m.Tiers, &site.train.Rows); err != nil {
		return nil, err
	}
	if p.test, err = train.Score(m.Tiers, &site.test.Rows); err != nil {
		return nil, err
	}
	for _, k := range fewshotLabels {
		draws := fewshotDraws
		if k == 0 {
			draws = 1
		}
		var states []*adapt.State
		for draw := range draws {
			s, err := p.draw(k, uint64(draw))
			if err != nil {
				return nil, err
			}
			states = append(states, s)
		}
		p.states = append(p.states, states)
	}
	return p, nil
}

// draw returns the state of k labels of the site, half of them attacks.
func (p *fewshotPair) draw(k int, draw uint64) (*adapt.State, error) {
	state, set := adapt.New(p.model), p.site.train
	r := rand.New(rand.NewPCG(draw, uint64(k)))
	want := [2]int{k - k/2, k / 2}
	for _, i := range r.Perm(set.Len()) {
		y := set.Y[i]
		if want[y] == 0 {
			continue
		}
		want[y]--
		if _, err := state.Label(adapt.NewExample(p.train.Raw(i), &set.Rows, i), y == 1, "file"); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// measure scores the site's test with each draw of labels, under a prior.
func (p *fewshotPair) measure(prior *adapt.Prior) *fewshotTable {
	t := newFewshotTable()
	y := labels(p.site.test)
	for i, states := range p.states {
		for _, s := range states {
			a := s.AdjusterWith(prior)
			scored := *p.test
			scored.LogOdds, scored.Rate = slices.Clone(p.test.LogOdds), slices.Clone(p.test.Rate)
			scored.Adapt(p.model, a, &p.site.test.Rows)
			got := train.Measure(scored.LogOdds, y, nil)
			q := fewshotQuality{auroc: got.AUROC, r1: got.R1}
			q.alarms, _ = realised(scored.Rate, y, 1e-2)
			if a != nil {
				q.share = a.Share()
			} else {
				q.share[adapt.AsItIs] = 1
			}
			t.put(i, q)
		}
	}
	return t
}

// fewshotPriors are the candidates that scales are chosen among; the first is
// adapt.DefaultPrior.
func fewshotPriors() []adapt.Prior {
	out := []adapt.Prior{adapt.DefaultPrior()}
	for _, gram := range []float64{2, 4, 8, 16} {
		for _, column := range []float64{6, 12, 24} {
			p := out[0]
			p.Gram, p.Column = gram, column
			if gram != out[0].Gram || column != out[0].Column {
				out = append(out, p)
			}
		}
	}
	return out
}

// measureAll measures each pair under each candidate, and under the prior that was
// learned on the other sites.
func measureAll(pairs []*fewshotPair, priors []adapt.Prior) error {
	var group errgroup.Group
	group.SetLimit(4)
	for _, p := range pairs {
		p.byPrior = make([]*fewshotTable, len(priors))
		for k := range priors {
			group.Go(func() error {
				p.byPrior[k] = p.measure(&priors[k])
				return nil
			})
		}
		group.Go(func() error {
			learned, err := learnedPrior(pairs, p)
			if err == nil {
				p.reptile = p.measure(learned)
			}
			return err
		})
	}
	return group.Wait()
}

// learnedPrior learns the site's first weights on the sites that are neither the
// pair's new one nor the one that its model learned.
func learnedPrior(pairs []*fewshotPair, p *fewshotPair) (*adapt.Prior, error) {
	var tasks [][]*adapt.State
	for _, o := range pairs {
		if o.from != p.from || o.to == p.to {
			continue
		}
		var draws []*adapt.State
		for draw := range uint64(reptileRounds / 5) {
			s, err := o.draw(reptileLabels, 1000+draw)
			if err != nil {
				return nil, err
			}
			draws = append(draws, s)
		}
		tasks = append(tasks, draws)
	}
	prior := train.Reptile(adapt.DefaultPrior(), tasks, reptileRounds, reptileRate)
	return &prior, nil
}

// chosen returns the candidate with the highest AUROC and R1 over labels and pairs
// of sites other than to: what somebody would have taken who had never seen it.
func chosen(pairs []*fewshotPair, candidates, to int) int {
	best, most := 0, 0.0
	for k := range candidates {
		sum := 0.0
		for _, p := range pairs {
			if p.from == to || p.to == to {
				continue
			}
			for i, labels := range fewshotLabels {
				if q := p.byPrior[k].mean(i); labels > 0 {
					sum += q.auroc + q.r1
				}
			}
		}
		if sum > most {
			best, most = k, sum
		}
	}
	return best
}

// writePriors writes what the priors are worth: the constants, those chosen on the
// other sites, and those learned there.
func writePriors(w io.Writer, constants, others, reptile *fewshotTable) {
	fmt.Fprintf(w, "\n## What the prior is worth\n\nThe constants of the engine were chosen on these same pairs; scales chosen for each new site on the pairs of the others, among %d candidates, say what that flatters. Learned: the weights that the learner of the site begins with, learned on the other sites (Reptile, %d rounds of %d labels, rate %g), with the constants' scales; without a label no score may move, so it says nothing there.\n\n", len(fewshotPriors()), reptileRounds, reptileLabels, reptileRate)
	fmt.Fprintln(w, "| k | constants: AUROC | R1 | false alarms at 1 % | chosen on the others: AUROC | R1 | false alarms at 1 % | learned on the others: AUROC | R1 | false alarms at 1 % |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|")
	for i, k := range fewshotLabels {
		fmt.Fprintf(w, "| %d |", k)
		for _, t := range []*fewshotTable{constants, others, reptile} {
			q := t.mean(i)
			fmt.Fprintf(w, " %.3f | %.3f | %.3f |", q.auroc, q.r1, q.alarms)
		}
		fmt.Fprintln(w)
	}
}
