package compare

import (
	"fmt"
	"io"
	"strings"

	"portverdict/report"
)

// WriteMarkdown writes what one pastes into a ticket; it reads well unrendered too.
func (c *Comparison) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("## %s\n", report.MarkdownText(resultText(c.Verdict)+": "+c.heading))
	if c.synthetic() {
		line("*%s*\n", syntheticLine)
	}
	line("%s\n", report.MarkdownText(c.Summary))
	table := func(title, what string, rows []row) {
		if len(rows) == 0 {
			return
		}
		if title != "" {
			line("**%s**\n", title)
		}
		line("| %s | Before | After |\n|---|---|---|", what)
		shown := rows
		if len(rows) > perList+1 && title != "" {
			shown = rows[:perList]
		}
		for _, r := range shown {
			line("| %s | %s | %s |", report.MarkdownText(r.Name), report.MarkdownText(r.Before), report.MarkdownText(r.After))
		}
		if n := len(rows) - len(shown); n > 0 {
			line("\n%s more in the JSON form", report.Grouped(n))
		}
		line("")
	}
	table("", "", c.glance())
	line("**Why**\n")
	for _, s := range c.Reasons {
		line("- %s", report.MarkdownText(s))
	}
	line("")
	table("Held ports", "Process", c.holderRows())
	table("Refused", "Process", c.victimRows())
	table("Other failures", "Status", c.failureRows())
	table("Findings", "Finding", c.findingRows())
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}
