package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// steps gathers what to do, surest first, each once.
type steps struct {
	list []report.NextStep
	host string // the machine they are of
}

func (s *steps) add(text, command, why string) {
	step := report.NextStep{Host: s.host, Text: text, Command: command, RunsOn: "customer", Why: why}
	if !slices.ContainsFunc(s.list, func(o report.NextStep) bool {
		return o.Host == step.Host && o.Text == step.Text && o.Command == step.Command
	}) {
		s.list = append(s.list, step)
	}
}

// nextSteps says what to do: of each pool that ran out or is close to it by its causes,
// of what failed when it was not ports, and of what is missing.
func (j *judgement) nextSteps(missing []ask) []report.NextStep {
	s := &steps{}
	several := 0
	for _, m := range j.machines {
		for _, p := range m.pools {
			if p.outcome == report.Exhausted || p.outcome == report.Likely {
				several++
			}
		}
	}
	for _, p := range j.headlineFirst() {
		if p.outcome != report.Exhausted && p.outcome != report.Likely {
			continue
		}
		from := len(s.list)
		s.host = p.m.name
		j.poolSteps(s, p)
		if several < 2 {
			continue
		}
		for i := range s.list[from:] {
			s.list[from+i].Text = p.prefix(len(j.machines) > 1) + lowerFirst(s.list[from+i].Text)
		}
	}
	for _, m := range j.machines {
		s.host = m.name
		j.otherSteps(s, m)
	}
	m, p := j.headline()
	s.host = m.name
	if j.outcome == report.NotExhausted && len(s.list) == 0 {
		s.add("Ports were not the cause in this period. Look at what else failed then.", "", "")
	}
	j.askFor(s, p, missing)
	return s.list
}

// headlineFirst are all pools, that of the headline before the others.
func (j *judgement) headlineFirst() []*pool {
	var out []*pool
	_, first := j.headline()
	for _, m := range j.machines {
		for _, p := range m.pools {
			if p == first {
				out = slices.Insert(out, 0, p)
				continue
			}
			out = append(out, p)
		}
	}
	return out
}

// prefix tells which pool a step is of, where several have some.
func (p *pool) prefix(several bool) string {
	if several {
		return cmp.Or(p.m.name, "A machine that no input names") + ", " + p.kind() + ": "
	}
	return p.kind() + ": "
}

// lowerFirst begins a sentence behind a colon, unless its first word is a name.
func lowerFirst(s string) string {
	if first, _, _ := strings.Cut(s, " "); strings.ToUpper(first[:1])+first[1:] != first || strings.ContainsAny(first, ".-") || strings.ToUpper(first) == first {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// poolSteps are the steps for a pool's cause and the other causes that hold.
func (j *judgement) poolSteps(s *steps, p *pool) {
	for _, c := range append([]report.Cause{p.cause}, p.also...) {
		switch c {
		case report.CauseStuckClose:
			j.stuckSteps(s, p)
		case report.CauseBurst:
			j.burstSteps(s, p)
		case report.CauseLeak:
			j.holderSteps(s, p, true)
		case report.CauseChurn:
			j.churnSteps(s, p)
		case report.CauseByDesign:
			s.add("Most of the pool is taken by design: look at the rest, or enlarge the range.", "", "pool-full")
			j.holderSteps(s, p, false)
		case report.CauseSmallRange:
			if c == p.cause { // else the cause's own steps are of who has the ports
				j.holderSteps(s, p, false)
			}
			j.rangeSteps(s, p)
		case report.CauseUnknown:
			j.unknownSteps(s, p)
		}
	}
	switch p.cause {
	case report.CauseUnknown, report.CauseSmallRange, report.CauseByDesign:
		j.suspectSteps(s, p)
	}
	if p.again != nil {
		p.again.step(j, s)
	}
	if p.cause != report.CauseSmallRange && !slices.Contains(p.also, report.CauseSmallRange) && p.cause != report.CauseStuckClose {
		j.widenStep(s, p)
	}
}

// why is the evidence that a holder's step rests on.
func (j *judgement) why(h *holder) string {
	if len(h.cited) == 0 {
		return ""
	}
	return j.cite(h.cited[0])[0]
}

// holderSteps say how the named holder gives its ports back, by what it is.
func (j *judgement) holderSteps(s *steps, p *pool, leak bool) {
	_, list := p.lastBooks()
	h := namedOf(list)
	if h == nil {
		return
	}
	frees := report.Counted(h.ports, "port", "ports")
	why := j.why(h)
	if e := p.lastEpisode(); e != nil && (e.ends == "recovered" || e.ends == "restart") {
		back := fmt.Sprintf("The ports came back by %s: nothing is to be freed now.", report.Moment(e.endedAt))
		if p.again != nil {
			back = fmt.Sprintf("These ports came back by %s.", report.Moment(e.endedAt))
		}
		s.add(fmt.Sprintf("%s Find out why %s took %s.", back, h.label(), frees), "", why)
		if leak && h.class() != critical && h.class() != nameless {
			s.add(fmt.Sprintf("Have the owner of %s close its sockets on every error path, or pool its connections.", h.nameOnly()), "", why)
		}
		return
	}
	if boot, booted := p.m.bootIn(p.peak.at, report.Time{}); booted && p.lastEpisode() == nil {
		s.add(fmt.Sprintf("Windows was started anew at %s, which freed the ports: nothing is to be freed now. Find out why %s took %s before.", report.Moment(boot), h.label(), frees), "", why)
		return
	}
	switch h.class() {
	case critical:
		j.criticalSteps(s, h, why)
		return
	case nameless:
		text := fmt.Sprintf("Find out what PID %d is: no input names it (tasklist /svc).", h.pid)
		if h.gone() {
			text = fmt.Sprintf("PID %d is in no process list: it has probably exited, and a child that inherited its handles keeps the ports. Find the process that has them (handle.exe -a, the children of that program); a planned restart of Windows frees them too.", h.pid)
		}
		s.add(text, "", why)
		return
	case service:
		of := " of " + h.label()
		if h.image == "" {
			of = fmt.Sprintf(" (PID %d)", h.pid)
		}
		name := h.running()[0]
		s.add(fmt.Sprintf("To free %s now, restart the service %s%s. If connections work again, it was the cause.", frees, name, of), "Restart-Service "+quoted(name), why)
	case shared:
		s.add(fmt.Sprintf("Several services run in %s: find out which of them has %s (netstat -anobq, elevated, names it above the program) and restart that one alone. If connections work again, it was the cause.", h.label(), frees), "", why)
	case webWorker:
		s.add(fmt.Sprintf("To free %s now, recycle the application pool of %s (appcmd list wp names it). If connections work again, it was the cause.", frees, h.label()), "", why)
	case desktop:
		s.add(fmt.Sprintf("To free %s now, have the user close %s. If connections work again, it was the cause.", frees, h.label()), "", why)
	case security:
		s.add(fmt.Sprintf("%s is a security product: have it restarted or updated by its vendor's console, which frees %s.", h.label(), frees), "", why)
	default:
		s.add(fmt.Sprintf("Restart %s to free %s now. If connections work again, it was the cause.", h.label(), frees), "", why)
	}
	if leak {
		s.add(fmt.Sprintf("Have the owner of %s close its sockets on every error path, or pool its connections.", h.nameOnly()), "", why)
	}
}

func (h *holder) nameOnly() string {
	if h.image == "" {
		return h.label()
	}
	return h.image
}

// criticalSteps are for a holder that cannot be stopped: what to look at, and a planned
// restart of Windows.
func (j *judgement) criticalSteps(s *steps, h *holder, why string) {
	look := "look at what runs inside it: the packages and plug-ins it has loaded, and who calls it"
	switch {
	case h.pid == 4 || strings.EqualFold(h.image, "System"):
		look = "a driver or a kernel component has the ports: HTTP.sys (netsh http show servicestate), SMB, or a network filter driver; list and update the third-party drivers"
	case strings.EqualFold(strings.TrimSuffix(h.image, ".exe"), "svchost"):
		look = "find the service that has them (netstat -anobq names the component; tasklist /svc the services)"
	}
	s.add(fmt.Sprintf("%s cannot be stopped: %s.", h.label(), look), "", why)
	s.add("As the stop-gap plan a restart of Windows: it frees all ports.", "", why)
}

// quoted puts a service's name as PowerShell takes it.
func quoted(name string) string {
	if strings.ContainsAny(name, " $'`\"&;|(){}") {
		return "'" + strings.ReplaceAll(name, "'", "''") + "'"
	}
	return name
}

func (j *judgement) burstSteps(s *steps, p *pool) {
	_, list := p.lastBooks()
	h := namedOf(list)
	s.add(fmt.Sprintf("Nothing is to be restarted: %s took %s and gave them back. Limit how many connections it opens at a time, or have it re-use them.",
		h.label(), report.Counted(h.ports, "port", "ports")), "", j.why(h))
}

func (j *judgement) churnSteps(s *steps, p *pool) {
	text := "Re-use connections (keep-alive, pooling): the ports wait in TIME_WAIT after short connections"
	if t := p.telling(); t != nil {
		if x, n := p.busiest(t, func(r *facts.Row) bool { return r.State == facts.TimeWait }); n > 0 {
			text += fmt.Sprintf(", most of them to %s", x.remote)
		}
	}
	if who := j.opener(p); who != "" {
		text += "; " + who
	}
	s.add(text+".", "", "time-wait-churn")
	s.add("To buy time, shorten TIME_WAIT: TcpTimedWaitDelay (30 to 300 seconds, HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters) takes effect after a restart of Windows. It lets late segments reach a newer connection.", "", "time-wait-churn")
}

// opener names the process of the traces that opened most dynamic ports.
func (j *judgement) opener(p *pool) string {
	var best *facts.Process
	for _, t := range p.m.traces {
		for _, proc := range t.Processes {
			if best == nil || proc.Opened[p.t] > best.Opened[p.t] {
				best = proc
			}
		}
	}
	if best == nil || best.Opened[p.t] == 0 {
		return ""
	}
	id := p.m.whoRan(best)
	return fmt.Sprintf("in the trace %s opened most (%s)", label(id.image, id.running(), best.PID), report.Grouped(best.Opened[p.t]))
}

func (j *judgement) stuckSteps(s *steps, p *pool) {
	text := "No program is at fault, and a restart of one frees nothing: the programs have closed their sockets. Update or remove network filter drivers (firewall, web filter, VPN, packet capture)"
	if names := driverNames(networkDrivers(p.m.drivers)); len(names) > 0 {
		n := len(names)
		if n > 8 {
			names = append(names[:8], fmt.Sprintf("%d more", n-8))
		}
		text += fmt.Sprintf("; the log says that %s installed: %s", report.Counted(n, "was", "were"), report.Joined(names))
	}
	loaded := p.m.filters()
	if len(loaded) > 0 {
		text += "; loaded now: " + report.Joined(filterLabels(loaded, 8))
	}
	s.add(text+". Update the network card's driver too.", "", "evtx-stuck-closes")
	stop := "Plan a restart of Windows as the stop-gap: it frees the ports, and the count begins again."
	if p.forecast != nil {
		stop = fmt.Sprintf("Plan a restart of Windows before %s as the stop-gap: it frees the ports, and the count begins again.", p.forecast.FullAtFrom.UTC().Format("2006-01-02"))
	}
	s.add(stop, "", "evtx-stuck-closes")
	if len(loaded) == 0 {
		s.add("List the filter drivers that are loaded now.", "netsh wfp show state file=wfpstate.xml", "evtx-stuck-closes")
	}
}

// unknownSteps are for an exhaustion that none of the causes explains.
func (j *judgement) unknownSteps(s *steps, p *pool) {
	b, list := p.lastBooks()
	if h := namedOf(list); h != nil {
		j.holderSteps(s, p, false)
		return
	}
	if b.table == nil || !b.table.Complete() || 2*b.unaccounted < b.capacity {
		return
	}
	if b.far && b.distance != nil && *b.distance > 0 && *b.distance <= tableWithin.Seconds() {
		s.add("A complete table minutes later shows most of the pool free: the ports came back, or something keeps ports that no table lists. If connections still fail, list network filter drivers; on Windows 10 build 17134 WSL 1 does the same.", "netsh wfp show state file=wfpstate.xml", "")
	}
	if !b.far {
		s.add("A complete table leaves most of the pool unaccounted for, so nobody is to accuse. Compare the range in force with the one in the text; list network filter drivers, which can keep ports that no table lists; on Windows 10 build 17134 WSL 1 does the same.", "netsh wfp show state file=wfpstate.xml", "")
		s.add("As the stop-gap plan a restart of Windows: it frees all ports.", "", "")
	}
}

// otherSteps are about what failed when it was not ports, and about findings that stand
// beside a verdict which does not rest on them.
func (j *judgement) otherSteps(s *steps, m *machine) {
	for _, f := range j.notPorts(m) {
		who := label(f.image, f.running(), f.pid)
		s.add(fmt.Sprintf("%s: %s of its attempts failed with %s (%s). %s", who, report.Grouped(f.count), hex32(f.status), failureWords[f.status].short, failureWords[f.status].next), "", failureFinding(f.status))
	}
	for _, p := range m.pools {
		if p.cause == report.CausePerPeer {
			j.peerSteps(s, p)
		}
		if p.outcome == report.Exhausted || p.outcome == report.Likely {
			continue
		}
		j.suspectSteps(s, p)
		if p.excludedMuch() {
			j.exclusionStep(s, p)
		}
	}
	for _, x := range m.deniedPorts() {
		s.add(fmt.Sprintf("A program was denied port %d, which lies in the excluded range %d-%d. If WinNAT or Hyper-V reserves it, stop WinNAT, reserve the port for the program (netsh int ipv4 add excludedportrange protocol=tcp startport=%d numberofports=1) and start WinNAT again; else its owner decides.", x.port, x.start, x.end, x.port),
			"netsh int ipv4 show excludedportrange protocol=tcp", "program-errors")
	}
	for _, side := range j.serverSides(m) {
		if side.closing >= serverSidePile {
			id := m.who(side.table, whose{pid: side.pid}.pidOf(), side.owner)
			s.add(fmt.Sprintf("Have the owner of %s close what its peers closed on port %d: %s. They take no dynamic port.", label(id.image, nil, whose{pid: side.pid}.pidOf()), side.port, report.Counted(side.closing, "connection in CLOSE_WAIT", "connections in CLOSE_WAIT")), "", "server-side-states")
		}
	}
}

func (j *judgement) peerSteps(s *steps, p *pool) {
	peer := "one remote endpoint"
	if x, n, _ := p.tuple(); n > 0 {
		peer = x.remote.String()
	}
	why := "ports are re-used too soon towards a peer"
	if len(p.m.near(4227)) == 0 {
		why = "most ports are used towards this one peer"
	}
	text := fmt.Sprintf("Check connections to %s first: %s. Re-use connections (keep-alive, pooling), or give the peer more addresses or ports", peer, why)
	if p.peak.used >= 0 && !p.refuted && p.share(p.peak.used) < poolPressure {
		text = fmt.Sprintf("Connections to %s are the trouble, not the pool: re-use connections (keep-alive, pooling), or give the peer more addresses or ports", peer)
	}
	if build := p.m.build(); build == 6002 || build >= 7600 && build <= 7601 {
		text += "; on this Windows see KB2901197"
	}
	s.add(text+".", "", "evtx-4227")
}

// askFor asks for what is missing about the pool of the headline: what can be done at once
// first of all, and what one command gives in one step.
func (j *judgement) askFor(s *steps, p *pool, missing []ask) {
	if j.outcome == report.NotExhausted {
		return
	}
	hangs := false
	if p != nil && (p.outcome == report.Exhausted || p.outcome == report.Likely) {
		if _, list := p.lastBooks(); namedOf(list) != nil {
			return
		}
		hangs = p.cause == report.CauseStuckClose
	}
	var here, there []report.NextStep
	var of []string
	recipe := report.NextStep{Host: s.host, RunsOn: "customer"}
	for _, m := range missing {
		switch {
		case m.here:
			here = append(here, report.NextStep{Host: s.host, Text: m.step, Command: m.command, RunsOn: "here"})
			continue
		case m.of != "":
			recipe.Command, of = m.command, append(of, m.of)
		case !hangs: // a trace shows nothing of a close that hangs
			there = append(there, report.NextStep{Host: s.host, Text: m.step, Command: m.command, RunsOn: "customer"})
			if m.Input == missingTrace {
				there = append(there, report.NextStep{Host: s.host, Text: "Once it has failed, stop the trace and send c:\\Server.etl.", Command: "netsh trace stop", RunsOn: "customer"})
			}
		}
		if m.Input == missingRange {
			recipe.Why = "range-unknown"
		}
	}
	s.list = append(here, s.list...)
	if len(of) > 0 {
		recipe.Text = "Ask for " + report.Joined(of) + ": one text, ports.txt."
		s.list = append(s.list, recipe)
	}
	s.list = append(s.list, there...)
}
