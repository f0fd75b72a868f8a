package hosttext

import (
	"strconv"
	"strings"
)

// takeDebugger reads the lines that !process 0 0 writes of a process: its address,
// the PID in hexadecimal, the handles in decimal with a full stop, the image.
func (p *parser) takeDebugger() bool {
	text := strings.TrimSpace(p.text)
	rest, starts := strings.CutPrefix(text, "PROCESS ")
	if starts {
		address, more, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(strings.ReplaceAll(address, "`", ""), 16, 64)
		if err != nil {
			return false
		}
		p.endTable()
		p.debugger, p.eprocess = true, n
		text = more
	}
	if !p.debugger {
		return false
	}
	known := starts
	if pid := after(text, "Cid: "); pid != "" {
		if process := p.newProcess("", pid, 16); process != nil && p.eprocess != 0 {
			process.EPROCESS, p.eprocess = p.eprocess, 0
		}
		known = true
	}
	if len(p.facts.Processes) == 0 {
		return known
	}
	process := &p.facts.Processes[len(p.facts.Processes)-1]
	if handles := strings.TrimSuffix(after(text, "HandleCount: "), "."); handles != "" && process.Handles < 0 {
		process.Handles = p.count(handles)
		known = true
	}
	if image, ok := strings.CutPrefix(text, "Image: "); ok && process.Image == "" {
		process.Image = strings.Clone(strings.TrimSpace(image))
		known = true
	}
	return known
}

// after is the word behind a label in text, "" when the label is not there.
func after(text, label string) string {
	_, rest, ok := strings.Cut(text, label)
	if !ok {
		return ""
	}
	word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return word
}
