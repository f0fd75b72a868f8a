package counts

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"
	"time"

	"portverdict/netstatparse"
	"portverdict/netstatparse/pstext"
)

// Unit is what a Count is a number of.
type Unit string

// The units. Rows are lines or objects of a connection table; Ports are told to be
// distinct by the tool; Connections, Opens, Failures and Resets are the kernel's own
// counters, of which all but Connections count since the machine started.
const (
	Rows        Unit = "rows"
	Ports       Unit = "ports"
	Connections Unit = "connections"
	Opens       Unit = "opens"
	Failures    Unit = "failed attempts"
	Resets      Unit = "resets"
	Handles     Unit = "handles"
)

// Count is a number and what it counts. What is not known is zero, PID -1.
type Count struct {
	What       string // in words: "TCP rows BOUND of PID 10684"
	Unit       Unit
	State      netstatparse.State // StateUnknown: of all states, or of none
	PID        int
	Image      string
	Transport  string // "tcp" or "udp"
	Family     string // "ipv4" or "ipv6"
	LocalAddr  netip.Addr
	RemoteAddr netip.Addr
	LocalPort  int
	RemotePort int
	Rows       int // the number
	Of         int // the size of the range the tool set it against; 0 when it did not
	// Exact: there were so many of what the fields above say. AtLeast: there were so many
	// or more, since the rows were filtered or cut before they were counted, or the tool
	// shows no bound sockets. Neither: lines with a text that can mean several things.
	Exact, AtLeast bool
	Command        string // the command in front of it, "" if it is not in the text
	Line           int    // 1-based
	// Local is the wall time that stands with it, written as if it were UTC; zero if none
	// does. Ambiguous: day and month could change places. Offset is to UTC, east positive.
	Local     time.Time
	Ambiguous bool
	Offset    *time.Duration
}

const (
	// maxCounts is the most numbers of a file.
	maxCounts = 1 << 12
	// maxCommand is how many bytes of a command are kept.
	maxCommand = 1 << 10
	// maxSeries is the most counters of a file of perfmon.
	maxSeries = 1 << 12
	// stampReach is how many lines below a stamp its numbers may stand.
	stampReach = 12
	// commandReach is how many lines below its command a number may stand.
	commandReach = 8
)

// Sniff tells that the first bytes of a file hold counts; the kind of source is "counts".
// A text that holds a connection table as well is one of those: ask netstatparse first.
func Sniff(head []byte) (kind string, ok bool) {
	p := read(bytes.NewReader(head))
	return "counts", len(p.found) > 0 || len(p.events.ids) > 0
}

// Read reads all counts of r, in the order of the text. The errors are
// *netstatparse.FormatError; none hides a count elsewhere. Codes:
//
//	counts-too-many    there are more counts than are read
//	counts-events      the text counts events, and does not show them
//	counts-read        the file could not be read further
func Read(r io.Reader) ([]Count, []error) {
	p := read(r)
	return p.found, p.errs
}

func read(r io.Reader) *parser {
	p := &parser{names: map[int]string{}}
	p.objects = pstext.Reader{Emit: p.takeObject, Wants: wanted}
	p.in = pstext.NewText(r, p.takeObject)
	row := false // the line above is one of a table of connections
	for p.in.Scan() {
		if p.in.NetstatRow() || row && p.in.Component() {
			p.query, row = nil, true
			continue
		}
		row = false
		if p.line = p.in.Line(); p.objects.InJSON() {
			raw, first := p.in.RawLine()
			if !first || p.objects.Take(p.line, raw) {
				continue
			}
		}
		p.take(p.in.Text())
	}
	if err := p.in.Err(); err != nil {
		p.fail(p.in.Line()+1, "counts-read", err.Error())
	}
	p.objects.End()
	p.endStatistics()
	p.endBlock()
	p.endSeries()
	for i := range p.found {
		c := &p.found[i]
		if c.Image == "" && c.PID > 0 {
			c.Image = p.names[c.PID]
		}
		c.What = c.words()
	}
	p.events.tell(p)
	return p
}

// parser holds what the lines above the present one said.
type parser struct {
	found   []Count
	errs    []error
	in      *pstext.Text
	line    int
	objects pstext.Reader
	names   map[int]string // of processes, by PID
	more    bool           // told of too many

	query  *query // the last command that counts connections
	at     int    // its line
	open   bool   // it ends with a pipe and goes on
	answer bool   // its number is still to come

	stamp   pstext.Stamp
	stampAt int

	title  string   // of a block of netstat -s
	block  []number // and its numbers
	loose  []Count  // of lines with a state and a number
	states bool     // one of them is of a state that only TCP has
	script bool     // the table of Count-Ports.ps1 was begun
	stats  bool     // one of Log-EphemeralPortStats.ps1 was seen
	usage  usage    // of PortUsage
	total  int      // of TSS
	path   string   // of Get-Counter, whose value is in the next line
	series *series
	events eventGroups
}

type number struct{ value, line int }

// wanted are the tables and CSVs that are read: groups, processes, and those of scripts.
func wanted(names []string) bool {
	has := map[string]bool{}
	states := 0
	for _, n := range names {
		has[strings.ToLower(n)] = true
		if _, ok := stateOf(n); ok && strings.Trim(n, "0123456789") != "" {
			states++
		}
	}
	return states > 1 || has["count"] || has["lines"] || has["inuse"] && has["max"] || has["processname"] && (has["id"] || has["processid"])
}

func (p *parser) take(text string) {
	if strings.TrimSpace(text) == "" {
		p.objects.Take(p.line, text)
		p.endStatistics()
		p.endBlock()
		return
	}
	switch {
	case p.takeCommand(text), p.takeStamp(text), p.takeAnswer(text), p.takeUnique(text), p.takeScript(text), p.takeUsage(text), p.takeSeries(text), p.title == "" && p.takeLabelled(text):
		p.objects.Take(p.line, "")
		return
	}
	if p.title != "" && p.takeStatistics(text) || p.objects.Take(p.line, text) {
		return
	}
	switch {
	case p.takeTitle(text), p.takeMetric(text), p.takeItem(text), p.takeCounter(text), p.takeNumbered(text):
	}
}

// takeStamp reads a line that is a date and a time and nothing else.
func (p *parser) takeStamp(text string) bool {
	bare := strings.Trim(text, "=-#* ")
	s, ok := pstext.StampAt(bare)
	if !ok || strings.Trim(bare[s.Length:], " ]=-#*)") != "" {
		return false
	}
	p.stamp, p.stampAt = s, p.line
	return true
}

// add keeps a count, with the time that stands above it.
func (p *parser) add(c Count) {
	if len(p.found) >= maxCounts {
		if !p.more {
			p.more = true
			p.fail(c.Line, "counts-too-many", fmt.Sprintf("more than %d counts: the rest was left out", maxCounts))
		}
		return
	}
	if c.Local.IsZero() && p.stampAt > 0 && c.Line >= p.stampAt && c.Line-p.stampAt <= stampReach {
		c.stamped(p.stamp)
	}
	if c.State != netstatparse.StateUnknown {
		c.Transport = "tcp"
	}
	p.found = append(p.found, c)
}

func (c *Count) stamped(s pstext.Stamp) {
	c.Local, c.Ambiguous, c.Offset = s.Local, s.Ambiguous, s.Offset
}

func (p *parser) fail(line int, code, text string) {
	p.errs = append(p.errs, &netstatparse.FormatError{Code: code, Line: line, Text: text})
}

// words says what a count counts.
func (c *Count) words() string {
	if c.What != "" {
		return c.What
	}
	var b strings.Builder
	b.WriteString(strings.ToUpper(c.Transport))
	if c.Transport != "" {
		b.WriteByte(' ')
	}
	b.WriteString(string(c.Unit))
	if c.State != netstatparse.StateUnknown {
		b.WriteString(" " + c.State.String())
	}
	switch c.Family {
	case "ipv4":
		b.WriteString(" over IPv4")
	case "ipv6":
		b.WriteString(" over IPv6")
	}
	switch {
	case c.PID >= 0 && c.Image != "":
		fmt.Fprintf(&b, " of %s (PID %d)", c.Image, c.PID)
	case c.PID >= 0:
		fmt.Fprintf(&b, " of PID %d", c.PID)
	case c.Image != "":
		b.WriteString(" of " + c.Image)
	}
	b.WriteString(ends(" from ", c.LocalAddr, c.LocalPort) + ends(" to ", c.RemoteAddr, c.RemotePort))
	return b.String()
}

// ends is an address, a port or both behind a word, "" for neither.
func ends(word string, addr netip.Addr, port int) string {
	switch {
	case addr.IsValid() && port > 0:
		return word + netip.AddrPortFrom(addr, uint16(port)).String()
	case addr.IsValid():
		return word + addr.String()
	case port > 0:
		return fmt.Sprintf("%sport %d", word, port)
	}
	return ""
}

// stateOf is the state of a word or a number of PowerShell.
func stateOf(text string) (netstatparse.State, bool) {
	word, ok := pstext.NetState(text)
	for s := netstatparse.Closed; ok && s <= netstatparse.Bound; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return netstatparse.StateUnknown, false
}

// integer reads a number that may have its thousands set apart.
func integer(s string) (int, bool) {
	if s == "" || len(s) > 20 || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			if n > (math.MaxInt-9)/10 {
				return 0, false
			}
			n = n*10 + int(r-'0')
		case r != ',' && r != '.' && r != '\u00a0' && r != '\u202f' && r != '\'' && r != '\u2019':
			return 0, false
		}
	}
	return n, true
}
