package verdict

import (
	"slices"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// takeRecords gives 4231 and 4266 to the episode they fall in or within five minutes of;
// alone they make one.
func (p *pool) takeRecords() {
	id := 4231
	if p.t == facts.UDP {
		id = 4266
	}
	var alone []*episode
	var untimed *episode
	for _, r := range p.m.records {
		if r.ID == id && r.Time.IsZero() {
			// A record without a time witnesses as well; when, is not known.
			if untimed == nil {
				untimed = &episode{m: p.m, p: p}
				alone = append(alone, untimed)
			}
			untimed.records = append(untimed.records, r)
			continue
		}
		if r.ID != id || p.twin != nil && p.twin.refusedNear(r.Time) && !p.refusedNear(r.Time) {
			continue
		}
		if e := p.nearest(r.Time); e != nil {
			e.records = append(e.records, r)
			if r.Time.After(e.lastRecord.Time) {
				e.lastRecord = r.Time
			}
			continue
		}
		alone = append(alone, &episode{m: p.m, p: p, from: r.Time, to: r.Time, records: []*facts.Record{r}, lastRecord: r.Time})
	}
	p.episodes = append(p.episodes, alone...)
	sortEpisodes(p.episodes)
}

// refusedNear tells that attempts of the pool were refused within five minutes of a time.
func (p *pool) refusedNear(at report.Time) bool {
	return slices.ContainsFunc(p.m.traces, func(t *facts.Trace) bool {
		near, ok := t.Runs[p.t][p.fam()].Nearest(at)
		return ok && at.Sub(near.Time).Abs() <= recordWithin
	})
}

// nearest is the episode with refusals nearest to a record, at most five minutes away and
// with no start of Windows between.
func (p *pool) nearest(at report.Time) *episode {
	var best *episode
	for _, e := range p.episodes {
		d := e.distance(at).Abs()
		if e.lastRefusal.IsZero() || d > recordWithin || p.m.apart(at, e.from) && p.m.apart(at, e.to) {
			continue
		}
		if best == nil || d < best.distance(at).Abs() {
			best = e
		}
	}
	return best
}

// joinChains joins episodes whose records lie a day apart: Windows writes one a day at
// most. A start of Windows or a sign of recovery between them parts them.
func (p *pool) joinChains() {
	var out []*episode
	for _, e := range p.episodes {
		if n := len(out); n > 0 && p.oneChain(out[n-1], e) {
			out[n-1].join(e)
			continue
		}
		out = append(out, e)
	}
	p.episodes = out
}

func (p *pool) oneChain(a, b *episode) bool {
	if a.lastRecord.IsZero() || len(b.records) == 0 || p.m.apart(a.to, b.from) {
		return false
	}
	if b.records[0].Time.Sub(a.lastRecord.Time) > throttle {
		return false
	}
	_, recovered := p.recovery(a.to, b.from)
	return !recovered
}

// takeFullTables makes an episode of a table that reaches the capacity with a failure
// signal near it, where none is yet.
func (p *pool) takeFullTables() {
	var made []*episode
	for _, t := range p.m.tables {
		used := p.usedIn(t)
		if t.Time.IsZero() || p.refuted || used < p.capacity() || used <= 0 || !p.m.signal(t.Time) || p.shared(t.Time) {
			continue
		}
		if slices.ContainsFunc(p.episodes, func(e *episode) bool { return e.within(t.Time, tableWithin) }) {
			continue
		}
		if n := len(made); n > 0 && t.Time.Sub(made[n-1].to.Time) < quietGap && !p.m.apart(made[n-1].to, t.Time) {
			if _, ok := p.recovery(made[n-1].to, t.Time); !ok {
				made[n-1].to = t.Time
				continue
			}
		}
		made = append(made, &episode{m: p.m, p: p, from: t.Time, to: t.Time, full: t})
	}
	p.episodes = append(p.episodes, made...)
	sortEpisodes(p.episodes)
}

// signal tells of a failure signal near a table: a 4227, a 16002, or symptoms of two
// providers.
func (m *machine) signal(at report.Time) bool {
	from, to := at.Add(-signalWithin), at.Add(signalWithin)
	if slices.ContainsFunc(between(m.records, from, to), func(r *facts.Record) bool { return r.ID == 4227 || r.ID == 16002 }) {
		return true
	}
	providers := map[string]bool{}
	for _, r := range between(m.symptoms, from, to) {
		providers[r.Provider] = true
	}
	return len(providers) >= 2
}

// between gives the records of a span, both ends in it; they are in order of time.
func between(records []*facts.Record, from, to time.Time) []*facts.Record {
	i, _ := slices.BinarySearchFunc(records, from, func(r *facts.Record, t time.Time) int { return r.Time.Compare(t) })
	n, _ := slices.BinarySearchFunc(records, to.Add(1), func(r *facts.Record, t time.Time) int { return r.Time.Compare(t) })
	return records[i:max(n, i)]
}

// shared tells that a trace shows dynamic binds that succeed within a minute of a table:
// its ports are shared by re-use.
func (p *pool) shared(at report.Time) bool {
	return slices.ContainsFunc(p.m.traces, func(t *facts.Trace) bool {
		sp := &t.Dynamic[p.t][p.fam()]
		return sp.Count > 0 && !at.Before(sp.First.Add(-sharedWithin)) && !at.After(sp.Last.Add(sharedWithin))
	})
}
