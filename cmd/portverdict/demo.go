package main

import (
	"bytes"
	_ "embed"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/bundle"
)

// demoZip is a composed bundle, never captured: a leaking client on a machine
// with a dynamic range of 512 ports.
//
//go:embed demo.zip
var demoZip []byte

func newDemo() *cobra.Command {
	var flags settingFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Analyse the small synthetic bundle inside the program",
		Long: `Analyses a small bundle that is part of the program and prints its verdict.
The bundle is synthetic: composed to show an exhaustion, captured nowhere.
Exits 0 whatever the outcome.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			flags.streams(cmd)
			b, err := bundle.LoadArchive(cmd.Context(), "demo.zip", bytes.NewReader(demoZip), int64(len(demoZip)), bundle.Options{Jobs: flags.jobs})
			if err != nil {
				return failed("%v", err)
			}
			j, err := flags.judge(cmd.Context(), b, map[string]string{"synthetic": "true"})
			if err == nil {
				flags.tellLeft(cmd.ErrOrStderr(), j.Left)
				err = flags.write(cmd.Context(), cmd.OutOrStdout(), flags.redacted(cmd.ErrOrStderr(), j.Report))
			}
			if err == nil {
				err = flags.tellFaults(cmd.ErrOrStderr(), j.Faults)
			}
			return err
		},
	}
	flags.outputFlags(cmd.Flags())
	flags.jobsFlag(cmd.Flags())
	flags.verboseFlag(cmd.Flags())
	flags.redactFlags(cmd.Flags())
	return cmd
}
