package report

import (
	"fmt"
	"strings"
)

// The end of the page: the inputs, what was wrong with them, and the settings.

// kindText is the kind of an input in words.
func kindText(kind string) string {
	words := map[string]string{
		"etl": "trace", "evtx": "event log", "eventtext": "saved events", "netstat": "port table", "psnet": "port table, PowerShell", "counts": "counts",
		"sockets": "port table of a tool", "hosttext.range": "dynamic range", "hosttext.excluded": "excluded ranges", "hosttext.registry": "registry values",
		"hosttext.processes": "process list", "hosttext.handles": "handle counts", "hosttext.drivers": "driver list", "hosttext.collection": "manifest of a collection", "hosttext.errors": "program errors",
		"hosttext.system": "facts of the machine", "dump": "memory dump", "unknown": "not recognised",
	}
	if w, ok := words[kind]; ok {
		return w
	}
	return kind
}

// zoneText is a zone in words. Windows names some by a number in a file of resources, of
// which 932 is that of UTC.
func zoneText(zone string) string {
	switch zone {
	case "@tzres.dll,-930", "@tzres.dll,-931", "@tzres.dll,-932":
		return "UTC"
	}
	if number, ok := strings.CutPrefix(zone, "@tzres.dll,-"); ok {
		return "the machine's zone (name " + number + " of tzres.dll)"
	}
	return zone
}

// clockWords say how the times of an input became UTC.
func clockWords(c Clock) string {
	var out []string
	for _, part := range []string{zoneText(c.Zone), c.Basis} {
		if part != "" {
			out = append(out, part)
		}
	}
	if c.Offset != "" && c.Offset != "0s" {
		out = append(out, "offset "+c.Offset)
	}
	return strings.Join(out, ", ")
}

func (p *page) sources(r *Report) {
	t := &tableView{Label: "Inputs", Cols: []col{
		{"File", "", ""}, {"Kind", "", ""}, {"Size", "n", ""}, {"Covers (UTC)", "nw", ""}, {"Clock", "", ""}, {"Decoded", "n", ""}, {"Not decoded", "n", ""}, {"Lost", "n", ""}, {"SHA-256", "mono", ""}, {"Machine", "host", ""}, {"Notes", "m", ""},
	}}
	n := fit(len(r.Sources), p.limits.inputs)
	for i := range r.Sources[:n] {
		s := &r.Sources[i]
		name, machine := cell{Text: p.cut(s.Path)}, cell{Class: "host"}
		if p.several {
			machine.Text = cut(s.Host, min(p.limits.cut, 60))
		}
		lost := cell{Class: "n"}
		switch {
		case s.LostBuffers > 0:
			lost.Text = Grouped(s.LostEvents) + " and " + Counted(s.LostBuffers, "buffer", "buffers")
		case s.LostEvents > 0 || s.Kind == "etl":
			lost.Text = Grouped(s.LostEvents)
		}
		var notes []string
		if s.Wrapped {
			notes = append(notes, "a full ring: its beginning is overwritten")
		}
		if s.Truncated {
			notes = append(notes, "cut: its end is missing")
		}
		t.Rows = append(t.Rows, []cell{
			name, text(p.cut(kindText(s.Kind))),
			{Text: bytesText(max(s.Size, 0)), Class: "n"},
			{Text: coverText(s.Window), Class: "nw"},
			text(p.cut(clockWords(s.Clock))),
			{Text: Grouped(s.Decoded), Class: "n"},
			{Text: Grouped(s.Undecoded), Class: "n"},
			lost,
			{Text: short(s.SHA256), Class: "mono"},
			machine,
			{Text: strings.Join(notes, "; "), Class: "m"},
		})
	}
	t.More = more(len(r.Sources), n)
	p.Sources = t.whole()
}

// coverText is the time that an input speaks for, without its zone.
func coverText(s Span) string {
	switch {
	case s.From.IsZero() && s.To.IsZero():
		return "no time"
	case s.From.IsZero() || s.To.IsZero() || s.From.Equal(s.To.Time):
		at := s.From
		if at.IsZero() {
			at = s.To
		}
		return at.UTC().Format("2 Jan 2006 15:04:05")
	case dayText(s.From) == dayText(s.To):
		return s.From.UTC().Format("2 Jan 2006 15:04:05") + " – " + secondText(s.To)
	}
	return s.From.UTC().Format("2 Jan 15:04") + " – " + s.To.UTC().Format("2 Jan 2006 15:04")
}

func (p *page) diagnostics(r *Report) {
	t := &tableView{Label: "What was wrong with the inputs", Cols: []col{{"Input", "", ""}, {"Where", "nw", ""}, {"What", "", ""}, {"Code", "mono", ""}, {"Times", "n", ""}}}
	n := fit(len(r.Diagnostics), p.limits.inputs)
	for _, d := range r.Diagnostics[:n] {
		where := ""
		switch {
		case d.Line > 0:
			where = fmt.Sprintf("line %d", d.Line)
		case d.Offset > 0 || d.Length > 0:
			where = fmt.Sprintf("@0x%X", max(d.Offset, 0))
			if d.Length > 0 {
				where += ", " + grouped64(d.Length) + " bytes"
			}
		}
		t.Rows = append(t.Rows, []cell{
			text(p.cut(d.Source)), {Text: where, Class: "nw"}, text(p.cut(d.Severity + ": " + d.Sentence())), {Text: p.cut(d.Code), Class: "mono"}, {Text: Grouped(max(d.Count, 1)), Class: "n"},
		})
	}
	t.More = more(len(r.Diagnostics), n)
	p.Bad = t.whole()
}

// settings are what the verdict was made with, as far as it says.
func (p *page) settings(r *Report) {
	add := func(name, value string) { p.Settings = append(p.Settings, setting{name, p.cut(value)}) }
	if w := r.Bundle.Window; !w.From.IsZero() || !w.To.IsZero() {
		add("Analysed window", Period(w.From, w.To))
	}
	zone := zoneText(r.Bundle.TimeZone)
	if zone == "" {
		zone = "not known"
	}
	add("Zone of local times", zone)
	for _, d := range r.Diagnostics {
		if d.Code == redactedCode {
			add("Redacted", fmt.Sprintf("%s, %s", d.Sentence(), Counted(d.Count, "place", "places")))
		}
	}
	add("Thresholds", "portverdict explain")
}
