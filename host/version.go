package host

import (
	"cmp"
	"strconv"
	"strings"
)

// CompareVersions compares the versions of plugins, 1.2.3 or 1.2.3-suffix: -1, 0
// or 1 as a is older than b, the same or newer. A version with a suffix comes
// before the one without; suffixes are compared as texts.
func CompareVersions(a, b string) int {
	first, early, _ := strings.Cut(a, "-")
	second, late, _ := strings.Cut(b, "-")
	x, y := strings.Split(first, "."), strings.Split(second, ".")
	for i := range min(len(x), len(y)) {
		// A version was read by the description's parser: its parts are numbers.
		m, _ := strconv.ParseUint(x[i], 10, 31)
		n, _ := strconv.ParseUint(y[i], 10, 31)
		if m != n {
			return cmp.Compare(m, n)
		}
	}
	if (early == "") != (late == "") {
		return cmp.Compare(len(late), len(early))
	}
	return strings.Compare(early, late)
}
