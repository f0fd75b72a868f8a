package verdict

import (
	"cmp"
	"slices"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// boot is one start.
type boot struct {
	at     report.Time
	record *facts.Record // nil when a text or a trace tells it
	source *facts.Source // the text
	trace  *facts.Trace
}

// row is its evidence.
func (b *boot) row() report.Evidence {
	switch {
	case b.record != nil:
		return b.record.Row()
	case b.trace != nil:
		return b.trace.BootRow()
	}
	return b.source.BootRow()
}

// bootWithin is how far apart the records of one start lie at most.
const bootWithin = 5 * time.Minute

// isStart tells the records that a start of Windows writes.
func isStart(r *facts.Record) bool { return slices.Contains([]int{12, 6005, 6008, 6009}, r.ID) }

// bootsOf joins the records of each start: one writes each id once.
func bootsOf(life []*facts.Record) []boot {
	var out []boot
	var first time.Time
	seen := map[int]bool{}
	for _, r := range life {
		if !isStart(r) {
			continue
		}
		if len(out) > 0 && !seen[r.ID] && r.Time.Sub(first) <= bootWithin {
			seen[r.ID] = true
			continue
		}
		first = r.Time.Time
		seen = map[int]bool{r.ID: true}
		out = append(out, boot{at: r.Time, record: r})
	}
	return out
}

// addToldBoots adds the starts that texts and the headers of traces tell and no record is
// of: the log may not reach back so far. A log that does and has none speaks against a
// header, whose time moves with the clock.
func (m *machine) addToldBoots() {
	told := func(b boot) {
		if !slices.ContainsFunc(m.boots, func(o boot) bool { return o.at.Sub(b.at.Time).Abs() <= bootWithin }) {
			m.boots = append(m.boots, b)
		}
	}
	for _, s := range m.texts {
		if s.Host == nil || s.Host.Host == nil || s.Host.Host.Boot.IsZero() {
			continue
		}
		told(boot{at: report.Time{Time: s.Host.Host.Boot}, source: s})
	}
	for _, t := range m.traces {
		if !t.Booted.IsZero() && m.hasBefore(t.Booted) && !m.covered(t.Booted, t.Booted) {
			told(boot{at: t.Booted, trace: t})
		}
	}
	slices.SortStableFunc(m.boots, func(a, b boot) int { return a.at.Compare(b.at.Time) })
}

// hasBefore tells that some input of the machine is of a time before another: only then
// does a start at that time part anything.
func (m *machine) hasBefore(at report.Time) bool {
	return slices.ContainsFunc(m.traces, func(t *facts.Trace) bool { return t.First.Before(at.Time) && !t.First.IsZero() }) ||
		slices.ContainsFunc(m.records, func(r *facts.Record) bool { return r.Time.Before(at.Time) && !r.Time.IsZero() }) ||
		slices.ContainsFunc(m.texts, func(s *facts.Source) bool {
			return slices.ContainsFunc(s.Tables, func(t *facts.Table) bool { return t.Time.Before(at.Time) && !t.Time.IsZero() })
		})
}

// bootIn is the first start after one time and not after another.
func (m *machine) bootIn(after, until report.Time) (report.Time, bool) {
	if after.IsZero() {
		return report.Time{}, false
	}
	i, _ := slices.BinarySearchFunc(m.boots, after, func(b boot, t report.Time) int {
		return cmp.Or(b.at.Compare(t.Time), -1)
	})
	if i < len(m.boots) && (until.IsZero() || !m.boots[i].at.After(until.Time)) {
		return m.boots[i].at, true
	}
	return report.Time{}, false
}

// apart tells that a start lies between two times, whichever is first.
func (m *machine) apart(a, b report.Time) bool {
	if a.IsZero() || b.IsZero() {
		return false
	}
	if b.Before(a.Time) {
		a, b = b, a
	}
	_, between := m.bootIn(a, b)
	return between
}

// bootBefore is the last start not after a time, zero when the log shows none.
func (m *machine) bootBefore(t report.Time) report.Time {
	for _, b := range slices.Backward(m.boots) {
		if !b.at.After(t.Time) {
			return b.at
		}
	}
	return report.Time{}
}
