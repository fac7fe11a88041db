package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/report"
)

func newPluginPack(s streams) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "pack PLUGIN|FOLDER",
		Short: "Put a plugin, its signature and its README into one file",
		Long: `Pack writes one file (a zip archive) to hand on: the plugin, the signature
beside it if there is one, what it says of itself, and the README.md of its
folder. The same plugin gives the same bytes. plugin verify and plugin pin take
it as they take the plugin.`,
		Example: "  tiercel plugin pack word-rarity.wasm\n  tiercel plugin pack . -o word-rarity" + host.PackSuffix,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return pack(c.Context(), s, args[0], file) },
	}
	c.Flags().StringVarP(&file, "out", "o", "", "`FILE` to write; default: ID-VERSION"+host.PackSuffix)
	return c
}

func pack(ctx context.Context, s streams, path, file string) error {
	p, err := host.ReadPackage(path)
	if err != nil {
		return fmt.Errorf("plugin pack: %w", err)
	}
	if p.Packed {
		return fmt.Errorf("plugin pack: %s is a pack already", path)
	}
	if p.Signature != nil {
		if err := p.Signature.Verify(p.Program); err != nil {
			return fmt.Errorf("plugin pack: %s%s: %w; sign it again", p.Path, host.SignatureSuffix, err)
		}
	}
	x, err := host.Examine(ctx, p, host.Options{Cache: host.DefaultCache()})
	if err != nil {
		return fmt.Errorf("plugin pack: %w", err)
	}
	p.Description = x.Description.Append(nil)
	if file == "" {
		file = x.Description.ID + "-" + x.Description.Version + host.PackSuffix
	}
	if !strings.HasSuffix(file, host.PackSuffix) {
		return fmt.Errorf("plugin pack: -o %s: must end in %s", file, host.PackSuffix)
	}
	data, err := p.Append(nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.err, "%s: %s %s, %d bytes\n", report.Visible(file), x.Description.ID, x.Description.Version, len(data))
	return err
}
