package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// Pressure and Full are the shares of a pool's capacity that make pool-pressure and
// pool-full.
const (
	Pressure = poolPressure
	Full     = poolFull
)

// poolFindings tell how full a pool was.
func (j *judgement) poolFindings(p *pool) {
	used := p.peak.used
	if used <= 0 || p.refuted {
		return
	}
	share := p.share(used)
	id, title := "", ""
	switch {
	case used >= p.capacity():
		id, title = "pool-full", "Every "+p.upper()+" port is in use"
	case share >= poolFull:
		id, title = "pool-full", "Nearly every "+p.upper()+" port is in use"
	case share >= poolPressure:
		id, title = "pool-pressure", "Most "+p.upper()+" ports are in use"
	default:
		return
	}
	text := fmt.Sprintf("%s of the %s %s were in use (%s), counted as distinct ports", report.Grouped(used), report.Grouped(p.capacity()), p.ports(), report.Percent(share))
	if !p.alone {
		text += " over IPv4 and IPv6"
	}
	if !p.known {
		text += "; the range is assumed"
	}
	j.claim(claim{
		id: id, title: title, m: p.m, transport: p.t.String(), count: used, first: p.peak.at, last: p.peak.at, text: text + ".",
		rows: []report.Evidence{*p.peak.row}, rests: p.rangeRests(),
	})
}

// rangeRests is the text that tells the range.
func (p *pool) rangeRests() []string {
	if p.told != nil && (p.source == p.told.row.ID || p.source == "option") {
		return []string{p.told.path}
	}
	return nil
}

// tableFindings are what the table of a pool's books shows, else the fullest.
func (j *judgement) tableFindings(p *pool) {
	t := p.telling()
	if t == nil {
		return
	}
	u := p.useOf(t)
	j.boundLeak(p, t, u)
	j.closeWaits(p, t)
	j.churn(p, t, u)
	j.tuples(p)
}

// boundLeak tells of processes with ports that are bound and not connected.
func (j *judgement) boundLeak(p *pool, t *facts.Table, u *use) {
	c := claim{id: "bound-leak", m: p.m, transport: p.t.String(), first: t.Time, last: t.Time}
	var parts, who []string
	for _, k := range sortedWhose(u.by) {
		x := u.by[k]
		if x.orphanBound == 0 || p.refuted || p.share(x.orphanBound) < boundLeakShare {
			continue
		}
		h := j.tableHolder(p, t, k, x)
		c.count += x.orphanBound
		c.rows = append(c.rows, h.cited...)
		who = append(who, h.label())
		parts = append(parts, fmt.Sprintf("%s has %s that are bound and not connected: no row in another state has that port", h.label(), report.Counted(x.orphanBound, "port", "ports")))
	}
	c.title = titled(who, "has bound ports that nothing is connected to", "have bound ports that nothing is connected to")
	c.text = sentence(strings.Join(parts, ". "))
	j.claim(c)
}

// closeWaits tells of processes that keep connections which the peer has closed, on
// client ports and on the server's own alike.
func (j *judgement) closeWaits(p *pool, t *facts.Table) {
	if p.t != facts.TCP || p.fam() == 2 {
		return
	}
	type pile struct {
		n  int
		of []report.Place
	}
	by := map[whose]*pile{}
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.State != facts.CloseWait || r.PID <= 0 && r.Owner < 0 {
			continue
		}
		k := whose{pid: r.PID}
		if r.PID <= 0 {
			k = whose{owner: t.Owners[r.Owner]}
		}
		if by[k] == nil {
			by[k] = &pile{}
		}
		by[k].n++
		by[k].of = t.At(by[k].of, r)
	}
	c := claim{id: "close-wait-pile", m: p.m, transport: "tcp", first: t.Time, last: t.Time, rests: []string{t.Source.Path}}
	var keys []whose
	for k, x := range by {
		if x.n >= closeWaitPile {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b whose) int { return compareFirst(by[a].n, by[b].n, a.pidOf(), b.pidOf()) })
	var parts, who []string
	for _, k := range keys {
		x := by[k]
		id := p.m.who(t, k.pidOf(), k.owner)
		who = append(who, label(id.image, id.running(), k.pidOf()))
		c.count += x.n
		c.rows = append(c.rows, t.EndingRow(k.pidOf(), x.of, 0, x.n))
		parts = append(parts, fmt.Sprintf("%s keeps %s in CLOSE_WAIT: the peer has closed, the program has not", label(id.image, id.running(), k.pidOf()), report.Counted(x.n, "connection", "connections")))
	}
	c.title = titled(who, "keeps connections that the peer closed", "keep connections that the peer closed")
	c.text = sentence(strings.Join(parts, ". "))
	j.claim(c)
}

// churn tells of ports that wait in TIME_WAIT.
func (j *judgement) churn(p *pool, t *facts.Table, u *use) {
	if p.refuted || p.share(u.waiting) < timeWaitShare {
		return
	}
	text := fmt.Sprintf("%s of %s ports wait in TIME_WAIT after a connection was closed; they belong to no process any more.", report.Grouped(u.waiting), report.Grouped(p.capacity()))
	if x, n := p.busiest(t, func(r *facts.Row) bool { return r.State == facts.TimeWait }); n > 0 {
		text += fmt.Sprintf(" Most of them (%s) are of connections to %s.", report.Grouped(n), x.remote)
	}
	j.claim(claim{id: "time-wait-churn", m: p.m, transport: p.t.String(), count: u.waiting, first: t.Time, last: t.Time, text: text, rows: []report.Evidence{t.Row()}})
}

// tuples tells of one remote endpoint that takes nearly all ports.
func (j *judgement) tuples(p *pool) {
	x, n, t := p.tuple()
	if t == nil || p.refuted || p.share(n) < tupleShare {
		return
	}
	j.claim(claim{
		id: "tuple-exhaustion", m: p.m, transport: p.t.String(), count: n, first: t.Time, last: t.Time, rows: []report.Evidence{t.Row()},
		text: fmt.Sprintf("%s of %s ports of %s are used towards %s: connections to this one endpoint fail first.", report.Grouped(n), report.Grouped(p.capacity()), x.local, x.remote),
	})
}

// leakFindings tell of processes that take ports and do not give them back.
func (j *judgement) leakFindings(p *pool) {
	trace := claim{id: "trace-socket-leak", m: p.m, transport: p.t.String()}
	table := claim{id: "snapshot-growth", m: p.m, transport: p.t.String()}
	var traced, tabled, opens, grows []string
	for i := range p.leaks {
		l := &p.leaks[i]
		if l.image != "" && strings.EqualFold(strings.TrimSuffix(l.image, ".exe"), "dns") && p.t == facts.UDP {
			continue
		}
		who := label(l.image, l.running(), l.pid)
		c, text := &trace, ""
		if l.tables > 0 {
			c = &table
			text = fmt.Sprintf("%s grew from %s to %s ports in %s, %.1f a minute that are not given back", who, report.Grouped(l.first), report.Grouped(l.now), report.Counted(l.tables, "table", "tables"), l.rate)
			tabled, grows = append(tabled, text), append(grows, who)
		} else {
			text = fmt.Sprintf("%s takes %.1f %s ports a minute and does not give them back: %s open at the end, the oldest for %s; of its %s %s were never closed",
				who, l.rate, p.kind(), report.Grouped(l.count), report.Rough(l.oldest), report.Counted(l.opened, "dynamic bind", "dynamic binds"), report.Grouped(max(l.opened-l.closed, 0)))
			if l.half > 0 {
				text += fmt.Sprintf(", and half of those it closed lived less than %s", report.Rough(l.half))
			}
			traced, opens = append(traced, text), append(opens, who)
		}
		c.count += l.count
		c.rows = append(c.rows, l.cited...)
		if c.first.IsZero() || l.from.Before(c.first.Time) {
			c.first = l.from
		}
		if l.to.After(c.last.Time) {
			c.last = l.to
		}
	}
	trace.title = titled(opens, "opens sockets and does not close them", "open sockets and do not close them")
	table.title = titled(grows, "takes more ports from table to table", "take more ports from table to table")
	trace.text, table.text = sentence(strings.Join(traced, ". ")), sentence(strings.Join(tabled, ". "))
	if len(traced) > 0 && p.forecast == nil && p.outcome != report.Exhausted && !p.tableTells() {
		trace.text += " Sockets older than the trace are unseen, and no complete table tells how many ports are left: when the pool fills cannot be said."
	}
	j.claim(trace)
	j.claim(table)
}

// tableTells tells that a complete table shows the use of the pool.
func (p *pool) tableTells() bool {
	return slices.ContainsFunc(p.m.tables, func(t *facts.Table) bool { return t.Complete() && p.usedIn(t) >= 0 })
}

// rangeFindings are about the configuration of the pool.
func (j *judgement) rangeFindings(p *pool) {
	if p.silentPool() && p.t == facts.UDP && !p.known {
		return // a pool of no interest
	}
	hand, whose := "netsh int ipv4 show dynamicport "+p.t.String(), "Windows' default"
	if p.m.before(6) {
		hand, whose = legacyQuery, "the default of Windows Server 2003 and XP"
	}
	var rows []report.Evidence
	if len(p.rangeRests()) > 0 {
		rows = []report.Evidence{p.told.row}
	}
	if p.source == "inferred" {
		for _, t := range p.m.traces {
			if t.Dynamic[p.t][p.fam()].Count > 0 {
				rows = append(rows, t.TraceRow())
			}
		}
	}
	switch {
	case p.refuted, !p.known:
		j.claim(claim{
			id: "range-unknown", title: "The " + p.upper() + " range is assumed", m: p.m, transport: p.t.String(), count: 1, check: hand,
			text: fmt.Sprintf("%d-%d is %s: %s.", p.view.Start, p.view.End(), whose, p.basis),
		})
	case p.view.Count < rangeSmall:
		text := fmt.Sprintf("%s %s ports from %d; Windows' own default is %s from %d.", report.Grouped(p.view.Count), p.kind(), p.view.Start, report.Grouped(facts.DefaultCount), facts.DefaultStart)
		if p.view.Start == 1025 && p.view.End() == 5000 {
			text += " 1025-5000 is the range of Windows Server 2003."
		}
		j.claim(claim{id: "range-small", title: "The " + p.upper() + " range is smaller than Windows' default", m: p.m, transport: p.t.String(), count: p.view.Count, text: text, rows: rows, check: hand})
	}
	if n := p.view.ExcludedPorts(); n > 0 {
		severity := "info"
		if p.excludedMuch() {
			severity = "warning"
		}
		j.claim(claim{
			id: "range-excluded", title: "Part of the " + p.upper() + " range is excluded", m: p.m, transport: p.t.String(), count: n, severity: severity, rows: p.excludedRows,
			text:  fmt.Sprintf("%s of %s ports are excluded and cannot be handed out%s.", report.Grouped(n), report.Grouped(p.view.Count), p.excludedBy()),
			check: "netsh int ipv4 show excludedportrange protocol=" + p.t.String(),
		})
	}
}

// excludedBy says who usually makes exclusions of that shape: WinNAT and Hyper-V reserve
// blocks of 100 ports; 50000-50059 comes with Windows 10, as an administrator's.
func (p *pool) excludedBy() string {
	blocks := 0
	for _, s := range p.m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Excluded {
			x := &s.Host.Excluded[i]
			if x.End-x.Start == 99 && p.view.Start <= x.Start && x.End <= p.view.End() {
				blocks++
			}
		}
	}
	switch {
	case blocks >= 2:
		return fmt.Sprintf(": %s of 100 ports, as WinNAT and Hyper-V (also for containers) reserve them", report.Counted(blocks, "block", "blocks"))
	case p.view.ExcludedPorts() == 60 && slices.Contains(p.view.Excluded, [2]int{50000, 50059}):
		return ": 50000-50059, an administered exclusion that Windows 10 comes with"
	}
	return ""
}
