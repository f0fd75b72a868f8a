package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

const (
	missingRange = "dynamic port range"
	missingTrace = "netsh trace"
)

// ask is an input to ask for: as what is missing, and as a step.
type ask struct {
	report.Missing
	step, command string
	here          bool   // the user can do it at once
	of            string // what the one text of ports, range and names gives of it
}

// recipe is the one command that gives the ports with their time and zone, the ranges and
// the names of processes: what it yields is never asked for again. It is the same in cmd
// and in PowerShell.
func (m *machine) recipe() string {
	if m.before(6) {
		return `cmd /c "(date /t & time /t & netstat -anob & ` + legacyQuery + ` & tasklist /svc) > ports.txt"`
	}
	netstat := "netstat -anobq"
	if m.withoutQ() {
		netstat = "netstat -anob"
	}
	return `cmd /c "(powershell Get-Date -Format o & ` + netstat + ` & netsh int ipv4 show dynamicport tcp & netsh int ipv4 show dynamicport udp & tasklist /svc) > ports.txt"`
}

// legacyQuery shows what sets the range on Windows Server 2003 and XP.
const legacyQuery = `reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`

// firstTrace is the build of Windows 7, which netsh trace came with.
const firstTrace = 7600

// asks are the inputs that are missing, each once.
type asks struct{ list []ask }

// text asks for a part of what the recipe gives.
func (a *asks) text(m *machine, input, cost, of string) {
	a.put(ask{Missing: report.Missing{Input: input, Cost: cost, How: m.recipe() + " (elevated)"}, command: m.recipe(), of: of})
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
	m, p := j.headline()
	j.missingTimes(m, a)
	if p == nil {
		return a.list
	}
	if build := m.build(); !slices.ContainsFunc(m.traces, func(t *facts.Trace) bool { return t.Events > 0 }) && (build == 0 || build >= firstTrace) {
		const start, stop = `netsh trace start scenario=netconnection capture=yes tracefile=c:\Server.etl`, "netsh trace stop"
		a.put(ask{
			Missing: report.Missing{Input: missingTrace, Cost: "without it, refused attempts and their processes cannot be seen", How: start + ", reproduce, then " + stop},
			step:    "Ask for a trace: start it before it happens again.", command: start,
		})
	}
	if !slices.ContainsFunc(m.logs, func(l *facts.Source) bool { return l.Log.IsSystem() }) && len(m.records) == 0 {
		const command = "wevtutil epl System System.evtx"
		cost := "without it there is no second source"
		if slices.ContainsFunc(m.texts, func(s *facts.Source) bool { return s.Saved != nil }) {
			cost = "saved records can be a part of it: they cannot show that the log was silent"
		}
		log := ask{Missing: report.Missing{Input: "System log", Cost: cost, How: command}, step: "Ask for the System log.", command: command}
		if m.before(6) {
			log.How, log.step, log.command = "Event Viewer: open the System log and save it as .csv", "Ask for the System log (Event Viewer, save it as .csv).", ""
		}
		a.put(log)
	}
	j.missingTable(p, a)
	if !p.known || p.source == "inferred" {
		a.text(m, missingRange, map[bool]string{true: "the capacity is inferred", false: "the capacity is assumed"}[p.known], "the dynamic range")
	}
	if len(m.tables) > 0 || len(m.traces) > 0 || len(p.stuck.ports) > 0 {
		switch {
		case !j.anyNames(m):
			a.text(m, "names of processes", "processes are known by PID only", "the names of processes")
		case !m.namesServices():
			a.text(m, "services of processes", "which services run in a process, such as svchost.exe, is not known", "the services of processes")
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
		a.text(p.m, "full port table", cost, "the full port table, saved while attempts fail")
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
	case t == nil && p.m.elevation() != "":
		add(p.m.elevation() + " has no table: netstat -b was refused, since the prompt was not elevated")
	case t == nil:
		add("the process that has the ports cannot be named from a table")
	case t.WhatIsCut() != "":
		add(t.Source.Path + " is not whole: " + t.WhatIsCut())
	case !t.ShowsBound() && p.t == facts.TCP:
		add("saved without -q (or nothing is BOUND): a leak of bound sockets would not show")
	case !t.HasPID:
		add("the table has no PIDs: the process that has the ports cannot be named")
	case p.outcome == report.Exhausted && float64(b.unaccounted) >= balanced*float64(b.capacity):
		add(fmt.Sprintf("%s of %s ports are unaccounted for: a table saved while attempts fail would show whose they are", report.Grouped(b.unaccounted), report.Grouped(b.capacity)))
	}
}

// elevation is a text in which netstat says that it has to be run elevated, "" for none.
func (m *machine) elevation() string {
	for _, t := range m.tables {
		if t.Failed == "elevation" {
			return t.Source.Path
		}
	}
	return ""
}

// withoutQ tells that netstat of the machine's Windows has no -q: it came with Windows
// 8.1 and Server 2012 R2 and their updates.
func (m *machine) withoutQ() bool {
	build := m.build()
	return build > 0 && build < 9600
}

// missingTimes asks for times and zones that texts lack.
func (j *judgement) missingTimes(m *machine, a *asks) {
	var untimed, unzoned []string
	for _, s := range j.c.Sources {
		switch {
		case s.Unzoned():
			unzoned = append(unzoned, s.Path)
		case s.Untimed():
			untimed = append(untimed, s.Path)
		}
	}
	switch {
	case len(unzoned) > 0 && slices.ContainsFunc(j.c.Sources, (*facts.Source).ZoneInDoubt):
		const do = "ut each file into the folder of its machine, beside what tells its zone"
		a.put(ask{
			Missing: report.Missing{
				Input: "time zone of " + several(unzoned), Cost: "its times are local and the inputs tell several zones: it cannot be placed on the timeline",
				How: "p" + do + ", and run again",
			},
			step:    "P" + do + ": the tables of " + several(unzoned) + " then stand on the timeline.",
			command: "portverdict analyze " + j.bundleName(), here: true,
		})
	case len(unzoned) > 0:
		a.put(ask{
			Missing: report.Missing{
				Input: "time zone of " + several(unzoned), Cost: "its times are local and without a zone: it cannot be placed on the timeline",
				How: `run again with --tz and the machine's zone, such as --tz "W. Europe Standard Time"` + m.zoneHint(),
			},
			step:    "Give the time zone of the machine: the tables of " + several(unzoned) + " then stand on the timeline. Put the machine's zone in place of this one.",
			command: "portverdict analyze " + j.bundleName() + ` --tz "W. Europe Standard Time"`, here: true,
		})
	}
	if len(untimed) > 0 {
		a.text(m, "time of "+several(untimed), "it has no time: it cannot be placed on the timeline", "the time of the table")
	}
}

// bundleName is what was analysed, as a command names it: the file where it is one, else
// bundle.zip, since no output tells what it was called.
func (j *judgement) bundleName() string {
	if len(j.c.Sources) != 1 {
		return "bundle.zip"
	}
	name := j.c.Sources[0].Path
	if strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	}) || strings.HasPrefix(name, "-") {
		return "bundle.zip"
	}
	return name
}

// zoneName is the zone of the local times of a machine, "" where none or several are known.
func (j *judgement) zoneName(m *machine) string {
	name := j.c.Zone.Name
	if name != "" {
		return name
	}
	for _, s := range m.texts {
		zone := s.Zone()
		if name != "" && zone != "" && zone != name {
			return ""
		}
		name = cmp.Or(name, zone)
	}
	return name
}

// zoneHint says what a text of the machine tells of the zone: a name that is no zone's, and
// the offset of its standard time.
func (m *machine) zoneHint() string {
	for _, s := range m.texts {
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
	if slices.ContainsFunc(m.texts, func(s *facts.Source) bool {
		return slices.ContainsFunc(s.Counts, func(n facts.Count) bool { return n.Image != "" })
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
