package verdict

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// maxBins is the most steps of a timeline laid over times.
const maxBins = 160

// bins are the timeline of the headline's pool: the steps of its longest trace, else laid
// over the times of its tables and records.
func (j *judgement) bins() []report.Bin {
	m, p := j.headline()
	tr := facts.TCP
	if p != nil {
		tr = p.t
	}
	longest := longestBins(m, tr)
	out := longest
	if len(out) == 0 {
		out = laid(timesOf(m, p))
	}
	if len(out) == 0 {
		return out
	}
	step := time.Duration(out[0].StepSeconds) * time.Second
	at := func(t report.Time) *report.Bin {
		if t.IsZero() || t.Before(out[0].T.Time) {
			return nil
		}
		if i := int(t.Sub(out[0].T.Time) / step); i < len(out) {
			return &out[i]
		}
		return nil
	}
	for _, r := range m.records {
		b := at(r.Time)
		if b == nil {
			continue
		}
		switch r.ID {
		case 4227:
			b.EVTX4227++
		case 4231:
			b.EVTX4231++
		case 4266:
			b.EVTX4266++
		case 16002:
			b.EVTX16002++
		}
	}
	if p != nil && longest == nil {
		p.stuckOver(out)
	}
	for _, t := range m.tables {
		if b := at(t.Time); b != nil && p != nil {
			if used := p.usedIn(t); used >= 0 {
				b.UsedPorts = &used
			}
		}
	}
	return out
}

// stuckOver tells at the end of each step how many ports hang in closing since the start
// of Windows before it, where any do.
func (p *pool) stuckOver(bins []report.Bin) {
	if len(p.stuckPeaks()) == 0 {
		return
	}
	ports := map[int]bool{}
	next, boot := 0, 0
	for i := range bins {
		b := &bins[i]
		end := b.T.Add(time.Duration(b.StepSeconds) * time.Second)
		for ; next < len(p.m.records) && p.m.records[next].Time.Before(end); next++ {
			r := p.m.records[next]
			for ; boot < len(p.m.boots) && !p.m.boots[boot].at.After(r.Time.Time); boot++ {
				clear(ports)
			}
			if r.ID == 16002 && r.Transport == p.t && p.view.Holds(r.Port) {
				ports[r.Port] = true
			}
		}
		for ; boot < len(p.m.boots) && p.m.boots[boot].at.Before(end); boot++ {
			clear(ports)
		}
		n := len(ports)
		b.UsedPorts = &n
	}
}

func longestBins(m *machine, tr facts.Transport) []report.Bin {
	var best []report.Bin
	longest := 0
	for _, t := range m.traces {
		if b := t.Bins(tr); len(b) > 0 && len(b)*b[0].StepSeconds > longest {
			best, longest = b, len(b)*b[0].StepSeconds
		}
	}
	return best
}

// timesOf are the times that the timeline is laid over: tables, and the records since the
// start of the deciding episodes' first boot.
func timesOf(m *machine, p *pool) []time.Time {
	var out []time.Time
	for _, t := range m.tables {
		if !t.Time.IsZero() {
			out = append(out, t.Time.Time)
		}
	}
	for _, r := range m.records {
		if m.recent(r.Time) {
			out = append(out, r.Time.Time)
		}
	}
	if p != nil && len(p.stuck.ports) > 0 {
		out = append(out, m.logEnd().Time)
	}
	slices.SortFunc(out, func(a, b time.Time) int { return a.Compare(b) })
	return out
}

// steps of a timeline, in seconds.
var stepSeconds = []int{60, 300, 1800, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600, 365 * 24 * 3600}

// laid lays steps over times that are in order.
func laid(times []time.Time) []report.Bin {
	if len(times) == 0 {
		return nil
	}
	first, last := times[0].UTC(), times[len(times)-1]
	step := stepSeconds[len(stepSeconds)-1]
	for _, s := range stepSeconds {
		if int(last.Sub(first)/time.Second)/s < maxBins {
			step = s
			break
		}
	}
	width := time.Duration(step) * time.Second
	start := first.Truncate(width)
	var out []report.Bin
	for t := start; !t.After(last) && len(out) < 10*maxBins; t = t.Add(width) {
		out = append(out, report.Bin{T: report.Time{Time: t}, StepSeconds: step})
	}
	return out
}

// seriesList are the ports over time of the processes that had most of the headline's
// pool: of its longest trace, else of the tables.
func (j *judgement) seriesList() []report.Series {
	m, p := j.headline()
	out := []report.Series{}
	if p == nil {
		return out
	}
	if all := traceSeries(m, p); len(all) > 0 {
		return all
	}
	_, list := p.lastBooks()
	for _, h := range list {
		if len(out) == seriesShown || h.table == nil || h.pid <= 0 {
			continue
		}
		s := report.Series{Host: m.name, Transport: p.t.String(), PID: h.pid, Image: h.image}
		all := h.table.Source.Grown(p.index, int(h.pid))
		if len(all) < 2 {
			all = p.overFiles(int(h.pid))
		}
		for _, g := range thinned(all) {
			if !g.Table.Time.IsZero() {
				s.Points = append(s.Points, report.Point{T: g.Table.Time, Ports: g.Ports})
			}
		}
		if len(s.Points) > 1 {
			out = append(out, s)
		}
	}
	return out
}

// thinned keeps at most 256 points, the last among them.
func thinned(all []facts.Growth) []facts.Growth {
	const most = 256
	if len(all) <= most {
		return all
	}
	out := make([]facts.Growth, 0, most)
	for i := range most {
		out = append(out, all[i*(len(all)-1)/(most-1)])
	}
	return out
}

func traceSeries(m *machine, p *pool) []report.Series {
	var longest *facts.Trace
	most := 0
	for _, t := range m.traces {
		if b := t.Bins(p.t); len(b) > 0 && len(b)*b[0].StepSeconds > most {
			longest, most = t, len(b)*b[0].StepSeconds
		}
	}
	if longest == nil {
		return nil
	}
	procs := slices.DeleteFunc(slices.Clone(longest.Processes), func(x *facts.Process) bool { return x.Series[p.t].Most() == 0 })
	slices.SortStableFunc(procs, func(a, b *facts.Process) int {
		return cmp.Or(b.Series[p.t].Most()-a.Series[p.t].Most(), cmp.Compare(a.PID, b.PID), cmp.Compare(a.Key, b.Key))
	})
	out := []report.Series{}
	for _, x := range procs[:min(len(procs), seriesShown)] {
		if points := x.Series[p.t].Points(); len(points) > 1 {
			out = append(out, report.Series{
				Host: m.name, Transport: p.t.String(), PID: x.PID, ProcessKey: facts.HexKey(x.Key), Image: m.whoRan(x).image,
				Source: longest.Source.Path, Points: points,
			})
		}
	}
	return out
}

// hostOfSource is the name of the machine of a source, "" where no input names it.
func (j *judgement) hostOfSource(path string) string {
	if m := j.bySource[path]; m != nil {
		return strings.TrimSpace(m.name)
	}
	return ""
}
