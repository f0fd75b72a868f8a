package hosttext

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portverdict/netstatparse/pstext"
)

// table is the table that the lines being read belong to.
type table struct {
	kind      tableKind
	transport string
	numbers   []number // of a dynamicport block
	bare      bool     // which has no title
	services  bool     // tasklist with /svc, or a table of services
	imageEnd  int      // runes of tasklist's first column, with those before it
	indent    int      // which are these
	columns   []column // of PowerShell's, WMIC's and Process Explorer's tables
	ruled     *pstext.Table
	comma     rune  // of a CSV
	class     class // what its rows are
	summary   HandleSummary
}

type tableKind uint8

const (
	noTable tableKind = iota
	dynamicPorts
	excludedPorts
	taskRows
	taskCSV
	ruledRows     // columns below a rule of dashes
	paddedRows    // columns below their names
	csvRows       // fields by the names of the first line
	tabbedRows    // the same, divided by tabs
	psRows        // of pslist
	handleTypes   // "Type : count" of handle -s
	handleRows    // "1A4: File ..." of handle -a
	paneRows      // the lower pane of Process Explorer
	handleCounts  // "Type<TAB>count" of !handle
	filterRows    // of fltmc
	installed     // of netcfg -s n
	parameterRows // of Tcpip\Parameters
)

type number struct{ value, line int }

// takeRule reads a line of dashes or equal signs. Its groups and the lines above
// it say what follows, in any language: one group of dashes below a title with
// "tcp" or "udp" is a dynamic range, two groups are excluded ranges, three or
// more groups of equal signs are tasklist.
func (p *parser) takeRule() bool {
	trimmed := strings.ReplaceAll(strings.TrimSpace(p.text), "\t", " ")
	if c := trimmed[0]; len(trimmed) < len("-- ----") || c != '-' && c != '=' || strings.Trim(trimmed, "- ") != "" && strings.Trim(trimmed, "= ") != "" {
		return false
	}
	groups, dashes := strings.Fields(trimmed), trimmed[0] == '-'
	p.endTable()
	transport := transportOf(p.above[0])
	if transport == "" && len(groups) == 2 {
		transport = transportOf(p.above[1])
	}
	switch {
	case dashes && len(groups) == 1 && transport != "":
		p.table = table{kind: dynamicPorts, transport: transport}
	case dashes && len(groups) == 2 && (transport != "" || p.excludedBelow(groups)):
		p.table, p.exclusions = table{kind: excludedPorts, transport: transport}, true
		if transport == "" && p.command.near(p.line) {
			p.table.transport = p.command.transport
		}
	case dashes && p.startParameters():
	case dashes && len(groups) >= 2:
		if p.startRuled(); p.table.kind == noTable && len(groups) == 4 {
			p.table = table{kind: filterRows}
		}
	case dashes && p.aboveAt == p.line-1 && len(trimmed) == len(strings.TrimSpace(p.above[0])):
		p.table = table{kind: installed}
	case !dashes && len(groups) >= 3:
		indent := strings.IndexByte(p.text, '=')
		p.table = table{kind: taskRows, services: len(groups) == 3, indent: indent, imageEnd: indent + len(groups[0])}
	}
	return true
}

// takeHeader reads the first line of tasklist /fo csv. Its words are localised,
// but for PID.
func (p *parser) takeHeader() bool {
	if p.text[0] != '"' {
		return p.startNamed()
	}
	if !strings.Contains(p.text, `,"PID",`) {
		return p.startNamed()
	}
	fields, ok := pstext.SplitCSV(p.text, ',')
	if !ok || fields[1] != "PID" {
		return p.startNamed()
	}
	p.table = table{kind: taskCSV, services: len(fields) == 3}
	return true
}

func (p *parser) takeRow() bool {
	switch p.table.kind {
	case dynamicPorts:
		return p.takeNumber()
	case excludedPorts:
		return p.takeExcluded()
	case taskRows:
		return p.takeTask()
	case taskCSV:
		return p.takeTaskCSV()
	case psRows:
		return p.takePsRow()
	case ruledRows, paddedRows, csvRows, tabbedRows:
		return p.takeNamed()
	case handleTypes, handleRows, paneRows, handleCounts:
		return p.takeHandleRow()
	case filterRows, installed:
		return p.takeDriverRow()
	case parameterRows:
		return p.takeParameters()
	}
	return false
}

// collapsed is a row of tasklist whose columns a mail has moved together.
var collapsed = regexp.MustCompile(`^\s*(\S+\.(?i:exe)) (\d{1,10}) (\S.*)$`)

// takeTask reads a row of tasklist: the image in the first column, then the PID,
// then with /svc the services, which may go on in the lines below.
func (p *parser) takeTask() bool {
	runes := []rune(p.text)
	if m := collapsed.FindStringSubmatch(p.text); m != nil {
		p.addProcess(m[1], m[2], m[3])
		return true
	}
	if len(runes) <= p.table.imageEnd {
		return false
	}
	image := strings.TrimSpace(string(runes[:p.table.imageEnd]))
	rest := strings.TrimSpace(string(runes[p.table.imageEnd:]))
	if image == "" {
		if n := len(p.facts.Processes); n > 0 && p.table.services {
			p.addServices(&p.facts.Processes[n-1], rest)
		}
		return true
	}
	pid, rest, _ := strings.Cut(rest, " ")
	p.addProcess(image, pid, rest)
	return true
}

func (p *parser) takeTaskCSV() bool {
	if p.text[0] != '"' {
		return false
	}
	fields, ok := pstext.SplitCSV(p.text, ',')
	if !ok || len(fields) < 3 {
		p.failAt(p.line, "hosttext-csv", "the line is not a row of a CSV table")
		return true
	}
	p.addProcess(fields[0], fields[1], fields[2])
	return true
}

func (p *parser) addProcess(image, pid, rest string) {
	process := p.newProcess(image, pid, 10)
	if process != nil && p.table.services {
		p.addServices(process, rest)
	}
}

// addServices adds the third column of tasklist. Of /m it holds modules, which its
// translated heading does not tell but ntdll.dll does: every process has it.
func (p *parser) addServices(to *Process, list string) {
	to.Services = services(to.Services, list)
	if slices.ContainsFunc(to.Services, func(s string) bool { return strings.HasSuffix(strings.ToLower(s), ".dll") }) {
		p.table.services, to.Services = false, nil
	}
}

// newProcess adds a process, of which nothing else is known yet; nil when it cannot.
func (p *parser) newProcess(image, pid string, base int) *Process {
	n, err := strconv.ParseUint(pid, base, 32)
	switch {
	case err != nil:
		p.failAt(p.line, "hosttext-pid", "%.40q is not a PID", pid)
		return nil
	case len(p.facts.Processes) >= maxProcesses:
		p.failAt(p.line, "hosttext-too-many", "more than %d processes", maxProcesses)
		return nil
	}
	process := Process{PID: int(n), Image: strings.Clone(image), Handles: -1, Sockets: -1, Line: p.line}
	if !p.stamp.Ambiguous {
		process.Local, process.Offset = p.stamp.Local, p.stamp.Offset
	}
	p.facts.Processes = append(p.facts.Processes, process)
	return &p.facts.Processes[len(p.facts.Processes)-1]
}

// count reads a number of handles, with the thousands of any language; -1 and an
// error when it is none.
func (p *parser) count(text string) int {
	bare := strings.Map(func(r rune) rune {
		if r == ',' || r == '.' || r == '\u00a0' || r == '\u202f' || r == '\'' || r == ' ' {
			return -1
		}
		return r
	}, text)
	if bare == "" {
		return -1
	}
	n, ok := integer(bare)
	if !ok {
		p.failAt(p.line, "hosttext-value", "%.40q is not a count", text)
		return -1
	}
	return n
}

// services adds the names of a comma list. A service name is ASCII without a blank; a
// text that is not, and N/A, say in the machine's language that there is none.
func services(have []string, list string) []string {
	for s := range strings.SplitSeq(list, ",") {
		s = strings.TrimSpace(s)
		if s != "" && s != "N/A" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) && len(have) < maxServices {
			have = append(have, strings.Clone(s))
		}
	}
	return have
}
