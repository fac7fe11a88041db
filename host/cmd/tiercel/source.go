package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/host/internal/input"
	"github.com/tiercel/tiercel/host/internal/report"
)

// reading holds the flags that say how logs are read; several commands share them.
type reading struct {
	format  string
	kind    string
	mapping []string
}

func (r *reading) flags(c *cobra.Command) {
	c.Flags().StringVar(&r.format, "format", "auto", "format of the logs, see tiercel formats; auto looks at their content")
	c.Flags().StringVar(&r.kind, "kind", "auto", "kind of events: auto, http, flow, dns or auth")
	c.Flags().StringArrayVar(&r.mapping, "map", nil, "`THEIRS=OURS`: a field of JSON lines or CSV and the ECS name it stands for; repeatable")
	c.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		names := []string{"auto"}
		for _, f := range event.Formats() {
			names = append(names, f.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	c.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions([]string{"auto", "http", "flow", "dns", "auth"}, cobra.ShellCompDirectiveNoFileComp))
}

// options returns the event options that the flags mean, and the format, nil for auto.
func (r *reading) options() (event.Options, *event.Format, error) {
	var o event.Options
	if r.kind != "auto" {
		k, ok := event.ParseKind(r.kind)
		if !ok {
			return o, nil, fmt.Errorf("--kind %s: want auto, http, flow, dns or auth", r.kind)
		}
		o.Kind = k
	}
	for _, m := range r.mapping {
		theirs, ours, ok := strings.Cut(m, "=")
		if !ok || theirs == "" || ours == "" {
			return o, nil, fmt.Errorf("--map %s: want THEIRS=OURS, such as client=source.ip", m)
		}
		if o.Map == nil {
			o.Map = map[string]string{}
		}
		o.Map[theirs] = ours
	}
	if r.format == "auto" {
		return o, nil, nil
	}
	if f, ok := event.FormatByName(r.format); ok {
		return o, &f, nil
	}
	return o, nil, fmt.Errorf("--format %s: no such format; tiercel formats lists them", r.format)
}

// log is an open file and the reader of its records.
type log struct {
	*input.File
	reader *event.Reader
	format event.Format
	why    string // why that format
}

// open opens a log and settles its format: the forced one, or what its content
// looks like.
func open(name string, stdin io.Reader, o event.Options, forced *event.Format) (*log, error) {
	f, err := input.Open(name, stdin)
	if err != nil {
		return nil, err
	}
	l := &log{File: f}
	if forced != nil {
		l.format, l.why = *forced, "as told"
	} else if err := l.detect(o); err != nil {
		f.Close()
		return nil, err
	}
	o.Year = yearOf(l.Sample(), l.format, o, l.Modified())
	l.reader, err = event.NewReader(f, l.format, o)
	if err != nil {
		f.Close()
		return nil, l.problem(err)
	}
	return l, nil
}

func (l *log) detect(o event.Options) error {
	f, why, err := event.Detect(l.Sample(), o)
	if err != nil {
		// What broke off before a format could be seen is the better reason.
		if _, broken := l.Read(make([]byte, 1)); broken != nil && !errors.Is(broken, io.EOF) {
			err = broken
		}
		return l.problem(err)
	}
	l.format, l.why = f, why
	return nil
}

// describe says for the user how a file is read and why so.
func (l *log) describe() string {
	text := l.Name() + ": "
	if l.Packing() != "" {
		text += l.Packing() + ", "
	}
	return report.Visible(text + "format " + l.format.Name + " (" + l.why + ")")
}

// yearOf returns the year of stamps that have none, as syslog's: that in which
// the log was last written to, or the one before where its first records would
// lie in the future of that. The zero time means now.
func yearOf(sample []byte, f event.Format, o event.Options, written time.Time) int {
	if written.IsZero() {
		written = time.Now()
	}
	o.Year = written.UTC().Year()
	r, err := event.NewReader(bytes.NewReader(sample), f, o)
	if err != nil {
		return o.Year
	}
	var b event.Batch
	if r.Next(&b) == nil {
		b.Parse()
		for i := range b.Events {
			// A day is what time zones and clocks may differ by.
			if t := b.Events[i].Time; t != event.NoTime && time.Unix(0, t).After(written.Add(24*time.Hour)) {
				return o.Year - 1
			}
		}
	}
	return o.Year
}

// problem says what is wrong with the log, unless the error already does.
func (l *log) problem(err error) error {
	var named *input.Error
	if errors.As(err, &named) {
		return err
	}
	return &input.Error{Name: l.Name(), Problem: err.Error(), Err: err}
}
