package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"portverdict/report"
	"portverdict/report/facts"
)

const notShown = " That is not shown to be the cause."

// suspectSteps give the advice of a strong finding beside a verdict that does not rest on
// it: as what to check, not as the cause.
func (j *judgement) suspectSteps(s *steps, p *pool) {
	if _, list := p.lastBooks(); namedOf(list) != nil {
		return
	}
	from := len(s.list)
	for i := range p.leaks {
		l := &p.leaks[i]
		id := "trace-socket-leak"
		if l.tables > 0 {
			id = "snapshot-growth"
		}
		s.add(fmt.Sprintf("Check %s: it takes ports and does not give them back (%.0f a minute).", label(l.image, l.running(), l.pid), l.rate)+notShown, "", id)
	}
	for _, h := range p.holders {
		if h.orphan > 0 && h.byDesign == "" && h.sum == nil && p.share(h.orphan) >= boundLeakShare && !p.refuted {
			s.add(fmt.Sprintf("Check %s: %s that are bound and not connected%s.", h.label(), report.Counted(h.orphan, "port", "ports"), p.when(h))+notShown, "", "bound-leak")
		}
	}
	if len(s.list) == from {
		j.countedSteps(s, p)
	}
	if t := p.telling(); t != nil && p.t == facts.TCP && !p.refuted && p.outcome != report.Exhausted {
		if u := p.useOf(t); p.share(u.waiting) >= timeWaitShare {
			j.churnSteps(s, p)
		}
	}
}

// when says of which time a holder of the fullest instant is, where an episode of another
// time decides the pool.
func (p *pool) when(h *holder) string {
	if p.lastEpisode() == nil || h.table == nil {
		return ""
	}
	if h.table.Time.IsZero() {
		return " in " + h.table.Source.Path
	}
	return " at " + report.Moment(h.table.Time)
}

// countedSteps are of the process that most rows were counted of, else of the one with
// most sockets or handles: what no table shows, a tool may have counted.
func (j *judgement) countedSteps(s *steps, p *pool) {
	var most facts.Count
	for _, src := range p.m.texts {
		for _, n := range src.Counts {
			if n.PID > 0 && n.Transport == p.t.String() && n.Rows > most.Rows {
				most = n
			}
		}
	}
	if p.share(most.Rows) >= boundLeakShare && !p.refuted {
		id := p.m.who(nil, report.PID(most.PID), most.Image)
		s.add(fmt.Sprintf("Check %s: a tool counted %s of it, and one port can stand in several.", label(id.image, id.running(), report.PID(most.PID)), report.Counted(most.Rows, p.upper()+" row", p.upper()+" rows"))+notShown, "", "saved-counts")
		return
	}
	if p.t != facts.TCP {
		return
	}
	for _, h := range p.m.manyHandles() {
		switch {
		case p.share(h.sockets) >= boundLeakShare:
			s.add(fmt.Sprintf("Check %s: %s of its handles are sockets.", label(h.image, nil, h.pid), report.Grouped(h.sockets))+notShown, "", "handles-suspicious")
		case h.n > handlesHigh:
			s.add(fmt.Sprintf("Check %s: it has %s.", label(h.image, nil, h.pid), report.Counted(h.n, "handle", "handles"))+notShown, "", "handles-suspicious")
		default:
			continue
		}
		return
	}
}

// handleCount is the most handles that a list shows of a process, and how many of them are
// sockets; -1 where that is not told.
type handleCount struct {
	pid        report.PID
	n, sockets int
	image      string
	row        report.Evidence
}

// manyHandles are the processes with more handles than the procedure finds normal, most
// first.
func (m *machine) manyHandles() []handleCount {
	most := map[int]handleCount{}
	for _, s := range m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Processes {
			p := &s.Host.Processes[i]
			n := max(p.Handles, p.Sockets)
			if n <= handlesMany || n <= most[p.PID].n || excepted(p.Image) {
				continue
			}
			text := fmt.Sprintf("%s has %s", p.Image, report.Counted(n, "handle", "handles"))
			if p.Sockets >= 0 {
				text += fmt.Sprintf(", %s of them sockets (\\Device\\Afd)", report.Grouped(p.Sockets))
			}
			row := s.ProcessRow(p, text)
			row.Fields["handles"] = fmt.Sprint(n)
			most[p.PID] = handleCount{report.PID(p.PID), n, p.Sockets, p.Image, row}
		}
	}
	var all []handleCount
	for _, pid := range sortedKeys(most) {
		all = append(all, most[pid])
	}
	slices.SortStableFunc(all, func(a, b handleCount) int { return cmp.Compare(b.n, a.n) })
	return all
}
