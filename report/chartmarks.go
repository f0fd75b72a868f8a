package report

import (
	"fmt"
	"html/template"
	"slices"
	"time"
)

// The lane of the System log and of the tables, the legend, and the second chart of a
// short episode.

type mark struct {
	id, n int
	at    time.Time
}

// marks are the System events: at their own time where the log pairs them,
// else in the middle of their step; those that witness exhaustion last, so on top.
func (c *chart) marks() []mark {
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
	all = slices.DeleteFunc(all, func(m mark) bool { return m.at.Before(c.from) || m.at.After(c.to) })
	slices.SortStableFunc(all, func(a, b mark) int { return rankLog(b.id) - rankLog(a.id) })
	return all
}

func (c *chart) hasTables() bool {
	return slices.ContainsFunc(c.bins, func(b Bin) bool { return b.UsedPorts != nil }) && !c.stuck()
}

// stuck is whether the level is that of ports whose close hangs, as the log tells it.
func (c *chart) stuck() bool {
	return c.pool != nil && c.pool.Balance.Basis == "stuck-closes" && !c.traced
}

func (c *chart) marksAt(all []mark, y float64) {
	title := "System log"
	if c.hasTables() {
		title += " and tables"
	}
	c.put(`<text x="2" y="%.0f">%s</text>`, y-6, title)
	for i := range c.bins {
		if b := &c.bins[i]; b.UsedPorts != nil && c.hasTables() {
			c.put(`<rect class="mkt" x="%.2f%%" y="%.0f" width="3" height="14"><title>table at %s: %s ports in use</title></rect>`, c.x(b.T.UTC()), y, Moment(b.T), Grouped(*b.UsedPorts))
		}
	}
	for _, m := range all {
		c.mark(m, c.x(m.at), y+1)
	}
}

func (c *chart) mark(m mark, x, y float64) {
	title := fmt.Sprintf("Tcpip %d at %s", m.id, Moment(Time{m.at}))
	if m.n > 1 {
		title += fmt.Sprintf(", %s times in the step", Grouped(m.n))
	}
	shape := `<path class="mkw" d="M0 0l6 6l-6 6l-6 -6z"/>`
	switch m.id {
	case 4231:
		shape = `<path class="mk" d="M0 0l6 6l-6 6l-6 -6z"/>`
	case 4266:
		shape = `<path class="mk" d="M-5 1h10v10h-10z"/>`
	}
	c.put(`<svg x="%.2f%%" y="%.0f" width="1" height="14" overflow="visible">%s<title>%s</title></svg>`, x, y, shape, title)
}

// legend names only what is drawn.
func (c *chart) legend() []legendItem {
	var out []legendItem
	for i, s := range c.shown {
		out = append(out, legendItem{"a-" + c.class(i), cut(named(s.Image, nil, s.PID, s.ProcessKey), 80)})
	}
	var others, e4227, e4231, e4266 bool
	for i, b := range c.bins {
		others = others || c.others(i) > 0
		e4227, e4231, e4266 = e4227 || b.EVTX4227 > 0, e4231 || b.EVTX4231 > 0, e4266 || b.EVTX4266 > 0
	}
	rest := legendItem{"a-o", "all other use"}
	if len(c.shown) == 0 {
		rest.Text = "ports in use"
	}
	if c.stuck() {
		rest = legendItem{"a-s", "ports stuck since the start of Windows"}
	}
	for _, l := range []struct {
		show bool
		item legendItem
	}{
		{others, rest},
		{len(c.episodes) > 0, legendItem{"ep", "exhausted"}},
		{len(c.boots) > 0, legendItem{"re", "Windows started"}},
		{e4231, legendItem{"mk", "Tcpip 4231"}},
		{e4266, legendItem{"mk", "Tcpip 4266"}},
		{e4227, legendItem{"mkw", "Tcpip 4227"}},
		{c.hasTables(), legendItem{"mkt", "table"}},
		{c.to.After(c.ends), legendItem{"fc", "expected to be full"}},
	} {
		if l.show {
			out = append(out, l.item)
		}
	}
	return out
}

// closeUp is a second chart of an episode that is short beside the first: the attempts
// that were refused in it. Nil where the first shows it well enough.
func (c *chart) closeUp(r *Report) *chartView {
	if len(c.episodes) == 0 {
		return nil
	}
	w := c.episodes[len(c.episodes)-1]
	if w.Failures == 0 || w.From.IsZero() || !w.To.After(w.From.Time) || 4*w.To.Sub(w.From.Time) > c.to.Sub(c.from) {
		return nil
	}
	var bins []Bin
	for _, b := range timed(r.Timeline) {
		if !endOf(&b).Before(w.From.Time) && !b.T.After(w.To.Time) {
			bins = append(bins, b)
		}
	}
	if bins = foldBins(bins, maxColumns); len(bins) < 5 {
		return nil
	}
	d := &chart{levels: &levels{bins: bins}, from: bins[0].T.UTC(), to: endOf(&bins[len(bins)-1])}
	most := 0
	for i := range bins {
		most = max(most, bins[i].Bind0x209)
	}
	const top, height = 24.0, 66.0
	d.ticks(d.from, d.to, top+height+10)
	d.bars(top, height, d.from, d.to, bins, most, false)
	for _, l := range w.Log {
		if !l.Time.IsZero() && !l.Time.Before(d.from) && l.Time.Before(d.to) {
			d.mark(mark{l.ID, 1, l.Time.UTC()}, share(l.Time.UTC(), d.from, d.to), 4)
		}
	}
	per := Rough(stepOf(bins))
	return &chartView{
		Title: "The " + Rough(w.To.Sub(w.From.Time)) + " of the episode",
		SVG: template.HTML(fmt.Sprintf(`<svg class="c" height="116" role="img" aria-labelledby="t2 d2"><title id="t2">Refused attempts per %s, %s</title><desc id="d2">At most %s in a step, %s in all.</desc>%s</svg>`,
			per, Period(w.From, w.To), Grouped(most), Grouped(w.Failures), "\n"+d.b.String())),
		Legend: []legendItem{{"ref", "attempts refused per " + per + ", at most " + Grouped(most)}},
	}
}

// charts are those of the headline's pool, and the same numbers as tables.
func (p *page) charts(m *machineView, r *Report) {
	c := newChart(r)
	if c == nil || c.silent() {
		return
	}
	view := chartView{SVG: c.draw(), Legend: c.legend()}
	m.Charts = append(m.Charts, view)
	if near := c.closeUp(r); near != nil {
		m.Charts = append(m.Charts, *near)
	}
	m.Numbers, m.NumbersNote = p.numbers(r)
	m.Series = p.seriesTable(r)
}

// numbers are those of the chart, folded into few steps.
func (p *page) numbers(r *Report) (t *tableView, note string) {
	l := newLevels(r, p.limits.numbers)
	level := "Ports in use at most"
	if !l.traced {
		level = "Ports in use"
	}
	t = &tableView{Label: "Numbers of the timeline", Cols: []col{{"From (UTC)", "nw", ""}, {level, "n", ""}}}
	for _, h := range l.shown {
		t.Cols = append(t.Cols, col{cut(named(h.Image, nil, h.PID, h.ProcessKey), min(p.limits.cut, 40)), "n", ""})
	}
	heads := []string{"In use by tables", "Got a port", "Refused", "4227", "4231", "4266"}
	for _, h := range heads {
		t.Cols = append(t.Cols, col{h, "n", ""})
	}
	number := func(n int) cell {
		if n <= 0 {
			return cell{Class: "n"}
		}
		return cell{Text: Grouped(n), Class: "n"}
	}
	sum := make([]int, len(heads))
	for i := range l.bins {
		b := &l.bins[i]
		row := []cell{{Text: p.binTime(b, stepOf(l.bins)), Class: "nw"}, number(l.total[i])}
		for at := range l.shown {
			row = append(row, number(l.held[at][i]))
		}
		used := 0
		if b.UsedPorts != nil && l.traced {
			used = *b.UsedPorts
		}
		for k, n := range []int{used, b.BindOK, b.Bind0x209, b.EVTX4227, b.EVTX4231, b.EVTX4266} {
			row = append(row, number(n))
			sum[k] += n
		}
		t.Rows = append(t.Rows, row)
	}
	t.Sum = []cell{text("All")}
	for range len(l.shown) + 2 {
		t.Sum = append(t.Sum, cell{})
	}
	for _, n := range sum[1:] {
		t.Sum = append(t.Sum, number(n))
	}
	return t.whole(), "The same numbers as a table, per " + Rough(stepOf(l.bins))
}

func (p *page) binTime(b *Bin, step time.Duration) string {
	switch {
	case step >= 24*time.Hour:
		return b.T.UTC().Format("2 Jan 2006")
	case step >= time.Hour || dayText(b.T) != p.day():
		return b.T.UTC().Format("2 Jan 15:04")
	}
	return secondText(b.T)
}

// seriesTable says of each process that has a curve how many ports it had first, at most
// and last.
func (p *page) seriesTable(r *Report) *tableView {
	t := &tableView{Label: "Ports over time", Cols: []col{{"Process", "", ""}, {"PID", "n", ""}, {"Pool", "nw", ""}, {"At first", "n", ""}, {"At most", "n", ""}, {"At last", "n", ""}, {"From", "", ""}}}
	n := fit(len(r.Series), p.limits.list*2)
	for i := range r.Series[:n] {
		s := &r.Series[i]
		if len(s.Points) == 0 {
			continue
		}
		most := 0
		for _, q := range s.Points {
			most = max(most, q.Ports)
		}
		from := s.Source
		if from == "" {
			from = "tables"
		}
		number := func(n int) cell { return cell{Text: Grouped(n), Class: "n"} }
		t.Rows = append(t.Rows, []cell{
			{Text: cut(processName(s.Image, s.PID, s.ProcessKey), min(p.limits.cut, 80))},
			{Text: pidText(s.PID), Class: "n"},
			{Text: p.cut(poolName(s.Transport, "")), Class: "nw"},
			number(s.Points[0].Ports), number(most), number(s.Points[len(s.Points)-1].Ports), text(p.cut(from)),
		})
	}
	t.More = more(len(r.Series), n)
	return t.whole()
}
