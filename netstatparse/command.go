package netstatparse

import (
	"strconv"
	"strings"

	"portverdict/netstatparse/paste"
)

// command is what an echoed command line says about the table below it.
type command struct {
	text    string
	line    int
	tables  bool // it writes connection tables
	q       bool // netstat -q
	again   bool // it writes one table after the other
	filters []string
	proto   string // "tcp" or "udp" of Get-NetTCPConnection and Get-NetUDPEndpoint, "" of others
	pid     int    // the one whose rows it asks for; 0 none
	state   State  // the same of the state
	ports   bool   // it writes the local ports alone, one a line
}

// maxCommand is the longest command line kept, with the lines it goes on in.
const maxCommand = 4 << 10

// tableMaker is a word of commands that write connections, or rows of a file.
var tableMaker = pattern(`(?i)\bnetstat\b|\bget-net(?:tcpconnection|udpendpoint)\b|msft_net(?:tcp|udp)|tcpconnections|udpconnections`)

var (
	ownerAsked = pattern(`(?i)\bowningprocess['"]?\s*-eq\s*['"]?(\d{1,10})\b|-ow[a-z]*[ :]\s*['"]?(\d{1,10})['"]?\s*(?:$|[|;)&}]|-)`)
	stateAsked = pattern(`(?i)\bstate['"]?\s*-(?:eq|like|match)\s*['"]?([a-z]\w{3,12})\b|-st[a-z]*[ :]\s*['"]?([a-z0-9]\w{3,12})['"]?\s*(?:$|[|;)&}]|-)`)
	portsAlone = pattern(`(?i)\|\s*(?:select|select-object)\s[^|]*-exp[a-z]*[ :]+localport\b|\)\.localport\b|\|\s*(?:%|foreach|foreach-object)\s+(?:\{\s*\$_\.)?localport\s*(?:\}|\||$)`)
	several    = pattern(`(?i)\s-or\s`)
	interval   = pattern(`(?i)\bnetstat(?:\.exe)?\s(?:[^|>]*\s)?\d{1,6}\s*(?:$|[|>&])`)
	loop       = pattern(`(?i)\b(?:while|for|foreach|do|goto)\b`)
	index      = pattern(`(?i)\)\s*\[[\d.,\s-]+\]|\)\.where\s*[({]`)
)

// readCommand reads an echoed command line.
func readCommand(text string, line int) command {
	c := command{text: text, line: line, tables: tableMaker().MatchString(text)}
	for _, statement := range split(handed(strings.ReplaceAll(text, "2>&1", "")), ";&") {
		for i, part := range split(statement, "|") {
			if words := strings.Fields(part); len(words) > 0 {
				c.take(part, words, i > 0)
			}
		}
	}
	if index().MatchString(text) {
		c.filter(index().FindString(text))
	}
	switch lower := strings.ToLower(text); {
	case strings.Contains(lower, "get-nettcp"):
		c.proto = "tcp"
	case strings.Contains(lower, "get-netudp"):
		c.proto = "udp"
	}
	c.ports = c.proto != "" && portsAlone().MatchString(text)
	c.again = interval().MatchString(text) || loop().MatchString(text)
	c.facts()
	return c
}

// quoted is a part of a command line in quotation marks.
var quoted = pattern(`"[^"]*"|'[^']*'`)

// handed takes the quotation marks off a command line that is handed to another program:
// cmd /c "netstat -ano | findstr 443".
func handed(text string) string {
	return quoted().ReplaceAllStringFunc(text, func(q string) string {
		if inside := q[1 : len(q)-1]; strings.Contains(inside, " ") && tableMaker().MatchString(inside) {
			return " " + inside + " "
		}
		return q
	})
}

// facts takes the process and the state that the command asks for.
func (c *command) facts() {
	if several().MatchString(c.text) {
		return
	}
	if all := ownerAsked().FindAllStringSubmatch(c.text, -1); len(all) == 1 {
		if n, err := strconv.ParseUint(all[0][1]+all[0][2], 10, 32); err == nil {
			c.pid = int(n)
		}
	}
	if all := stateAsked().FindAllStringSubmatch(c.text, -1); len(all) == 1 {
		c.state, _ = stateOf(all[0][1] + all[0][2])
	}
}

// split divides a command line at any of the marks outside of quotes.
func split(text, marks string) []string {
	var parts []string
	quote, from := byte(0), 0
	for i := range len(text) {
		switch b := text[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case strings.IndexByte(marks, b) >= 0:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

// harmless are programs behind a pipe that leave every row.
var harmless = map[string]bool{
	"ft": true, "format-table": true, "fl": true, "format-list": true, "fw": true, "format-wide": true, "out-file": true, "out-string": true,
	"out-host": true, "oh": true, "out-default": true, "tee": true, "tee-object": true, "set-content": true, "add-content": true, "clip": true,
	"set-clipboard": true, "scb": true, "sort": true, "sort-object": true, "export-csv": true, "epcsv": true, "convertto-csv": true,
	"convertto-json": true, "convertto-html": true, "export-clixml": true, "group": true, "group-object": true, "measure": true,
	"measure-object": true, "cat": true,
}

var selected = pattern(`(?i)\s-(?:f[a-z]*|l[a-z]*|sk[a-z]*|i[a-z]*|u[a-z]*)\b`)

// take reads a part of the command line; piped tells that it gets rows from the
// part before it.
func (c *command) take(part string, words []string, piped bool) {
	for i, w := range words {
		if program(w) == "netstat" {
			c.q = c.q || letter(words[i+1:], 'q')
			if letter(words[i+1:], 'p') {
				c.filter(part)
			}
			return
		}
	}
	name := program(words[0])
	switch {
	case name == "select" || name == "select-object":
		if selected().MatchString(part) {
			c.filter(part)
		}
	case (name == "sort" || name == "sort-object") && parameter(words[1:], "u"):
		c.filter(part)
	case filtering[name]:
		c.tables = c.tables || !piped
		c.filter(part)
	case !piped && (name == "get-content" || name == "gc" || name == "type" || name == "cat"):
		if c.tables = true; parameter(words[1:], "h", "t", "f", "l") {
			c.filter(part)
		}
	case strings.Contains(strings.ToLower(part), "get-net"):
		if narrowed(part) {
			c.filter(part)
		}
	case piped && !harmless[name]:
		c.filter(part)
	}
}

// program is the name of a program as a command line has it.
func program(word string) string {
	return strings.TrimSuffix(strings.ToLower(strings.Trim(word, "({@'\"^")), ".exe")
}

// filtering are programs that pass on some of the rows.
var filtering = map[string]bool{
	"findstr": true, "find": true, "grep": true, "egrep": true, "fgrep": true, "rg": true, "select-string": true, "sls": true, "where": true,
	"where-object": true, "?": true, "head": true, "tail": true, "more": true, "less": true, "awk": true, "gawk": true, "sed": true, "uniq": true,
	"get-unique": true, "gu": true,
}

func (c *command) filter(part string) {
	if len(c.filters) < maxCuts {
		c.filters = append(c.filters, strings.TrimSpace(part))
	}
}

// letter tells whether netstat has that letter among its options.
func letter(words []string, c byte) bool {
	for _, w := range words {
		w = strings.ToLower(strings.Trim(w, "\"'])}"))
		if len(w) > 1 && len(w) <= 12 && (w[0] == '-' || w[0] == '/') && strings.IndexByte(w[1:], c) >= 0 {
			return true
		}
	}
	return false
}

// parameter tells whether one of PowerShell's parameters begins with one of these.
func parameter(words []string, prefixes ...string) bool {
	for _, w := range words {
		for _, p := range prefixes {
			if w = strings.ToLower(w); strings.HasPrefix(w, "-"+p) || strings.HasPrefix(w, "/"+p) {
				return true
			}
		}
	}
	return false
}

// unnarrowing are the parameters of Get-NetTCPConnection and Get-NetUDPEndpoint that leave
// every row.
var unnarrowing = pattern(`(?i)^-(?:cim\w*|thr\w*|asj\w*|err\w*|ea|verb\w*|war\w*|ov|outv\w*)$`)

// narrowed tells whether Get-NetTCPConnection or its kin is asked for some rows: any
// parameter but a few does it, and a value without a name is an address.
func narrowed(part string) bool {
	_, rest, _ := strings.Cut(strings.ToLower(part), "get-net")
	words := strings.Fields(rest)
	for i := 1; i < len(words); i++ {
		w := strings.Trim(words[i], "(){}@'\"`;")
		switch {
		case w == "" || strings.HasPrefix(w, ">") || strings.HasPrefix(w, "2>"):
			return false
		case unnarrowing().MatchString(w):
			i++
		case w == "select" || w == "," || w == "=":
		default:
			return true
		}
	}
	return false
}

// takeEcho takes a command line above what it wrote.
func (r *Reader) takeEcho(t *table, e paste.Echo, line int, yield func(Snapshot, error) bool) bool {
	if !r.flush(t, yield) {
		return false
	}
	t.command, t.elided, t.groupOwner = command{}, Cut{}, ""
	if e.Host != "" && !sameHost(e.Host, t.host) {
		t.host = e.Host
	}
	if e.Command == "" {
		return true
	}
	t.asksHost = strings.EqualFold(e.Command, "hostname") || strings.EqualFold(e.Command, "$env:COMPUTERNAME") || strings.EqualFold(e.Command, "echo %COMPUTERNAME%")
	if c := readCommand(e.Command, line); c.tables {
		t.command = c
		t.listPorts()
	}
	t.goesOn = strings.ContainsRune("|`{(,^", rune(e.Command[len(e.Command)-1]))
	return true
}

// listPorts lets the numbers below a command that writes ports alone be ports.
func (t *table) listPorts() {
	if t.command.ports {
		t.form = form{kind: portForm, tool: ToolTCP}
	}
}

// goOn takes the line that a command goes on in, behind ">>" of PowerShell.
func (t *table) goOn(text string, quote int) bool {
	if !t.goesOn || quote < 2 || len(t.command.text)+len(text) > maxCommand {
		t.goesOn = false
		return false
	}
	text = strings.TrimSpace(text)
	t.goesOn = text != "" && strings.ContainsRune("|`{(,^", rune(text[len(text)-1]))
	if t.command.tables {
		t.command = readCommand(strings.TrimRight(t.command.text, "`^")+" "+text, t.command.line)
		t.listPorts()
	}
	return true
}

// sameHost tells whether two names are of one machine: one may lack the domain.
func sameHost(a, b string) bool {
	short := func(s string) string {
		s, _, _ = strings.Cut(s, ".")
		return s
	}
	return strings.EqualFold(short(a), short(b))
}
