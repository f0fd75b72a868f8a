package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"portverdict/cmd/portverdict/internal/bundle"
	"portverdict/report"
)

// sourceInfo is a source as verdict.json has it and, of a trace, what is in it.
type sourceInfo struct {
	report.Source
	*traceInfo
}

func newInfo() *cobra.Command {
	var flags settingFlags
	var format string
	var manifests []string
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
			if _, err := loadCatalog(manifests); err != nil {
				return err
			}
			line := flags.startProgress(cmd.ErrOrStderr(), forInfo)
			defer line.stop()
			b, err := open(cmd.Context(), paths, &flags.settings)
			if err != nil {
				return err
			}
			sources, diags, err := flags.describe(cmd.Context(), b, manifests)
			line.stop()
			warn(cmd.ErrOrStderr(), diags)
			if err != nil {
				return err
			}
			w := bufio.NewWriter(cmd.OutOrStdout())
			if format == "json" {
				err = infoJSON(w, sources)
			} else {
				err = infoText(w, sources)
			}
			if err := written(errors.Join(err, w.Flush())); err != nil {
				return err
			}
			if !slices.ContainsFunc(sources, func(s sourceInfo) bool { return s.Kind != "unknown" }) {
				return failed("none of the inputs is of a known kind")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "what goes to stdout: text or json")
	cmd.Flags().StringArrayVar(&manifests, "manifest", nil, "an instrumentation manifest that names further providers, a `FILE`; repeatable")
	flags.jobsFlag(cmd.Flags())
	flags.progressFlag(cmd.Flags())
	return cmd
}

// describe reads all inputs and closes the bundle. The sources are those a
// report of the same bundle has.
func (s *settings) describe(ctx context.Context, b *bundle.Bundle, manifests []string) (_ []sourceInfo, _ []report.Diagnostic, err error) {
	defer func() { err = closed(b, err) }()
	ev, err := s.collect(ctx, b, nil)
	if err != nil {
		return nil, nil, err
	}
	r, err := judged(ctx, ev)
	if err != nil {
		return nil, nil, err
	}
	traces := make([]*traceInfo, len(b.Inputs))
	alone := make([][]int, len(b.Inputs))
	for i := range alone {
		alone[i] = []int{i}
	}
	err = each(ctx, s.jobs, b.Inputs, alone, func(group []int, rs []io.ReaderAt) error {
		in := b.Inputs[group[0]]
		if in.Kind != "etl" {
			return nil
		}
		catalog, err := loadCatalog(manifests)
		if err == nil {
			over := s.progress.reads(ctx, forInfo, b.Inputs, group, rs)
			traces[group[0]] = describeTrace(in, rs[0], catalog)
			over()
		}
		return err
	})
	if err != nil {
		return nil, r.Diagnostics, err
	}
	type key struct{ path, sum string }
	byKey := map[key]*traceInfo{}
	for i, in := range b.Inputs {
		byKey[key{in.Path, in.SHA256}] = traces[i]
	}
	out := make([]sourceInfo, 0, len(r.Sources))
	for _, src := range r.Sources {
		out = append(out, sourceInfo{src, byKey[key{src.Path, src.SHA256}]})
	}
	return out, r.Diagnostics, nil
}

func infoJSON(w io.Writer, sources []sourceInfo) error {
	return report.EncodeJSON(w, struct {
		Sources []sourceInfo `json:"sources"`
	}{sources})
}

func infoText(w io.Writer, sources []sourceInfo) error {
	var b strings.Builder
	for i, s := range sources {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", visible(s.Path))
		line := func(name, format string, args ...any) {
			fmt.Fprintf(&b, "  %-10s %s\n", name, visible(fmt.Sprintf(format, args...)))
		}
		line("kind", "%s", s.Kind)
		line("size", "%d bytes", s.Size)
		line("sha256", "%s", s.SHA256)
		if !s.Window.From.IsZero() || !s.Window.To.IsZero() {
			line("window", "%s to %s", s.Window.From, s.Window.To)
		}
		if s.Clock.Zone != "" || s.Clock.Basis != "" {
			line("clock", "%s", strings.TrimSpace(s.Clock.Zone+" "+s.Clock.Basis))
		}
		line("decoded", "%d, not understood %d", s.Decoded, s.Undecoded)
		line("lost", "%d events, %d buffers%s", s.LostEvents, s.LostBuffers, flagWords(s.Source))
		for _, name := range slices.Sorted(maps.Keys(s.Facts)) {
			line("fact", "%s: %s", name, s.Facts[name])
		}
		if s.traceInfo != nil {
			s.text(line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func flagWords(s report.Source) string {
	var out string
	if s.Wrapped {
		out += ", wrapped"
	}
	if s.Truncated {
		out += ", truncated"
	}
	return out
}
