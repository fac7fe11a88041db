package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/check"
)

// checking is what plugin check and plugin bench have in common.
type checking struct {
	s      streams
	config string
	output string
}

func (k *checking) flags(c *cobra.Command) {
	c.Flags().StringVar(&k.config, "config", "", "`FILE` with the plugin's configuration")
	c.Flags().StringVar(&k.output, "output", "table", "table or json")
}

func newPluginCheck(s streams) *cobra.Command {
	k := &checking{s: s}
	var calls int
	c := &cobra.Command{
		Use:   "check [PATH|.]",
		Short: "Hold a plugin, as it was built, to the contract",
		Long: `Check opens what a PATH holds, or what was built in a folder, and holds it to
the contract and to the conformance suite that every learner passes: batches of
0, 1, 63, 64 and 1024 rows, wrong columns and broken frames, NaN, infinities and
denormals, hostile texts, repetition, any cut of a batch, eight callers at once,
100,000 calls in flat memory, its bound of fuel; and it grades the throughput.

PATH is a plugin's file or a pack. It prints a line a demand, with what to do
where one fails; the exit status is 1 then. With --output json that is an
object, or an array of them where a folder holds several builds. A plugin that is checked need not be pinned: check runs it at once, in the
same sandbox as scan does.`,
		Example: "  tiercel plugin check .\n  tiercel plugin check build/rare-words.wasm --output json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return k.each(c.Context(), args, func(ctx context.Context, p *host.Package, config []byte) (finding, error) {
				return k.check(ctx, p, check.Options{Config: config, Calls: calls})
			})
		},
	}
	k.flags(c)
	c.Flags().IntVar(&calls, "calls", check.DefaultCalls, "`N` calls of the memory test")
	return c
}

func newPluginBench(s streams) *cobra.Command {
	k := &checking{s: s}
	c := &cobra.Command{
		Use:   "bench [PATH|.]",
		Short: "Measure what a plugin costs a row",
		Long: `Bench scores batches of 1, 64, 1024 and 16384 rows of 32 features (those that
the plugin names, if it names any) in turns with a linear model in this process
on the same rows: nanoseconds a row of each, least of all turns, and their ratio.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return k.each(c.Context(), args, k.bench) },
	}
	k.flags(c)
	return c
}

// finding is what was found out about one plugin.
type finding struct {
	passed bool
	json   any
	table  func(io.Writer) error
}

// each finds out something about each plugin that a path holds, and tells it.
func (k *checking) each(ctx context.Context, args []string, do func(ctx context.Context, p *host.Package, config []byte) (finding, error)) error {
	if k.output != "table" && k.output != "json" {
		return fmt.Errorf("--output %s: must be table or json", k.output)
	}
	path := "."
	if len(args) > 0 {
		path = args[0]
	}
	var config []byte
	if k.config != "" {
		var err error
		if config, err = os.ReadFile(k.config); err != nil {
			return err
		}
		config = append([]byte{}, config...) // not nil: an empty one is one too
	}
	built, err := host.Built(path)
	if err != nil {
		return err
	}
	all := true
	documents := make([]any, 0, len(built))
	for i, file := range built {
		p, err := host.ReadPackage(file)
		if err != nil {
			return err
		}
		found, err := do(ctx, p, config)
		if err != nil {
			return err
		}
		all = all && found.passed
		if k.output == "json" {
			documents = append(documents, found.json)
			continue
		}
		if i > 0 {
			fmt.Fprintln(k.s.out)
		}
		if err := found.table(k.s.out); err != nil {
			return err
		}
	}
	if len(documents) == 1 {
		err = printJSON(k.s, documents[0])
	} else if len(documents) > 1 {
		err = printJSON(k.s, documents)
	}
	if err != nil {
		return err
	}
	if !all {
		return status(statusNothing)
	}
	return nil
}

func (k *checking) check(ctx context.Context, p *host.Package, o check.Options) (finding, error) {
	r := &check.Report{File: p.Path, SHA256: p.SHA256().String()}
	if terminalWidth(k.s.err) > 0 {
		o.Progress = func(name string) { fmt.Fprintf(k.s.err, "\r\x1b[Kchecking: %s", name) }
		defer fmt.Fprint(k.s.err, "\r\x1b[K")
	}
	err := check.Open(ctx, p, func(s check.Subject) error {
		check.Run(s, o, r)
		return nil
	}, func(err error) error {
		r.Failed("contract", err, "build a module or a program as plugins/abi/ABI.md says; plugin new writes a project that is one")
		return nil
	})
	return finding{r.Passed, r, func(w io.Writer) error { return check.Table(w, r) }}, err
}

func (k *checking) bench(ctx context.Context, p *host.Package, config []byte) (finding, error) {
	var id string
	var all []check.Speed
	err := check.Open(ctx, p, func(s check.Subject) (err error) {
		id = s.Description().ID
		all, err = check.Bench(s, config)
		return err
	}, func(err error) error { return err })
	return finding{true, struct {
		File   string        `json:"file"`
		ID     string        `json:"id"`
		Speeds []check.Speed `json:"speeds"`
	}{p.Path, id, all}, func(w io.Writer) error { return check.SpeedTable(w, id, all) }}, err
}

func printJSON(s streams, v any) error {
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
