package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// totals counts what became of all files.
type totals struct {
	lines, records, unread int64
	threats                int64
	skips                  core.Skips
	reasons                []reason // in order of appearance
}

// reason is why records could not be read.
type reason struct {
	text  string
	count int64
	first string // FILE:LINE
}

// shownReasons are the most frequent ones, which the closing line names.
const shownReasons = 3

func (t *totals) add(name string, s *core.FileSummary) {
	t.lines += s.Lines
	t.records += s.Records
	t.unread += s.Unread
	t.skips.Add(s.Skips)
	texts := make([]string, 0, len(s.Reasons))
	for text := range s.Reasons {
		texts = append(texts, text)
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Compare(s.FirstUnread[a], s.FirstUnread[b]) })
	for _, text := range texts {
		i := slices.IndexFunc(t.reasons, func(r reason) bool { return r.text == text })
		if i < 0 {
			t.reasons = append(t.reasons, reason{text: text, first: fmt.Sprintf("%s:%d", name, s.FirstUnread[text])})
			i = len(t.reasons) - 1
		}
		t.reasons[i].count += s.Reasons[text]
	}
}

// found says for the bar what was found so far.
func (t *totals) found() string {
	if t.threats == 0 {
		return ""
	}
	return counted(t.threats, "threat")
}

// tell writes the closing line.
func (t *totals) tell(bar *progress.Bar, incidents int) {
	parts := []string{counted(t.lines, "line") + " read", t.notParsed()}
	threats := counted(t.threats, "threat")
	if t.threats > 0 {
		threats += " in " + counted(int64(incidents), "incident")
	}
	elapsed := bar.Elapsed()
	parts = append(parts, threats, progress.Rate(t.lines, elapsed), progress.Duration(elapsed))
	bar.Note("%s", report.Visible(strings.Join(parts, ", ")))
	if text := t.skipped(); text != "" {
		bar.Note("%s", text)
	}
}

// skipped says what learned skipping saved and what the audit found it to lose,
// "" where there was none.
func (t *totals) skipped() string {
	s := &t.skips
	if s.Evaluations == 0 {
		return ""
	}
	least, most := s.Missed()
	return fmt.Sprintf("skipped %d of %d learner evaluations, on %s; audited %d, lost %s (95 %% interval for all that were skipped: %.0f to %.0f)",
		s.Spared, s.Evaluations, counted(s.Records, "record"), s.Audited, counted(s.Lost, "threat"), least, most)
}

// notParsed says how many records could not be read, why most of them, and
// where to look.
func (t *totals) notParsed() string {
	text := fmt.Sprintf("%d not parsed", t.unread)
	if t.unread == 0 {
		return text
	}
	most := slices.Clone(t.reasons)
	slices.SortStableFunc(most, func(a, b reason) int { return cmp.Compare(b.count, a.count) })
	var why []string
	for _, r := range most[:min(len(most), shownReasons)] {
		why = append(why, fmt.Sprintf("%d %s, first %s", r.count, r.text, r.first))
	}
	if rest := len(most) - len(why); rest > 0 {
		why = append(why, counted(int64(rest), "other reason"))
	}
	return text + " (" + strings.Join(why, "; ") + ")"
}

// unlike says that a log is unlike what the model was calibrated on, and what to do
// about it; "" where it is not.
func unlike(scan *core.Scan) string {
	since := scan.Drift()
	if since.Record == 0 {
		return ""
	}
	advice := "it is attacked, or of a new kind (scan --site, adapt)"
	if scan.Strange() {
		advice = "the model does not know this site, so its requests are ranked among each other; a few labels help (adapt)"
	}
	return fmt.Sprintf("the log is unlike what the model was calibrated on since line %d: %.3g %% of the records from there score as only %.3g %% of normal ones do; %s",
		since.Line, 100*since.Share, 100*since.Level, advice)
}

func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
