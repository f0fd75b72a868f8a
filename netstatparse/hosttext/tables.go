package hosttext

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
)

// table is the table that the lines being read belong to.
type table struct {
	kind      tableKind
	transport string
	numbers   []number // of a dynamicport block
	services  bool     // tasklist with /svc
	imageEnd  int      // runes of tasklist's first column
	columns   []column // of PowerShell's, WMIC's and Process Explorer's tables
	comma     rune     // of a CSV
	weak      bool     // the rows may be services
	summary   HandleSummary
}

type tableKind uint8

const (
	noTable tableKind = iota
	dynamicPorts
	excludedPorts
	taskRows
	taskCSV
	ruledRows    // columns below a rule of dashes
	paddedRows   // columns below their names
	csvRows      // fields by the names of the first line
	tabbedRows   // the same, divided by tabs
	handleTypes  // "Type : count" of handle -s
	handleRows   // "1A4: File ..." of handle -a
	paneRows     // the lower pane of Process Explorer
	handleCounts // "Type<TAB>count" of !handle
)

type number struct{ value, line int }

// takeRule reads a line of dashes or equal signs. Its groups and the lines above
// it say what follows, in any language: one group of dashes below a title with
// "tcp" or "udp" is a dynamic range, two groups are excluded ranges, three or
// more groups of equal signs are tasklist.
func (p *parser) takeRule() bool {
	trimmed := strings.TrimSpace(p.text)
	groups := strings.Fields(trimmed)
	dashes := strings.Trim(trimmed, "- ") == ""
	if len(trimmed) < 8 || !dashes && strings.Trim(trimmed, "= ") != "" {
		return false
	}
	p.endTable()
	transport := transportOf(p.above[0])
	if transport == "" && len(groups) == 2 {
		transport = transportOf(p.above[1])
	}
	switch {
	case dashes && len(groups) == 1 && transport != "":
		p.table = table{kind: dynamicPorts, transport: transport}
	case dashes && len(groups) == 2 && transport != "":
		p.table, p.exclusions = table{kind: excludedPorts, transport: transport}, true
	case dashes && len(groups) >= 2:
		p.startRuled()
	case !dashes && len(groups) >= 3 && p.text[0] == '=':
		p.table = table{kind: taskRows, services: len(groups) == 3, imageEnd: len(groups[0])}
	}
	return true
}

// takeHeader reads the first line of tasklist /fo csv. Its words are localised,
// but for PID.
func (p *parser) takeHeader() bool {
	if p.text[0] != '"' {
		return p.startNamed()
	}
	fields, err := csv.NewReader(strings.NewReader(p.text)).Read()
	if err != nil || len(fields) < 3 || fields[1] != "PID" {
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
	case ruledRows, paddedRows, csvRows, tabbedRows:
		return p.takeNamed()
	case handleTypes, handleRows, paneRows, handleCounts:
		return p.takeHandleRow()
	}
	return false
}

// takeNumber reads a "label : number" line of a dynamicport block.
func (p *parser) takeNumber() bool {
	i := strings.LastIndexAny(p.text, ":：")
	if i < 0 {
		return false
	}
	n, ok := integer(strings.TrimLeft(p.text[i:], ":： \t"))
	if !ok {
		p.table.numbers = nil
		return false
	}
	// A third number tells a block of statistics; more need not be kept.
	if len(p.table.numbers) < 3 {
		p.table.numbers = append(p.table.numbers, number{n, p.line})
	}
	return true
}

// endTable ends the present table; a dynamicport block has exactly two numbers.
func (p *parser) endTable() {
	t := p.table
	p.table = table{}
	if t.kind == handleTypes || t.kind == handleCounts {
		p.addSummary(&t.summary)
	}
	if t.kind != dynamicPorts || len(t.numbers) != 2 {
		return
	}
	family := p.echo
	if family == "" {
		family = "any"
	}
	p.addRange(Range{Transport: t.transport, Family: family, Start: t.numbers[0].value, Count: t.numbers[1].value, Line: t.numbers[0].line})
}

func (p *parser) addRange(r Range) {
	switch {
	case r.Start < 1 || r.Count < 1 || r.Start+r.Count > 1<<16:
		p.failAt(r.Line, "hosttext-range", "the dynamic %s range of %d ports from %d is not one", r.Transport, r.Count, r.Start)
	case len(p.facts.Ranges) >= maxRanges:
		p.failAt(r.Line, "hosttext-too-many", "more than %d ranges", maxRanges)
	default:
		p.facts.Ranges = append(p.facts.Ranges, r)
	}
}

// takeExcluded reads "start end", with a star when an administrator set it.
func (p *parser) takeExcluded() bool {
	fields := strings.Fields(p.text)
	if len(fields) == 3 && fields[2] == "*" {
		fields = fields[:2]
	}
	if len(fields) != 2 {
		return false
	}
	start, ok := integer(fields[0])
	end, ok2 := integer(fields[1])
	switch {
	case !ok || !ok2:
		return false
	case start > end || end > 65535:
		p.failAt(p.line, "hosttext-excluded", "ports %d to %d are not a range", start, end)
	case len(p.facts.Excluded) >= maxRanges:
		p.failAt(p.line, "hosttext-too-many", "more than %d excluded ranges", maxRanges)
	default:
		p.facts.Excluded = append(p.facts.Excluded, Excluded{p.table.transport, start, end, p.line})
	}
	return true
}

// takeTask reads a row of tasklist: the image in the first column, then the PID,
// then with /svc the services, which may go on in the lines below.
func (p *parser) takeTask() bool {
	runes := []rune(p.text)
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
	fields, err := csv.NewReader(strings.NewReader(p.text)).Read()
	if err != nil || len(fields) < 3 {
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
	p.facts.Processes = append(p.facts.Processes, Process{PID: int(n), Image: strings.Clone(image), Handles: -1, Sockets: -1, Line: p.line})
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
