package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// sure gives the confidence of a pool's outcome and its reasons.
func (j *judgement) sure(p *pool) {
	switch p.outcome {
	case report.Exhausted:
		j.sureExhausted(p)
	case report.Likely:
		p.confidence = report.Weak
		p.reasons = []string{"No attempt was seen to fail; this rests on how full the pool was: " + p.pressure + "."}
		if p.forecast != nil {
			p.reasons = append(p.reasons, forecastSentence(p.forecast))
		}
	case report.NotExhausted:
		j.sureNot(p)
	default:
		p.confidence = report.Weak
		p.reasons = p.inconclusiveReasons()
	}
	for _, e := range p.episodes {
		if e.earlier {
			p.reasons = append(p.reasons, fmt.Sprintf("An earlier exhaustion is in the System log too, %s (Tcpip %d, %s); it is of another time and does not decide this verdict.",
				report.Period(e.from, e.to), p.recordID(), report.Counted(len(e.records), "record", "records")))
		}
	}
	if p.refuted {
		p.reasons = append(p.reasons, "The dynamic range is in doubt: "+p.basis+".")
	}
}

// inconclusiveReasons say what the inputs cannot show of a pool.
func (p *pool) inconclusiveReasons() []string {
	if p.m.empty() {
		return []string{"No input is of the analysed window."}
	}
	if p.silentPool() {
		reasons := []string{"No input speaks of " + p.kind() + "."}
		for _, t := range p.m.traces {
			if t.Events == 0 {
				reasons = append(reasons, t.Source.Path+": "+p.gapIn(t)+".")
			}
		}
		return reasons
	}
	reasons := []string{"No sign of exhaustion, but nothing here could rule it out either."}
	if text := p.mostSeen(); text != "" {
		reasons = append(reasons, text)
	}
	for _, u := range p.unclear {
		reasons = append(reasons, sentence(u))
	}
	if p.forecast != nil {
		reasons = append(reasons, forecastSentence(p.forecast))
	}
	return reasons
}

// mostSeen says who has most of what is seen in use, where that is worth a word.
func (p *pool) mostSeen() string {
	if len(p.holders) == 0 || p.books.row == nil {
		return p.mostRows()
	}
	h := p.holders[0]
	if h.ports < leakMinimum || !p.refuted && p.share(h.ports) < boundLeakShare && 2*h.ports < p.peak.used {
		return ""
	}
	ports := report.Counted(h.ports, p.upper()+" port", p.upper()+" ports")
	if h.stuck > 0 && h.stuck == h.ports {
		return fmt.Sprintf("Of the hanging closes most are of %s, which has closed its sockets: %s (%s).", h.label(), ports, p.books.row.Source)
	}
	text := fmt.Sprintf("Of what is seen %s has most: %s", h.label(), ports)
	if !p.refuted {
		text += " of " + report.Grouped(p.capacity())
	}
	text += " (" + p.books.row.Source + ")"
	if h.byDesign != "" {
		text += ", by design: " + h.byDesign
	}
	return text + "."
}

// mostRows says who has most rows of a table that shows nobody in the pool's range.
func (p *pool) mostRows() string {
	t := p.latestTable()
	if t == nil {
		return ""
	}
	rows := map[whose]int{}
	for i := range t.Rows {
		r := &t.Rows[i]
		switch {
		case r.Transport != p.t:
		case r.PID > 0:
			rows[whose{pid: r.PID}]++
		case r.Owner >= 0:
			rows[whose{owner: t.Owners[r.Owner]}]++
		}
	}
	var best whose
	for k, n := range rows {
		if b := rows[best]; n > b || n == b && (k.pid < best.pid || k.pid == best.pid && k.owner < best.owner) {
			best = k
		}
	}
	if rows[best] < closeWaitPile {
		return ""
	}
	id := p.m.who(t, best.pidOf(), best.owner)
	return fmt.Sprintf("%s has most rows of %s: %s, none of them in the dynamic range.", label(id.image, id.running(), best.pidOf()), t.Source.Path, report.Grouped(rows[best]))
}

// silentPool tells that nothing of the bundle speaks of the pool.
func (p *pool) silentPool() bool {
	if p.peak.used >= 0 || len(p.episodes) > 0 || p.t == facts.TCP && len(p.m.near(4227)) > 0 || p.counted() {
		return false
	}
	return !slices.ContainsFunc(p.m.traces, func(t *facts.Trace) bool {
		return t.Dynamic[p.t][p.fam()].Count > 0
	})
}

// sureNot gives the confidence of an all-clear.
func (j *judgement) sureNot(p *pool) {
	p.reasons = []string{sentence(p.contrary)}
	traced := len(p.m.traces) > 0 && !strings.Contains(p.contrary, "complete table")
	from, to := p.m.span()
	covers := p.m.covered(from, to) && !p.throttled(from)
	switch {
	case traced && covers:
		p.reasons = append(p.reasons, fmt.Sprintf("The System log covers the same time and holds no %d.", p.recordID()))
	case traced && j.tableAgrees(p):
		p.reasons = append(p.reasons, "A complete table of that time shows the pool far from full.")
		covers = true
	case traced:
		p.reasons = append(p.reasons, "There is no second source: no System log covers the time of the trace.")
	}
	p.confidence = report.Moderate
	if covers && p.known {
		p.confidence = report.Strong
	}
	if !p.known {
		p.reasons = append(p.reasons, "The dynamic range is assumed (Windows' default): no file states it.")
	}
	if p.forecast != nil {
		p.reasons = append(p.reasons, "That is so for the time the inputs cover. "+forecastSentence(p.forecast))
	}
}

// tableAgrees tells that a complete table shows the pool far from full.
func (j *judgement) tableAgrees(p *pool) bool {
	return slices.ContainsFunc(p.m.tables, func(t *facts.Table) bool {
		used := p.notFree(t)
		return p.complete(t) && !t.Time.IsZero() && used >= 0 && p.share(used) < farBelow
	})
}

// forecastSentence words a forecast.
func forecastSentence(f *report.Forecast) string {
	return fmt.Sprintf("At the present rate the pool is full between %s and %s: %s.", report.Minute(f.FullAtFrom), report.Minute(f.FullAtTo), f.Basis)
}

// sentence starts with a capital, unless that would change a file's name, and ends with a
// full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if first, _, _ := strings.Cut(s, " "); strings.Contains(first, ".") {
		return s + "."
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
