package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/report"
)

// pinFlags are the flags of plugin pin.
type pinFlags struct {
	lock, config string
	keys         []string
}

func newPluginPin(s streams) *cobra.Command {
	f := &pinFlags{}
	c := &cobra.Command{
		Use:   "pin PATH...",
		Short: "Allow plugins to be loaded: write their checksums to tiercel.lock",
		Long: `Pin starts each plugin once to read what it says of itself, and writes its id,
version and checksum to the lock file. Only what is pinned is ever loaded, and
only while its file stays the same. A pack (` + host.PackSuffix + `) is unpacked beside the lock
file. A signature beside the plugin (FILE` + host.SignatureSuffix + `) is checked; a plugin that was pinned
with one is replaced only by one that the same key signed.`,
		Example: "  tiercel plugin pin word-rarity.wasm\n  tiercel plugin pin --key author.pub --config weights.txt linear.wasm\n  tiercel scan --plugin word-rarity access.log",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return pin(c.Context(), s, f, args) },
	}
	lockFlag(c, &f.lock)
	c.Flags().StringVar(&f.config, "config", "", "`FILE` with the plugin's configuration; it is pinned too")
	keyFlag(c, &f.keys, "pin only what is signed by this ed25519 public key")
	return c
}

// pin pins plugins: all of them or none.
func pin(ctx context.Context, s streams, f *pinFlags, paths []string) error {
	if f.config != "" && len(paths) > 1 {
		return errors.New("plugin pin: --config is for one plugin at a time")
	}
	trusted, err := publicKeys(f.keys)
	if err != nil {
		return err
	}
	file := lockFile(f.lock)
	lock, err := host.ReadLock(file)
	if errors.Is(err, fs.ErrNotExist) {
		lock, err = &host.Lock{}, nil
	}
	if err != nil {
		return err
	}
	var notes []string
	for _, path := range paths {
		p, err := f.examine(ctx, file, path, trusted)
		if err != nil {
			return fmt.Errorf("plugin pin: %w", err)
		}
		old, known := lock.Find(p.ID)
		was := ""
		switch {
		case known && old.Signer != (host.Key{}) && old.Signer != p.Signer:
			return fmt.Errorf("plugin pin: %s: %s was signed by %s, this one is not; if that is meant, remove its entry from %s first", path, p.ID, old.Signer, file)
		case known && old.SHA256 == p.SHA256:
			was = ", as before"
		case known:
			was = ", was " + old.Version
		}
		lock.Put(*p)
		notes = append(notes, fmt.Sprintf("%s: pinned %s %s%s, sha256 %s", file, p.ID, p.Version, was, p.SHA256))
	}
	if err := lock.Write(file); err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintln(s.err, report.Visible(n))
	}
	return nil
}

// examine finds out what to pin of a plugin.
func (f *pinFlags) examine(ctx context.Context, lock, path string, trusted []ed25519.PublicKey) (*host.Pin, error) {
	p, err := host.ReadPackage(path)
	if err != nil {
		return nil, err
	}
	if p.Signature != nil || len(trusted) > 0 {
		if err := p.Signature.Verify(p.Program, trusted...); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	x, err := host.Examine(ctx, p, host.Options{Cache: host.DefaultCache()})
	if err != nil {
		return nil, err
	}
	pin := &host.Pin{ID: x.Description.ID, Version: x.Description.Version, SHA256: x.SHA256, Runtime: x.Runtime}
	if p.Signature != nil {
		pin.Signer = p.Signature.Key
	}
	if f.config == "" && x.Description.Config {
		return nil, fmt.Errorf("%s: %s needs a configuration; say --config FILE", path, pin.ID)
	}
	at := p.Path
	if p.Packed {
		if at, err = p.Unpack(filepath.Dir(lock), pin.ID, pin.Version); err != nil {
			return nil, err
		}
	}
	if pin.Path, err = host.Relative(lock, at); err != nil || f.config == "" {
		return pin, err
	}
	if pin.ConfigSHA256, err = host.SumFile(f.config); err != nil {
		return nil, err
	}
	pin.Config, err = host.Relative(lock, f.config)
	return pin, err
}
