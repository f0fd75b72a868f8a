package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// rangesView is the map of the dynamic ranges with the numbers it shows.
type rangesView struct {
	SVG    template.HTML
	Legend []legendItem
	Rows   []rangeRow
	More   string
}

type rangeRow struct{ Pool, Range, Count, Excluded, Capacity, Origin string }

const (
	mapRow   = 82.0 // height of one pool
	maxMaps  = 4    // pools that are drawn
	allPorts = 65536
)

// ranges draws where the range of each pool lies among all ports and what of it is
// excluded. A pool whose drawing would be that of another is not drawn again.
func (p *page) ranges(v *Verdict) {
	if len(v.Pools) == 0 {
		return
	}
	m := &rangeMap{}
	view := &rangesView{}
	var drawn []*Pool
	for _, q := range v.ordered() {
		if len(drawn) < maxMaps && !slices.ContainsFunc(drawn, func(d *Pool) bool { return sameRange(d, q) }) {
			drawn = append(drawn, q)
		}
	}
	m.put(`<svg viewBox="0 0 1072 %.0f" role="img" aria-labelledby="rm-t rm-d"><title id="rm-t">Map of the dynamic port ranges</title><desc id="rm-d">Where the ranges lie among ports 0 to 65535 and what of them is excluded. The same numbers are in the table below.</desc>`, mapRow*float64(len(drawn)))
	for i, q := range drawn {
		m.pool(q, drawnFor(v, q), 4+mapRow*float64(i))
	}
	n := min(len(v.Pools), p.limits.list*4)
	for _, q := range v.ordered()[:n] {
		view.Rows = append(view.Rows, p.rangeRow(q))
	}
	view.More = more(len(v.Pools), n)
	m.b.WriteString("</svg>")
	view.SVG, view.Legend = template.HTML(m.b.String()), m.legend()
	p.Ranges = view
}

// ordered are the pools, that of the headline first.
func (v *Verdict) ordered() []*Pool {
	main := v.mainPool()
	var out []*Pool
	if main != nil {
		out = append(out, main)
	}
	for i := range v.Pools {
		if q := &v.Pools[i]; q != main {
			out = append(out, q)
		}
	}
	return out
}

// drawnFor names the transports that a drawing is of.
func drawnFor(v *Verdict, q *Pool) string {
	var tcp, udp bool
	for i := range v.Pools {
		if o := &v.Pools[i]; sameRange(o, q) {
			tcp, udp = tcp || o.Transport != "udp", udp || o.Transport == "udp"
		}
	}
	switch {
	case tcp && udp:
		return "TCP UDP"
	case udp:
		return "UDP"
	}
	return "TCP"
}

func sameRange(a, b *Pool) bool {
	return a.Start == b.Start && a.Count == b.Count && a.Excluded == b.Excluded && slices.Equal(a.ExcludedRanges, b.ExcludedRanges)
}

func (p *page) rangeRow(q *Pool) rangeRow {
	row := rangeRow{
		Pool: p.cut(poolName(q.Transport, q.Family)), Range: fmt.Sprintf("%d–%d", q.Start, lastPort(q)), Count: Grouped(q.Count),
		Capacity: Grouped(q.Capacity), Excluded: "none", Origin: p.cut(rangeOrigin(q, p.rows)),
	}
	if p.several && q.Host != "" {
		row.Pool = p.cut(q.Host + " " + poolName(q.Transport, q.Family))
	}
	var spans []string
	for _, x := range q.ExcludedRanges {
		spans = append(spans, fmt.Sprintf("%d–%d", x[0], x[1]))
	}
	if q.Excluded > 0 {
		row.Excluded = strings.TrimSuffix(Counted(q.Excluded, "port", "ports")+": "+joined(spans, p.limits.list), ": ")
	}
	return row
}

// rangeMap is the drawing; like the chart it holds numbers only.
type rangeMap struct {
	b        strings.Builder
	excluded bool
}

func (m *rangeMap) put(format string, a ...any) { fmt.Fprintf(&m.b, format+"\n", a...) }

// across maps n of whole to the width of the drawing.
func across(n, whole int) float64 {
	return chartLeft + (chartRight-chartLeft)*min(max(float64(n)/float64(max(whole, 1)), 0), 1)
}

func (m *rangeMap) pool(q *Pool, label string, y float64) {
	end := lastPort(q) + 1
	x0, x1 := across(q.Start, allPorts), across(end, allPorts)
	d0, d1 := across(allPorts-defaultCount, allPorts), chartRight
	zoom := y + 40
	for i, name := range strings.Fields(label) {
		m.put(`<text class="lab" x="56" y="%.1f" text-anchor="end">%s</text>`, y+10+14*float64(i), name)
	}
	m.put(`<rect class="bg" x="%.1f" y="%.1f" width="%.1f" height="10"/>`, chartLeft, y, chartRight-chartLeft)
	m.put(`<rect class="dflt" x="%.1f" y="%.1f" width="%.1f" height="14"><title>Windows' default: 49152 to 65535</title></rect>`, d0, y-2, d1-d0)
	m.put(`<rect class="rng" x="%.1f" y="%.1f" width="%.1f" height="10"/>`, x0, y, max(x1-x0, 1.5))
	m.put(`<text x="%.1f" y="%.1f">0</text><text x="%.1f" y="%.1f" text-anchor="end">65535</text>`, chartLeft, y+24, chartRight, y+24)
	m.put(`<path class="zoom" d="M%.1f %.1f L%.1f %.1f L%.1f %.1f L%.1f %.1f Z"/>`, x0, y+10, max(x1, x0+1.5), y+10, chartRight, zoom, chartLeft, zoom)
	m.put(`<rect class="rng" x="%.1f" y="%.1f" width="%.1f" height="14"/>`, chartLeft, zoom, chartRight-chartLeft)
	for _, x := range q.ExcludedRanges[:min(len(q.ExcludedRanges), maxMarks)] {
		from, to := max(x[0], q.Start), min(x[1], lastPort(q))
		if from > to {
			continue
		}
		a, b := across(from-q.Start, q.Count), across(to+1-q.Start, q.Count)
		m.put(`<rect class="excl" x="%.1f" y="%.1f" width="%.1f" height="14"><title>%d to %d excluded</title></rect>`, a, zoom, max(b-a, 1), from, to)
		m.excluded = true
	}
	m.put(`<text x="%.1f" y="%.1f">%d</text><text x="%.1f" y="%.1f" text-anchor="end">%d</text>`, chartLeft, zoom+28, q.Start, chartRight, zoom+28, lastPort(q))
}

func (m *rangeMap) legend() []legendItem {
	out := []legendItem{{"rng", "dynamic range"}}
	if m.excluded {
		out = append(out, legendItem{"excl", "excluded"})
	}
	return out
}
