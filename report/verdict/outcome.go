package verdict

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// decide settles the outcome of a pool, its cause, confidence and reasons.
func (j *judgement) decide(p *pool) {
	j.findLeaks(p)
	j.fullest(p)
	for _, e := range p.episodes {
		j.balance(p, e)
	}
	p.pressure = j.pressureOf(p)
	switch {
	case p.lastEpisode() != nil:
		p.outcome = report.Exhausted
	case p.pressure != "":
		p.outcome = report.Likely
		p.name(p.holders, &p.books)
	default:
		p.outcome = report.Inconclusive
		if p.contrary = j.contraryOf(p); p.contrary != "" {
			p.outcome = report.NotExhausted
		}
	}
	p.again = j.findAgain(p)
	j.findCause(p)
	p.forecast = j.stuckForecast(p)
	if p.forecast == nil && p.outcome != report.Exhausted {
		p.forecast = j.leakForecast(p)
	}
	j.sure(p)
}

// pressureOf says why exhaustion is likely though nothing witnesses it.
func (j *judgement) pressureOf(p *pool) string {
	used, cap := p.peak.used, p.capacity()
	of := fmt.Sprintf("%s of %s %s ports were in use", report.Grouped(used), report.Grouped(cap), p.kind())
	share := p.share(used)
	if p.refuted {
		share = 0
	}
	hang := len(p.stuck.ports)
	switch {
	case p.stuckShare() >= stuckLikely:
		return fmt.Sprintf("the closes of %s of %s %s ports hang", report.Grouped(hang), report.Grouped(cap), p.kind())
	case used > 0 && share >= poolFull:
		return of
	case p.t == facts.TCP && used > 0 && share > poolPressure && len(p.m.near(4227)) > 0:
		return of + ", and the System log shows ports re-used too soon (4227)"
	case p.t == facts.TCP && p.m.weakly() > 0:
		return "the TCP/IP driver shared ports because none was free (1195), though no attempt was seen to fail"
	}
	return p.fills()
}

// near are the records of an id in the time that the machine's other inputs speak of.
func (m *machine) near(id int) []*facts.Record {
	var out []*facts.Record
	for _, r := range m.records {
		if r.ID == id && m.recent(r.Time) {
			out = append(out, r)
		}
	}
	return out
}

// weakly counts the ports that the driver shared because none was free.
func (m *machine) weakly() int {
	n := 0
	for _, t := range m.traces {
		n += t.WeakRef.Count
	}
	return n
}

// contraryOf says why a pool was not exhausted, or "" with the reasons why that cannot be
// shown in p.unclear.
func (j *judgement) contraryOf(p *pool) string {
	for _, against := range []func(*pool) string{
		j.unexplained, j.unreadWitness, j.leaksUnmeasured, j.fullEnough, j.underPressure, j.hanging, j.unknownRefused, j.untimed,
	} {
		if why := against(p); why != "" {
			p.unclear = append(p.unclear, why)
			return ""
		}
	}
	if s := p.traceSpans(); s != "" {
		return s
	}
	return j.tableSpeaks(p)
}

func (j *judgement) unexplained(p *pool) string {
	n := 0
	for _, t := range p.m.traces {
		n += t.Stated.Count
	}
	if n == 0 || p.t != facts.TCP {
		return ""
	}
	return fmt.Sprintf("%s for a stated port failed with 0xC0000209, which is not explained", report.Counted(n, "attempt", "attempts"))
}

// unknownRefused tells of refusals of unknown transport, which may be the pool's.
func (j *judgement) unknownRefused(p *pool) string {
	if len(p.m.unknown) == 0 {
		return ""
	}
	n := 0
	for _, e := range p.m.unknown {
		n += e.failures
	}
	if j.otherRan(p) {
		return ""
	}
	return fmt.Sprintf("%s of unknown transport refused with 0xC0000209 may be of this pool", report.Counted(n, "attempt", "attempts"))
}

// otherRan tells that another pool of the machine ran out, which explains what is not told.
func (j *judgement) otherRan(p *pool) bool {
	return slices.ContainsFunc(p.m.pools, func(o *pool) bool { return o != p && o.lastEpisode() != nil })
}

// unreadWitness tells of a log or a trace of which parts, or all, could not be read: a
// witness may stand there. One that is empty was to hold something, and is missing.
func (j *judgement) unreadWitness(p *pool) string {
	for _, s := range j.c.Sources {
		ext := strings.ToLower(path.Ext(s.Path))
		switch {
		case s.Kind == "evtx" && (s.Damaged || s.Log == nil):
		case s.Kind == "unknown" && (ext == ".etl" || ext == ".evtx"):
		default:
			continue
		}
		return "parts of " + s.Path + " could not be read, and a witness may stand there"
	}
	n := 0
	for i := range j.c.Diagnostics {
		if j.c.Diagnostics[i].Unread() {
			n++
		}
	}
	if n > 0 {
		return fmt.Sprintf("not all that was sent could be read (%s of it), and a witness may stand there", report.Counted(n, "diagnostic tells", "diagnostics tell"))
	}
	return ""
}

// leaksUnmeasured tells of a leak while the size of the pool is not known: it may be near
// its end.
func (j *judgement) leaksUnmeasured(p *pool) string {
	if p.known || len(p.leaks) == 0 {
		return ""
	}
	l := &p.leaks[0]
	return label(l.image, l.running(), l.pid) + " takes ports and does not give them back, and how many there are is not known"
}

func (j *judgement) fullEnough(p *pool) string {
	if p.peak.used <= 0 || p.refuted || p.share(p.peak.used) < poolPressure {
		return ""
	}
	return fmt.Sprintf("%s of %s ports were in use", report.Grouped(p.peak.used), report.Grouped(p.capacity()))
}

func (j *judgement) underPressure(p *pool) string {
	if p.t != facts.TCP || len(p.m.near(4227)) == 0 {
		return ""
	}
	return "the System log shows 4227 (a port re-used too soon): a sign of pressure, not proof"
}

func (j *judgement) hanging(p *pool) string {
	if p.stuckShare() < stuckHalf {
		return ""
	}
	return fmt.Sprintf("the closes of %s of %s ports hang", report.Grouped(len(p.stuck.ports)), report.Grouped(p.capacity()))
}

// traceSpans tells whether successful dynamic binds span every trace with nothing lost.
func (p *pool) traceSpans() string {
	if len(p.m.traces) == 0 {
		p.unclear = append(p.unclear, "there is no trace whose binds could show the contrary")
		return ""
	}
	total := 0
	traces := p.m.judged()
	for _, t := range traces {
		if why := p.gapIn(t); why != "" {
			p.unclear = append(p.unclear, t.Source.Path+": "+why)
			return ""
		}
		total += t.Dynamic[p.t][p.fam()].Count
	}
	if p.m.options.Asked() {
		if why := p.uncovered(traces); why != "" {
			p.unclear = append(p.unclear, why)
			return ""
		}
	}
	return fmt.Sprintf("%s dynamic %s binds succeeded, from one end of the trace to the other, and none was refused for want of a port", report.Grouped(total), p.kind())
}

// gapIn says what keeps a trace from showing that the pool was healthy.
func (p *pool) gapIn(t *facts.Trace) string {
	l, sp := &t.Lost, &t.Dynamic[p.t][p.fam()]
	length := t.Last.Sub(t.First.Time)
	switch {
	case t.Events == 0 && t.Outside:
		return "the trace has no event of the analysed window"
	case t.Events == 0:
		return "the trace holds no Winsock-AFD or TCPIP event"
	case l.Any():
		return fmt.Sprintf("events were lost (%s, %s, %s)", report.Counted(l.Events, "event", "events"), report.Counted(l.Buffers, "buffer", "buffers"), report.Counted(l.Gaps, "gap", "gaps"))
	case t.Blind != "":
		return t.Blind
	case l.Wrapped:
		return "the ring wrapped: what came before is overwritten"
	case l.Truncated || l.Unfinalised:
		return "the file is cut short or its session was never stopped"
	case t.Damaged:
		return "parts of the trace could not be read"
	case sp.Count == 0:
		return "no dynamic " + p.kind() + " bind succeeded in it"
	case sp.First.Sub(t.First.Time) > spanEnds || t.Last.Sub(sp.Last.Time) > spanEnds:
		return "successful dynamic binds do not reach both ends of the trace"
	case sp.LongestGap() > max(spanEnds.Seconds(), length.Seconds()/spanGap):
		return fmt.Sprintf("for %.0f s no dynamic bind succeeded", sp.LongestGap())
	case p.refuted:
		return "ports were handed out outside the range assumed, and the range in force is not known"
	}
	for port, n := range sp.Ports {
		if n > 0 && (port < p.view.Start || port > p.view.End()) {
			return fmt.Sprintf("port %d was handed out though it is outside the range told", port)
		}
	}
	return ""
}

// tableSpeaks tells whether a complete table far below a known capacity stands beside a
// System log that covers its time and is silent.
func (j *judgement) tableSpeaks(p *pool) string {
	missing := "no complete table (netstat -anobq) with a time and a known range stands beside a System log that covers it"
	// A damaged or lossy trace beside the table may hide the contrary.
	for _, t := range p.m.traces {
		if t.Events > 0 && (t.Damaged || t.Lost.Any() || t.Blind != "") {
			return ""
		}
	}
	var best *facts.Table // the fullest of those that speak
	for _, t := range p.m.tables {
		used := p.notFree(t)
		if !p.complete(t) || t.Time.IsZero() || !p.known || p.refuted || used < 0 || p.share(used) >= farBelow {
			continue
		}
		if at := p.clearedBefore(t.Time); !at.IsZero() {
			missing = "the System log was cleared at " + report.Moment(at) + ", and what it held of the day before " + t.Source.Path + " is gone"
			continue
		}
		if p.silent(t.Time) && p.m.logCovers(t.Time) {
			if best == nil || used > p.notFree(best) {
				best = t
			}
		}
	}
	if best != nil {
		return fmt.Sprintf("%s of %s %s ports were in use in a complete table, and the System log covers that time and holds no %d", report.Grouped(p.notFree(best)), report.Grouped(p.capacity()), p.kind(), p.recordID())
	}
	p.unclear = append(p.unclear, missing)
	return ""
}

// complete tells that a table shows every port of the pool in use. Get-NetTCPConnection
// shows bound ports on Windows 10 and Server 2016 and later.
func (p *pool) complete(t *facts.Table) bool { return t.Complete() }

func (p *pool) recordID() int {
	if p.t == facts.UDP {
		return 4266
	}
	return 4231
}

// silentFrom is since when a System log has to be silent at a time: since the start before
// it, a day at most.
func (m *machine) silentFrom(at report.Time) report.Time {
	from := report.Time{Time: at.Add(-silentFor)}
	if b := m.bootBefore(at); b.After(from.Time) {
		from = b
	}
	return from
}

// clearedBefore is when the System log lost what it held of the time in which it has to be
// silent, zero when it did not.
func (p *pool) clearedBefore(at report.Time) report.Time {
	for _, r := range between(p.m.life, p.m.silentFrom(at).Time, at.Time) {
		if r.ID == 104 && clearsSystem(r) {
			return r.Time
		}
	}
	return report.Time{}
}

// silent tells that no log of the machine has a record of the pool in the time before a
// time, since the start of Windows, a day at most.
func (p *pool) silent(at report.Time) bool {
	from := p.m.silentFrom(at)
	return !slices.ContainsFunc(slices.Concat(between(p.m.prior, from.Time, at.Time), between(p.m.records, from.Time, at.Time)), func(r *facts.Record) bool {
		return r.ID == p.recordID() || r.ID == 4227 && p.t == facts.TCP
	})
}

// covered tells that an undamaged System log of the machine covers a span.
func (m *machine) covered(from, to report.Time) bool {
	return slices.ContainsFunc(m.logs, func(l *facts.Source) bool { return !l.Damaged && l.Log.Covers(from, to) })
}
