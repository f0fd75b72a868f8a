package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// WriteCSV writes the evidence, one row each under a header.
func WriteCSV(w io.Writer, r *Report) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"id", "kind", "source", "offset", "record", "line", "time", "time_precision", "pid", "image", "text", "fields"}); err != nil {
		return err
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		row := []string{
			Cell(e.ID), Cell(e.Kind), Cell(e.Source), strconv.FormatInt(e.Offset, 10), strconv.FormatInt(e.Record, 10), strconv.Itoa(e.Line),
			e.Time.String(), Cell(e.TimePrecision), strconv.Itoa(e.PID), Cell(e.Image), Cell(e.Text), Cell(fieldsText(e.Fields)),
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Cell is a text as a cell of CSV: with nothing in it that acts, and none that a
// spreadsheet takes for a formula.
func Cell(s string) string {
	s = Visible(s)
	if s != "" && strings.ContainsRune("=+-@'", rune(s[0])) {
		return "'" + s
	}
	return s
}

// fieldsText writes fields as name=value, by name.
func fieldsText(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, "; ")
}

// WriteMarkdown writes what one pastes into a ticket.
func WriteMarkdown(w io.Writer, r *Report) error {
	m := &markdown{}
	f := filled(r)
	m.head(f)
	m.processes(f)
	m.findings(f)
	m.advice(f)
	m.sources(f)
	_, err := io.WriteString(w, m.b.String())
	return err
}

type markdown struct{ b strings.Builder }

func (m *markdown) line(format string, a ...any) { fmt.Fprintf(&m.b, format+"\n", a...) }

// md makes a text harmless in Markdown: no markup, link, mention or table cell
// can come out of a name.
func md(s string) string {
	s = cut(s, markdownCut)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
			continue
		case r == '&':
			b.WriteString("&amp;")
			continue
		case strings.ContainsRune("\\`*_{}[]#|!~@>", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return strings.ReplaceAll(b.String(), "://", ":\\//")
}

func (m *markdown) head(r *Report) {
	v := &r.Verdict
	m.line("## %s", md(heading(v)))
	m.line("")
	if synthetic(r) {
		m.line("*%s*", syntheticLine)
		m.line("")
	}
	m.line("**%s** (%s). %s", faceOf(v.Outcome).word, md(string(v.Confidence)), md(v.Summary))
	m.line("")
	if r.Bundle.Host != "" {
		m.line("- Host: %s", md(r.Bundle.Host))
	}
	for i := range r.Diagnostics {
		if d := &r.Diagnostics[i]; d.Code == redactedCode {
			m.line("- Redacted: %s, %s", md(d.Text), Counted(d.Count, "place", "places"))
		}
	}
	for _, w := range v.Windows[:min(len(v.Windows), maxMarkdownRows)] {
		m.line("- Window: %s, %s, %s", spanText(Span{w.From, w.To}), md(strings.ToUpper(w.Transport)), Counted(w.Failures, "refused attempt", "refused attempts"))
	}
	m.more(len(v.Windows))
	rows := byID(r)
	for i := range v.Pools[:min(len(v.Pools), maxMarkdownRows)] {
		p := &v.Pools[i]
		used := ""
		if p.UsedSource != "" {
			used = fmt.Sprintf(", %s used at most", Grouped(p.Used))
		}
		m.line("- Pool: %s %d-%d, %s, %s%s", md(strings.ToUpper(p.Transport)), p.Start, lastPort(p), Counted(p.Capacity, "port", "ports"), md(rangeOrigin(p, rows)), used)
	}
	for _, s := range v.Reasons[:min(len(v.Reasons), maxMarkdownRows)] {
		m.line("- Why: %s", md(s))
	}
	m.line("")
}

func (m *markdown) more(n int) {
	if n > maxMarkdownRows {
		m.line("- %s more, see verdict.json", Grouped(n-maxMarkdownRows))
	}
}

func (m *markdown) processes(r *Report) {
	v := &r.Verdict
	if len(v.Holders) > 0 {
		m.line("| Holder | PID | Ports | Share | Seen |")
		m.line("|---|---:|---:|---:|---|")
		for i := range v.Holders[:min(len(v.Holders), maxMarkdownRows)] {
			h := &v.Holders[i]
			m.line("| %s | %s | %s | %s | %s |", md(strings.Join(append([]string{processName(h.Image, h.PID, h.ProcessKey)}, h.Services...), " ")), pidText(h.PID), Grouped(h.Ports), percent(h.Share), md(basisText(h.Basis)))
		}
		m.line("")
		m.more(len(v.Holders))
	}
	if len(v.Victims) > 0 {
		m.line("| Hurt | PID | Refused | First (UTC) | Last (UTC) |")
		m.line("|---|---:|---:|---|---|")
		for _, p := range v.Victims[:min(len(v.Victims), maxMarkdownRows)] {
			m.line("| %s | %s | %s | %s | %s |", md(strings.Join(append([]string{processName(p.Image, p.PID, "")}, p.Services...), " ")), pidText(p.PID), Grouped(p.Failures), clockText(p.First), clockText(p.Last))
		}
		m.line("")
		m.more(len(v.Victims))
	}
}

func (m *markdown) findings(r *Report) {
	if len(r.Findings) == 0 {
		return
	}
	m.line("**Findings**")
	m.line("")
	rows := byID(r)
	for _, f := range r.Findings[:min(len(r.Findings), maxMarkdownRows)] {
		where := ""
		for _, id := range f.Evidence {
			if e := rows[id]; e != nil {
				where = " (first: " + md(place(e)) + ")"
				break
			}
		}
		m.line("- %s: %s, %s%s", md(f.Severity), md(f.Title), Grouped(f.Count), where)
	}
	m.more(len(r.Findings))
	m.line("")
}

func (m *markdown) advice(r *Report) {
	v := &r.Verdict
	if len(v.NextSteps) > 0 {
		m.line("**Next**")
		m.line("")
		for i, s := range v.NextSteps[:min(len(v.NextSteps), maxMarkdownRows)] {
			m.line("%d. %s", i+1, md(s.Text))
		}
		m.more(len(v.NextSteps))
		m.line("")
	}
	if len(v.Missing) > 0 {
		m.line("**Not in this bundle**")
		m.line("")
		for _, s := range v.Missing[:min(len(v.Missing), maxMarkdownRows)] {
			m.line("- %s: %s. %s", md(s.Input), md(s.Cost), md(s.How))
		}
		m.more(len(v.Missing))
		m.line("")
	}
}

func (m *markdown) sources(r *Report) {
	if len(r.Sources) > 0 {
		m.line("| Input | Kind | Size | SHA-256 |")
		m.line("|---|---|---:|---|")
		for _, s := range r.Sources[:min(len(r.Sources), maxMarkdownRows)] {
			m.line("| %s | %s | %s | %s |", md(s.Path), md(s.Kind), grouped64(s.Size), md(s.SHA256))
		}
		m.line("")
		m.more(len(r.Sources))
	}
	m.line("%s %s, schema %d, bundle %s", md(r.Tool.Name), md(r.Tool.Version), r.SchemaVersion, md(r.Bundle.ID))
}
