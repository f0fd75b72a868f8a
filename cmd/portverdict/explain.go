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
		Long: `Prints of a finding what it means, what it needs, from which threshold it is made and
how to check it by hand; of the code of a diagnostic what was wrong and what helps; of
the number of an event, a status or a Winsock error what it tells. Without an ID it
lists all of them.`,
		Example: `  portverdict explain bound-leak
  portverdict explain 4227
  portverdict explain 0xC0000209
  portverdict explain etl-buffer-header`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return written(list(cmd.OutOrStdout()))
			}
			if f := report.FindingByID(args[0]); f != nil {
				return written(explainFinding(cmd.OutOrStdout(), f))
			}
			if c := report.CodeByID(args[0]); c != nil {
				return written(explainCode(cmd.OutOrStdout(), c))
			}
			if n := verdict.NumberOf(args[0]); n != nil {
				return written(explainNumber(cmd.OutOrStdout(), n))
			}
			return usage("%q is no finding, no code of a diagnostic and no number that this program knows; portverdict explain lists them", args[0])
		},
	}
}

// list prints a line for each finding and each code.
func list(w io.Writer) error {
	var b strings.Builder
	for _, f := range report.FindingRows() {
		fmt.Fprintf(&b, "%-26s %s\n", f.ID, f.Title)
	}
	b.WriteString("\nNumbers\n")
	for _, n := range verdict.Numbers() {
		fmt.Fprintf(&b, "%-26s %s\n", n.Text, n.Name)
	}
	b.WriteString("\nDiagnostics\n")
	for _, c := range report.CodeRows() {
		fmt.Fprintf(&b, "%-26s %s\n", c.Code, c.One)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func explainFinding(w io.Writer, f *report.FindingRow) error {
	return writeParts(w, fmt.Sprintf("%s\n%s (%s)\n\n%s\n", f.ID, f.Title, f.Severity, fold(f.Text)),
		part{"Needs", f.Needs}, part{"Threshold", withThresholds(f.Threshold)}, part{"Check by hand", f.Check})
}

func explainCode(w io.Writer, c *report.CodeRow) error {
	return writeParts(w, fmt.Sprintf("%s\n\n%s\n", c.Code, fold(c.One)), part{"What helps", c.Do})
}

func explainNumber(w io.Writer, n *verdict.Number) error {
	return writeParts(w, fmt.Sprintf("%s\n%s\n\n%s\n", n.Text, n.Name, fold(strings.ToUpper(n.Means[:1])+n.Means[1:]+".")),
		part{"What to do", n.Next}, part{"Findings that rest on it", strings.Join(n.Findings, ", ")})
}

// withThresholds puts the numbers of the table in the place of their names in braces.
func withThresholds(text string) string {
	var pairs []string
	for _, t := range verdict.Thresholds() {
		pairs = append(pairs, "{"+t.Name+"}", t.Value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

type part struct{ name, text string }

// writeParts prints the head and those parts that say something.
func writeParts(w io.Writer, head string, parts ...part) error {
	var b strings.Builder
	b.WriteString(head)
	for _, p := range parts {
		if p.text != "" {
			fmt.Fprintf(&b, "\n%s\n%s\n", p.name, fold(p.text))
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
