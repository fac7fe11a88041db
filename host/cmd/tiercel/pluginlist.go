package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/report"
)

func newPluginList(s streams) *cobra.Command {
	var lock string
	c := &cobra.Command{
		Use:   "list",
		Short: "Show the plugins that are pinned, and whether they are still the same",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			file := lockFile(lock)
			l, err := host.ReadLock(file)
			if errors.Is(err, fs.ErrNotExist) || err == nil && len(l.Plugins) == 0 {
				fmt.Fprintf(s.err, "%s: no plugin is pinned; tiercel plugin pin PATH pins one\n", report.Visible(file))
				return nil
			}
			if err != nil {
				return err
			}
			w := bufio.NewWriter(s.out)
			for i := range l.Plugins {
				if i > 0 {
					w.WriteByte('\n')
				}
				listed(c.Context(), w, l, &l.Plugins[i])
			}
			return w.Flush()
		},
	}
	lockFlag(c, &lock)
	return c
}

// listed writes what is known of one plugin, a line each.
func listed(ctx context.Context, w *bufio.Writer, l *host.Lock, p *host.Pin) {
	line := func(key, value string) { fmt.Fprintf(w, "  %-9s%s\n", key, report.Visible(value)) }
	fmt.Fprintf(w, "%s %s\n", report.Visible(p.ID), report.Visible(p.Version))
	line("file", p.Path)
	line("state", state(l.At(p.Path), p.SHA256))
	line("sha256", p.SHA256.String())
	line("runtime", p.Runtime)
	line("sandbox", sandbox(ctx, l, p))
	signer := "not signed"
	if p.Signer != (host.Key{}) {
		signer = p.Signer.String()
	}
	line("signer", signer)
	if p.Config != "" {
		line("config", p.Config+", "+state(l.At(p.Config), p.ConfigSHA256))
	}
}

// state says whether a file is the one that was pinned.
func state(path string, pinned host.Sum) string {
	sum, err := host.SumFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "missing"
	case err != nil:
		return "cannot be read: " + err.Error()
	case sum != pinned:
		return "changed since it was pinned, so not loaded"
	}
	return "as pinned"
}

// sandbox says what confines a plugin here. Of a process only starting it tells.
func sandbox(ctx context.Context, l *host.Lock, p *host.Pin) string {
	q, err := host.ReadPackage(l.At(p.Path))
	if err != nil {
		return "not known: " + err.Error()
	}
	if q.SHA256() != p.SHA256 {
		return "not known: only what is pinned is started"
	}
	x, err := host.Examine(ctx, q, host.Options{Cache: host.DefaultCache()})
	if err != nil {
		return "not known: " + err.Error()
	}
	return x.Sandbox
}
