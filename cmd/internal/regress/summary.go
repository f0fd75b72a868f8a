package regress

import (
	"fmt"
	"io"
	"strings"

	"portverdict/report"
)

// maxDiffsTold is how many differences of a case the summary has.
const maxDiffsTold = 5

// WriteSummary writes the results as Markdown: a count, and a table of the failed cases.
// root names the folder that was run.
func WriteSummary(w io.Writer, root string, results []Result) error {
	var failed []Result
	for _, r := range results {
		if len(r.Diffs) > 0 {
			failed = append(failed, r)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s: %s, %d failed\n\n", report.MarkdownText(root), report.Counted(len(results), "case", "cases"), len(failed))
	if len(failed) > 0 {
		b.WriteString("| Failed case | What differs |\n|---|---|\n")
	}
	for _, r := range failed {
		var diffs []string
		for _, d := range r.Diffs[:min(len(r.Diffs), maxDiffsTold)] {
			diffs = append(diffs, report.MarkdownText(strings.ReplaceAll(d, "\n", "; ")))
		}
		if n := len(r.Diffs) - len(diffs); n > 0 {
			diffs = append(diffs, report.Grouped(n)+" more")
		}
		fmt.Fprintf(&b, "| %s | %s |\n", report.MarkdownText(r.Name), strings.Join(diffs, "<br>"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
