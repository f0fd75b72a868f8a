package verdict

import (
	"fmt"
	"slices"

	"portverdict/report"
)

// summary is the one sentence a ticket can quote.
func (c *situation) summary(v *report.Verdict) string {
	p := c.pools[c.shown]
	pool := fmt.Sprintf("%s dynamic ports %d-%d", upper(c.shown), p.start, p.end())
	switch v.Outcome {
	case report.Exhausted:
		s := fmt.Sprintf("The %s ran out", pool)
		if n := c.state[c.shown].attempts; n > 0 {
			s += fmt.Sprintf(": %s by %s refused", number(n, "attempt"), number(len(v.Victims), "process"))
			if len(v.Victims) > 1 {
				s = fmt.Sprintf("The %s ran out: %s by %d processes were refused", pool, number(n, "attempt"), len(v.Victims))
			}
		}
		if h := c.culprit(); h != nil {
			s += fmt.Sprintf("; %s (PID %d) held %d of %d", h.Image, h.PID, h.Ports, p.capacity())
		}
		return s + "."
	case report.Likely:
		return fmt.Sprintf("The %s were close to running out: %s.", pool, c.state[c.shown].pressure)
	case report.NotExhausted:
		return fmt.Sprintf("The TCP dynamic ports %d-%d did not run out in the time covered.", c.pools[tcp].start, c.pools[tcp].end())
	}
	return "The inputs do not tell whether the dynamic ports ran out."
}

func upper(i int) string { return [transports]string{"TCP", "UDP"}[i] }

// culprit is the process that held the ports: the first of the holders, when
// what it holds is more than a tenth of the pool.
func (c *situation) culprit() *report.Holder {
	if len(c.holders) == 0 || c.holders[0].Share < boundLeakShare {
		return nil
	}
	return &c.holders[0]
}

const missingRange = "dynamic port range"

// missing lists the inputs that would have raised the confidence or named the holder.
func (c *situation) missing() []report.Missing {
	out := []report.Missing{}
	add := func(input, cost, how string) { out = append(out, report.Missing{Input: input, Cost: cost, How: how}) }
	if !slices.ContainsFunc(c.traces, func(t *trace) bool { return t.events > 0 }) {
		add("netsh trace", "no refused attempt can be seen, and no process that was hurt be named",
			`netsh trace start scenario=netconnection capture=yes tracefile=c:\Server.etl, reproduce, then netsh trace stop`)
	}
	if !slices.ContainsFunc(c.logs, func(s *source) bool { return s.log.isSystem() }) {
		add("System.evtx", "the System log cannot confirm or deny it", "wevtutil epl System System.evtx")
	}
	switch sn := c.telling(c.shown); {
	case sn == nil && c.state[c.shown].outcome != report.NotExhausted:
		add("netstat -anobq", "the process that holds the ports cannot be named from a table", "netstat -anobq > netstat.txt (elevated)")
	case sn == nil:
		add("netstat -anobq", "how many ports were in use at the end is not known from a table", "netstat -anobq > netstat.txt (elevated)")
	case !c.seesBound(sn) && c.shown == tcp:
		add("netstat -anobq", "the table was saved without -q or shows no BOUND port: bound sockets that leak may be invisible in it", "netstat -anobq > netstat.txt (elevated)")
	}
	if !c.pools[c.shown].known {
		name := transportNames[c.shown]
		add(missingRange, "the capacity is "+c.pools[c.shown].basis, "netsh int ipv4 show dynamicport "+name+" > dynamicport.txt")
	}
	if len(c.snapshots) > 0 || len(c.traces) > 0 {
		switch {
		case len(c.byPID) <= 1:
			add("tasklist /svc", "processes are known by PID only", "tasklist /svc > tasklist.txt")
		case !c.namesServices():
			add("tasklist /svc", "which services run in a process, such as svchost.exe, is not known", "tasklist /svc > tasklist.txt")
		}
	}
	untimed, unzoned := c.timeless()
	if len(untimed) > 0 {
		add("time of "+several(untimed), "what is in it takes part by order only", "(echo %date% %time% & netstat -anobq) >> netstat.txt")
	}
	if len(unzoned) > 0 {
		add("time zone of "+several(unzoned), "what is in it takes part by order only", "give the machine's zone with --tz"+c.zoneHint())
	}
	return out
}

func (c *situation) namesServices() bool {
	for _, n := range c.byPID {
		if n.services != nil {
			return true
		}
	}
	return false
}

// zoneHint says what a text tells of the zone: a name that is no zone's, and the
// offset of its standard time.
func (c *situation) zoneHint() string {
	for _, s := range c.hosts() {
		if h := s.host.Host; h != nil && h.Zone != "" {
			return "; " + s.Path + " says " + h.Zone
		}
	}
	return ""
}

// timeless are the texts with tables that have no time, and those whose times have
// no zone.
func (c *situation) timeless() (untimed, unzoned []string) {
	for _, s := range c.sources {
		switch {
		case s.tables == nil || len(s.tables.list) == 0 || !s.Window.From.IsZero():
		case s.firstLocal().IsZero():
			untimed = append(untimed, s.Path)
		default:
			unzoned = append(unzoned, s.Path)
		}
	}
	return untimed, unzoned
}

// several names the first of some files and counts the others.
func several(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}

// nextSteps says what to do, surest first.
func (c *situation) nextSteps(v *report.Verdict, findings []report.Finding) []report.NextStep {
	out := []report.NextStep{}
	add := func(text, why string) { out = append(out, report.NextStep{Text: text, Why: why}) }
	has := func(id string) bool {
		return slices.ContainsFunc(findings, func(f report.Finding) bool { return f.ID == id })
	}
	if v.Outcome == report.NotExhausted {
		add("Look elsewhere: the dynamic ports were not the cause in the time covered.", "trace-binds-succeed")
		return out
	}
	// Without a holder the first thing to do is to find it.
	if c.culprit() == nil || v.Outcome == report.Inconclusive {
		for _, m := range v.Missing {
			why := "" // what is not there is in no row
			if m.Input == missingRange {
				why = "range-unknown"
			}
			add("Get "+m.Input+": "+m.How, why)
		}
	}
	if v.Outcome == report.Inconclusive {
		return out
	}
	if h := c.culprit(); h != nil && len(h.Evidence) > 0 {
		add(fmt.Sprintf("Restart %s (PID %d) as the stop-gap: that frees %s. Then try an outbound connection again: if it works, the holder is confirmed.",
			label(h), h.PID, number(h.Ports, "port")), h.Evidence[0])
		add(fmt.Sprintf("Have the owner of %s close its sockets on every error path, or pool its connections.", label(h)), h.Evidence[0])
	}
	if has("time-wait-churn") {
		add("Re-use connections (keep-alive, pooling): the ports wait in TIME_WAIT after short connections.", "time-wait-churn")
	}
	if has("range-excluded") {
		add("Release the excluded port ranges that lie in the dynamic range: netsh int ipv4 show excludedportrange protocol="+transportNames[c.shown]+".", "range-excluded")
	}
	if text := c.widen(); text != "" {
		add(text, "range-small")
	}
	return out
}

func label(h *report.Holder) string {
	s := h.Image
	if s == "" {
		s = "the process"
	}
	if len(h.Services) > 0 {
		s += " with service " + h.Services[0]
	}
	return s
}

// widen is the stop-gap of a larger range, with its undo. It is offered only
// when the range is known and the new one is larger.
func (c *situation) widen() string {
	p := c.pools[c.shown]
	start, count := defaultStart, defaultCount
	if p.count >= defaultCount {
		start, count = 32768, 32768
	}
	if !p.known || p.count >= count {
		return ""
	}
	name := transportNames[c.shown]
	text := fmt.Sprintf("Stop-gap only: netsh int ipv4 set dynamicport %s start=%d num=%d (undo: start=%d num=%d). A leak fills any range; firewalls between RPC servers and clients must open the new ports.",
		name, start, count, p.start, p.count)
	if port := c.listenerIn(start, start+count-1); port > 0 {
		text += fmt.Sprintf(" Port %d in it has a listener: keep clear of it.", port)
	}
	return text
}

// listenerIn finds a listener of the last table in a range, outside the present one.
func (c *situation) listenerIn(from, to int) int {
	sn := c.telling(c.shown)
	if sn == nil {
		return 0
	}
	for _, port := range sn.listeners {
		if int(port) >= from && int(port) <= to {
			return int(port)
		}
	}
	return 0
}
