package hosttext

import (
	"slices"
	"strconv"
	"strings"
)

// afd is the device whose handles are sockets.
const afd = `\Device\Afd`

// takeHandles finds the beginnings in the texts of handle.exe and of Process
// Explorer's lower pane.
func (p *parser) takeHandles() bool {
	text := strings.TrimSpace(p.text)
	switch {
	case beginsWith(text, "nthandle v"), beginsWith(text, "handle v"):
		p.handleTool = true
		return true
	case p.handleTool && strings.EqualFold(text, "handle type summary:"):
		p.endTable()
		p.table = table{kind: handleTypes, summary: HandleSummary{PID: -1, Types: map[string]int{}, Line: p.line}}
		return true
	case strings.HasPrefix(text, "Process: "):
		return p.startPane(text)
	case p.pane > 0 && strings.HasPrefix(text, "Type\tName"):
		p.endTable()
		p.table = table{kind: paneRows}
		return true
	// A search with handle.exe has a type in such a line and lists no process whole.
	case (p.handleTool || strings.Trim(p.above[0], "-") == "") && strings.Contains(text, " pid: ") && !strings.Contains(text, " type: "):
		p.handleTool = true
		return p.startHandles(text)
	case strings.HasSuffix(text, " Handles") && digitsOnly(strings.TrimSuffix(text, " Handles")):
		p.endTable()
		p.table = table{kind: handleCounts, summary: HandleSummary{PID: -1, Types: map[string]int{}, Line: p.line}}
		return true
	}
	return false
}

// beginsWith compares the beginning of text whatever its case.
func beginsWith(text, lower string) bool {
	return len(text) >= len(lower) && strings.EqualFold(text[:len(lower)], lower)
}

// holds tells that lower stands in text in any case. Both are ASCII there.
func holds(text, lower string) bool {
	for i := 0; i+len(lower) <= len(text); i++ {
		if text[i]|0x20 == lower[0] && beginsWith(text[i:], lower) {
			return true
		}
	}
	return false
}

// holdsAny tells that one of some spellings stands in text; it is quicker than holds.
func holdsAny(text string, spellings ...string) bool {
	return slices.ContainsFunc(spellings, func(s string) bool { return strings.Contains(text, s) })
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// startHandles reads "name.exe pid: 4388 DOMAIN\user", which begins the handles of
// a process.
func (p *parser) startHandles(text string) bool {
	image, rest, _ := strings.Cut(text, " pid: ")
	pid, _, _ := strings.Cut(rest, " ")
	if !digitsOnly(pid) {
		return false
	}
	p.endTable()
	if process := p.newProcess(image, pid, 10); process != nil {
		process.Handles, process.Sockets = 0, 0
		p.table = table{kind: handleRows}
	}
	return true
}

// startPane reads "Process: name.exe Pid: 4388", which begins the handles of the
// process that was selected.
func (p *parser) startPane(text string) bool {
	image, pid, ok := strings.Cut(strings.TrimPrefix(text, "Process: "), " Pid: ")
	n, err := strconv.ParseUint(strings.TrimSpace(pid), 10, 32)
	if !ok || err != nil {
		return false
	}
	p.endTable()
	at := -1
	for i := range p.facts.Processes {
		if p.facts.Processes[i].PID == int(n) {
			at = i
		}
	}
	if at < 0 {
		if p.newProcess(image, strings.TrimSpace(pid), 10) == nil {
			return true
		}
		at = len(p.facts.Processes) - 1
	}
	p.facts.Processes[at].Sockets = 0
	p.pane = at + 1
	return true
}

// takeHandleRow counts a handle, or the handles of a type.
func (p *parser) takeHandleRow() bool {
	switch p.table.kind {
	case handleTypes:
		name, count, ok := strings.Cut(p.text, ":")
		return ok && p.addType(strings.TrimSpace(name), strings.TrimSpace(count))
	case handleCounts:
		name, count, ok := strings.Cut(p.text, "\t")
		return ok && (strings.TrimSpace(count) == "Count" || p.addType(strings.TrimSpace(name), strings.TrimSpace(count)))
	case handleRows:
		number, rest, ok := strings.Cut(strings.TrimSpace(p.text), ": ")
		if _, err := strconv.ParseUint(number, 16, 64); !ok || err != nil {
			return false
		}
		process := &p.facts.Processes[len(p.facts.Processes)-1]
		process.Handles++
		if kind, name, ok := strings.Cut(strings.TrimSpace(rest), " "); ok && kind == "File" {
			process.Sockets += socket(name)
		}
		return true
	}
	if !strings.Contains(p.text, "\t") {
		return false
	}
	p.facts.Processes[p.pane-1].Sockets += socket(p.text)
	return true
}

func socket(text string) int {
	before, rest, ok := strings.Cut(text, afd)
	if ok && strings.TrimRight(before, " \t") != before && (rest == "" || strings.ContainsRune("\\\t ", rune(rest[0]))) {
		return 1
	}
	return 0
}

// addType adds the count of a type; a type may stand there twice.
func (p *parser) addType(name, count string) bool {
	s := &p.table.summary
	n := p.count(count)
	if name == "Total handles" {
		s.Total = max(n, 0)
		p.endTable()
		return true
	}
	if n >= 0 && len(s.Types) < maxTypes {
		s.Types[strings.Clone(name)] += n
	}
	return true
}

func (p *parser) addSummary(s *HandleSummary) {
	if len(s.Types) == 0 && s.Total == 0 {
		return
	}
	if s.Total == 0 {
		for _, n := range s.Types {
			s.Total += n
		}
	}
	if len(p.facts.Handles) >= maxRanges {
		p.failAt(s.Line, "hosttext-too-many", "more than %d summaries of handles", maxRanges)
		return
	}
	p.facts.Handles = append(p.facts.Handles, *s)
}
