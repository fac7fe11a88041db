package main

import (
	"context"
	"fmt"
	"io"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// floorCost writes what the certified floor of the default model of HTTP costs:
// the model as it is beside one that is trained without it. No meta-learner gives
// the floor a weight, so the two differ only in the verdicts that it lifts and in
// the final rates, which are fitted to the maximum of the stack and the floor.
func floorCost(ctx context.Context, w io.Writer, data string, seed uint64) error {
	with, err := defaultModel(event.HTTP)
	if err != nil {
		return err
	}
	without, err := trainDefault(ctx, data, event.HTTP, seed, train.CertifiedName)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "| test rows, floor "+cellsHead)
	fmt.Fprintln(w, cellsRule)
	all := defaults(event.HTTP, "test")
	row := func(name string, files ...file) error {
		test, err := load(data, &dataset{kind: event.HTTP}, files, nil)
		if err != nil {
			return err
		}
		for _, side := range []struct {
			floor string
			model *model.Model
		}{{"without", without}, {"with", with}} {
			scored, err := train.Score(side.model.Tiers, &test.Rows)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "| %s, %s %s", name, side.floor, cells(test, scored))
		}
		return nil
	}
	for _, f := range all {
		if err := row(f.path, f); err != nil {
			return err
		}
	}
	return row("all", all...)
}
