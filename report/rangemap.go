package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// rangesView is the map of the dynamic ranges with the numbers it shows.
type rangesView struct {
	Maps  []mapView
	Table *tableView
}

// mapView is one range: where it lies among all ports and what of it is excluded.
type mapView struct {
	Title string
	SVG   template.HTML
}

const (
	maxMaps  = 4 // pools that are drawn
	allPorts = 65536
)

// ranges draws where the range of each pool lies among all ports and what of it is
// excluded. A pool whose drawing would be that of another is not drawn again.
func (p *page) ranges(v *Verdict) {
	if len(v.Pools) == 0 {
		return
	}
	view := &rangesView{}
	var drawn []*Pool
	for _, q := range v.ordered() {
		if len(drawn) < maxMaps && !slices.ContainsFunc(drawn, func(d *Pool) bool { return sameRange(d, q) }) {
			drawn = append(drawn, q)
			view.Maps = append(view.Maps, mapView{drawnFor(v, q), mapSVG(q, len(drawn))})
		}
	}
	t := &tableView{Label: "Pools", Cols: []col{
		{"Pool", "nw", ""}, {"Range", "nw", ""}, {"Ports", "n", ""}, {"Excluded", "n", ""}, {"Capacity", "n", ""}, {"Most in use", "n", ""}, {"Outcome", "nw", ""}, {"Cause, forecast", "", ""}, {"Range from", "", ""},
	}}
	n := fit(len(v.Pools), p.limits.list*4)
	for _, q := range v.ordered()[:n] {
		t.Rows = append(t.Rows, p.rangeRow(v, q))
	}
	t.More = more(len(v.Pools), n)
	view.Table = t.whole()
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
		return "TCP and UDP"
	case udp:
		return "UDP"
	}
	return "TCP"
}

func sameRange(a, b *Pool) bool {
	return a.Start == b.Start && a.Count == b.Count && a.Excluded == b.Excluded && slices.Equal(a.ExcludedRanges, b.ExcludedRanges)
}

func (p *page) rangeRow(v *Verdict, q *Pool) []cell {
	name := p.cut(poolName(q.Transport, q.Family))
	if p.several {
		name = p.cut(hostName(q.Host) + " " + poolName(q.Transport, q.Family))
	}
	f := faceOf(q.Outcome, quiet(v, q.Cause))
	excluded := cell{Text: Grouped(q.Excluded), Class: "n"}
	var spans []string
	for _, x := range q.ExcludedRanges {
		spans = append(spans, fmt.Sprintf("%d–%d", x[0], x[1]))
	}
	if len(spans) > 0 {
		excluded.Note = p.cut(joined(spans, 3))
	}
	used := cell{Text: "not known", Class: "n m"}
	if q.Used != nil {
		used = cell{Text: Grouped(*q.Used), Class: "n"}
	}
	var why []string
	for _, s := range []string{causeText(q.Cause), forecastText(q)} {
		if s != "" {
			why = append(why, s)
		}
	}
	return []cell{
		{Text: name, Class: "nw"},
		{Text: fmt.Sprintf("%d–%d", q.Start, lastPort(q)), Class: "nw"},
		{Text: Grouped(q.Count), Class: "n"},
		excluded,
		{Text: Grouped(q.Capacity), Class: "n"},
		used,
		{Text: f.sign + " " + strings.ToLower(outcomeWord(q.Outcome)), Class: "nw " + f.ink},
		text(p.cut(strings.Join(why, ", "))), text(p.cut(rangePlace(q, p.rows))),
	}
}

// rangePlace is where a range is stated, as a place in a file where it is one.
func rangePlace(q *Pool, rows map[string]*Evidence) string {
	if e := rows[q.RangeSource]; e != nil {
		return e.Where()
	}
	return rangeOrigin(q, rows)
}

// mapSVG is a line of all ports with the range on it, and Windows' default as a frame.
// Where something is excluded, the range alone stands under it.
func mapSVG(q *Pool, number int) template.HTML {
	var b strings.Builder
	across := func(n, whole int) float64 { return 100 * min(max(float64(n)/float64(max(whole, 1)), 0), 1) }
	x0, x1 := across(q.Start, allPorts), across(lastPort(q)+1, allPorts)
	height := 30
	if q.Excluded > 0 {
		height = 62
	}
	fmt.Fprintf(&b, `<svg class="c" height="%d" role="img" aria-labelledby="rt%d rd%d"><title id="rt%d">The range among all ports</title><desc id="rd%d">%d to %d of 0 to 65535, %s ports excluded.</desc>`, height, number, number, number, number, q.Start, lastPort(q), Grouped(q.Excluded))
	fmt.Fprintf(&b, `<rect class="ax" x="0" width="100%%" y="4" height="10"/><rect class="dflt" x="75%%" width="25%%" y="2.500" height="13"><title>Windows' default: 49152 to 65535</title></rect><rect class="rng" x="%.2f%%" width="%.2f%%" y="4" height="10"/>`, x0, max(x1-x0, 0.2))
	fmt.Fprintf(&b, `<text x="0" y="28">0</text><text class="e" x="100%%" y="28">65535</text>`)
	if x0 > 6 && x0 < 90 {
		fmt.Fprintf(&b, `<text class="mid f" x="%.2f%%" y="28">%d</text>`, x0, q.Start)
	}
	if q.Excluded > 0 {
		fmt.Fprintf(&b, `<rect class="rng" x="0" width="100%%" y="36" height="12"/>`)
		for _, x := range q.ExcludedRanges[:min(len(q.ExcludedRanges), maxMarks)] {
			from, to := max(x[0], q.Start), min(x[1], lastPort(q))
			if from > to {
				continue
			}
			l, r := across(from-q.Start, q.Count), across(to+1-q.Start, q.Count)
			fmt.Fprintf(&b, `<rect class="un" x="%.2f%%" width="%.2f%%" y="36" height="12"><title>%d to %d excluded</title></rect>`, l, max(r-l, 0.3), from, to)
		}
		fmt.Fprintf(&b, `<text x="0" y="61">%d</text><text class="e" x="100%%" y="61">%d</text>`, q.Start, lastPort(q))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}
