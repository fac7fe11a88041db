package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/report"
	"github.com/tiercel/tiercel/host/internal/serve"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// pushPluginTimeout bounds how long a plugin may take to reach the cluster: it
// may be hundreds of megabytes.
const pushPluginTimeout = 10 * time.Minute

// pushFlags are the flags of plugin push.
type pushFlags struct {
	url, lock, canaries string
	models              []string
}

func newPluginPush(s streams) *cobra.Command {
	f := &pushFlags{}
	c := &cobra.Command{
		Use:   "push --nats URL --canaries FILE ID|PATH...",
		Short: "Give pinned and signed plugins to the workers of a service",
		Long: `Push puts plugins that the lock file pins into the object store of a service, by
their ids, their paths or those of their packs (` + host.PackSuffix + `). A worker takes one only if
a key that it trusts has signed it; if its bytes and its configuration are those
that the worker's own lock file pins or, where judge.take is signed, a lock file
that such a key has signed (tiercel plugin sign tiercel.lock); if it runs on that
machine and is no older than the one at work; if it passes plugin check; and if
each canary is judged with it as the file demands. A canary is a line of JSON:
{"line":"...","format":"combined","min":0.9,"max":1}. Push tries all of that
first, with the models given. The token of the cluster is read from
TIERCEL_NATS_TOKEN.`,
		Example: "  tiercel plugin sign build/rare-words.wasm --key key.pem\n  tiercel plugin pin build/rare-words.wasm\n" +
			"  tiercel plugin push rare-words --nats nats://10.0.0.7:4222 --canaries canaries.ndjson",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if f.url == "" || f.canaries == "" {
				return errors.New("plugin push: --nats and --canaries are needed")
			}
			if err := f.push(c.Context(), s, args); err != nil {
				return fmt.Errorf("plugin push: %w", err)
			}
			return nil
		},
	}
	lockFlag(c, &f.lock)
	c.Flags().StringVar(&f.url, "nats", "", "`URL` of the service's NATS server or cluster")
	c.Flags().StringVar(&f.canaries, "canaries", "", "`FILE` of lines and what must be said of them with the plugin")
	c.Flags().StringArrayVar(&f.models, "model", nil, "model `FILE` to try the plugin with, one a kind, repeatable; default: the embedded models")
	return c
}

// push tries the plugins and gives them to the workers: all of them or none.
func (f *pushFlags) push(ctx context.Context, s streams, names []string) error {
	defaults, err := defaultModels()
	if err != nil {
		return err
	}
	catalogue, err := stream.NewCatalogue(f.models, "", nil, defaults)
	if err != nil {
		return err
	}
	canaries, err := os.ReadFile(f.canaries)
	if err != nil {
		return err
	}
	offers := map[string][]byte{}
	var ids []string
	for _, name := range names {
		id, data, err := f.offer(ctx, s, name, canaries, catalogue.Models())
		if err != nil {
			return err
		}
		ids = append(ids, id)
		offers[id] = data
	}
	return toHub(ctx, f.url, pushPluginTimeout, func(ctx context.Context, hub *stream.Hub) error {
		for _, id := range ids {
			if err := hub.PublishPlugin(ctx, id, offers[id]); err != nil {
				return err
			}
			fmt.Fprintf(s.err, "%s: given to the workers\n", id)
		}
		return nil
	})
}

// offer reads a plugin and tries it as workers will, by its own lock file.
func (f *pushFlags) offer(ctx context.Context, s streams, name string, canaries []byte, models []*model.Model) (id string, data []byte, err error) {
	file := lockFile(f.lock)
	o, err := host.NewOffer(file, name, canaries)
	if err != nil {
		return "", nil, err
	}
	if err := o.Package.Signature.Verify(o.Package.Program); err != nil {
		return "", nil, fmt.Errorf("%s: %w; run: tiercel plugin sign", name, err)
	}
	if o.Signature != nil {
		if err := o.Signature.VerifyLock(o.Lock); err != nil {
			return "", nil, fmt.Errorf("%s%s: %w; sign it again", file, host.SignatureSuffix, err)
		}
	}
	lock, err := host.ReadLock(file)
	if err != nil {
		return "", nil, err
	}
	pin, err := o.Pin()
	if err != nil {
		return "", nil, err
	}
	if err := serve.TryPlugin(ctx, o, &pin, host.Options{
		Plugins: []string{pin.ID}, Pins: lock, Models: models, Cache: host.DefaultCache(),
	}); err != nil {
		return "", nil, err
	}
	if o.Signature == nil {
		fmt.Fprintf(s.err, "%s is not signed: workers take %s only where their own lock file pins it\n", report.Visible(file), pin.ID)
	}
	data, err = o.Append(nil)
	return pin.ID, data, err
}
