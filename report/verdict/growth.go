package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// gain is growth by so many ports at a time; of tells who got the port, in a trace.
type gain struct {
	at report.Time
	n  int
	of *facts.Hold
}

// leak is a process that takes ports and does not give them back.
type leak struct {
	identity
	pid        report.PID
	key        uint64
	from, to   report.Time // the time it was watched, from its first port not given back
	count      int         // ports it has not given back
	rate       float64     // a minute, over the whole of it
	low, high  float64     // a minute: the least and the greatest of the whole and its last third
	opened     int         // dynamic binds that succeeded, 0 where a table tells
	closed     int
	oldest     time.Duration
	half       time.Duration // half of those it closed lived no longer
	first, now int           // in tables
	tables     int
	holds      []*facts.Hold   // its ports, where a trace tells
	ends       [2]*facts.Table // the first and the last, where tables tell
	cited      []report.Evidence
}

// grows tells whether gains are those of a leak, from the first of so many points to the
// end of what was watched: 5 points over 90 s, and in the last third of the time at least
// half of the mean rate. A plateau, a saw-tooth and a peak at the end are none; the first
// tenth of the growth may stand apart from the rest.
func grows(gains []gain, points int, first, end report.Time) (rate, low, high float64, ok bool) {
	total := 0
	for _, g := range gains {
		total += g.n
	}
	if points < leakPoints || total < leakMinimum {
		return 0, 0, 0, false
	}
	bulk, n := gains[0].at, 0
	for _, g := range gains {
		if n += g.n; float64(n) > leakBulk*float64(total) {
			bulk = g.at
			break
		}
	}
	last := gains[len(gains)-1].at
	span := end.Sub(first.Time)
	if last.Sub(bulk.Time) < leakSpan || span < leakSpan {
		return 0, 0, 0, false
	}
	late, third := 0, end.Add(-span/3)
	for _, g := range gains {
		if g.at.After(third) {
			late += g.n
		}
	}
	rate = float64(total) / span.Minutes()
	recent := float64(late) / (span / 3).Minutes()
	if rate < leakPerMinute || recent < leakLastThird*rate {
		return rate, 0, 0, false
	}
	return rate, min(rate, recent), max(rate, recent), true
}

// findLeaks finds the processes of a pool that take ports and do not give them back.
func (j *judgement) findLeaks(p *pool) {
	for _, t := range p.m.traces {
		for _, proc := range t.Processes {
			if l, ok := p.traceLeak(t, proc); ok {
				l.identity = p.m.whoRan(proc)
				l.cited = append([]report.Evidence{t.HeldRow(proc, l.to, l.count, l.holds)}, l.rows...)
				p.leaks = append(p.leaks, l)
			}
		}
	}
	if len(p.leaks) == 0 {
		for _, s := range p.m.texts {
			for _, pid := range s.GrownPIDs(p.index) {
				if l, ok := p.tableLeak(s, pid); ok {
					p.leaks = append(p.leaks, p.citing(l))
				}
			}
		}
	}
	if len(p.leaks) == 0 {
		for _, pid := range p.inSeveral() {
			if l, ok := p.leakOf(p.upToFull(p.comparable(pid)), pid); ok {
				p.leaks = append(p.leaks, p.citing(l))
			}
		}
	}
	slices.SortStableFunc(p.leaks, func(a, b leak) int {
		return cmp.Or(cmp.Compare(b.rate, a.rate), cmp.Compare(a.pid, b.pid), cmp.Compare(a.key, b.key))
	})
}

// citing adds the evidence of a leak that tables tell.
func (p *pool) citing(l leak) leak {
	pid := int(l.pid)
	l.cited = append([]report.Evidence{p.held(l.ends[1], pid), p.held(l.ends[0], pid)}, l.rows...)
	return l
}

// inSeveral are the PIDs that tables of more than one file show with ports of the pool.
func (p *pool) inSeveral() []int {
	in := map[int]int{}
	for _, s := range p.m.texts {
		for _, pid := range s.GrownPIDs(p.index) {
			in[pid]++
		}
	}
	return slices.DeleteFunc(sortedKeys(in), func(pid int) bool { return in[pid] < 2 })
}

// overFiles are a PID's ports over the timed tables of all of the machine's files, by time,
// each time once: a loop may write each table to a file of its own.
func (p *pool) overFiles(pid int) []facts.Growth {
	var out []facts.Growth
	for _, s := range p.m.texts {
		out = append(out, s.Grown(p.index, pid)...)
	}
	out = slices.DeleteFunc(out, func(g facts.Growth) bool { return g.Table.Time.IsZero() || !p.m.has(g.Table) })
	slices.SortStableFunc(out, func(a, b facts.Growth) int { return a.Table.Time.Compare(b.Table.Time.Time) })
	return slices.CompactFunc(out, func(a, b facts.Growth) bool { return a.Table.Time.Equal(b.Table.Time.Time) })
}

// has tells that a table of one of the machine's texts is of the machine.
func (m *machine) has(t *facts.Table) bool {
	return t.Host == "" || firstLabel(t.Host) == firstLabel(m.name)
}

// comparable are those of overFiles if they can be compared: all show bound ports or none
// does, and they name one program for the PID.
func (p *pool) comparable(pid int) []facts.Growth {
	out := p.overFiles(pid)
	for i := 1; i < len(out); i++ {
		a, b := out[i-1].Table, out[i].Table
		x, y := a.Source.OwnerOf(pid), b.Source.OwnerOf(pid)
		if a.ShowsBound() != b.ShowsBound() || x != "" && y != "" && !sameImage(x, y) {
			return nil
		}
	}
	return out
}

// held is the evidence of the ports that a PID has in a table; where the rows were not
// kept, that of the whole table.
func (p *pool) held(t *facts.Table, pid int) report.Evidence {
	if h := p.useOf(t).by[whose{pid: int32(pid)}]; h != nil {
		return t.HolderRow(report.PID(pid), h.of, len(h.ports), h.orphanBound, h.closeWait)
	}
	return t.Row()
}

// until is the time up to which growth is measured: a full pool does not grow.
func (p *pool) until(t *facts.Trace) report.Time {
	if w := t.Runs[p.t][p.fam()].List; len(w) > 0 {
		return w[0].From
	}
	return t.Last
}

// taken are the ports of the pool that a process took up to a time and has not given back.
func (p *pool) taken(holds []facts.Hold, proc *facts.Process, until report.Time) []gain {
	var out []gain
	for i := range holds {
		h := &holds[i]
		if h.Process == proc && h.Dynamic && p.has(h) && p.m.in(h.Since) && !h.Since.After(until.Time) {
			out = append(out, gain{h.Since, 1, h})
		}
	}
	slices.SortFunc(out, func(a, b gain) int { return a.at.Compare(b.at.Time) })
	return out
}

// traceLeak tells whether a process of a trace leaks.
func (p *pool) traceLeak(t *facts.Trace, proc *facts.Process) (leak, bool) {
	until := p.until(t)
	gains := p.taken(proc.Held, proc, until)
	if !proc.Ended.IsZero() {
		if gains = p.takenAtRefusal(t, proc, until); proc.Ended.Before(until.Time) {
			until = proc.Ended
		}
	}
	if len(gains) == 0 {
		return leak{}, false
	}
	rate, low, high, ok := grows(gains, len(gains), gains[0].at, until)
	if !ok {
		return leak{}, false
	}
	var holds []*facts.Hold
	for _, g := range gains {
		holds = append(holds, g.of)
	}
	l := leak{
		pid: proc.PID, key: proc.Key, holds: holds, from: gains[0].at, to: until, count: len(gains), rate: rate, low: low, high: high,
		opened: proc.Opened[p.t], closed: proc.Closed[p.t], oldest: t.Last.Sub(gains[0].at.Time), half: proc.Lived[p.t].Half(),
	}
	return l, l.opened > 0 && (float64(l.count) >= leakOpenShare*float64(l.opened) || l.aged(gains, t.Last))
}

// aged tells that half of what is open is far older than what the process closed: four
// times the time that half of it reached.
func (l *leak) aged(gains []gain, end report.Time) bool {
	if l.half <= 0 {
		return true
	}
	old := 0
	for _, g := range gains {
		if end.Sub(g.at.Time) > 4*l.half {
			old++
		}
	}
	return 2*old >= len(gains)
}

// takenAtRefusal are the ports that a process which has ended had at the first refusal.
func (p *pool) takenAtRefusal(t *facts.Trace, proc *facts.Process, until report.Time) []gain {
	for i := range t.Runs[p.t][0].List {
		if w := &t.Runs[p.t][0].List[i]; w.Kept && !w.To.Before(until.Time) {
			return p.taken(w.Holds, proc, until)
		}
	}
	return nil
}

// traceGrowth is how many ports a minute a process took and did not give back.
func (p *pool) traceGrowth(t *facts.Trace, proc *facts.Process) float64 {
	if l, ok := p.traceLeak(t, proc); ok {
		return l.rate
	}
	return 0
}

// series are a PID's ports over the timed tables of a source, up to the first in which
// the pool is full.
func (p *pool) series(s *facts.Source, pid int) []facts.Growth {
	return p.upToFull(s.Grown(p.index, pid))
}

// upToFull leaves out what has no time, is of another machine or lies before a start of
// Windows, and what comes after the first table in which the pool is full.
func (p *pool) upToFull(all []facts.Growth) []facts.Growth {
	var out []facts.Growth
	for _, g := range all {
		if g.Table.Time.IsZero() || !p.m.has(g.Table) {
			continue
		}
		if n := len(out); n > 0 && p.m.apart(out[n-1].Table.Time, g.Table.Time) {
			out = nil // a start of Windows gave all ports back
		}
		out = append(out, g)
		if p.share(p.usedIn(g.Table)) >= poolFull {
			break
		}
	}
	return out
}

// gainsOf are the steps by which the least later value grows, which is what is not given
// back, and the index of the last table before the first of them.
func gainsOf(series []facts.Growth) (gains []gain, before int) {
	floor := make([]int, len(series))
	low := math.MaxInt
	for i := len(series) - 1; i >= 0; i-- {
		low = min(low, series[i].Ports)
		floor[i] = low
	}
	for i := 1; i < len(series); i++ {
		if floor[i] <= floor[i-1] {
			continue
		}
		if gains == nil {
			before = i - 1
		}
		gains = append(gains, gain{at: series[i].Table.Time, n: floor[i] - floor[i-1]})
	}
	return gains, before
}

// tableLeak tells whether a PID leaks by the tables of a source.
func (p *pool) tableLeak(s *facts.Source, pid int) (leak, bool) {
	if s.MostGrown(p.index, pid) < leakMinimum {
		return leak{}, false
	}
	return p.leakOf(p.series(s, pid), pid)
}

// leakOf tells whether a PID leaks by a series of tables.
func (p *pool) leakOf(series []facts.Growth, pid int) (leak, bool) {
	if len(series) < leakPoints {
		return leak{}, false
	}
	last := series[len(series)-1]
	gains, at := gainsOf(series)
	if len(gains) == 0 {
		return leak{}, false
	}
	first := series[at].Table.Time
	rate, low, high, ok := grows(gains, len(series)-at, first, last.Table.Time)
	if !ok {
		return leak{}, false
	}
	l := leak{
		pid: report.PID(pid), from: first, to: last.Table.Time, rate: rate, low: low, high: high,
		first: series[0].Ports, now: last.Ports, tables: len(series),
		ends: [2]*facts.Table{series[0].Table, last.Table},
	}
	for _, g := range gains {
		l.count += g.n
	}
	l.identity = p.m.who(last.Table, l.pid, "")
	return l, true
}

// tableGrowth is how many ports a minute a PID took over the tables and did not give back.
func (p *pool) tableGrowth(s *facts.Source, pid int) float64 {
	if pid <= 0 {
		return 0
	}
	if l, ok := p.tableLeak(s, pid); ok {
		return l.rate
	}
	for i := range p.leaks {
		if l := &p.leaks[i]; l.tables > 0 && l.pid == report.PID(pid) {
			return l.rate
		}
	}
	return 0
}

// slopes are the sums over all leaks of a pool, a minute.
func (p *pool) slopes() (rate, low, high float64) {
	for _, l := range p.leaks {
		rate += l.rate
		low += l.low
		high += l.high
	}
	return rate, low, high
}

// fills says which processes would use up the pool within as long again as they were
// watched, "" when none would: from what is seen in use, by the sum of their growth.
func (p *pool) fills() string {
	if len(p.leaks) == 0 || p.refuted || !p.known {
		return ""
	}
	var from, to report.Time
	var names []string
	for _, l := range p.leaks {
		if from.IsZero() || l.from.Before(from.Time) {
			from = l.from
		}
		if l.to.After(to.Time) {
			to = l.to
		}
		names = append(names, label(l.image, nil, l.pid))
	}
	rate, _, _ := p.slopes()
	span := to.Sub(from.Time)
	left := float64(p.capacity() - p.inUseAt(to))
	if rate*span.Minutes() < left {
		return ""
	}
	if len(names) > 3 {
		names = append(names[:3:3], fmt.Sprintf("%d more", len(names)-3))
	}
	verb := "would use up the pool"
	return fmt.Sprintf("%s %s in another %s at the present rate (%s of %s ports left, %.0f more a minute)",
		report.Joined(names), verb, report.Rough(time.Duration(left/rate*float64(time.Minute))), report.Grouped(int(left)), report.Grouped(p.capacity()), rate)
}

// inUseAt is what is seen in use at the end of what was watched: by the last table not
// after it, or the trace, whichever shows more.
func (p *pool) inUseAt(to report.Time) int {
	most := 0
	for _, t := range p.m.tables {
		if n := p.usedIn(t); n >= 0 && !t.Time.IsZero() && t.Time.Sub(to.Time).Abs() <= tableWithin {
			most = max(most, n)
		}
	}
	for _, t := range p.m.traces {
		most = max(most, p.distinct(p.heldAtEnd(t)))
	}
	return most
}

func (p *pool) distinct(holds []facts.Hold) int {
	seen := map[uint16]bool{}
	for i := range holds {
		seen[holds[i].Port] = true
	}
	return len(seen)
}

// leakForecast says when leaks fill a pool whose use a complete table tells. Where
// sockets older than a trace are unseen and no table tells the use, there is none.
func (j *judgement) leakForecast(p *pool) *report.Forecast {
	if len(p.leaks) == 0 || p.refuted {
		return nil
	}
	var at *facts.Table
	for _, t := range p.m.tables {
		if !t.Time.IsZero() && t.Complete() && p.usedIn(t) >= 0 && !p.m.apart(t.Time, p.leaks[0].to) {
			at = t
		}
	}
	if at == nil {
		return nil
	}
	used := p.usedIn(at)
	rate, low, high := p.slopes()
	left := float64(p.capacity() - used)
	if left <= 0 || low <= 0 || p.share(used) >= poolFull {
		return nil
	}
	in := func(perMinute float64) report.Time {
		return report.Time{Time: at.Time.Add(time.Duration(left / perMinute * float64(time.Minute))).Truncate(time.Second)}
	}
	if in(high).Sub(at.Time.Time) > forecastMost {
		return nil
	}
	return &report.Forecast{
		FullAtFrom: in(high), FullAtTo: in(low), RatePerHour: round(60*rate, 1), Evidence: j.cite(at.Row()),
		Basis: fmt.Sprintf("%s of %s ports in use in %s, and %.0f more a minute that are not given back", report.Grouped(used), report.Grouped(p.capacity()), at.Source.Path, rate),
	}
}

func round(v float64, digits int) float64 {
	f := math.Pow10(digits)
	return math.Round(v*f) / f
}
