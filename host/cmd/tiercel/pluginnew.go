package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/plugins"
)

// sourceVariable names a checkout that new plugins are built against.
const sourceVariable = "TIERCEL_SOURCE"

var (
	pluginID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	released = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)
)

func newPluginNew(s streams) *cobra.Command {
	var lang string
	var names []string
	for _, l := range plugins.Languages() {
		names = append(names, l.Name)
	}
	c := &cobra.Command{
		Use:   "new --lang LANGUAGE [NAME|DIR]",
		Short: "Write the project of a new plugin",
		Long: `New writes a project that builds as it is: a learner to change, its test, a
Makefile and a README. NAME is the plugin's id (lower case letters, digits and
hyphens) and becomes a folder here; a DIR's last part is the id.

Languages: ` + strings.Join(names, ", ") + `.

Set ` + sourceVariable + ` to a checkout of tiercel to build against it.`,
		Example: "  tiercel plugin new --lang c rare-words\n  cd rare-words && make && tiercel plugin check .",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			i := slices.Index(names, lang)
			if i < 0 {
				return fmt.Errorf("plugin new: --lang %q: choose one of %s", lang, strings.Join(names, ", "))
			}
			dir := "my-learner"
			if len(args) > 0 {
				dir = args[0]
			}
			return writePlugin(c.Context(), s, &plugins.Languages()[i], dir)
		},
	}
	c.Flags().StringVar(&lang, "lang", "", "`LANGUAGE`: "+strings.Join(names, ", "))
	return c
}

func writePlugin(ctx context.Context, s streams, l *plugins.Language, dir string) error {
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	id := filepath.Base(full)
	if !pluginID.MatchString(id) {
		return fmt.Errorf("plugin new: %q is no id: lower case letters, digits and hyphens, at most 64", id)
	}
	source, err := sourceCheckout()
	if err != nil {
		return err
	}
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return fmt.Errorf("plugin new: %s is not empty: name a folder that is not there yet", dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	list, err := l.Files(id)
	if err != nil {
		return err
	}
	if source != "" {
		list = append(list, plugins.File{Path: "local.mk", Data: []byte(sourceVariable + " ?= " + source + "\n")})
	}
	for _, f := range list {
		file := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, f.Data, 0o666); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(s.out, dir); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s: a learner in %s: change %s, then\n  cd %s && make && tiercel plugin check .\n", id, l.Title, l.Edit, dir)
	if missing := missingTools(ctx, dir); missing != "" {
		fmt.Fprintf(s.err, "note: %s\n", missing)
	}
	if source == "" && l.Name == "go" && !released.MatchString(version()) {
		fmt.Fprintf(s.err, "note: this is no release of tiercel: build with make %s=folder, a checkout of it\n", sourceVariable)
	}
	return nil
}

// sourceCheckout returns the checkout that the environment names, "" for none.
func sourceCheckout() (string, error) {
	named := os.Getenv(sourceVariable)
	if named == "" {
		return "", nil
	}
	dir, err := filepath.Abs(named)
	if err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil || !bytes.HasPrefix(mod, []byte("module github.com/tiercel/tiercel\n")) {
		return "", fmt.Errorf("plugin new: %s=%s: that folder is no checkout of tiercel", sourceVariable, named)
	}
	return dir, nil
}

// missingTools says what building the project lacks on this machine; "" for
// nothing. The project's own Makefile knows.
func missingTools(ctx context.Context, dir string) string {
	if _, err := exec.LookPath("make"); err != nil {
		return "make is needed, which this machine does not have: apt-get install make"
	}
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	c := exec.CommandContext(ctx, "make", "--no-print-directory", "-s", "-C", dir, "tools")
	var said bytes.Buffer
	c.Stderr = &said
	if c.Run() == nil {
		return ""
	}
	var lines []string
	for line := range strings.Lines(said.String()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "make:") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}
