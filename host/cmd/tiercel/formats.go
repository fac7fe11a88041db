package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/host/internal/report"
)

func newFormats(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "formats",
		Short: "List the formats that are read, with an example line each",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var list []report.Format
			for _, f := range event.Formats() {
				kinds := make([]string, len(f.Kinds))
				for i, k := range f.Kinds {
					kinds[i] = k.String()
				}
				list = append(list, report.Format{Name: f.Name, Title: f.Title, Kinds: strings.Join(kinds, ", "), Example: f.Example})
			}
			return report.Formats(s.out, list, styleOf(s.out))
		},
	}
}
