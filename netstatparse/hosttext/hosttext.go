package hosttext

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"portverdict/netstatparse"
	"portverdict/netstatparse/pstext"
)

// Facts are what one text says.
type Facts struct {
	Ranges    []Range
	Processes []Process
	Excluded  []Excluded
	Registry  []Registry
	Handles   []HandleSummary
	Host      *Host // nil when the text says nothing of it
	Symptoms  []Symptom
	// SymptomsMore is how many lines with an error were not kept.
	SymptomsMore int
	Traces       []Trace
	Drivers      []Driver
	Collection   *Collection // nil when the text is no manifest
}

// Range is a dynamic port range of `netsh int ipv4 show dynamicport tcp`, or one that
// `set dynamicport` put in its place: the ports Start to Start+Count-1. Ranges stand in
// the order of the text, so of each transport and family the last one is in force at its
// end.
type Range struct {
	Transport string // "tcp" or "udp"
	Family    string // "ipv4", "ipv6", or "any": the output alone does not say
	Template  string // SettingName of Get-NetTCPSetting; "" of netsh
	Start     int
	Count     int
	Line      int  // 1-based line of the start port; of a set that of the command
	Set       bool // the text shows the command that set it, and that it succeeded
}

// Process is one of tasklist, Get-Process, WMIC, pslist, handle.exe, Process Explorer or a
// debugger's !process; or the process that services of sc queryex and Win32_Service run
// in, of which the image is "" unless their path tells it.
type Process struct {
	PID      int
	Image    string   // as written: PowerShell leaves ".exe" out, a debugger cuts at 15
	Services []string // in the order of the text; nil when it has none or was not asked for
	Handles  int      // -1 when the text does not tell
	Sockets  int      // handles to \Device\Afd; -1 when the text does not tell
	EPROCESS uint64   // address of the process object; 0 when the text does not tell
	Line     int
	// Local is the time of the last line above that is a date and a time and nothing else,
	// without a zone, as if UTC; zero for none. Offset is to UTC, east positive, nil when
	// the line has none.
	Local  time.Time
	Offset *time.Duration
}

// Registry is a value of HKLM\SYSTEM\...\Services\Tcpip\Parameters or Tcpip6\Parameters. Key
// is "" where the text shows a value that is of no other key, and not the key.
type Registry struct {
	Key, Name string
	Value     uint32
	Line      int
}

// HandleSummary is a count of handles by type, of one process or, with PID -1, of
// what was asked for.
type HandleSummary struct {
	PID   int
	Types map[string]int
	Total int
	Line  int
}

// Host is what systeminfo, the head of a TSS log, the manifest of a collection or a tool that
// shows the zone says of the machine.
type Host struct {
	Name, OS string
	Version  string         // "10.0.17763"
	Build    int            // 0 when it is not told
	Zone     string         // "(UTC+01:00) Amsterdam, ...", or its name in the registry
	Offset   *time.Duration // standard time's distance from UTC, east positive; nil when it is not told
	// InForce is the distance from UTC, summer time counted in, at the wall time At;
	// nil when it is not told.
	InForce *time.Duration
	At      time.Time // without a zone, written as if it were UTC
	Boot    time.Time // in UTC, when Windows started; zero when it is not told
	Line    int
	// BootLine is that of Boot.
	BootLine int
	// BootLocal is when Windows started as systeminfo has it: without a zone, as if UTC; zero
	// when it is not told or day and month could change places.
	BootLocal time.Time
}

// Excluded is a row of `netsh int ipv4 show excludedportrange`: both ends are
// in the range.
type Excluded struct {
	Transport    string // "tcp" or "udp"; "" where neither a title nor a command says it
	Start, End   int
	Line         int
	Family       string // "ipv4", "ipv6", or "any": the output alone does not say
	Administered bool   // marked with a star: set by hand and kept over restarts
	Maker        Maker
}

// Maker is who usually makes an excluded range of that shape.
type Maker string

const (
	// MakerUnknown: a program that reserved ports, which the table does not name.
	MakerUnknown Maker = ""
	// MakerWinNAT: exactly 100 ports, not administered, as WinNAT and the Host Network
	// Service of Hyper-V, WSL and Docker take them in blocks when they start.
	MakerWinNAT Maker = "winnat"
	// MakerAdministrator: administered.
	MakerAdministrator Maker = "administrator"
)

// Symptom is a line in which a program tells a socket error that machines without ports
// have, and others, too.
type Symptom struct {
	// Code is that of Winsock: 10013, 10048 or 10055. A name of POSIX can hide another:
	// Node writes EADDRINUSE (here 10048) for 10055 as well.
	Code int
	Word string // what stands there: "10048", "EADDRINUSE", "java.net.BindException", ...
	Text string // of the line, shortened
	// Port is that of the first address and port in the line, 0 for none: of a bind or a
	// listen the local one, of a connect that of the other side.
	Port  int
	Line  int
	Local time.Time // that the line begins with, without a zone, as if UTC; zero for none
	// Ambiguous: day and month could change places. Offset is to UTC, east positive.
	Ambiguous bool
	Offset    *time.Duration
}

// Trace is a trace file that a transcript of netsh trace names.
type Trace struct {
	File string
	Line int
}

const (
	// maxProcesses is the most tasklist rows of a file.
	maxProcesses = 1 << 16
	// maxRanges is the most ranges, and the most excluded ranges, of a file.
	maxRanges = 1 << 10
	// maxServices is the most services of a process.
	maxServices = 256
	// maxRegistry is the most registry values, and maxTypes the most types of
	// handles in a summary.
	maxRegistry = 256
	maxTypes    = 256
	// maxPath is the longest registry path put together of wrapped lines.
	maxPath = 1 << 10
	// maxErrors is how many damaged lines of a file are told.
	maxErrors = 100
	// maxSymptoms is how many lines with an error of a file are kept, and maxTraces how
	// many files of traces.
	maxSymptoms = 256
	maxTraces   = 64
	// maxDrivers is the most drivers of a file.
	maxDrivers = 1 << 12
	// maxText is how many bytes of such a line are kept.
	maxText = 240
	// echoReach is how many lines below its command an output without a title may begin.
	echoReach = 10
)

// Sniff tells what the first bytes of a file hold, as a kind of source:
// "hosttext.collection", ".range", ".excluded", ".registry", ".handles", ".processes", ".drivers",
// ".system", ".errors" or ".trace", the first of these that it holds.
func Sniff(head []byte) (kind string, ok bool) {
	if _, ok := wfpText(bytes.NewReader(head)); ok {
		return "hosttext.drivers", true
	}
	p := read(bytes.NewReader(head))
	switch facts := &p.facts; {
	case facts.Collection != nil:
		return "hosttext.collection", true
	case len(facts.Ranges) > 0:
		return "hosttext.range", true
	case len(facts.Excluded) > 0 || p.exclusions:
		return "hosttext.excluded", true
	case len(facts.Registry) > 0:
		return "hosttext.registry", true
	case len(facts.Handles) > 0 || p.handleTool:
		return "hosttext.handles", true
	case len(facts.Processes) > 0:
		return "hosttext.processes", true
	case len(facts.Drivers) > 0:
		return "hosttext.drivers", true
	case facts.Host != nil:
		return "hosttext.system", true
	case len(facts.Symptoms) > 0:
		return "hosttext.errors", true
	case len(facts.Traces) > 0:
		return "hosttext.trace", true
	}
	return "", false
}

// Read reads all facts of r. The errors are *netstatparse.FormatError, of which
// none hides a fact elsewhere in the text. Codes:
//
//	hosttext-range       a range has no ports or passes port 65535
//	hosttext-excluded    an excluded range ends before it starts or passes 65535
//	hosttext-pid         a PID is not a number below 2^32
//	hosttext-csv         a line of a CSV table cannot be read
//	hosttext-too-many    there are more rows than are read
//	hosttext-value       a number is not one or too large
//	hosttext-xml         the XML of netsh wfp show state ends or breaks
//	hosttext-read        the file could not be read further
func Read(r io.Reader) (Facts, []error) {
	p := read(r)
	return p.facts, p.errs
}

func read(r io.Reader) *parser {
	p := parser{services: map[int]int{}, named: map[int]string{}}
	r, isWFP := wfpText(r)
	if isWFP {
		p.readWFP(r)
		return &p
	}
	p.in = pstext.NewText(r, p.takeJSONText)
	row := false // the line above is one of a table of connections
	for p.in.Scan() {
		if p.table.kind == noTable && (p.in.NetstatRow() || row && p.in.Component()) {
			row = true
			continue
		}
		row = false
		if p.line, p.text = p.in.Line(), p.in.Text(); p.table.kind == handleRows {
			p.text = p.in.Counted()
		}
		p.take()
	}
	p.endTable()
	p.endObject()
	p.endTaskList()
	p.endInstalled()
	p.endZone()
	if err := p.in.Err(); err != nil {
		p.failAt(p.in.Line()+1, "hosttext-read", "%v", err)
	}
	return &p
}

// parser holds what the lines above the present one said.
type parser struct {
	facts    Facts
	errs     []error
	in       *pstext.Text
	line     int
	text     string
	above    [2]string // the last lines that are not blank, the nearest first
	aboveAt  int       // the line of the nearest
	command  command
	table    table
	services map[int]int    // 1-based places in Processes of those that services tell
	named    map[int]string // by tables of connections, by PID

	object     object // the list being read
	json       *pstext.JSON
	tasks      taskList
	service    string // of sc queryex
	key        string // of the registry
	keyless    bool   // several values of one name were shown without a key
	start      number // of a range in a collector's report
	block      []pair // the first lines of what may be systeminfo
	handleTool bool   // the text is of handle.exe
	untitled   []untitledRow
	exclusions bool         // a table of excluded ranges was seen, perhaps an empty one
	debugger   bool         // !process was seen
	eprocess   uint64       // of the process that is being read
	pane       int          // 1-based, the process whose handles Process Explorer shows below
	installed  []Driver     // by what may be netcfg
	netcfg     bool         // it is: one of them is Windows' own
	manifest   bool         // the line above is one of a manifest
	stamp      pstext.Stamp // of the last line that is nothing else
	booted     pstext.Stamp // when Windows started
	zone       zoneNames
}

// takeStamp keeps a line that is a date and a time and nothing else.
func (p *parser) takeStamp() {
	const longest = 64 // bytes of such a line
	if len(p.text) > longest || strings.IndexByte(p.text, ':') < 0 {
		return
	}
	if s, ok := pstext.StampAt(p.text); ok && strings.TrimSpace(p.text[s.Length:]) == "" {
		p.stamp = s
	}
}

func (p *parser) take() {
	if p.json != nil {
		raw, first := p.in.RawLine()
		if !first || p.inJSON(raw) {
			p.takeSymptom()
			return
		}
	}
	if strings.TrimSpace(p.text) == "" {
		if p.manifest {
			return
		}
		p.endTable()
		p.endObject()
		p.endTaskList()
		p.block, p.service = p.block[:0], ""
		return
	}
	p.takeStamp()
	switch {
	case p.takeCollection():
		return
	case p.takeOneLine(), p.takeCommand(), p.takeRule():
	case p.takeRow():
		p.above[1], p.above[0], p.aboveAt = p.above[0], p.text, p.line
		return
	case p.startJSON(), p.takeHeader(), p.takeNameAlone(), p.takeTaskAlone(), p.takeTaskList(), p.takeServiceControl(), p.takeRegistry(), p.takeHandles(), p.takeDebugger(),
		p.takeCollected(), p.takeTSS(), p.takeBareRange(), p.takeBareExcluded(), p.takeUntitled(), p.takeTrace(), p.takeZone(), p.takeProperty(), p.takeHost():
	case p.table.kind == handleRows:
		// A complaint of handle.exe between the rows of a process does not end them.
	default:
		p.endTable()
	}
	p.takeSymptom()
	p.above[1], p.above[0], p.aboveAt = p.above[0], p.text, p.line
}

// transportOf is the transport that a title names; in every language that was
// seen the title holds the bare word.
func transportOf(text string) string {
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if w == "tcp" || w == "udp" {
			return w
		}
	}
	return ""
}

func integer(s string) (int, bool) {
	if s == "" || len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

func (p *parser) failAt(line int, code, format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, &netstatparse.FormatError{Code: code, Line: line, Text: fmt.Sprintf(format, args...)})
	}
}
