package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
)

// again is a pool that was nearly full once more after its last episode had ended, and
// that nobody was seen to be refused of yet.
type again struct {
	instant
	path string
}

// findAgain finds the last such instant of the tables and traces, nil without one.
func (j *judgement) findAgain(p *pool) *again {
	e := p.lastEpisode()
	if e == nil || e.endedAt.IsZero() || p.refuted {
		return nil
	}
	var last *again
	after := func(at report.Time) bool {
		return at.After(e.endedAt.Time) && (last == nil || !at.Before(last.at.Time))
	}
	for _, t := range p.m.traces {
		if in, ok := j.peakOf(p, t); ok && after(in.at) && p.share(in.used) >= poolFull {
			last = &again{in, t.Source.Path}
		}
	}
	for _, t := range p.m.tables {
		if n := p.notFree(t); after(t.Time) && p.share(n) >= poolFull {
			in := instant{books: books{at: t.Time}, used: n}
			if t.Rows != nil {
				in = j.tableInstant(p, t, p.stuckAt(t.Time))
			}
			last = &again{in, t.Source.Path}
		}
	}
	if last != nil {
		last.list = j.withSums(p, last.list)
	}
	return last
}

// top is who had most of the pool then, nil where that is not shown.
func (a *again) top() *holder {
	if len(a.list) == 0 || a.list[0].ports < leakMinimum {
		return nil
	}
	return a.list[0]
}

// sentence tells of it in a reason.
func (a *again) sentence(p *pool) string {
	text := fmt.Sprintf("After that the pool was nearly full again: %s of %s %s ports were in use at %s (%s)",
		report.Grouped(a.used), report.Grouped(p.capacity()), p.kind(), report.Moment(a.at), a.path)
	if h := a.top(); h != nil {
		text += fmt.Sprintf(", %s of them those of %s", report.Grouped(h.ports), h.label())
	}
	return text + "."
}

// step says whom to look at before the pool runs out once more.
func (a *again) step(j *judgement, s *steps) {
	h := a.top()
	if h == nil || slices.ContainsFunc(s.list, func(o report.NextStep) bool { return strings.Contains(o.Text, h.label()) }) {
		return
	}
	s.add(fmt.Sprintf("Check %s before the pool runs out once more: it had %s at %s.", h.label(), report.Counted(h.ports, "port", "ports"), report.Moment(a.at))+notShown, "", j.why(h))
}
