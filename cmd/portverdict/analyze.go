package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/bundle"
)

func newAnalyze() *cobra.Command {
	var flags settingFlags
	cmd := &cobra.Command{
		Use:   "analyze PATH...",
		Short: "Read a bundle and print the verdict",
		Long: `Reads files, folders and archives (all PATHs together are one bundle) and prints
whether the machine ran out of ephemeral ports. What a file is, its content tells.
A PATH may lead into an archive: logs.zip!/inner.cab!/report.etl; - is a text on
standard input. Nothing is written outside of -o and the temp folder.`,
		Example: `  portverdict analyze customer.zip
  portverdict analyze Server.etl System.evtx netstat.txt -o report.html -o verdict.json
  portverdict analyze - < ports.txt
  portverdict analyze logs --tz "W. Europe Standard Time" --range tcp=1025+3976`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			flags.streams(cmd)
			line := flags.startProgress(cmd.ErrOrStderr())
			defer line.stop()
			b, err := open(cmd.Context(), paths, &flags.settings)
			if err != nil {
				return err
			}
			flags.learn(cmd.Context(), b.Inputs)
			j, err := flags.judge(cmd.Context(), b, nil)
			line.stop()
			if j == nil {
				return err
			}
			flags.tellLeft(cmd.ErrOrStderr(), j.Left)
			r := flags.redacted(cmd.ErrOrStderr(), j.Report)
			if !flags.quiet {
				warn(cmd.ErrOrStderr(), r.Diagnostics)
			}
			if err == nil {
				err = flags.write(cmd.Context(), cmd.OutOrStdout(), r)
			}
			if faulty := flags.tellFaults(cmd.ErrOrStderr(), j.Faults); err == nil {
				err = faulty
			}
			if code := flags.code(r.Verdict.Outcome); err == nil && code != exitOK {
				return &exitError{code: code}
			}
			return err
		},
	}
	flags.outputFlags(cmd.Flags())
	flags.jobsFlag(cmd.Flags())
	flags.progressFlag(cmd.Flags())
	flags.verboseFlag(cmd.Flags())
	flags.analysisFlags(cmd.Flags())
	flags.manifestFlag(cmd.Flags())
	flags.redactFlags(cmd.Flags())
	return cmd
}

func somePaths(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage("give at least one PATH: a file, folder or archive")
	}
	return nil
}

// open loads the bundle of the paths.
func open(ctx context.Context, paths []string, s *settings) (*bundle.Bundle, error) {
	b, err := bundle.Load(ctx, paths, bundle.Options{Jobs: s.jobs, Outputs: s.outputs, Watch: s.progress.watch(), Stdin: s.stdin})
	switch {
	case errors.Is(err, bundle.ErrOutputIsInput):
		return nil, usage("%v", err)
	case err != nil:
		return nil, failed("%v", err)
	}
	if err := s.findMoved(b.Inputs); err != nil {
		s.tellLeft(s.stderr, b.Close())
		return nil, err
	}
	s.progress.loaded(b.Inputs)
	return b, nil
}
