package report

import (
	"strings"

	"github.com/tiercel/tiercel/core"
)

// certified says in words what an alert survives, nothing where nothing is proven.
func certified(c core.Certificate) string {
	var parts []string
	if c.Padding {
		parts = append(parts, "any padding")
	}
	if c.Insertions > 0 {
		parts = append(parts, plural(int64(c.Insertions), "insertion"))
	}
	if c.Learners > 0 {
		parts = append(parts, plural(int64(c.Learners), "bad learner"))
	}
	return strings.Join(parts, ", ")
}

// certificate writes what an alert survives, and what that leaves open.
func (s *screen) certificate(c core.Certificate) {
	s.title("CERTIFIED", "what this alert survives, whatever the adversary writes")
	words := certified(c)
	if words == "" {
		words = "nothing: not certified"
	}
	s.paragraph(strong, words, 2, 2)
	for _, limit := range c.Limits() {
		s.paragraph(faint, "- "+limit, 2, 4)
	}
}
