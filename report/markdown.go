package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteMarkdown writes what one pastes into a ticket; it reads well unrendered too.
func WriteMarkdown(w io.Writer, r *Report) error {
	m := &markdown{}
	f := filled(r)
	m.head(f)
	m.balance(f)
	m.steps(&f.Verdict)
	m.refused(&f.Verdict)
	m.failures(&f.Verdict)
	m.episodes(&f.Verdict)
	m.why(f)
	m.findings(f)
	m.missing(&f.Verdict)
	m.sources(f)
	_, err := io.WriteString(w, m.b.String())
	return err
}

type markdown struct{ b strings.Builder }

func (m *markdown) line(format string, a ...any) { fmt.Fprintf(&m.b, format+"\n", a...) }

func (m *markdown) title(s string) { m.line("**%s**\n", s) }

// MarkdownText makes a text harmless in Markdown: no markup, link, mention or table cell
// can come out of a name.
func MarkdownText(s string) string {
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

func md(s string) string { return MarkdownText(s) }

// table writes a table whose cells are harmless already; an align is l or r.
func (m *markdown) table(aligns string, heads []string, rows [][]string) {
	m.line("| %s |", strings.Join(heads, " | "))
	var rule strings.Builder
	for _, a := range aligns {
		rule.WriteString(map[rune]string{'l': "|---", 'r': "|---:"}[a])
	}
	m.line("%s|", rule.String())
	for _, row := range rows {
		m.line("| %s |", strings.Join(row, " | "))
	}
	m.line("")
}

// sentence sets some pieces: bold where they are.
func (m *markdown) sentence(all []piece) string {
	var b strings.Builder
	for _, p := range all {
		if p.Bold {
			b.WriteString("**" + md(p.Text) + "**")
			continue
		}
		b.WriteString(md(p.Text))
	}
	return b.String()
}

func (m *markdown) head(r *Report) {
	v := &r.Verdict
	m.line("## %s\n", md(heading(v)))
	if synthetic(r) {
		m.line("*%s*\n", syntheticLine)
	}
	lines := []string{m.sentence(when(r))}
	if s := m.sentence(who(v)); s != "" {
		lines = append(lines, s)
	}
	if word, clause, _ := sure(v); word != "" {
		lines = append(lines, strings.TrimSuffix("**"+md(word)+"**: "+md(clause), ": "))
	}
	if hosts := m.hosts(r); hosts != "" {
		lines = append(lines, hosts)
	}
	for i := range r.Diagnostics {
		if d := &r.Diagnostics[i]; d.Code == redactedCode {
			lines = append(lines, fmt.Sprintf("Redacted: %s, %s", md(d.Sentence()), Counted(d.Count, "place", "places")))
		}
	}
	m.line("%s\n", strings.Join(lines, "\n\n"))
}

// hosts names the machines of the inputs.
func (m *markdown) hosts(r *Report) string {
	all := list(r.Bundle.Hosts)
	for _, host := range append([]string{r.Bundle.Host}, r.Verdict.machines()...) {
		if host != "" && !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	var out []string
	for _, host := range all[:fit(len(all), maxMarkdownRows)] {
		out = append(out, "Host: "+md(host))
	}
	if s := more(len(all), len(out)); s != "" {
		out = append(out, s)
	}
	return strings.Join(out, "\n\n")
}

// pool is the name of a pool, with its machine where there are several.
func (m *markdown) pool(v *Verdict, host, name string) string {
	if len(v.machines()) > 1 {
		name = hostName(host) + " " + name
	}
	return md(name)
}

// balance writes the sum of the headline's pool as a table that adds up, of several pools
// a line each, and the other pools.
func (m *markdown) balance(r *Report) {
	v := &r.Verdict
	rows := byID(r)
	side := v.sideBySide()
	p := v.mainPool()
	if side == nil && p != nil && p.Capacity > 0 {
		m.line("**Where the %s %s were** (%s)\n", Grouped(p.Capacity), md(portsName(v)), md(v.balanceSource(p, rows)))
		var lines [][]string
		for _, t := range v.terms(p) {
			lines = append(lines, []string{Grouped(t.ports), md(t.name)})
		}
		lines = append(lines, []string{"**" + Grouped(p.Capacity) + "**", "**capacity**: " + md(fmt.Sprintf("%d-%d, %s", p.Start, lastPort(p), excludedText(p)+rangeOrigin(p, rows)))})
		m.table("rl", []string{"Ports", "Of"}, lines)
		if now := r.stuckNow(p); now != nil {
			m.line("%s: %s stuck while closing.\n", md(now.label), Counted(now.ports, "port", "ports"))
		}
	}
	all := v.ordered()
	if len(all) == 0 || len(all) == 1 && side == nil {
		return
	}
	var lines [][]string
	shown := fit(len(all), maxMarkdownRows)
	for _, q := range all[:shown] {
		outcome := strings.ToLower(outcomeWord(q.Outcome))
		if q.Outcome != Inconclusive {
			outcome += " (" + string(q.Confidence) + ")"
		}
		sum := equation(v.terms(q), q.Capacity)
		if q == p && side == nil {
			sum = inUse(q)
		}
		lines = append(lines, []string{m.pool(v, q.Host, poolName(q.Transport, q.Family)), md(outcome), md(strings.Join(poolFacts(q)[1:], ", ")), md(sum)})
	}
	m.table("llll", []string{"Pool", "Outcome", "Cause, forecast", "Where the ports were"}, lines)
	m.more(len(all), shown)
}

func (m *markdown) more(total, shown int) {
	if s := more(total, shown); s != "" {
		m.line("%s\n", s)
	}
}

func (m *markdown) steps(v *Verdict) {
	shown, last := fit(len(v.NextSteps), maxMarkdownRows), ""
	for i := range v.NextSteps[:shown] {
		s := &v.NextSteps[i]
		if t := stepTitle(v, s); t != last {
			m.title(t)
			last = t
		}
		text := md(s.Text)
		if s.Command != "" {
			text += " " + md(runsOn(s, v.Host))
		}
		m.line("%d. %s\n", i+1, strings.TrimSpace(text))
		m.command("   ", s.Command)
	}
	m.more(len(v.NextSteps), shown)
}

// command writes a command as a block of its own, in which nothing is escaped, so that it
// can be copied as it is.
func (m *markdown) command(indent, s string) {
	s = wholeCommand(s)
	switch {
	case s == "":
		return
	case strings.ContainsAny(s, "<`"): // some readers take it for markup even here
		m.line("%s%s\n", indent, md(s))
		return
	}
	m.line("%s```\n%s%s\n%s```\n", indent, indent, s, indent)
}

func (m *markdown) refused(v *Verdict) {
	if len(v.Victims) == 0 {
		return
	}
	shown := fit(len(v.Victims), maxMarkdownRows)
	var rows [][]string
	for i := range v.Victims[:shown] {
		w := &v.Victims[i]
		rows = append(rows, []string{
			md(strings.Join(append([]string{processName(w.Image, w.PID, w.ProcessKey)}, w.Services...), " ")), pidText(w.PID), m.pool(v, w.Host, transportName(w.Transport)),
			Grouped(w.Failures), clockText(w.First), clockText(w.Last),
		})
	}
	m.table("lrlrll", []string{"Refused", "PID", "Pool", "Attempts", "First (UTC)", "Last (UTC)"}, rows)
	m.more(len(v.Victims), shown)
}

func (m *markdown) failures(v *Verdict) {
	if len(v.OtherFailures) == 0 {
		return
	}
	shown := fit(len(v.OtherFailures), maxMarkdownRows)
	var rows [][]string
	for i := range v.OtherFailures[:shown] {
		f := &v.OtherFailures[i]
		rows = append(rows, []string{md(failureText(f)), Grouped(f.Count), md(failedBy(f, 5))})
	}
	m.table("lrl", []string{"Failed, but not for want of ports", "Attempts", "By"}, rows)
	m.more(len(v.OtherFailures), shown)
}

func (m *markdown) episodes(v *Verdict) {
	if len(v.Windows) < 2 && (len(v.Windows) == 0 || len(v.mainEpisodes()) == 1) {
		return
	}
	m.title("Episodes")
	shown := fit(len(v.Windows), maxMarkdownRows)
	for i := range v.Windows[:shown] {
		w := &v.Windows[i]
		m.line("%d. %s, %s, %s", i+1, m.pool(v, w.Host, transportName(w.Transport)), Period(w.From, w.To), strings.Join(episodeFacts(w), ", "))
	}
	m.line("")
	m.more(len(v.Windows), shown)
}

func (m *markdown) why(r *Report) {
	v := &r.Verdict
	_, _, rest := sure(v)
	title := "Why"
	if v.Outcome == Inconclusive {
		title = "What is known"
	}
	m.list(title, rest)
	var contrary []string
	for i := range r.Findings {
		if f := &r.Findings[i]; contradicts(f.ID) {
			contrary = append(contrary, f.Title)
		}
	}
	m.list("Contradictions", contrary)
}

func (m *markdown) list(title string, all []string) {
	if len(all) == 0 {
		return
	}
	m.title(title)
	shown := fit(len(all), maxMarkdownRows)
	for _, s := range all[:shown] {
		m.line("- %s", md(s))
	}
	m.line("")
	m.more(len(all), shown)
}

func (m *markdown) findings(r *Report) {
	if len(r.Findings) == 0 {
		return
	}
	m.title("Findings")
	rows := byID(r)
	shown := fit(len(r.Findings), maxMarkdownRows)
	for i := range r.Findings[:shown] {
		f := &r.Findings[i]
		_, tag := tagOf(f.Severity, r.Verdict.Cause)
		where := ""
		for _, id := range f.Evidence {
			if e := rows[id]; e != nil {
				where = ", first at " + md(e.Where())
				break
			}
		}
		m.line("- %s, %s: %s%s", tag, md(f.Title), md(strings.TrimSpace(Grouped(f.Count)+" "+unitOf(f))), where)
		if command := evidenceCommand(r, f, rows); command != "" {
			m.line("  `%s`", command)
		}
	}
	m.line("")
	m.more(len(r.Findings), shown)
}

func (m *markdown) missing(v *Verdict) {
	if len(v.Missing) == 0 {
		return
	}
	m.title("What is missing")
	shown := fit(len(v.Missing), maxMarkdownRows)
	var commands []string
	for i := range v.Missing[:shown] {
		s := &v.Missing[i]
		m.line("- %s: %s", md(s.Input), md(s.Cost))
		if c := v.askCommand(s); c != "" && !slices.Contains(commands, c) {
			commands = append(commands, c)
		}
	}
	m.line("")
	m.more(len(v.Missing), shown)
	for i, c := range commands {
		if i == 0 {
			m.line("To get it: %s\n", md(runsOn(&NextStep{Command: c, RunsOn: "customer"}, v.Host)))
		}
		m.command("", c)
	}
}

func (m *markdown) sources(r *Report) {
	if n := len(r.Sources); n > 0 {
		shown := fit(n, maxMarkdownRows)
		var rows [][]string
		for i := range r.Sources[:shown] {
			s := &r.Sources[i]
			rows = append(rows, []string{md(s.Path), md(kindText(s.Kind)), bytesText(max(s.Size, 0)), md(coverText(s.Window)), md(short(s.SHA256))})
		}
		m.table("llrll", []string{"Input", "Kind", "Size", "Covers (UTC)", "SHA-256"}, rows)
		m.more(n, shown)
	}
	m.line("%s %s, schema %d, bundle %s. Full hashes and all rows: verdict.json", md(r.Tool.Name), md(r.Tool.Version), r.SchemaVersion, md(short(r.Bundle.ID)))
}
