package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// explainFlags are the flags of explain.
type explainFlags struct {
	reading
	judging
}

func newExplain(s streams) *cobra.Command {
	f := &explainFlags{}
	c := &cobra.Command{
		Use:   "explain FILE:LINE",
		Short: "Show the whole way of one line from bytes to verdict",
		Long: `Explain shows how a line was parsed, its decoded values, its features, what
each learner made of it and with what weight each tier heard them. The file is
read up to that line, because the windows per source need what came before.`,
		Example: "  tiercel explain access.log:18\n  zcat access.log.gz | tiercel explain -:18",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return explain(c.Context(), s, f, args[0]) },
	}
	f.reading.flags(c)
	f.judging.flags(c)
	return c
}

// errReached ends a pass at the line that was asked for.
var errReached = errors.New("reached")

// explain writes about one line of a file.
func explain(ctx context.Context, s streams, f *explainFlags, where string) error {
	colon := strings.LastIndexByte(where, ':')
	if colon <= 0 {
		return fmt.Errorf("explain: %s: want FILE:LINE, such as access.log:18", where)
	}
	name := where[:colon]
	line, err := strconv.ParseInt(where[colon+1:], 10, 64)
	if err != nil || line < 1 {
		return fmt.Errorf("explain: %s: want FILE:LINE, lines are numbered from 1", where)
	}
	options, forced, err := f.options()
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	engine, err := f.engine(ctx, s, &options, core.Options{}, "", "")
	defer f.close()
	if err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	l, err := open(name, s.in, options, forced)
	if err != nil {
		return err
	}
	defer l.Close()
	bar := progress.New(s.err, terminalWidth(s.err))
	bar.Note("%s", l.describe())
	budget, err := core.ParseBudget(f.budget)
	if err != nil {
		return err
	}
	var at int64
	pass := engine.NewScan()
	summary, err := pass.File(ctx, name, l.reader, func(r *core.Result) error {
		at += int64(r.Batch.Lines)
		bar.Show(progress.State{Label: report.Visible(name), Done: l.Consumed(), Total: l.Size(), Lines: at})
		for i := range r.Verdicts {
			v := &r.Verdicts[i]
			if v.Line < line {
				continue
			}
			if v.Line > line {
				return notARecord(where)
			}
			subject := &report.Subject{
				File: name, Format: l.format.Name, Line: line, Record: v.Record, Time: v.Time, Entity: string(v.Entity),
				Raw: string(r.Batch.Bytes(r.Batch.Events[i].Raw)), Budget: budget.Rate, Unread: v.Err,
			}
			bar.Clear()
			if err := report.Explain(s.out, subject, pass.Explain(r, i), styleOf(s.out)); err != nil {
				return err
			}
			return errReached
		}
		return nil
	})
	bar.Clear()
	switch {
	case errors.Is(err, errReached):
		f.tell(bar)
		return nil
	case err != nil:
		return err
	case line <= summary.Lines:
		return notARecord(where)
	}
	return fmt.Errorf("%s has %s", report.Visible(name), counted(summary.Lines, "line"))
}

func notARecord(where string) error {
	return fmt.Errorf("%s is no record: a header, a comment, a blank line or the middle of a longer one", report.Visible(where))
}
