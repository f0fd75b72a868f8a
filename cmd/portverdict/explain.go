package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

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
	fmt.Fprintf(&b, "%s\n%s (%s)\n\n%s\n", e.ID, e.Title, e.Severity, fold(e.Text, 80))
	for _, part := range []struct{ name, text string }{{"Needs", e.Needs}, {"Threshold", e.Threshold}, {"Check by hand", e.Check}} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n%s\n%s\n", part.name, fold(part.text, 80))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fold breaks a text into lines of at most width, indented by two.
func fold(text string, width int) string {
	var lines []string
	line := " "
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width && strings.TrimSpace(line) != "" {
			lines = append(lines, line)
			line = " "
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}
