package report

import (
	"fmt"
	"slices"
	"strings"
)

// Findings, one line each, and the rows of evidence behind them.

type findingView struct {
	Open                       bool
	Anchor, Class, Tag         string
	Title, Amount, Unit, Time  string
	Text, Where, Hand, Explain string
	Command                    string
	Evidence                   *evidenceView
}

// evidenceView is a table of rows: one line each, the first ones and the last.
type evidenceView struct {
	Note, Gap string
	Cols      []col
	Rows      []evidenceRow
}

type evidenceRow struct {
	Anchor, Place, Fields string
	Cells                 []cell
	Gap                   string // what is left out before this row
}

// tagOf is how a severity looks. What speaks against exhaustion has a tick, except
// where the ports were fine and something else failed.
func tagOf(severity string, c Cause) (class, text string) {
	switch {
	case severity == "critical":
		return "cb", "● critical"
	case severity == "warning":
		return "cw", "▲ warning"
	case severity == "counter" && c == CauseNotPorts:
		return "m", "○ info"
	case severity == "counter":
		return "co", "✓ fine"
	}
	return "m", "○ info"
}

// findingTitle is the title of a finding as a list has it.
func findingTitle(f *Finding) string { return f.Title }

// anchorOf is the id under which a finding of the page can be reached, "" for none.
func (p *page) anchorOf(f *Finding) string {
	if id := anchor("f-" + f.ID); p.anchors[id] {
		return id
	}
	return ""
}

func (p *page) finding(f *Finding, open bool) findingView {
	v := findingView{
		Open: open, Anchor: p.claim("f-" + f.ID), Title: p.cut(findingTitle(f)), Amount: Grouped(f.Count), Unit: p.cut(unitOf(f)),
		Text: p.cut(f.Text), Hand: p.cut(f.CheckByHand), Explain: p.cut(f.ID), Time: p.span(f.First, f.Last),
	}
	v.Class, v.Tag = tagOf(f.Severity, p.report.Verdict.Cause)
	v.Where = p.findingWhere(f)
	v.Evidence = p.evidence(f)
	if v.Evidence != nil {
		v.Command = evidenceCommand(p.report, f, p.rows)
	}
	return v
}

// unitOf is the unit of a finding's count, in the singular for one.
func unitOf(f *Finding) string {
	if f.Count == 1 {
		return strings.TrimSuffix(f.Unit, "s")
	}
	return f.Unit
}

// span words a span in a column whose head says UTC: without the day where that is the
// day of the whole page.
func (p *page) span(from, to Time) string {
	day := func(t Time) string {
		if dayText(t) == p.day() {
			return ""
		}
		return t.UTC().Format("2 Jan 2006 ")
	}
	switch {
	case from.IsZero():
		return ""
	case to.IsZero() || to.Equal(from.Time):
		return day(from) + clockText(from)
	case dayText(from) == dayText(to):
		return day(from) + clockText(from) + " – " + clockText(to)
	}
	return from.UTC().Format("2 Jan 15:04") + " – " + to.UTC().Format("2 Jan 2006 15:04")
}

// day is the one that the page's heading names.
func (p *page) day() string {
	if s, _ := outer(p.report.Verdict.mainEpisodes()); !s.From.IsZero() {
		return dayText(s.From)
	}
	return dayText(covered(p.report).From)
}

// findingWhere says which pool a finding is of and what it rests on.
func (p *page) findingWhere(f *Finding) string {
	var out []string
	if name := poolName(f.Transport, ""); name != "" {
		out = append(out, name)
	}
	if len(f.RestsOn) > 0 {
		out = append(out, "from "+joined(f.RestsOn, p.limits.list))
	}
	return p.cut(strings.Join(out, ", "))
}

// joined gives at most n of some texts, and how many more there are.
func joined(all []string, n int) string {
	if m := more(len(all), min(len(all), n)); m != "" {
		return strings.Join(all[:n], ", ") + ", " + m
	}
	return strings.Join(all, ", ")
}

// evidence shows the first rows of a finding and the last one.
func (p *page) evidence(f *Finding) *evidenceView {
	var rows []*Evidence
	for _, id := range f.Evidence {
		if e := p.rows[id]; e != nil {
			rows = append(rows, e)
		}
	}
	return p.evidenceOf(rows, f.Transport, max(f.Count, len(rows)), f.Unit)
}

// evidenceOf makes the table of some rows, of which there are so many in all.
func (p *page) evidenceOf(rows []*Evidence, transport string, total int, unit string) *evidenceView {
	if len(rows) == 0 {
		return nil
	}
	shown := rows
	if len(rows) > p.limits.rows {
		shown = append(slices.Clone(rows[:max(p.limits.rows-1, 1)]), rows[len(rows)-1])
	}
	v := &evidenceView{}
	left := len(rows) - len(shown)
	switch {
	case left > 0:
		v.Note = fmt.Sprintf("The first %d and the last of %s rows in verdict.json. Open a place for its fields.", len(shown)-1, Grouped(len(rows)))
	case total > len(rows) && unit != "" && len(rows) > 1 && rowsAre(unit):
		v.Note = fmt.Sprintf("%s of %s %s. Open a place for its fields.", Grouped(len(rows)), Grouped(total), p.cut(unit))
	case len(rows) > 1:
		v.Note = "Open a place for its fields."
	}
	cols := columnsFor(shown)
	v.Cols = cols.heads
	for i, e := range shown {
		r := evidenceRow{Anchor: p.claim(e.ID), Place: p.cut(e.Where()), Fields: p.fields(e)}
		for _, c := range cols.cells {
			r.Cells = append(r.Cells, p.cutCell(c(e, transport)))
		}
		if left > 0 && i == len(shown)-1 {
			r.Gap = Counted(left, "row more is", "rows more are") + " in verdict.json"
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

// rowsAre is whether a unit counts what one row of evidence each stands for.
func rowsAre(unit string) bool {
	return slices.Contains([]string{"attempts", "records", "binds", "events", "drivers"}, unit)
}

func (p *page) cutCell(c cell) cell {
	c.Text, c.Note = cut(c.Text, min(p.limits.cut, 160)), cut(c.Note, min(p.limits.cut, 160))
	return c
}

// fields is all that a row says beside its columns.
func (p *page) fields(e *Evidence) string {
	parts := slices.DeleteFunc([]string{e.ID, e.Text, fieldsText(e.Fields)}, func(s string) bool { return s == "" })
	return p.cut(strings.Join(parts, " · "))
}

// others are the rows that the verdict names and no finding on the page shows.
func (p *page) others(v *Verdict) {
	var ids []string
	for _, q := range v.Pools {
		ids = append(ids, q.RangeSource, q.UsedSource)
	}
	for _, h := range v.Holders {
		ids = append(ids, h.Evidence...)
	}
	for _, s := range v.NextSteps {
		ids = append(ids, s.Why)
	}
	var rows []*Evidence
	seen := map[string]bool{}
	for _, id := range ids {
		if e := p.rows[id]; e != nil && !seen[id] && !p.anchors[anchor(id)] {
			seen[id] = true
			rows = append(rows, e)
		}
	}
	p.OtherCount = Counted(len(rows), "row", "rows")
	n := len(rows)
	rows = rows[:min(n, p.limits.others)]
	limit := p.limits.rows
	p.limits.rows = len(rows)
	p.Others = p.evidenceOf(rows, "", n, "")
	p.limits.rows = limit
	if p.Others != nil {
		p.Others.Note = more(n, len(rows))
	}
}
