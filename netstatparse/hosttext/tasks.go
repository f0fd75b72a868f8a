package hosttext

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"portverdict/netstatparse/pstext"
)

// taskAlone is a row of tasklist without its heading, as findstr leaves it: image, PID,
// session, number of the session, memory. A session that ended has no name.
var taskAlone = regexp.MustCompile(`^(\S.*?) +(\d{1,10}) +(?:\S+(?: \S+)* +)?(\d{1,5}) +[\d.,'\x{a0}\x{202f}\x{2019}]+ (?:K|Ko|КБ)$`)

// memoryEnd is how tasklist ends a number of kilobytes, in the languages seen.
var memoryEnd = regexp.MustCompile(`^[\d.,'\x{a0}\x{202f}\x{2019} ]+ (?:K|Ko|КБ)$`)

// workerProcess is a line of appcmd list wp.
var workerProcess = regexp.MustCompile(`^WP "(\d{1,10})" \(applicationPool:`)

// takeTaskAlone reads a row of tasklist that stands without its heading.
func (p *parser) takeTaskAlone() bool {
	if p.table.kind != noTable {
		return false
	}
	whole := p.text
	defer func() { p.text = whole }()
	if p.text = strings.TrimLeft(p.text, " "); p.text[0] == '"' {
		return p.taskAloneCSV()
	}
	if name, rest, ok := strings.Cut(p.text, "\t"); ok && isImage(name) && strings.Count(rest, "\t") > 2 {
		if pid, more, _ := strings.Cut(rest, "\t"); digitsOnly(pid) && !holdsAny(more, "TCP", "UDP", ":") {
			p.newProcess(name, pid, 10) // a row of Task Manager
			return true
		}
	}
	if strings.HasPrefix(p.text, "WP ") {
		if m := workerProcess.FindStringSubmatch(p.text); m != nil {
			p.newProcess("w3wp.exe", m[1], 10)
			return true
		}
	}
	if last := p.text[len(p.text)-1]; last == 'K' || last == 'o' || last == 0x91 {
		if m := taskAlone.FindStringSubmatch(p.text); m != nil {
			p.newProcess(m[1], m[2], 10)
			return true
		}
	}
	c := &p.command
	if !c.tasklist || !c.near(p.line) || whole[0] == ' ' {
		return false
	}
	runes := []rune(p.text)
	image, rest := "", ""
	if len(runes) > 26 && strings.TrimSpace(string(runes[:25])) != "" {
		image, rest = strings.TrimSpace(string(runes[:25])), strings.TrimSpace(string(runes[25:]))
	}
	pid, rest, _ := strings.Cut(rest, " ")
	if !isImage(image) || !digitsOnly(pid) {
		return false
	}
	c.line = p.line // the next row is of the same command
	if process := p.newProcess(image, pid, 10); process != nil && c.svc {
		process.Services = services(nil, rest)
	}
	return true
}

// taskAloneCSV reads a row of tasklist /fo csv /nh: three fields with /svc, five, or nine
// with /v.
func (p *parser) taskAloneCSV() bool {
	if n := strings.Count(p.text, `","`); n != 2 && n != 4 && n != 8 {
		return false
	}
	fields, ok := pstext.SplitCSV(p.text, ',')
	if !ok || len(fields) != 3 && len(fields) != 5 && len(fields) != 9 || !digitsOnly(fields[1]) {
		return false
	}
	if memory := fields[min(4, len(fields)-1)]; len(fields) == 3 && !isImage(fields[0]) || len(fields) > 3 && !memoryEnd.MatchString(memory) {
		return false
	}
	p.table = table{kind: taskCSV, services: len(fields) == 3}
	return p.takeTaskCSV()
}

// taskList is a process of tasklist /fo list: "Image Name:   a.exe", "PID:   5120" and,
// with /svc, one line more, which are the services; without it there are three.
type taskList struct {
	place int // 1-based, in Processes
	line  int // the last of it
	lines int // below that of the PID
	third string
}

// takeTaskList reads it. The labels are localised but for PID.
func (p *parser) takeTaskList() bool {
	name, value, ok := strings.Cut(p.text, ":")
	if !ok || p.text[0] == ' ' {
		return false
	}
	value = strings.TrimSpace(value)
	t := &p.tasks
	if t.place > 0 && p.line == t.line+1 {
		if t.line, t.lines = p.line, t.lines+1; t.lines == 1 {
			t.third = strings.Clone(value)
		}
		return true
	}
	if name != "PID" || !digitsOnly(value) || p.aboveAt != p.line-1 {
		return false
	}
	label, image, ok := strings.Cut(p.above[0], ":")
	if image = strings.TrimSpace(image); !ok || image == "" || strings.HasSuffix(label, " ") || pathOf(image) {
		return false
	}
	// The values stand below each other, but for labels of wide characters.
	wide := strings.ContainsFunc(label, func(r rune) bool { return r >= 0x2e80 })
	if valueColumn(p.above[0]) != valueColumn(p.text) && !wide {
		return false
	}
	p.endTaskList()
	if p.newProcess(image, value, 10) != nil {
		p.tasks = taskList{place: len(p.facts.Processes), line: p.line}
		p.facts.Processes[t.place-1].Line = p.line
	}
	return true
}

// valueColumn is the rune in which the value of "Label:   value" begins.
func valueColumn(text string) int {
	i := strings.IndexByte(text, ':') + 1
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return utf8.RuneCountInString(text[:i])
}

func pathOf(text string) bool { return strings.ContainsAny(text, `\/`) }

func (p *parser) endTaskList() {
	t := p.tasks
	p.tasks = taskList{}
	if t.place > 0 && t.lines == 1 {
		process := &p.facts.Processes[t.place-1]
		process.Services = services(process.Services, t.third)
	}
}

// takeServiceControl reads sc queryex: "SERVICE_NAME: iphlpsvc" and, of the lines below it
// up to a blank one, "PID                : 5120". Both words are the same in all languages.
func (p *parser) takeServiceControl() bool {
	if p.service == "" && !strings.Contains(p.text, "SERVICE_NAME") {
		return false
	}
	name, value, ok := strings.Cut(p.text, ":")
	if !ok {
		return false
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if name == "SERVICE_NAME" {
		p.endTable()
		p.service = strings.Clone(value)
		return true
	}
	if p.service == "" {
		return false
	}
	if name == "PID" && digitsOnly(value) {
		p.addService(p.service, value, "")
		p.service = ""
	}
	return true
}

// addService gives a service to the process it runs in; PID 0 is none.
func (p *parser) addService(name, pid, path string) {
	if strings.Trim(pid, "0") == "" {
		return
	}
	list := services(nil, name)
	if len(list) != 1 {
		return
	}
	image := imageOf(path)
	n, ok := integer(pid)
	if at := p.services[n]; ok && at > 0 {
		process := &p.facts.Processes[at-1]
		if len(process.Services) < maxServices {
			process.Services = append(process.Services, list[0])
		}
		if process.Image == "" {
			process.Image = image
		}
		return
	}
	if process := p.newProcess(image, pid, 10); process != nil {
		process.Services = list
		p.services[process.PID] = len(p.facts.Processes)
	}
}

// imageOf is the program of a command line: `"C:\a b\c.exe" -k x` is c.exe.
func imageOf(path string) string {
	path = strings.TrimSpace(path)
	if rest, ok := strings.CutPrefix(path, `"`); ok {
		path, _, _ = strings.Cut(rest, `"`)
	} else if i := strings.Index(strings.ToLower(path), ".exe"); i >= 0 {
		path = path[:i+len(".exe")]
	}
	if !strings.HasSuffix(strings.ToLower(path), ".exe") {
		return ""
	}
	return strings.Clone(path[strings.LastIndexAny(path, `\/`)+1:])
}

// startPsList reads the header of Sysinternals' pslist.
func (p *parser) startPsList() bool {
	words := strings.Fields(p.text)
	if len(words) < 5 || words[0] != "Name" || words[1] != "Pid" || words[2] != "Pri" || words[3] != "Thd" || words[4] != "Hnd" {
		return false
	}
	p.endTable()
	p.table = table{kind: psRows}
	return true
}

// takePsRow reads a row of it: a name that may have blanks, then PID, priority, threads,
// handles, memory and two times.
func (p *parser) takePsRow() bool {
	words := strings.Fields(p.text)
	n := len(words)
	if n < 8 || !digitsOnly(words[n-7]) || !digitsOnly(words[n-4]) || strings.Count(words[n-1], ":") != 2 {
		return false
	}
	if process := p.newProcess(strings.Join(words[:n-7], " "), words[n-7], 10); process != nil {
		process.Handles = p.count(words[n-4])
	}
	return true
}
