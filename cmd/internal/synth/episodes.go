package synth

import (
	"cmp"
	"slices"
)

// episode is a span in which a pool had nothing left, as far as the files tell.
type episode struct {
	from, to ticks
	refusals []*attempt
	records  []ticks // 4231 or 4266
	table    bool    // a full table with a failure near it is all that tells
	earlier  bool    // than what trace and tables cover: it decides nothing
	ends     []string
	endedAt  ticks
	unsure   bool // how many there are depends on more than the rules say
}

const (
	near5m   = 300 * second
	throttle = 24*3600*second + 60*second
	quiet    = 60 * second
	asking   = 600 * second // a machine that asks so seldom is still in it
)

// episodes finds those of a pool.
func (v *view) episodes() []*episode {
	out := v.groups()
	var loose []ticks
	for _, at := range v.records {
		if e := v.nearestEpisode(out, at); e != nil {
			e.records = append(e.records, at)
			continue
		}
		loose = append(loose, at)
	}
	for _, at := range loose {
		out = append(out, &episode{from: at, to: at, records: []ticks{at}})
	}
	for _, e := range out {
		for _, at := range e.records {
			e.from, e.to = min(e.from, at), max(e.to, at)
		}
	}
	out = v.merged(out)
	for _, e := range out {
		e.unsure = e.unsure || !v.ranged && len(e.records) > 1 && v.tabled(e.from, e.to) // by another range it recovered
	}
	out = v.fullTables(out)
	hidden := v.host.recipe.Restart > 0 && v.host.recipe.Log == nil // no input tells of the restart
	for k, e := range out {
		e.unsure = e.unsure || hidden
		next := never
		if k+1 < len(out) {
			next = out[k+1].from
		}
		v.ending(e, next)
	}
	return out
}

// groups are the refusals, parted where a dynamic bind succeeded in a minute without
// one, by ten minutes without one, and by a restart.
func (v *view) groups() []*episode {
	var out []*episode
	for n, a := range v.refusals {
		parted, unsure := n == 0, false
		if n > 0 {
			before := v.refusals[n-1].at
			gap := a.at - before
			_, given := v.succeeded(before, a.at)
			_, restarted := v.restarted(before, a.at)
			_, relieved := v.relieved(before, a.at)
			parted = restarted || gap >= asking || gap >= quiet && given
			unsure = given && gap > quiet-second && gap < quiet+second || gap > asking-second && gap < asking+second || relieved && gap >= quiet && !parted
		}
		if parted {
			out = append(out, &episode{from: a.at})
		}
		e := out[len(out)-1]
		e.refusals = append(e.refusals, a)
		e.to, e.unsure = a.at, e.unsure || unsure
	}
	return out
}

// nearestEpisode is the one a record falls in, or the nearest of that boot within five
// minutes.
func (v *view) nearestEpisode(list []*episode, at ticks) *episode {
	var out *episode
	best := near5m + 1
	for _, e := range list {
		if d := max(e.from-at, at-e.to, 0); d < best && v.bootOf(at) == v.bootOf(e.from) {
			best, out = d, e
		}
	}
	return out
}

// recovered tells that the pool had ports again between two times, in which none was
// refused.
func (v *view) recovered(after, before ticks) bool {
	if _, ok := v.relieved(after, before); ok {
		return true
	}
	if !v.trace {
		return false
	}
	from, to := max(after, v.first), min(before, v.last)
	_, ok := v.succeeded(from, to)
	return ok && to-from >= quiet
}

// oneDay tells that two could be one: a day or less lies between them, and neither a
// restart nor a recovery.
func (v *view) oneDay(a, b *episode) bool {
	_, restarted := v.restarted(a.to, b.from)
	return b.from-a.to <= throttle && !restarted && !v.recovered(a.to, b.from)
}

// merged makes one of those whose records are a day or less apart and between which
// the machine neither started nor recovered.
func (v *view) merged(list []*episode) []*episode {
	slices.SortStableFunc(list, func(a, b *episode) int { return cmp.Compare(a.from, b.from) })
	var out []*episode
	for _, e := range list {
		if n := len(out); n > 0 && v.oneDay(out[n-1], e) {
			switch last := out[n-1]; {
			case len(e.records) > 0 && len(last.records) > 0:
				last.to = max(last.to, e.to)
				last.refusals = append(last.refusals, e.refusals...)
				last.records = append(last.records, e.records...)
				last.unsure = last.unsure || e.unsure
				continue
			case len(e.records) > 0 || len(last.records) > 0:
				// The refusals may be of the time in which no further record is written.
				last.unsure, e.unsure = true, true
			}
		}
		out = append(out, e)
	}
	return out
}

// fullTables adds the instants at which a table shows all in use and a failure was
// logged near it, unless they are of an episode.
func (v *view) fullTables(list []*episode) []*episode {
	for _, t := range v.tables {
		if full, _ := v.tableWitness(t); full && v.nearestEpisode(list, t.at) == nil {
			list = append(list, &episode{from: t.at, to: t.at, table: true})
		}
	}
	slices.SortStableFunc(list, func(a, b *episode) int { return cmp.Compare(a.from, b.from) })
	return list
}

// tableWitness tells whether a table that is full and has a failure near it says that
// the pool ran out; a trace that shows ports being given in that minute denies it. It is
// not sure where the minute could be meant in two ways.
func (v *view) tableWitness(t *tableFacts) (witness, sure bool) {
	if !t.timed || !v.ranged || len(v.host.recipe.Damage) > 0 || t.used[v.transport] < v.capacity || !v.host.signal(t.at) {
		return false, true
	}
	_, close := v.succeeded(t.at-quiet/2, t.at+quiet/2)
	_, about := v.succeeded(t.at-2*quiet, t.at+2*quiet)
	return !close, close == about
}

// ending says how an episode ends. The next one begins at next. Where a record is later
// than the last refusal, either may be meant by its end.
func (v *view) ending(e *episode, next ticks) {
	refused := v.lastRefusal(e)
	e.ends, e.endedAt = v.endsFrom(e, refused, next)
	if e.to > refused {
		more, at := v.endsFrom(e, e.to, next)
		if more[0] == "restart" {
			e.ends, e.endedAt = nil, at
		}
		for _, end := range more {
			if !slices.Contains(e.ends, end) {
				e.ends = append(e.ends, end)
			}
		}
	}
}

// endsFrom gives the ends that are right, the best first, for an episode whose last
// moment is given.
func (v *view) endsFrom(e *episode, last, next ticks) (ends []string, at ticks) {
	until := next
	if at, ok := v.restarted(last, next); ok {
		until, ends = at, []string{"restart"}
	}
	given, bound := v.succeeded(last, min(until, v.last+1))
	bound = bound && v.trace && len(e.refusals) > 0 && v.last-last >= quiet
	table, relieved := v.relieved(last, until)
	switch {
	case bound && (!relieved || given < table):
		if ends, at = []string{"recovered"}, given; v.last-last < quiet+2*second {
			ends = append(ends, "end-of-inputs")
		}
		return ends, at
	case relieved:
		return []string{"recovered"}, table
	case ends != nil:
		return ends, until
	}
	log := v.host.recipe.Log
	if len(e.refusals) == 0 && v.trace || !v.ranged && v.tabled(last, until) {
		// A trace may tell of a recovery that has no refusal to begin from, and a table be
		// measured with another range.
		return []string{"end-of-inputs", "unknown", "recovered"}, 0
	}
	byTrace := len(e.refusals) > 0 && v.last-last < quiet
	byLog := len(e.records) > 0 && log != nil && ticksOf(log.Until)-slices.Max(e.records) <= throttle
	switch {
	case byTrace && v.last-last > quiet-2*second:
		return []string{"end-of-inputs", "recovered", "unknown"}, 0
	case byTrace, byLog && len(e.refusals) == 0:
		return []string{"end-of-inputs"}, 0
	case byLog, e.table: // the trace goes on in silence, or a table is all there is
		return []string{"unknown", "end-of-inputs"}, 0
	}
	return []string{"unknown"}, 0
}

// tabled tells of a table between two times.
func (v *view) tabled(after, before ticks) bool {
	return slices.ContainsFunc(v.tables, func(t *tableFacts) bool { return t.timed && t.at >= after && t.at <= before })
}

// begun is the first refusal of an episode; its first moment where there is none.
func (e *episode) begun() ticks {
	if len(e.refusals) > 0 {
		return e.refusals[0].at
	}
	return e.from
}

// lastRefusal is the last of an episode; the last moment of one without any.
func (v *view) lastRefusal(e *episode) ticks {
	if n := len(e.refusals); n > 0 {
		return e.refusals[n-1].at
	}
	return e.to
}

// signal tells of a failure that is logged near a table: a port that was used again
// too soon, a socket that would not close, or errors of two others.
func (h *host) signal(at ticks) bool {
	others := map[string]bool{}
	for _, e := range h.log.entries {
		if h.recipe.Log == nil || e.at < at-near5m || e.at > at+near5m {
			continue
		}
		switch {
		case e.record.Provider == "Tcpip" && e.record.ID == 4227, e.record.Provider == "AFD" && e.record.ID == 16002:
			return true
		case symptoms[e.record.Provider]:
			others[e.record.Provider] = true
		}
	}
	return len(others) >= 2
}

var symptoms = map[string]bool{
	"NETLOGON": true, "Microsoft-Windows-GroupPolicy": true, "Microsoft-Windows-Time-Service": true, "Microsoft-Windows-DNS-Client": true,
}
