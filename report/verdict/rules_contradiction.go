package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// contradictionFindings are of inputs that cannot all be right as they are read.
func (j *judgement) contradictionFindings(p *pool) {
	j.tableAgainstTrace(p)
	j.rangeAgainstTrace(p)
	j.holdersDiffer(p)
	j.sharing(p)
	j.otherCause(p)
}

// tableAgainstTrace finds a complete table near a refusal with the pool far from
// full.
func (j *judgement) tableAgainstTrace(p *pool) {
	c := claim{id: "contradiction-table", m: p.m, transport: p.t.String()}
	for _, t := range p.opposed() {
		c.count++
		c.rows = append(c.rows, t.Row())
		c.text += fmt.Sprintf("%s shows %s of %s ports in use at %s, within a minute of a refusal. ", t.Source.Path, report.Grouped(p.notFree(t)), report.Grouped(p.capacity()), report.Moment(t.Time))
	}
	c.text += "Single ports may have come free in between, or the range in the text was not the one in effect, the clocks differ, or the table is of another machine."
	j.claim(c)
}

// rangeAgainstTrace finds ports that Windows chose outside the range that a text or the
// user told.
func (j *judgement) rangeAgainstTrace(p *pool) {
	if p.told == nil {
		return
	}
	start, end, by := p.told.start, p.told.start+p.told.count-1, "of "+p.told.path
	c := claim{id: "contradiction-range", m: p.m, transport: p.t.String()}
	for _, t := range p.m.traces {
		low, high, n := 1<<16, 0, 0
		for port, count := range t.Dynamic[p.t][p.fam()].Ports {
			if count > 0 && (port < start || port > end) {
				low, high, n = min(low, port), max(high, port), n+1
			}
		}
		if n == 0 {
			continue
		}
		c.count += n
		c.rows = append(c.rows, t.TraceRow())
		c.text += fmt.Sprintf("%s: Windows gave out %s %s ports from %d to %d, but the stated range is %d-%d (%s). ", t.Source.Path, report.Grouped(n), p.kind(), low, high, start, end, by)
	}
	c.rows = append(c.rows, p.told.row)
	c.text += "The range was changed in between, or is that of another machine."
	j.claim(c)
}

// holdersDiffer tells that who has most by the trace has little by the table of the books.
func (j *judgement) holdersDiffer(p *pool) {
	e := p.lastEpisode()
	if e == nil || e.rival == nil {
		return
	}
	t := e.books.table
	j.claim(claim{
		id: "holders-differ", m: p.m, transport: p.t.String(), count: e.rival.ports - e.rivalThere, first: t.Time, last: t.Time,
		rows: append([]report.Evidence{t.Row()}, e.rival.cited...),
		text: fmt.Sprintf("At the last refusal of the trace %s has %s; %s shows %s. The table may be of another time or of another machine, so nobody is named.",
			e.rival.label(), report.Counted(e.rival.ports, "port", "ports"), t.Source.Path, report.Grouped(e.rivalThere)),
	})
}

// sharing tells of a table with more connections than the pool has ports. Windows gives
// one port to connections with different peers.
func (j *judgement) sharing(p *pool) {
	t := p.latestTable()
	if t == nil || !p.known || p.refuted || p.outcome == report.Exhausted {
		return
	}
	n := p.connections(t)
	if n <= p.capacity() {
		return
	}
	j.claim(claim{
		id: "port-sharing", m: p.m, transport: p.t.String(), count: n, first: t.Time, last: t.Time, rows: []report.Evidence{t.Row()},
		text: fmt.Sprintf("%s connections use %s ports: ports are shared by connections to different peers. More rows than ports are no exhaustion of the pool of %s.",
			report.Grouped(n), report.Grouped(max(p.usedIn(t), 0)), report.Grouped(p.capacity())),
	})
}

// otherCause tells of errors that a machine out of ports also logs, at a time when the
// inputs show that it had ports.
func (j *judgement) otherCause(p *pool) {
	if p.t != facts.TCP || p.outcome != report.NotExhausted || p.fam() == 2 {
		return
	}
	var records []*facts.Record
	providers := map[string]bool{}
	for _, r := range p.m.symptoms {
		if slices.ContainsFunc(p.m.traces, func(t *facts.Trace) bool {
			sp := &t.Dynamic[p.t][p.fam()]
			return sp.Count > 0 && !r.Time.Before(sp.First.Time) && !r.Time.After(sp.Last.Time)
		}) {
			records = append(records, r)
			providers[r.Provider] = true
		}
	}
	j.claim(claim{
		id: "other-cause", m: p.m, count: len(records), rows: j.rowsOf(records),
		text: "Errors of " + strings.Join(sortedKeys(providers), ", ") + " fall into a time when ports were free, so they have another cause. " + rivalCauses,
	})
}
