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

// stuck are the ports of a pool whose close hangs, since one start of Windows and up to
// one moment. A port told again belongs to the PID that told it last.
type stuck struct {
	since   report.Time // the start, zero when the log shows none
	at      report.Time // of the last record that counts
	first   *facts.Record
	last    *facts.Record
	ports   map[int]*facts.Record
	told    []time.Time // when each port was told first
	records int
}

// stuckAt gives what hangs at a moment.
func (p *pool) stuckAt(at report.Time) *stuck {
	s := &stuck{since: p.m.bootBefore(at), ports: map[int]*facts.Record{}}
	for _, r := range between(p.m.hung, s.since.Time, at.Time) {
		if r.Transport != p.t {
			continue
		}
		s.records++
		if !p.view.Holds(r.Port) {
			continue
		}
		if s.first == nil {
			s.first = r
		}
		s.last, s.at = r, r.Time
		if s.ports[r.Port] == nil {
			s.told = append(s.told, r.Time.Time)
		}
		s.ports[r.Port] = r
	}
	return s
}

// notFree is how many ports of the pool were not free at the time of a table: those that it
// shows, and those whose close hangs, which no table shows; -1 when they were not counted.
// A port of both counts twice where the rows are not kept.
func (p *pool) notFree(t *facts.Table) int {
	used := p.usedIn(t)
	if used < 0 || t.Time.IsZero() || p.t != facts.TCP || len(p.m.hung) == 0 {
		return used
	}
	if n, ok := p.notFreeIn[t]; ok {
		return n
	}
	if t.Rows == nil {
		used = min(used+p.hangingAt(t.Time), max(p.capacity(), used))
	} else {
		u := p.useOf(t)
		for port := range p.stuckAt(t.Time).ports {
			if !u.inUse[port] {
				used++
			}
		}
	}
	if p.notFreeIn == nil {
		p.notFreeIn = map[*facts.Table]int{}
	}
	p.notFreeIn[t] = used
	return used
}

// hangingAt is how many ports were told to hang from the start of Windows up to a time.
func (p *pool) hangingAt(at report.Time) int {
	since := p.m.bootBefore(at)
	told, ok := p.hangs[since]
	if !ok {
		until := p.m.hung[len(p.m.hung)-1].Time
		if i := slices.IndexFunc(p.m.boots, func(b boot) bool { return b.at.After(since.Time) }); i >= 0 {
			until = report.Time{Time: p.m.boots[i].at.Add(-1)}
		} else if until.Before(since.Time) {
			until = since
		}
		if p.hangs == nil {
			p.hangs = map[report.Time][]time.Time{}
		}
		told = p.stuckAt(until).told
		p.hangs[since] = told
	}
	n, _ := slices.BinarySearchFunc(told, at.Time, func(a, b time.Time) int { return cmp.Or(a.Compare(b), -1) })
	return n
}

// stuckNow gives what hangs at the end of the machine's records.
func (p *pool) stuckNow() *stuck {
	if len(p.m.hung) == 0 {
		return &stuck{}
	}
	return p.stuckAt(p.m.logEnd())
}

// stuckPeaks gives what hung at the end of each start of Windows, where anything did.
func (p *pool) stuckPeaks() []*stuck {
	var out []*stuck
	for _, b := range p.m.boots {
		if !p.m.in(b.at) {
			continue
		}
		if s := p.stuckAt(report.Time{Time: b.at.Add(-1)}); len(s.ports) > 0 {
			out = append(out, s)
		}
	}
	if len(p.stuck.ports) > 0 {
		out = append(out, p.stuck)
	}
	return out
}

// logEnd is the last time the machine's log speaks of.
func (m *machine) logEnd() report.Time {
	var end report.Time
	for _, l := range m.logs {
		if l.Log.Last.After(end.Time) {
			end = l.Log.Last
		}
	}
	for _, all := range [][]*facts.Record{m.records, m.life} {
		if n := len(all); n > 0 && all[n-1].Time.After(end.Time) {
			end = all[n-1].Time
		}
	}
	return m.last(end)
}

// byPID are the ports of each process, most first.
func (s *stuck) byPID() []stuckBy {
	count := map[report.PID]*stuckBy{}
	for _, port := range sortedKeys(s.ports) {
		r := s.ports[port]
		b := count[r.PID]
		if b == nil {
			b = &stuckBy{pid: r.PID, last: r}
			count[r.PID] = b
		}
		b.ports = append(b.ports, port)
		if r.Time.After(b.last.Time.Time) {
			b.last = r
		}
	}
	var out []stuckBy
	for _, pid := range sortedKeys(count) {
		out = append(out, *count[pid])
	}
	slices.SortStableFunc(out, func(a, b stuckBy) int { return len(b.ports) - len(a.ports) })
	return out
}

// stuckBy are the hanging ports of one process.
type stuckBy struct {
	pid   report.PID
	ports []int
	last  *facts.Record
}

// pace is how many more distinct ports hang each hour.
type pace struct {
	perHour float64
	within  float64 // share of perHour by which it is uncertain, as the hours differ
	span    time.Duration
}

// pace is that of the last day, or since the first if that is shorter.
func (s *stuck) pace(first, end report.Time) pace {
	p := pace{span: min(end.Sub(first.Time), stuckRate)}
	hours := make([]float64, max(int(p.span.Hours()), 2))
	step := p.span / time.Duration(len(hours))
	from, n := end.Add(-p.span), 0
	for _, t := range s.told {
		if at := t.Sub(from); at >= 0 {
			hours[min(int(at/step), len(hours)-1)]++
			n++
		}
	}
	if n == 0 {
		return p
	}
	p.perHour = float64(n) / p.span.Hours()
	mean, squares := float64(n)/float64(len(hours)), 0.0
	for _, h := range hours {
		squares += (h - mean) * (h - mean)
	}
	// Thrice the standard error, and more where few hours tell it.
	others := float64(len(hours) - 1)
	p.within = 3 * (1 + 2/others) * math.Sqrt(squares/others/float64(len(hours))) / mean
	return p
}

// stuckForecast says when the ports that hang fill the pool: at the least that did so
// before in this log and at most at this pace, and at the capacity and at least at this
// pace. There is none for a start that has run out, nor from few records or a short time.
func (j *judgement) stuckForecast(p *pool) *report.Forecast {
	end := p.m.logEnd()
	s := p.stuck
	n := len(s.ports)
	if n < stuckLeast {
		return nil
	}
	first := s.first.Time
	if from := p.m.options.Window.From; from.After(first.Time) {
		first = from // how many hang by then is known, and how fast they came is of another time
	}
	if end.Sub(first.Time) < stuckSpan || s.last.Time.Sub(first.Time) < stuckSpan {
		return nil
	}
	for _, e := range p.episodes {
		if !p.m.apart(e.from, end) {
			return nil // this start has run out already
		}
	}
	pace := s.pace(first, end)
	if pace.perHour <= 0 {
		return nil
	}
	in := func(to int, rate float64) time.Time {
		hours := max(float64(to-n), 0) / rate
		return end.Add(time.Duration(hours * float64(time.Hour)))
	}
	since := "since the start of " + report.Minute(s.since)
	least, basis := p.ranOutAt()
	from := in(least, pace.perHour*(1+pace.within))
	if s.since.IsZero() {
		since = "since the log begins (those before it are not in it)"
		from, basis = end.Time, "the pool holds "+report.Grouped(p.capacity())
	}
	rate := fmt.Sprintf("%.1f more an hour in the last %s", pace.perHour, report.Rough(pace.span))
	if pace.within >= 0.005 {
		rate = fmt.Sprintf("%.1f (give or take %s) more an hour in the last %s", pace.perHour, report.Percent(pace.within), report.Rough(pace.span))
	}
	if from = from.Truncate(time.Second); from.Before(end.Time) {
		from = end.Time
	}
	to := in(p.capacity(), pace.perHour/(1+pace.within)).Add(time.Second - 1)
	return &report.Forecast{
		FullAtFrom: report.Time{Time: from}, FullAtTo: report.Time{Time: to.Truncate(time.Second)},
		RatePerHour: round(pace.perHour, 1), Evidence: j.cite(s.last.Row()),
		Basis: fmt.Sprintf("ports whose close hangs %s: %s, and %s; %s", since, report.Grouped(n), rate, basis),
	}
}

// ranOutAt is the least number of hanging closes at which the pool ran out before, of the
// starts that the log shows whole; where it shows none, a share of the capacity.
func (p *pool) ranOutAt() (least int, basis string) {
	for _, e := range p.episodes {
		if len(e.records) == 0 {
			continue
		}
		s := p.stuckAt(e.records[0].Time)
		if at := len(s.ports); at >= stuckLeast && !s.since.IsZero() && (least == 0 || at < least) {
			least = at
		}
	}
	if least > 0 {
		return least, fmt.Sprintf("the pool ran out at %s before, and holds %s", report.Grouped(least), report.Grouped(p.capacity()))
	}
	least = int(stuckBefore * float64(p.capacity()))
	return least, fmt.Sprintf("it may be full from %s of %s on", report.Grouped(least), report.Grouped(p.capacity()))
}

// share of the capacity that hangs.
func (p *pool) stuckShare() float64 {
	return p.share(len(p.stuck.ports))
}

// stuckAtEpisode is what hung when an episode began: at its first record, else its first
// refusal.
func (p *pool) stuckAtEpisode(e *episode) *stuck {
	at := e.from
	if len(e.records) > 0 {
		at = e.records[0].Time
	}
	return p.stuckAt(at)
}

// compareFirst orders by a number, most first, then by PID.
func compareFirst(an, bn int, a, b report.PID) int { return cmp.Or(bn-an, cmp.Compare(a, b)) }
