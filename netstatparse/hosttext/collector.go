package hosttext

import (
	"strings"
	"time"
)

// takeCollected reads the range in the reports of two support collectors: TSS writes
// "Start port: 49152" and "End port: 65535", SDP's PortUsage "Start Port : 49152
// (default is 49152)" and "Number of Ports : 16384 (default is 16384)".
func (p *parser) takeCollected() bool {
	name, value, ok := strings.Cut(p.text, ":")
	if !ok || !holds(name, "port") {
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

// takeTSS reads the head of a TSS log, whose lines begin with the wall time:
//
//	20220105 11:11:12.345 TimeUTC:           2022-01-05_10:11:12 [TZ: (UTC+01:00) Berlin]
//
// The two times give the offset in force, which the name of a zone does not.
func (p *parser) takeTSS() bool {
	const wall, utc = "20060102 15:04:05.000", "2006-01-02_15:04:05"
	if len(p.text) < len(wall)+8 || p.text[8] != ' ' || p.text[17] != '.' {
		return false
	}
	local, err := time.Parse(wall, p.text[:len(wall)])
	if err != nil {
		return false
	}
	name, value, ok := strings.Cut(p.text[len(wall):], ": ")
	if !ok {
		return false
	}
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(name) {
	case "TimeUTC":
		at, zone, _ := strings.Cut(value, " [TZ: ")
		universal, err := time.Parse(utc, at)
		if off := local.Sub(universal).Round(15 * time.Minute); err == nil && off.Abs() <= 15*time.Hour {
			h := p.machine()
			h.InForce, h.At = &off, local
			h.zone(strings.TrimSuffix(zone, "]"))
		}
	case "Computer":
		computer, _, _ := strings.Cut(value, " - User")
		p.machine().Name = strings.Clone(computer)
	case "OS Version":
		if parts := strings.SplitN(value, ".", 4); len(parts) >= 3 && digitsOnly(parts[2]) {
			h := p.machine()
			h.Version, h.Build = strings.Clone(strings.Join(parts[:3], ".")), number5(parts[2])
		}
	default:
		return false
	}
	return true
}

// machine is the host that a TSS log tells of.
func (p *parser) machine() *Host {
	if p.facts.Host == nil {
		p.facts.Host = &Host{Line: p.line}
	}
	return p.facts.Host
}
