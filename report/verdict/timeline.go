package verdict

import (
	"cmp"
	"math"
	"slices"

	"portverdict/etl"
	"portverdict/report"
)

// timeline counts by steps of whole seconds; the step doubles whenever the
// trace outgrows maxTimelineBins.
type timeline struct {
	start etl.FileTime // whole second
	step  int          // seconds; 0 before the first event
	bins  []bin
}

type bin struct {
	ok, refused int
	open        int // at the end of the step; -1 when nothing changed
}

const second = etl.FileTime(1e7)

// at gives the bin of a time, or nil for a time before the first.
func (l *timeline) at(t etl.FileTime) *bin {
	if l.step == 0 {
		l.start, l.step = t-t%second, 1
	}
	if t < l.start {
		t = l.start
	}
	i := int((t - l.start) / second / etl.FileTime(l.step))
	for i >= maxTimelineBins {
		l.fold()
		i = int((t - l.start) / second / etl.FileTime(l.step))
	}
	for len(l.bins) <= i {
		l.bins = append(l.bins, bin{open: -1})
	}
	return &l.bins[i]
}

// fold doubles the step.
func (l *timeline) fold() {
	half := l.bins[:0]
	for i := 0; i < len(l.bins); i += 2 {
		b := l.bins[i]
		if i+1 < len(l.bins) {
			n := l.bins[i+1]
			b.ok, b.refused = b.ok+n.ok, b.refused+n.refused
			if n.open >= 0 {
				b.open = n.open
			}
		}
		half = append(half, b)
	}
	l.bins, l.step = half, 2*l.step
}

func (l *timeline) open(t etl.FileTime, n int) { l.at(t).open = n }
func (l *timeline) success(t etl.FileTime)     { l.at(t).ok++ }
func (l *timeline) refused(t etl.FileTime)     { l.at(t).refused++ }

// series is how many ports a process held over time, thinned by halves.
type series struct {
	points []point
	every  etl.FileTime
}

type point struct {
	at   etl.FileTime
	open int
}

func (s *series) add(at etl.FileTime, open int) {
	if n := len(s.points); n > 0 && at-s.points[n-1].at < max(s.every, second) {
		s.points[n-1].open = open
		return
	}
	s.points = append(s.points, point{at, open})
	if len(s.points) < maxSeriesPoints {
		return
	}
	kept := s.points[:0]
	for i := 1; i < len(s.points); i += 2 {
		kept = append(kept, s.points[i])
	}
	s.points = kept
	s.every = max(2*s.every, 2*second)
}

// slope is the Theil-Sen slope in ports a minute of the points not after until.
func (s *series) slope(until etl.FileTime) float64 {
	_, mid, _ := s.slopes(until)
	return mid
}

// slopes gives the quartiles of the slopes between all points not after until; the
// middle one is Theil-Sen's, and half of all lie between the others.
func (s *series) slopes(until etl.FileTime) (low, mid, high float64) {
	var slopes []float64
	for i, a := range s.points {
		for _, b := range s.points[i+1:] {
			if b.at > until {
				break
			}
			if d := b.at - a.at; d > 0 {
				slopes = append(slopes, float64(b.open-a.open)/(float64(d)/float64(60*second)))
			}
		}
	}
	if len(slopes) == 0 {
		return 0, 0, 0
	}
	slices.Sort(slopes)
	n := len(slopes)
	mid = slopes[n/2]
	if n%2 == 0 {
		mid = (slopes[n/2-1] + slopes[n/2]) / 2
	}
	return slopes[n/4], mid, slopes[min(3*n/4, n-1)]
}

// bins renders the timeline of the case: the longest trace's bins, or, without
// a trace, one step a minute over the snapshots and log records.
func (c *situation) bins() []report.Bin {
	l := c.frame()
	if l.step == 0 {
		return nil
	}
	out := make([]report.Bin, len(l.bins))
	open := 0
	for i, b := range l.bins {
		if b.open >= 0 {
			open = b.open
		}
		out[i] = report.Bin{
			T: stamp(l.start + etl.FileTime(i*l.step)*second), StepSeconds: l.step,
			BindOK: b.ok, Bind0x209: b.refused, OpenSockets: open,
		}
	}
	place := func(t report.Time) *report.Bin {
		ft := fileTime(t.Time)
		if t.IsZero() || ft < l.start {
			return nil
		}
		if i := int((ft - l.start) / second / etl.FileTime(l.step)); i < len(out) {
			return &out[i]
		}
		return nil
	}
	for _, r := range c.records {
		if b := place(r.row.Time); b != nil {
			switch r.id {
			case 4227:
				b.EVTX4227++
			case 4231:
				b.EVTX4231++
			case 4266:
				b.EVTX4266++
			}
		}
	}
	for _, sn := range c.snapshots {
		if b := place(sn.time); b != nil {
			used := sn.used[c.shown]
			b.UsedPorts = &used
		}
	}
	return out
}

// longest is the trace whose steps the timeline has, nil without one.
func (c *situation) longest() *trace {
	var best *trace
	for _, t := range c.traces {
		if len(t.line.bins) > 0 && (best == nil || len(t.line.bins)*t.line.step > len(best.line.bins)*best.line.step) {
			best = t
		}
	}
	return best
}

// frame gives the time axis: the trace's own, or one laid over all known times.
func (c *situation) frame() timeline {
	var l timeline
	if t := c.longest(); t != nil {
		return t.line
	}
	var times []etl.FileTime
	for _, sn := range c.snapshots {
		if !sn.time.IsZero() {
			times = append(times, fileTime(sn.time.Time))
		}
	}
	for _, r := range c.records {
		if !r.row.Time.IsZero() && c.inWindow(r.row.Time) {
			times = append(times, fileTime(r.row.Time.Time))
		}
	}
	slices.Sort(times)
	if len(times) > 0 {
		l.start, l.step = times[0]-times[0]%(60*second), 60
		l.at(times[0])
		l.at(times[len(times)-1])
	}
	return l
}

// seriesList gives the ports over time of the processes that held most at any time,
// of the trace that gave the timeline, else of the tables.
func (c *situation) seriesList() []report.Series {
	var all []report.Series
	var points []series
	if t := c.longest(); t != nil {
		for _, p := range t.all {
			all = append(all, report.Series{PID: p.pid, ProcessKey: hex64(p.key), Image: c.image(p.pid, p.key), Source: t.source.Path})
			points = append(points, p.series)
		}
	} else {
		for _, h := range c.holders[:min(len(c.holders), 4*seriesShown)] {
			all = append(all, report.Series{PID: h.PID, Image: h.Image})
			points = append(points, c.portsOverTables(c.shown, h.PID, math.Inf(1)))
		}
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(points[b].most()-points[a].most(), all[a].PID-all[b].PID, compareText(all[a].ProcessKey, all[b].ProcessKey))
	})
	var out []report.Series
	for _, i := range order[:min(len(order), seriesShown)] {
		if points[i].most() == 0 || len(points[i].points) < 2 {
			continue
		}
		for _, p := range points[i].points {
			all[i].Points = append(all[i].Points, report.Point{T: stamp(p.at), Ports: p.open})
		}
		out = append(out, all[i])
	}
	return out
}

func (s *series) most() int {
	n := 0
	for _, p := range s.points {
		n = max(n, p.open)
	}
	return n
}
