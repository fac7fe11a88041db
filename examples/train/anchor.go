package main

import (
	"fmt"
	"io"

	"github.com/tiercel/tiercel/core/train"
)

// anchor is the best that known tools were measured at on a test: the AUROC of
// a logistic stack of scikit-learn and xgboost learners, and the highest R1 of
// any of its rows, whichever learner or stack that was.
type anchor struct{ auroc, r1 float64 }

// Tolerances of the project's first aim; its second is to be above the anchors.
const (
	aurocSlack = 0.005
	r1Slack    = 0.03
)

// anchors by set and test. Sets that the anchors solve are smoke tests.
var anchors = map[string]anchor{
	"nsl-kdd: test":                    {.974, .541},
	"nsl-kdd: test21":                  {.871, .182},
	"unsw-nb15: test":                  {.9979, .969},
	"unsw-nb15-new-types: test_unseen": {.937, .496},
	"httpparams: test":                 {.9998, .9998},
	"openappsec-values: test":          {.9998, .9998},
	"csic-2010: test":                  {.993, .901},
	"torpeda-2012: test":               {.9998, .9998},
	"dga: test":                        {.996, .942},
	"dga: test_unseen_family":          {.949, .556},
}

// besideAnchor writes the anchor's row and whether the score comes up to it.
func besideAnchor(w io.Writer, title string, m train.Metrics) {
	a, ok := anchors[title]
	if !ok {
		return
	}
	verdict := func(v, want, slack float64) string {
		switch {
		case v >= want:
			return "above"
		case v >= want-slack:
			return "level"
		}
		return "below"
	}
	fmt.Fprintf(w, "| anchor: logistic stack, best R1 | | %.4f (%s) | | %.4f (%s) | | | |\n",
		a.auroc, verdict(m.AUROC, a.auroc, aurocSlack), a.r1, verdict(m.R1, a.r1, r1Slack))
}

// decided writes F1 and accuracy where false alarms are at most 6 %, threshold
// read off the test scores, and how budgets asked on the training part are kept.
func decided(w io.Writer, scored *train.Scored, y []uint8) {
	_, threshold := train.RecallAt(scored.LogOdds, y, nil, 0.06)
	c := train.Confuse(scored.LogOdds, y, nil, threshold)
	fmt.Fprintf(w, "\nAt 6 %% false alarms on the test: F1 %.3f, accuracy %.3f. ", c.F1(), c.Accuracy())
	fmt.Fprint(w, "Budget asked and realised:")
	for _, budget := range []float64{0.001, 0.003, 0.01, 0.03} {
		fpr, _ := realised(scored.Rate, y, budget)
		fmt.Fprintf(w, " %.1f %% %.2f %%,", 100*budget, 100*fpr)
	}
	best := 0.0
	for _, b := range scored.Bases {
		best = max(best, train.AUROC(b, y, nil))
	}
	fmt.Fprintf(w, " super less best learner: AUROC %+.4f.\n", train.AUROC(scored.LogOdds, y, nil)-best)
}
