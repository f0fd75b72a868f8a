package verdict

import (
	"cmp"
	"slices"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// episode is one span in which one pool had nothing left.
type episode struct {
	m        *machine
	p        *pool // nil where nothing tells the transport
	from, to report.Time
	failures int
	acquires int
	byFamily [2]int
	runs     []runOf
	records  []*facts.Record // 4231 or 4266
	pressure []*facts.Record // 4227
	full     *facts.Table    // a table that reached the capacity

	firstRefusal, lastRefusal, lastRecord report.Time

	ends    string // as verdict.json has it
	endedAt report.Time
	earlier bool // so long before the other inputs that it does not decide
	later   bool // after the other inputs
	books   books
	holders []*holder
	// rival has most by the trace where the table of the books shows it with rivalThere.
	rival      *holder
	rivalThere int
	index      int // in verdict.json
}

// runOf is a stretch of refusals and the trace that shows it.
type runOf struct {
	trace *facts.Trace
	run   *facts.Run
}

func (e *episode) decides() bool { return !e.earlier }

// within tells that a time lies in the episode or so near it.
func (e *episode) within(t report.Time, d time.Duration) bool {
	return !t.IsZero() && !e.from.IsZero() && !t.Before(e.from.Add(-d)) && !t.After(e.to.Add(d))
}

// distance is a time less the nearest moment of the episode: 0 in it.
func (e *episode) distance(t report.Time) time.Duration {
	switch {
	case t.Before(e.from.Time):
		return t.Sub(e.from.Time)
	case t.After(e.to.Time):
		return t.Sub(e.to.Time)
	}
	return 0
}

// family is the family of all its failures, "any" when they are of both or none is known.
func (e *episode) family() string {
	switch {
	case e.p != nil && e.p.alone:
		return e.p.family()
	case e.byFamily[0] > 0 && e.byFamily[1] == 0:
		return "ipv4"
	case e.byFamily[1] > 0 && e.byFamily[0] == 0:
		return "ipv6"
	}
	return "any"
}

// findEpisodes finds the episodes of all pools of a machine.
func (j *judgement) findEpisodes(m *machine) {
	j.giveUnknown(m)
	for _, p := range m.pools {
		p.episodes = p.runEpisodes(j.given[p])
		p.takeRecords()
		p.takeFullTables()
		p.joinChains()
		for _, e := range p.episodes {
			p.end(e)
			p.takePressure(e)
		}
		p.stand()
	}
}

// runEpisodes joins the runs of refusals to episodes: a gap of a minute parts them if a
// dynamic bind succeeded in it, else only one of ten minutes; a start of Windows always.
func (p *pool) runEpisodes(given []facts.UnknownAttempt) []*episode {
	var all []*episode
	for _, t := range p.m.traces {
		list := t.Runs[p.t][p.fam()].List
		for i := range list {
			w := &list[i]
			all = append(all, &episode{
				m: p.m, p: p, from: w.From, to: w.To, failures: w.Failures, acquires: w.Acquires, byFamily: w.ByFamily,
				runs: []runOf{{t, w}}, firstRefusal: w.From, lastRefusal: w.To,
			})
		}
	}
	for i := range given {
		u := &given[i]
		e := &episode{m: p.m, p: p, from: u.At, to: u.At, failures: 1, firstRefusal: u.At, lastRefusal: u.At}
		if u.V6 {
			e.byFamily[1] = 1
		} else {
			e.byFamily[0] = 1
		}
		all = append(all, e)
	}
	sortEpisodes(all)
	var out []*episode
	for _, e := range all {
		if n := len(out); n > 0 && p.oneRun(out[n-1], e) {
			out[n-1].join(e)
			continue
		}
		out = append(out, e)
	}
	return out
}

func sortEpisodes(all []*episode) {
	slices.SortStableFunc(all, func(a, b *episode) int { return cmp.Or(a.from.Compare(b.from.Time), a.to.Compare(b.to.Time)) })
}

// oneRun tells that two stretches of refusals are of one episode; a begins first.
func (p *pool) oneRun(a, b *episode) bool {
	gap := b.firstRefusal.Sub(a.lastRefusal.Time)
	switch {
	case gap < runGap:
		return true
	case p.m.apart(a.lastRefusal, b.firstRefusal), gap >= quietGap:
		return false
	}
	_, recovered := p.succeeded(a.lastRefusal, b.firstRefusal)
	return !recovered
}

// join adds the episode that follows.
func (e *episode) join(b *episode) {
	first := func(a, b report.Time) report.Time {
		if a.IsZero() {
			return b
		}
		return a
	}
	last := func(a, b report.Time) report.Time {
		if b.After(a.Time) {
			return b
		}
		return a
	}
	e.from, e.to = first(e.from, b.from), last(e.to, b.to)
	e.firstRefusal, e.lastRefusal = first(e.firstRefusal, b.firstRefusal), last(e.lastRefusal, b.lastRefusal)
	e.lastRecord = last(e.lastRecord, b.lastRecord)
	e.failures += b.failures
	e.acquires += b.acquires
	e.byFamily[0] += b.byFamily[0]
	e.byFamily[1] += b.byFamily[1]
	e.runs = append(e.runs, b.runs...)
	e.records = append(e.records, b.records...)
	e.full = cmp.Or(e.full, b.full)
}

// succeeded is the first dynamic bind of the pool that succeeded after one refusal and
// before the next.
func (p *pool) succeeded(after, until report.Time) (report.Time, bool) {
	var best report.Time
	for _, t := range p.m.traces {
		for _, w := range t.Runs[p.t][p.fam()].List {
			s := w.Success
			if !s.IsZero() && !s.Before(after.Time) && (until.IsZero() || s.Before(until.Time)) && (best.IsZero() || s.Before(best.Time)) {
				best = s
			}
		}
		sp := &t.Dynamic[p.t][p.fam()]
		if sp.Count > 0 && sp.First.After(after.Time) && (until.IsZero() || sp.First.Before(until.Time)) && (best.IsZero() || sp.First.Before(best.Time)) {
			best = sp.First
		}
	}
	return best, !best.IsZero()
}

// recovery is the first sign after one time, and not after another, that the pool had
// ports again: dynamic binds succeed and none is refused for a minute, or a complete
// table shows less than 95 % in use.
func (p *pool) recovery(after, until report.Time) (report.Time, bool) {
	var best report.Time
	take := func(t report.Time) {
		if t.After(after.Time) && (until.IsZero() || !t.After(until.Time)) && (best.IsZero() || t.Before(best.Time)) {
			best = t
		}
	}
	for _, t := range p.m.traces {
		runs, sp := &t.Runs[p.t][p.fam()], &t.Dynamic[p.t][p.fam()]
		quiet := func(s report.Time) bool {
			end := s.Add(recoveredFor)
			if t.Last.Before(end) {
				return false
			}
			return !slices.ContainsFunc(runs.List, func(w facts.Run) bool { return !w.To.Before(s.Time) && !w.From.After(end) })
		}
		for i := range runs.List {
			w := &runs.List[i]
			if !w.Success.IsZero() && t.Last.Sub(w.To.Time) >= recoveredFor {
				take(w.Success)
			}
		}
		if sp.Count > 0 && quiet(sp.First) {
			take(sp.First)
		}
		if sp.Count > 0 && len(runs.List) == 0 && sp.First.Before(after.Time) {
			take(sp.Last)
		}
	}
	for _, t := range p.m.tables {
		if t.Time.IsZero() || !t.Complete() || p.refuted {
			continue
		}
		if used := p.notFree(t); used >= 0 && p.share(used) < poolFull {
			take(t.Time)
		}
	}
	return best, !best.IsZero()
}

// usedIn is how many ports of the pool a table shows in use, -1 when they were not counted.
func (p *pool) usedIn(t *facts.Table) int {
	if t.Failed != "" || t.Count == 0 {
		return -1
	}
	if n := t.Used(p.index); n >= 0 {
		return n
	}
	if t.Rows != nil {
		if n := p.useOf(t).used(); n > 0 || t.Shows(p.t) {
			return n
		}
	}
	return -1
}

// end finds how an episode ended.
func (p *pool) end(e *episode) {
	e.ends = "unknown"
	if e.to.IsZero() {
		return
	}
	boot, booted := p.m.bootIn(e.to, report.Time{})
	booted = booted && p.m.in(boot)
	back, recovered := p.recovery(e.to, report.Time{})
	switch {
	case recovered && (!booted || !back.After(boot.Time)):
		e.ends, e.endedAt = "recovered", back
	case booted:
		e.ends, e.endedAt = "restart", boot
	case p.inputsEnd(e):
		e.ends = "end-of-inputs"
	}
}

// inputsEnd tells that what shows the episode is over right after it, and not only the
// analysed window.
func (p *pool) inputsEnd(e *episode) bool {
	for _, r := range e.runs {
		if !r.trace.GoesOn && r.run.To.Equal(e.lastRefusal.Time) && r.trace.Last.Sub(e.lastRefusal.Time) <= endsWithin {
			return true
		}
	}
	if e.lastRecord.IsZero() {
		return false
	}
	for _, l := range p.m.logs {
		if l.Log.IsSystem() && l.Log.Last.Sub(e.lastRecord.Time) <= throttle && p.m.last(l.Log.Last) == l.Log.Last {
			return true
		}
	}
	return false
}

// takePressure lists a 4227 with the TCP episode it falls in or near.
func (p *pool) takePressure(e *episode) {
	if p.t != facts.TCP {
		return
	}
	for _, r := range between(p.m.records, e.from.Add(-recordWithin), e.to.Add(recordWithin)) {
		if r.ID == 4227 {
			e.pressure = append(e.pressure, r)
		}
	}
}

// stand tells which episodes decide: one that the log alone tells, and that is over more
// than a day before the first time of any trace or table, is earlier; one after their
// last is later, and decides.
func (p *pool) stand() {
	from, to := p.m.span()
	for _, e := range p.episodes {
		if from.IsZero() || e.to.IsZero() || len(e.records) == 0 || len(e.runs) > 0 || e.full != nil {
			continue
		}
		e.earlier = from.Sub(e.to.Time) > earlierBy
		e.later = e.from.After(to.Time)
	}
}

// span is the time that the machine's traces and timed tables are of.
func (m *machine) span() (from, to report.Time) {
	widen := func(a, b report.Time) {
		if a.IsZero() {
			return
		}
		if from.IsZero() || a.Before(from.Time) {
			from = a
		}
		if b.After(to.Time) {
			to = b
		}
	}
	for _, t := range m.traces {
		if t.Events > 0 {
			widen(t.First, t.Last)
		} else {
			widen(m.options.Clamp(t.Whole()))
		}
	}
	for _, t := range m.tables {
		widen(t.Time, t.Time)
	}
	return from, to
}
