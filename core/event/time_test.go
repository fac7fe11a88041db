package event

import (
	"math"
	"testing"
	"time"
)

func utc(year, month, day, hour, minute, second, nanos int) int64 {
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC).UnixNano()
}

func TestParseTime(t *testing.T) {
	for _, c := range []struct {
		name, text string
		year       int
		want       int64
	}{
		{"common log format", "17/May/2015:10:05:03 +0000", 0, utc(2015, 5, 17, 10, 5, 3, 0)},
		{"common log format west", "29/Feb/2024:23:59:59 -0530", 0, utc(2024, 3, 1, 5, 29, 59, 0)},
		{"common log format in brackets", "[17/May/2015:10:05:03 +0200]", 0, utc(2015, 5, 17, 8, 5, 3, 0)},
		{"common log format, fraction, no zone", "17/May/2015:10:05:03.123", 0, utc(2015, 5, 17, 10, 5, 3, 123e6)},
		{"BIND", "17-May-2015 10:05:03.5", 0, utc(2015, 5, 17, 10, 5, 3, 5e8)},
		{"RFC 3339", "2026-01-29T10:01:02.123Z", 0, utc(2026, 1, 29, 10, 1, 2, 123e6)},
		{"RFC 3339 offset", "2026-01-29T10:01:02+02:00", 0, utc(2026, 1, 29, 8, 1, 2, 0)},
		{"Suricata", "2019-01-23T17:06:58.119430+0100", 0, utc(2019, 1, 23, 16, 6, 58, 119430e3)},
		{"blank, no zone", "2019-01-23 17:06:58", 0, utc(2019, 1, 23, 17, 6, 58, 0)},
		{"comma fraction", "2019-01-23 17:06:58,25", 0, utc(2019, 1, 23, 17, 6, 58, 25e7)},
		{"more than nine digits", "2019-01-23 17:06:58.1234567899999Z", 0, utc(2019, 1, 23, 17, 6, 58, 123456789)},
		{"nginx error log", "2019/04/04 16:23:00", 0, utc(2019, 4, 4, 16, 23, 0, 0)},
		{"Argus", "2019/04/04 16:23:00.325010", 0, utc(2019, 4, 4, 16, 23, 0, 325010e3)},
		{"no seconds", "2015-01-20T19:53", 0, utc(2015, 1, 20, 19, 53, 0, 0)},
		{"no seconds, zone", "2015-01-20T19:53+01", 0, utc(2015, 1, 20, 18, 53, 0, 0)},
		{"date only", "2015-01-20", 0, utc(2015, 1, 20, 0, 0, 0, 0)},
		{"leap second", "2016-12-31T23:59:60Z", 0, utc(2017, 1, 1, 0, 0, 0, 0)},
		{"before 1970", "1969-12-31T23:59:59Z", 0, -1e9},
		{"zone in words", "2015-01-20 19:53:10 UTC", 0, utc(2015, 1, 20, 19, 53, 10, 0)},
		{"seconds", "1131566461", 0, 1131566461e9},
		{"Zeek", "1521911721.255387", 0, 1521911721255387000},
		{"milliseconds", "1521911721255", 0, 1521911721255e6},
		{"milliseconds with fraction", "1521911721255.5", 0, 1521911721255500000},
		{"microseconds", "1521911721255387", 0, 1521911721255387e3},
		{"nanoseconds", "1521911721255387123", 0, 1521911721255387123},
		{"zero", "0.000000", 0, 0},
		{"syslog", "Jun 14 15:16:01", 2005, utc(2005, 6, 14, 15, 16, 1, 0)},
		{"syslog padded", "Jun  4 15:16:01", 2005, utc(2005, 6, 4, 15, 16, 1, 0)},
		{"syslog not padded", "Nov 9 12:01:01", 2005, utc(2005, 11, 9, 12, 1, 1, 0)},
		{"syslog without a year", "Jun 14 15:16:01", 0, utc(1970, 6, 14, 15, 16, 1, 0)},
		{"syslog leap day of an unknown year", "Feb 29 01:00:00", 0, utc(1970, 3, 1, 1, 0, 0, 0)},
		{"syslog with year", "Jun 14 2019 15:16:01", 2005, utc(2019, 6, 14, 15, 16, 1, 0)},
		{"Apache error log", "Sun Dec 04 04:47:44 2005", 0, utc(2005, 12, 4, 4, 47, 44, 0)},
		{"Apache 2.4 error log", "Sun Dec 04 04:47:44.325010 2005", 0, utc(2005, 12, 4, 4, 47, 44, 325010e3)},
		{"RFC 1123", "Sun, 04 Dec 2005 04:47:44 GMT", 0, utc(2005, 12, 4, 4, 47, 44, 0)},
		{"RFC 5322", "Sun, 4 Dec 2005 04:47:44 +0100", 0, utc(2005, 12, 4, 3, 47, 44, 0)},
		{"blanks and quotes", ` "2015-01-20T19:53:00Z" `, 0, utc(2015, 1, 20, 19, 53, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, ok := ParseTime([]byte(c.text), c.year); !ok || got != c.want {
				t.Errorf("ParseTime(%q) = %d, %v; want %d", c.text, got, ok, c.want)
			}
		})
	}
}

func TestParseTimeRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "-", "[]", `""`, "now", "x2015-01-20", "2015-13-01", "2015-02-29", "2015-01-20T25:00:00Z",
		"9999-01-01T00:00:00Z", "0000-01-01", "2262-01-01", "32/May/2015:10:05:03 +0000", "17/Mai/2015:10:05:03 +0000",
		"17/May/2015:10:05:03 +0000 x", "99999999999999999999", "Jun 99 15:16:01", "Jun 14 99:16:01", "Jun 14",
		"Sun Dec 04 04:47:44", "Sun, 04 Dec 2005", "1521911721.25.5", "-1521911721",
	} {
		if ns, ok := ParseTime([]byte(text), 2005); ok || ns != NoTime {
			t.Errorf("ParseTime(%q) = %d, %v; want NoTime, false", text, ns, ok)
		}
	}
}

// A stamp of the right form keeps its length, so that what follows it is found.
func TestAbsurdStampKeepsItsLength(t *testing.T) {
	for _, c := range []struct {
		name string
		read func([]byte) (int64, int)
		text string
		n    int
	}{
		{"common log format", clfTime, "99/May/2015:10:05:03 +0000]", 26},
		{"ISO", isoTime, "2015-99-01T10:05:03Z x", 20},
		{"syslog", func(t []byte) (int64, int) { return syslogTime(t, 2005) }, "Jun 99 15:16:01 combo", 15},
		{"ctime", ctimeTime, "Sun Dec 99 04:47:44 2005]", 24},
		{"epoch", epochTime, "9999999999999999999 x", 19},
	} {
		t.Run(c.name, func(t *testing.T) {
			if ns, n := c.read([]byte(c.text)); ns != NoTime || n != c.n {
				t.Errorf("%q: %d, %d; want NoTime, %d", c.text, ns, n, c.n)
			}
		})
	}
}

// Every day of the supported years against package time.
func TestDaysSince1970(t *testing.T) {
	end := time.Date(maxYear+1, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := time.Date(minYear, 1, 1, 0, 0, 0, 0, time.UTC); day.Before(end); day = day.AddDate(0, 0, 1) {
		y, m, d := day.Date()
		if got, want := daysSince1970(y, int(m), d), int64(math.Floor(float64(day.Unix())/86400)); got != want {
			t.Fatalf("%d-%d-%d: %d days, want %d", y, m, d, got, want)
		}
	}
}

func TestParseTimeAllocatesNothing(t *testing.T) {
	texts := [][]byte{[]byte("17/May/2015:10:05:03 +0000"), []byte("2026-01-29T10:01:02.123Z"), []byte("1521911721.255387"), []byte("Jun 14 15:16:01")}
	if n := testing.AllocsPerRun(100, func() {
		for _, text := range texts {
			ParseTime(text, 2005)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkCLFTime(b *testing.B) {
	text := []byte("17/May/2015:10:05:03 +0000")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		clfTime(text)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{
		"17/May/2015:10:05:03 +0000", "2026-01-29T10:01:02.123Z", "1521911721.255387", "Jun  4 15:16:01",
		"Sun Dec 04 04:47:44.325010 2005", "Sun, 04 Dec 2005 04:47:44 GMT", "2019/04/04 16:23", "Jan 1 2261 23:59:60",
	} {
		f.Add([]byte(s), 2005)
	}
	f.Fuzz(func(t *testing.T, text []byte, year int) {
		ns, ok := ParseTime(text, year)
		if ok == (ns == NoTime) {
			t.Errorf("ParseTime(%q, %d) = %d, %v", text, year, ns, ok)
		}
		for _, read := range []func([]byte) (int64, int){isoTime, clfTime, ctimeTime, httpTime, epochTime} {
			if _, n := read(text); n < 0 || n > len(text) {
				t.Errorf("a reader took %d of %d bytes", n, len(text))
			}
		}
	})
}

// What a stamp remembers is what reading the text again would give, whatever
// stands behind it.
func TestStampRemembers(t *testing.T) {
	var s stamp
	texts := []string{
		"29/Jan/2026:10:05:03 +0000] \"GET", "29/Jan/2026:10:05:03 +0000", "29/Jan/2026:10:05:03 +00001", "29/Jan/2026:10:05:03 +01:30]",
		"29/Jan/2026:10:05:03 +0130]", "29/Jan/2026:10:05:03.12345] \"", "29/Jan/2026:10:05:03.12345678]", "29/Jan/2026:10:05:03.12345",
		"29/Jan/2026:10:05:03 UTC] ", "99/Jan/2026:10:05:03 +0000]", "29/Jan/2026:10:05:03 +000", "", "no time at all, but as long as one",
	}
	for range 2 {
		for _, before := range texts {
			for _, text := range texts {
				s.clfTime([]byte(before))
				ns, n := s.clfTime([]byte(text))
				if wantNs, want := clfTime([]byte(text)); n != want || n > 0 && ns != wantNs {
					t.Errorf("%q behind %q: %d, %d bytes; want %d, %d", text, before, ns, n, wantNs, want)
				}
			}
		}
	}
}
