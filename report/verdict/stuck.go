package verdict

import (
	"cmp"
	"fmt"
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
	records int
}

// stuckAt gives what hangs at a moment.
func (p *pool) stuckAt(at report.Time) *stuck {
	s := &stuck{since: p.m.bootBefore(at), ports: map[int]*facts.Record{}}
	for _, r := range between(p.m.records, s.since.Time, at.Time) {
		if r.ID != 16002 || r.Transport != p.t {
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
		s.ports[r.Port] = r
	}
	return s
}

// stuckNow gives what hangs at the end of the machine's records.
func (p *pool) stuckNow() *stuck {
	if len(p.m.records) == 0 {
		return &stuck{}
	}
	return p.stuckAt(p.m.logEnd())
}

// stuckPeaks gives what hung at the end of each start of Windows, where anything did.
func (p *pool) stuckPeaks() []*stuck {
	var out []*stuck
	for _, b := range p.m.boots {
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
	return end
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

// rate is how many more distinct ports hang each hour: over the last day, or since the
// first if that is shorter.
func (s *stuck) rate(end report.Time) (perHour float64, span time.Duration) {
	if s.first == nil {
		return 0, 0
	}
	span = end.Sub(s.first.Time.Time)
	from := s.first.Time.Time
	if span > stuckRate {
		span, from = stuckRate, end.Add(-stuckRate)
	}
	n := 0
	for _, r := range s.ports {
		if !r.Time.Before(from) {
			n++
		}
	}
	if span <= 0 {
		return 0, 0
	}
	return float64(n) / span.Hours(), span
}

// stuckForecast says when the ports that hang fill the pool: at the least that did so
// before in this log, and at the capacity. There is none for a start that has run out,
// nor from few records or a short time.
func (j *judgement) stuckForecast(p *pool) *report.Forecast {
	end := p.m.logEnd()
	s := p.stuck
	n := len(s.ports)
	if n < stuckLeast || end.Sub(s.first.Time.Time) < stuckSpan || s.last.Time.Sub(s.first.Time.Time) < stuckSpan {
		return nil
	}
	for _, e := range p.episodes {
		if !p.m.apart(e.from, end) {
			return nil // this start has run out already
		}
	}
	rate, _ := s.rate(end)
	if rate <= 0 {
		return nil
	}
	least, before := int(stuckBefore*float64(p.capacity())), 0
	for _, e := range p.episodes {
		if len(e.records) == 0 {
			continue
		}
		if at := len(p.stuckAt(e.records[0].Time).ports); at >= stuckLeast && (before == 0 || at < before) {
			before = at
		}
	}
	basis := fmt.Sprintf("it may be full from %s of %s on", report.Grouped(least), report.Grouped(p.capacity()))
	if before > 0 {
		least = before
		basis = fmt.Sprintf("the pool ran out at %s before, and holds %s", report.Grouped(before), report.Grouped(p.capacity()))
	}
	in := func(to int) report.Time {
		hours := max(float64(to-n), 0) / rate
		return report.Time{Time: end.Add(time.Duration(hours * float64(time.Hour))).Truncate(time.Second)}
	}
	since := "since the log begins"
	if !s.since.IsZero() {
		since = "since the start of " + report.Minute(s.since)
	}
	f := &report.Forecast{
		FullAtFrom: in(least), FullAtTo: in(p.capacity()), RatePerHour: round(rate, 1), Evidence: j.cite(s.last.Row()),
		Basis: fmt.Sprintf("ports whose close hangs %s: %s, and %.1f more an hour in the last %s; %s", since, report.Grouped(n), rate, report.Rough(min(end.Sub(s.first.Time.Time), stuckRate)), basis),
	}
	return f
}

// share of the capacity that hangs.
func (p *pool) stuckShare() float64 {
	if p.stuck == nil {
		return 0
	}
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
