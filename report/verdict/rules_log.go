package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// logFindings are the witnesses of a machine's System log.
func (j *judgement) logFindings(m *machine) {
	for _, p := range m.pools {
		var records []*facts.Record
		for _, e := range p.episodes {
			if e.decides() {
				records = append(records, e.records...)
			}
		}
		word := "TCP"
		if p.t == facts.UDP {
			word = "UDP"
		}
		if p.twin != nil && p.fam() == 2 && len(p.twin.episodes) > 0 {
			continue // a record of both families stands once
		}
		j.claim(claim{
			id: fmt.Sprintf("evtx-%d", p.recordID()), m: m, transport: p.t.String(), count: len(records), rows: j.rowsOf(records),
			text: fmt.Sprintf("Windows logged that a request for an ephemeral %s port failed because all are in use. The event is throttled to one in 24 hours: one record stands for any number of failures after it.", word),
		})
	}
	pressure := m.near(4227)
	j.claim(claim{
		id: "evtx-4227", m: m, transport: "tcp", count: len(pressure), rows: j.rowsOf(pressure),
		text: "Windows refused a connection because its local endpoint was used towards the same remote endpoint a moment before. This is pressure, never proof of exhaustion by itself.",
	})
	var stuck []*facts.Record
	for _, r := range m.records {
		if r.ID == 16002 {
			stuck = append(stuck, r)
		}
	}
	c := claim{
		id: "evtx-afd-16002", m: m, transport: "tcp", count: len(stuck),
		text: "The close of a socket hangs; its port is not free until the close is done.",
	}
	if len(stuck) > 0 {
		c.rows = j.rowsOf([]*facts.Record{stuck[0], stuck[len(stuck)-1]})
	}
	j.claim(c)
	j.symptomFinding(m)
	j.installedFinding(m)
	j.filterFinding(m)
}

// symptomFinding counts the errors of each deciding episode, from its start to its end,
// against the same span before. They support and never prove.
func (j *judgement) symptomFinding(m *machine) {
	c := claim{id: "evtx-symptom", m: m}
	var spans []report.Span
	for _, e := range j.episodesOf(m) {
		if !e.decides() {
			continue
		}
		to := e.to
		if e.endedAt.After(to.Time) {
			to = e.endedAt
		}
		spans = append(spans, report.Span{From: report.Time{Time: e.from.Add(-symptomWithin)}, To: report.Time{Time: to.Add(symptomWithin)}})
	}
	slices.SortFunc(spans, func(a, b report.Span) int { return a.From.Compare(b.From.Time) })
	during, before := map[string]int{}, map[string]int{}
	var done time.Time
	var records []*facts.Record
	for _, s := range spans {
		from := s.From.Time
		if from.Before(done) {
			from = done
		}
		for _, r := range between(m.symptoms, from, s.To.Time) {
			records = append(records, r)
			during[symptomName(r)]++
		}
		for _, r := range between(m.symptoms, s.From.Add(-s.To.Sub(s.From.Time)), s.From.Add(-1)) {
			before[symptomName(r)]++
		}
		if s.To.After(done) {
			done = s.To.Add(1)
		}
	}
	var parts []string
	for _, name := range sortedKeys(during) {
		parts = append(parts, fmt.Sprintf("%s %s (%s in the same span before)", name, report.Counted(during[name], "time", "times"), report.Grouped(before[name])))
	}
	c.count, c.rows = len(records), j.rowsOf(records)
	c.text = "Errors that a machine out of ports also logs, around and in the episode: " + report.Joined(parts) + ". " + rivalCauses
	j.claim(c)
}

// rivalCauses are what else makes the errors of a machine out of ports.
const rivalCauses = "They have other causes too: DNS or a domain controller that is down, the network card, a firewall, an expired certificate, the clock."

func symptomName(r *facts.Record) string {
	return fmt.Sprintf("%s %d", strings.TrimPrefix(r.Provider, "Microsoft-Windows-"), r.ID)
}

// lifeFindings are what the log tells of the machine's life.
func (j *judgement) lifeFindings(m *machine) {
	recent := func(r *facts.Record) bool { return m.recent(r.Time) && m.in(r.Time) }
	var starts, clears, changes []*facts.Record
	for _, b := range m.boots {
		if b.record != nil && recent(b.record) {
			starts = append(starts, b.record)
		}
	}
	for _, r := range m.life {
		switch {
		case !recent(r):
		case r.ID == 104 && clearsSystem(r), r.ID == 1102:
			clears = append(clears, r)
		case r.ID == 1:
			changes = append(changes, r)
		}
	}
	j.claim(claim{
		id: "evtx-restart", m: m, count: len(starts), rows: j.rowsOf(starts),
		text: "A start of Windows frees all ports: what was held before it says nothing of the time after it.",
	})
	j.claim(claim{
		id: "evtx-cleared", m: m, count: len(clears), rows: j.rowsOf(clears), text: "The System log cannot speak for the time before it was cleared.",
	})
	j.claim(claim{
		id: "evtx-clock-change", m: m, count: len(changes), rows: j.rowsOf(changes),
		text: "Times before and after it do not compare, neither in the log nor with other sources.",
	})
}

// clearsSystem tells that a record 104 is of the System log: it names the channel.
func clearsSystem(r *facts.Record) bool {
	channel := r.Field("Channel", -1)
	for _, text := range r.Data {
		if channel == "" && strings.EqualFold(text, "System") {
			channel = text
		}
	}
	return strings.EqualFold(channel, "System") || channel == "" && len(r.Data) == 0
}

// stuckFindings tell of closes that hang.
func (j *judgement) stuckFindings(p *pool) {
	s := p.stuck
	if e := p.lastEpisode(); e != nil && len(s.ports) == 0 {
		s = p.stuckAtEpisode(e)
	}
	if len(s.ports) == 0 {
		return
	}
	c := claim{id: "evtx-stuck-closes", m: p.m, transport: p.t.String(), count: len(s.ports)}
	text := "since the log begins"
	if !s.since.IsZero() {
		text = "since the start of " + report.Minute(s.since)
	}
	c.text = fmt.Sprintf("%s %s %s", report.Grouped(len(s.ports)), "distinct "+p.kind()+" ports hang in closing", text)
	if e := p.lastEpisode(); e != nil {
		if at := p.stuckAtEpisode(e); len(at.ports) > 0 && p.m.apart(e.from, p.m.logEnd()) {
			c.text += fmt.Sprintf(" (%s when the pool ran out on %s)", report.Grouped(len(at.ports)), report.Minute(e.from))
			c.rows = append(c.rows, at.last.Row())
		}
	}
	var of []string
	for i, b := range s.byPID() {
		if i < 3 {
			of = append(of, fmt.Sprintf("PID %d %s", b.pid, report.Grouped(len(b.ports))))
		}
	}
	if len(of) > 0 {
		c.text += ": " + strings.Join(of, ", ")
	}
	c.text += ". The programs have closed these sockets; the close hangs below them."
	if s.first != nil {
		c.first, c.last = s.first.Time, s.last.Time
		c.rows = append(c.rows, s.first.Row(), s.last.Row())
	}
	if p.share(len(s.ports)) >= stuckHalf || p.cause == report.CauseStuckClose {
		c.severity = "critical"
	}
	j.claim(c)
}

// forecastFinding tells when a pool fills.
func (j *judgement) forecastFinding(p *pool) {
	f := p.forecast
	if f == nil {
		return
	}
	severity := "warning"
	if f.FullAtFrom.Sub(p.lastSeen().Time) < 24*time.Hour && p.outcome != report.NotExhausted {
		severity = "critical"
	}
	j.claim(claim{
		id: "pool-forecast", m: p.m, transport: p.t.String(), count: 1, severity: severity, first: f.FullAtFrom, last: f.FullAtTo,
		text: forecastSentence(f), rows: j.evidence(f.Evidence), rests: j.sourcesOf(f.Evidence),
	})
}

// lastSeen is the last time that the machine's inputs speak of.
func (p *pool) lastSeen() report.Time {
	_, to := p.m.span()
	if end := p.m.logEnd(); end.After(to.Time) {
		to = end
	}
	return to
}
