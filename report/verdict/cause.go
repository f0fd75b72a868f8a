package verdict

import (
	"slices"

	"portverdict/report"
	"portverdict/report/facts"
)

// findCause settles the kind of a pool's trouble: the first that holds. The others are
// kept for their advice.
func (j *judgement) findCause(p *pool) {
	var all []report.Cause
	add := func(c report.Cause, holds bool) {
		if holds {
			all = append(all, c)
		}
	}
	if p.outcome == report.Exhausted || p.outcome == report.Likely {
		b, list := p.lastBooks()
		add(report.CauseStuckClose, p.stuckCause())
		add(report.CauseBurst, p.burst(list))
		add(report.CauseLeak, p.leaky(list))
		add(report.CauseChurn, churned(b, list))
		add(report.CauseByDesign, p.byDesign(list))
		add(report.CauseSmallRange, p.small())
		add(report.CauseUnknown, len(all) == 0)
	} else {
		add(report.CausePerPeer, j.perPeer(p))
		add(report.CauseNotPorts, p.t == facts.TCP && len(j.notPorts(p.m)) > 0)
		add(report.CauseServerSide, p.t == facts.TCP && len(j.serverSides(p.m)) > 0)
	}
	if len(all) > 0 {
		p.cause, p.also = all[0], all[1:]
	}
}

// lastEpisode is the last one that decides, nil without one.
func (p *pool) lastEpisode() *episode {
	for _, e := range slices.Backward(p.episodes) {
		if e.decides() {
			return e
		}
	}
	return nil
}

// lastBooks are the books of the last episode that decides, else of the fullest instant.
func (p *pool) lastBooks() (*books, []*holder) {
	if e := p.lastEpisode(); e != nil {
		return &e.books, e.holders
	}
	return &p.books, p.holders
}

// stuckCause tells that half of the pool or more hung when its episode began, or hangs now.
func (p *pool) stuckCause() bool {
	s := p.stuck
	if e := p.lastEpisode(); e != nil {
		s = p.stuckAtEpisode(e)
	}
	return s != nil && p.share(len(s.ports)) >= stuckHalf
}

// burst tells that the named holder took its ports and gave them back within the inputs,
// and lives on.
func (p *pool) burst(list []*holder) bool {
	h := namedOf(list)
	if h == nil {
		return false
	}
	if proc := h.process; proc != nil && 2*h.opened >= h.ports {
		kept := p.keptAtEnd(proc)
		return proc.Ended.IsZero() && 2*kept < h.ports && (kept > 0 || p.seenLater(h) || h.listed && h.other == "")
	}
	return p.gaveBack(h)
}

// gaveBack tells that a later table of the same start shows the holder with less than
// half of its ports.
func (p *pool) gaveBack(h *holder) bool {
	if h.table == nil || h.table.Time.IsZero() || h.pid <= 0 {
		return false
	}
	for _, g := range p.overFiles(int(h.pid)) {
		t := g.Table
		if owner := t.Source.OwnerOf(int(h.pid)); owner != "" && h.image != "" && !sameImage(owner, h.image) {
			continue
		}
		if t.Time.After(h.table.Time.Time) && t.Complete() && 0 < g.Ports && 2*g.Ports < h.ports && !p.m.apart(h.table.Time, t.Time) {
			return true
		}
	}
	return false
}

// seenLater tells that a process of a trace acts after it has given its ports back, or
// takes further ones after it had less than half of them.
func (p *pool) seenLater(h *holder) bool {
	if h.process.Outlived(p.t) {
		return true
	}
	points := h.process.Series[p.t].Points()
	from := 0
	for i, x := range points {
		if 2*x.Ports >= h.ports {
			from = i + 1
		}
	}
	for i := from + 1; i < len(points); i++ {
		if points[i].Ports >= points[i-1].Ports { // closes alone would make it fewer
			return true
		}
	}
	return false
}

// leaky tells that the named holder does not give its ports back: they are bound and not
// connected, closed by the peer alone, or opened in the trace and kept.
func (p *pool) leaky(list []*holder) bool {
	h := namedOf(list)
	if h == nil {
		return false
	}
	if 2*h.orphan >= h.ports || p.share(h.orphan) >= boundLeakShare || h.closeWait >= closeWaitPile || 2*h.closeWait >= h.ports {
		return true
	}
	if h.grown(p) > 0 || slices.ContainsFunc(p.leaks, func(l leak) bool { return l.pid > 0 && l.pid == h.pid }) {
		return true
	}
	if h.process == nil || 2*h.opened < h.ports {
		return false
	}
	return !h.process.Ended.IsZero() || 2*p.keptAtEnd(h.process) >= h.ports || !p.burst(list)
}

// churned tells that TIME_WAIT has more than any holder and than what is unaccounted for.
func churned(b *books, list []*holder) bool {
	return b.waiting > b.unaccounted && !slices.ContainsFunc(list, func(h *holder) bool { return h.ports >= b.waiting })
}

// byDesign tells that half of the pool or more is taken by design.
func (p *pool) byDesign(list []*holder) bool {
	n := 0
	for _, h := range list {
		if h.byDesign != "" {
			n += h.ports
		}
	}
	return p.share(n) >= stuckHalf
}

// small tells that the range is smaller than Windows' own, or much of it is excluded.
func (p *pool) small() bool {
	return p.known && p.view.Count < rangeSmall || p.excludedMuch()
}

// excludedMuch tells that a tenth of the range or more is excluded.
func (p *pool) excludedMuch() bool {
	return p.view.Count > 0 && float64(p.view.ExcludedPorts()) >= exclusionShare*float64(p.view.Count)
}

// perPeer tells that one remote endpoint is the trouble while the pool has ports.
func (j *judgement) perPeer(p *pool) bool {
	if p.t != facts.TCP {
		return false
	}
	if slices.ContainsFunc(p.m.records, func(r *facts.Record) bool { return r.ID == 4227 && p.m.recent(r.Time) }) {
		return true
	}
	if _, n, _ := p.tuple(); p.share(n) >= tupleShare && !p.refuted {
		return true
	}
	n := 0
	for _, t := range p.m.traces {
		if sm := t.Failed[statusInUse]; sm != nil {
			n += sm.Connects
		}
	}
	return n >= notPortsLeast
}

// recent tells that a record is not far from the traces and tables of the machine, where
// it has any.
func (m *machine) recent(at report.Time) bool {
	from, to := m.span()
	return from.IsZero() || at.IsZero() || !at.Before(from.Add(-earlierBy)) && !at.After(to.Add(earlierBy))
}

// tuple is the peer towards which the latest table uses most ports.
func (p *pool) tuple() (peer, int, *facts.Table) {
	t := p.latestTable()
	if t == nil {
		return peer{}, 0, nil
	}
	x, n := p.busiest(t, nil)
	return x, n, t
}

// latestTable is the last table whose rows are kept.
func (p *pool) latestTable() *facts.Table {
	for _, t := range slices.Backward(p.m.tables) {
		if t.Failed == "" && t.Rows != nil && t.Count > 0 {
			return t
		}
	}
	return nil
}

// telling is the table that a pool's own findings are of: that of its episode's books,
// else the fullest.
func (p *pool) telling() *facts.Table {
	b, _ := p.lastBooks()
	if b.table != nil {
		return b.table
	}
	return p.fullestTable()
}

// failure is how often one process met a status that is not exhaustion.
type failure struct {
	status uint32
	pid    report.PID
	key    uint64
	identity
	count     int
	connects  int
	portless0 int // binds to port 0 among them
	attempts  int
}

// The statuses that are told as what it is when it is not ports.
const (
	statusDenied      = 0xC0000022
	statusSharing     = 0xC0000043
	statusMemory      = 0xC000009A
	statusTimeout     = 0xC00000B5
	statusNotLocal    = 0xC0000207
	statusInUse       = 0xC000020A
	statusRefused     = 0xC0000236
	statusUnreachable = 0xC000023C
	statusNoHost      = 0xC000023D
)

// notPorts are the failures of a machine that are an answer of their own: 10 or more of
// one process and a tenth of its attempts.
func (j *judgement) notPorts(m *machine) []failure {
	var out []failure
	for _, t := range m.traces {
		for _, st := range sortedKeys(t.Failed) {
			switch st {
			case statusMemory, statusDenied, statusTimeout, statusRefused, statusUnreachable, statusNoHost:
			default:
				continue
			}
			sm := t.Failed[st]
			for _, n := range sm.Tally() {
				f := failure{status: st, pid: n.PID, key: n.Key, count: n.Count, connects: n.Connects, portless0: n.AnyPort}
				proc := t.ProcessOf(n.PID, n.Key)
				if proc != nil {
					f.identity, f.attempts = m.whoRan(proc), proc.Attempts
				}
				if st == statusDenied && n.Connects == 0 && n.AnyPort == 0 {
					continue // a stated port in an excluded range, or taken
				}
				if n.Count >= notPortsLeast && float64(n.Count) >= notPortsShare*float64(max(f.attempts, n.Count)) {
					out = append(out, f)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b failure) int { return compareFirst(a.count, b.count, a.pid, b.pid) })
	return out
}

// serverSides are the server's own ports of the latest table with many connections that
// take no dynamic port.
func (j *judgement) serverSides(m *machine) []serverSide {
	for _, p := range m.pools {
		if p.t == facts.TCP {
			if t := p.latestTable(); t != nil {
				return p.serverSides(t)
			}
		}
	}
	return nil
}
