package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
)

// chart is the timeline drawn as SVG: numbers and times only, so nothing that
// a stranger wrote gets into it.
type chart struct {
	*levels
	b        strings.Builder
	from, to time.Time
	pool     *Pool // of the headline; nil where none is known
	episodes []*Window
	capacity int
	top      int // of the level axis: the capacity, where it is known
	rate     int // of the count axis
	summary  string
}

// Geometry of the drawing, in SVG units.
const (
	chartLeft, chartRight = 64.0, 1060.0
	levelTop, levelBase   = 30.0, 168.0
	rateTop, rateBase     = 196.0, 266.0
	laneTrace, laneLog    = 294.0, 318.0
	laneTables            = 342.0
	chartFoot             = 356.0
	chartHeight           = 384.0
)

type legendItem struct{ Class, Text string }

func newChart(r *Report) *chart {
	v := &r.Verdict
	c := &chart{levels: newLevels(r, maxColumns), pool: v.mainPool(), episodes: v.mainEpisodes()}
	if len(c.bins) == 0 {
		return nil
	}
	c.from, c.to = c.bins[0].T.UTC(), endOf(&c.bins[len(c.bins)-1])
	if c.pool != nil {
		c.capacity = max(c.pool.Capacity, 0)
	}
	for i := range c.bins {
		b := &c.bins[i]
		c.top = max(c.top, held(b), 1)
		c.rate = max(c.rate, b.BindOK+b.Bind0x209)
	}
	if c.capacity > 0 {
		c.top = c.capacity
	}
	c.rate = nice(c.rate)
	c.summary = "From " + Period(c.bins[0].T, Time{c.to})
	if c.pool != nil {
		c.summary += ", " + portsName(v) + ": " + inUse(c.pool) + " at most"
	}
	if len(c.episodes) > 0 {
		s, n := outer(c.episodes)
		c.summary += fmt.Sprintf("; %s, from %s on", Counted(n, "attempt was refused", "attempts were refused"), Moment(s.From))
	}
	return c
}

// nice rounds an axis up to 1, 2 or 5 times a power of ten.
func nice(n int) int {
	for p := 1; p < math.MaxInt/10; p *= 10 {
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

func (c *chart) y(n int) float64 {
	return levelBase - (levelBase-levelTop)*min(max(float64(n)/float64(c.top), 0), 1)
}

func (c *chart) put(format string, a ...any) { fmt.Fprintf(&c.b, format+"\n", a...) }

func (c *chart) draw(r *Report) template.HTML {
	c.put(`<svg viewBox="0 0 1072 %.0f" role="img" aria-labelledby="tl-t tl-d"><title id="tl-t">Timeline of port use, bind results and System events</title><desc id="tl-d">%s. The same numbers are in the table below.</desc>`, chartHeight, template.HTMLEscapeString(c.summary))
	for _, w := range c.episodes[:min(len(c.episodes), maxMarks)] {
		if x0, x1 := c.x(w.From.UTC()), c.x(w.To.UTC()); !w.From.IsZero() && !w.To.IsZero() {
			c.put(`<rect class="window" x="%.1f" y="18" width="%.1f" height="%.0f"/>`, x0, max(x1-x0, 2), chartFoot-18)
		}
	}
	c.ticks()
	c.put(`<g class="axis"><text x="56" y="%.1f" text-anchor="end">%s</text><text x="56" y="168" text-anchor="end">0</text><text x="56" y="204" text-anchor="end">%s</text><text x="56" y="266" text-anchor="end">0</text></g>`,
		levelTop+4, Grouped(c.top), Grouped(c.rate))
	c.areas()
	c.capacityLine()
	c.tables()
	c.counts()
	c.put(`<line class="base" x1="64" x2="1060" y1="266" y2="266"/><line class="base" x1="64" x2="1060" y1="168" y2="168"/>`)
	c.lanes(r)
	if s, _ := outer(c.episodes); !s.From.IsZero() {
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
		c.put(`<g class="tick"><line x1="%.1f" x2="%.1f" y1="18" y2="%.0f"/><text x="%.1f" y="%.0f" text-anchor="%s">%s</text></g>`, x, x, chartFoot, x, chartFoot+18, anchor, t.Format(layout))
	}
}

// areas stack what each shown process held, the first at the bottom, and the others
// on top.
func (c *chart) areas() {
	base := make([]int, len(c.bins))
	for at, h := range c.held {
		c.area("a"+c.class(at), base, h)
	}
	rest := make([]int, len(c.bins))
	for i := range rest {
		rest[i] = max(c.others(i), 0)
	}
	c.area("ao", base, rest)
}

// class ends the class of a shown process: h is that of a named holder.
func (c *chart) class(at int) string {
	if c.named[at] {
		return "h"
	}
	return fmt.Sprint(at + 1)
}

// area draws one layer over base, which it raises. Steps that no table tells of have
// no area.
func (c *chart) area(class string, base, n []int) {
	var upper, lower []string
	flush := func() {
		if len(upper) > 0 {
			for i, j := 0, len(lower)-1; i < j; i, j = i+1, j-1 {
				lower[i], lower[j] = lower[j], lower[i]
			}
			c.put(`<path class="%s" d="M%s L%s Z"/>`, class, strings.Join(upper, " L"), strings.Join(lower, " L"))
		}
		upper, lower = nil, nil
	}
	point := func(x float64, n int) string { return fmt.Sprintf("%.1f %.1f", x, c.y(n)) }
	drawn := false
	for i := range n {
		drawn = drawn || n[i] > 0
	}
	for i := range c.bins {
		if !drawn || c.total[i] < 0 {
			flush()
			continue
		}
		low := base[i]
		base[i] += n[i]
		x0, x1 := c.x(c.bins[i].T.UTC()), c.x(endOf(&c.bins[i]))
		upper = append(upper, point(x0, base[i]), point(x1, base[i]))
		lower = append(lower, point(x0, low), point(x1, low))
	}
	flush()
}

func (c *chart) capacityLine() {
	if c.capacity > 0 {
		y := c.y(c.capacity)
		c.put(`<line class="cap" x1="64" x2="1060" y1="%.1f" y2="%.1f"/><text x="70" y="%.1f">capacity %s</text>`, y, y, y-6, Grouped(c.capacity))
	}
}

// told says what the dots are: the use that tables show, or, where only the System log
// speaks, the ports whose close hangs.
func (c *chart) told() string {
	for i := range c.bins {
		if c.bins[i].EVTX16002 > 0 && c.pool != nil && c.pool.Balance.Basis == "stuck-closes" {
			return "ports stuck while closing"
		}
	}
	return "ports in use, by a table"
}

// tables are dots where netstat tells how many ports were used.
func (c *chart) tables() {
	for i := range c.bins {
		if b := &c.bins[i]; b.UsedPorts != nil {
			c.put(`<circle class="dot" cx="%.1f" cy="%.1f" r="4"><title>%s %s at %s</title></circle>`, c.x(b.T.UTC()), c.y(*b.UsedPorts), Grouped(*b.UsedPorts), c.told(), Moment(b.T))
		}
	}
}

func (c *chart) counts() {
	scale := func(n int) float64 { return (rateBase - rateTop) * min(max(float64(n)/float64(c.rate), 0), 1) }
	for i := range c.bins {
		b := &c.bins[i]
		x0 := c.x(b.T.UTC())
		w := max((c.x(endOf(b))-x0)*0.8, 0.8)
		ok, bad := scale(b.BindOK), scale(b.Bind0x209)
		if ok > 0 {
			c.put(`<rect class="okb" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x0, rateBase-ok, w, ok)
		}
		if bad > 0 {
			c.put(`<rect class="badb" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x0, rateBase-ok-bad, w, bad)
		}
	}
}
