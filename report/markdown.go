package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteMarkdown writes what one pastes into a ticket.
func WriteMarkdown(w io.Writer, r *Report) error {
	m := &markdown{}
	f := filled(r)
	m.head(f)
	m.pools(f)
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
	word := faceOf(v.Outcome, v.Cause).word
	if v.Outcome == Inconclusive {
		m.line("**%s**. %s", word, md(v.Summary))
	} else {
		m.line("**%s** (%s). %s", word, md(string(v.Confidence)), md(v.Summary))
	}
	m.line("")
	hosts := list(r.Bundle.Hosts)
	for _, host := range append([]string{r.Bundle.Host}, v.machines()...) {
		if host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	for _, host := range hosts[:min(len(hosts), maxMarkdownRows)] {
		m.line("- Host: %s", md(host))
	}
	m.more(len(hosts))
	for i := range r.Diagnostics {
		if d := &r.Diagnostics[i]; d.Code == redactedCode {
			m.line("- Redacted: %s, %s", md(d.Sentence()), Counted(d.Count, "place", "places"))
		}
	}
	main := v.mainPool()
	for _, p := range v.ordered()[:min(len(v.Pools), maxMarkdownRows)] {
		if p.Capacity > 0 && (p == main || p.troubled()) {
			m.line("- %s: %s (%s)", m.pool(v, p.Host, poolName(p.Transport, p.Family)), md(equation(v.terms(p), p.Capacity)), md(v.balanceSource(p, byID(r))))
		}
	}
	for _, s := range v.Reasons[:min(len(v.Reasons), maxMarkdownRows)] {
		m.line("- Why: %s", md(s))
	}
	m.line("")
}

// pool is the name of a pool, with its machine where there are several.
func (m *markdown) pool(v *Verdict, host, name string) string {
	if host != "" && len(v.machines()) > 1 {
		name = host + " " + name
	}
	return md(name)
}

// pools tells every pool for itself, and the episodes of all.
func (m *markdown) pools(r *Report) {
	v := &r.Verdict
	rows := byID(r)
	if len(v.Pools) > 0 {
		m.line("| Pool | Outcome | Most in use | Cause | Range |")
		m.line("|---|---|---|---|---|")
		pools := v.ordered()
		for _, p := range pools[:min(len(pools), maxMarkdownRows)] {
			outcome := strings.ToLower(outcomeWord(p.Outcome))
			if p.Outcome != Inconclusive {
				outcome += " (" + string(p.Confidence) + ")"
			}
			facts := poolFacts(p)
			m.line("| %s | %s | %s | %s | %s |", m.pool(v, p.Host, poolName(p.Transport, p.Family)), md(outcome), md(facts[0]), md(strings.Join(facts[1:], ", ")),
				md(fmt.Sprintf("%d-%d, %s", p.Start, lastPort(p), excludedText(p)+rangeOrigin(p, rows))))
		}
		m.line("")
		m.more(len(v.Pools))
	}
	for i := range v.Windows[:min(len(v.Windows), maxMarkdownRows)] {
		w := &v.Windows[i]
		m.line("- Episode: %s, %s, %s", m.pool(v, w.Host, transportName(w.Transport)), Period(w.From, w.To), strings.Join(episodeFacts(w), ", "))
	}
	m.more(len(v.Windows))
	if len(v.Windows) > 0 {
		m.line("")
	}
}

func (m *markdown) more(n int) {
	if s := more(n, maxMarkdownRows); s != "" {
		m.line("- %s", s)
	}
}

func (m *markdown) processes(r *Report) {
	v := &r.Verdict
	if holders := v.mainHolders(); len(holders) > 0 {
		m.line("| %s | PID | Ports | Share | Seen |", holdersLabel(holders[0]))
		m.line("|---|---:|---:|---:|---|")
		for _, h := range holders[:min(len(holders), maxMarkdownRows)] {
			m.line("| %s | %s | %s | %s | %s |", md(strings.Join(append([]string{h.who()}, h.Services...), " ")), pidOf(h), Grouped(h.Ports), Percent(h.Share), md(basisText(h.Basis)))
		}
		m.line("")
		m.more(len(holders))
	}
	if len(v.Victims) > 0 {
		m.line("| Refused | PID | Pool | Attempts | First (UTC) | Last (UTC) |")
		m.line("|---|---:|---|---:|---|---|")
		for i := range v.Victims[:min(len(v.Victims), maxMarkdownRows)] {
			p := &v.Victims[i]
			m.line("| %s | %s | %s | %s | %s | %s |", md(strings.Join(append([]string{processName(p.Image, p.PID, p.ProcessKey)}, p.Services...), " ")),
				pidText(p.PID), m.pool(v, p.Host, transportName(p.Transport)), Grouped(p.Failures), Moment(p.First), Moment(p.Last))
		}
		m.line("")
		m.more(len(v.Victims))
	}
	if len(v.OtherFailures) > 0 {
		m.line("| Not ports | Attempts | By |")
		m.line("|---|---:|---|")
		for i := range v.OtherFailures[:min(len(v.OtherFailures), maxMarkdownRows)] {
			f := &v.OtherFailures[i]
			m.line("| %s | %s | %s |", md(failureText(f)), Grouped(f.Count), md(failedBy(f, 5)))
		}
		m.line("")
		m.more(len(v.OtherFailures))
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
		m.line("- %s: %s, %s%s", md(f.Severity), md(f.Title), md(strings.TrimSpace(Grouped(f.Count)+" "+f.Unit)), where)
	}
	m.more(len(r.Findings))
	m.line("")
}

func (m *markdown) advice(r *Report) {
	v := &r.Verdict
	if len(v.NextSteps) > 0 {
		m.line("**Do next**")
		m.line("")
		for i, s := range v.NextSteps[:min(len(v.NextSteps), maxMarkdownRows)] {
			m.line("%d. %s", i+1, md(s.Text))
			m.command(&s)
		}
		m.more(len(v.NextSteps))
		m.line("")
	}
	if len(v.Missing) > 0 {
		m.line("**Not in this bundle**")
		m.line("")
		for _, s := range v.Missing[:min(len(v.Missing), maxMarkdownRows)] {
			m.line("%s", strings.TrimSpace(fmt.Sprintf("- %s: %s. %s", md(s.Input), md(s.Cost), md(s.How))))
		}
		m.more(len(v.Missing))
		m.line("")
	}
}

// command writes the command of a step as a block of its own, in which nothing is
// escaped, so that it can be copied as it is.
func (m *markdown) command(s *NextStep) {
	command := wholeCommand(s.Command)
	if command == "" {
		return
	}
	where := runsOn(s)
	if where != "" {
		where = "Run " + where + ":"
	}
	if strings.Contains(command, "<") { // some readers take it for markup even here
		m.line("   %s %s", where, md(command))
		return
	}
	m.line("   %s", where)
	m.line("")
	m.line("       %s", command)
	m.line("")
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
