package main

import (
	"slices"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/train"
)

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
		if len(s.Rows.Raw.Parts) > 0 {
			out.Rows.Raw.Add(&s.Rows.Raw, i)
		}
		if s.TeachOnly != nil {
			out.TeachOnly = append(out.TeachOnly, s.TeachOnly[i])
		}
	}
	if len(s.Rows.Texts.Values) == 0 {
		out.Rows.Texts.First = slices.Repeat([]uint32{0}, len(rows)+1)
	}
	return out
}
