package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/wish"
	"portverdict/report"
	"portverdict/report/compare"
)

func newCompare() *cobra.Command {
	var flags settingFlags
	cmd := &cobra.Command{
		Use:   "compare BEFORE AFTER",
		Short: "Say what changed between two bundles and whether a fix worked",
		Long: `Judges BEFORE and AFTER, each a file, folder or archive, or a verdict.json
that analyze -o wrote, and prints what changed: fixed, better, same, worse or
unclear, with the reasons. Fixed is said only if AFTER is later, could have shown
exhaustion, watched the ports for as long as they took to run out before, and
shows nothing that still uses them up. Exits 0 when both could be judged,
whatever came out.`,
		Example: `  portverdict compare monday.zip friday.zip
  portverdict compare verdict.json friday.zip -o change.html`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("give BEFORE and AFTER: each a file, folder, archive or verdict.json")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkComparison(&flags, cmd.Flags()); err != nil {
				return err
			}
			flags.streams(cmd)
			before, err := flags.side(cmd, "before", args[0])
			if err != nil {
				return err
			}
			after, err := flags.side(cmd, "after", args[1])
			if err == nil {
				flags.redactBoth(cmd.ErrOrStderr(), before, after)
				err = flags.writeComparison(cmd.Context(), cmd.OutOrStdout(), compare.Compare(before.Report, after.Report))
			}
			if err == nil {
				err = flags.tellFaults(cmd.ErrOrStderr(), slices.Concat(before.Faults, after.Faults))
			}
			return err
		},
	}
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.outputFlags(all)
	flags.jobsFlag(all)
	flags.progressFlag(all)
	flags.verboseFlag(all)
	flags.analysisFlags(all)
	flags.redactFlags(all)
	for _, name := range []string{"output", "format", "color", "quiet", "force", "open", "now", "jobs", "progress", "verbose", "tz", "range", "redact", "redact-key"} {
		cmd.Flags().AddFlag(all.Lookup(name))
	}
	cmd.Flags().Lookup("output").Usage = "write the comparison to `FILE` too; repeatable; the extension gives the format\n(.html .json .md .txt); - is stdout in --format, even with -q"
	cmd.Flags().Lookup("format").Usage = "what goes to stdout: text, json, md or html"
	return cmd
}

// checkComparison refuses the formats a comparison does not have, then checks
// what every command checks.
func checkComparison(flags *settingFlags, fs *pflag.FlagSet) error {
	if !slices.Contains([]string{"text", "json", "md", "html"}, flags.format) {
		return usage("--format %q: give text, json, md or html", flags.format)
	}
	for _, name := range flags.outputs {
		if name != "-" && !slices.Contains([]string{"txt", "json", "md", "html"}, extension(name)) {
			return usage("-o %s: the extension gives the format; known are .html .json .md .txt", name)
		}
	}
	return flags.check(fs)
}

// side gives the report of one argument: that of a verdict.json as it stands,
// of anything else the judgement of now.
func (s *settings) side(cmd *cobra.Command, which, path string) (*analysis.Result, error) {
	r, err := s.saved(path)
	if r != nil || err != nil {
		return &analysis.Result{Report: r}, err
	}
	line := s.startProgress(cmd.ErrOrStderr())
	defer line.stop()
	b, err := open(cmd.Context(), []string{path}, s)
	if err != nil {
		return nil, err
	}
	s.learn(cmd.Context(), b.Inputs)
	j, err := s.judge(cmd.Context(), b, nil)
	line.stop()
	if j != nil {
		s.tellLeft(cmd.ErrOrStderr(), j.Left)
	}
	if j != nil && !s.quiet {
		diags := s.redactedNotes(j.Report)
		for i := range diags {
			diags[i].Source = which + ": " + diags[i].Source
		}
		warn(cmd.ErrOrStderr(), diags)
	}
	if err != nil {
		return nil, &exitError{codeOf(err), fmt.Sprintf("%s: %v", which, err)}
	}
	for i := range j.Faults {
		j.Faults[i].Source = which + ": " + j.Faults[i].Source
	}
	return j, nil
}

// saved reads a verdict.json; nil without an error is anything else.
func (s *settings) saved(path string) (*report.Report, error) {
	switch is, err := wish.IsVerdict(path); {
	case err != nil:
		return nil, failed("%v", err)
	case !is:
		return nil, nil
	}
	for _, name := range s.outputs {
		if name != "-" && sameFile(name, path) {
			return nil, usage("%s: the output would overwrite this input", path)
		}
	}
	return readVerdict(path)
}

// writeComparison gives the comparison to the files and to stdout.
func (s *settings) writeComparison(ctx context.Context, stdout io.Writer, c *compare.Comparison) error {
	show := !s.quiet || s.format != "text"
	for _, name := range s.outputs {
		if name == "-" {
			show = true
			continue
		}
		err := writeFile(ctx, name, func(w io.Writer, _ *report.Report) error {
			return formatComparison(w, c, extension(name), report.TextOptions{})
		}, nil)
		if err != nil {
			return failed("cannot write %s: %v", name, cause(err))
		}
		s.tellWritten(name)
	}
	s.openPage(ctx, s.stderr)
	if !show {
		return nil
	}
	b := bufio.NewWriter(stdout)
	err := formatComparison(b, c, s.format, report.TextOptions{Color: useColor(s.color, stdout), Width: width(stdout)})
	if err == nil && s.format == "text" && !s.now.IsZero() {
		_, err = fmt.Fprintf(b, "Made at %s\n", s.now.UTC().Format(time.RFC3339Nano))
	}
	return written(errors.Join(err, b.Flush()))
}

func formatComparison(w io.Writer, c *compare.Comparison, format string, o report.TextOptions) error {
	switch format {
	case "json":
		return c.WriteJSON(w)
	case "md":
		return c.WriteMarkdown(w)
	case "html":
		return c.WriteHTML(w)
	}
	return c.WriteText(w, o)
}
