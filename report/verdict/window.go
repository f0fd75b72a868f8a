package verdict

import (
	"fmt"
	"slices"

	"portverdict/report"
	"portverdict/report/facts"
)

// in tells that a time lies in the analysed window.
func (m *machine) in(t report.Time) bool { return m.options.In(t) }

// last is a time, or the end of the analysed window where that is before it.
func (m *machine) last(t report.Time) report.Time {
	if m.options == nil || m.options.Window.To.IsZero() || !t.After(m.options.Window.To.Time) {
		return t
	}
	return m.options.Window.To
}

// throttled tells that a record of the time before the analysed window, at most a day old
// and of the same start of Windows, keeps the log from telling of the pool in it.
func (p *pool) throttled(at report.Time) bool {
	return slices.ContainsFunc(p.m.prior, func(r *facts.Record) bool {
		return r.ID == p.recordID() && at.Sub(r.Time.Time) <= throttle && !p.m.apart(r.Time, at)
	})
}

// judged are the traces that have a part in the analysed window; all where none has.
func (m *machine) judged() []*facts.Trace {
	in := slices.DeleteFunc(slices.Clone(m.traces), func(t *facts.Trace) bool { return t.Outside })
	if len(in) == 0 {
		return m.traces
	}
	return in
}

// uncovered says what of the analysed window the successful binds of the traces leave out,
// "" for nothing.
func (p *pool) uncovered(traces []*facts.Trace) string {
	w := p.m.options.Window
	traces = slices.SortedFunc(slices.Values(traces), func(a, b *facts.Trace) int { return a.First.Compare(b.First.Time) })
	until := w.From
	for _, t := range traces {
		sp := &t.Dynamic[p.t][p.fam()]
		if !until.IsZero() && sp.First.Sub(until.Time) > spanEnds {
			return "no trace shows binds of the analysed window between " + report.Period(until, sp.First)
		}
		if sp.Last.After(until.Time) {
			until = sp.Last
		}
	}
	if !w.To.IsZero() && w.To.Sub(until.Time) > spanEnds {
		return "no trace shows binds of the analysed window between " + report.Period(until, w.To)
	}
	return ""
}

// logCovers tells that the System log covers the analysed window as far as it is given,
// and a time in it.
func (m *machine) logCovers(at report.Time) bool {
	w := m.options.Window
	from, to := at, at
	if !w.From.IsZero() {
		from = w.From
	}
	if !w.To.IsZero() {
		to = w.To
	}
	return m.covered(from, to)
}

// untimed tells of what speaks against an all-clear and has no time: it may be of the
// analysed window.
func (j *judgement) untimed(p *pool) string {
	for _, r := range p.m.untimed {
		if r.ID == p.recordID() || r.ID == 4227 && p.t == facts.TCP {
			return fmt.Sprintf("%s tells of %d at a time that is not known, which may be in the analysed window", r.Source.Path, r.ID)
		}
	}
	for _, t := range p.m.untimedTables {
		if used := p.usedIn(t); used > 0 && !p.refuted && p.share(used) >= poolPressure {
			return fmt.Sprintf("%s shows %s of %s ports in use at a time that is not known, which may be in the analysed window", t.Source.Path, report.Grouped(used), report.Grouped(p.capacity()))
		}
	}
	return ""
}

// windowReasons say that a part of the time is judged, and what it is.
func (j *judgement) windowReasons() []string {
	o := &j.c.Options
	if !o.Asked() {
		return nil
	}
	outside, untimed := 0, 0
	for i := range j.c.Diagnostics {
		switch d := &j.c.Diagnostics[i]; d.Code {
		case "outside-window":
			outside += d.Count
		case "untimed-in-window":
			untimed += d.Count
		}
	}
	text := "Only what happened " + windowText(o.Window) + " is judged (--from, --to)"
	if outside > 0 {
		text += fmt.Sprintf("; %s outside of it %s left out", report.Counted(outside, "event, record or table", "events, records and tables"), isAre(outside))
	}
	if untimed > 0 {
		text += fmt.Sprintf("; %s without a time %s left out too", report.Counted(untimed, "record or table", "records and tables"), isAre(untimed))
	}
	return []string{text + "."}
}

// asked gives the bundle the window that was asked for; an end that is not given is that
// of the inputs, if it lies in the window.
func (j *judgement) asked(b report.Bundle) report.Bundle {
	w := j.c.Options.Window
	if !w.From.IsZero() {
		b.Window.From = w.From
	}
	if !w.To.IsZero() {
		b.Window.To = w.To
	}
	switch {
	case w.To.IsZero() && b.Window.To.Before(b.Window.From.Time):
		b.Window.To = report.Time{}
	case w.From.IsZero() && b.Window.To.Before(b.Window.From.Time):
		b.Window.From = report.Time{}
	}
	return b
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// windowText is a window as a sentence needs it.
func windowText(w report.Span) string {
	switch {
	case w.From.IsZero():
		return "up to " + report.Moment(w.To)
	case w.To.IsZero():
		return "from " + report.Moment(w.From) + " on"
	}
	return "from " + report.Moment(w.From) + " to " + report.Moment(w.To)
}

// empty tells that no input has anything of the analysed window.
func (m *machine) empty() bool {
	if !m.options.Asked() {
		return false
	}
	from, _ := m.span()
	return from.IsZero() && len(m.records)+len(m.symptoms) == 0 && !slices.ContainsFunc(m.texts, (*facts.Source).CountsInTime) && !slices.ContainsFunc(m.logs, func(l *facts.Source) bool {
		from, _ := m.options.Clamp(l.Log.First, l.Log.Last)
		return !from.IsZero()
	})
}

// hangingRecords are those of closes that hang, by time.
func hangingRecords(lists ...[]*facts.Record) []*facts.Record {
	all := slices.Concat(lists...)
	all = slices.DeleteFunc(all, func(r *facts.Record) bool { return r.ID != 16002 })
	slices.SortStableFunc(all, func(a, b *facts.Record) int { return a.Time.Compare(b.Time.Time) })
	return all
}

// clocks says whether the times of an episode's witnesses are as they were recorded.
func (e *episode) clocks() string {
	moved := slices.ContainsFunc(e.records, func(r *facts.Record) bool { return r.Source.Moved() != 0 }) ||
		slices.ContainsFunc(e.runs, func(r runOf) bool { return r.trace != nil && r.trace.Source.Moved() != 0 })
	if moved {
		return "by the clocks as --clock-offset moved them"
	}
	return "clocks as recorded"
}

// clockReasons say which clocks were moved.
func (j *judgement) clockReasons() []string {
	var parts []string
	for _, s := range j.c.Sources {
		if by := s.Moved(); by != 0 {
			parts = append(parts, s.Path+" by "+facts.OffsetText(by))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"Clocks were moved (--clock-offset): " + report.Joined(parts) + "."}
}
