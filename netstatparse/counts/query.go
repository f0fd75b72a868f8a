package counts

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portverdict/netstatparse"
)

// query is a command line that counts connections, taken apart.
type query struct {
	text   string
	count  Count    // what the command line chooses, without the number
	by     []string // properties that Group-Object groups by, in lower case
	cut    bool     // rows may be missing: -First, -Last, a table without bound sockets
	loose  bool     // chosen by a text that can stand for several things
	bound  bool     // netstat -q
	chosen bool     // by a word that each row begins with
	tool   string
	alone  string // the property that is left of each row, in lower case
	how    counter
}

type counter uint8

const (
	noCounter counter = iota
	numberAlone
	measure
	group
	unique // sort | uniq -c
)

// takeCommand reads a command line that counts connections, behind a prompt or bare, and
// the lines it goes on in.
func (p *parser) takeCommand(text string) bool {
	command, prompt := p.in.Prompt()
	if !prompt {
		if !p.open && !strings.Contains(text, "et") && !strings.Contains(text, "ET") { // netstat, Get-Net...
			return false
		}
		command = strings.Trim(text, " \t`\"[]")
	}
	goesOn := !prompt || p.in.Quote() > 1
	p.events.noteCommand(command, p.line)
	if p.open && p.query != nil && goesOn && p.line-p.at <= commandReach {
		return p.setQuery(p.query.text + " " + command)
	}
	tool := strings.ContainsAny(command, "|)") || prompt
	if tool {
		lower := strings.ToLower(command)
		tool = strings.Contains(lower, "netstat ") || strings.Contains(lower, "netstat.exe ") || strings.Contains(lower, "get-nettcpconnection") || strings.Contains(lower, "get-netudpendpoint")
	}
	if !tool && !prompt {
		return false
	}
	p.objects.Take(p.line, "") // what stands above is of the command before
	if m := answered.FindStringSubmatch(command); tool && m != nil && p.setQuery(m[1]) && p.answer {
		if n, ok := integer(m[2]); ok {
			p.add(p.query.counted(n, p.line))
		}
		p.answer = false
		return true
	}
	if tool {
		return p.setQuery(command)
	}
	p.query, p.open, p.answer = nil, false, false
	return true
}

func (p *parser) setQuery(command string) bool {
	if len(command) > maxCommand {
		command = strings.ToValidUTF8(command[:maxCommand], "")
	}
	p.query, p.at = parseQuery(strings.Clone(command)), p.line
	p.open = p.query != nil && strings.HasSuffix(strings.TrimSpace(command), "|")
	p.answer = p.query != nil && !p.open && p.query.how == numberAlone
	return p.query != nil
}

// takeAnswer reads the number below the command that counted it.
func (p *parser) takeAnswer(text string) bool {
	if !p.answer {
		return false
	}
	if strings.HasPrefix(text, "##[") || strings.HasPrefix(text, "shell: ") {
		return true // what a build writes between the two
	}
	n, ok := integer(strings.TrimSpace(text))
	if p.answer = false; !ok || p.line-p.at > commandReach {
		return false
	}
	p.add(p.query.counted(n, p.line))
	return true
}

// counted is a number of what the command line chose.
func (q *query) counted(n, line int) Count {
	c := q.count
	c.Rows, c.Line, c.Command = n, line, q.text
	if c.State == netstatparse.Bound && q.tool == "netstat" && !q.bound {
		q.cut = true
	}
	c.Exact, c.AtLeast = !q.loose && !q.cut, !q.loose && q.cut
	if q.loose {
		c.What = "lines counted by " + q.text
	}
	return c
}

// parseQuery takes a command line apart; nil when it counts nothing.
func parseQuery(text string) *query {
	q := &query{text: text, count: Count{Unit: Rows, PID: -1}}
	rest := strings.TrimLeft(text, "@($ ")
	lower := strings.ToLower(rest)
	for _, end := range []string{").count", ").length"} {
		if i := strings.LastIndex(lower, end); i >= 0 {
			rest, q.how = rest[:i], numberAlone
			break
		}
	}
	stages := pipe(rest)
	if !q.source(stages[0]) {
		return nil
	}
	for _, s := range stages[1:] {
		q.stage(s)
	}
	if q.how == noCounter && !strings.HasSuffix(strings.TrimSpace(text), "|") {
		return nil
	}
	return q
}

// pipe divides a command line at the pipes outside of quotes and braces.
func pipe(text string) []string {
	var stages []string
	from, depth := 0, 0
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{' || c == '(':
			depth++
		case c == '}' || c == ')':
			depth = max(depth-1, 0)
		case c == '|' && depth == 0:
			stages, from = append(stages, text[from:i]), i+1
		}
	}
	return append(stages, text[from:])
}

// words divides a stage at blanks outside of quotes, and leaves the quotes out.
func words(stage string) []string {
	var all []string
	var now strings.Builder
	quote, some := byte(0), false
	for i := 0; i < len(stage); i++ {
		switch c := stage[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			now.WriteByte(c)
		case c == '"' || c == '\'':
			quote, some = c, true
		case c == ' ' || c == '\t':
			if some || now.Len() > 0 {
				all = append(all, now.String())
			}
			now.Reset()
			some = false
		default:
			now.WriteByte(c)
		}
	}
	if some || now.Len() > 0 {
		all = append(all, now.String())
	}
	return all
}

// source reads the command that writes the rows.
func (q *query) source(stage string) bool {
	all := words(stage)
	for len(all) > 0 {
		name := strings.ToLower(strings.TrimSuffix(all[0], ".exe"))
		if i := strings.LastIndexAny(name, `\(`); i >= 0 {
			name = name[i+1:]
		}
		switch name {
		case "netstat":
			q.tool = name
			q.netstat(all[1:])
			return true
		case "get-nettcpconnection", "get-netudpendpoint":
			q.tool, q.count.Transport = name, "tcp"
			if name == "get-netudpendpoint" {
				q.count.Transport = "udp"
			}
			q.parameters(all[1:])
			return true
		}
		all = all[1:]
	}
	return false
}

// netstat reads the options of netstat.
func (q *query) netstat(args []string) {
	for i, w := range args {
		if len(w) < 2 || w[0] != '-' && w[0] != '/' {
			continue
		}
		q.bound = q.bound || strings.ContainsAny(w[1:], "qQ")
		if strings.HasSuffix(strings.ToLower(w), "p") && i+1 < len(args) {
			switch proto := strings.ToLower(args[i+1]); proto {
			case "tcp", "udp":
				q.count.Transport, q.count.Family = proto, "ipv4"
			case "tcpv6", "udpv6":
				q.count.Transport, q.count.Family = proto[:3], "ipv6"
			}
		}
	}
}

// parameters reads those of Get-NetTCPConnection, "-State Bound".
func (q *query) parameters(args []string) {
	for i := 0; i+1 < len(args); i++ {
		if name, ok := strings.CutPrefix(args[i], "-"); ok && !strings.HasPrefix(args[i+1], "-") {
			if !q.choose(strings.ToLower(strings.TrimSuffix(name, ":")), args[i+1]) && !strings.EqualFold(name, "ErrorAction") && !strings.EqualFold(name, "ea") {
				q.loose = true
			}
			i++
		}
	}
}

// choose takes one property and its value; false when that is not one choice.
func (q *query) choose(name, value string) bool {
	c := &q.count
	n, err := strconv.ParseUint(value, 10, 32)
	switch name {
	case "state":
		state, ok := stateOf(value)
		if ok {
			c.State = state
		}
		return ok
	case "owningprocess", "pid", "processid":
		if err == nil {
			c.PID = int(n)
		}
		return err == nil
	case "localport", "remoteport":
		if err != nil || n > 65535 {
			return false
		}
		if name == "localport" {
			c.LocalPort = int(n)
		} else {
			c.RemotePort = int(n)
		}
		return true
	case "localaddress", "remoteaddress":
		a, err := netip.ParseAddr(value)
		if err != nil {
			return false
		}
		if name == "localaddress" {
			c.LocalAddr = a
		} else {
			c.RemoteAddr = a
		}
		return true
	case "processname":
		c.Image = value
		return value != ""
	}
	return false
}

// stage reads what a command behind a pipe does with the rows.
func (q *query) stage(stage string) {
	args := words(stage)
	if len(args) == 0 {
		return
	}
	name := strings.ToLower(strings.TrimSuffix(args[0], ".exe"))
	switch name {
	case "find", "findstr", "grep", "select-string", "sls":
		q.filter(name, args[1:])
	case "where", "where-object", "?":
		q.where(stage)
	case "measure", "measure-object", "wc":
		if q.how == noCounter {
			if q.how = measure; name == "wc" {
				q.how = numberAlone
			}
		}
	case "awk", "gawk":
		q.alone = columnsOfNetstat[printed.FindString(stage)]
	case "uniq":
		if slices.Contains(args[1:], "-c") && q.alone != "" {
			q.how = unique
		}
	case "group", "group-object":
		q.how = group
		if q.groups(args[1:]); len(q.by) == 0 && q.alone != "" {
			q.by = []string{q.alone}
		}
	case "select", "select-object", "sort", "sort-object":
		if q.how == measure && expanded.MatchString(stage) {
			q.how = numberAlone
		}
		q.selects(args[1:])
	case "%", "foreach", "foreach-object":
		q.alone = strings.ToLower(strings.TrimSpace(bracesAway.Replace(strings.Join(args[1:], " "))))
		q.loose = q.loose || q.how == noCounter
	}
}

// printed is the one column that awk prints, and columnsOfNetstat what stands in it.
var printed = regexp.MustCompile(`print \$(?:\d|NF)\b`)

var columnsOfNetstat = map[string]string{"print $4": "state", "print $5": "owningprocess", "print $NF": "owningprocess"}

// takeUnique reads a line of uniq -c, "  12034 5120", below the command.
func (p *parser) takeUnique(text string) bool {
	q := p.query
	if q == nil || q.how != unique {
		return false
	}
	number, value, _ := strings.Cut(strings.TrimSpace(text), " ")
	n, ok := integer(number)
	chosen := *q
	if value = strings.TrimSpace(value); !ok || !chosen.choose(q.alone, value) {
		return ok // of the heading, or of rows of UDP
	}
	p.add(chosen.counted(n, p.line))
	return true
}

// expanded leaves the number of Measure-Object alone.
var expanded = regexp.MustCompile(`(?i)\s-exp[a-z]*[ :]+(?:count|lines)\b`)

// answered is a command with its number behind it, as people write it down.
var answered = regexp.MustCompile(`^(.*[")])\s*(?:->|=>|→|:|=)\s*([\d.,]+)$`)

// selects reads what Select-Object or Sort-Object leaves of the rows. Behind Group-Object
// they choose among groups, each of which keeps its number.
func (q *query) selects(args []string) {
	if q.how == group {
		return
	}
	once, port := false, false
	for i, a := range args {
		if lower := strings.ToLower(a); strings.HasPrefix(lower, "-exp") && i+1 < len(args) {
			q.alone = strings.ToLower(args[i+1])
		}
		switch lower := strings.ToLower(a); {
		case strings.HasPrefix("-first", lower) && len(lower) > 1, strings.HasPrefix("-last", lower) && len(lower) > 1, lower == "-skip":
			q.cut = true
		case strings.HasPrefix("-unique", lower) && len(lower) > 1:
			once = true
		case lower == "localport":
			port = true
		}
	}
	switch {
	case once && port:
		q.count.Unit = Ports
	case once:
		q.loose = true
	}
}

// filter reads find, findstr and their like: a state or a transport chooses rows, any
// other text may stand in an address, a port or a PID.
func (q *query) filter(name string, args []string) {
	texts, not := 0, false
	for _, a := range args {
		lower := strings.ToLower(a)
		switch {
		case lower == "/c" && name == "find", lower == "-c" && name == "grep":
			q.how = numberAlone
			continue
		case lower == "/v", lower == "-v", lower == "-notmatch":
			not = true
			continue
		case name == "findstr" && strings.HasPrefix(lower, "/c:"):
			a = a[3:]
		case len(a) > 1 && (a[0] == '/' || a[0] == '-'):
			continue
		}
		texts++
		if a = strings.TrimSpace(a); a != "" {
			q.contains(a)
			q.loose = q.loose || not
		}
	}
	// `find /c /v ""` counts what is left, which without a filter has a heading, too.
	q.loose = q.loose || texts > 1 && name != "find" || not && q.tool == "netstat" && q.count.State == netstatparse.StateUnknown && !q.chosen
}

// contains takes a text that the rows must hold.
func (q *query) contains(text string) {
	if state, ok := stateOf(text); ok && strings.Trim(text, "0123456789") != "" {
		q.loose = q.loose || q.count.State != netstatparse.StateUnknown && q.count.State != state
		q.count.State = state
		return
	}
	switch lower := strings.ToLower(text); lower {
	case "tcp", "udp":
		q.count.Transport, q.chosen = lower, true
	default:
		q.loose = true
	}
}

// where reads the comparisons of Where-Object that are joined by -and.
func (q *query) where(stage string) {
	if strings.Contains(strings.ToLower(stage), " -or ") {
		q.loose = true
		return
	}
	all := words(strings.NewReplacer("(", " ", ")", " ").Replace(bracesAway.Replace(stage)))
	for i := 1; i+2 < len(all); i++ {
		if !strings.HasPrefix(all[i+1], "-") {
			continue
		}
		if op := strings.ToLower(all[i+1]); op != "-eq" && op != "-like" && op != "-match" || !q.choose(strings.ToLower(all[i]), all[i+2]) {
			q.loose = true
		}
		i += 3 // with the -and behind it
	}
	if len(all) < 4 {
		q.loose = true
	}
}

// bracesAway makes a script block that is one property that property.
var bracesAway = strings.NewReplacer("{", " ", "}", " ", "$_.", "", "$PSItem.", "")

// groups reads the properties of Group-Object.
func (q *query) groups(args []string) {
	text := strings.Join(args, " ")
	depth, from := 0, 0
	for i := 0; i <= len(text); i++ {
		switch {
		case i < len(text) && (text[i] == '{' || text[i] == '('):
			depth++
		case i < len(text) && (text[i] == '}' || text[i] == ')'):
			depth--
		case i == len(text) || text[i] == ',' && depth == 0:
			part := strings.ToLower(strings.TrimSpace(bracesAway.Replace(text[from:i])))
			from = i + 1
			if strings.Contains(part, "get-process") {
				part = "processname"
			}
			for w := range strings.FieldsSeq(part) {
				if w[0] != '-' {
					q.by = append(q.by, w)
					break
				}
			}
		}
	}
}
