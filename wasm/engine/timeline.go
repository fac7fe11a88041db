package main

import (
	"strconv"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/written"
)

// timeline counts events and threats by time, in buckets that are as narrow as
// fit: their width starts at one second and doubles whenever the log is longer
// than maxBuckets of them.
type timeline struct {
	width   int64 // nanoseconds; 0 before the first event
	first   int64 // number of the first bucket: it starts at first*width
	buckets []bucket
	untimed bucket
}

type bucket struct{ events, threats int64 }

// maxBuckets is more than a chart has pixels to show them.
const maxBuckets = 2048

// maxSpan bounds times so that their differences cannot overflow.
const maxSpan = 1 << 61

func (t *timeline) add(time int64, threat bool) {
	b := t.bucket(time)
	b.events++
	if threat {
		b.threats++
	}
}

// addThreat counts as a threat what was added before as an event.
func (t *timeline) addThreat(time int64) { t.bucket(time).threats++ }

// forgetThreats counts none of the events as a threat.
func (t *timeline) forgetThreats() {
	t.untimed.threats = 0
	for i := range t.buckets {
		t.buckets[i].threats = 0
	}
}

// bucket returns what counts the events of a time.
func (t *timeline) bucket(time int64) *bucket {
	if time == event.NoTime {
		return &t.untimed
	}
	return t.at(min(max(time, -maxSpan), maxSpan))
}

// at returns the bucket of a time.
func (t *timeline) at(time int64) *bucket {
	if t.width == 0 {
		t.width = 1e9
		t.first = floor(time, t.width)
	}
	for {
		n := floor(time, t.width)
		first, last := min(t.first, n), max(t.first+int64(len(t.buckets))-1, n)
		if last-first >= maxBuckets {
			t.widen()
			continue
		}
		if n < t.first {
			t.buckets = append(make([]bucket, t.first-n, maxBuckets), t.buckets...)
			t.first = n
		}
		for n >= t.first+int64(len(t.buckets)) {
			t.buckets = append(t.buckets, bucket{})
		}
		return &t.buckets[n-t.first]
	}
}

// widen doubles the width.
func (t *timeline) widen() {
	first := floor(t.first, 2)
	n := 0
	for i, b := range t.buckets {
		to := int(floor(t.first+int64(i), 2) - first)
		if to == n { // the first of its pair, or the only one
			t.buckets[to] = b
			n++
			continue
		}
		t.buckets[to].events += b.events
		t.buckets[to].threats += b.threats
	}
	t.buckets, t.first, t.width = t.buckets[:n], first, 2*t.width
}

// floor divides and rounds down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// appendJSON appends the timeline. Times are texts: they do not fit a double.
func (t *timeline) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"start":"`...)
	dst = strconv.AppendInt(dst, t.first*t.width, 10)
	dst = append(dst, `","width":"`...)
	dst = strconv.AppendInt(dst, t.width, 10)
	dst = append(dst, `","events":[`...)
	for i := range t.buckets {
		dst = strconv.AppendInt(written.Comma(dst, i), t.buckets[i].events, 10)
	}
	dst = append(dst, `],"threats":[`...)
	for i := range t.buckets {
		dst = strconv.AppendInt(written.Comma(dst, i), t.buckets[i].threats, 10)
	}
	dst = append(dst, `],"untimed":{"events":`...)
	dst = strconv.AppendInt(dst, t.untimed.events, 10)
	dst = append(dst, `,"threats":`...)
	dst = strconv.AppendInt(dst, t.untimed.threats, 10)
	return append(dst, `}}`...)
}
