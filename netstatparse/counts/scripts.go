package counts

import (
	"net/netip"
	"strconv"
	"strings"

	"portverdict/netstatparse"
	"portverdict/netstatparse/pstext"
)

// takeStats reads a row of Log-EphemeralPortStats.ps1: the ports of the range in use at
// a local address, from netstat without -q.
func (p *parser) takeStats(o *pstext.Object) {
	used, ok := integer(o.Value("InUse"))
	most, ok2 := integer(o.Value("Max"))
	addr, err := netip.ParseAddr(o.Value("LocalAddress"))
	if !ok || !ok2 || err != nil {
		return
	}
	p.stats = true
	c := Count{Unit: Ports, PID: -1, Transport: "tcp", Family: "ipv4", LocalAddr: addr, Rows: used, Of: most, AtLeast: true, Line: o.Line}
	if s, ok := pstext.StampAt(o.Value("DateTime")); ok {
		c.stamped(s)
	}
	p.add(c)
}

// takeScript reads the table of Count-Ports.ps1, of which pastes often lose the columns:
// an address, the ports waiting and in use towards it, each with its share of the range.
func (p *parser) takeScript(text string) bool {
	words := strings.Fields(text)
	if len(words) == 5 && words[0] == "IPAddress" && words[1] == "PortsWaiting" && words[3] == "PortsUsed" {
		p.script = true
		return true
	}
	if !p.script {
		return false
	}
	if pstext.IsRule(text) {
		return true
	}
	addr, err := netip.ParseAddr(words[0])
	var values []string
	for _, w := range words[1:] {
		if w = strings.Trim(w, "%"); w != "" {
			values = append(values, w)
		}
	}
	if err != nil || len(values) != 4 {
		p.script = false
		return false
	}
	waiting, ok := integer(values[0])
	used, ok2 := integer(values[2])
	if share, err := strconv.ParseFloat(strings.ReplaceAll(values[3], ",", "."), 64); err == nil && ok && ok2 {
		c := Count{Unit: Ports, PID: -1, Transport: "tcp", RemoteAddr: addr, Rows: used, AtLeast: true, Line: p.line}
		if share >= 0.005 && share <= 100 {
			c.Of = int(float64(used)/share*100 + 0.5)
		}
		p.add(c)
		p.add(Count{Unit: Ports, PID: -1, State: netstatparse.TimeWait, RemoteAddr: addr, Rows: waiting, AtLeast: true, Line: p.line})
	}
	return true
}

// usage is the part of a support script's report that is being read.
type usage uint8

const (
	noUsage usage = iota
	byAddress
	byProcess
)

// takeUsage reads PortUsage of the support scripts, which counts distinct ports of IPv4
// from netstat without -q:
//
//	Process Name : Number Of Ports Above 49151
//	===========================================
//	 LeakyService [4242] : 9190
//	**** Total local ports in use: 9231 of 16384 (56.3 %) ****
//
// and the two lines of TSS, "Total ports: 16384" and, of the rows in the range, "Ports in
// use: 7".
func (p *parser) takeUsage(text string) bool {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "Number Of Ports Above") {
		p.usage = byAddress
		if strings.HasPrefix(text, "Process Name") {
			p.usage = byProcess
		}
		return true
	}
	if strings.HasPrefix(text, "Port and Port Exhaustion Details") {
		p.total = 0
		return true
	}
	label, value, ok := cutLast(text, ":")
	n, number := integer(first(value))
	c := Count{Unit: Ports, PID: -1, Transport: "tcp", Family: "ipv4", Rows: n, AtLeast: true, Line: p.line}
	switch {
	case !ok || !number:
		if strings.Trim(text, "=") != "" {
			p.usage = noUsage
		}
		return p.usage != noUsage
	case strings.HasSuffix(label, "Total local ports in use"):
		words := strings.Fields(value)
		if len(words) > 2 && words[1] == "of" {
			c.Of, _ = integer(words[2])
		}
	case label == "Total ports":
		p.total = n
		return true
	case label == "Ports in use" && p.total > 0:
		p.add(Count{Unit: Rows, PID: -1, Rows: n, Of: p.total, Exact: true, Line: p.line, What: "rows of the dynamic range"})
		p.total = 0
		return true
	case p.usage == byAddress:
		addr, err := netip.ParseAddr(label)
		if err != nil {
			return false
		}
		c.LocalAddr = addr
	case p.usage == byProcess:
		i := strings.LastIndexByte(label, '[')
		pid, ok := pidOf(strings.TrimSuffix(label[i+1:], "]"))
		if i < 1 || !ok {
			return false
		}
		name, _, _ := strings.Cut(label[:i], " (") // its services
		c.PID, c.Image = pid, strings.Clone(strings.TrimSpace(name))
	default:
		return false
	}
	p.add(c)
	return true
}

// cutLast divides text at the last colon that a blank follows.
func cutLast(text, colon string) (label, value string, ok bool) {
	i := strings.LastIndex(text, colon+" ")
	if i < 1 {
		return "", "", false
	}
	label, value = strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
	if at := strings.Index(label, " : "); at > 0 { // a warning behind the number has a colon, too
		label, value = strings.TrimSpace(label[:at]), strings.TrimSpace(label[at+2:])
	}
	return label, value, true
}

// first is the first word of text.
func first(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}
