package adapt

// Prior is what is believed of a site before any label: by how much each part of a
// recipe may add to the log-odds, as standard deviations of a Gaussian, what each
// recipe weighs, and the weights that the learner of the site begins with. It
// bounds nothing: see State.Bound.
type Prior struct {
	Shift  float64 // of all scores alike
	Weight float64 // of one base learner's log-odds
	Column float64 // of a row's columns, as a direction
	Gram   float64 // of a row's n-grams, as a direction
	Trust  [NumRecipes]float64
	// Ratio is by how much the learner of the site may lean on columns rather than
	// n-grams, or the reverse: it is fitted with both scales as they are and with one
	// so many times larger and the other smaller, and the labels left out say what
	// each is worth. 1 fits it once, as more than mixedMost labels do.
	Ratio float64

	// Weights that the learner of the site is drawn to, learned on other sites
	// (core/train.Reptile); nil draws it to the model as it was signed.
	Columns []float64 // one a column
	Grams   []float64 // one a bucket
}

// DefaultPrior is the prior of every Adjuster that nobody gives another. Its scales
// were measured on pairs of sites, and on sites that they were not chosen on:
// examples/train/FEWSHOT.md.
//
// Site can do what shift and stack can, and its prior holds it back itself; by the
// log-loss of few labels alone a shift would win too often, which ranks nothing
// better.
func DefaultPrior() Prior {
	return Prior{
		Shift: 2, Weight: 0.1, Column: 12, Gram: 4, Ratio: 2,
		Trust: [NumRecipes]float64{AsItIs: 0.1, Shift: 0.001, Stack: 0.001, Site: 0.5, Hedge: 0.05},
	}
}

// scales are those of one linear recipe.
type scales struct{ shift, weight, column, gram float64 }

func (p *Prior) of(r Recipe) scales {
	s := scales{shift: p.Shift}
	if r >= Stack {
		s.weight = p.Weight
	}
	if r == Site {
		s.column, s.gram = p.Column, p.Gram
	}
	return s
}

// mixedMost is how many labels say by themselves what scales matter to: with more
// of them the learner of the site is fitted once.
const mixedMost = 128

// sites are the scales of the learner of the site.
func (p *Prior) sites(labels int) []scales {
	s := p.of(Site)
	if !(p.Ratio > 1) || labels > mixedMost {
		return []scales{s}
	}
	columns, grams := s, s
	columns.column, columns.gram = s.column*p.Ratio, s.gram/p.Ratio
	grams.column, grams.gram = s.column/p.Ratio, s.gram*p.Ratio
	return []scales{s, columns, grams}
}

// mean returns what the prior adds to a row's log-odds in recipe r.
func (p *Prior) mean(r Recipe, row *point) float64 {
	if r != Site {
		return 0
	}
	var v float64
	for j, w := range p.Columns {
		v += float64(w * row.columns[j])
	}
	if p.Grams != nil {
		var sum float64
		for _, g := range row.grams {
			sum += p.Grams[g]
		}
		v += float64(sum * row.each)
	}
	return v
}

// SiteWeights returns the weights of columns and n-grams that the learner of the
// site has after the labels, those of the prior included; nil without labels. From
// them a prior for other sites is learned.
func (s *State) SiteWeights(p *Prior) (columns, grams []float64) {
	if len(s.labels) == 0 {
		return nil, nil
	}
	f := newFitting(s, p)
	a := f.empty()
	f.begin(a, 1)
	f.add(a, p.of(Site), 1, f.regress(Site, p.of(Site)).dual)
	return a.columns, a.grams
}
