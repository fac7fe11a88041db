package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/host/internal/report"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// pushTimeout bounds how long a model may take to reach the cluster.
const pushTimeout = time.Minute

func newModelPush(s streams) *cobra.Command {
	var url, canaries string
	c := &cobra.Command{
		Use:   "push MODEL --nats URL --canaries FILE",
		Short: "Give a signed model to the workers of a service",
		Long: `Push puts a model into the object store of a service. Each worker takes it
only if it is signed by a key that the worker trusts, is of no older epoch than
the one in force, and gives each canary a score within its range. A canary is a
line of JSON: {"line":"...","format":"combined","min":0.9,"max":1}. The token of
the cluster is read from TIERCEL_NATS_TOKEN.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if url == "" || canaries == "" {
				return errors.New("model push: --nats and --canaries are needed")
			}
			_, data, err := readModel(args[0])
			if err != nil {
				return err
			}
			tried, err := os.ReadFile(canaries)
			if err != nil {
				return err
			}
			if err := toHub(c.Context(), url, pushTimeout, func(ctx context.Context, hub *stream.Hub) error {
				return hub.PublishModel(ctx, data, tried)
			}); err != nil {
				return fmt.Errorf("model push: %w", err)
			}
			_, err = fmt.Fprintf(s.err, "%s: given to the workers\n", report.Visible(args[0]))
			return err
		},
	}
	c.Flags().StringVar(&url, "nats", "", "`URL` of the service's NATS server or cluster")
	c.Flags().StringVar(&canaries, "canaries", "", "`FILE` of lines and the scores that the model must give them")
	return c
}

// toHub gives something to the service's streams within a time.
func toHub(ctx context.Context, url string, limit time.Duration, give func(context.Context, *stream.Hub) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := stream.Connect(url, os.Getenv("TIERCEL_NATS_TOKEN"))
	if err != nil {
		return err
	}
	defer conn.Close()
	hub, err := stream.Attach(ctx, conn)
	if err != nil {
		return err
	}
	return give(ctx, hub)
}
