package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
)

// chart is the timeline drawn as SVG: numbers and times only, so nothing that
// a stranger wrote gets into it.
type chart struct {
	b        strings.Builder
	bins     []Bin
	from, to time.Time
	capacity int
	top      int // of the level axis
	rate     int // of the count axis
	summary  string
}

// Geometry of the drawing, in SVG units.
const (
	chartLeft, chartRight = 64.0, 1060.0
	levelTop, levelBase   = 30.0, 168.0
	rateTop, rateBase     = 196.0, 266.0
	laneY                 = 300.0
	chartFoot             = 322.0
)

type legendItem struct{ Class, Text string }

func newChart(r *Report) *chart {
	bins := timed(r.Timeline)
	if len(bins) == 0 {
		return nil
	}
	c := &chart{bins: merge(bins, maxColumns)}
	c.from = bins[0].T.UTC()
	last := &bins[len(bins)-1]
	c.to = last.T.UTC().Add(stepOf([]Bin{*last}))
	if p := mainPool(&r.Verdict); p != nil {
		c.capacity = max(p.Capacity, 0)
	}
	peak := 0
	for i := range c.bins {
		b := &c.bins[i]
		peak = max(peak, held(b))
		c.rate = max(c.rate, b.BindOK+b.Bind0x209)
	}
	c.top, c.rate = max(peak, c.capacity, 1), nice(c.rate)
	c.summary = fmt.Sprintf("From %s to %s UTC at most %s ports were held", c.from.Format("15:04:05"), c.to.Format("15:04:05"), Grouped(peak))
	if c.capacity > 0 {
		c.summary += " of " + Grouped(c.capacity)
	}
	if s, n, ok := outer(&r.Verdict); ok {
		c.summary += fmt.Sprintf("; %s from %s on", Counted(n, "attempt was refused", "attempts were refused"), clockText(s.From))
	}
	return c
}

// nice rounds an axis up to 1, 2 or 5 times a power of ten.
func nice(n int) int {
	for p := 1; p < 1e15; p *= 10 {
		for _, k := range []int{1, 2, 4, 5} {
			if n <= k*p {
				return k * p
			}
		}
	}
	return n
}

func (c *chart) x(t time.Time) float64 {
	whole := float64(c.to.Unix() - c.from.Unix())
	if whole <= 0 {
		return chartLeft
	}
	at := float64(t.Unix()-c.from.Unix()) + float64(t.Nanosecond()-c.from.Nanosecond())/1e9
	return chartLeft + (chartRight-chartLeft)*min(max(at/whole, 0), 1)
}

func (c *chart) level(n int) float64 {
	return levelBase - (levelBase-levelTop)*min(max(float64(n)/float64(c.top), 0), 1)
}

func (c *chart) put(format string, a ...any) { fmt.Fprintf(&c.b, format+"\n", a...) }

func (c *chart) draw(v *Verdict) template.HTML {
	c.put(`<svg viewBox="0 0 1072 362" role="img" aria-labelledby="tl-t tl-d"><title id="tl-t">Timeline of port use, bind results and System events</title><desc id="tl-d">%s. The same numbers are in the table below.</desc>`, template.HTMLEscapeString(c.summary))
	for _, w := range v.Windows[:min(len(v.Windows), maxMarks)] {
		if x0, x1 := c.x(w.From.UTC()), c.x(w.To.UTC()); !w.From.IsZero() && !w.To.IsZero() {
			c.put(`<rect class="window" x="%.1f" y="18" width="%.1f" height="304"/>`, x0, max(x1-x0, 2))
		}
	}
	c.ticks()
	c.put(`<g class="axis"><text x="56" y="%.1f" text-anchor="end">%s</text><text x="56" y="168" text-anchor="end">0</text><text x="56" y="204" text-anchor="end">%s</text><text x="56" y="266" text-anchor="end">0</text></g>`,
		levelTop+4, Grouped(c.top), Grouped(c.rate))
	c.levels()
	c.counts()
	c.put(`<line class="base" x1="64" x2="1060" y1="266" y2="266"/><line class="base" x1="64" x2="1060" y1="168" y2="168"/><text x="56" y="304" text-anchor="end">System</text><line class="base" x1="64" x2="1060" y1="300" y2="300"/>`)
	c.marks(v)
	if s, _, ok := outer(v); ok {
		if x := c.x(s.From.UTC()); x < 960 {
			c.put(`<text class="wl" x="%.1f" y="186">exhausted</text>`, x+6)
		} else {
			c.put(`<text class="wl" x="%.1f" y="186" text-anchor="end">exhausted</text>`, x-6)
		}
	}
	c.b.WriteString("</svg>")
	return template.HTML(c.b.String())
}

func (c *chart) ticks() {
	whole := c.to.Unix() - c.from.Unix()
	step := int64(1)
	for _, s := range []int64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000, 315360000, 3153600000} {
		if step = s; whole/s <= 10 {
			break
		}
	}
	layout := "15:04:05"
	switch {
	case step >= 86400:
		layout = "2006-01-02"
	case whole > 86400:
		layout = "01-02 15:04"
	case step >= 60:
		layout = "15:04"
	}
	first := c.from.Unix()
	if r := first % step; r != 0 {
		first += step - r
	}
	for n, at := 0, first; at <= c.to.Unix() && n < 24; n, at = n+1, at+step {
		t := time.Unix(at, 0).UTC()
		x := c.x(t)
		anchor := "middle"
		if x > chartRight-24 {
			anchor = "end"
		}
		c.put(`<g class="tick"><line x1="%.1f" x2="%.1f" y1="18" y2="%.0f"/><text x="%.1f" y="344" text-anchor="%s">%s</text></g>`, x, x, chartFoot, x, anchor, t.Format(layout))
	}
}

// levels draws what the trace saw open as an area, the tables as dots, and the
// capacity as a dashed line.
func (c *chart) levels() {
	var d strings.Builder
	drawn := false
	for i := range c.bins {
		b := &c.bins[i]
		drawn = drawn || b.OpenSockets > 0
		cmd := "L"
		if i == 0 {
			cmd = "M"
		}
		fmt.Fprintf(&d, "%s%.1f %.1f ", cmd, c.x(b.T.UTC()), c.level(b.OpenSockets))
	}
	if drawn {
		last := &c.bins[len(c.bins)-1]
		end := c.x(last.T.UTC().Add(stepOf([]Bin{*last})))
		fmt.Fprintf(&d, "L%.1f %.1f L%.1f %.0f L%.1f %.0f Z", end, c.level(last.OpenSockets), end, levelBase, c.x(c.bins[0].T.UTC()), levelBase)
		c.put(`<path class="a-leak" d="%s"/>`, d.String())
	}
	if c.capacity > 0 {
		y := c.level(c.capacity)
		c.put(`<line class="cap" x1="64" x2="1060" y1="%.1f" y2="%.1f"/><text class="cap-l" x="70" y="%.1f">capacity %s</text>`, y, y, y-6, Grouped(c.capacity))
	}
	for i := range c.bins {
		if b := &c.bins[i]; b.UsedPorts != nil {
			c.put(`<circle class="dot" cx="%.1f" cy="%.1f" r="4"><title>netstat: %s used at %s</title></circle>`, c.x(b.T.UTC()), c.level(*b.UsedPorts), Grouped(*b.UsedPorts), clockText(b.T))
		}
	}
}

func (c *chart) counts() {
	scale := func(n int) float64 { return (rateBase - rateTop) * min(max(float64(n)/float64(c.rate), 0), 1) }
	for i := range c.bins {
		b := &c.bins[i]
		x0 := c.x(b.T.UTC())
		w := max((c.x(b.T.UTC().Add(stepOf([]Bin{*b})))-x0)*0.8, 0.8)
		ok, bad := scale(b.BindOK), scale(b.Bind0x209)
		if ok > 0 {
			c.put(`<rect class="ok" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x0, rateBase-ok, w, ok)
		}
		if bad > 0 {
			c.put(`<rect class="bad" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x0, rateBase-ok-bad, w, bad)
		}
	}
}

type mark struct {
	id, n int
	at    time.Time
}

// marks are the System events: at their own time where the log pairs them,
// else in the middle of their step.
func (c *chart) marks(v *Verdict) {
	var all []mark
	for _, w := range v.Windows {
		for _, l := range w.Log {
			if !l.Time.IsZero() && len(all) < maxMarks {
				all = append(all, mark{l.ID, 1, l.Time.UTC()})
			}
		}
	}
	paired := len(all)
	for i := range c.bins {
		b := &c.bins[i]
		end := b.T.UTC().Add(stepOf([]Bin{*b}))
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
	title := fmt.Sprintf("%d at %s", m.id, m.at.Format("15:04:05.000"))
	if m.n > 1 {
		title += fmt.Sprintf(", %s times in the step", Grouped(m.n))
	}
	switch m.id {
	case 4266:
		c.put(`<g class="e4266"><title>%s</title><rect x="%.1f" y="%.1f" width="10" height="10"/></g>`, title, x-5, laneY-5)
	case 4231:
		c.put(`<g class="e4231"><title>%s</title><path d="M%.1f %.1f l6 6 l-6 6 l-6 -6 z"/></g>`, title, x, laneY-6)
	default:
		c.put(`<g class="e4227"><title>%s</title><path d="M%.1f %.1f l6 6 l-6 6 l-6 -6 z"/></g>`, title, x, laneY-6)
	}
}

// legend names only what is drawn.
func (c *chart) legend() []legendItem {
	var open, used, ok, bad, e4227, e4231, e4266 bool
	for _, b := range c.bins {
		open, used = open || b.OpenSockets > 0, used || b.UsedPorts != nil
		ok, bad = ok || b.BindOK > 0, bad || b.Bind0x209 > 0
		e4227, e4231, e4266 = e4227 || b.EVTX4227 > 0, e4231 || b.EVTX4231 > 0, e4266 || b.EVTX4266 > 0
	}
	per := ", per " + lasting(stepOf(c.bins))
	var out []legendItem
	for _, l := range []struct {
		show bool
		item legendItem
	}{
		{open, legendItem{"s1", "ports held, seen in the trace"}},
		{used, legendItem{"s5", "ports used, by netstat"}},
		{ok, legendItem{"s3", "binds that succeeded" + per}},
		{bad, legendItem{"s4", "refused" + per}},
		{e4227, legendItem{"s7", "4227"}},
		{e4231, legendItem{"s6", "4231"}},
		{e4266, legendItem{"s8", "4266"}},
	} {
		if l.show {
			out = append(out, l.item)
		}
	}
	return out
}
