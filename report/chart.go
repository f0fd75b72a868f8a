package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
)

// The timeline is drawn as SVG: numbers and times only, so nothing that a stranger wrote
// gets into it. Shapes stretch with the page and text does not: x is in per cent, and
// curves lie in an inner drawing that is stretched.

// chartView is one chart with the words beside it.
type chartView struct {
	Title  string
	SVG    template.HTML
	Legend []legendItem
	Note   string
}

// legendItem is a sign of the chart and what it means.
type legendItem struct{ Class, Text string }

// chart is the drawing of the headline's pool over time.
type chart struct {
	*levels
	b        strings.Builder
	from, to time.Time
	ends     time.Time // of the inputs: what is after it is a forecast
	pool     *Pool     // of the headline; nil where none is known
	episodes []*Window
	boots    []Boot
	capacity int // of the level axis; the highest level where it is not known
	rate     int // the most attempts of a step
	height   float64
}

const (
	levelTop, levelHeight = 16.0, 122.0
	rateHeight            = 34.0
	markHeight            = 14.0
)

func newChart(r *Report) *chart {
	v := &r.Verdict
	c := &chart{levels: newLevels(r, maxColumns), pool: v.mainPool(), episodes: v.mainEpisodes()}
	if len(c.bins) == 0 {
		return nil
	}
	c.from, c.to = c.bins[0].T.UTC(), endOf(&c.bins[len(c.bins)-1])
	c.ends = c.to
	for _, b := range r.Bundle.Boots {
		if (b.Host == v.Host || b.Host == "") && b.At.After(c.from) && b.At.Before(c.to) && len(c.boots) < maxMarks/10 {
			c.boots = append(c.boots, b)
		}
	}
	for i := range c.bins {
		c.rate = max(c.rate, c.bins[i].BindOK+c.bins[i].Bind0x209)
	}
	c.capacity = max(c.top, 1)
	if c.pool != nil && c.pool.Capacity > 0 {
		c.capacity = c.pool.Capacity
		if f := c.pool.Forecast; f != nil && f.FullAtTo.After(c.to) && f.FullAtTo.Sub(c.from) < 3*c.to.Sub(c.from)/2 {
			c.to = f.FullAtTo.UTC()
		}
	}
	return c
}

// silent is whether the chart would show nothing.
func (c *chart) silent() bool {
	return c.levels.top == 0 && c.rate == 0 && !slices.ContainsFunc(c.bins, func(b Bin) bool { return b.EVTX4227+b.EVTX4231+b.EVTX4266 > 0 })
}

// x is a time in per cent of the width.
func (c *chart) x(t time.Time) float64 { return share(t, c.from, c.to) }

// share is where a time lies between two others, in per cent.
func share(t, from, to time.Time) float64 {
	whole := float64(to.Unix() - from.Unix())
	if whole <= 0 {
		return 0
	}
	at := float64(t.Unix()-from.Unix()) + float64(t.Nanosecond()-from.Nanosecond())/1e9
	return 100 * min(max(at/whole, 0), 1)
}

func (c *chart) put(format string, a ...any) { fmt.Fprintf(&c.b, format+"\n", a...) }

// summary is the chart in a sentence, for those who do not see it.
func (c *chart) summary() string {
	out := "From " + Period(c.bins[0].T, Time{c.ends})
	if c.pool != nil && c.pool.Used != nil {
		out += ", " + poolName(c.pool.Transport, c.pool.Family) + ": " + inUse(c.pool) + " at most"
	}
	if len(c.episodes) > 0 {
		s, n := outer(c.episodes)
		out += "; exhausted from " + Moment(s.From)
		if n > 0 {
			out += ", " + Counted(n, "attempt was refused", "attempts were refused")
		}
	}
	return out + ". The numbers are in the table below."
}

// draw puts the lanes one under the other: ports in use, attempts, the System log.
func (c *chart) draw() template.HTML {
	y := levelTop + levelHeight
	rateAt, markAt := 0.0, 0.0
	if c.rate > 0 {
		rateAt = y + 24
		y = rateAt + rateHeight
	}
	marks := c.marks()
	if len(marks) > 0 || c.hasTables() {
		markAt = y + 23
		y = markAt + markHeight
	}
	base := y + 7
	c.height = base + 16
	c.episodeShades(base)
	c.ticks(c.from, c.to, base)
	c.areas()
	c.capacityLine()
	c.restarts(base)
	c.tables()
	c.band()
	if rateAt > 0 {
		c.counts(rateAt)
	}
	if markAt > 0 {
		c.marksAt(marks, markAt)
	}
	return template.HTML(fmt.Sprintf(`<svg class="c" height="%.0f" role="img" aria-labelledby="t1 d1"><title id="t1">Ports in use, attempts and System events over time</title><desc id="d1">%s</desc>%s</svg>`,
		c.height, template.HTMLEscapeString(c.summary()), "\n"+c.b.String()))
}

func (c *chart) episodeShades(base float64) {
	for _, w := range c.episodes[:min(len(c.episodes), maxMarks)] {
		if w.From.IsZero() {
			continue
		}
		end := w.To
		if w.EndedAt.After(end.Time) {
			end = w.EndedAt
		}
		x0, x1 := c.x(w.From.UTC()), c.x(max2(end.UTC(), w.From.UTC()))
		c.put(`<rect class="ep" x="%.2f%%" width="%.2f%%" y="14" height="%.0f"/><rect class="ref" x="%.2f%%" width="%.2f%%" y="%.0f" height="3"><title>exhausted, %s</title></rect>`,
			x0, max(x1-x0, 0.2), base-14, x0, max(x1-x0, 0.3), base-3, Period(w.From, w.To))
	}
}

func max2(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tickSteps are the distances between ticks, in seconds.
var tickSteps = []int64{1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 30 * 86400, 365 * 86400, 3650 * 86400, 36500 * 86400}

// ticks stand at round times; what does not fit on a phone is of the class wd.
func (c *chart) ticks(from, to time.Time, base float64) {
	whole, step := to.Unix()-from.Unix(), int64(1)
	for _, s := range tickSteps {
		if step = s; whole/s <= 11 {
			break
		}
	}
	layout := "15:04:05"
	switch {
	case step >= 365*86400:
		layout = "2006"
	case step >= 86400:
		layout = "2 Jan"
	case whole > 86400:
		layout = "2 Jan 15:04"
	case step >= 60:
		layout = "15:04"
	}
	first := from.Unix()
	if r := first % step; r != 0 {
		first += step - r
	}
	for n, at := 0, first; at <= to.Unix() && n < 24; n, at = n+1, at+step {
		t := time.Unix(at, 0).UTC()
		x, class := share(t, from, to), "mid"
		switch {
		case x > 97:
			class = "e"
		case x < 3:
			class = ""
		}
		if n%4 != 0 {
			class = strings.TrimSpace(class + " wd")
		}
		c.put(`<line class="g" x1="%.2f%%" x2="%.2f%%" y1="14" y2="%.0f"/><text class="%s" x="%.2f%%" y="%.0f">%s</text>`, x, x, base, class, x, base+13, t.Format(layout))
	}
}

// areas stack what each shown process held, the first at the bottom, and the others
// on top.
func (c *chart) areas() {
	c.put(`<svg x="0" y="%.0f" width="100%%" height="%.0f" viewBox="0 0 1000 100" preserveAspectRatio="none">`, levelTop, levelHeight)
	base := make([]int, len(c.bins))
	for at, h := range c.held {
		c.area("a-"+c.class(at), base, h)
	}
	rest := make([]int, len(c.bins))
	for i := range rest {
		rest[i] = max(c.others(i), 0)
	}
	class := "a-o"
	if c.stuck() {
		class = "a-s"
	}
	c.area(class, base, rest)
	c.put(`</svg>`)
	c.growth()
}

// class ends the class of a shown process: h is that of a named holder.
func (c *chart) class(at int) string {
	if c.named[at] {
		return "h"
	}
	return fmt.Sprint(at + 1)
}

// area draws one layer over base, which it raises: a line from step to step in a trace,
// stairs between tables. Steps that no table tells of have no area.
func (c *chart) area(class string, base, n []int) {
	if !slices.ContainsFunc(n, func(k int) bool { return k > 0 }) {
		return
	}
	var upper, lower []string
	flush := func() {
		if len(upper) > 0 {
			slices.Reverse(lower)
			c.put(`<path class="%s" d="M%sL%sz"/>`, class, strings.Join(upper, "L"), strings.Join(lower, "L"))
		}
		upper, lower = nil, nil
	}
	point := func(t time.Time, n int) string {
		return fmt.Sprintf("%.4g %.4g", 10*c.x(t), 100-100*min(max(float64(n)/float64(c.capacity), 0), 1))
	}
	put := func(list *[]string, t time.Time, n int) { *list = append(*list, point(t, n)) }
	for i := range c.bins {
		if c.total[i] < 0 {
			flush()
			continue
		}
		low, t0, t1 := base[i], c.bins[i].T.UTC(), endOf(&c.bins[i])
		base[i] += n[i]
		if !c.traced || len(upper) == 0 {
			put(&upper, t0, base[i])
			put(&lower, t0, low)
		}
		put(&upper, t1, base[i])
		put(&lower, t1, low)
	}
	flush()
}

// growth is the rate of the holder that has most, where there is room over the curve.
func (c *chart) growth() {
	if len(c.total) == 0 || c.pool == nil || c.rateText == "" {
		return
	}
	for _, n := range c.total[:len(c.total)/4+1] {
		if float64(n) > 0.55*float64(c.capacity) {
			return
		}
	}
	c.put(`<text class="st" x="0.7%%" y="%.0f">%s</text>`, levelTop+24, c.rateText)
}

func (c *chart) capacityLine() {
	label := Grouped(c.capacity) + " ports at most"
	if c.pool != nil && c.pool.Capacity > 0 {
		label = Grouped(c.capacity) + " ports = capacity"
	}
	c.put(`<line class="cap" x1="0" x2="100%%" y1="%.0f" y2="%.0f"/><text class="f" x="2" y="11">%s</text>`, levelTop, levelTop, label)
}

// restarts are the starts of Windows.
func (c *chart) restarts(base float64) {
	for i, b := range c.boots {
		x := c.x(b.At.UTC())
		c.put(`<line class="re" x1="%.2f%%" x2="%.2f%%" y1="14" y2="%.0f"><title>Windows started %s</title></line>`, x, x, base, Moment(b.At))
		if i == 0 && x < 90 {
			c.put(`<text class="f wd" x="%.2f%%" dx="4" y="11">restart</text>`, max(x, 24))
		}
	}
}

// tables are dots where a table tells how many ports were used beside a trace.
func (c *chart) tables() {
	if !c.traced {
		return
	}
	for i := range c.bins {
		if b := &c.bins[i]; b.UsedPorts != nil {
			y := levelTop + levelHeight*(1-min(max(float64(*b.UsedPorts)/float64(c.capacity), 0), 1))
			c.put(`<circle class="dot" cx="%.2f%%" cy="%.1f" r="4"><title>%s ports in use in a table at %s</title></circle>`, c.x(b.T.UTC()), y, Grouped(*b.UsedPorts), Moment(b.T))
		}
	}
}

// band is the forecast: when the pool fills, after the inputs end.
func (c *chart) band() {
	if !c.to.After(c.ends) {
		return
	}
	f := c.pool.Forecast
	x0, x1, end := c.x(f.FullAtFrom.UTC()), c.x(f.FullAtTo.UTC()), c.x(c.ends)
	c.put(`<line class="re" x1="%.2f%%" x2="%.2f%%" y1="14" y2="%.0f"><title>the inputs end here</title></line>`, end, end, levelTop+levelHeight)
	c.put(`<rect class="fc" x="%.2f%%" width="%.2f%%" y="%.0f" height="%.0f"><title>expected to be full between %s and %s</title></rect>`,
		x0, max(x1-x0, 0.4), levelTop, levelHeight, Minute(f.FullAtFrom), Minute(f.FullAtTo))
}

// counts are the attempts of each step: those that got a port, and on top those refused.
func (c *chart) counts(y float64) {
	most, refused := 0, 0
	for i := range c.bins {
		most, refused = max(most, c.bins[i].BindOK), max(refused, c.bins[i].Bind0x209)
	}
	per := Rough(stepOf(c.bins))
	var said []string
	if most > 0 {
		said = append(said, "up to "+Grouped(most)+" got a port")
	}
	title := "Per " + per + ": " + strings.Join(said, ", ")
	if refused > 0 {
		if most > 0 {
			title += ", "
		}
		title += fmt.Sprintf(`<tspan class="rb">up to %s refused</tspan>`, Grouped(refused))
	}
	c.put(`<text x="2" y="%.0f">%s</text>`, y-5, title)
	c.bars(y, rateHeight, c.from, c.to, c.bins, c.rate, true)
}

// bars draws a bar for each step that has attempts; each says its numbers.
func (c *chart) bars(y, height float64, from, to time.Time, bins []Bin, top int, both bool) {
	unit := stepOf(bins).Seconds()
	whole := to.Sub(from).Seconds() / unit
	c.put(`<line class="g" x1="0" x2="100%%" y1="%.1f" y2="%.1f"/><svg x="0" y="%.0f" width="100%%" height="%.0f" viewBox="0 0 %.4g %.0f" preserveAspectRatio="none">`, y+height+.5, y+height+.5, y, height, whole, height)
	bar := func(class string, x, low, high float64, title string) {
		c.put(`<path class="%s" d="M%.4g %.4gv%.4gh.84v%.4gz"><title>%s</title></path>`, class, x, height-low, low-high, high-low, title)
	}
	scale := func(n int) float64 { return height * min(float64(n)/float64(max(top, 1)), 1) }
	for i := range bins {
		b := &bins[i]
		x := b.T.Sub(from).Seconds() / unit
		ok := b.BindOK
		if !both {
			ok = 0
		}
		if ok > 0 {
			bar("okb", x, 0, max(scale(ok), .5), secondText(b.T)+": "+Grouped(ok)+" got a port")
		}
		if b.Bind0x209 > 0 {
			bar("ref", x, scale(ok), max(scale(ok+b.Bind0x209), scale(ok)+1), secondText(b.T)+": "+Grouped(b.Bind0x209)+" refused")
		}
	}
	c.put(`</svg>`)
}
