package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// goal is a figure that the project set itself, and what it came to.
type goal struct {
	measure string
	want    float64
	got     float64 // NaN where it was not measured
}

func (g *goal) verdict() string {
	switch {
	case g.got != g.got:
		return "not measured"
	case g.got >= g.want:
		return "met"
	}
	return "missed"
}

// writeGoals writes the goals beside what the tests came to and, for what other
// commands measure, beside the reports in a folder.
func writeGoals(w io.Writer, tests []*outcome, folder string) {
	list := slices.Concat(testGoals(tests), reportGoals(folder))
	met := 0
	fmt.Fprint(w, "\n## Goals\n\nWhat the project set out for, the higher the better. F1 and accuracy: threshold read off the test at so many false alarms. Few labels, skipping and profiles are read from FEWSHOT.md, GATE.md and PROFILE.md as they lie beside this report.\n\n")
	fmt.Fprintln(w, "| measure | goal | measured | |")
	fmt.Fprintln(w, "|---|---|---|---|")
	for _, g := range list {
		got := "-"
		if g.got == g.got {
			got = fmt.Sprintf("%.4g", g.got)
		}
		fmt.Fprintf(w, "| %s | %.4g | %s | %s |\n", g.measure, g.want, got, g.verdict())
		if g.got >= g.want {
			met++
		}
	}
	fmt.Fprintf(w, "\n%d of %d met.\n", met, len(list))
}

// testGoals are those that the tests of this report answer.
func testGoals(tests []*outcome) []goal {
	of := func(title string, value func(o *outcome) float64) float64 {
		for _, o := range tests {
			if o.title() == title {
				return value(o)
			}
		}
		return math.NaN()
	}
	auroc := func(o *outcome) float64 { return o.AUROC }
	r1 := func(o *outcome) float64 { return o.R1 }
	r01 := func(o *outcome) float64 { return o.R01 }
	const (
		kdd, kdd21 = "nsl-kdd: test", "nsl-kdd: test21"
		unsw       = "unsw-nb15-new-types: test_unseen"
		dga, other = "dga: test", "dga: test_unseen_family"
		csic       = "csic-2010: test"
	)
	list := []goal{
		{"NSL-KDD, F1 at 6 % false alarms", .945, of(kdd, func(o *outcome) float64 { return o.limits[0].fromTest.F1() })},
		{"NSL-KDD, accuracy at 6 % false alarms", .94, of(kdd, func(o *outcome) float64 { return o.limits[0].fromTest.Accuracy() })},
		{"NSL-KDD, R1", .60, of(kdd, r1)},
		{"NSL-KDD, AUROC", .98, of(kdd, auroc)},
		{"KDDTest-21, AUROC", .90, of(kdd21, auroc)},
		{"UNSW-NB15 new types, R1", .55, of(unsw, r1)},
		{"UNSW-NB15 new types, AUROC", .945, of(unsw, auroc)},
		{"UNSW-NB15 new types, F1 at 3 % false alarms", .75, of(unsw, func(o *outcome) float64 { return o.limits[1].fromTest.F1() })},
		{"DGA, R1, families seen", .94, of(dga, r1)},
		{"DGA, R1, families not seen", .57, of(other, r1)},
		{"DGA, AUROC, families not seen", .955, of(other, auroc)},
		{"csic-2010, R1", .92, of(csic, r1)},
		{"csic-2010, R01", .80, of(csic, r01)},
		{"csic-2010, AUROC", .994, of(csic, auroc)},
		{"openappsec values, R01", .99, of("openappsec-values: test", r01)},
	}
	within, above, lowest := 0.0, 0.0, math.Inf(1)
	for _, o := range tests {
		if v := o.realised[slices.Index(asked, budgetMain)]; v >= 0.005 && v <= 0.015 {
			within++
		}
		d := o.AUROC - o.bestAUROC
		lowest = min(lowest, d)
		if d > 0 {
			above++
		}
	}
	n := float64(len(tests))
	if n == 0 {
		lowest = math.NaN()
	}
	return append(list,
		goal{"share of the tests whose budget of 1 % realises .5 to 1.5 %", 1, within / n},
		goal{"super less the best learner or meta, AUROC, lowest", leastOfBest, lowest},
		goal{"share of the tests on which super is above the best", .5, above / n})
}

// reportGoals are those that other commands measure, read from their reports.
func reportGoals(folder string) []goal {
	table := func(name, from string) [][]string {
		text, _ := os.ReadFile(filepath.Join(folder, name))
		_, after, _ := strings.Cut(string(text), from)
		return tableOf(after)
	}
	var list []goal
	few, log := table("FEWSHOT.md", "\n## Means"), table("FEWSHOT.md", "\n## With the site's own log")
	for _, g := range []struct {
		labels    string
		auroc, r1 float64
	}{{"0", .93, .78}, {"10", .94, .75}, {"50", .965, .79}} {
		alone, with := rowsWith(few, 0, g.labels), rowsWith(log, 0, g.labels)
		site := func(what string, column int) string {
			return fmt.Sprintf("new HTTP site, %s labels, its log read, %s (%.3g without)", g.labels, what, least(alone, column))
		}
		list = append(list,
			goal{site("AUROC", 1), g.auroc, least(with, 3)},
			goal{site("R1", 2), g.r1, least(with, 4)})
	}
	lines := rowsWith(table("PROFILE.md", "|---"), 0, "csic-2010 lines")
	for i, row := range lines { // AUROC / R1 / R01
		for _, c := range []int{5, 6} {
			if parts := strings.Split(row[c], "/"); len(parts) == 3 {
				lines[i][c] = parts[2]
			}
		}
	}
	list = append(list,
		goal{"csic log lines, R01, at 1 and 10 % attacks", .35, least(lines, 5)},
		goal{"csic log lines with a site profile, R01", .70, least(lines, 6)})
	gate := table("GATE.md", "|---")
	return append(list,
		goal{"times fewer learners by the gate, on normal rows, every test", 5, least(gate, 7)},
		goal{"times fewer learners by the gate, on all rows, every test", 5, least(gate, 5)},
		goal{"change of R1 by the gate, worst test", -0.005, least(gate, 9)})
}

// tableOf returns the cells of the first Markdown table of a text.
func tableOf(text string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if len(rows) > 0 {
				break
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// rowsWith returns the rows that have a text in a column.
func rowsWith(rows [][]string, column int, text string) [][]string {
	var out [][]string
	for _, row := range rows {
		if len(row) > column && row[column] == text {
			out = append(out, row)
		}
	}
	return out
}

// least returns the smallest number of a column, NaN where it has none.
func least(rows [][]string, column int) float64 {
	out := math.NaN()
	for _, row := range rows {
		if len(row) <= column {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(row[column]), "x"), 64)
		if err == nil && !(out <= v) {
			out = v
		}
	}
	return out
}
