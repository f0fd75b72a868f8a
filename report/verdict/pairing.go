package verdict

import (
	"cmp"
	"slices"

	"portverdict/etl"
	"portverdict/report"
)

// windows gives the windows of exhaustion of one transport: those of the
// traces, each with the log records nearest to its failures, and one for each
// stretch of log witnesses that no failure stands beside.
func (c *situation) windows(i int) []report.Window {
	var all []window
	var times []etl.FileTime
	for _, t := range c.traces {
		all = append(all, t.witness[i].windows...)
		times = append(times, t.witness[i].times...)
	}
	all = joinWindows(all)
	slices.Sort(times)
	out := make([]report.Window, len(all))
	for n, w := range all {
		out[n] = report.Window{
			Transport: transportNames[i], Family: family(w.families), From: stamp(w.from), To: stamp(w.to), Failures: w.failures,
			Evidence: c.windowRows(w), Log: []report.LogEntry{},
		}
	}
	var alone []logRecord
	for _, r := range c.records {
		witness := r.id == poolExhausted[i]
		if !witness && (r.id != 4227 || i != tcp) || !c.inWindow(r.row.Time) {
			continue
		}
		at := fileTime(r.row.Time.Time)
		near, ok := nearest(times, at)
		if ok && duration(at-near).Abs() <= pairWithin {
			for n, w := range all {
				if near >= w.from && near <= w.to {
					out[n].Log = append(out[n].Log, report.LogEntry{
						ID: r.id, Time: r.row.Time, DeltaSeconds: round(duration(at-near).Seconds(), 7), Evidence: c.cite(r.row)[0],
					})
				}
			}
			continue
		}
		if witness {
			alone = append(alone, r)
		}
	}
	out = append(out, c.loggedWindows(i, alone)...)
	slices.SortFunc(out, func(a, b report.Window) int { return cmp.Or(a.From.Compare(b.From.Time), a.To.Compare(b.To.Time)) })
	return out
}

// loggedWindows makes windows of log witnesses that stand alone.
func (c *situation) loggedWindows(i int, alone []logRecord) []report.Window {
	var out []report.Window
	for _, r := range alone {
		entry := report.LogEntry{ID: r.id, Time: r.row.Time, Evidence: c.cite(r.row)[0]}
		if n := len(out); n > 0 && r.row.Time.Sub(out[n-1].To.Time) < windowGap {
			w := &out[n-1]
			w.To = r.row.Time
			w.Log = append(w.Log, entry)
			w.Evidence = append(w.Evidence, entry.Evidence)
			continue
		}
		out = append(out, report.Window{
			Transport: transportNames[i], Family: "any", From: r.row.Time, To: r.row.Time,
			Evidence: []string{entry.Evidence}, Log: []report.LogEntry{entry},
		})
	}
	return out
}

// windowRows are the first and last refused attempts of a window.
func (c *situation) windowRows(w window) []string {
	var rows []report.Evidence
	for _, t := range c.traces {
		for _, r := range slices.Concat(t.bindSeen.rows(), t.connSeen.rows(), t.acquire.rows()) {
			if at := fileTime(r.Time.Time); at >= w.from && at <= w.to {
				rows = append(rows, r)
			}
		}
	}
	sortRows(rows)
	return c.cite(some(rows)...)
}

// family names the one family of all failures of a window, else "any".
func family(seen map[uint16]int) string {
	if len(seen) == 1 {
		if _, ok := seen[2]; ok {
			return "ipv4"
		}
		if _, ok := seen[23]; ok {
			return "ipv6"
		}
	}
	return "any"
}
