package core

import (
	"regexp"
	"testing"
)

func TestSeverityOf(t *testing.T) {
	tests := []struct {
		name  string
		rate  float64
		class string
		want  Severity
	}{
		{"one in a hundred", 1e-2, "sqli", SeverityLow},
		{"one in a thousand", 1e-3, "sqli", SeverityMedium},
		{"one in ten thousand", 1e-4, "sqli", SeverityHigh},
		{"beyond", 1e-12, "sqli", SeverityHigh},
		{"never seen", 0, "sqli", SeverityHigh},
		{"somebody may have got in", 1e-4, "cmdi", SeverityCritical},
		{"got in, less rare", 1e-2, "success-after-failures", SeverityMedium},
		{"noise of every public server", 1e-4, "scanner", SeverityMedium},
		{"noise is never none", 1e-2, "scanner", SeverityLow},
		{"novelty alone", 1e-5, Anomaly, SeverityMedium},
		{"a class of a plugin", 1e-4, "something-new", SeverityHigh},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if got := SeverityOf(c.rate, c.class); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSeverityNames(t *testing.T) {
	seen := map[string]bool{}
	for s := SeverityNone; s <= SeverityCritical; s++ {
		if s.String() == "" || seen[s.String()] {
			t.Errorf("severity %d is called %q", s, s)
		}
		seen[s.String()] = true
	}
}

// Every class is evidence of techniques that ATT&CK numbers; an anomaly, and
// what the table does not know, of none.
func TestTechniques(t *testing.T) {
	id := regexp.MustCompile(`^T1\d{3}(\.\d{3})?$`)
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for class := range classes {
		got := Techniques(class)
		if !name.MatchString(class) {
			t.Errorf("class %q", class)
		}
		if (len(got) == 0) != (class == Anomaly) {
			t.Errorf("%s: techniques %v", class, got)
		}
		for _, technique := range got {
			if !id.MatchString(technique) {
				t.Errorf("%s: technique %q", class, technique)
			}
		}
	}
	if got := Techniques("no such class"); got != nil {
		t.Errorf("techniques %v of no class", got)
	}
}
