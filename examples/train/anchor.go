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
func decided(w io.Writer, o *outcome) {
	c := o.limits[0].fromTest
	fmt.Fprintf(w, "\nAt 6 %% false alarms, threshold read off the test: F1 %.3f, accuracy %.3f. ", c.F1(), c.Accuracy())
	fmt.Fprint(w, "Budget asked and realised:")
	for i, budget := range asked {
		fmt.Fprintf(w, " %.1f %% %.2f %%,", 100*budget, 100*o.realised[i])
	}
	fmt.Fprintf(w, " super less best of its parts (%s): AUROC %+.4f.\n", o.best, o.AUROC-o.bestAUROC)
}
