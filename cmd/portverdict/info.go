package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/listing"
)

func newInfo() *cobra.Command {
	var flags settingFlags
	var format string
	cmd := &cobra.Command{
		Use:   "info PATH...",
		Short: "Say what each input is and what is in it",
		Long: `Prints of each input its kind, time window, counts, losses and damage, and of a
trace its header and how many events of which provider it has. No verdict.`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			if format != "text" && format != "json" {
				return usage("--format %q: give text or json", format)
			}
			flags.streams(cmd)
			line := flags.startProgress(cmd.ErrOrStderr(), analysis.ForEachTrace)
			defer line.stop()
			b, err := open(cmd.Context(), paths, &flags.settings)
			if err != nil {
				return err
			}
			sources, j, err := flags.describe(cmd.Context(), b)
			line.stop()
			if err != nil {
				return err
			}
			flags.tellLeft(cmd.ErrOrStderr(), j.Left)
			warn(cmd.ErrOrStderr(), j.Report.Diagnostics)
			w := bufio.NewWriter(cmd.OutOrStdout())
			if format == "json" {
				err = listing.WriteSourcesJSON(w, sources)
			} else {
				err = listing.WriteSourcesText(w, sources)
			}
			if err := written(errors.Join(err, w.Flush())); err != nil {
				return err
			}
			if err := flags.tellFaults(cmd.ErrOrStderr(), j.Faults); err != nil {
				return err
			}
			if !slices.ContainsFunc(sources, func(s listing.Source) bool { return s.Kind != "unknown" }) {
				return failed("none of the inputs is of a known kind")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "what goes to stdout: text or json")
	flags.manifestFlag(cmd.Flags())
	cmd.Flags().Lookup("manifest").Usage = "an instrumentation manifest that names further providers, a `FILE`; repeatable"
	flags.jobsFlag(cmd.Flags())
	flags.progressFlag(cmd.Flags())
	flags.verboseFlag(cmd.Flags())
	return cmd
}

// describe reads all inputs and closes the bundle. The sources are those a
// report of the same bundle has.
func (s *settings) describe(ctx context.Context, b *bundle.Bundle) ([]listing.Source, *analysis.Result, error) {
	var mu sync.Mutex
	traces := map[string]*listing.Trace{} // by hash: a path may stand for several
	o := s.analysis(nil)
	o.EachTrace = func(in bundle.Input, r io.ReaderAt) error {
		t := listing.ReadTrace(r, in.Size, s.described.catalog())
		mu.Lock()
		defer mu.Unlock()
		traces[in.SHA256] = t
		return nil
	}
	j, err := analysis.Run(ctx, b, o)
	if err != nil {
		return nil, nil, ours(err)
	}
	out := make([]listing.Source, 0, len(j.Report.Sources))
	for _, src := range j.Report.Sources {
		out = append(out, listing.Source{Source: src, Trace: traces[src.SHA256]})
	}
	return out, j, nil
}
