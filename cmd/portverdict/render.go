package main

import (
	"io"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/bundle"
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

// maxVerdict bounds a verdict.json, in bytes; one with the most evidence is far smaller.
const maxVerdict = 64 << 20

// readVerdict reads a verdict.json.
func readVerdict(name string) (*report.Report, error) {
	f, err := bundle.Open(name)
	if err != nil {
		return nil, failed("cannot read %s: %v", name, cause(err))
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil && fi.Size() > maxVerdict {
		return nil, failed("cannot read %s: it is larger than %d bytes", name, maxVerdict)
	}
	r, err := report.ReadJSON(io.LimitReader(f, maxVerdict)) // it may still grow
	if err != nil {
		return nil, failed("%s: %v", name, err)
	}
	return r, nil
}
