package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

const missingRange = "dynamic port range"

// ask is an input to ask for: as what is missing, and as a step.
type ask struct {
	report.Missing
	step, command string
	here          bool // the user can do it at once
}

// asks are the inputs that are missing, each once.
type asks struct{ list []ask }

func (a *asks) add(input, cost, step, command string) {
	how := command
	if strings.Contains(step, "elevated") {
		how += " (elevated)"
	}
	a.put(ask{Missing: report.Missing{Input: input, Cost: cost, How: how}, step: step, command: command})
}

func (a *asks) put(x ask) {
	if !slices.ContainsFunc(a.list, func(o ask) bool { return o.Input == x.Input }) {
		a.list = append(a.list, x)
	}
}

// missing lists the inputs that would have raised the confidence, closed the books or
// named the holder: what can be done at once first.
func (j *judgement) missing() []ask {
	a := &asks{}
	j.missingTimes(a)
	m, p := j.headline()
	if p == nil {
		return a.list
	}
	if !slices.ContainsFunc(m.traces, func(t *facts.Trace) bool { return t.Events > 0 }) {
		const start = `netsh trace start scenario=netconnection capture=yes tracefile=c:\Server.etl`
		a.put(ask{
			Missing: report.Missing{Input: "netsh trace", Cost: "without it, refused attempts and their processes cannot be seen", How: start + ", reproduce, then netsh trace stop"},
			step:    "Ask for a netsh trace: start it in an elevated prompt, reproduce the problem, then netsh trace stop.", command: start,
		})
	}
	if !slices.ContainsFunc(m.logs, func(l *facts.Source) bool { return l.Log.IsSystem() }) && len(m.records) == 0 {
		a.add("System.evtx", "without it there is no second source", "Ask for the System log.", "wevtutil epl System System.evtx")
	}
	j.missingTable(p, a)
	if !p.known || p.source == "inferred" {
		a.add(missingRange, map[bool]string{true: "the capacity is inferred", false: "the capacity is assumed"}[p.known], "Ask for the dynamic port range.", "netsh int ipv4 show dynamicport "+p.t.String()+" > dynamicport.txt")
	}
	if len(m.tables) > 0 || len(m.traces) > 0 || len(p.stuck.ports) > 0 {
		const step, command = "Ask for the process list with services.", "tasklist /svc > tasklist.txt"
		switch {
		case !j.anyNames(m):
			a.add("tasklist /svc", "processes are known by PID only", step, command)
		case !m.namesServices():
			a.add("tasklist /svc", "which services run in a process, such as svchost.exe, is not known", step, command)
		}
	}
	return a.list
}

// missingRows are the inputs as verdict.json has them.
func missingRows(list []ask) []report.Missing {
	out := make([]report.Missing, 0, len(list))
	for _, x := range list {
		out = append(out, x.Missing)
	}
	return out
}

// missingTable asks for a table that would close the books or show bound ports.
func (j *judgement) missingTable(p *pool, a *asks) {
	add := func(cost string) {
		command := "netstat -anobq > netstat.txt"
		if p.m.withoutQ() {
			command = "netstat -anob > netstat.txt"
		}
		a.add("netstat -anobq", cost, "Ask for the port table (elevated prompt), saved while attempts fail.", command)
	}
	b, _ := p.lastBooks()
	t := b.table
	if t == nil {
		t = p.fullestTable()
	}
	switch {
	case t == nil && p.outcome == report.NotExhausted:
		add("how many ports were in use at the end is not known from a table")
	case t == nil && p.outcome == report.Exhausted && b.unaccounted > 0:
		add(fmt.Sprintf("%s of %s ports are unaccounted for", report.Grouped(b.unaccounted), report.Grouped(b.capacity)))
	case t == nil && p.outcome == report.Exhausted:
		return // the books close without one
	case t == nil:
		add("the process that has the ports cannot be named from a table")
	case t.WhatIsCut() != "":
		add(t.Source.Path + " is not whole: " + t.WhatIsCut())
	case !t.ShowsBound() && p.t == facts.TCP:
		add("saved without -q (or nothing is BOUND): a leak of bound sockets would not show")
	case p.outcome == report.Exhausted && float64(b.unaccounted) >= balanced*float64(b.capacity):
		add(fmt.Sprintf("%s of %s ports are unaccounted for: a table saved while attempts fail would show whose they are", report.Grouped(b.unaccounted), report.Grouped(b.capacity)))
	case !t.HasPID:
		add("the table has no PIDs: the process that has the ports cannot be named")
	}
}

// withoutQ tells that netstat of the machine's Windows has no -q: it came with Windows
// 8.1 and Server 2012 R2 and their updates.
func (m *machine) withoutQ() bool {
	build := m.build()
	return build > 0 && build < 9600
}

// missingTimes asks for times and zones that texts lack.
func (j *judgement) missingTimes(a *asks) {
	var untimed, unzoned []string
	for _, s := range j.c.Sources {
		switch {
		case s.Unzoned():
			unzoned = append(unzoned, s.Path)
		case s.Untimed():
			untimed = append(untimed, s.Path)
		}
	}
	if len(unzoned) > 0 {
		a.put(ask{
			Missing: report.Missing{
				Input: "time zone of " + several(unzoned), Cost: "its times are local and without a zone: it cannot be placed on the timeline",
				How: `run again with --tz and the machine's zone, such as --tz "W. Europe Standard Time"` + j.zoneHint(),
			},
			step: "Run again with --tz and the machine's zone (--tz \"W. Europe Standard Time\"): the tables of " + several(unzoned) + " then lie on the timeline.", here: true,
		})
	}
	if len(untimed) > 0 {
		a.add("time of "+several(untimed), "it has no time: it cannot be placed on the timeline", "Ask for tables with their time.", "(echo %date% %time% & netstat -anobq) >> netstat.txt")
	}
}

// zoneHint says what a text tells of the zone: a name that is no zone's, and the offset of
// its standard time.
func (j *judgement) zoneHint() string {
	for _, s := range j.c.Sources {
		if s.Host != nil && s.Host.Host != nil && s.Host.Host.Zone != "" {
			return "; " + s.Path + " says " + s.Host.Host.Zone
		}
	}
	return ""
}

// anyNames tells that any input names a process of the machine.
func (j *judgement) anyNames(m *machine) bool {
	if slices.ContainsFunc(m.texts, func(s *facts.Source) bool { return s.Host != nil && len(s.Host.Processes) > 0 }) {
		return true
	}
	if slices.ContainsFunc(m.tables, func(t *facts.Table) bool { return t.HasOwner }) {
		return true
	}
	if slices.ContainsFunc(m.pools, func(p *pool) bool {
		_, list := p.lastBooks()
		return slices.ContainsFunc(list, func(h *holder) bool { return h.image != "" && h.pid != 4 })
	}) {
		return true
	}
	return slices.ContainsFunc(m.traces, func(t *facts.Trace) bool {
		return slices.ContainsFunc(t.Processes, func(p *facts.Process) bool { return p.Image != "" })
	})
}

// several names the first of some files and counts the others.
func several(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}
