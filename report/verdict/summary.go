package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// headline is the machine and pool that the headline speaks of: of the worst outcome; of
// equals the one with more confidence, TCP before UDP, then by the name of the machine.
// The pool is nil where an episode of unknown transport decides alone.
func (j *judgement) headline() (*machine, *pool) {
	var best *pool
	for _, m := range j.machines {
		for _, p := range m.pools {
			if best == nil || j.before(p, best) {
				best = p
			}
		}
	}
	if j.outcome == report.Exhausted && best.outcome != report.Exhausted {
		for _, m := range j.machines {
			if len(m.unknown) > 0 {
				return m, nil
			}
		}
	}
	return best.m, best
}

// before tells that a pool goes before another in the headline.
func (j *judgement) before(a, b *pool) bool {
	if x, y := j.rankOf(a), j.rankOf(b); x != y {
		return x < y
	}
	if x, y := rankConfidence(a.confidence), rankConfidence(b.confidence); x != y && a.outcome != report.Inconclusive {
		return x < y
	}
	if (a.t == facts.TCP) != (b.t == facts.TCP) {
		return a.t == facts.TCP
	}
	return false
}

// rankOf orders outcomes for the headline. A pool without traffic spoils nothing: an
// inconclusive UDP pool of which no input speaks, or which stands calm, goes behind.
func (j *judgement) rankOf(p *pool) int {
	switch p.outcome {
	case report.Exhausted:
		return 0
	case report.Likely:
		return 1
	case report.NotExhausted:
		if j.outcome == report.NotExhausted {
			return 2
		}
		return 5
	}
	if p.t == facts.TCP {
		return 4
	}
	// UDP is an equal: where inputs speak of it alone, the headline does too.
	if p.speaks() && !slices.ContainsFunc(p.m.pools, func(o *pool) bool { return o.t == facts.TCP && o.speaks() }) {
		return 3
	}
	return 6
}

// speaks tells that some input shows traffic or use of the pool.
func (p *pool) speaks() bool {
	if p.peak.used > 0 || len(p.episodes) > 0 || p.counted() {
		return true
	}
	return slices.ContainsFunc(p.m.traces, func(t *facts.Trace) bool { return t.Dynamic[p.t][p.fam()].Count > 0 })
}

// counted tells that a tool counted rows of the pool's transport.
func (p *pool) counted() bool {
	return slices.ContainsFunc(p.m.texts, func(s *facts.Source) bool {
		return slices.ContainsFunc(s.Counts, func(c facts.Count) bool { return c.Transport == p.t.String() && c.Rows > 0 })
	})
}

func rankConfidence(c report.Confidence) int {
	return slices.Index([]report.Confidence{report.Proven, report.Strong, report.Moderate, report.Weak}, c)
}

// overall is the outcome of one machine: the worst of its pools; not exhausted if TCP is
// and no other pool is known to stand high or failed.
func (j *judgement) overall(m *machine) report.Outcome {
	has := func(o report.Outcome) bool {
		return slices.ContainsFunc(m.pools, func(p *pool) bool { return p.outcome == o })
	}
	switch {
	case has(report.Exhausted), len(m.unknown) > 0:
		return report.Exhausted
	case has(report.Likely):
		return report.Likely
	}
	for _, p := range m.pools {
		switch {
		case p.t == facts.TCP && p.outcome != report.NotExhausted:
			return report.Inconclusive
		case p.outcome == report.NotExhausted:
		case p.peak.used > 0 && !p.refuted && p.share(p.peak.used) >= poolPressure, len(p.episodes) > 0 && p.lastEpisode() != nil:
			return report.Inconclusive
		}
	}
	return report.NotExhausted
}

// worst is the outcome of the bundle: that of the worst machine, inconclusive before not
// exhausted.
func worst(all []report.Outcome) report.Outcome {
	for _, o := range []report.Outcome{report.Exhausted, report.Likely, report.Inconclusive} {
		if slices.Contains(all, o) {
			return o
		}
	}
	return report.NotExhausted
}

// summary is the one sentence or two that a ticket can quote: which pool, when, who.
func (j *judgement) summary() string {
	m, p := j.headline()
	var out string
	switch {
	case p == nil && j.outcome == report.Exhausted:
		out = m.unknownSummary()
	case j.outcome == report.Exhausted:
		out = j.exhaustedSummary(p)
		others, more := j.others(p, report.Exhausted)
		for _, o := range others {
			out += " " + j.tooSummary(o)
		}
		if more > 0 {
			out += fmt.Sprintf(" %s ran out too.", report.Counted(more, "more pool", "more pools"))
		}
	case j.outcome == report.Likely:
		out = fmt.Sprintf("The %s%s were close to running out: %s.", p.ports(), m.of(), p.pressure)
		if h := namedOf(p.holders); h != nil {
			out += fmt.Sprintf(" %s has %s of %s", h.label(), report.Grouped(h.ports), report.Grouped(p.capacity()))
			if o := secondOf(p.holders, h); o != nil {
				out += fmt.Sprintf(" and %s %s", o.label(), report.Grouped(o.ports))
			}
			out += "."
		}
		if p.forecast != nil {
			out += " At the present rate the pool is full " + report.Period(p.forecast.FullAtFrom, p.forecast.FullAtTo) + "."
		}
		others, more := j.others(p, report.Likely)
		for _, o := range others {
			out += fmt.Sprintf(" The %s%s were close too: %s.", o.ports(), o.m.of(), o.pressure)
		}
		if more > 0 {
			out += fmt.Sprintf(" %s too.", report.Counted(more, "more pool was close", "more pools were close"))
		}
	case j.outcome == report.NotExhausted:
		out = j.clearSummary(m, p)
	default:
		out = fmt.Sprintf("These files cannot show whether the %s dynamic ports%s ran out.", p.upper(), m.of())
	}
	return out + j.otherMachines(m)
}

// Of a bundle of many machines a sentence names the first other pools and machines, and
// counts the rest.
const (
	mostPools    = 8
	mostMachines = 16
)

// others are the other pools of an outcome, in the order of the machines, and how many
// more there are than are told.
func (j *judgement) others(than *pool, o report.Outcome) (out []*pool, more int) {
	for _, m := range j.machines {
		for _, p := range m.pools {
			if p != than && p.outcome == o {
				out = append(out, p)
			}
		}
	}
	told := min(len(out), mostPools)
	return out[:told], len(out) - told
}

// exhaustedSummary is of the last episode of a pool that decides.
func (j *judgement) exhaustedSummary(p *pool) string {
	e := p.lastEpisode()
	out := fmt.Sprintf("The %s%s ran out %s", p.ports(), p.m.of(), e.when())
	if e.family() != "any" && !p.alone {
		out += map[string]string{"ipv4": ", for IPv4 alone", "ipv6": ", for IPv6 alone"}[e.family()]
	}
	var parts []string
	if e.failures > 0 {
		n := len(j.victimsIn(p))
		parts = append(parts, fmt.Sprintf("%s of %s were refused", report.Counted(e.failures, "attempt", "attempts"), report.Counted(n, "process", "processes")))
		if e.failures == 1 {
			parts[0] = "1 attempt was refused"
		}
	}
	if who := p.whoSentence(e); who != "" {
		parts = append(parts, who)
	}
	if len(parts) > 0 {
		out += ": " + strings.Join(parts, ", ")
	}
	out += "."
	if p.again != nil {
		out += fmt.Sprintf(" It was nearly full again at %s: %s of %s.", report.Moment(p.again.at), report.Grouped(p.again.used), report.Grouped(p.capacity()))
	}
	if p.forecast != nil {
		out += fmt.Sprintf(" It fills again: full between %s and %s at the present rate.", p.forecast.FullAtFrom.UTC().Format("2006-01-02"), p.forecast.FullAtTo.UTC().Format("2006-01-02"))
	}
	return out
}

// tooSummary is of a further pool that ran out.
func (j *judgement) tooSummary(p *pool) string {
	e := p.lastEpisode()
	out := fmt.Sprintf("The %s%s ran out too, %s", p.ports(), p.m.of(), e.when())
	if e.failures > 0 {
		out += fmt.Sprintf(": %s refused", report.Counted(e.failures, "attempt was", "attempts were"))
	}
	if who := p.whoSentence(e); who != "" {
		out += ", " + who
	}
	return out + "."
}

// when says when an episode was, and how it ended.
func (e *episode) when() string {
	out := report.Period(e.from, e.to)
	if e.to.IsZero() {
		if wall := e.wall(); wall != "" {
			return wall
		}
		return out
	}
	if e.to.Equal(e.from.Time) {
		out = "on " + out
	} else {
		out = "from " + strings.Replace(out, ", ", " ", 1)
	}
	switch e.ends {
	case "restart":
		out += ", until the restart of " + report.Minute(e.endedAt)
	case "recovered":
		out += ", recovered by " + report.Moment(e.endedAt)
	case "end-of-inputs":
		if e.failures > 0 {
			out += " (end of the trace)"
		}
	}
	return out
}

// wall is the local time of a record without a zone, as a sentence needs it.
func (e *episode) wall() string {
	for _, r := range e.records {
		if !r.WallOr.IsZero() {
			return "on " + r.Wall.Format("2006-01-02") + " or " + r.WallOr.Format("2006-01-02") + r.Wall.Format(", 15:04:05") + " local time (which is the day and which the month is not known)"
		}
		if !r.Wall.IsZero() {
			return "on " + r.Wall.Format("2006-01-02 15:04:05") + " local time (zone not known)"
		}
	}
	return ""
}

// whoSentence says who held the ports of an episode, "" when nobody can be named.
func (p *pool) whoSentence(e *episode) string {
	b := &e.books
	cap := report.Grouped(b.capacity)
	switch h := namedOf(e.holders); {
	case p.refuted:
		return ""
	case h != nil && p.cause == report.CauseStuckClose:
		return fmt.Sprintf("%s; %s held %s", p.hangSentence(e), h.label(), report.Grouped(h.ports))
	case h != nil:
		out := fmt.Sprintf("%s held %s of %s", h.label(), report.Grouped(h.ports), cap)
		if o := secondOf(e.holders, h); o != nil {
			out += fmt.Sprintf(" and %s %s", o.label(), report.Grouped(o.ports))
		}
		if i := slices.IndexFunc(e.holders, func(d *holder) bool { return d.byDesign != "" }); i >= 0 && (p.cause == report.CauseByDesign || e.holders[i].ports > h.ports) {
			out += fmt.Sprintf(", beside %s of %s by design", report.Grouped(e.holders[i].ports), e.holders[i].label())
		}
		return out
	case p.cause == report.CauseStuckClose:
		return p.hangSentence(e)
	case p.cause == report.CauseChurn:
		return fmt.Sprintf("%s of %s ports wait in TIME_WAIT", report.Grouped(b.waiting), cap)
	case b.basis == "none":
		return "no input shows who held the ports"
	}
	return p.nobody(e)
}

// hangSentence says how many closes hung when an episode began, and whose most of them were.
func (p *pool) hangSentence(e *episode) string {
	s := p.stuckAtEpisode(e)
	out := fmt.Sprintf("the closes of %s of %s ports hang below the programs", report.Grouped(len(s.ports)), report.Grouped(e.books.capacity))
	if by := s.byPID(); len(by) > 0 {
		out += fmt.Sprintf(" (%s of PID %d)", report.Grouped(len(by[0].ports)), by[0].pid)
	}
	return out
}

// nobody says why no process is named although something tells where ports were.
func (p *pool) nobody(e *episode) string {
	b := &e.books
	cap := report.Grouped(b.capacity)
	most := 0
	for _, h := range e.holders {
		if h.sum == nil {
			most = max(most, h.ports)
		}
	}
	switch {
	case e.rival != nil:
		return "the trace and the table name different processes, so nobody can be named"
	case b.far && !b.full && b.table != nil && b.table.Time.IsZero():
		return "when the table was saved is not known, so nobody can be named"
	case b.far && !b.full:
		return fmt.Sprintf("the nearest %s is of another moment, so nobody can be named", b.basis)
	case b.unaccounted >= most:
		return fmt.Sprintf("%s of %s ports are unaccounted for, so nobody can be named", report.Grouped(b.unaccounted), cap)
	case b.waiting >= most:
		return fmt.Sprintf("%s of %s ports wait in TIME_WAIT, so nobody can be named", report.Grouped(b.waiting), cap)
	}
	return fmt.Sprintf("no process stands out (the most that one has is %s of %s), so nobody can be named", report.Grouped(most), cap)
}

// victimsIn are the processes whose attempts a pool refused.
func (j *judgement) victimsIn(p *pool) map[*facts.Process]bool {
	out := map[*facts.Process]bool{}
	whose := p.m.sameProcesses()
	for _, t := range p.m.traces {
		for _, proc := range t.Processes {
			if proc.Refused[p.t][p.fam()].Count > 0 {
				out[whose[proc]] = true
			}
		}
	}
	for _, u := range j.given[p] {
		out[whose[u.Process]] = true
	}
	return out
}

// unknownSummary is of refusals whose transport nothing tells.
func (m *machine) unknownSummary() string {
	e := m.unknown[len(m.unknown)-1]
	n := 0
	for _, o := range m.unknown {
		n += o.failures
	}
	return fmt.Sprintf("Dynamic ports%s ran out %s: %s refused, but no record tells whether TCP or UDP, so no pool and nobody can be named.", m.of(), e.when(), report.Counted(n, "attempt was", "attempts were"))
}

// clearSummary is of ports that did not run out, and of what failed instead.
func (j *judgement) clearSummary(m *machine, p *pool) string {
	out := fmt.Sprintf("The %s%s did not run out in the time covered", p.ports(), m.of())
	if from, to := m.span(); !from.IsZero() {
		out += " (" + report.Period(from, to) + ")"
	}
	out += "."
	if all := j.notPorts(m); len(all) > 0 {
		f := all[0]
		out += fmt.Sprintf(" What failed is not ports: %s of %s with %s (%s).", report.Counted(f.count, "attempt", "attempts"), label(f.image, f.running(), f.pid), hex32(f.status), failureWords[f.status].short)
	}
	if p.forecast != nil {
		out += " It fills, though: at the present rate it is full between " + report.Minute(p.forecast.FullAtFrom) + " and " + report.Minute(p.forecast.FullAtTo) + "."
	}
	return out
}

// otherMachines says what the other machines of the bundle are, and what became of them.
func (j *judgement) otherMachines(than *machine) string {
	if len(j.machines) < 2 {
		return ""
	}
	var parts []string
	for _, m := range j.machines {
		if m == than {
			continue
		}
		name := m.name
		if name == "" {
			name = "a machine that no input names"
		}
		word := map[report.Outcome]string{
			report.Exhausted: "exhausted", report.Likely: "likely exhausted", report.NotExhausted: "not exhausted", report.Inconclusive: "inconclusive",
		}[j.overall(m)]
		if !m.own {
			word += ", by forwarded records"
		}
		parts = append(parts, name+" ("+word+")")
	}
	if more := len(parts) - mostMachines; more > 0 {
		parts = append(parts[:mostMachines], report.Grouped(more)+" more")
	}
	return " The bundle holds files of other machines too: " + report.Joined(parts) + "."
}
