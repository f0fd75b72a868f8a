package verdict

import (
	"cmp"
	"slices"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// books say where the ports of a pool were at one instant: capacity = holders + stuck +
// waiting + unaccounted + free.
type books struct {
	at       report.Time
	basis    string
	row      *report.Evidence // what tells it, nil where nothing does
	distance *float64         // of that from the episode, in seconds; nil when its time is not known
	far      bool             // of another moment: volatile things are not carried over
	full     bool             // it shows 95 % in use itself
	table    *facts.Table

	capacity, holders, stuck, waiting, unaccounted, free int
}

// instant is one candidate for the books of an episode, or for the fullest moment.
type instant struct {
	books
	list []*holder
	used int
}

// nothing is the balance where no input tells anything.
func (p *pool) nothing() instant {
	return instant{books: books{basis: "none", capacity: p.capacity(), unaccounted: p.capacity()}}
}

// close lets what is left be unaccounted for, or free where a complete table shows it.
func (b *books) close(free bool) {
	left := b.capacity - b.holders - b.stuck - b.waiting
	b.unaccounted, b.free = left, 0
	if free {
		b.unaccounted, b.free = 0, left
	}
}

// balance finds the books of an episode: the best source that leaves less than a tenth
// unaccounted for, else the one that leaves least.
func (j *judgement) balance(p *pool, e *episode) {
	all := slices.Concat(j.tablesOf(p, e), j.tracesOf(p, e), j.stuckOf(p, e), j.farOf(p, e))
	best := p.nothing()
	for i := range all {
		if float64(all[i].unaccounted) < balanced*float64(p.capacity()) {
			best = all[i]
			break
		}
		if all[i].unaccounted < best.unaccounted {
			best = all[i]
		}
	}
	if best.basis == "table" && !best.far {
		j.bothOf(p, e, &best)
	}
	e.books, e.holders = best.books, j.withSums(p, best.list)
	if e.rival, e.rivalThere = j.rivalOf(p, e, &best); e.rival == nil {
		p.name(e.holders, &e.books)
	}
}

// rivalOf is the process that has most by the trace at the last refusal, where the table
// that the books rest on shows less than half of its ports: then nobody can be named.
func (j *judgement) rivalOf(p *pool, e *episode, in *instant) (most *holder, there int) {
	if in.table == nil || p.refuted {
		return nil, 0
	}
	if at := j.tracesOf(p, e); len(at) > 0 {
		for _, h := range at[0].list {
			if most == nil || h.ports > most.ports {
				most = h
			}
		}
	}
	if most == nil || p.share(most.ports) < boundLeakShare {
		return nil, 0
	}
	for _, h := range in.list {
		if h.pid == most.pid && h.pid > 0 {
			there = h.ports
		}
	}
	if 2*there >= most.ports {
		return nil, 0
	}
	return most, there
}

// tablesOf are the tables of an episode, or within five minutes of it with neither a
// start nor a recovery between, the nearest first.
func (j *judgement) tablesOf(p *pool, e *episode) []instant {
	var out []instant
	var near []*facts.Table
	for _, t := range p.m.tables {
		if t.Rows == nil || t.Time.IsZero() || !e.within(t.Time, tableWithin) || p.parted(e, t.Time) {
			continue
		}
		near = append(near, t)
	}
	slices.SortStableFunc(near, func(a, b *facts.Table) int {
		return cmp.Compare(e.distance(a.Time).Abs(), e.distance(b.Time).Abs())
	})
	for _, t := range near {
		in := j.tableInstant(p, t, p.stuckAtEpisode(e))
		in.close(false)
		d := e.distance(t.Time).Seconds()
		in.distance = &d
		out = append(out, in)
	}
	return out
}

// parted tells that a start or a recovery lies between an episode and a time.
func (p *pool) parted(e *episode, t report.Time) bool {
	if t.Before(e.from.Time) {
		if p.m.apart(t, e.from) {
			return true
		}
		_, back := p.recovery(t, e.from)
		return back
	}
	if !t.After(e.to.Time) {
		return false
	}
	if p.m.apart(e.to, t) {
		return true
	}
	back, ok := p.recovery(e.to, t)
	return ok && !back.After(t.Time)
}

// beyond tells that the pool had ports again between an episode and a time: one that was
// full then was filled anew, and shows nobody of the episode.
func (p *pool) beyond(e *episode, t report.Time) bool {
	switch {
	case t.IsZero() || e.from.IsZero():
		return false
	case t.Before(e.from.Time):
		_, back := p.recovery(t, e.from)
		return back
	}
	back, ok := p.recovery(e.to, t)
	return ok && back.Before(t.Time)
}

// tableInstant counts a table; what hangs and the table does not show as held is added.
func (j *judgement) tableInstant(p *pool, t *facts.Table, s *stuck) instant {
	u := p.useOf(t)
	row := t.Row()
	in := instant{books: books{at: t.Time, basis: "table", row: &row, table: t, capacity: p.capacity(), holders: u.held, waiting: u.waiting}, used: u.used()}
	in.full = p.share(in.used) >= poolFull
	for port := range s.ports {
		if u.heldIn[port] {
			continue
		}
		in.stuck++
		if u.waits[port] {
			in.waiting--
		} else if !u.inUse[port] {
			in.used++
		}
	}
	for _, k := range sortedWhose(u.by) {
		in.list = append(in.list, j.tableHolder(p, t, k, u.by[k]))
	}
	return in
}

// tracesOf is what each trace shows open at its last refusal of an episode, the latest
// first.
func (j *judgement) tracesOf(p *pool, e *episode) []instant {
	var last []runOf
	for i := range e.runs {
		r := &e.runs[i]
		at := p.keptRun(r) // the endpoints are kept with the runs of both families together
		if at == nil {
			continue
		}
		n := slices.IndexFunc(last, func(o runOf) bool { return o.trace == r.trace })
		switch {
		case n < 0:
			last = append(last, runOf{r.trace, at})
		case at.To.After(last[n].run.To.Time):
			last[n].run = at
		}
	}
	slices.SortStableFunc(last, func(a, b runOf) int { return b.run.To.Compare(a.run.To.Time) })
	var out []instant
	for _, r := range last {
		in := j.traceInstant(p, r.trace, r.run.To, r.run.Holds, p.stuckAtEpisode(e))
		in.close(false)
		d := e.distance(r.run.To).Seconds()
		in.distance = &d
		out = append(out, in)
	}
	return out
}

// keptRun is the run of any family, with its endpoints, that a run of the pool lies in.
func (p *pool) keptRun(r *runOf) *facts.Run {
	list := r.trace.Runs[p.t][0].List
	for i := range list {
		if w := &list[i]; w.Kept && !r.run.To.Before(w.From.Time) && !r.run.To.After(w.To.Time) {
			return w
		}
	}
	return nil
}

// traceInstant counts the endpoints that a trace shows open at a time.
func (j *judgement) traceInstant(p *pool, t *facts.Trace, at report.Time, holds []facts.Hold, s *stuck) instant {
	row := t.TraceRow()
	in := instant{books: books{at: at, basis: "trace", row: &row, capacity: p.capacity()}}
	seen := map[uint16]bool{}
	by := map[*facts.Process][]*facts.Hold{}
	var order []*facts.Process
	for i := range holds {
		h := &holds[i]
		if !p.has(h) {
			continue
		}
		seen[h.Port] = true
		if by[h.Process] == nil {
			order = append(order, h.Process)
		}
		by[h.Process] = append(by[h.Process], h)
	}
	in.holders, in.used = len(seen), len(seen)
	in.full = p.share(in.used) >= poolFull
	for port := range s.ports {
		if !seen[uint16(port)] {
			in.stuck++
			in.used++
		}
	}
	for _, proc := range order {
		in.list = append(in.list, j.traceHolder(p, t, proc, by[proc], at))
	}
	return in
}

// stuckOf is what the log shows hanging when an episode began.
func (j *judgement) stuckOf(p *pool, e *episode) []instant {
	s := p.stuckAtEpisode(e)
	if len(s.ports) == 0 {
		return nil
	}
	at := e.from
	if len(e.records) > 0 {
		at = e.records[0].Time
	}
	in := j.stuckInstant(p, s, at)
	in.close(false)
	d := 0.0
	in.distance = &d
	return []instant{in}
}

func (j *judgement) stuckInstant(p *pool, s *stuck, at report.Time) instant {
	row := s.last.Row()
	in := instant{books: books{at: at, basis: "stuck-closes", row: &row, capacity: p.capacity(), stuck: len(s.ports)}, used: len(s.ports)}
	for _, b := range s.byPID() {
		in.list = append(in.list, j.stuckHolder(p, &b))
	}
	return in
}

// farOf are tables farther off or without a time, and the ends of traces, of the same
// start of Windows: what is volatile in them is not carried over.
func (j *judgement) farOf(p *pool, e *episode) []instant {
	var far []*facts.Table
	for _, t := range p.m.tables {
		if t.Rows == nil || p.m.apart(t.Time, e.from) || p.m.apart(t.Time, e.to) || !t.Time.IsZero() && e.within(t.Time, tableWithin) && !p.parted(e, t.Time) {
			continue
		}
		far = append(far, t)
	}
	away := func(t *facts.Table) time.Duration {
		if t.Time.IsZero() || e.from.IsZero() {
			return 1 << 62
		}
		return e.distance(t.Time).Abs()
	}
	slices.SortStableFunc(far, func(a, b *facts.Table) int {
		switch d := away(a) - away(b); {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	var out, anew []instant
	for _, t := range far {
		in := j.tableInstant(p, t, p.stuckAtEpisode(e))
		filled := in.full && p.beyond(e, t.Time)
		in.full = in.full && !filled
		in.carry()
		in.close(false)
		if !t.Time.IsZero() && !e.from.IsZero() {
			d := e.distance(t.Time).Seconds()
			in.distance = &d
		}
		if filled {
			anew = append(anew, in)
			continue
		}
		out = append(out, in)
	}
	if len(out) == 0 {
		out = anew // no other table tells anything
	}
	return append(out, j.farTraces(p, e)...)
}

// farTraces are the ends of traces.
func (j *judgement) farTraces(p *pool, e *episode) []instant {
	var out []instant
	for _, t := range p.m.traces {
		if p.m.apart(t.Last, e.from) {
			continue
		}
		if held := p.heldAtEnd(t); len(held) > 0 {
			in := j.traceInstant(p, t, t.Last, held, p.stuckAtEpisode(e))
			in.far, in.full = true, in.full && !p.beyond(e, t.Last)
			in.close(false)
			if !e.from.IsZero() {
				d := e.distance(t.Last).Seconds()
				in.distance = &d
			}
			out = append(out, in)
		}
	}
	return out
}

// carry leaves out what a table of another moment shows and does not last: TIME_WAIT and
// connections that open or close.
func (in *instant) carry() {
	in.far, in.waiting = true, 0
	for _, h := range in.list {
		h.ports -= h.brief
		in.holders -= h.brief
	}
	in.list = slices.DeleteFunc(in.list, func(h *holder) bool { return h.ports <= 0 })
	in.holders = max(in.holders, 0)
}
