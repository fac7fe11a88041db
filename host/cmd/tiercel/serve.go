package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host/internal/serve"
)

// configured holds the flags that several options of the service's
// configuration have, and the file. A flag wins over the environment, which
// wins over the file.
type configured struct {
	file                         string
	listen, dir, url, natsListen string
	budget, verdicts, console    string
	models                       []string
	partitions                   int
}

func (f *configured) judgeFlags(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "config", "", "configuration `FILE` (YAML); its options, as TIERCEL_*, are read from the environment too")
	c.Flags().StringVar(&f.url, "nats", "", "`URL` of a NATS cluster with JetStream")
	c.Flags().StringArrayVar(&f.models, "model", nil, "model `FILE`, one a kind, repeatable; default: the embedded models")
	c.Flags().StringVar(&f.budget, "budget", "", "false alarms allowed: a share of normal events (0.1%, 1e-3) or a number a day (20/day)")
	c.Flags().StringVar(&f.verdicts, "verdicts", "", "publish threats, or all")
}

// config reads the file, the environment and the flags that were given.
func (f *configured) config(set *pflag.FlagSet) (serve.Config, error) {
	c, err := serve.Load(f.file, os.Environ())
	if err != nil {
		return c, err
	}
	set.Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "listen":
			c.Listen = f.listen
		case "dir":
			c.NATS.Dir = f.dir
		case "nats":
			c.NATS.URL = f.url
		case "nats-listen":
			c.NATS.Listen = f.natsListen
		case "partitions":
			c.NATS.Partitions = f.partitions
		case "model":
			c.Judge.Models = f.models
		case "budget":
			c.Judge.Budget = f.budget
		case "verdicts":
			c.Judge.Verdicts = f.verdicts
		case "console":
			c.Console = f.console
		}
	})
	return c, c.Validate()
}

func newServe(s streams) *cobra.Command {
	f := &configured{}
	check := false
	c := &cobra.Command{
		Use:   "serve",
		Short: "Judge logs that are sent over HTTP, always on",
		Long: `Serve takes logs over HTTP (POST /v1/ingest: lines of any format, plain, gzip
or zstd; POST /v1/logs: OTLP), stores them with sync before it answers 200,
judges them and gives verdicts and incidents to its sinks; / shows incidents as
they come. It listens on loopback; another address needs TLS and tokens or client
certificates. SIGHUP reads the models and the lock file again; SIGTERM ends it within ten seconds,
and what is not judged by then waits on disk.`,
		Example: `  tiercel serve --dir /var/lib/tiercel
  tiercel serve --config tiercel.yaml --check
  curl --data-binary @access.log 'http://127.0.0.1:8514/v1/ingest?source=web&format=combined'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := f.config(c.Flags())
			if err != nil {
				return err
			}
			if check {
				return checkConfig(c.Context(), config, s.out)
			}
			return runServe(c.Context(), config, s)
		},
	}
	f.judgeFlags(c)
	c.Flags().StringVar(&f.listen, "listen", "", "`ADDRESS` of HTTP; default 127.0.0.1:8514")
	c.Flags().StringVar(&f.dir, "dir", "", "`FOLDER` of the streams of the server inside; default tiercel-data")
	c.Flags().StringVar(&f.natsListen, "nats-listen", "", "`ADDRESS` of the server inside, for workers; default none")
	c.Flags().IntVar(&f.partitions, "partitions", 0, "parts that workers can share, fixed once the streams exist; default 8")
	c.Flags().StringVar(&f.console, "console", "", "`FOLDER` that is served at /; default: a page of incidents")
	c.Flags().BoolVar(&check, "check", false, "say what is wrong with the configuration, and end")
	return c
}

// defaultModels returns the embedded models.
func defaultModels() ([]*model.Model, error) {
	var o event.Options
	return (&judging{}).models(&o)
}

// checkConfig reads the models and starts the plugins as the service would.
func checkConfig(ctx context.Context, c serve.Config, out io.Writer) error {
	defaults, err := defaultModels()
	if err != nil {
		return err
	}
	if err := serve.Check(ctx, c, defaults); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "the configuration is good")
	return err
}

func runServe(ctx context.Context, c serve.Config, s streams) error {
	defaults, err := defaultModels()
	if err != nil {
		return err
	}
	log := c.Log.Logger(s.err)
	server, err := serve.Open(ctx, c, defaults, s.out, log)
	if err != nil {
		return err
	}
	log.Info("listening", "address", server.Address(), "workers", server.ClientURL())
	stop := onHangup(log, server.Reload)
	defer stop()
	return server.Run(ctx)
}

// onHangup calls reload at each SIGHUP until stop is called.
func onHangup(log *slog.Logger, reload func() error) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, hangup...)
	go func() {
		for range hangups {
			if err := reload(); err != nil {
				log.Error("models kept as they were", "error", err)
			} else {
				log.Info("models read again")
			}
		}
	}()
	return func() { signal.Stop(hangups); close(hangups) }
}
