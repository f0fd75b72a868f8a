package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Three lanes on one clock: which time the trace, the System log and the tables
// speak for, and what the log says when.

// lanes draws them under the chart. A kind of input that is not there says so: its
// silence is no evidence.
func (c *chart) lanes(r *Report) {
	for _, l := range []struct {
		name string
		y    float64
		kind func(string) bool
	}{
		{"trace", laneTrace, func(k string) bool { return k == "etl" }},
		{"log", laneLog, func(k string) bool { return k == "evtx" || k == "eventtext" }},
		{"tables", laneTables, func(k string) bool { return k == "netstat" || k == "psnet" }},
	} {
		c.put(`<text x="56" y="%.1f" text-anchor="end">%s</text><line class="base" x1="64" x2="1060" y1="%.1f" y2="%.1f"/>`, l.y+4, l.name, l.y, l.y)
		sources, spans := 0, c.spans(r, l.kind, &l.y)
		for i := range r.Sources {
			if l.kind(r.Sources[i].Kind) {
				sources++
			}
		}
		switch {
		case sources == 0:
			c.put(`<text x="70" y="%.1f">not in this bundle</text>`, l.y-3)
		case spans == 0:
			c.put(`<text x="70" y="%.1f">no time stamp, or outside this time</text>`, l.y-3)
		}
	}
	for i := range c.bins {
		if b := &c.bins[i]; b.UsedPorts != nil {
			c.put(`<circle class="dot" cx="%.1f" cy="%.1f" r="3.500"/>`, c.x(b.T.UTC()), laneTables)
		}
	}
	c.marks()
}

// spans draws the time that the sources of a kind cover, and gives how many of them
// lie in the chart.
func (c *chart) spans(r *Report, kind func(string) bool, y *float64) int {
	n := 0
	for i := range r.Sources {
		s := &r.Sources[i]
		if !kind(s.Kind) || s.Window.From.IsZero() || s.Window.To.IsZero() || !s.Window.From.Before(c.to) || s.Window.To.Before(c.from) {
			continue
		}
		if n++; n <= maxMarks {
			x0, x1 := c.x(s.Window.From.UTC()), c.x(s.Window.To.UTC())
			c.put(`<rect class="span" x="%.1f" y="%.1f" width="%.1f" height="6" rx="2"/>`, x0, *y-3, max(x1-x0, 2))
		}
	}
	return n
}

type mark struct {
	id, n int
	at    time.Time
}

// marks are the System events: at their own time where the log pairs them,
// else in the middle of their step.
func (c *chart) marks() {
	var all []mark
	for _, w := range c.episodes {
		for _, l := range w.Log {
			if !l.Time.IsZero() && len(all) < maxMarks {
				all = append(all, mark{l.ID, 1, l.Time.UTC()})
			}
		}
	}
	paired := len(all)
	for i := range c.bins {
		b := &c.bins[i]
		end := endOf(b)
		for _, m := range []mark{{id: 4227, n: b.EVTX4227}, {id: 4231, n: b.EVTX4231}, {id: 4266, n: b.EVTX4266}} {
			known := slices.ContainsFunc(all[:paired], func(k mark) bool { return k.id == m.id && !k.at.Before(b.T.UTC()) && k.at.Before(end) })
			if m.n > 0 && !known && len(all) < 2*maxMarks {
				m.at = b.T.UTC().Add(end.Sub(b.T.UTC()) / 2)
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b mark) int { return rankLog(b.id) - rankLog(a.id) })
	for _, m := range all {
		if m.at.Before(c.from) || m.at.After(c.to) {
			continue
		}
		c.mark(m)
	}
}

func (c *chart) mark(m mark) {
	x := c.x(m.at)
	title := fmt.Sprintf("%d at %s", m.id, Moment(Time{m.at}))
	if m.n > 1 {
		title += fmt.Sprintf(", %s times in the step", Grouped(m.n))
	}
	switch m.id {
	case 4266:
		c.put(`<g class="e4266"><title>%s</title><rect x="%.1f" y="%.1f" width="10" height="10"/></g>`, title, x-5, laneLog-5)
	case 4231:
		c.put(`<g class="e4231"><title>%s</title><path d="M%.1f %.1f l6 6 l-6 6 l-6 -6 z"/></g>`, title, x, laneLog-6)
	default:
		c.put(`<g class="e4227"><title>%s</title><path d="M%.1f %.1f l6 6 l-6 6 l-6 -6 z"/></g>`, title, x, laneLog-6)
	}
}

// legend names only what is drawn.
func (c *chart) legend() []legendItem {
	var out []legendItem
	for i, s := range c.shown {
		by := ""
		if i == 0 {
			by = "ports of "
		}
		out = append(out, legendItem{"p" + c.class(i), by + cut(named(s.Image, nil, s.PID, s.ProcessKey), 80)})
	}
	var others, used, ok, bad, e4227, e4231, e4266 bool
	for i, b := range c.bins {
		others, used = others || c.others(i) > 0, used || b.UsedPorts != nil
		ok, bad = ok || b.BindOK > 0, bad || b.Bind0x209 > 0
		e4227, e4231, e4266 = e4227 || b.EVTX4227 > 0, e4231 || b.EVTX4231 > 0, e4266 || b.EVTX4266 > 0
	}
	rest := "all others"
	if len(c.shown) == 0 {
		rest = "ports in use"
	}
	per := " per " + Rough(stepOf(c.bins))
	for _, l := range []struct {
		show bool
		item legendItem
	}{
		{others, legendItem{"oth", rest}},
		{used, legendItem{"dot", c.told()}},
		{ok, legendItem{"ok", "binds that got a port" + per}},
		{bad, legendItem{"bad", "refused" + per}},
		{e4227, legendItem{"e4227", "4227"}},
		{e4231, legendItem{"e4231", "4231"}},
		{e4266, legendItem{"e4266", "4266"}},
	} {
		if l.show {
			out = append(out, l.item)
		}
	}
	return out
}

// joined gives at most n of some texts, and how many more there are.
func joined(all []string, n int) string {
	if m := more(len(all), min(len(all), n)); m != "" {
		return strings.Join(all[:n], ", ") + ", " + m
	}
	return strings.Join(all, ", ")
}
