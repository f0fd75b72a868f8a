package report

import (
	"fmt"
	"strings"
)

// The lower half of the page: chart, findings with their rows, inputs
// and what was wrong with them.

type findingView struct {
	Open                             bool
	Anchor, Class, Tag, Title, Count string
	Text, When, More, Hand, Explain  string
	Where                            string
	Rows                             []rowView
}

type rowView struct{ Anchor, Time, Process, Text, Fields, Place, Print string }

func (p *page) chart(r *Report) {
	c := newChart(r)
	if c == nil {
		return
	}
	view := &chartView{SVG: c.draw(r), Legend: c.legend()}
	n := newLevels(r, p.limits.numbers)
	view.Steps, view.Step = Counted(len(n.bins), "step", "steps"), Rough(stepOf(n.bins))
	view.Heads = append(view.Heads, "Open in the trace")
	for _, h := range n.shown {
		view.Heads = append(view.Heads, p.cut(named(h.Image, nil, h.PID, h.ProcessKey)))
	}
	view.Heads = append(view.Heads, "In use by tables", "Binds that got a port", "Refused", "4227", "4231", "4266")
	for i := range n.bins {
		b := &n.bins[i]
		row := numberRow{T: strings.TrimSuffix(Moment(b.T), " UTC"), N: []string{Grouped(b.OpenSockets)}}
		for at := range n.shown {
			row.N = append(row.N, Grouped(n.held[at][i]))
		}
		used := ""
		if b.UsedPorts != nil {
			used = Grouped(*b.UsedPorts)
		}
		row.N = append(row.N, used)
		for _, n := range []int{b.BindOK, b.Bind0x209, b.EVTX4227, b.EVTX4231, b.EVTX4266} {
			row.N = append(row.N, Grouped(n))
		}
		view.Rows = append(view.Rows, row)
	}
	if len(n.bins) < len(r.Timeline) {
		view.RowsMore = fmt.Sprintf("%s steps of the timeline are folded here; all are in verdict.json", Grouped(len(r.Timeline)))
	}
	p.Chart = view
}

// tagOf is how a severity looks. What speaks against exhaustion has a tick, except
// where the ports were fine and something else failed.
func tagOf(severity string, c Cause) (class, text string) {
	switch {
	case severity == "critical":
		return "crit", "● critical"
	case severity == "warning":
		return "warn", "▲ warning"
	case severity == "counter" && c == CauseNotPorts:
		return "info", "○ counter"
	case severity == "counter":
		return "cnt", "✓ counter"
	}
	return "info", "○ info"
}

func (p *page) findings(r *Report) {
	n := min(len(r.Findings), p.limits.findings)
	for i := range r.Findings[:n] {
		f := &r.Findings[i]
		view := findingView{
			Open: i == 0, Anchor: p.claim("f-" + f.ID), Title: p.cut(f.Title), Count: p.cut(strings.TrimSpace(Grouped(f.Count) + " " + f.Unit)), Text: p.cut(f.Text), Hand: p.cut(f.CheckByHand), Explain: p.cut(f.ID),
		}
		view.Class, view.Tag = tagOf(f.Severity, r.Verdict.Cause)
		if !f.First.IsZero() {
			view.When = Period(f.First, f.Last)
		}
		view.Where = p.findingWhere(f)
		p.evidence(&view, f)
		p.Findings = append(p.Findings, view)
	}
	p.FindingsMore = more(len(r.Findings), n)
}

// findingWhere says which machine and pool a finding is of and what it rests on.
func (p *page) findingWhere(f *Finding) string {
	var out []string
	if p.several && f.Host != "" {
		out = append(out, f.Host)
	}
	if name := poolName(f.Transport, ""); name != "" {
		out = append(out, name)
	}
	if len(f.RestsOn) > 0 {
		out = append(out, "from "+joined(f.RestsOn, p.limits.list))
	}
	return p.cut(strings.Join(out, " · "))
}

// evidence shows the first rows of a finding and the last one.
func (p *page) evidence(view *findingView, f *Finding) {
	ids := f.Evidence
	if len(ids) > p.limits.rows {
		ids = append(append([]string{}, ids[:max(p.limits.rows-1, 1)]...), ids[len(ids)-1])
	}
	for _, id := range ids {
		e := p.rows[id]
		if e == nil {
			continue
		}
		view.Rows = append(view.Rows, p.row(e))
	}
	if n := len(f.Evidence) - len(view.Rows); n > 0 {
		view.More = Grouped(n) + " more in verdict.json"
		if len(view.Rows) > 1 && len(ids) < len(f.Evidence) {
			view.More += fmt.Sprintf(" (shown: the first %d and the last)", len(view.Rows)-1)
		}
	}
}

func (p *page) row(e *Evidence) rowView {
	v := rowView{
		Anchor: p.claim(e.ID), Process: "–", Text: p.cut(e.Text), Fields: p.cut(fieldsText(e.Fields)), Place: p.cut(place(e)), Print: p.cut(printCommand(e)),
	}
	v.Time = exactText(e.Time, e.TimePrecision)
	if e.PID >= 0 || e.Image != "" {
		v.Process = p.cut(named(e.Image, nil, e.PID, ""))
	}
	return v
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
	total := 0
	seen := map[string]bool{}
	for _, id := range ids {
		e := p.rows[id]
		if e == nil || seen[id] || p.anchors[anchor(id)] {
			continue
		}
		seen[id] = true
		if total++; total <= p.limits.others {
			p.Others = append(p.Others, p.row(e))
		}
	}
	p.OtherCount, p.OthersMore = Grouped(total), more(total, len(p.Others))
}

// coverText is the time that an input speaks for.
func coverText(s Span) string {
	if s.From.IsZero() && s.To.IsZero() {
		return "no time in it"
	}
	return Period(s.From, s.To)
}

func (p *page) sources(r *Report) {
	n := min(len(r.Sources), p.limits.inputs)
	for i := range r.Sources[:n] {
		s := &r.Sources[i]
		row := sourceRow{
			Path: p.cut(s.Path), SHA256: p.cut(s.SHA256), Kind: p.cut(s.Kind), Size: bytesText(max(s.Size, 0)), Covers: coverText(s.Window),
			Decoded: Grouped(s.Decoded), Undecoded: Grouped(s.Undecoded), Lost: Grouped(s.LostEvents),
		}
		if s.LostBuffers > 0 {
			row.Lost += " and " + Counted(s.LostBuffers, "buffer", "buffers")
		}
		clock := []string{}
		for _, part := range []string{s.Clock.Zone, s.Clock.Basis} {
			if part != "" {
				clock = append(clock, part)
			}
		}
		if s.Clock.Offset != "" && s.Clock.Offset != "0s" {
			clock = append(clock, "offset "+s.Clock.Offset)
		}
		row.Clock = p.cut(strings.Join(clock, ", "))
		var notes []string
		if s.Wrapped {
			notes = append(notes, "wrapped: its beginning is overwritten")
		}
		if s.Truncated {
			notes = append(notes, "truncated: its end is missing")
		}
		if s.Facts["synthetic"] == "true" {
			notes = append(notes, syntheticLine)
		}
		row.Notes = strings.Join(notes, " · ")
		p.Sources = append(p.Sources, row)
	}
	p.SourcesMore = more(len(r.Sources), n)
}

func (p *page) diagnostics(r *Report) {
	n := min(len(r.Diagnostics), p.limits.inputs)
	for _, d := range r.Diagnostics[:n] {
		row := diagnosticRow{Source: p.cut(d.Source), Severity: p.cut(d.Severity), Text: p.cut(d.Sentence()), Code: p.cut(d.Code), Count: Grouped(max(d.Count, 1))}
		switch {
		case d.Line > 0:
			row.Where = fmt.Sprintf("line %d", d.Line)
		case d.Offset > 0 || d.Length > 0:
			row.Where = fmt.Sprintf("@0x%X", max(d.Offset, 0))
			if d.Length > 0 {
				row.Where += ", " + grouped64(d.Length) + " bytes"
			}
		}
		p.Diagnostics = append(p.Diagnostics, row)
	}
	p.DiagnosticsMore = more(len(r.Diagnostics), n)
}

// settings are what the verdict was made with, as far as it says.
func (p *page) settings(r *Report) {
	add := func(name, value string) { p.Settings = append(p.Settings, setting{name, p.cut(value)}) }
	window := "everything"
	if w := r.Bundle.Window; !w.From.IsZero() || !w.To.IsZero() {
		window = Period(w.From, w.To)
	}
	add("Analysed window", window)
	zone := r.Bundle.TimeZone
	if zone == "" {
		zone = "not known"
	}
	add("Zone of local times", zone)
	for _, d := range r.Diagnostics {
		if d.Code == redactedCode {
			add("Redacted", fmt.Sprintf("%s, %s", d.Sentence(), Counted(d.Count, "place", "places")))
		}
	}
	add("Thresholds", "see portverdict explain")
	add("Made by", p.Tool+", schema "+p.Schema)
}
