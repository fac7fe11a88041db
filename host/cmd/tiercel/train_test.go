package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tableLog writes rows of two columns that tell attacks by their product's sign:
// what a linear learner cannot see, and trees of one question neither.
func tableLog(n int) []byte {
	var b strings.Builder
	b.WriteString("a,b,c,label\n")
	for i := range n {
		x, y := i*7919%1009-504, i*104729%997-498
		label := "normal"
		if (x > 0) == (y > 0) {
			label = "flood"
		}
		b.WriteString(itoa(x) + "," + itoa(y) + "," + itoa(i*31%17) + "," + label + "\n")
	}
	return []byte(b.String())
}

// Tuned in one go and tuned from a state that was kept give the same model, and
// the budget is kept.
func TestTrainTune(t *testing.T) {
	t.Parallel()
	data, dir := write(t, "t.csv", tableLog(700)), t.TempDir()
	state := filepath.Join(dir, "state.json")
	train := func(model string, more ...string) result {
		r := tiercel(t, nil, append([]string{"train", "--kind", "table", "--data", data, "--tune", "--tune-budget", "80", "-o", filepath.Join(dir, model)}, more...)...)
		if r.status != 0 || r.out != "" || !strings.Contains(r.err, "tuned ") {
			t.Fatalf("status %d: %s%s", r.status, r.out, r.err)
		}
		return r
	}
	train("one", "--tune-state", state)
	var kept struct {
		Fits     int
		Learners []struct {
			ID         string
			Done       bool
			Candidates []map[string]float64
			Rungs      []json.RawMessage
		}
	}
	text, err := os.ReadFile(state)
	if err != nil || json.Unmarshal(text, &kept) != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if kept.Fits == 0 || kept.Fits > 80 || len(kept.Learners) < 2 || len(kept.Learners[0].Candidates) < 2 {
		t.Errorf("%s", text)
	}
	// As it was when the first learner was done.
	var half map[string]any
	json.Unmarshal(text, &half)
	half["learners"] = half["learners"].([]any)[:1]
	first := kept.Learners[0]
	half["fits"] = len(first.Candidates) * len(first.Rungs) * 5
	text, _ = json.Marshal(half)
	train("two", "--tune-state", write(t, "half.json", text))
	one, _ := os.ReadFile(filepath.Join(dir, "one"))
	two, _ := os.ReadFile(filepath.Join(dir, "two"))
	if string(one) != string(two) {
		t.Error("tuned at once and tuned in two parts, the models differ")
	}
}

// What was chosen is in the card, and shown.
func TestTrainTuneCard(t *testing.T) {
	t.Parallel()
	data, model := write(t, "t.csv", tableLog(700)), filepath.Join(t.TempDir(), "m")
	of := func(args ...string) result {
		return tiercel(t, nil, append([]string{"train", "--kind", "table", "--data", data, "-o", model}, args...)...)
	}
	r := of("--tune", "--tune-budget", "300", "--output", "json")
	if r.status != 0 {
		t.Fatal(r.err)
	}
	var b struct {
		Rows        int `json:"guard_rows"`
		Leaderboard []struct {
			Tier, Name    string
			Weight, AUROC *float64
			Recall1       *float64 `json:"recall_at_fpr_0.01"`
			Recall01      *float64 `json:"recall_at_fpr_0.001"`
			Cost          *float64 `json:"ns_per_event"`
		}
	}
	if err := json.Unmarshal([]byte(r.out), &b); err != nil {
		t.Fatalf("%v: %s", err, r.out)
	}
	tiers := map[string]int{}
	for _, p := range b.Leaderboard {
		tiers[p.Tier]++
		if p.Weight == nil || p.AUROC == nil || p.Recall1 == nil || p.Recall01 == nil || p.Cost == nil || *p.Cost <= 0 || p.Name == "" {
			t.Errorf("%+v", p)
		}
	}
	if b.Rows == 0 || tiers["base"] < 2 || tiers["meta"] < 2 || tiers["super"] != 1 || strings.Contains(r.err, "super super") {
		t.Errorf("%s%s", r.out, r.err)
	}
	show := tiercel(t, nil, "model", "show", model)
	if at := strings.Index(r.err, "recall at small budgets"); (at >= 0) != strings.Contains(show.out, "TUNED") || show.status != 0 {
		t.Errorf("%s%s", r.err, show.out)
	} else if at < 0 {
		t.Errorf("nothing was better than the defaults: %s", r.err)
	}
	// Untuned, the board is text on standard error, of no more than 80 columns.
	r = of()
	if r.status != 0 || r.out != "" || !strings.Contains(r.err, "super super") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.err)
	}
	for line := range strings.Lines(r.err) {
		if strings.Contains(line, "meta ") && len([]rune(line)) > 81 {
			t.Errorf("%d columns: %s", len([]rune(line)), line)
		}
	}
}

func TestTrainTuneErrors(t *testing.T) {
	t.Parallel()
	data, out := write(t, "t.csv", tableLog(200)), filepath.Join(t.TempDir(), "m")
	for _, c := range []struct {
		name, says string
		args       []string
	}{
		{"budget without tune", "need --tune", []string{"--tune-budget", "10m"}},
		{"state without tune", "need --tune", []string{"--tune-state", "x"}},
		{"no budget", "number of fits", []string{"--tune", "--tune-budget", "much"}},
		{"budget of nothing", "number of fits", []string{"--tune", "--tune-budget", "0"}},
		{"negative budget", "number of fits", []string{"--tune", "--tune-budget", "-3m"}},
		{"state that is none", "--tune-state", []string{"--tune", "--tune-state", data}},
		{"broken state", "broken", []string{"--tune", "--tune-state", write(t, "s", []byte(`{"learners":[{"chosen":3}]}`))}},
		{"state of other rows", "other rows", []string{"--tune", "--tune-state", write(t, "s", []byte(`{"of":"00"}`))}},
		{"unknown output", "text or json", []string{"--output", "xml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tiercel(t, nil, append([]string{"train", "--kind", "table", "--data", data, "-o", out}, c.args...)...)
			if r.status != 1 || !strings.Contains(r.err, c.says) {
				t.Errorf("status %d: %s", r.status, r.err)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("wrote a model in spite of it")
			}
		})
	}
}
