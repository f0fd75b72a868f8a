package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// holder is a process, or the sum of the processes of one image, that has ports of a pool.
type holder struct {
	identity
	pid       report.PID
	key       uint64
	process   *facts.Process // in a trace
	instances int
	members   []*holder // of a sum
	sum       *holder   // it is a member of
	ports     int
	table     *facts.Table // that shows it
	orphan    int
	closeWait int
	listen    int
	brief     int
	stuck     int
	opened    int    // of its ports, those that the trace shows being taken
	basis     string // as verdict.json has it
	growth    float64
	byDesign  string
	note      string
	named     bool
	sure      report.Confidence
	cited     []report.Evidence
}

// label names the holder in a sentence.
func (h *holder) label() string {
	if h.instances > 1 {
		return fmt.Sprintf("%s x %s", report.Grouped(h.instances), h.image)
	}
	return label(h.image, h.running(), h.pid)
}

func (j *judgement) tableHolder(p *pool, t *facts.Table, k whose, x *held) *holder {
	pid := k.pidOf()
	owner := x.owner
	if owner == "" {
		owner = k.owner
	}
	h := &holder{
		identity: p.m.who(t, pid, owner), pid: pid, instances: 1, ports: len(x.ports), orphan: x.orphanBound, closeWait: x.closeWait,
		listen: x.listen, brief: x.brief, basis: "table", sure: report.Moderate, table: t,
	}
	h.cited = append(h.cited, t.HolderRow(pid, x.of, h.ports, h.orphan, h.closeWait))
	h.cited = append(h.cited, h.rows...)
	if t.Complete() {
		h.sure = report.Strong
	}
	h.design(p)
	h.note = h.states(t)
	return h
}

// states says what a table shows of a holder's ports, and what the lists do not know.
func (h *holder) states(t *facts.Table) string {
	var parts []string
	if h.orphan > 0 {
		parts = append(parts, report.Counted(h.orphan, "BOUND port", "BOUND ports")+" without a connection")
	}
	if h.closeWait > 0 {
		parts = append(parts, report.Grouped(h.closeWait)+" in CLOSE_WAIT")
	}
	switch {
	case h.gone():
		parts = append(parts, fmt.Sprintf("PID %d is in no process list and the table names no program: it has probably exited, and a child that inherited its handles keeps the ports", h.pid))
	case h.other != "":
		parts = append(parts, fmt.Sprintf("a list of another time gives PID %d to %s", h.pid, h.other))
	}
	return strings.Join(parts, "; ")
}

// gone tells that lists of processes exist and none of them, nor the table, knows the PID.
func (h *holder) gone() bool {
	return h.pid > 4 && h.instances == 1 && h.basis != "trace" && h.image == "" && h.lists && !h.listed
}

func (j *judgement) traceHolder(p *pool, t *facts.Trace, proc *facts.Process, holds []*facts.Hold, at report.Time) *holder {
	seen := map[uint16]bool{}
	for _, x := range holds {
		seen[x.Port] = true
	}
	h := &holder{
		identity: p.m.whoRan(proc), pid: proc.PID, key: proc.Key, process: proc, instances: 1, ports: len(seen), opened: len(seen),
		basis: "trace", sure: report.Moderate, growth: p.traceGrowth(t, proc),
	}
	if !t.Lost.Any() && !t.Damaged {
		h.sure = report.Strong
	}
	h.cited = append([]report.Evidence{t.HeldRow(proc, at, h.ports, holds)}, h.rows...)
	h.design(p)
	switch kept := p.keptAtEnd(proc); {
	case !proc.Ended.IsZero():
		h.note = "its endpoints were opened in the trace; the process ended at " + report.Moment(proc.Ended)
	case 2*kept >= h.ports:
		h.note = "its endpoints were opened in the trace and not given back"
	default:
		h.note = "its endpoints were opened in the trace and given back in it"
	}
	if proc.Deferred > 0 {
		h.note += fmt.Sprintf("; the ports of %s more are not known: they are chosen at connect", report.Counted(proc.Deferred, "endpoint", "endpoints"))
	}
	return h
}

// keptAtEnd is how many ports of the pool a process has at the end of the trace.
func (p *pool) keptAtEnd(proc *facts.Process) int {
	seen := map[uint16]bool{}
	for i := range proc.Held {
		if p.has(&proc.Held[i]) {
			seen[proc.Held[i].Port] = true
		}
	}
	return len(seen)
}

func (j *judgement) stuckHolder(p *pool, b *stuckBy) *holder {
	h := &holder{
		pid: b.pid, instances: 1, ports: len(b.ports), stuck: len(b.ports), basis: "stuck-closes", sure: report.Moderate,
		note: "has closed these sockets; their closes hang below it", cited: []report.Evidence{b.last.Row()},
	}
	if !p.m.apart(b.last.Time, p.m.logEnd()) {
		// A list without a time is of the end: of an earlier start it says nothing.
		h.identity = p.m.listed(b.pid, b.last.Time)
		h.cited = append(h.cited, h.rows...)
	}
	if h.image == "" && h.pid == 4 {
		h.image = "System"
	}
	return h
}

// design says what of a holder's ports it has by design.
func (h *holder) design(p *pool) {
	image := strings.TrimSuffix(strings.ToLower(h.image), ".exe")
	families := 2
	if p.alone {
		families = 1
	}
	if image == "dns" && p.t == facts.UDP && float64(h.ports) <= dnsSlack*float64(families*dnsPool) {
		h.byDesign = "the DNS server keeps a pool of " + report.Grouped(dnsPool) + " UDP sockets a family (SocketPoolSize)"
	}
}

// bothOf marks the holders of a table that the trace of the episode shows as well.
func (j *judgement) bothOf(p *pool, e *episode, in *instant) {
	traced := map[report.PID]*holder{}
	began := false
	for _, t := range j.tracesOf(p, e) {
		began = true
		for _, h := range t.list {
			if h.pid > 0 && traced[h.pid] == nil {
				traced[h.pid] = h
			}
		}
	}
	for _, h := range in.list {
		t := traced[h.pid]
		if t == nil {
			if began && 2*h.orphan > h.ports {
				h.note = strings.TrimPrefix(h.note+"; opened before the trace began", "; ")
			}
			continue
		}
		h.basis, h.key, h.process, h.sure, h.opened = "both", t.key, t.process, report.Strong, t.opened
		h.growth = t.growth
		h.cited = append(h.cited, t.cited...)
		if 2*t.ports >= h.ports {
			h.note = strings.TrimPrefix(h.note+"; "+t.note, "; ")
		}
	}
}

// withSums sorts the holders, most first, and adds the sums: the processes of one image,
// svchost apart, of which none has half of their ports.
func (j *judgement) withSums(p *pool, list []*holder) []*holder {
	by := map[string][]*holder{}
	for _, h := range list {
		image := strings.ToLower(h.image)
		if image != "" && image != "svchost.exe" && image != "svchost" && h.byDesign == "" && h.stuck == 0 {
			by[image] = append(by[image], h)
		}
	}
	out := slices.Clone(list)
	for _, image := range sortedKeys(by) {
		of := by[image]
		s := &holder{instances: len(of), members: of, basis: of[0].basis, sure: report.Moderate}
		s.image = of[0].image
		most := 0
		for _, h := range of {
			s.ports += h.ports
			s.orphan += h.orphan
			s.closeWait += h.closeWait
			s.opened += h.opened
			s.growth += h.growth
			most = max(most, h.ports)
			if len(s.cited) < citedRows && len(h.cited) > 0 {
				s.cited = append(s.cited, h.cited[0])
			}
			if h.basis != s.basis {
				s.basis = "both"
			}
		}
		if len(of) < 2 || float64(most) >= sumShare*float64(s.ports) || p.share(s.ports) < boundLeakShare {
			continue
		}
		for _, h := range of {
			h.sum = s
		}
		s.note = fmt.Sprintf("%s of one program, none of which has half of these ports", report.Counted(len(of), "process", "processes"))
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b *holder) int {
		return cmp.Or(b.ports-a.ports, cmp.Compare(a.pid, b.pid), cmp.Compare(a.key, b.key), strings.Compare(a.image, b.image))
	})
	return out
}

// name marks the holder on which the books close: nothing unknown could overturn it.
func (p *pool) name(list []*holder, b *books) {
	if b.basis == "none" || b.basis == "stuck-closes" || b.far && !b.full {
		return
	}
	design := 0
	for _, h := range list {
		if h.byDesign != "" {
			design += h.ports
		}
	}
	for _, h := range list {
		if h.byDesign != "" || h.sum != nil && h.sum.ports >= h.ports || h.pid == 0 && h.instances < 2 {
			continue
		}
		rival := slices.ContainsFunc(list, func(o *holder) bool {
			return o != h && o.byDesign == "" && o.sum != h && h.sum != o && o.ports >= h.ports
		})
		if rival || h.ports <= b.waiting || h.ports <= b.unaccounted || float64(h.ports) < namedShare*float64(p.capacity()-design) {
			continue
		}
		h.named = true
		return
	}
}

// namedOf is the named holder of a list, nil without one.
func namedOf(list []*holder) *holder {
	for _, h := range list {
		if h.named {
			return h
		}
	}
	return nil
}

// secondOf is another holder with half as many ports or more, nil without one.
func secondOf(list []*holder, first *holder) *holder {
	for _, h := range list {
		if h != first && h.byDesign == "" && h.sum != first && first.sum != h && h.sum == nil && float64(h.ports) >= secondShare*float64(first.ports) {
			return h
		}
	}
	return nil
}

// grown is how many ports a minute the holder takes and does not give back.
func (h *holder) grown(p *pool) float64 {
	if h.growth == 0 && h.table != nil && h.pid > 0 {
		return p.tableGrowth(h.table.Source, int(h.pid))
	}
	return h.growth
}

// row is the holder as verdict.json has it.
func (h *holder) row(j *judgement, p *pool, window int) report.Holder {
	out := report.Holder{
		Host: p.m.name, Transport: p.t.String(), Window: window, PID: h.pid, ProcessKey: facts.HexKey(h.key), Image: h.image,
		Services: h.services, Instances: h.instances, Ports: h.ports, Share: round(p.share(h.ports), 4), Named: h.named,
		OrphanBound: h.orphan, CloseWait: h.closeWait, StuckCloses: h.stuck, Basis: h.basis, GrowthPerMinute: round(h.grown(p), 1),
		ByDesign: h.byDesign, Note: h.note, Confidence: h.sure, Evidence: unique(j.cite(h.cited...)),
	}
	if p.refuted {
		out.Share = 0
	}
	if h.instances > 1 {
		out.PID, out.ProcessKey = 0, ""
	}
	return out
}

// untoldHolders are the processes with ports whose transport no record tells, most
// first, in an episode of unknown transport. They are of no pool, have no share of one,
// and none of them is named.
func (j *judgement) untoldHolders(m *machine, e *episode) []report.Holder {
	out := []report.Holder{}
	for _, t := range m.traces {
		if t.First.After(e.to.Time) || t.Last.Before(e.from.Time) {
			continue
		}
		for _, proc := range t.Processes {
			ports := map[uint16]bool{}
			for i := range proc.Held {
				if h := &proc.Held[i]; h.Transport == facts.Unknown && h.Dynamic && !h.Since.After(e.to.Time) {
					ports[h.Port] = true
				}
			}
			if len(ports) == 0 {
				continue
			}
			id := m.whoRan(proc)
			out = append(out, report.Holder{
				Host: m.name, Transport: "unknown", Window: e.index, PID: proc.PID, ProcessKey: facts.HexKey(proc.Key), Image: id.image,
				Services: append([]string{}, id.services...), Instances: 1, Ports: len(ports), Basis: "trace", Confidence: report.Moderate,
				Note:     "its ports were opened in the trace and not given back; no record tells whether they are TCP or UDP",
				Evidence: unique(j.cite(append([]report.Evidence{t.TraceRow()}, id.rows...)...)),
			})
		}
	}
	slices.SortStableFunc(out, func(a, b report.Holder) int { return cmp.Or(b.Ports-a.Ports, cmp.Compare(a.PID, b.PID)) })
	return out
}

// holderRows are the 20 largest holders of each episode and every named one; those of
// the fullest instant stand only where no episode decides a pool.
func (j *judgement) holderRows() []report.Holder {
	var out []report.Holder
	add := func(p *pool, window int, list []*holder) {
		for i, h := range list {
			if i < holdersShown || h.named {
				out = append(out, h.row(j, p, window))
			}
		}
	}
	for _, m := range j.machines {
		for _, p := range m.pools {
			decided := false
			for _, e := range p.episodes {
				decided = decided || e.decides()
				add(p, e.index, e.holders)
			}
			if !decided {
				add(p, -1, p.holders)
			}
		}
		for _, e := range m.unknown {
			untold := j.untoldHolders(m, e)
			out = append(out, untold[:min(len(untold), holdersShown)]...)
		}
	}
	slices.SortStableFunc(out, func(a, b report.Holder) int {
		return cmp.Or(b.Ports-a.Ports, cmp.Compare(a.Window, b.Window), cmp.Compare(a.PID, b.PID), strings.Compare(a.Host, b.Host), strings.Compare(a.Transport, b.Transport), strings.Compare(a.ProcessKey, b.ProcessKey), strings.Compare(a.Image, b.Image))
	})
	return out
}
