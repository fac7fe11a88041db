package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/host/internal/serve"
)

func newWorker(s streams) *cobra.Command {
	f := &configured{}
	name, metrics := "", ""
	c := &cobra.Command{
		Use:   "worker --nats URL",
		Short: "Judge what a service has stored, beside others",
		Long: `Worker joins the workers of a service (tiercel serve) through its NATS server or
cluster: each owns some of the partitions, and takes over those of workers that
end or die within seconds. Verdicts do not depend on how many there are. Models
that are signed by a key of judge.trusted are taken from the service as they
come, and plugins that are pinned too. A service or a cluster that is not there
yet is waited for, as long as nats.wait says. The token of the cluster is read from TIERCEL_NATS_TOKEN or the
configuration file.`,
		Example: `  tiercel worker --nats nats://10.0.0.7:4222`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := f.config(c.Flags())
			if err != nil {
				return err
			}
			if config.NATS.URL == "" {
				return errors.New("worker: --nats is needed")
			}
			return runWorker(c.Context(), config, name, metrics, s)
		},
	}
	f.judgeFlags(c)
	c.Flags().StringVar(&name, "name", "", "`NAME` of this worker in logs; default: that of the host")
	c.Flags().StringVar(&metrics, "metrics", "", "loopback `ADDRESS` of /metrics, /healthz, /readyz and /v1/status; default none")
	return c
}

func runWorker(ctx context.Context, c serve.Config, name, metrics string, s streams) error {
	defaults, err := defaultModels()
	if err != nil {
		return err
	}
	log := c.Log.Logger(s.err)
	w, err := serve.OpenWorker(c, defaults, name, metrics, log)
	if err != nil {
		return err
	}
	stop := onHangup(log, w.Reload)
	defer stop()
	return w.Run(ctx)
}
