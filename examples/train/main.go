// Train makes and measures models from a folder of labelled logs.
//
//	go run ./examples/train models  -data FOLDER -o core/model/models
//	go run ./examples/train quality -data FOLDER -o examples/train/QUALITY.md
//	go run ./examples/train attack -o examples/train/ATTACK.md
//	go run ./examples/train quality -data FOLDER -only dga -seeds 5
//	go run ./examples/train leave   -data FOLDER -what site -only flow -most 4000
//	go run ./examples/train fewshot -data FOLDER -o examples/train/FEWSHOT.md
//	go run ./examples/train gate -data FOLDER -models FOLDER -o examples/train/GATE.md
//	go run ./examples/train seeds -data FOLDER -models FOLDER -seeds 5 -o examples/train/SEEDS.md
//	go run ./examples/train sites -data FOLDER > examples/train/SITES.md
//	go run ./examples/train floor -data FOLDER
//	go run ./examples/train profile -data FOLDER > examples/train/PROFILE.md
//
// models trains the four default models that the command line embeds; the same
// data give the same bytes. quality trains one model on each set's training
// part and scores its test parts, and scores the default models on test parts
// that they have not seen; trivial rules stand beside every score. leave
// leaves each type of attack, site or set out of the training in turn; gate says what
// skipping learners saves and loses, seeds what of the figures is chance. fewshot takes a model
// of one site to another and labels a few records there. sites asks whether
// budgets hold on each site, with and without the rates of the site; profile,
// what a profile that learns while reading adds; floor, what the certified floor costs.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"

	"golang.org/x/term"

	"github.com/tiercel/tiercel/core/train"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	data := flags.String("data", "", "folder of labelled logs")
	out := flags.String("o", "", "where to write")
	only := flags.String("only", "", "one set or kind alone")
	seed := flags.Uint64("seed", 1, "of folds and learners")
	most := flags.Int("most", 0, "quality, leave: rows of a site and label, 0 for all")
	keep := flags.String("models", "", "fewshot, gate, seeds, leave: folder that keeps models or tables, so that a run that was broken off goes on")
	seeds := flags.Int("seeds", 0, "quality, seeds: how many seeds a set is trained with; attack: attacks to begin with for each change, default 100")
	share := flags.Float64("share", gateShare, "gate: share of the threats that learned skipping may lose")
	plots := flags.String("plots", "", "quality: folder of the plots, default plots beside the report")
	var beside []string
	flags.Func("beside", "attack: command of another detector, which reads requests and writes scores; repeatable", func(c string) error {
		beside = append(beside, c)
		return nil
	})
	what := flags.String("what", "", "leave: type, site or set; default all three")
	flags.Parse(os.Args[2:])
	var err error
	switch os.Args[1] {
	case "models":
		err = writeModels(ctx, *data, *out, *only, *seed)
	case "leave":
		err = leave(ctx, &leaving{data: *data, out: *out, only: *only, what: *what, keep: *keep, seed: *seed, most: *most})
	case "attack":
		if *seeds == 0 {
			*seeds = attackSeeds
		}
		err = attack(*out, *seed, *seeds, attackQueries, beside)
	case "quality":
		err = quality(ctx, &reporting{
			data: *data, out: *out, only: *only, plots: *plots, seed: *seed, seeds: *seeds, most: *most,
		})
	case "fewshot":
		err = fewshot(ctx, *data, *out, *keep, *seed)
	case "gate":
		err = gate(ctx, *data, *out, *keep, *only, *seed, *share)
	case "seeds":
		err = seedsReport(ctx, *data, *out, *keep, *only, *seed, max(*seeds, 2))
	case "profile":
		err = profiles(ctx, os.Stdout, *data)
	case "floor":
		err = floorCost(ctx, os.Stdout, *data, *seed)
	case "sites":
		err = sites(os.Stdout, *data, *only)
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: train models|quality|leave|fewshot|gate|seeds|sites|profile|floor|attack -data FOLDER -o PATH [-only NAME] [-seed N]")
	os.Exit(2)
}

// options returns the one configuration that every set and model is trained with.
func options(name string, seed uint64) train.Options {
	return train.Options{Seed: seed, Workers: runtime.GOMAXPROCS(0), Progress: progress(name)}
}

// progress shows the fits that are done on a terminal, and nothing elsewhere.
func progress(name string) func(done, total int, what string) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return func(done, total int, what string) {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %d of %d fits, %s", name, done, total, what)
		if done == total {
			fmt.Fprintln(os.Stderr)
		}
	}
}
