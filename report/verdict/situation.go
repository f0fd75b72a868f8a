package verdict

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"portverdict/report"
)

// situation is everything the rules look at: the facts of all sources on one
// clock, with pools, names and the analysed window settled.
type situation struct {
	opts        Options
	sources     []*source
	traces      []*trace
	logs        []*source
	snapshots   []*snapshot
	records     []logRecord // by time, each once
	pools       [transports]*pool
	peaks       [transports]peak
	state       [transports]weight
	shown       int // the transport whose holders are told
	zone        zone
	byPID       map[int]name
	byKey       map[uint64]string // images by EPROCESS, of a debugger
	window      report.Span
	rows        map[string]report.Evidence
	diagnostics []report.Diagnostic
	holders     []report.Holder
}

func compareText(a, b string) int { return strings.Compare(a, b) }

func newSituation(ev *Evidence) *situation {
	c := ev.settle()
	c.diagnostics = append(c.diagnostics, ev.diagnostics...)
	for _, s := range c.sources {
		if s.tables != nil && len(s.tables.list) > 0 {
			s.place(c.zone)
			c.snapshots = append(c.snapshots, s.tables.list...)
		}
		c.diagnostics = append(c.diagnostics, s.diags...)
	}
	slices.SortStableFunc(c.snapshots, orderSnapshots)
	c.gatherNames()
	c.findWindow()
	c.takeRecords()
	for i, p := range c.pools {
		c.peaks[i] = c.findPeak(p)
	}
	for i := range c.pools {
		c.state[i] = c.weigh(i)
	}
	c.shown = c.show()
	c.holders = c.findHolders(c.shown)
	return c
}

// takeSources sorts the sources.
func (c *situation) takeSources(all []*source) {
	c.sources = slices.Clone(all)
	slices.SortFunc(c.sources, func(a, b *source) int {
		return cmp.Or(compareText(a.Path, b.Path), compareText(a.SHA256, b.SHA256))
	})
	for _, s := range c.sources {
		if s.trace != nil {
			c.traces = append(c.traces, s.trace)
		}
		if s.log != nil {
			c.logs = append(c.logs, s)
		}
	}
}

// orderSnapshots puts timed snapshots by time; those without a time keep the
// order of their files and stand after.
func orderSnapshots(a, b *snapshot) int {
	if a.time.IsZero() != b.time.IsZero() {
		if a.time.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.time.Compare(b.time.Time), compareText(a.source.Path, b.source.Path), a.order-b.order)
}

// findWindow settles the analysed window: from a day before the first time of a
// trace or zoned text to ten minutes after the last; else the whole log.
func (c *situation) findWindow() {
	var from, to time.Time
	widen := func(a, b time.Time) {
		if a.IsZero() {
			return
		}
		if from.IsZero() || a.Before(from) {
			from = a
		}
		if b.After(to) {
			to = b
		}
	}
	for _, t := range c.traces {
		if t.events > 0 {
			widen(t.first.Time(), t.last.Time())
		} else {
			widen(t.stats.First.Time(), t.stats.Last.Time())
		}
	}
	for _, sn := range c.snapshots {
		widen(sn.time.Time, sn.time.Time)
	}
	if from.IsZero() {
		for _, s := range c.logs {
			widen(s.log.stats.First, s.log.stats.Last)
		}
		c.window = report.Span{From: report.Time{Time: from}, To: report.Time{Time: to}}
		return
	}
	c.window = report.Span{From: report.Time{Time: from.Add(-windowBefore)}, To: report.Time{Time: to.Add(windowAfter)}}
}

func (c *situation) inWindow(t report.Time) bool {
	if t.IsZero() || c.window.From.IsZero() {
		return true
	}
	return !t.Before(c.window.From.Time) && !t.After(c.window.To.Time)
}

func (c *situation) takeRecords() {
	c.records = c.once(func(l *eventLog) []logRecord { return l.records })
}

// logged gives the records of an id inside or outside the analysed window.
func (c *situation) logged(id int, inside bool) []report.Evidence {
	var out []report.Evidence
	for _, r := range c.records {
		if r.id == id && c.inWindow(r.row.Time) == inside {
			out = append(out, r.row)
		}
	}
	return out
}

// cite puts rows into the report and gives their ids.
func (c *situation) cite(rows ...report.Evidence) []string {
	for _, r := range rows {
		r.Image = c.image(r.PID, 0)
		if r.PID < 0 {
			r.Image = ""
		}
		c.rows[r.ID] = r
	}
	return ids(rows)
}

// some gives the first and last three of rows: enough to look up by hand.
func some(rows []report.Evidence) []report.Evidence { return bothEnds(rows, 6) }

// show picks the transport whose pool and holders are told first.
func (c *situation) show() int {
	for _, o := range []report.Outcome{report.Exhausted, report.Likely} {
		for i := range c.state {
			if c.state[i].outcome == o {
				return i
			}
		}
	}
	if c.peaks[udp].used > 0 && c.peaks[tcp].used == 0 {
		return udp
	}
	return tcp
}
