// Package progress tells a person at standard error how far the work is: a bar
// with rate and time left on a terminal, nothing but notes elsewhere.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Bar is a line at the bottom of a terminal that is redrawn in place. The zero
// Bar and a Bar whose output is no terminal only pass notes on. It is safe for
// concurrent use.
type Bar struct {
	mu      sync.Mutex
	w       io.Writer
	width   int // columns; 0 for no terminal
	started time.Time
	drawn   time.Time
	showing bool
}

// Every redraw costs a system call and a flicker.
const redraw = 100 * time.Millisecond

// New returns a bar on w; width is that of the terminal, 0 when w is none.
func New(w io.Writer, width int) *Bar {
	return &Bar{w: w, width: width, started: time.Now()}
}

// State is what the bar shows.
type State struct {
	Label string // what is being worked on
	Done  int64  // bytes
	Total int64  // bytes; 0 when not known: no share, no time left
	Lines int64
	Found string // such as "17 threats"
}

// Show draws the state, if the last drawing is long enough ago.
func (b *Bar) Show(s State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.width == 0 || now.Sub(b.drawn) < redraw {
		return
	}
	b.drawn, b.showing = now, true
	fmt.Fprintf(b.w, "\r\x1b[K%s", render(s, now.Sub(b.started), b.width-1))
}

// Note prints a line for the user above the bar.
func (b *Bar) Note(format string, a ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	fmt.Fprintf(b.w, format+"\n", a...)
}

// Clear removes the bar.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
}

func (b *Bar) clear() {
	if b.showing {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.showing = false
	}
}

// Elapsed returns the time since New.
func (b *Bar) Elapsed() time.Duration { return time.Since(b.started) }

// barColumns is the length of the bar itself.
const barColumns = 12

// render writes the state into at most columns columns.
func render(s State, elapsed time.Duration, columns int) string {
	var parts []string
	if s.Total > 0 {
		share := min(float64(s.Done)/float64(s.Total), 1)
		full := int(share * barColumns)
		parts = append(parts, "["+strings.Repeat("=", full)+strings.Repeat(" ", barColumns-full)+"]", fmt.Sprintf("%3.0f%%", share*100))
		if left, ok := remaining(share, elapsed); ok {
			parts = append(parts, left+" left")
		}
	}
	if s.Lines > 0 {
		parts = append(parts, Count(s.Lines)+" lines", Rate(s.Lines, elapsed))
	}
	if s.Found != "" {
		parts = append(parts, s.Found)
	}
	line := strings.Join(parts, "  ")
	for len(line) > columns && len(parts) > 1 { // a bar that wraps could not be redrawn in place
		parts = parts[:len(parts)-1]
		line = strings.Join(parts, "  ")
	}
	if room := columns - len(line) - 2; s.Label != "" && room >= 8 {
		label := []rune(s.Label)
		if len(label) > room {
			label = append([]rune("…"), label[len(label)-room+1:]...)
		}
		line = string(label) + "  " + line
	}
	return line
}

// remaining estimates the time left from the share that is done. In the first
// moments an estimate would jump about.
func remaining(share float64, elapsed time.Duration) (string, bool) {
	if share < 0.02 || elapsed < time.Second {
		return "", false
	}
	left := time.Duration(float64(elapsed) * (1 - share) / share).Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(left.Minutes()), int(left.Seconds())%60), true
}

// Count writes a count shortly: 812, 23.4k, 1.20M.
func Count(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprint(n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1fk", float64(n)/1e3)
	}
	return fmt.Sprintf("%.2fM", float64(n)/1e6)
}

// Rate writes lines a second.
func Rate(lines int64, elapsed time.Duration) string {
	return Count(int64(float64(lines)/max(elapsed.Seconds(), 1e-3))) + " lines/s"
}

// Duration writes a time shortly: 0.42 s, 12.3 s, 3:07 min.
func Duration(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	case s < 100:
		return fmt.Sprintf("%.1f s", s)
	default:
		return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(s)%60)
	}
}
