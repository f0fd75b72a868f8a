package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"portverdict/report"
	"portverdict/report/verdict"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [ID]",
		Short: "What a finding means, what it rests on, its threshold, how to check it by hand",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			all := verdict.Explain()
			if len(args) == 0 {
				return written(list(cmd.OutOrStdout(), all))
			}
			for _, e := range all {
				if e.ID == args[0] {
					return written(explain(cmd.OutOrStdout(), e))
				}
			}
			return usage("%q is no finding; portverdict explain lists them", args[0])
		},
	}
}

func list(w io.Writer, all []verdict.Explanation) error {
	for _, e := range all {
		if _, err := fmt.Fprintf(w, "%-26s %s\n", e.ID, e.Title); err != nil {
			return err
		}
	}
	return nil
}

func explain(w io.Writer, e verdict.Explanation) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s (%s)\n\n%s\n", e.ID, e.Title, e.Severity, fold(e.Text))
	for _, part := range []struct{ name, text string }{{"Needs", e.Needs}, {"Threshold", e.Threshold}, {"Check by hand", e.Check}} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n%s\n%s\n", part.name, fold(part.text))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fold breaks a text into lines that fit a terminal, indented by two.
func fold(text string) string {
	const width, most = 78, 40
	return "  " + strings.Join(report.Wrap(text, width, most), "\n  ")
}
