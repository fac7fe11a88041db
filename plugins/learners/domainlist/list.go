package main

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"golang.org/x/net/publicsuffix"
)

// list holds what is said of domains: hashes of their names in rising order
// and a score each, 12 bytes a domain, so that a million fit a guest's memory.
type list struct {
	hashes []uint64
	scores []float32
}

// lineError says which line of a list is not understood, and why.
type lineError struct {
	line int
	why  string
}

func (e *lineError) Error() string { return "line " + strconv.Itoa(e.line) + ": " + e.why }

// parse reads lines of a domain and its score in [0,1], 1 where there is none;
// # begins a comment. A domain stands for all below it, unless a longer one is
// listed too. A public suffix is refused: it would list everybody's domains.
// The last of two lines for one domain counts.
func parse(text []byte) (*list, error) {
	type entry struct {
		hash  uint64
		score float32
	}
	var all []entry
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line, _, _ = bytes.Cut(line, []byte("#"))
		fields := bytes.Fields(line)
		if len(fields) == 0 {
			continue
		}
		name := normal(fields[0])
		if err := listable(name); err != "" {
			return nil, &lineError{number, err}
		}
		score := 1.0
		if len(fields) > 1 {
			var err error
			if score, err = strconv.ParseFloat(string(fields[1]), 32); err != nil || !(score >= 0 && score <= 1) || len(fields) > 2 {
				return nil, &lineError{number, "a line is a domain and a score from 0 to 1"}
			}
		}
		all = append(all, entry{hash(name), float32(score)})
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		if a.hash < b.hash {
			return -1
		} else if a.hash > b.hash {
			return 1
		}
		return 0
	})
	l := &list{}
	for i, e := range all {
		if i+1 < len(all) && all[i+1].hash == e.hash {
			continue
		}
		l.hashes, l.scores = append(l.hashes, e.hash), append(l.scores, e.score)
	}
	return l, nil
}

// normal is a name in lower case without its final dot.
func normal(name []byte) []byte {
	return bytes.TrimSuffix(bytes.ToLower(name), []byte("."))
}

// listable says why a name cannot be listed; "" if it can.
func listable(name []byte) string {
	if len(name) == 0 || len(name) > maxName-1 || bytes.ContainsAny(name, "/:*@") || bytes.Contains(name, []byte("..")) || name[0] == '.' {
		return strconv.Quote(string(name[:min(len(name), 64)])) + " is no domain"
	}
	if suffix, _ := publicsuffix.PublicSuffix(string(name)); suffix == string(name) {
		return suffix + " is a public suffix: it would list everybody's domains"
	}
	return ""
}

// maxName is the length of the longest name that DNS has, its final dot
// included: of longer texts only the end is looked up, since the work grows
// with the square of the length.
const maxName = 254

// score returns what is said of a name, or of the closest domain above it that
// something is said of; 0 where nothing is.
func (l *list) score(name []byte) float32 {
	name = name[max(0, len(name)-maxName):]
	for name = bytes.TrimSuffix(name, []byte(".")); len(name) > 0; {
		if i, ok := slices.BinarySearch(l.hashes, hash(name)); ok {
			return l.scores[i]
		}
		_, above, ok := bytes.Cut(name, []byte("."))
		if !ok {
			return 0
		}
		name = above
	}
	return 0
}

// hash is FNV-1a of 64 bits (Fowler, Noll, Vo), mixed by SplitMix64's finaliser:
// two of a million names share one with a chance of 1 in 37 million.
func hash(name []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range name {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// worst is the highest score of several names; NaN for none.
func (l *list) worst(names func(yield func([]byte) bool)) float32 {
	worst := float32(math.NaN())
	for name := range names {
		if s := l.score(name); !(worst >= s) {
			worst = s
		}
	}
	return worst
}
