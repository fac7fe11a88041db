package sandbox

import "strings"

// None is the report where the system has no sandbox that this package knows.
func None(system string) Report {
	return Report{Missing: []string{"none is known for " + system}}
}

// String is "landlock, seccomp, rlimits" where all hold, and starts with "not
// sandboxed" where one does not.
func (r Report) String() string {
	active := strings.Join(r.Active, ", ")
	if len(r.Missing) == 0 {
		return active
	}
	s := "not sandboxed: " + strings.Join(r.Missing, "; ")
	if active != "" {
		s += " (only " + active + ")"
	}
	return s
}
