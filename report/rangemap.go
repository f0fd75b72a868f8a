package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
)

// rangesView is the map of the dynamic ranges with the numbers it shows.
type rangesView struct {
	SVG    template.HTML
	Legend []legendItem
	Rows   []rangeRow
}

type rangeRow struct{ Pool, Range, Count, Excluded, Capacity, Used, Free, Origin string }

// portSpan is a range of ports, both ends in it.
type portSpan struct{ start, end int }

const (
	mapRow   = 118.0 // height of one pool
	allPorts = 65536
)

// ranges draws, for each pool, where its range lies among all ports, what of it is
// excluded, and how much of it was in use at most.
func (p *page) ranges(v *Verdict) {
	pools := v.Pools[:min(len(v.Pools), 2)]
	if len(pools) == 0 {
		return
	}
	m := &rangeMap{main: mainPool(v), holders: v.Holders}
	view := &rangesView{}
	drawn := slices.DeleteFunc(slices.Clone(pools), func(q Pool) bool { return !m.tells(&q) })
	m.put(`<svg viewBox="0 0 1072 %.0f" role="img" aria-labelledby="rm-t rm-d"><title id="rm-t">Map of the dynamic port ranges</title><desc id="rm-d">Where the ranges lie among ports 0 to 65535, what of them is excluded and how much was in use. The same numbers are in the table below.</desc>`, mapRow*float64(len(drawn)))
	for i := range drawn {
		m.pool(&drawn[i], excludedOf(&drawn[i], p.rows), 4+mapRow*float64(i))
	}
	for i := range pools {
		view.Rows = append(view.Rows, p.rangeRow(&pools[i], excludedOf(&pools[i], p.rows)))
	}
	m.b.WriteString("</svg>")
	view.SVG, view.Legend = template.HTML(m.b.String()), m.legend(p)
	p.Ranges = view
}

func (p *page) rangeRow(q *Pool, excluded []portSpan) rangeRow {
	row := rangeRow{
		Pool: p.cut(strings.ToUpper(q.Transport)), Range: fmt.Sprintf("%d–%d", q.Start, lastPort(q)), Count: Grouped(q.Count),
		Capacity: Grouped(q.Capacity), Used: "not known", Free: "not known", Origin: p.cut(rangeOrigin(q, p.rows)),
	}
	if q.UsedSource != "" {
		row.Used, row.Free = Grouped(q.Used), Grouped(max(q.Capacity-q.Used, 0))
	}
	var spans []string
	for _, x := range excluded {
		spans = append(spans, fmt.Sprintf("%d–%d", x.start, x.end))
	}
	if row.Excluded = "none"; q.Excluded > 0 {
		row.Excluded = strings.TrimSuffix(Counted(q.Excluded, "port", "ports")+": "+joined(spans, p.limits.list), ": ")
	}
	return row
}

// excludedOf are the parts of the pool that evidence rows say are excluded.
func excludedOf(q *Pool, rows map[string]*Evidence) []portSpan {
	var out []portSpan
	for _, e := range rows {
		if e.Kind != "host.excluded" || e.Fields["transport"] != q.Transport {
			continue
		}
		start, err1 := strconv.Atoi(e.Fields["start"])
		end, err2 := strconv.Atoi(e.Fields["end"])
		if start, end = max(start, q.Start), min(end, lastPort(q)); err1 == nil && err2 == nil && start <= end {
			out = append(out, portSpan{start, end})
		}
	}
	slices.SortFunc(out, func(a, b portSpan) int { return cmp.Or(a.start-b.start, a.end-b.end) })
	return slices.Compact(out)
}

// rangeMap is the drawing; like the chart it holds numbers only.
type rangeMap struct {
	b                          strings.Builder
	main                       *Pool
	holders                    []Holder
	shown                      int // holders with a part of their own
	excluded, others, unshaded bool
}

func (m *rangeMap) put(format string, a ...any) { fmt.Fprintf(&m.b, format+"\n", a...) }

// tells is whether a pool's drawing says more than that of the main pool.
func (m *rangeMap) tells(q *Pool) bool {
	return q.Transport == m.main.Transport || q.Start != m.main.Start || q.Count != m.main.Count || q.Excluded != m.main.Excluded || q.Used > 0
}

// across maps n of whole to the width of the drawing.
func across(n, whole int) float64 {
	return chartLeft + (chartRight-chartLeft)*min(max(float64(n)/float64(max(whole, 1)), 0), 1)
}

func (m *rangeMap) pool(q *Pool, excluded []portSpan, y float64) {
	end := lastPort(q) + 1
	x0, x1 := across(q.Start, allPorts), across(end, allPorts)
	d0, d1 := across(allPorts-defaultCount, allPorts), chartRight
	zoom := y + 40
	m.put(`<text class="lab" x="56" y="%.1f" text-anchor="end">%s</text>`, y+10, map[bool]string{true: "UDP", false: "TCP"}[q.Transport == "udp"])
	m.put(`<rect class="bg" x="%.1f" y="%.1f" width="%.1f" height="10"/>`, chartLeft, y, chartRight-chartLeft)
	m.put(`<rect class="dflt" x="%.1f" y="%.1f" width="%.1f" height="14"><title>Windows' default: 49152 to 65535</title></rect>`, d0, y-2, d1-d0)
	m.put(`<rect class="rng" x="%.1f" y="%.1f" width="%.1f" height="10"/>`, x0, y, max(x1-x0, 1.5))
	m.put(`<text x="%.1f" y="%.1f">0</text><text x="%.1f" y="%.1f" text-anchor="end">65535</text>`, chartLeft, y+24, chartRight, y+24)
	m.put(`<path class="zoom" d="M%.1f %.1f L%.1f %.1f L%.1f %.1f L%.1f %.1f Z"/>`, x0, y+10, max(x1, x0+1.5), y+10, chartRight, zoom, chartLeft, zoom)
	m.put(`<rect class="rng" x="%.1f" y="%.1f" width="%.1f" height="14"/>`, chartLeft, zoom, chartRight-chartLeft)
	for _, x := range excluded[:min(len(excluded), maxMarks)] {
		a, b := across(x.start-q.Start, q.Count), across(x.end+1-q.Start, q.Count)
		m.put(`<rect class="excl" x="%.1f" y="%.1f" width="%.1f" height="14"><title>%d to %d excluded</title></rect>`, a, zoom, max(b-a, 1), x.start, x.end)
		m.excluded = true
	}
	m.put(`<text x="%.1f" y="%.1f">%d</text><text x="%.1f" y="%.1f" text-anchor="end">%d</text>`, chartLeft, zoom+28, q.Start, chartRight, zoom+28, lastPort(q))
	m.use(q, zoom+36)
}

// use is a bar of the capacity: who of the main pool held how much at most, what
// others held, what was free.
func (m *rangeMap) use(q *Pool, y float64) {
	m.put(`<text x="56" y="%.1f" text-anchor="end">in use</text>`, y+11)
	if q.UsedSource == "" || q.Capacity <= 0 {
		m.put(`<rect class="free" x="%.1f" y="%.1f" width="%.1f" height="14"/><text x="70" y="%.1f">not known</text>`, chartLeft, y, chartRight-chartLeft, y+11)
		return
	}
	m.unshaded = true
	m.put(`<rect class="free" x="%.1f" y="%.1f" width="%.1f" height="14"/>`, chartLeft, y, chartRight-chartLeft)
	used := min(max(q.Used, 0), q.Capacity)
	at := 0
	part := func(class string, n int) {
		if n = min(n, used-at); n > 0 {
			a, b := across(at, q.Capacity), across(at+n, q.Capacity)
			m.put(`<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="14"><title>%s ports</title></rect>`, class, a, y, max(b-a, 0.5), Grouped(n))
			at += n
		}
	}
	if q.Transport == m.main.Transport {
		for i := range m.holders[:min(len(m.holders), maxShares)] {
			if n := m.holders[i].Ports; i == 0 || float64(n) >= shareShown*float64(q.Capacity) {
				part(fmt.Sprintf("u%d", i+1), n)
				m.shown = i + 1
			}
		}
	}
	m.others = m.others || used > at
	part("uo", used-at)
}

func (m *rangeMap) legend(p *page) []legendItem {
	out := []legendItem{{"rng", "dynamic range"}}
	if m.excluded {
		out = append(out, legendItem{"excl", "excluded"})
	}
	for i := range m.holders[:m.shown] {
		h := &m.holders[i]
		out = append(out, legendItem{fmt.Sprintf("p%d", i+1), "held by " + cut(named(h.Image, nil, h.PID, h.ProcessKey), min(80, p.limits.cut))})
	}
	if m.others {
		out = append(out, legendItem{"oth", "held by others"})
	}
	if m.unshaded {
		out = append(out, legendItem{"free", "free"})
	}
	return out
}
