package main

import (
	"github.com/spf13/cobra"

	"portverdict/cmd/internal/wish"
	"portverdict/report"
)

func newRender() *cobra.Command {
	var flags settingFlags
	cmd := &cobra.Command{
		Use:   "render VERDICT.json",
		Short: "Write a report again from its verdict.json, in any format",
		Long: `Writes what analyze wrote, from the verdict.json it wrote: the same bytes in
every format. Exits 0 whatever the outcome.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			flags.streams(cmd)
			r, err := readVerdict(args[0])
			if err != nil {
				return err
			}
			return flags.write(cmd.Context(), cmd.OutOrStdout(), flags.redacted(cmd.ErrOrStderr(), r))
		},
	}
	flags.outputFlags(cmd.Flags())
	flags.redactFlags(cmd.Flags())
	return cmd
}

// readVerdict reads a verdict.json.
func readVerdict(name string) (*report.Report, error) {
	r, err := wish.ReadVerdict(name)
	if err != nil {
		return nil, failed("%v", err)
	}
	return r, nil
}
