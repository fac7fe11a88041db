package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host/internal/input"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// judging holds the flags that choose models, thresholds and plugins.
type judging struct {
	model   string
	budget  string
	workers int
	// influence is the policy for the plugins of a model.
	influence float64
	plugging
}

func (j *judging) flags(c *cobra.Command) {
	c.Flags().StringVar(&j.model, "model", "", "model `FILE`; default: the embedded model of the kind")
	c.Flags().StringVar(&j.budget, "budget", "0.1%", "false alarms allowed: a share of normal events (0.1%, 1e-3) or a number a day (20/day)")
	c.Flags().IntVar(&j.workers, "workers", 0, "goroutines that parse and score, 0 for one a core; the result does not depend on it")
	c.Flags().Float64Var(&j.influence, "max-influence", model.DefaultInfluence, "the most that one plugin of the model may move a score, whatever it says; a model above it is refused, 1 allows any")
	j.plugging.flags(c)
}

// scanFlags are the flags of scan.
type scanFlags struct {
	reading
	judging
	output, file string
	all, explain bool
	site         bool
	skip, audit  string
	since, until string
	exitCode     int
	top          int
	follow       bool
	state        string
}

func newScan(s streams) *cobra.Command {
	f := &scanFlags{}
	c := &cobra.Command{
		Use:   "scan [FILE|-]...",
		Short: "Judge logs and report the threats in them",
		Long: `Scan reads logs (plain, gzip or zstd; - is standard input), judges each event
and writes what it found to standard output. Progress, the format it took for
each file and the totals go to standard error.

Exit status: 0 done; 1 wrong usage or nothing readable; 2 some input could not
be read, the rest was; N with --exit-code N when a threat was found.`,
		Example: `  tiercel scan access.log
  tiercel scan --budget 20/day --output ndjson /var/log/nginx/*.gz
  tiercel scan --kind flow --map client=source.ip --map server=destination.ip flows.csv
  journalctl -u ssh | tiercel scan --exit-code 3 -
  tiercel scan --plugin word-rarity access.log
  tiercel scan --follow --state web.state -o verdicts.ndjson /var/log/nginx/access.log`,
		RunE: func(c *cobra.Command, args []string) error {
			if f.follow && !c.Flags().Changed("output") {
				f.output = "ndjson"
			}
			return scan(c.Context(), s, f, args)
		},
	}
	f.reading.flags(c)
	f.judging.flags(c)
	c.Flags().StringVar(&f.output, "output", "table", "table (incidents, worst first), ndjson or csv (verdicts, in input order)")
	c.Flags().StringVarP(&f.file, "out", "o", "", "write to `FILE` instead of standard output")
	c.Flags().BoolVar(&f.all, "all", false, "every event, not only threats (ndjson, csv)")
	c.Flags().StringVar(&f.skip, "skip", "", "skip learners that hardly ever matter to records of their like, though they may: `SHARE` of the threats that may be lost (0.5%)")
	c.Flags().StringVar(&f.audit, "audit", "1%", "skip: `SHARE` of the records to be skipped on which every learner runs, to tell what is lost")
	c.Flags().BoolVar(&f.site, "site", false, "learn this site while reading, without labels: raise what is odd in it (HTTP), and its own false-alarm rates where it is noisier or quieter than the model expects")
	c.Flags().BoolVar(&f.explain, "explain", false, "add the explanation to each row")
	c.Flags().StringVar(&f.since, "since", "", "judge events from that `TIME` on (2026-01-29, 2026-01-29T10:00:00Z)")
	c.Flags().StringVar(&f.until, "until", "", "judge events before that `TIME`")
	c.Flags().IntVar(&f.exitCode, "exit-code", 0, "exit with status `N` if there is a threat")
	c.Flags().IntVar(&f.top, "top", -1, "table: show the `N` worst incidents, 0 for all; default 20 on a terminal, else all")
	c.Flags().BoolVar(&f.follow, "follow", false, "go on as the logs grow, through their rotation, until interrupted; --output defaults to ndjson then")
	c.Flags().StringVar(&f.state, "state", "", "follow: keep in `FILE` how far was read, and go on from there")
	c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "ndjson", "csv"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// skipping reads --skip and --audit; 0 for none.
func (f *scanFlags) skipping() (skip, audit float64, err error) {
	if f.skip == "" {
		return 0, 0, nil
	}
	if f.all || f.site {
		return 0, 0, errors.New("--skip does not go with --all or --site, which need every score")
	}
	if skip, err = parseShare("--skip", f.skip); err != nil {
		return 0, 0, err
	}
	audit, err = parseShare("--audit", f.audit)
	return skip, audit, err
}

// parseShare reads "0.5%" or "5e-3": above 0, at most 1.
func parseShare(flag, text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v <= 1) {
		return 0, fmt.Errorf("%s %s: want a share such as 0.5%% or 0.005", flag, text)
	}
	return v, nil
}

// topOnTerminal is how many incidents fill a screen or three.
const topOnTerminal = 20

// scan is the main job: logs in, verdicts out.
func scan(ctx context.Context, s streams, f *scanFlags, names []string) error {
	if len(names) == 0 {
		if terminalWidth(s.in) > 0 {
			return errors.New("scan: no file given; - reads standard input")
		}
		names = []string{input.Stdin}
	}
	if i := slices.Index(names, input.Stdin); i >= 0 && slices.Contains(names[i+1:], input.Stdin) {
		return errors.New("scan: standard input can be read only once")
	}
	if !slices.Contains([]string{"table", "ndjson", "csv"}, f.output) {
		return fmt.Errorf("scan: --output %s: want table, ndjson or csv", f.output)
	}
	if f.exitCode < 0 || f.exitCode > 255 {
		return fmt.Errorf("scan: --exit-code %d: want 0 to 255", f.exitCode)
	}
	if f.state != "" && !f.follow {
		return errors.New("scan: --state is for --follow")
	}
	skip, audit, err := f.skipping()
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	options, forced, err := f.options()
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	engine, err := f.engine(ctx, s, &options, core.Options{
		ThreatsOnly: !f.all, Terse: f.output != "table", Site: f.site, Skip: skip, Audit: audit,
	}, f.since, f.until)
	defer f.close()
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	var store *resumed
	if f.state != "" {
		if store, err = resume(f.state, f.file); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	out, err := createOutput(s.out, f.file, names, store != nil)
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	p := &pass{
		flags: f, engine: engine, scan: engine.NewScan(), options: options, forced: forced, stdin: s.in,
		bar: progress.New(s.err, terminalWidth(s.err)), total: totalSize(names),
	}
	switch f.output {
	case "ndjson":
		p.rows = report.NewNDJSON(out, engine.LearnerNames)
	case "csv":
		p.rows = report.NewCSV(out, engine.LearnerNames, f.explain)
	default:
		if f.explain {
			p.briefs = newBriefs()
		}
	}
	if f.follow {
		err = p.follow(ctx, names, store, out)
	} else {
		err = p.files(ctx, names)
	}
	if err == nil || errors.Is(err, context.Canceled) {
		err = errors.Join(err, p.finish(out))
	}
	p.bar.Clear()
	if closeErr := out.Close(); err == nil && closeErr != nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if text := unlike(p.scan); text != "" && p.rows != nil { // the table ends with it
		p.bar.Note("%s", text)
	}
	p.totals.tell(p.bar, p.scan.NumIncidents())
	if skip > 0 && p.totals.lines > 0 && p.totals.skips.Evaluations == 0 {
		p.bar.Note("--skip skipped nothing: no model in use has learned which learners its records can spare at this budget")
	}
	f.tell(p.bar)
	return p.status()
}

// pass is one scan over several files.
type pass struct {
	flags   *scanFlags
	engine  *core.Engine
	scan    *core.Scan
	options event.Options
	forced  *event.Format
	stdin   io.Reader
	rows    report.Rows // nil for the table
	briefs  *briefs     // nil unless the table is to explain
	bar     *progress.Bar
	totals  totals
	total   int64 // bytes of all files on disk, 0 when not known
	before  int64 // of them in files that are done
	read    int   // files that gave records
	failed  int   // files that could not be read, or not to their end

	numbered uint64 // incidents that were ever numbered; following only
}

// files scans one file after the other.
func (p *pass) files(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := p.file(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// file scans one file. What is wrong with it is told and counted; the error is
// one that ends the run.
func (p *pass) file(ctx context.Context, name string) error {
	l, err := open(name, p.stdin, p.options, p.forced)
	if err != nil {
		p.complain(err)
		return nil
	}
	defer l.Close()
	p.bar.Note("%s", l.describe())
	lines := int64(0)
	summary, err := p.scan.File(ctx, name, l.reader, func(r *core.Result) error {
		lines += int64(r.Batch.Lines)
		p.bar.Show(progress.State{
			Label: report.Visible(name), Done: p.before + l.Consumed(), Total: p.total, Lines: p.totals.lines + lines, Found: p.totals.found(),
		})
		return p.visit(name, r)
	})
	p.before += l.Size()
	p.totals.add(name, &summary)
	if summary.Records > summary.Unread {
		p.read++
	}
	switch {
	case err != nil && aboutInput(err):
		p.complain(l.problem(err))
	case err != nil:
		return err
	case summary.Records == 0:
		p.complain(&input.Error{Name: name, Problem: "holds no record of format " + l.format.Name})
	case summary.Records == summary.Unread:
		p.complain(&input.Error{Name: name, Problem: "no record could be judged: " + commonest(&summary)})
	}
	return nil
}

// aboutInput reports whether an error of a pass is about the bytes of the file.
func aboutInput(err error) bool {
	var broken *input.Error
	var reason event.ParseError
	return errors.As(err, &broken) || errors.As(err, &reason)
}

// commonest returns the reason for which most records could not be judged.
func commonest(s *core.FileSummary) string {
	best := ""
	for reason, n := range s.Reasons {
		if most := s.Reasons[best]; n > most || n == most && s.FirstUnread[reason] < s.FirstUnread[best] {
			best = reason
		}
	}
	return best
}

// complain tells what is wrong with an input. An empty file among others is
// nothing wrong: logs are rotated.
func (p *pass) complain(err error) {
	p.bar.Note("tiercel: %s", report.Visible(err.Error()))
	if !errors.Is(err, event.ErrEmpty) {
		p.failed++
	}
}

// visit writes the verdicts of a batch.
func (p *pass) visit(name string, r *core.Result) error {
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		if v.Threat {
			p.totals.threats++
			p.numbered = max(p.numbered, v.Incident)
		}
		switch {
		case v.Outside || !v.Threat && !p.flags.all:
		case p.rows != nil:
			var x *core.Explanation
			if p.flags.explain && v.Err == nil {
				x = p.scan.Explain(r, i)
			}
			if err := p.rows.Row(name, v, x); err != nil {
				return err
			}
		case p.briefs != nil && v.Threat:
			p.briefs.keep(v, func() *core.Explanation { return p.scan.Explain(r, i) })
		}
	}
	if p.rows != nil {
		return p.rows.Flush() // whoever reads a pipe sees a batch as soon as it is judged
	}
	return nil
}

// finish writes what stands at the end of the output.
func (p *pass) finish(out *output) error {
	if p.rows != nil {
		return p.rows.Flush()
	}
	p.bar.Clear()
	if p.read == 0 {
		return nil // an empty table would claim that something was looked at
	}
	top := p.flags.top
	style := styleOf(out.Writer)
	if top < 0 {
		top = 0
		if style.Width > 0 {
			top = topOnTerminal
		}
	}
	if err := report.Incidents(out, p.scan.Incidents(), top, p.briefs.of, style); err != nil {
		return err
	}
	if text := unlike(p.scan); text != "" {
		_, err := fmt.Fprintf(out, "\n%s\n", text)
		return err
	}
	return nil
}

// status is how the run exits.
func (p *pass) status() error {
	switch {
	case p.read == 0:
		return status(statusNothing)
	case p.totals.threats > 0 && p.flags.exitCode > 0:
		return status(p.flags.exitCode)
	case p.failed > 0:
		return status(statusPartly)
	}
	return nil
}

// totalSize returns the bytes of all files on disk, 0 when one is not known.
func totalSize(names []string) int64 {
	var total int64
	for _, name := range names {
		info, err := os.Stat(name)
		if name == input.Stdin || err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return 0
		}
		if err == nil && !info.IsDir() {
			total += info.Size()
		}
	}
	return total
}
