// Package canary tries a model on lines whose verdict is known before the model
// is taken: it is what a model that was trained, mapped or copied wrongly says
// something else of, though its file is valid and its signature good.
//
// A file of canaries holds one JSON object a line:
//
//	{"line":"203.0.113.9 - - [29/Jan/2026:10:01:03 +0000] \"GET /?id=1%27%20OR%201=1-- HTTP/1.1\" 200 5 \"-\" \"-\"","format":"combined","min":0.9,"threat":true,"class":"sqli"}
//	{"line":"203.0.113.7 - - [29/Jan/2026:10:01:02 +0000] \"GET /shop HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"","format":"combined","max":0.5,"threat":false}
//
// Unknown members are refused, so that a demand that is misspelt is not one
// that is never made.
package canary

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
)

// Bounds of a file of canaries.
const (
	MaxCanaries = 10_000  // lines that a model is tried on
	MaxLine     = 1 << 20 // bytes of one, as JSON
)

// Canary is a line and what a model must say of it.
type Canary struct {
	Line   string  `json:"line"`   // of a log, without its newline
	Format string  `json:"format"` // as tiercel formats names them
	Min    float64 `json:"min"`    // of the score; default 0
	Max    float64 `json:"max"`    // of the score; default 1
	Threat *bool   `json:"threat,omitempty"`
	Class  string  `json:"class,omitempty"` // "" allows any

	at int // the line of the file, from 1; 0 for one that no file holds
}

// Error is what is wrong with a canary, or with what a model says of it. It
// never holds the line itself.
type Error struct {
	Line    int // of the file, from 1
	Problem string
}

func (e *Error) Error() string { return "canary " + strconv.Itoa(e.Line) + ": " + e.Problem }

// ErrNone says that a model was not tried, because no canary is of its kind.
var ErrNone = errors.New("canary: none is of the model's kind")

// Read reads a file of canaries. Blank lines are skipped. An error that is
// about one line is of type [*Error].
func Read(data []byte) ([]Canary, error) {
	var out []Canary
	at := 0
	for line := range bytes.Lines(data) {
		at++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(line) > MaxLine {
			return nil, &Error{at, fmt.Sprintf("more than %d bytes", MaxLine)}
		}
		if len(out) == MaxCanaries {
			return nil, &Error{at, fmt.Sprintf("more than %d canaries", MaxCanaries)}
		}
		c := Canary{Max: 1, at: at}
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			return nil, &Error{at, err.Error()}
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, &Error{at, "more than one JSON object"}
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (c *Canary) check() error {
	switch _, known := event.FormatByName(c.Format); {
	case !known:
		return &Error{c.at, "want a known format"}
	case !(c.Min >= 0 && c.Min <= c.Max && c.Max <= 1):
		return &Error{c.at, "want 0 <= min <= max <= 1"}
	case bytes.ContainsAny([]byte(c.Line), "\r\n"):
		return &Error{c.at, "want one line"}
	}
	return nil
}

// Try judges the canaries by a model, alone or with plugins, in their order and in
// one pass, so that windows see them as those of a log, at the default budget. It returns
// how many are of the model's kind: those of other kinds are other models'. The
// error is of type [*Error] where it names the canary that the model fails.
func Try(m *model.Model, canaries []Canary, plugins ...core.Plugin) (int, error) {
	e, err := core.New(core.Options{Models: []*model.Model{m}, Plugins: plugins, Workers: 1})
	if err != nil {
		return 0, err
	}
	var options event.Options
	if m.Kind == event.Table {
		options.Kind, options.Cells = event.Table, true
	}
	scan, tried := e.NewScan(), 0
	for i := range canaries {
		c := &canaries[i]
		f, ok := event.FormatByName(c.Format)
		if !ok {
			return tried, &Error{c.at, "want a known format"}
		}
		p, err := f.New(options)
		if err != nil {
			return tried, &Error{c.at, err.Error()}
		}
		feed := scan.NewFeed("canary", 0, 0)
		b := feed.Batch()
		b.Reset()
		b.Buf = append(append(b.Buf, c.Line...), '\n')
		b.Records, b.Parser, b.FirstLine = len(b.Buf), p, 1
		err = feed.Judge(func(r *core.Result) error {
			if len(r.Verdicts) == 0 {
				return &Error{c.at, "holds no record of format " + c.Format}
			}
			for k := range r.Verdicts {
				v := &r.Verdicts[k]
				if v.Kind != m.Kind && v.Kind != event.KindNone {
					continue
				}
				if err := c.fits(v); err != nil {
					return err
				}
				tried++
			}
			return nil
		})
		if err != nil {
			return tried, err
		}
	}
	return tried, nil
}

// fits says in what a verdict differs from what is demanded.
func (c *Canary) fits(v *core.Verdict) error {
	switch {
	case v.Err != nil:
		return &Error{c.at, v.Err.Error()}
	case !(v.Score >= c.Min && v.Score <= c.Max):
		return &Error{c.at, fmt.Sprintf("score %.6g, want %g to %g", v.Score, c.Min, c.Max)}
	case c.Threat != nil && *c.Threat != v.Threat:
		return &Error{c.at, fmt.Sprintf("threat %t, want %t (false alarm rate %.3g)", v.Threat, *c.Threat, v.FalseAlarmRate)}
	case c.Class != "" && c.Class != v.Class:
		return &Error{c.at, fmt.Sprintf("class %q, want %q", v.Class, c.Class)}
	}
	return nil
}
