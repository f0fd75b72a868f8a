package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"portverdict/report"
)

// The scripts are kept with line feeds, as texts are; cmd.exe needs lines that end in CR LF.
var (
	//go:embed collect/collect.ps1
	collectPS string
	//go:embed collect/collect.cmd
	collectCmd string
)

// collectors are the scripts by their names.
func collectors() []namedText {
	return []namedText{
		{"collect.ps1", strings.ReplaceAll(collectPS, "\n", "\r\n")},
		{"collect.cmd", strings.ReplaceAll(collectCmd, "\n", "\r\n")},
	}
}

type namedText struct{ name, text string }

func newCollect() *cobra.Command {
	var dir string
	var force bool
	cmd := &cobra.Command{
		Use:   "collect -o DIR",
		Short: "Write the scripts that collect a bundle on a customer's machine",
		Long: `Writes two scripts to send to a customer: collect.ps1 for Windows PowerShell 3 and later
and PowerShell 7, and collect.cmd for older systems. Each gathers what a verdict rests on
(port tables, ranges, processes, drivers, event logs and, if the customer agrees, a trace)
into one zip, with a manifest of what was run, when, and how it ended. They change nothing
but for the trace, which they ask for first and whose size is bounded.
Their grammar is tested, and collect.cmd is run under Wine; neither was run on Windows.`,
		Example: `  portverdict collect -o scripts
  powershell -NoProfile -ExecutionPolicy Bypass -File collect.ps1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return usage("-o DIR says where to write the scripts")
			}
			if err := writeTexts(cmd.Context(), dir, collectors(), force); err != nil {
				return err
			}
			for _, s := range collectors() {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), filepath.Join(dir, s.name)); err != nil {
					return written(err)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "write the scripts to the folder `DIR`")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite scripts that exist")
	return cmd
}

// writeTexts writes texts to a folder, which is made.
func writeTexts(ctx context.Context, dir string, all []namedText, force bool) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return failed("cannot make %s: %v", dir, cause(err))
	}
	for _, t := range all {
		if err := writeText(ctx, filepath.Join(dir, t.name), t.text, force); err != nil {
			return err
		}
	}
	return nil
}

// writeText writes a text to a file that is not there yet, or with force to any.
func writeText(ctx context.Context, name, text string, force bool) error {
	if err := checkTarget("-o", name, force); err != nil {
		return err
	}
	to := func(w io.Writer, _ *report.Report) error {
		_, err := io.WriteString(w, text)
		return err
	}
	if err := writeFile(ctx, name, to, nil); err != nil {
		return failed("cannot write %s: %v", name, cause(err))
	}
	return nil
}
