package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/train"
)

// TestGoals reads what was measured from tests and from the reports beside them.
func TestGoals(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"FEWSHOT.md": "# Few\n\n## Means over 2 pairs\n\n| k | AUROC | R1 |\n|---|---|---|\n| 0 | 0.91 | 0.65 |\n| 10 | 0.941 | 0.751 |\n\n## With the site's own log\n\nMeans\n\n| k | AUROC | R1 | AUROC | R1 |\n|---|\n| 0 | 0.9 | 0.6 | 0.95 | 0.70 |\n\n## Pairs\n\n| 50 | 0.99 | 0.99 |\n",
		"GATE.md":    "| test | attacks | learners | exact | learned | saved | on normal rows | saved | R1 | change | recall at 1 % | change |\n|---|\n| a | 1 % | 5 | 5 | 3 | 1.6x | 1 | 4.2x | 0.5 | +0.001 | 0.8 | -0.1 |\n| b | 1 % | 5 | 5 | 3 | 6.0x | 1 | 9.2x | 0.5 | -0.140 | 0.8 | -0.1 |\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := &outcome{set: "csic-2010", test: "test", Metrics: train.Metrics{AUROC: 0.9945, R1: 0.9, R01: 0.8}, bestAUROC: 0.9999}
	o.limits, o.realised = make([]limited, len(decisionLimits)), make([]float64, len(asked))
	var report bytes.Buffer
	writeGoals(&report, []*outcome{o}, folder)
	for _, line := range []string{
		"| csic-2010, R1 | 0.92 | 0.9 | missed |",
		"| csic-2010, R01 | 0.8 | 0.8 | met |",
		"| NSL-KDD, R1 | 0.6 | - | not measured |",
		"| share of the tests whose budget of 1 % realises .5 to 1.5 % | 1 | 0 | missed |",
		"| super less the best learner or meta, AUROC, lowest | -0.005 | -0.0054 | missed |",
		"| new HTTP site, 0 labels, its log read, AUROC (0.91 without) | 0.93 | 0.95 | met |",
		"| new HTTP site, 0 labels, its log read, R1 (0.65 without) | 0.78 | 0.7 | missed |",
		"| new HTTP site, 50 labels, its log read, R1 (NaN without) | 0.79 | - | not measured |",
		"| csic log lines, R01, at 1 and 10 % attacks | 0.35 | - | not measured |",
		"| times fewer learners by the gate, on normal rows, every test | 5 | 4.2 | missed |",
		"| change of R1 by the gate, worst test | -0.005 | -0.14 | missed |",
	} {
		if !strings.Contains(report.String(), line+"\n") {
			t.Errorf("no line %s in\n%s", line, &report)
		}
	}
}
