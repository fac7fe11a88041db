package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/progress"
	"github.com/tiercel/tiercel/host/internal/report"
)

// lockVariable names the lock file where --lock does not.
const lockVariable = "TIERCEL_LOCK"

// plugging holds the flags that choose plugins, and the plugins once they are open.
type plugging struct {
	plugins []string
	lock    string
	host    *host.Host
	trained []core.Plugin // what train adds to its recipe
}

func (p *plugging) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&p.plugins, "plugin", nil, "add the base learner of a pinned plugin, by its `ID|PATH`; repeatable")
	lockFlag(c, &p.lock)
}

func lockFlag(c *cobra.Command, lock *string) {
	c.Flags().StringVar(lock, "lock", "", "`FILE` that pins plugins; default: $"+lockVariable+", else "+host.LockName)
}

// lockFile returns the lock file that the flag, the environment or nobody names.
func lockFile(flag string) string {
	if flag == "" {
		flag = os.Getenv(lockVariable)
	}
	if flag == "" {
		return host.LockName
	}
	return flag
}

// open opens the plugins of the flags and those that the models were trained
// with. kinds may be nil where models tell. What is wrong with one of them is
// told at once.
func (p *plugging) open(ctx context.Context, s streams, models []*model.Model, kinds []event.Kind, workers int) error {
	var err error
	p.host, err = host.Open(ctx, host.Options{
		Plugins: p.plugins, Models: models, Kinds: kinds, Lock: lockFile(p.lock), Workers: workers, Cache: host.DefaultCache(),
		Reattach: os.Getenv(host.ReattachVariable),
	})
	return err
}

// learners returns the learners of the plugins for the models, and tells what
// keeps a plugin from scoring.
func (p *plugging) learners(s streams, models []*model.Model) []core.Plugin {
	var out []core.Plugin
	for _, m := range models {
		out = append(out, p.host.Learners(&m.Schema)...)
	}
	bar := progress.New(s.err, terminalWidth(s.err))
	for _, f := range p.host.Faults() {
		bar.Note("tiercel: %s; verdicts go without it", report.Visible(f.Last))
	}
	return out
}

// tell names the plugins that failed, why and how often.
func (p *plugging) tell(bar *progress.Bar) {
	for _, f := range p.host.Faults() {
		bar.Note("%s (%s)", report.Visible(f.Last), counted(int64(f.Times), "time"))
	}
}

// close ends the plugins.
func (p *plugging) close() {
	if p.host != nil {
		p.host.Close() // all that was theirs is done: there is nothing to do about an error
	}
}
