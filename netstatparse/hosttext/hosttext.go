package hosttext

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"portverdict/netstatparse"
)

// Facts are what one text says.
type Facts struct {
	Ranges    []Range
	Processes []Process
	Excluded  []Excluded
	Registry  []Registry
	Handles   []HandleSummary
	Host      *Host // nil when the text says nothing of it
}

// Range is a dynamic port range of `netsh int ipv4 show dynamicport tcp`: the
// ports Start to Start+Count-1.
type Range struct {
	Transport string // "tcp" or "udp"
	Family    string // "ipv4", "ipv6", or "any": the output alone does not say
	Template  string // SettingName of Get-NetTCPSetting; "" of netsh
	Start     int
	Count     int
	Line      int // 1-based line of the start port
}

// Process is one of tasklist, Get-Process, WMIC, handle.exe, Process Explorer or a
// debugger's !process.
type Process struct {
	PID      int
	Image    string   // as written: PowerShell leaves ".exe" out, a debugger cuts at 15
	Services []string // of tasklist /svc; nil when it has none or was not asked for
	Handles  int      // -1 when the text does not tell
	Sockets  int      // handles to \Device\Afd; -1 when the text does not tell
	EPROCESS uint64   // address of the process object; 0 when the text does not tell
	Line     int
}

// Registry is a value of HKLM\SYSTEM\...\Services\Tcpip\Parameters or Tcpip6\Parameters.
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

// Host is what systeminfo, or the head of a TSS log, says of the machine.
type Host struct {
	Name, OS string
	Version  string         // "10.0.17763"
	Build    int            // 0 when it is not told
	Zone     string         // "(UTC+01:00) Amsterdam, ..."
	Offset   *time.Duration // standard time's distance from UTC, east positive; nil when it is not told
	// InForce is the distance from UTC, summer time counted in, at the wall time At;
	// nil when it is not told.
	InForce *time.Duration
	At      time.Time // without a zone, written as if it were UTC
	Line    int
}

// Excluded is a row of `netsh int ipv4 show excludedportrange`: both ends are
// in the range.
type Excluded struct {
	Transport  string // "tcp" or "udp"
	Start, End int
	Line       int
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
)

// Sniff tells what the first bytes of a file hold, as a kind of source:
// "hosttext.range", ".excluded", ".registry", ".handles", ".system" or ".processes".
func Sniff(head []byte) (kind string, ok bool) {
	if page(head) {
		return "", false
	}
	p := read(bytes.NewReader(head))
	switch facts := &p.facts; {
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
	case facts.Host != nil:
		return "hosttext.system", true
	}
	return "", false
}

// page tells HTML and XML, which may quote any of these texts.
func page(head []byte) bool {
	lines := netstatparse.NewLineScanner(bytes.NewReader(head))
	for lines.Scan() {
		if text := bytes.TrimSpace(lines.Bytes()); len(text) > 0 {
			return text[0] == '<'
		}
	}
	return false
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
//	hosttext-read        the file could not be read further
func Read(r io.Reader) (Facts, []error) {
	p := read(r)
	return p.facts, p.errs
}

func read(r io.Reader) *parser {
	var p parser
	lines := netstatparse.NewLineScanner(r)
	for lines.Scan() {
		if p.table.kind == noTable && connection(lines.Bytes()) {
			continue
		}
		p.line, p.text = lines.Line(), lines.Text()
		p.take()
	}
	p.endTable()
	p.endObject()
	if err := lines.Err(); err != nil {
		p.failAt(p.line+1, "hosttext-read", "%v", err)
	}
	return &p
}

// connection tells a row of netstat, or a program's name below one: most lines of
// a text that holds connection tables too.
func connection(line []byte) bool {
	line = bytes.TrimLeft(line, " ")
	if bytes.HasPrefix(line, []byte("TCP ")) || bytes.HasPrefix(line, []byte("UDP ")) {
		// The title of a range may begin with the same word.
		address := bytes.TrimLeft(line[len("TCP "):], " ")
		return len(address) > 0 && (address[0] == '[' || address[0] == '*' || address[0] >= '0' && address[0] <= '9')
	}
	return len(line) > 0 && line[0] == '[' && bytes.HasSuffix(line, []byte(".exe]"))
}

// parser holds what the lines above the present one said.
type parser struct {
	facts Facts
	errs  []error
	line  int
	text  string
	above [2]string // the last lines that are not blank, the nearest first
	echo  string    // the family of the last netsh command line
	table table

	object     object // the list being read
	key        string // of the registry
	start      number // of a range in a collector's report
	block      []pair // the first lines of what may be systeminfo
	handleTool bool   // the text is of handle.exe
	exclusions bool   // a table of excluded ranges was seen, perhaps an empty one
	debugger   bool   // !process was seen
	eprocess   uint64 // of the process that is being read
	pane       int    // 1-based, the process whose handles Process Explorer shows below
}

func (p *parser) take() {
	if strings.TrimSpace(p.text) == "" {
		p.endTable()
		p.endObject()
		p.block = p.block[:0]
		return
	}
	if f := echoOf(p.text); f != "" {
		p.endTable()
		p.echo = f
	}
	switch {
	case p.takeRule(), p.takeRow(), p.takeHeader(), p.takeRegistry(), p.takeHandles(), p.takeDebugger(), p.takeCollected(), p.takeTSS(), p.takeProperty(), p.takeHost():
	case p.table.kind == handleRows:
		// A complaint of handle.exe between the rows of a process does not end them.
	default:
		p.endTable()
	}
	p.above[1], p.above[0] = p.above[0], p.text
}

// echoOf is the family of a command line such as
// `C:\>netsh int ipv6 show dynamicport tcp`, "" for any other line.
func echoOf(text string) string {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "netsh") {
		return ""
	}
	for w := range strings.FieldsSeq(lower) {
		if w == "ipv4" || w == "ipv6" {
			return w
		}
	}
	return ""
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
