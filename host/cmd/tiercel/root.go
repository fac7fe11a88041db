package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tiercel/tiercel/host/internal/report"
)

// Exit statuses; --exit-code adds one of the user's own.
const (
	statusDone    = 0
	statusNothing = 1 // wrong usage, or nothing could be read
	statusPartly  = 2 // some input could not be read, the rest was
)

// status is an error that has already been told to the user, or needs no words:
// it only carries the exit status.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run executes a command line and returns its exit status.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code status
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(s.err, "tiercel: interrupted")
		return 130 // what shells expect after SIGINT
	}
	fmt.Fprintln(s.err, "tiercel:", err)
	return statusNothing
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "tiercel",
		Short: "Find threats in logs",
		Long: `tiercel reads logs (HTTP, flows, DNS, authentication), judges each event by
three tiers of learners and reports the threats as incidents, worst first.
It works offline with embedded models; no byte leaves the machine.`,
		Example: `  tiercel scan access.log
  zcat old/*.gz | tiercel scan --output ndjson -
  tiercel explain access.log:18`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w\nSee %s --help", err, c.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		newScan(s), newExplain(s), newTrain(s), newEvaluate(s), newAdapt(s), newModel(s), newPlugin(s),
		newServe(s), newWorker(s), newFormats(s), newVersion(s), newMan(s),
	)
	return root
}

// terminalWidth returns the columns of the terminal that a stream is, 0 when
// it is none.
func terminalWidth(stream any) int {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// styleOf says how to write for people to that stream: colour only on a
// terminal that has it, and never with NO_COLOR (no-color.org).
func styleOf(out io.Writer) report.Style {
	width := terminalWidth(out)
	colour := width > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return report.Style{Width: width, Colour: colour}
}
