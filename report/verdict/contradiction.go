package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
)

// contradictionRules are of inputs that cannot all be right as they are read.
func contradictionRules() []rule {
	return []rule{
		{"contradiction-table", "A table shows ports free while binds were refused", "warning", (*situation).tableAgainstTrace},
		{"contradiction-range", "Ports were given that lie outside the range told", "warning", (*situation).rangeAgainstTrace},
		{"holders-differ", "The trace and the table name different holders", "warning", (*situation).holdersDiffer},
		{"port-sharing", "More connections than ports, without a failure", "info", (*situation).sharing},
		{"other-cause", "Errors in the log while ports were free", "counter", (*situation).otherCause},
	}
}

// tableAgainstTrace finds a table that would show every port, near a refused
// attempt, with the pool far from full.
func (c *situation) tableAgainstTrace() *report.Finding {
	p := c.pools[c.shown]
	f := &report.Finding{CheckByHand: "Compare the time of the table with that of the refused attempt, and its ports with the range"}
	for _, sn := range c.opposed() {
		f.Count++
		f.Evidence = append(f.Evidence, c.cite(sn.row())...)
		f.First, f.Last = earlier(f.First, sn.time), later(f.Last, sn.time)
		f.Text += fmt.Sprintf("%s shows %d of %d ports in use at %s, within minutes of a refused attempt. ", sn.source.Path, sn.used[c.shown], p.capacity(), sn.time)
	}
	f.Text += "Ports can trickle free in between; or the range told is not the one in force, the clocks differ, or the table is of another machine."
	return f
}

// opposed are the tables that contradict a witness of the trace.
func (c *situation) opposed() []*snapshot {
	p := c.pools[c.shown]
	if !p.known || !c.state[c.shown].traced() {
		return nil
	}
	var out []*snapshot
	for _, sn := range c.snapshots {
		if sn.time.IsZero() || sn.rows == 0 || sn.Truncated || sn.Filtered || !c.seesBound(sn) || p.share(sn.used[c.shown]) >= farBelow {
			continue
		}
		for _, t := range c.traces {
			if slices.ContainsFunc(t.witness[c.shown].windows, func(w window) bool {
				return !sn.time.Before(stamp(w.from).Add(-contradictWithin)) && !sn.time.After(stamp(w.to).Add(contradictWithin))
			}) {
				out = append(out, sn)
				break
			}
		}
	}
	return out
}

// rangeAgainstTrace finds ports that Windows chose outside the range that a text or
// the user told.
func (c *situation) rangeAgainstTrace() *report.Finding {
	f := &report.Finding{CheckByHand: "netsh int ipv4 show dynamicport tcp, on the machine of the trace"}
	for _, t := range c.traces {
		for i, p := range c.pools {
			low, high, n := 1<<16, 0, 0
			for port, count := range t.dynamic[i].ports {
				if count > 0 && p.known && (port < p.start || port > p.end()) {
					low, high, n = min(low, port), max(high, port), n+1
				}
			}
			if n == 0 {
				continue
			}
			f.Count += n
			f.Evidence = c.cite(c.traceRow(t))
			f.Text += fmt.Sprintf("%s: Windows gave out %d %s ports from %d to %d, but the range is %d-%d (%s). ", t.source.Path, n, upper(i), low, high, p.start, p.end(), p.basis)
		}
	}
	f.Text += "The range was changed in between, or is that of another machine: shares of the pool are not to be trusted."
	return f
}

// holdersDiffer tells that who holds most by the trace holds little by the table.
func (c *situation) holdersDiffer() *report.Finding {
	sn, p := c.telling(c.shown), c.pools[c.shown]
	if sn == nil {
		return nil
	}
	var most *report.Holder
	for _, t := range c.tracedHolders(p) {
		if most == nil || t.Ports > most.Ports {
			most = &t
		}
	}
	if most == nil || p.share(most.Ports) < boundLeakShare {
		return nil
	}
	there := 0
	if h := sn.detail[c.shown].byPID[most.PID]; h != nil {
		there = len(h.ports)
	}
	if 2*there >= most.Ports {
		return nil
	}
	return &report.Finding{
		Count: most.Ports - there, Evidence: append(c.cite(sn.row()), most.Evidence...), First: sn.time, Last: sn.time,
		Text: fmt.Sprintf("By the trace %s (PID %d) holds %d ports at its end; %s shows %d. The table may be of another time, when the process had ended or not begun, or of another machine; without -q it shows no bound port.",
			or(c.image(most.PID, parseKey(most.ProcessKey)), "the process"), most.PID, most.Ports, sn.source.Path, there),
		CheckByHand: "Compare the time of the table with the end of the trace, and the rows of that PID with its binds less its closes",
	}
}

// sharing tells of a table with more connections than the pool has ports. Windows
// gives one port to connections with different peers.
func (c *situation) sharing() *report.Finding {
	sn, p := c.latest(), c.pools[c.shown]
	if sn == nil || !p.known || c.state[c.shown].outcome == report.Exhausted {
		return nil
	}
	n := 0
	for _, ports := range sn.detail[c.shown].tuples {
		n += len(ports)
	}
	if n <= p.capacity() {
		return nil
	}
	return &report.Finding{
		Count: n, First: sn.time, Last: sn.time, Evidence: c.cite(sn.row()),
		Text:        fmt.Sprintf("%d connections use %d ports: ports are shared by connections to different peers. Counting rows would call the pool of %d exhausted; it is not for that.", n, sn.used[c.shown], p.capacity()),
		CheckByHand: "In the table: rows with the same local port and different foreign addresses",
	}
}

// otherCause tells of errors that a machine without ports has, at a time when the
// inputs show that it had ports.
func (c *situation) otherCause() *report.Finding {
	if c.state[c.shown].outcome != report.NotExhausted {
		return nil
	}
	var rows []report.Evidence
	providers := map[string]bool{}
	for _, r := range c.once(func(l *eventLog) []logRecord { return l.symptoms }) {
		if c.inWindow(r.row.Time) && c.portsWereFree(r.row.Time) {
			rows = append(rows, r.row)
			providers[r.row.Fields["provider"]] = true
		}
	}
	f := c.withRows(&report.Finding{Count: len(rows)}, rows)
	f.Text = "Errors of " + strings.Join(sortedKeys(providers), ", ") + " fall into a time when ports were free, so they have another cause. " + rivalCauses
	f.CheckByHand = "Event Viewer, System log, the same times"
	return f
}

// portsWereFree tells that a trace shows successful dynamic binds around a time.
func (c *situation) portsWereFree(t report.Time) bool {
	for _, tr := range c.traces {
		if sp := tr.dynamic[c.shown]; sp.count > 0 && !t.Before(stamp(sp.first).Time) && !t.After(stamp(sp.last).Time) {
			return true
		}
	}
	return false
}
