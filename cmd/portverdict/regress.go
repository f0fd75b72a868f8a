package main

import (
	"bufio"
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/portverdict/internal/regress"
	"portverdict/report"
)

func newRegress() *cobra.Command {
	return &cobra.Command{
		Use:   "regress DIR",
		Short: "Run every regression case under a folder",
		Long: `Runs every case under DIR (a folder with case.yaml and bundle/ or bundle.zip) and
prints a line for each, with what differs. Exits 6 when a case failed.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w := bufio.NewWriter(cmd.OutOrStdout())
			failures, err := regress.Run(cmd.Context(), args[0], analyzeQuietly, w)
			flushErr := w.Flush()
			switch {
			case errors.Is(err, regress.ErrNoCases):
				return failed("%s: %v", args[0], err)
			case err != nil:
				return failed("cannot run the cases of %s: %v", args[0], cause(err))
			case flushErr != nil:
				return written(flushErr)
			case failures > 0:
				return &exitError{code: exitCases}
			}
			return nil
		},
	}
}

// analyzeQuietly is `analyze` for the cases: the same flags, less those that
// write.
func analyzeQuietly(ctx context.Context, args []string) (*report.Report, int, error) {
	var flags settingFlags
	fs := pflag.NewFlagSet("args", pflag.ContinueOnError)
	flags.analysisFlags(fs)
	flags.jobsFlag(fs)
	err := fs.Parse(args)
	if err == nil {
		err = flags.check(fs)
	}
	if err != nil {
		return nil, exitUsage, err
	}
	b, err := open(ctx, fs.Args(), &flags.settings)
	if err != nil {
		return nil, codeOf(err), err
	}
	r, err := flags.judge(ctx, b, nil)
	if err != nil {
		return nil, codeOf(err), err
	}
	return r, flags.code(r.Verdict.Outcome), nil
}
