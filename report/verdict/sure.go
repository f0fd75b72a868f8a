package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// sureExhausted gives the confidence of a witnessed exhaustion and its reasons: what
// witnesses it, whether the witnesses agree, how the books close, and what is in doubt.
func (j *judgement) sureExhausted(p *pool) {
	e := p.lastEpisode()
	traced, logged, full := e.failures > 0 || e.acquires > 0, len(e.records) > 0, p.fullTable(e)
	var told []string
	if traced {
		told = append(told, e.traceReason())
	}
	if logged {
		told = append(told, e.logReason(p, traced))
	}
	if e.full != nil {
		told = append(told, fmt.Sprintf("%s shows all %s ports in use at %s, with failure signals in the System log beside it.", e.full.Source.Path, report.Grouped(p.capacity()), report.Moment(e.full.Time)))
	}
	told = append(told, p.booksReason(e)...)
	doubts := j.doubts(p, e)
	switch {
	case (traced && logged || (traced || logged) && full) && !j.contradicted(p, e) && !p.refuted:
		p.confidence = report.Proven
	case e.full != nil && !traced && !logged, len(doubts) > 0, p.refuted:
		p.confidence = report.Moderate
	default:
		p.confidence = report.Strong
	}
	p.reasons = append(append([]string{p.clause(e, traced, logged, full)}, doubts...), told...)
	if n := len(p.deciding()); n > 1 {
		p.reasons = append(p.reasons, fmt.Sprintf("This is the last of %d episodes of the pool.", n))
	}
	if p.again != nil {
		p.reasons = append(p.reasons, p.again.sentence(p))
	}
	if e.later {
		p.reasons = append(p.reasons, p.laterReason())
	}
	if p.forecast != nil {
		p.reasons = append(p.reasons, forecastSentence(p.forecast))
	}
}

// clause is the first of the reasons: which sources show it, and whether they stand alone.
func (p *pool) clause(e *episode, traced, logged, full bool) string {
	var by []string
	for _, s := range []struct {
		shows bool
		name  string
	}{{traced, "the trace"}, {logged, "the System log"}, {full || e.full != nil, "a full port table"}} {
		if s.shows {
			by = append(by, s.name)
		}
	}
	switch {
	case len(by) > 1 && p.confidence == report.Proven:
		return sentence(report.Joined(by) + " show it independently of each other")
	case len(by) > 1:
		return sentence(report.Joined(by) + " show it, but not all inputs agree")
	case p.confidence == report.Strong:
		return "Only " + report.Joined(by) + " shows it; nothing that could contradict it was lost."
	}
	return "Only " + report.Joined(by) + " shows it."
}

// deciding are the episodes that decide.
func (p *pool) deciding() []*episode {
	return slices.DeleteFunc(slices.Clone(p.episodes), func(e *episode) bool { return !e.decides() })
}

func (e *episode) traceReason() string {
	if e.failures == 0 {
		return fmt.Sprintf("%s of the TCP/IP driver in the trace failed with STATUS_TOO_MANY_ADDRESSES (0xC0000209), %s.",
			report.Counted(e.acquires, "port request", "port requests"), report.Period(e.firstRefusal, e.lastRefusal))
	}
	return fmt.Sprintf("%s refused with STATUS_TOO_MANY_ADDRESSES (0xC0000209), %s.",
		report.Counted(e.failures, "bind or connect in the trace was", "bind and connect attempts in the trace were"), report.Period(e.firstRefusal, e.lastRefusal))
}

func (e *episode) logReason(p *pool, traced bool) string {
	verb := map[bool]string{true: "agrees", false: "says so"}[traced]
	text := fmt.Sprintf("The System log %s: %s", verb, report.Counted(len(e.records), fmt.Sprintf("Tcpip %d event", p.recordID()), fmt.Sprintf("Tcpip %d events", p.recordID())))
	switch by, ok := p.skew(e); {
	case ok && by < 0:
		text += fmt.Sprintf(", the first %s before the first refusal (%s)", report.Rough(by), e.clocks())
	case ok:
		text += fmt.Sprintf(", the first %s after the first refusal (%s)", report.Rough(by), e.clocks())
	case e.from.IsZero():
		text += cmp.Or(strings.Replace(e.wall(), "on ", ", ", 1), ", whose time is not known")
	case len(e.records) > 1:
		text += ", " + report.Period(e.records[0].Time, e.lastRecord)
	default:
		text += ", " + report.Moment(e.records[0].Time)
	}
	if len(e.records) > 1 && e.lastRecord.Sub(e.records[0].Time.Time) > 12*time.Hour {
		text += "; it is written once a day at most, and without a restart between them they are of one episode whose inside is not known"
	}
	if n := p.m.readTwice(); n > 0 {
		text += fmt.Sprintf("; a second, independent reader of event logs reads %s the same", report.Counted(n, "witness record", "witness records"))
	}
	return text + "."
}

// readTwice counts the witness records of the machine's logs that a second reader read the
// same.
func (m *machine) readTwice() int {
	n := 0
	for _, l := range m.logs {
		n += l.Log.Agreed
	}
	return n
}

// skew is how far the first record lies from the first refusal of its episode: its delay
// and the difference of the clocks in one.
func (p *pool) skew(e *episode) (time.Duration, bool) {
	if e.firstRefusal.IsZero() || len(e.records) == 0 {
		return 0, false
	}
	return e.records[0].Time.Sub(e.firstRefusal.Time), true
}

// fullTable tells that a table of the episode's time shows 95 % in use.
func (p *pool) fullTable(e *episode) bool {
	if p.refuted {
		return false
	}
	return slices.ContainsFunc(p.m.tables, func(t *facts.Table) bool {
		used := p.usedIn(t)
		return !t.Time.IsZero() && used > 0 && p.share(used) >= poolFull && e.within(t.Time, tableWithin) && !p.m.apart(t.Time, e.from)
	})
}

// booksReason says where the ports were.
func (p *pool) booksReason(e *episode) []string {
	b := &e.books
	if p.refuted {
		return []string{"Where the ports were cannot be told: the range in force is not known."}
	}
	cap := report.Grouped(b.capacity)
	switch h := namedOf(e.holders); {
	case b.basis == "none":
		return []string{"No input shows who held the ports at that time."}
	case h != nil:
		text := fmt.Sprintf("The books close: %s shows %s of %s ports as those of %s", b.source(e), report.Grouped(h.ports), cap, h.label())
		return []string{text + p.rest(b, h.ports) + "."}
	case b.basis == "stuck-closes":
		return []string{p.stuckReason(e)}
	default:
		return []string{p.openReason(e)}
	}
}

// source names what the books rest on, and how far it is from the episode.
func (b *books) source(e *episode) string {
	name := map[string]string{"table": "the table", "trace": "the trace", "stuck-closes": "the System log"}[b.basis]
	if b.table != nil {
		name = "the table of " + b.table.Source.Path
	}
	switch {
	case b.distance == nil:
		return name + ", whose time is not known,"
	case *b.distance == 0:
		if b.at.IsZero() || b.basis == "trace" && !b.at.Before(e.lastRefusal.Time) {
			return name + ", at the last refusal,"
		}
		return name + ", at " + report.Moment(b.at) + ", inside the episode,"
	case *b.distance < 0:
		return fmt.Sprintf("%s, %s before the episode,", name, report.Rough(seconds(*b.distance)))
	}
	return fmt.Sprintf("%s, %s after the episode,", name, report.Rough(seconds(*b.distance)))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// rest says what the other ports are, where there are any.
func (p *pool) rest(b *books, named int) string {
	var parts []string
	add := func(n int, what string) {
		switch {
		case n == 1:
			parts = append(parts, "1 is "+what)
		case n > 1:
			parts = append(parts, report.Grouped(n)+" are "+what)
		}
	}
	add(b.holders-named, "of other processes")
	add(b.stuck, "stuck in closing")
	add(b.waiting, "in TIME_WAIT")
	add(b.unaccounted, "unaccounted for")
	add(b.free, "free")
	if len(parts) == 0 {
		return ""
	}
	return "; " + report.Joined(parts)
}

// openReason says how far the books are from closing when nobody is named.
func (p *pool) openReason(e *episode) string {
	b := &e.books
	if e.rival != nil {
		return fmt.Sprintf("At the last refusal the trace has %s of %s ports as those of %s; the table of %s shows %s.",
			report.Grouped(e.rival.ports), report.Grouped(b.capacity), e.rival.label(), b.table.Source.Path, report.Grouped(e.rivalThere))
	}
	var parts []string
	for i, h := range e.holders {
		if i == 2 || h.ports == 0 {
			break
		}
		if h.sum == nil {
			are := "are those"
			if h.ports == 1 {
				are = "is that"
			}
			parts = append(parts, fmt.Sprintf("%s %s of %s", report.Grouped(h.ports), are, h.label()))
		}
	}
	shown := 0
	for i, h := range e.holders {
		if i < 2 && h.sum == nil {
			shown += h.ports
		}
	}
	text := fmt.Sprintf("The books do not close: of %s ports ", report.Grouped(b.capacity))
	if len(parts) > 0 {
		text += report.Joined(parts)
	} else {
		text += "none is known to be held"
	}
	text += p.rest(b, min(shown, b.holders))
	return text + fmt.Sprintf(" (by %s so nobody is named).", b.source(e))
}

// stuckReason says how many closes hang, and whose they were.
func (p *pool) stuckReason(e *episode) string {
	s := p.stuckAtEpisode(e)
	since := "since the log begins"
	if !s.since.IsZero() {
		since = "since the start of " + report.Minute(s.since)
	}
	var of []string
	for i, b := range s.byPID() {
		if i < 3 {
			of = append(of, fmt.Sprintf("%s are of PID %d", report.Grouped(len(b.ports)), b.pid))
		}
	}
	return fmt.Sprintf("The closes of %s distinct %s ports hang %s (AFD 16002): the programs have closed their sockets, and the close hangs below them. %s; %s of %s ports are unaccounted for.",
		report.Grouped(len(s.ports)), p.kind(), since, report.Joined(of), report.Grouped(e.books.unaccounted), report.Grouped(e.books.capacity))
}

// laterReason tells the trace's own span beside an episode that came after it.
func (p *pool) laterReason() string {
	from, to := p.m.span()
	by := "the trace and the tables, which cover"
	switch {
	case len(p.m.traces) == 0 && len(p.m.tables) == 1:
		by = "the table, which is of"
	case len(p.m.traces) == 0:
		by = "the tables, which cover"
	case len(p.m.tables) == 0:
		by = "the trace, which covers"
	}
	return fmt.Sprintf("That is later than %s %s.", by, report.Period(from, to))
}

// doubts are what makes a single witness weaker.
func (j *judgement) doubts(p *pool, e *episode) []string {
	var out []string
	traced := e.failures > 0 || e.acquires > 0
	if len(e.records) > 0 && e.from.IsZero() {
		out = append(out, "The record has a local time without a zone, or none: when it was is not known.")
	}
	switch {
	case p.refuted:
	case p.source == "inferred" && p.known:
		out = append(out, "The dynamic range is "+p.basis+".")
	case p.source == "inferred":
		out = append(out, sentence(p.basis))
	case !p.known:
		out = append(out, "The dynamic range is assumed (Windows' default): no file states it.")
	}
	for _, t := range p.m.traces {
		if traced && (t.Lost.Any() || t.Damaged) {
			out = append(out, "Parts of "+t.Source.Path+" were lost or could not be read.")
		}
	}
	for _, l := range p.m.logs {
		if len(e.records) > 0 && !traced && l.Damaged {
			out = append(out, "Parts of "+l.Path+" could not be read.")
		}
	}
	for _, l := range p.m.logs {
		if len(e.records) > 0 && l.Log.Disagreed > 0 {
			out = append(out, fmt.Sprintf("Two independent readers of %s disagree on %s.", l.Path, report.Counted(l.Log.Disagreed, "witness record", "witness records")))
		}
	}
	if e.rival != nil {
		out = append(out, fmt.Sprintf("The trace and %s name different processes: nobody is named.", e.books.table.Source.Path))
	}
	for _, t := range p.opposed() {
		out = append(out, fmt.Sprintf("A complete table of the same minute (%s) shows the pool far from full.", t.Source.Path))
	}
	if p.twin != nil && len(e.records) > 0 && !traced {
		out = append(out, "The record does not say whether the IPv4 or the IPv6 range ran out; they differ on this machine.")
	}
	return out
}

// contradicted tells that inputs speak against each other.
func (j *judgement) contradicted(p *pool, e *episode) bool {
	return len(p.opposed()) > 0 || e.rival != nil
}

// opposed are the complete tables that show the pool far from full within a minute of a
// refused attempt, or of a record of one.
func (p *pool) opposed() []*facts.Table {
	if p.refuted || !p.known {
		return nil
	}
	var last []*facts.Record
	if e := p.lastEpisode(); e != nil {
		last = e.records
	}
	var out []*facts.Table
	for _, t := range p.m.tables {
		used := p.notFree(t)
		if t.Time.IsZero() || !p.complete(t) || used < 0 || p.share(used) >= farBelow {
			continue
		}
		if slices.ContainsFunc(p.m.traces, func(tr *facts.Trace) bool {
			near, ok := tr.Runs[p.t][p.fam()].Nearest(t.Time)
			return ok && t.Time.Sub(near.Time).Abs() <= contradictWithin
		}) || slices.ContainsFunc(last, func(r *facts.Record) bool {
			return !r.Time.IsZero() && t.Time.Sub(r.Time.Time).Abs() <= contradictWithin
		}) {
			out = append(out, t)
		}
	}
	return out
}
