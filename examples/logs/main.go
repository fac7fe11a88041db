// Logs writes small realistic logs of every kind, with attacks among ordinary
// traffic: what `make run` scans. The same seed gives the same bytes.
//
//	go run ./examples/logs -seed 1 -lines 4000 -o build/logs
//
// It writes access.log (Apache combined), conn.log (Zeek), dns.log (Zeek) and
// auth.log (syslog), and beside each a .truth file: one line number and class
// for every line that belongs to an attack.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	seed := flag.Uint64("seed", 1, "the same seed writes the same bytes")
	lines := flag.Int("lines", 4000, "ordinary lines in each log")
	dir := flag.String("o", "logs", "folder to write to")
	flag.Parse()
	if err := run(*dir, *seed, *lines); err != nil {
		fmt.Fprintln(os.Stderr, "logs:", err)
		os.Exit(1)
	}
}

// log is one kind of log: its writer of ordinary lines, its attacks, and what
// stands above and below the lines.
type log struct {
	name    string
	head    string
	normal  func(w *world) entry
	attacks []attack
}

// attack writes the lines of one attack, beginning at the given time.
type attack struct {
	class string
	lines func(w *world, from time.Time) []entry
}

// entry is a line, when it was written, and the attack it belongs to.
type entry struct {
	at    time.Time
	text  string
	class string
}

func run(dir string, seed uint64, lines int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, l := range []log{access(), conn(), dns(), auth()} {
		w := newWorld(seed, uint64(i))
		if err := write(filepath.Join(dir, l.name), l.head, compose(w, &l, lines)); err != nil {
			return err
		}
	}
	return nil
}

// start and span of the logs: a working day.
var start = time.Date(2026, 1, 29, 7, 0, 0, 0, time.UTC)

const span = 10 * time.Hour

// compose mixes ordinary lines with the attacks, in order of time.
func compose(w *world, l *log, lines int) []entry {
	var all []entry
	for range lines {
		all = append(all, l.normal(w))
	}
	for _, a := range l.attacks {
		from := start.Add(time.Duration(float64(span) * (0.1 + 0.7*w.Float64())))
		for _, e := range a.lines(w, from) {
			e.class = a.class
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	return all
}

func write(path, head string, entries []entry) (err error) {
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	truth, err := os.Create(path + ".truth")
	if err != nil {
		return err
	}
	l, t := bufio.NewWriter(log), bufio.NewWriter(truth)
	number := 1
	for _, c := range head {
		if c == '\n' {
			number++
		}
	}
	l.WriteString(head)
	for _, e := range entries {
		fmt.Fprintln(l, e.text)
		if e.class != "" {
			fmt.Fprintln(t, number, e.class)
		}
		number++
	}
	for _, f := range []func() error{l.Flush, t.Flush, log.Close, truth.Close} {
		if e := f(); err == nil {
			err = e
		}
	}
	return err
}

// world is the place that the logs come from: its people, hosts and dice.
type world struct {
	*rand.Rand
	clients []string
}

func newWorld(seed, stream uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, stream))}
	for range 120 {
		w.clients = append(w.clients, fmt.Sprintf("198.51.%d.%d", 100+w.IntN(8), 1+w.IntN(254)))
	}
	return w
}

// moment returns a time of the day, busier around noon.
func (w *world) moment() time.Time {
	share := (w.Float64() + w.Float64()) / 2
	return start.Add(time.Duration(share * float64(span))).Truncate(time.Millisecond)
}

func (w *world) client() string {
	return w.clients[min(w.IntN(len(w.clients)), w.IntN(len(w.clients)))]
}

func pick[T any](w *world, of []T) T { return of[w.IntN(len(of))] }

// every returns the times of n lines, each a pause of about gap after the last.
func (w *world) every(from time.Time, n int, gap time.Duration, jitter float64) []time.Time {
	at := make([]time.Time, n)
	for i := range at {
		at[i] = from
		from = from.Add(time.Duration(float64(gap) * (1 + jitter*(2*w.Float64()-1)))).Truncate(time.Microsecond)
	}
	return at
}
