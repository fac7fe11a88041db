package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/train"
	"github.com/tiercel/tiercel/host/internal/input"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// labelling holds the flags that say where labels are.
type labelling struct {
	columns train.Columns
	labels  []string
	where   []string
	time    string
}

func (l *labelling) flags(c *cobra.Command) {
	c.Flags().StringVar(&l.columns.Label, "label", "label", "`COLUMN` of the label: 1 or attack, 0 or normal, -1 to leave out, or the type of threat")
	c.Flags().StringSliceVar(&l.labels, "labels", nil, "`FILE` with labels beside the log: CSV with the columns line, label and others; one for each log, in their order")
	c.Flags().StringVar(&l.columns.Type, "type", "", "`COLUMN` of the type of threat")
	c.Flags().StringVar(&l.columns.Group, "group", "", "`COLUMN` whose equal values never straddle a fold; default: what the record says")
	c.Flags().StringVar(&l.columns.Site, "site", "", "`COLUMN` of the site that a record comes from; default: its file")
	c.Flags().StringVar(&l.time, "time", "", "`COLUMN` of the time stamp, where it has no usual name")
	c.Flags().StringSliceVar(&l.where, "where", nil, "`COLUMN=VALUE` that records must have, such as split=test; repeatable")
}

// names returns the columns that the flags name: they are no features.
func (l *labelling) names() []string {
	names := []string{l.columns.Label, l.columns.Type, l.columns.Group, l.columns.Site, l.time}
	for w := range l.columns.Where {
		names = append(names, w)
	}
	return names
}

// load reads labelled logs. schema is that of the model to evaluate, nil to train.
func (l *labelling) load(s streams, o train.LoadOptions, format string, names []string, bar *progress.Bar) (*train.Set, error) {
	if len(names) == 0 {
		return nil, errors.New("no file given")
	}
	if len(l.labels) > 0 && len(l.labels) != len(names) {
		return nil, fmt.Errorf("%d files of labels for %d logs", len(l.labels), len(names))
	}
	l.columns.Where = map[string]string{}
	for _, w := range l.where {
		column, value, ok := strings.Cut(w, "=")
		if !ok || column == "" {
			return nil, fmt.Errorf("--where %s: want COLUMN=VALUE", w)
		}
		l.columns.Where[column] = value
	}
	if l.time != "" {
		m := map[string]string{l.time: "@timestamp"}
		for theirs, ours := range o.Event.Map {
			m[theirs] = ours
		}
		o.Event.Map = m
	}
	o.Label = train.LabelBy(l.columns)
	o.Ignore = append(o.Ignore, l.names()...)
	state := progress.State{Total: totalSize(names)}
	var sources []train.Source
	for i, name := range names {
		f, err := input.Open(name, s.in)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		source := train.Source{Name: name, Log: &watched{f, bar, &state}}
		if format != "auto" {
			source.Format = format
		}
		if len(l.labels) > 0 {
			beside, err := input.Open(l.labels[i], s.in)
			if err != nil {
				return nil, err
			}
			defer beside.Close()
			source.Labels = beside
		}
		sources = append(sources, source)
	}
	set, err := train.Load(sources, o)
	bar.Clear()
	if err != nil {
		return nil, err
	}
	attacks := 0
	for _, y := range set.Y {
		attacks += int(y)
	}
	bar.Note("%d rows: %d normal, %d threats; %d records not parsed", set.Len(), set.Len()-attacks, attacks, set.Unread)
	return set, nil
}

// watched shows on a bar how much of a file has been read.
type watched struct {
	*input.File
	bar   *progress.Bar
	state *progress.State // of all files: Done counts what they gave so far
}

var _ io.Reader = (*watched)(nil)

func (w *watched) Read(p []byte) (int, error) {
	before := w.Consumed()
	n, err := w.File.Read(p)
	w.state.Done += w.Consumed() - before
	w.state.Label = report.Visible("reading " + w.Name())
	w.bar.Show(*w.state)
	return n, err
}

// kindOf reads --kind, which also takes table: records of arbitrary columns.
func kindOf(name string) (event.Kind, error) {
	k, ok := event.ParseKind(name)
	if !ok {
		return k, fmt.Errorf("--kind %s: want http, flow, dns, auth or table", name)
	}
	return k, nil
}
