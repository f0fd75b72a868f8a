package hosttext

import (
	"regexp"
	"strconv"
	"strings"
)

// The objects of netsh that are read.
const (
	dynamicObject  = "dynamicport"
	excludedObject = "excludedportrange"
)

// command is the last command line that the text shows.
type command struct {
	line         int
	family       string // of netsh, kept until another netsh command: "ipv4" or "ipv6"
	verb         string // "show" or "set", of netsh
	object       string
	transport    string
	start, count int  // that it sets
	ofServices   bool // it lists Win32_Service
	tasklist     bool
	svc          bool // tasklist /svc
	ofProcesses  bool // Get-Process
	udpSetting   bool // Get-NetUDPSetting
	pid          int  // of the process whose name it asks for; 0 none
	nameAlone    bool // it writes that name and nothing else
}

// near tells that an output may still be that of the command.
func (c *command) near(line int) bool { return c.line > 0 && line-c.line <= echoReach }

func (p *parser) family() string {
	if p.command.family == "" {
		return "any"
	}
	return p.command.family
}

// takeCommand reads a line that begins with a prompt, or that names netsh, and the Ok.
// that says that netsh did what it was told.
func (p *parser) takeCommand() bool {
	c := &p.command
	if c.verb == "set" && c.near(p.line) {
		if answer := strings.TrimSpace(p.text); strings.EqualFold(answer, "ok.") {
			p.addRange(Range{Transport: c.transport, Family: p.family(), Start: c.start, Count: c.count, Line: c.line, Set: true})
		}
		c.verb = ""
	}
	text, prompt := p.in.Prompt()
	if !prompt && !holdsAny(p.text, "netsh", "Netsh", "NETSH") {
		if listsServices(p.text) {
			c.ofServices, c.line = true, p.line
		}
		if strings.Contains(p.text, "et-Net") && holds(p.text, "setting") {
			c.udpSetting = holds(p.text, "get-netudpsetting")
		}
		return false
	}
	lower := strings.ToLower(p.text)
	at := strings.Index(lower, "netsh")
	if prompt {
		p.endTable()
		p.endObject()
		p.endTaskList()
		lower = strings.ToLower(text)
		family := c.family
		*c = command{line: p.line, family: family}
		c.ofServices = listsServices(lower)
		c.tasklist = strings.HasPrefix(lower, "tasklist")
		c.svc = c.tasklist && strings.Contains(lower, "/svc")
		c.ofProcesses = strings.HasPrefix(lower, "get-process") || strings.HasPrefix(lower, "gps ")
		c.udpSetting = strings.Contains(lower, "get-netudpsetting")
		c.pid = pidAsked(lower)
		c.nameAlone = nameAlone.MatchString(lower)
		at = strings.Index(lower, "netsh")
	}
	if at >= 0 {
		p.takeNetsh(lower[at:])
	}
	return prompt
}

// listsServices tells a command that lists Win32_Service.
func listsServices(text string) bool {
	return holdsAny(text, "2_service", "2_Service", "2_SERVICE") && holds(text, "win32_service") || strings.Contains(text, " service ") && holds(text, "wmic")
}

// onePID is a PID that a command asks the name of.
var onePID = regexp.MustCompile(`(?:processid\s*=\s*['"]?|get-process\s+(?:-id\s+)?|gps\s+(?:-id\s+)?)(\d{1,10})\b`)

// nameAlone is a command that leaves nothing but the name.
var nameAlone = regexp.MustCompile(`\)\.(?:process)?name\s*$|-exp[a-z]*\s+(?:process)?name\s*$`)

// pidAsked is that PID, 0 for any other command.
func pidAsked(lower string) int {
	if !holdsAny(lower, "wmic process", "get-process", "gps ", "win32_process") {
		return 0
	}
	if m := onePID.FindStringSubmatch(lower); m != nil {
		n, _ := integer(m[1])
		return n
	}
	return 0
}

// takeNameAlone reads the name of the process that the command above asks for, where the
// output has no PID: "BackupAgent.exe" below a heading of names.
func (p *parser) takeNameAlone() bool {
	c := &p.command
	if c.pid == 0 || !c.near(p.line) || p.table.kind != noTable {
		return false
	}
	words := strings.Fields(p.text)
	name := words[len(words)-1]
	if strings.IndexByte(name, '=') >= 0 || !isImage(name) && !(c.nameAlone && len(words) == 1) {
		return false
	}
	p.newProcess(name, strconv.Itoa(c.pid), 10)
	c.pid = 0
	return true
}

// takeNetsh reads `netsh int ipv4 set dynamicport tcp start=10000 num=55535`, whose
// words may be cut short and stand with their names or without.
func (p *parser) takeNetsh(lower string) {
	words := strings.FieldsFunc(lower, func(r rune) bool { return r == ' ' || r == '\t' || strings.ContainsRune("=:`\"'[]()", r) })
	family, verb, object, transport := "", "", "", ""
	var numbers []int
	for _, w := range words[1:] {
		n, err := strconv.Atoi(w)
		switch {
		case w == "ipv4", w == "ipv6":
			family = w
		case w == "show", w == "set":
			verb = w
		case w == "tcp", w == "udp":
			if object != "" {
				transport = w
			}
		case len(w) >= 3 && verb != "" && object == "" && strings.HasPrefix(dynamicObject+"range", w):
			object = dynamicObject
		case len(w) >= 3 && verb != "" && object == "" && strings.HasPrefix(excludedObject, w):
			object = excludedObject
		case err == nil && len(numbers) < 3:
			numbers = append(numbers, n)
		}
	}
	if family == "" {
		return
	}
	p.endTable()
	c := &p.command
	*c = command{line: p.line, family: family, verb: verb, object: object, transport: transport}
	if verb == "set" {
		if object != dynamicObject || transport == "" || len(numbers) != 2 {
			c.verb = ""
			return
		}
		c.start, c.count = numbers[0], numbers[1]
	}
}
