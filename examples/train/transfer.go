package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/train"
)

// transfer measures what a kind's default model will do on a site that it has
// not seen: each site is left out in turn, the rest trains, the site is scored.
// With most > 0 it takes only so many rows of a site and label, evenly spaced.
func transfer(ctx context.Context, w io.Writer, data, only string, seed uint64, most int) error {
	for _, kind := range []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth} {
		if only != "" && only != kind.String() {
			continue
		}
		all, err := load(data, &dataset{kind: kind}, defaults(kind, ""), nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n## %s: sites left out\n\n", kind)
		fmt.Fprintln(w, "| site | normal | attacks | AUROC | R1 | R01 | false alarms at 1 % | at 0.1 % | recall at 1 % | at 0.1 % | learners, metas |")
		fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|")
		for site, name := range all.Sites {
			rest := subset(all, func(i int) bool { return int(all.Site[i]) != site }, most)
			held := subset(all, func(i int) bool { return int(all.Site[i]) == site }, 0)
			if held.Len() == 0 {
				continue
			}
			fitted, err := train.Fit(ctx, rest, defaultOptions(kind, rest, seed))
			if err != nil {
				return fmt.Errorf("%s without %s: %w", kind, name, err)
			}
			scored, err := train.Score(fitted.Tiers, &held.Rows)
			if err != nil {
				return err
			}
			y := labels(held)
			q := train.Measure(scored.LogOdds, y, nil)
			f1, r1 := realised(scored.Rate, y, 1e-2)
			f01, r01 := realised(scored.Rate, y, 1e-3)
			var used string
			for j, m := range fitted.Tiers.Metas {
				used += fmt.Sprintf("%s %.2f ", m.Name, fitted.Tiers.Super.Beta[j])
			}
			fmt.Fprintf(w, "| %s | %d | %d | %.4f | %.4f | %.4f | %.3f %% | %.3f %% | %.4f | %.4f | %s|\n", name, q.Rows-q.Attacks, q.Attacks, q.AUROC, q.R1, q.R01, 100*f1, 100*f01, r1, r01, used)
		}
	}
	return nil
}

// subset returns the rows of a set that keep allows: of each site and label at
// most so many, evenly spaced; 0 for all.
func subset(s *train.Set, keep func(row int) bool, most int) *train.Set {
	type class struct {
		site int32
		y    int8
	}
	count := map[class]int{}
	for i, y := range s.Y {
		if keep(i) {
			count[class{s.Site[i], y}]++
		}
	}
	var rows []int
	seen := map[class]int{}
	for i, y := range s.Y {
		if !keep(i) {
			continue
		}
		c := class{s.Site[i], y}
		k, n := seen[c], count[c]
		seen[c]++
		if most <= 0 || n <= most || k*most/n != (k+1)*most/n {
			rows = append(rows, i)
		}
	}
	out := &train.Set{Schema: s.Schema, Types: s.Types, Sites: s.Sites}
	out.Rows.N, out.Rows.D = len(rows), s.Rows.D
	out.Rows.Texts = feature.Texts{Buf: s.Rows.Texts.Buf, First: []uint32{0}}
	for _, i := range rows {
		out.Rows.X = append(out.Rows.X, s.Rows.Row(i)...)
		out.Rows.Texts.Values = append(out.Rows.Texts.Values, s.Rows.Texts.Of(i)...)
		out.Rows.Texts.First = append(out.Rows.Texts.First, uint32(len(out.Rows.Texts.Values)))
		out.Y, out.W, out.Group = append(out.Y, s.Y[i]), append(out.W, s.W[i]), append(out.Group, s.Group[i])
		out.Type, out.Site, out.Time = append(out.Type, s.Type[i]), append(out.Site, s.Site[i]), append(out.Time, s.Time[i])
		if s.TeachOnly != nil {
			out.TeachOnly = append(out.TeachOnly, s.TeachOnly[i])
		}
	}
	if len(s.Rows.Texts.Values) == 0 {
		out.Rows.Texts.First = slices.Repeat([]uint32{0}, len(rows)+1)
	}
	return out
}
