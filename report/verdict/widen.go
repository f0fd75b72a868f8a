package verdict

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// rangeSteps are for a pool that is small by its range or by what is excluded in it.
func (j *judgement) rangeSteps(s *steps, p *pool) {
	if p.excludedMuch() {
		j.exclusionStep(s, p)
	}
	j.widenStep(s, p)
}

// exclusionStep gives back what is excluded, by who excluded it. An administered
// exclusion is never advised to be deleted blindly.
func (j *judgement) exclusionStep(s *steps, p *pool) {
	if blocks := p.excludedBy(); len(blocks) > 0 && p.view.ExcludedPorts() != 60 {
		s.add(fmt.Sprintf("%s of the %s range are excluded in blocks of 100, as WinNAT and Hyper-V reserve them. A restart of WinNAT gives them back (containers and NAT lose their connections for a moment): net stop winnat, then net start winnat.",
			report.Counted(p.view.ExcludedPorts(), "port", "ports"), p.upper()), "net stop winnat", "range-excluded")
		return
	}
	s.add(fmt.Sprintf("%s of the %s range are excluded. Find out who excluded them: rows marked * are administered, and their owner decides.",
		report.Counted(p.view.ExcludedPorts(), "port", "ports"), p.upper()), "netsh int ipv4 show excludedportrange protocol="+p.t.String(), "range-excluded")
}

// widenStep offers a larger range as the stop-gap, with its undo: larger than the present
// one, clear of exclusions and listeners, within the limits. The offer is made only where
// the range is known.
func (j *judgement) widenStep(s *steps, p *pool) {
	if !p.known || p.source == "inferred" || p.refuted {
		return
	}
	if p.m.before(6) {
		if p.view.End() < 65534 {
			s.add(fmt.Sprintf("To buy time, raise MaxUserPort, now %d, to 65534 and restart Windows. A leak fills this range too, and firewalls between RPC servers and clients must open the new ports.", p.view.End()),
				strings.Replace(legacyQuery, "query", "add", 1)+" /v MaxUserPort /t REG_DWORD /d 65534", "range-small")
		}
		return
	}
	start, count, ok := p.wider()
	if !ok {
		return
	}
	ip := "ipv4"
	if p.family() == "ipv6" {
		ip = "ipv6"
	}
	s.add(fmt.Sprintf("To buy time, enlarge the %s range from %s to %s ports (back: start=%d num=%d). A leak fills this range too, and firewalls between RPC servers and clients must open the new ports.",
		p.kind(), report.Grouped(p.view.Count), report.Grouped(count), p.view.Start, p.view.Count),
		fmt.Sprintf("netsh int %s set dynamicport %s start=%d num=%d", ip, p.t, start, count), "range-small")
}

// wider finds a range of more ports than the present one that no listener outside of the
// present range and no exclusion touches.
func (p *pool) wider() (start, count int, ok bool) {
	offers := []facts.PortRange{{Start: facts.DefaultStart, Count: facts.DefaultCount}, {Start: 32768, Count: 32768}, {Start: 40000, Count: 25536}, {Start: 20000, Count: 45536}, {Start: 10000, Count: 55536}}
	taken := p.takenPorts()
	touched := func(from, to int) bool {
		return slices.ContainsFunc(taken, func(x [2]int) bool { return from <= to && x[0] <= to && x[1] >= from })
	}
	for _, o := range offers {
		end := o.Start + o.Count - 1
		if o.Count > p.view.Count && !touched(o.Start, min(end, p.view.Start-1)) && !touched(max(o.Start, p.view.End()+1), end) {
			return o.Start, o.Count, true
		}
	}
	return 0, 0, false
}

// takenPorts are the listeners of the tables and what is excluded, as first and last ports.
func (p *pool) takenPorts() [][2]int {
	var out [][2]int
	for _, t := range p.m.tables {
		for i := range t.Rows {
			r := &t.Rows[i]
			if r.Transport == p.t && (r.State == facts.Listening || p.t == facts.UDP && r.Remote < 0) {
				out = append(out, [2]int{int(r.Port), int(r.Port)})
			}
		}
	}
	for _, s := range p.m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Excluded {
			if x := &s.Host.Excluded[i]; x.Transport == "" || x.Transport == p.t.String() {
				out = append(out, [2]int{x.Start, x.End})
			}
		}
	}
	return out
}
