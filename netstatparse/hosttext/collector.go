package hosttext

import "strings"

// takeCollected reads the range in the reports of two support collectors: TSS writes
// "Start port: 49152" and "End port: 65535", SDP's PortUsage "Start Port : 49152
// (default is 49152)" and "Number of Ports : 16384 (default is 16384)".
func (p *parser) takeCollected() bool {
	name, value, ok := strings.Cut(p.text, ":")
	if !ok || !strings.Contains(strings.ToLower(name), "port") {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(value), " ")
	n, ok := integer(first)
	if !ok {
		return false
	}
	defaults := strings.Contains(value, "(default is ")
	switch name = strings.TrimSpace(name); {
	case name == "Start port", name == "Start Port" && defaults:
		p.start = number{n, p.line}
		return true
	case p.start.line == 0:
		return false
	case name == "End port":
		n = n - p.start.value + 1
	case name != "Number of Ports" || !defaults:
		return false
	}
	p.addRange(Range{Transport: "tcp", Family: "any", Start: p.start.value, Count: n, Line: p.start.line})
	p.start = number{}
	return true
}
