package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/train"
)

// sampleSet reads a data folder with one small set of three types of attack, as
// the public sets are read.
func sampleSet(t *testing.T) (string, *dataset) {
	t.Helper()
	folder := t.TempDir()
	for i, name := range []string{"train", "test"} {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		fmt.Fprintln(z, "a,b,c,label,type")
		for range 1200 {
			typ, x := r.IntN(6), [3]float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
			label := 0
			if typ < 3 {
				label = 1
				x[typ] += 4
			}
			fmt.Fprintf(z, "%.3f,%.3f,%.3f,%d,%s\n", x[0], x[1], x[2], label, []string{"one", "two", "three", "", "", ""}[typ])
		}
		z.Close()
		if err := os.WriteFile(filepath.Join(folder, name+".csv.gz"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := func(name string) []file { return []file{{path: name + ".csv.gz", label: labelled("", "type", "", "")}} }
	return folder, &dataset{
		name: "sample", kind: event.Table, ignore: []string{"label", "type"}, rule: "a",
		train: files("train"), tests: []test{{"test", files("test")}},
	}
}

// TestReport trains and measures a whole small set, and draws it.
func TestReport(t *testing.T) {
	data, d := sampleSet(t)
	o := &reporting{data: data, seed: 1, most: 400}
	l, err := o.load(d)
	if err != nil {
		t.Fatal(err)
	}
	if l.train.Len() != 800 || l.parts[0].Len() != 800 {
		t.Errorf("%d and %d rows, want 400 of each label", l.train.Len(), l.parts[0].Len())
	}
	var report bytes.Buffer
	tests, err := l.measure(context.Background(), &report, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := tests[0]
	if len(tests) != 1 || m.AUROC < 0.9 || m.bestAUROC < 0.9 || m.best == "" || len(m.realised) != len(asked) || len(m.limits) != 2 {
		t.Fatalf("%+v", m)
	}
	for i, limit := range decisionLimits {
		if fpr := m.limits[i].fromTest.FPR(); fpr > limit {
			t.Errorf("%.3f false alarms at %.2f by the test's own threshold", fpr, limit)
		}
		if fpr := m.limits[i].fromTraining.FPR(); !(fpr <= 3*limit+0.02) || m.limits[i].fromTraining.F1() < 0.5 {
			t.Errorf("%.3f false alarms at %.2f by the training part's, F1 %.3f", fpr, limit, m.limits[i].fromTraining.F1())
		}
	}
	spreads, err := l.spread(context.Background(), tests, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if s := spreads[0]; len(s.auroc) != 2 || s.auroc[0] != m.AUROC || s.auroc[0] == s.auroc[1] {
		t.Errorf("two seeds: %+v", s)
	}
	if none, err := l.spread(context.Background(), tests, 1, 1); none != nil || err != nil {
		t.Errorf("one seed has a spread: %v, %v", none, err)
	}
	folder := filepath.Join(t.TempDir(), "plots")
	names, err := writePlots(folder, tests, "FEWSHOT.md")
	if err != nil || strings.Join(names, " ") != "budgets.svg roc-sample.svg fewshot.svg" {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		wellFormed(t, filepath.Join(folder, name))
	}
	summarise(&report, tests, ".", "plots", names)
	writeSpread(&report, spreads)
	for _, want := range []string{
		"## sample: test\n", "threshold read off the test: F1", "| sample: test | 6 % |", "| sample: test | 3 % |",
		fmt.Sprintf("%+.4f |\n", m.AUROC-m.bestAUROC), "![roc-sample](plots/roc-sample.svg)", "over 2 seeds", " ± ",
	} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("no %q in\n%s", want, report.String())
		}
	}
}

// wellFormed reads an SVG to its end.
func wellFormed(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 40<<10 || bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Inf")) {
		t.Errorf("%s: %d bytes, or numbers that are none", path, len(data))
	}
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

// The curve is what RecallAt says, rate by rate.
func TestROC(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var scores []float64
	var y []uint8
	for i := range 3000 {
		y = append(y, uint8(i%2))
		scores = append(scores, math.Round(10*(r.NormFloat64()+float64(i%2)))/10) // with ties
	}
	scores[0], scores[1] = math.NaN(), math.NaN()
	rates := []float64{0, 0.0011, 0.0101, 0.0301, 0.0499}
	for i, got := range roc(scores, y, rates) {
		if want, _ := train.RecallAt(scores, y, nil, rates[i]); got != want {
			t.Errorf("recall %v at %v, want %v", got, rates[i], want)
		}
	}
	if v := roc(scores, make([]uint8, len(y)), rates)[0]; v == v {
		t.Errorf("recall %v without attacks", v)
	}
}

func TestPlot(t *testing.T) {
	p := &plot{
		title: "a < b & c", x: rateAxis("x", 1e-3, 0.1), y: shareAxis("y"), diagonal: true, band: [2]float64{0.5, 1.5},
		series: []series{{name: "<s>", x: []float64{1e-3, 0.01, 0.1}, y: []float64{0, math.NaN(), 2}, marks: true}},
	}
	path := filepath.Join(t.TempDir(), "p.svg")
	if err := os.WriteFile(path, p.svg(), 0o600); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, path)
	for v, want := range map[float64]float64{1e-3: 0, 1e-2: 0.5, 0.1: 1, 1: 1, 0: 0} {
		if got := p.x.at(v); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v stands at %v, want %v", v, got, want)
		}
	}
}

// A default model has one test, which has no name.
func TestROCPlotNames(t *testing.T) {
	for test, want := range map[string]string{"": "super", "test21": "test21: super"} {
		if got := rocPlot("a", []*outcome{{set: "a", test: test}}).series[0].name; got != want {
			t.Errorf("test %q is called %q, want %q", test, got, want)
		}
	}
}

func TestFewshotPlot(t *testing.T) {
	const report = "# A\n\n## Means over 3 pairs\n\n| k | AUROC | R1 | false | anchor |\n|---|---|---|---|---|\n| 0 | 0.8 | 0.7 | 0.1 | .869 / .615 |\n| 10 | 0.9 | 0.75 | 0.1 | |\n\n## Pairs\n\n| 5 | 1 | 1 | 1 | 1 |\n"
	p := fewshotPlot(report)
	if p == nil || len(p.x.ticks) != 2 || p.x.max != 10 || p.series[0].y[1] != 0.9 || p.series[3].y[0] != 0.615 || !math.IsNaN(p.series[2].y[1]) {
		t.Errorf("%+v", p)
	}
	if p := fewshotPlot("# nothing"); p != nil {
		t.Errorf("drew %+v", p)
	}
}

func TestMeanOf(t *testing.T) {
	if mean, sd := meanOf([]float64{1, 2, 3, 4, 5}); mean != 3 || math.Abs(sd-math.Sqrt(2.5)) > 1e-12 {
		t.Errorf("%v, %v", mean, sd)
	}
}

// A type that is left out is not in what trains, and is in what tests, among all
// normal rows.
func TestLeaveType(t *testing.T) {
	data, d := sampleSet(t)
	c, err := collectSet(data, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	classes := c.types(200)
	if len(classes) != 3 {
		t.Fatalf("%d classes", len(classes))
	}
	for _, h := range classes {
		for i, typ := range h.rest.Type {
			if h.rest.Y[i] == 1 && h.rest.Types[typ] == h.name {
				t.Fatalf("%s is learned", h.name)
			}
		}
		normal, attacks := 0, 0
		for i, typ := range h.held.Type {
			if h.held.Y[i] == 0 {
				normal++
			} else if attacks++; h.held.Types[typ] != h.name {
				t.Fatalf("%s is tested as %s", h.held.Types[typ], h.name)
			}
		}
		if h.rest.Len() > 400 || attacks < leastHeld || normal < 400 {
			t.Errorf("%s: %d rows train, %d normal rows and %d attacks test", h.name, h.rest.Len(), normal, attacks)
		}
	}
	var w bytes.Buffer
	if err := c.leave(context.Background(), &w, "type", classes[:1], 200); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(w.String(), "| one | "); rows != 1 || strings.Contains(w.String(), "NaN") || strings.Count(w.String(), "\n") != 6 {
		t.Errorf("%s", w.String())
	}
}

// A site is tested on its test part, or on what it has, never learned.
func TestLeaveSite(t *testing.T) {
	data, d := sampleSet(t)
	c, err := collectSet(data, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.train.Site {
		c.train.Site[i] = int32(i % 3)
	}
	c.train.Sites = []string{"east", "west", "north"}
	for i := range c.test.Site {
		c.test.Site[i] = int32(i % 2)
	}
	c.test.Sites = []string{"west", "east"}
	for _, h := range c.sites(0) {
		if h.beside != (h.name != "north") || h.held.Len() == 0 || h.rest.Len() != c.train.Len()*2/3 {
			t.Errorf("%s: beside %t, %d rows train, %d test", h.name, h.beside, h.rest.Len(), h.held.Len())
		}
		for _, s := range h.rest.Site {
			if h.rest.Sites[s] == h.name {
				t.Fatalf("%s is learned", h.name)
			}
		}
		for _, s := range h.held.Site {
			if h.held.Sites[s] != h.name {
				t.Fatalf("%s is tested as %s", h.held.Sites[s], h.name)
			}
		}
	}
}
