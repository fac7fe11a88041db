package main

import (
	"bufio"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tiercel/tiercel/host"
)

func newMan(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "man",
		Short:   "Print the manual page",
		Long:    "Man prints the manual page in roff.",
		Example: "  tiercel man | man -l -\n  tiercel man > /usr/local/share/man/man1/tiercel.1",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return writeManual(s.out, c.Root()) },
	}
}

// writeManual writes one page for the command and all below it, in the man
// macros (man(7)).
func writeManual(out io.Writer, root *cobra.Command) error {
	w := bufio.NewWriter(out)
	w.WriteString(".TH TIERCEL 1 \"\" \"tiercel " + roff(version()) + "\" \"User Commands\"\n")
	w.WriteString(".SH NAME\ntiercel \\- " + roff(strings.ToLower(root.Short[:1])+root.Short[1:]) + "\n")
	w.WriteString(".SH SYNOPSIS\n")
	for _, c := range visibleCommands(root) {
		w.WriteString(".B " + roff(c.CommandPath()) + "\n" + roff(strings.TrimSpace(strings.TrimPrefix(c.UseLine(), c.CommandPath()))) + "\n.br\n")
	}
	w.WriteString(".SH DESCRIPTION\n")
	paragraphs(w, root.Long)
	w.WriteString(".SH COMMANDS\n")
	for _, c := range visibleCommands(root) {
		w.WriteString(".SS " + roff(c.UseLine()) + "\n")
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		paragraphs(w, text)
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && f.Name != "help" {
				option(w, f)
			}
		})
		if c.Example != "" {
			w.WriteString(".PP\n.nf\n" + roff(c.Example) + "\n.fi\n")
		}
	}
	w.WriteString(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours, whatever standard output is.\n")
	w.WriteString(".TP\n.B " + lockVariable + "\nThe file that pins plugins, where \\-\\-lock names none.\n")
	w.WriteString(".TP\n.B " + host.ReattachVariable + "\nProcesses of plugins that a debugger has started: what they print with \\-debug.\n")
	return w.Flush()
}

// visibleCommands returns the commands that can be run, in the order of help.
func visibleCommands(c *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		if sub.Runnable() {
			out = append(out, sub)
		}
		out = append(out, visibleCommands(sub)...)
	}
	return out
}

func option(w *bufio.Writer, f *pflag.Flag) {
	name, usage := pflag.UnquoteUsage(f)
	w.WriteString(".TP\n.B ")
	if f.Shorthand != "" {
		w.WriteString(roff("-" + f.Shorthand + ", "))
	}
	w.WriteString(roff("--"+f.Name) + " " + roff(name) + "\n" + roff(usage) + "\n")
}

// paragraphs writes text whose paragraphs are separated by blank lines.
func paragraphs(w *bufio.Writer, text string) {
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		w.WriteString(".PP\n" + roff(p) + "\n")
	}
}

// roff escapes what has a meaning in roff: backslashes, hyphens, and dots and
// quotes at the start of a line.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
