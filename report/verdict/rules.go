package verdict

import (
	"fmt"
	"slices"

	"portverdict/etl/winsock"
	"portverdict/report"
)

// rule turns the situation into at most one finding. find gives nil when the
// rule has nothing to say; ID, title and severity are filled in from the rule.
type rule struct {
	id, title, severity string
	find                func(*situation) *report.Finding
}

// rules in the order in which a reader wants to see them: witnesses, holders,
// pressure, configuration, what the inputs cannot tell, counter-evidence.
func rules() []rule {
	return slices.Concat(witnessRules(), holderRules(), logRules(), rangeRules(), hostRules(), limitRules(), contradictionRules(), counterRules())
}

// findings runs the rules; critical ones come first, the order of the rules
// is kept within a severity.
func (c *situation) findings() []report.Finding {
	out := []report.Finding{}
	for _, r := range rules() {
		f := r.find(c)
		if f == nil || f.Count == 0 {
			continue
		}
		f.ID, f.Title = r.id, r.title
		if f.Severity == "" {
			f.Severity = r.severity
		}
		if f.Evidence == nil {
			f.Evidence = []string{}
		}
		out = append(out, *f)
	}
	rank := map[string]int{"critical": 0, "warning": 1, "info": 2, "counter": 3}
	slices.SortStableFunc(out, func(a, b report.Finding) int { return rank[a.Severity] - rank[b.Severity] })
	return out
}

// sampled makes a finding of the same sample of every trace.
func (c *situation) sampled(pick func(*trace) *sample, text, hand string) *report.Finding {
	f := &report.Finding{Text: text, CheckByHand: hand}
	var rows []report.Evidence
	for _, t := range c.traces {
		s := pick(t)
		if s == nil {
			continue
		}
		f.Count += s.count
		rows = append(rows, s.rows()...)
	}
	return c.withRows(f, rows)
}

func (c *situation) withRows(f *report.Finding, rows []report.Evidence) *report.Finding {
	sortRows(rows)
	if len(rows) > 0 {
		f.First, f.Last = rows[0].Time, rows[len(rows)-1].Time
	}
	f.Evidence = c.cite(bothEnds(rows, c.opts.rows())...)
	return f
}

const netMonBind = `Network Monitor filter: Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209 (it shows the enter and the exit record of an attempt)`

func witnessRules() []rule {
	return []rule{
		{"afd-bind-0x209", "Binds refused with STATUS_TOO_MANY_ADDRESSES", "critical", func(c *situation) *report.Finding {
			return c.sampled(func(t *trace) *sample { return &t.bindSeen },
				"Winsock-AFD recorded binds to port 0 that Windows refused with 0xC0000209: no dynamic port was left at that instant. One row is one attempt.", netMonBind)
		}},
		{"afd-connect-0x209", "Connects refused with STATUS_TOO_MANY_ADDRESSES", "critical", func(c *situation) *report.Finding {
			return c.sampled(func(t *trace) *sample { return &t.connSeen },
				"Winsock-AFD recorded connects refused with 0xC0000209: the port is chosen at connect, and none was left.",
				"In the trace, events 1017, 1018, 1020 and 1021 of Microsoft-Windows-Winsock-AFD with Status 0xC0000209")
		}},
		{"tcpip-port-acquire-failed", "TCPIP could not acquire a port", "critical", func(c *situation) *report.Finding {
			return c.sampled(func(t *trace) *sample { return &t.acquire },
				"The TCP/IP driver tells of the same refusal from below: port acquisition failed with 0xC0000209.",
				"In the trace, events 1006, 1050, 1122 and 1394 of Microsoft-Windows-TCPIP with Status 0xC0000209")
		}},
		{"tcpip-weak-reference", "A port was shared because the pool was exhausted", "warning", func(c *situation) *report.Finding {
			return c.sampled(func(t *trace) *sample { return &t.weakRef },
				"The TCP/IP driver handed out a port that is in use already, with a weak reference, because the pool was exhausted. The connect may still succeed.",
				"In the trace, event 1195 of Microsoft-Windows-TCPIP")
		}},
		{"afd-bind-0x209-fixed-port", "A stated port was refused with STATUS_TOO_MANY_ADDRESSES", "warning", func(c *situation) *report.Finding {
			return c.sampled(func(t *trace) *sample { return &t.stated },
				"The status of exhaustion on a bind that asked for one port: an anomaly. It is no witness of exhaustion, and it is not explained.",
				"In the trace, the enter record of the same endpoint shows the port that was asked for")
		}},
	}
}

func holderRules() []rule {
	return []rule{
		{"pool-full", "The dynamic ports are used up", "critical", func(c *situation) *report.Finding { return c.occupancy(poolFull, 10) }},
		{"pool-pressure", "Most dynamic ports are in use", "warning", func(c *situation) *report.Finding { return c.occupancy(poolPressure, poolFull) }},
		{"bound-leak", "Bound ports that nothing is connected to", "critical", func(c *situation) *report.Finding {
			return c.holding("%s (PID %d) holds %d BOUND ports with no other row for that port: sockets bound and never closed.",
				"In the table: rows BOUND of that PID whose port has no other row", func(h report.Holder, p *pool) int {
					if p.share(h.OrphanBound) < boundLeakShare {
						return 0
					}
					return h.OrphanBound
				})
		}},
		{"trace-socket-leak", "Open sockets grow through the trace", "critical", (*situation).socketLeak},
		{"snapshot-growth", "A process's ports grow from table to table", "warning", (*situation).snapshotGrowth},
		{"close-wait-pile", "Connections the other side closed are kept open", "warning", func(c *situation) *report.Finding {
			return c.holding("%s (PID %d) keeps %d connections in CLOSE_WAIT: the peer has closed, the program has not.",
				"In the table: rows CLOSE_WAIT of that PID", func(h report.Holder, _ *pool) int {
					if h.CloseWait < closeWaitPile {
						return 0
					}
					return h.CloseWait
				})
		}},
		{"saved-counts", "A tool counted the rows of each process", "info", (*situation).savedCounts},
		{"time-wait-churn", "Many ports wait in TIME_WAIT", "warning", (*situation).churn},
		{"tuple-exhaustion", "Nearly all ports towards one remote endpoint are in use", "warning", (*situation).tuples},
	}
}

func (c *situation) occupancy(from, to float64) *report.Finding {
	p, pk := c.pools[c.shown], c.peaks[c.shown]
	share := p.share(pk.used)
	if !pk.known || !p.known || share < from || share >= to {
		return nil
	}
	f := &report.Finding{
		Count: pk.used, First: pk.at, Last: pk.at,
		Text: fmt.Sprintf("%d of the %d %s ports %d-%d are in use (%.1f %%), counted as distinct ports over IPv4 and IPv6.",
			pk.used, p.capacity(), upper(c.shown), p.start, p.end(), 100*share),
		CheckByHand: "Count the distinct local ports of the table that lie in the range",
	}
	f.Evidence = c.peakRow(pk)
	return f
}

// holding makes a finding of the holders for which count gives more than zero.
func (c *situation) holding(text, hand string, count func(report.Holder, *pool) int) *report.Finding {
	f := &report.Finding{CheckByHand: hand}
	for _, h := range c.holders {
		n := count(h, c.pools[c.shown])
		if n == 0 {
			continue
		}
		if f.Count > 0 {
			f.Text += " "
		}
		f.Count += n
		f.Text += fmt.Sprintf(text, label(&h), h.PID, n)
		f.Evidence = append(f.Evidence, h.Evidence...)
	}
	f.Evidence = unique(f.Evidence)
	return f
}

func (c *situation) snapshotGrowth() *report.Finding {
	f := &report.Finding{CheckByHand: "Count the rows of that PID in the range, table by table"}
	for _, h := range c.holders {
		s := c.growthSeries(c.shown, h.PID)
		if len(s.points) < 3 {
			continue
		}
		first, last := s.points[0], s.points[len(s.points)-1]
		if slope := s.slope(last.at); slope >= leakPerMinute && last.open-first.open >= leakMinimum {
			f.Count += last.open - first.open
			f.First, f.Last = stamp(first.at), stamp(last.at)
			f.Text += fmt.Sprintf("%s (PID %d) grew from %d to %d ports in %s, %+.1f a minute. ",
				label(&h), h.PID, first.open, last.open, number(len(s.points), "table"), slope)
			f.Evidence = append(f.Evidence, h.Evidence...)
		}
	}
	return f
}

func (c *situation) churn() *report.Finding {
	sn := c.latest()
	if sn == nil {
		return nil
	}
	p, waiting := c.pools[c.shown], sn.waiting[c.shown]
	if p.share(waiting) < timeWaitShare {
		return nil
	}
	return &report.Finding{
		Count: waiting, First: sn.time, Last: sn.time, Evidence: c.cite(sn.row()),
		Text:        fmt.Sprintf("%d of %d ports wait in TIME_WAIT after a connection was closed; they belong to no process any more. %s", waiting, p.capacity(), sn.detail[c.shown].busiest()),
		CheckByHand: "In the table: rows TIME_WAIT (PID 0)",
	}
}

func (c *situation) latest() *snapshot {
	for _, sn := range slices.Backward(c.snapshots) {
		if sn.Failed == "" && sn.detail != nil {
			return sn
		}
	}
	return nil
}

// busiest names the remote endpoint with most distinct local ports.
func (u *usage) busiest() string {
	k, n := u.top()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("Most ports (%d) go to %s.", n, k.remote)
}

func (u *usage) top() (tuple, int) {
	var best tuple
	n := 0
	for k, ports := range u.tuples {
		if len(ports) > n || len(ports) == n && k.remote.Compare(best.remote) < 0 {
			best, n = k, len(ports)
		}
	}
	return best, n
}

func (c *situation) tuples() *report.Finding {
	sn := c.latest()
	if sn == nil {
		return nil
	}
	p := c.pools[c.shown]
	k, n := sn.detail[c.shown].top()
	if !p.known || p.share(n) < tupleShare {
		return nil
	}
	return &report.Finding{
		Count: n, First: sn.time, Last: sn.time, Evidence: c.cite(sn.row()),
		Text:        fmt.Sprintf("%d of %d ports of %s are used towards %s: connections to this one endpoint fail first.", n, p.capacity(), k.local, k.remote),
		CheckByHand: "In the table: rows with that foreign address",
	}
}

func (c *situation) logFinding(id int, text string) *report.Finding {
	rows := c.logged(id, true)
	f := c.withRows(&report.Finding{Count: len(rows), Text: text}, rows)
	f.CheckByHand = fmt.Sprintf("Event Viewer, System log, event ID %d, source Tcpip", id)
	if id == 16002 {
		f.CheckByHand = "Event Viewer, System log, event ID 16002, source AFD"
	}
	return f
}

func logRules() []rule {
	return []rule{
		{"evtx-4231", "System log: no ephemeral TCP port left (Tcpip 4231)", "critical", func(c *situation) *report.Finding {
			return c.logFinding(4231, "Windows logged that a request for an ephemeral TCP port failed because all are in use. The event is throttled: it tells of at least one failure around its time.")
		}},
		{"evtx-4266", "System log: no ephemeral UDP port left (Tcpip 4266)", "critical", func(c *situation) *report.Finding {
			return c.logFinding(4266, "Windows logged that a request for an ephemeral UDP port failed because all are in use. The event is throttled: it tells of at least one failure around its time.")
		}},
		{"evtx-4227", "System log: a port re-used too soon towards one peer (Tcpip 4227)", "warning", func(c *situation) *report.Finding {
			return c.logFinding(4227, "Windows refused a connection because its local endpoint was used towards the same remote endpoint a moment before. This is pressure, and never proof of exhaustion by itself.")
		}},
		{"evtx-afd-16002", "System log: closing a socket takes long (AFD 16002)", "warning", func(c *situation) *report.Finding {
			return c.logFinding(16002, "A socket's close hangs; its port is not free until the close is done.")
		}},
		{"evtx-symptom", "The System log holds errors that fit", "info", (*situation).symptoms},
		{"evtx-restart", "Windows was started", "info", func(c *situation) *report.Finding {
			return c.lived("A start frees all ports: what was held before it says nothing of the time after it.", 12, 6005, 6008)
		}},
		{"evtx-cleared", "A log was cleared", "info", func(c *situation) *report.Finding {
			return c.lived("The log cannot speak for the time before.", 104, 1102)
		}},
		{"evtx-clock-change", "The system time was changed by a minute or more", "info", func(c *situation) *report.Finding {
			return c.lived("Times before and after it do not compare, neither in the log nor with other sources.", clockChange)
		}},
		{"evtx-does-not-cover", "The System log does not reach over the time in question", "info", (*situation).uncovered},
	}
}

func (c *situation) uncovered() *report.Finding {
	f := &report.Finding{CheckByHand: "Compare the first and last event of the log with the time of the trace"}
	for _, t := range c.traces {
		for _, s := range c.logs {
			if t.events == 0 || !s.log.isSystem() || s.log.covers(t.first.Time(), t.last.Time()) {
				continue
			}
			f.Count++
			f.Text += fmt.Sprintf("%s tells of %s to %s; the trace runs from %s to %s. Its silence proves nothing there. ",
				s.Path, or(s.Window.From.String(), "nothing"), or(s.Window.To.String(), "nothing"), stamp(t.first), stamp(t.last))
		}
	}
	return f
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func rangeRules() []rule {
	return []rule{
		{"range-small", "The dynamic range is small", "warning", func(c *situation) *report.Finding {
			p := c.pools[c.shown]
			if !p.known || p.count >= rangeSmall {
				return nil
			}
			text := fmt.Sprintf("%d %s ports from %d; Windows' own default is %d from %d.", p.count, upper(c.shown), p.start, defaultCount, defaultStart)
			if p.start == 1025 && p.end() == 5000 {
				text += " 1025-5000 is the range of Windows Server 2003."
			}
			return &report.Finding{Count: p.count, Text: text, Evidence: c.rangeRow(p), CheckByHand: "netsh int ipv4 show dynamicport " + transportNames[c.shown]}
		}},
		{"range-excluded", "Excluded ranges lie in the dynamic range", "warning", func(c *situation) *report.Finding {
			p := c.pools[c.shown]
			return &report.Finding{
				Count: p.excludedN, Text: fmt.Sprintf("%d of %d ports are excluded and cannot be handed out.", p.excludedN, p.count),
				Evidence:    unique(slices.Clone(p.excludedRows)),
				CheckByHand: "netsh int ipv4 show excludedportrange protocol=" + transportNames[c.shown],
			}
		}},
		{"range-unknown", "The dynamic range is not known", "info", func(c *situation) *report.Finding {
			p := c.pools[c.shown]
			if p.known {
				return nil
			}
			return &report.Finding{
				Count: 1, Text: fmt.Sprintf("%d-%d is %s.", p.start, p.end(), p.basis),
				CheckByHand: "netsh int ipv4 show dynamicport " + transportNames[c.shown],
			}
		}},
	}
}

func (c *situation) rangeRow(p *pool) []string {
	if _, ok := c.rows[p.source]; ok {
		return []string{p.source}
	}
	return nil
}

func limitRules() []rule {
	each := func(bad func(*trace) (int, string)) func(*situation) *report.Finding {
		return func(c *situation) *report.Finding {
			f := &report.Finding{CheckByHand: "portverdict info shows the header and losses of each trace"}
			for _, t := range c.traces {
				if n, text := bad(t); n > 0 {
					f.Count += n
					f.Text += t.source.Path + ": " + text + " "
				}
			}
			return f
		}
	}
	return []rule{
		{"trace-lost-events", "The trace lost events", "warning", each(func(t *trace) (int, string) {
			return t.stats.LostEvents + t.stats.LostBuffers, fmt.Sprintf("%d events and %d buffers were lost; silence in it proves nothing.", t.stats.LostEvents, t.stats.LostBuffers)
		})},
		{"trace-wrapped", "The trace's ring wrapped", "info", each(func(t *trace) (int, string) {
			return one(t.stats.Wrapped), "the ring was overwritten from its start; sockets and failures older than " + stamp(t.first).String() + " are unseen."
		})},
		{"trace-unfinalised", "The trace's session was never stopped", "info", each(func(t *trace) (int, string) {
			return one(t.stats.Unfinalised), "the header has no end time; the last buffers may be missing."
		})},
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func counterRules() []rule {
	alike := func(st winsock.Status, text string) func(*situation) *report.Finding {
		return func(c *situation) *report.Finding {
			return c.sampled(func(t *trace) *sample { return t.lookalike[st] }, text,
				"In the trace: bind and connect events with Status "+st.String())
		}
	}
	return []rule{
		{"trace-binds-succeed", "Dynamic binds succeeded", "counter", func(c *situation) *report.Finding {
			f := c.sampled(func(t *trace) *sample { return &t.success }, "", "In the trace: exit records of event 1030 with Status 0 whose enter record asked for port 0")
			f.Text = fmt.Sprintf("%d binds to port 0 were given a port, from %s to %s.", f.Count, f.First, f.Last)
			return f
		}},
		{"lookalike-0xc000020a", "Address already in use, which is not exhaustion", "counter", alike(winsock.StatusAddressAlreadyExists,
			"0xC000020A: one stated port or one pair of endpoints was taken. The pool itself was not empty.")},
		{"lookalike-0xc000009a", "Out of memory, which is not port exhaustion", "counter", alike(winsock.StatusInsufficientResources,
			"0xC000009A: Windows ran short of memory. Programs see the same error (10055) as for exhausted ports; the cause is another.")},
		{"lookalike-0xc0000043", "A sharing violation, which is not exhaustion", "counter", alike(winsock.StatusSharingViolation,
			"0xC0000043: the port that was asked for is held for exclusive use. The pool itself was not empty.")},
		{"lookalike-0xc0000207", "A local address that is none, which is not exhaustion", "counter", alike(winsock.StatusInvalidAddressComponent,
			"0xC0000207: the local address that was asked for is not one of the machine's.")},
		{"lookalike-access-denied", "Access denied, which is not exhaustion", "counter", alike(winsock.StatusAccessDenied,
			"0xC0000022: a port in an excluded range or in exclusive use was asked for.")},
	}
}
