package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/model"
)

// A site whose people log in with slips that the model takes for attacks: a few
// labels say so, and the model that adapt writes believes it everywhere.
func TestAdapt(t *testing.T) {
	t.Parallel()
	log, labels := sshLog(150, 10)
	path := write(t, "auth.log", []byte(log))
	lines := strings.SplitAfter(labels, "\n")
	var few strings.Builder
	few.WriteString(lines[0])
	count := 0
	for i, row := range lines[1:] {
		if i%12 == 5 && row != "" {
			few.WriteString(strings.Replace(row, "1,brute-force", "0,normal", 1)) // what the model calls attacks is allowed here
			count++
		}
	}
	out := filepath.Join(t.TempDir(), "site.tiercel")
	r := tiercel(t, nil, "adapt", "--model", trained, "--labels", write(t, "labels.csv", []byte(few.String())), "-o", out, path)
	if r.status != 0 {
		t.Fatalf("status %d: %s", r.status, r.err)
	}
	for _, want := range []string{" labels in force: 0 threats", "before", "after", "RECIPES", "as it is", "hedge"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("does not show %q:\n%s", want, r.out)
		}
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := adapt.Of(m)
	// Equal records of one file count once.
	if err != nil || state.Len() < count/2 || state.Len() > count || m.Epoch != 1 || m.Signed() {
		t.Fatalf("%d labels of %d, epoch %d, %v", state.Len(), count, m.Epoch, err)
	}
	before := verdicts(t, tiercel(t, nil, "scan", "--model", trained, "--output", "ndjson", "--all", path).out)
	after := verdicts(t, tiercel(t, nil, "scan", "--model", out, "--output", "ndjson", "--all", path).out)
	lower, higher := 0, 0
	for i := range after {
		switch {
		case *after[i].Score < *before[i].Score:
			lower++
		case *after[i].Score > *before[i].Score:
			higher++
		}
	}
	if lower < len(after)/3 || higher > 0 {
		t.Errorf("of %d scores %d are lower, %d higher after all were called normal", len(after), lower, higher)
	}
	if r := tiercel(t, nil, "model", "show", out); !strings.Contains(r.out, "Adapted by labels of the site") {
		t.Errorf("the card does not say it: %s", r.out)
	}
	if r := tiercel(t, nil, "explain", "--model", out, path+":3"); !strings.Contains(r.out, "LABELS OF THE SITE") {
		t.Errorf("explain does not show it: %s", r.out)
	}
	again := filepath.Join(t.TempDir(), "again.tiercel")
	tiercel(t, nil, "adapt", "--model", trained, "--labels", write(t, "labels.csv", []byte(few.String())), "-o", again, path)
	if twice, err := os.ReadFile(again); err != nil || string(twice) != string(data) {
		t.Errorf("the same labels give other bytes (%v)", err)
	}
}

func TestAdaptErrors(t *testing.T) {
	t.Parallel()
	log, labels := sshLog(20, 1)
	path, beside := write(t, "auth.log", []byte(log)), write(t, "labels.csv", []byte(labels))
	out := filepath.Join(t.TempDir(), "site.tiercel")
	for _, c := range []struct {
		name, says string
		args       []string
	}{
		{"no output", "-o MODEL is missing", []string{"--model", trained, "--labels", beside, path}},
		{"no model", "--model is missing", []string{"--labels", beside, "-o", out, path}},
		{"no file", "no file given", []string{"--model", trained, "-o", out}},
		{"another kind", "--kind says http", []string{"--model", trained, "--kind", "http", "--labels", beside, "-o", out, path}},
		{"a daily budget", "want a share", []string{"--model", trained, "--budget", "20/day", "--labels", beside, "-o", out, path}},
		{"no labels", "no column", []string{"--model", trained, "-o", out, path}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tiercel(t, nil, append([]string{"adapt"}, c.args...)...)
			if r.status != 1 || !strings.Contains(r.err, c.says) {
				t.Errorf("status %d: %s", r.status, r.err)
			}
		})
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a model was written all the same")
	}
}
