package verdict

import "portverdict/report/facts"

// fullest finds the fullest instant that the inputs show, the last of equals: where a
// complete table tells it, what it does not show is free.
func (j *judgement) fullest(p *pool) {
	p.stuck = p.stuckNow()
	best := p.nothing()
	best.used = -1
	take := func(in instant) {
		if in.used > best.used || in.used == best.used && !in.at.Before(best.at.Time) {
			best = in
		}
	}
	for _, s := range p.stuckPeaks() {
		in := j.stuckInstant(p, s, s.at)
		in.close(false)
		take(in)
	}
	for _, t := range p.m.traces {
		if in, ok := j.peakOf(p, t); ok {
			in.close(false)
			take(in)
		}
	}
	if t := p.fullestTable(); t != nil {
		in := j.tableInstant(p, t, p.stuckAt(t.Time))
		in.close(t.Complete())
		take(in)
	}
	zero := 0.0
	if best.used >= 0 && !best.at.IsZero() {
		best.distance = &zero
	}
	best.list = j.withSums(p, best.list)
	p.peak, p.books, p.holders = best, best.books, best.list
}

// peakOf is the fullest instant of a trace.
func (j *judgement) peakOf(p *pool, t *facts.Trace) (instant, bool) {
	if t.AFDEvents == 0 || t.Dynamic[p.t][p.fam()].Count == 0 && len(t.Runs[p.t][p.fam()].List) == 0 && p.index < 0 {
		return instant{}, false
	}
	if p.index >= 0 {
		pk := &t.Peaks[p.index]
		if pk.Used == 0 {
			return instant{}, false
		}
		return j.traceInstant(p, t, pk.At, pk.Holds, &stuck{}), true
	}
	in := j.traceInstant(p, t, t.Last, p.heldAtEnd(t), &stuck{})
	for i := range t.Runs[p.t][0].List {
		if w := &t.Runs[p.t][0].List[i]; w.Kept {
			if at := j.traceInstant(p, t, w.To, w.Holds, &stuck{}); at.used >= in.used {
				in = at
			}
		}
	}
	return in, in.used > 0
}

// fullestTable is the table that shows most of the pool in use, the last of equals.
func (p *pool) fullestTable() *facts.Table {
	var best *facts.Table
	most := -1
	for _, t := range p.m.tables {
		if t.Rows == nil {
			continue
		}
		if n := p.notFree(t); n >= 0 && (n > most || n == most && !outranked(best, t)) {
			best, most = t, n
		}
	}
	return best
}

// outranked tells that the first of two tables shows bound ports and the second does not.
func outranked(a, b *facts.Table) bool { return a != nil && a.ShowsBound() && !b.ShowsBound() }

// heldAtEnd are the endpoints open at the end of a trace.
func (p *pool) heldAtEnd(t *facts.Trace) []facts.Hold {
	var out []facts.Hold
	for _, proc := range t.Processes {
		for i := range proc.Held {
			if p.has(&proc.Held[i]) {
				out = append(out, proc.Held[i])
			}
		}
	}
	return out
}
