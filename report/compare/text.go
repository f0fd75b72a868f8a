package compare

import (
	"fmt"
	"io"
	"strings"

	"portverdict/report"
)

// lines is the most lines one text takes.
const lines = 40

const (
	margin  = 2
	label   = 28 // columns up to the figures
	perList = 6  // rows of a list; the rest is counted
)

// WriteText writes the comparison for a terminal, without any character that
// could act on it, except colours when asked.
func (c *Comparison) WriteText(w io.Writer, o report.TextOptions) error {
	t := &screen{width: min(max(o.Width, 60), 120), color: o.Color}
	if o.Width <= 0 {
		t.width = 80
	}
	f := faceOf(c.Verdict)
	fmt.Fprintf(&t.b, "  %s   %s\n", t.paint("1;"+f.colour, f.sign+" "+f.word), report.Visible(c.heading))
	t.para(4, c.Summary)
	if c.synthetic() {
		fmt.Fprintf(&t.b, "    %s\n", t.paint("2", syntheticLine))
	}
	t.table("", c.glance())
	t.b.WriteByte('\n')
	t.b.WriteString("  " + t.paint("2", "Why") + "\n")
	for _, s := range c.Reasons {
		t.para(4, s)
	}
	t.table("Held ports", c.holderRows())
	t.table("Refused", c.victimRows())
	t.table("Other failures", c.failureRows())
	t.table("Findings", c.findingRows())
	_, err := io.WriteString(w, t.b.String())
	return err
}

type screen struct {
	b     strings.Builder
	width int
	color bool
}

func (t *screen) paint(code, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// para writes a text, wrapped, that far from the edge.
func (t *screen) para(indent int, s string) {
	for _, l := range report.Wrap(report.Visible(s), t.width-indent, lines) {
		t.b.WriteString(strings.Repeat(" ", indent) + l + "\n")
	}
}

// table writes rows as two columns, before and after; nothing without a row.
func (t *screen) table(title string, rows []row) {
	if len(rows) == 0 {
		return
	}
	half := (t.width - label - margin - 2) / 2
	t.b.WriteByte('\n')
	t.b.WriteString("  " + t.paint("2", report.Pad(title, label)+report.Pad("before", half+2)+"after") + "\n")
	for i, r := range rows {
		if i == perList && len(rows) > perList+1 && title != "" {
			fmt.Fprintf(&t.b, "  and %s more\n", report.Grouped(len(rows)-i))
			return
		}
		left, right := report.Wrap(report.Visible(r.Before), half, lines), report.Wrap(report.Visible(r.After), half, lines)
		name := report.Clip(report.Visible(r.Name), label-2)
		for n := range max(len(left), len(right)) {
			line := report.Pad(name, label) + report.Pad(nth(left, n), half+2) + nth(right, n)
			t.b.WriteString("  " + strings.TrimRight(line, " ") + "\n")
			name = ""
		}
	}
}

func nth(lines []string, n int) string {
	if n < len(lines) {
		return lines[n]
	}
	return ""
}
