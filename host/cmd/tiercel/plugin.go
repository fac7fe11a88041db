package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newPlugin(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "plugin",
		Short: "Make, check, pin and sign base learners of your own",
		Long: `A plugin is a base learner that somebody else ships: a WebAssembly module
(.wasm) or a program. Only plugins that tiercel.lock pins are ever loaded.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())
			}
			return c.Help()
		},
	}
	c.AddCommand(
		newPluginNew(s), newPluginCheck(s), newPluginBench(s),
		newPluginPin(s), newPluginList(s), newPluginPack(s), newPluginSign(s), newPluginVerify(s), newPluginPush(s),
	)
	return c
}
