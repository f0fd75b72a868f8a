package verdict

import (
	"fmt"
	"path"
	"strings"
	"time"

	"portverdict/report"
)

// weight is what speaks for and against exhaustion of one transport's pool.
type weight struct {
	outcome      report.Outcome
	attempts     int // refused attempts in traces
	acquires     bool
	logged       []report.Evidence // 4231 or 4266 in the window
	fullSnapshot *snapshot         // reached capacity with a failure signal near it
	pressure     string            // why likely
	contrary     string            // why not exhausted
	unclear      []string          // why the contrary could not be shown
}

var poolExhausted = [transports]int{4231, 4266}

func (w *weight) traced() bool { return w.attempts > 0 || w.acquires }

func (c *situation) weigh(i int) weight {
	w := weight{logged: c.logged(poolExhausted[i], true)}
	for _, t := range c.traces {
		for _, win := range t.witness[i].windows {
			w.attempts += win.failures
			w.acquires = w.acquires || win.failures == 0
		}
	}
	w.fullSnapshot = c.fullSnapshot(i)
	w.pressure = c.pressure(i)
	switch {
	case w.traced() || len(w.logged) > 0 || w.fullSnapshot != nil:
		w.outcome = report.Exhausted
	case w.pressure != "":
		w.outcome = report.Likely
	default:
		w.outcome = report.Inconclusive
		if w.contrary = c.contrary(i, &w); w.contrary != "" {
			w.outcome = report.NotExhausted
		}
	}
	return w
}

// fullSnapshot finds a snapshot whose distinct used ports reach the capacity
// of a known range, with a failure signal within pairWithin of it.
func (c *situation) fullSnapshot(i int) *snapshot {
	for _, sn := range c.snapshots {
		if !c.pools[i].known || sn.time.IsZero() || sn.used[i] < c.pools[i].capacity() {
			continue
		}
		if c.failureNear(sn.time.Time) {
			return sn
		}
	}
	return nil
}

// failureNear tells of a failure signal within pairWithin of a time: a 4227, a
// 16002, or symptoms of two providers.
func (c *situation) failureNear(t time.Time) bool {
	near := func(r *logRecord) bool { return r.row.Time.Sub(t).Abs() <= pairWithin }
	for i := range c.records {
		if r := &c.records[i]; (r.id == 4227 || r.id == 16002) && near(r) {
			return true
		}
	}
	providers := map[string]bool{}
	for _, r := range c.once(func(l *eventLog) []logRecord { return l.symptoms }) {
		if near(&r) {
			providers[r.row.Fields["provider"]] = true
		}
	}
	return len(providers) >= 2
}

// pressure says why exhaustion is likely though nothing witnesses it.
func (c *situation) pressure(i int) string {
	p, pk := c.pools[i], c.peaks[i]
	if !p.known || !pk.known {
		return ""
	}
	share := p.share(pk.used)
	switch {
	case share >= poolFull:
		return fmt.Sprintf("%d of %d ports were in use", pk.used, p.capacity())
	case i == tcp && share > poolPressure && len(c.logged(4227, true)) > 0:
		return fmt.Sprintf("%d of %d ports were in use and the System log shows ports re-used too soon (4227)", pk.used, p.capacity())
	}
	for _, t := range c.traces {
		for proc, ports := range t.openPorts(p) {
			if !t.leaks(proc, i) {
				continue
			}
			minutes := duration(t.last - t.first).Minutes()
			if float64(len(ports))+proc.series.slope(t.last)*minutes >= float64(p.capacity()) {
				return fmt.Sprintf("process %s takes ports at a rate that fills the pool within as long again as the trace", proc.group())
			}
		}
	}
	return c.tablesFill(i)
}

// tablesFill says which process's ports grow from table to table at a rate that
// fills the pool within as long again.
func (c *situation) tablesFill(i int) string {
	sn, p := c.telling(i), c.pools[i]
	if sn == nil {
		return ""
	}
	for _, pid := range sortedKeys(sn.detail[i].byPID) {
		s := c.growthSeries(i, pid)
		if len(s.points) < 3 {
			continue
		}
		first, last := s.points[0], s.points[len(s.points)-1]
		slope := s.slope(last.at)
		if slope < leakPerMinute || last.open-first.open < leakMinimum {
			continue
		}
		if minutes := duration(last.at - first.at).Minutes(); float64(sn.used[i])+slope*minutes >= float64(p.capacity()) {
			return fmt.Sprintf("%s takes %.1f ports a minute, table after table, which fills the pool within as long again as the tables span", label(&report.Holder{PID: pid, Image: c.image(pid, 0)}), slope)
		}
	}
	return ""
}

// contrary says why the pool was not exhausted, or "" with the reasons why that
// cannot be told in w.unclear.
func (c *situation) contrary(i int, w *weight) string {
	unexplained := 0
	for _, t := range c.traces {
		unexplained += t.stated.count
	}
	if unexplained > 0 {
		w.unclear = append(w.unclear, fmt.Sprintf("%d attempts for a stated port were refused with 0xC0000209, which is not explained", unexplained))
		return ""
	}
	if names := c.machines(); len(names) > 1 {
		w.unclear = append(w.unclear, "the inputs are of several machines ("+strings.Join(names, ", ")+"): one's silence says nothing of the other")
		return ""
	}
	for _, t := range c.traces {
		if t.weakRef.count > 0 {
			w.unclear = append(w.unclear, "the TCP/IP driver shared ports because the pool was used up (1195), though no attempt was refused")
			return ""
		}
	}
	if why := c.unreadWitness(); why != "" {
		w.unclear = append(w.unclear, why)
		return ""
	}
	if why := c.leaksUnmeasured(i); why != "" {
		w.unclear = append(w.unclear, why)
		return ""
	}
	if pk := c.peaks[i]; pk.known && c.pools[i].share(pk.used) >= poolPressure {
		w.unclear = append(w.unclear, fmt.Sprintf("%d of %d ports were in use", pk.used, c.pools[i].capacity()))
		return ""
	}
	if i == tcp && len(c.logged(4227, true)) > 0 {
		w.unclear = append(w.unclear, "the System log shows ports re-used too soon (4227): pressure, which is neither proof nor its absence")
		return ""
	}
	if s := c.traceSpans(i, w); s != "" {
		return s
	}
	return c.snapshotSpeaks(i, w)
}

// unreadWitness tells of a log or a trace of which parts, or all, could not be read:
// a witness may stand there.
func (c *situation) unreadWitness() string {
	for _, s := range c.sources {
		ext := strings.ToLower(path.Ext(s.Path))
		switch {
		case s.Kind == "evtx" && (s.damaged || s.log == nil):
		case s.Kind == "unknown" && s.Size > 0 && (ext == ".etl" || ext == ".evtx"):
		default:
			continue
		}
		return "parts of " + s.Path + " could not be read, and a witness may stand there"
	}
	return ""
}

// leaksUnmeasured tells of a leak while the size of the pool is not known: it may
// be near its end.
func (c *situation) leaksUnmeasured(i int) string {
	if c.pools[i].known {
		return ""
	}
	for _, t := range c.traces {
		for _, p := range t.all {
			if t.leaks(p, i) {
				return fmt.Sprintf("%s takes ports and does not give them back, and how many there are is not known", label(&report.Holder{PID: p.pid, Image: c.image(p.pid, p.key)}))
			}
		}
	}
	return ""
}

// traceSpans tells whether successful dynamic binds span every trace with
// nothing lost.
func (c *situation) traceSpans(i int, w *weight) string {
	if len(c.traces) == 0 {
		w.unclear = append(w.unclear, "there is no trace whose binds could show the contrary")
		return ""
	}
	total := 0
	for _, t := range c.traces {
		if why := t.gapIn(i, c.pools[i]); why != "" {
			w.unclear = append(w.unclear, t.source.Path+": "+why)
			return ""
		}
		total += t.dynamic[i].count
	}
	return fmt.Sprintf("%s dynamic %s binds succeeded, from one end of the trace to the other, and none was refused for want of a port", report.Grouped(total), upper(i))
}

// gapIn says what keeps a trace from showing that the pool was healthy.
func (t *trace) gapIn(i int, p *pool) string {
	st, sp := t.stats, t.dynamic[i]
	length := t.last - t.first
	switch {
	case t.events == 0:
		return "the trace holds no Winsock-AFD or TCPIP event"
	case st.LostEvents > 0 || st.LostBuffers > 0 || st.SequenceGaps > 0:
		return fmt.Sprintf("events were lost (%d events, %d buffers, %d gaps)", st.LostEvents, st.LostBuffers, st.SequenceGaps)
	case st.Wrapped:
		return "the ring wrapped: what came before is overwritten"
	case st.Truncated || st.Unfinalised:
		return "the file is cut short or its session was never stopped"
	case t.damaged || t.undecoded > 0:
		return "parts of the trace could not be read"
	case sp.count == 0:
		return "no dynamic " + transportNames[i] + " bind succeeded in it"
	case sp.first-t.first > ticks(spanEnds) || t.last-sp.last > ticks(spanEnds):
		return "successful dynamic binds do not reach both ends of the trace"
	case sp.gap > max(ticks(spanEnds), length/10):
		return fmt.Sprintf("for %.0f s no dynamic bind succeeded", duration(sp.gap).Seconds())
	}
	for port, n := range sp.ports {
		if n > 0 && !p.holds(port) {
			return fmt.Sprintf("port %d was handed out though it is outside the range told", port)
		}
	}
	return ""
}

// snapshotSpeaks tells whether a complete -q snapshot far below a known
// capacity stands beside a System log that covers its time and is silent.
func (c *situation) snapshotSpeaks(i int, w *weight) string {
	p := c.pools[i]
	// A damaged or lossy trace beside the snapshot may hide the contrary.
	for _, t := range c.traces {
		if t.events > 0 && (t.damaged || t.stats.LostEvents > 0 || t.stats.LostBuffers > 0) {
			return ""
		}
	}
	for _, sn := range c.snapshots {
		if !c.seesBound(sn) || sn.Truncated || sn.Filtered || sn.source.damaged || sn.time.IsZero() || !p.known {
			continue
		}
		// netstat lists UDP last: a table without it may be cut between two rows.
		if !sn.HasUDP {
			continue
		}
		if p.share(sn.used[i]) >= farBelow {
			continue
		}
		for _, s := range c.logs {
			if !s.damaged && s.log.covers(sn.time.Time, sn.time.Time) && len(c.logged(4227, true))+len(w.logged) == 0 {
				return fmt.Sprintf("%d of %d ports were in use in a complete table, and the System log covers that time and is silent", sn.used[i], p.capacity())
			}
		}
	}
	w.unclear = append(w.unclear, "no complete table (netstat -q) with a time and a known range stands beside a silent System log that covers it")
	return ""
}

// overall joins the pools' outcomes.
func (c *situation) overall() report.Outcome {
	for _, o := range []report.Outcome{report.Exhausted, report.Likely} {
		if c.state[tcp].outcome == o || c.state[udp].outcome == o {
			return o
		}
	}
	if c.state[tcp].outcome == report.NotExhausted {
		return report.NotExhausted
	}
	return report.Inconclusive
}

// sure gives the confidence and its reasons.
func (c *situation) sure(o report.Outcome) (report.Confidence, []string) {
	w := &c.state[c.shown]
	switch o {
	case report.Exhausted:
		return c.sureExhausted(w)
	case report.Likely:
		return report.Weak, []string{"No refused attempt was witnessed; there is strong pressure only: " + w.pressure + "."}
	case report.NotExhausted:
		w = &c.state[tcp]
		for _, s := range c.logs {
			if !s.damaged && len(c.traces) > 0 && s.log.covers(c.traces[0].first.Time(), c.traces[len(c.traces)-1].last.Time()) {
				return report.Strong, []string{sentence(w.contrary), "The System log covers the same time and holds no 4231."}
			}
		}
		return report.Moderate, []string{sentence(w.contrary), "No System log covers the same time."}
	}
	reasons := make([]string, 0, len(c.state[tcp].unclear)+1)
	reasons = append(reasons, "Nothing witnesses exhaustion, and the inputs could not have shown the contrary.")
	for _, u := range c.state[tcp].unclear {
		reasons = append(reasons, sentence(u))
	}
	return report.Weak, reasons
}

func (c *situation) sureExhausted(w *weight) (report.Confidence, []string) {
	var told []string
	if w.traced() {
		told = append(told, fmt.Sprintf("The trace witnesses it: %s refused with STATUS_TOO_MANY_ADDRESSES (0xC0000209).", number(w.attempts, "attempt")))
	}
	skew, paired := c.skew()
	if len(w.logged) > 0 {
		told = append(told, fmt.Sprintf("The System log witnesses it: Tcpip %d, %s%s.", poolExhausted[c.shown], number(len(w.logged), "record"), skew))
	}
	full := c.fullTable()
	if full != nil {
		told = append(told, fmt.Sprintf("A saved table of that time shows %d of %d ports in use.", full.used[c.shown], c.pools[c.shown].capacity()))
	}
	if len(c.machines()) < 2 && (w.traced() && (paired || full != nil) || full != nil && len(w.logged) > 0) {
		return report.Proven, append(told, "These are independent of each other.")
	}
	if weak := c.doubts(w); len(weak) > 0 {
		return report.Moderate, append(told, weak...)
	}
	return report.Strong, append(told, "It stands alone, and nothing was lost that could overturn it.")
}

// skew says how far the log's first record is from the first refused attempt of its
// window, which is its delay and the difference of the clocks in one: it is shown and
// never applied. paired is false when no record belongs to an attempt.
func (c *situation) skew() (text string, paired bool) {
	for _, win := range c.windows(c.shown) {
		for _, l := range win.Log {
			if l.ID != poolExhausted[c.shown] || win.Failures == 0 {
				continue
			}
			by, side := l.Time.Sub(win.From.Time), "after"
			if by < 0 {
				by, side = -by, "before"
			}
			return fmt.Sprintf(", the first %s %s the first refused attempt (no clock is corrected)", rough(by), side), true
		}
	}
	return "", false
}

// fullTable finds a table at capacity within pairWithin of the witnesses.
func (c *situation) fullTable() *snapshot {
	p := c.pools[c.shown]
	for _, sn := range c.snapshots {
		if !p.known || sn.time.IsZero() || sn.used[c.shown] < p.capacity() {
			continue
		}
		for _, win := range c.windows(c.shown) {
			if !sn.time.Before(win.From.Add(-pairWithin)) && !sn.time.After(win.To.Add(pairWithin)) {
				return sn
			}
		}
	}
	return nil
}

// doubts are what makes a single witness weaker.
func (c *situation) doubts(w *weight) []string {
	var out []string
	if !c.pools[c.shown].known {
		out = append(out, "The dynamic range is not known: it is "+c.pools[c.shown].basis+".")
	}
	for _, t := range c.traces {
		if w.traced() && (t.stats.LostEvents > 0 || t.stats.LostBuffers > 0 || t.damaged) {
			out = append(out, "Parts of "+t.source.Path+" were lost or could not be read.")
		}
	}
	if names := c.machines(); len(names) > 1 {
		out = append(out, "The inputs are of several machines: "+strings.Join(names, ", ")+".")
	}
	if len(c.opposed()) > 0 {
		out = append(out, "A table of the same minute shows the pool far from full.")
	}
	for _, s := range c.logs {
		if len(w.logged) > 0 && !w.traced() && s.damaged {
			out = append(out, "Parts of "+s.Path+" could not be read.")
		}
	}
	return out
}
