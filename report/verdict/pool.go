package verdict

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// pool is the dynamic port range of one machine and transport, and of one family where
// the ranges differ, with all that is judged of it.
type pool struct {
	m     *machine
	t     facts.Transport
	view  facts.View
	index int  // of the view among those that ports were counted by, -1
	alone bool // it is of one family
	twin  *pool

	known   bool   // read, given or inferred, not assumed
	refuted bool   // ports outside the assumed range are in use: no share is told
	told    *told  // the text that tells the range, nil without one
	source  string // evidence id, "option", "default" or "inferred"
	basis   string

	excludedRows []report.Evidence
	episodes     []*episode
	again        *again // after the last of them
	leaks        []leak
	stuck        *stuck
	notFreeIn    map[*facts.Table]int        // made when first asked for
	hangs        map[report.Time][]time.Time // likewise: when ports hung first, by start of Windows
	peak         instant                     // the fullest

	outcome    report.Outcome
	confidence report.Confidence
	reasons    []string
	cause      report.Cause
	also       []report.Cause // others that hold
	books      books
	holders    []*holder // at the fullest instant
	forecast   *report.Forecast
	pressure   string // why likely
	contrary   string // why not exhausted
	unclear    []string
}

// told is a range that a text states.
type told struct {
	start, count int
	family       string
	row          report.Evidence
	path         string
}

func (p *pool) capacity() int { return p.view.Capacity() }

func (p *pool) share(n int) float64 {
	if p.capacity() <= 0 {
		return 0
	}
	return float64(n) / float64(p.capacity())
}

// upper is the transport in capitals.
func (p *pool) upper() string { return strings.ToUpper(p.t.String()) }

// kind names the pool without its range: "TCP", "UDP over IPv6".
func (p *pool) kind() string {
	switch p.family() {
	case "ipv4":
		return p.upper() + " over IPv4"
	case "ipv6":
		return p.upper() + " over IPv6"
	}
	return p.upper()
}

// ports names the pool as a sentence needs it: "TCP ports 49152-65535".
func (p *pool) ports() string {
	if p.refuted {
		return p.kind() + " dynamic ports"
	}
	if p.alone {
		return fmt.Sprintf("%s ports %d-%d (%s)", p.upper(), p.view.Start, p.view.End(), map[string]string{"ipv4": "IPv4", "ipv6": "IPv6"}[p.family()])
	}
	return fmt.Sprintf("%s ports %d-%d", p.upper(), p.view.Start, p.view.End())
}

func (p *pool) family() string {
	switch {
	case !p.alone:
		return "any"
	case p.view.Families == facts.IPv6:
		return "ipv6"
	}
	return "ipv4"
}

// fam is the index of the pool's families in the tables of a trace.
func (p *pool) fam() int {
	if !p.alone {
		return 0
	}
	return map[facts.Families]int{facts.IPv4: 1, facts.IPv6: 2}[p.view.Families]
}

// has tells that an endpoint of a trace counts in the pool.
func (p *pool) has(h *facts.Hold) bool {
	fam := facts.IPv4
	if h.V6 {
		fam = facts.IPv6
	}
	return h.Transport == p.t && p.view.Families&fam != 0 && p.view.Holds(int(h.Port))
}

// findPools makes the pools of a machine: one a transport, or one a family where the
// texts tell ranges that differ.
func (j *judgement) findPools(m *machine) {
	for _, t := range []facts.Transport{facts.TCP, facts.UDP} {
		if r, ok := j.c.Options.Ranges[t.String()]; ok {
			p := j.newPool(m, t, facts.AnyFamily)
			row := facts.OptionRow(t.String(), r)
			p.view.Start, p.view.Count = r.Start, r.Count
			p.told = &told{r.Start, r.Count, "", row, row.Source}
			p.known, p.source, p.basis = true, "option", "given with --range"
			j.cite(row)
			j.settleRange(p)
			continue
		}
		v4, v6 := j.toldRange(m, t, "ipv4"), j.toldRange(m, t, "ipv6")
		if v4 == nil || v6 == nil || v4.start == v6.start && v4.count == v6.count {
			j.readRange(j.newPool(m, t, facts.AnyFamily), cmp.Or(v4, v6))
			continue
		}
		a, b := j.newPool(m, t, facts.IPv4), j.newPool(m, t, facts.IPv6)
		a.alone, b.alone, a.twin, b.twin = true, true, b, a
		j.readRange(a, v4)
		j.readRange(b, v6)
	}
}

func (j *judgement) newPool(m *machine, t facts.Transport, fams facts.Families) *pool {
	p := &pool{
		m: m, t: t, source: "default", basis: "no range in the bundle: Windows' default, assumed",
		view: facts.View{Transport: t, Families: fams, Start: facts.DefaultStart, Count: facts.DefaultCount},
	}
	if m.before(6) {
		p.view.Start, p.view.Count = legacyStart, legacyEnd-legacyStart+1
		p.basis = "no MaxUserPort in the bundle: the range of Windows Server 2003 and XP, assumed"
	}
	m.pools = append(m.pools, p)
	return p
}

func (j *judgement) readRange(p *pool, from *told) {
	if from != nil {
		p.view.Start, p.view.Count = from.start, from.count
		p.known, p.told, p.source, p.basis = true, from, from.row.ID, "read from "+from.path
		j.cite(from.row)
	}
	j.settleRange(p)
}

// toldRange is the range that the machine's texts tell of a transport and family, nil
// when none does. netsh goes before the templates of Get-NetTCPSetting, of which Internet
// is the one that Windows uses. In one text the last statement counts: a transcript shows
// the range, changes it and shows it again. A range without a family is of both. Of several
// texts the first by its path counts, unless the connections of the tables leave from the
// range of another.
func (j *judgement) toldRange(m *machine, t facts.Transport, family string) *told {
	for _, template := range []func(string) bool{
		func(s string) bool { return s == "" }, func(s string) bool { return s == "Internet" }, func(s string) bool { return s != "" && s != "Internet" },
	} {
		var best *told
		for _, s := range m.texts {
			if s.Host == nil {
				continue
			}
			var here, any *told
			for i := range s.Host.Ranges {
				r := &s.Host.Ranges[i]
				if r.Transport != t.String() || !template(r.Template) {
					continue
				}
				x := &told{r.Start, r.Count, r.Family, s.RangeRow(r), s.Path}
				switch r.Family {
				case family:
					here = x
				case "ipv4", "ipv6":
				default:
					any = x
				}
			}
			here = cmp.Or(here, any)
			switch {
			case here == nil:
			case best == nil || best.family != family && here.family == family:
				best = here
			case best.start != here.start || best.count != here.count:
				if best.family == here.family && m.clientsIn(t, here)-m.clientsIn(t, best) >= refutedBy {
					best, here = here, best
				}
				j.note(s, here.row.Line, "range-disagrees", fmt.Sprintf("another %s range (%d ports from %d) stands in the bundle; that of %s is used", t, here.count, here.start, best.path))
			}
		}
		if best != nil {
			return best
		}
	}
	return m.legacyRange()
}

// The range of Windows Server 2003 and XP, which MaxUserPort moves the end of.
const legacyStart, legacyEnd = 1025, 5000

// legacyRange is the range that MaxUserPort sets on a Windows that reads it, nil where it
// does not or is not told.
func (m *machine) legacyRange() *told {
	if !m.before(6) {
		return nil
	}
	for _, s := range m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Registry {
			if r := &s.Host.Registry[i]; strings.EqualFold(r.Name, "MaxUserPort") && r.Value >= legacyEnd && r.Value <= 65534 {
				return &told{legacyStart, int(r.Value) - legacyStart + 1, "", s.RegistryRow(r), s.Path}
			}
		}
	}
	return nil
}

// settleRange lets the ports in use refute the range, and takes out what is excluded.
func (j *judgement) settleRange(p *pool) {
	if !p.inferRange() && !p.known {
		p.refuteByTables()
	}
	var ranges [][2]int
	for _, s := range p.m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Excluded {
			x := &s.Host.Excluded[i]
			if x.Transport != "" && x.Transport != p.t.String() || x.End < p.view.Start || x.Start > p.view.End() {
				continue
			}
			ranges = append(ranges, [2]int{x.Start, x.End})
			p.excludedRows = append(p.excludedRows, s.ExcludedRow(x, p.t))
		}
	}
	p.view.Exclude(ranges)
	p.index = j.c.ViewIndex(&p.view)
}

// inferRange takes the range from the dynamic ports that traces show, where they lie
// outside the one told or assumed. It tells whether the range was refuted.
func (p *pool) inferRange() bool {
	low, high, outside, inDefault := math.MaxUint16, 0, 0, true
	seen, lossy := 0, false
	for _, t := range p.m.traces {
		lossy = lossy || t.Lost.Any() || t.Lost.Wrapped || t.Damaged
		for port, n := range t.Dynamic[p.t][p.fam()].Ports {
			if n == 0 {
				continue
			}
			seen++
			low, high = min(low, port), max(high, port)
			if port < p.view.Start || port > p.view.End() {
				outside++
			}
			inDefault = inDefault && port >= facts.DefaultStart
		}
	}
	if outside == 0 || lossy && float64(outside) < refutedLossy*float64(seen) {
		return false
	}
	was := "the range told (" + fmt.Sprintf("%d-%d", p.view.Start, p.view.End()) + ")"
	if !p.known {
		was = "Windows' default"
	}
	why := fmt.Sprintf("%s handed out in the trace lie outside %s", report.Counted(outside, "port", "ports"), was)
	span := high - low + 1
	switch {
	case span >= rangeLeast && float64(p.inUseRefused(low, high)) >= spanFull*float64(span):
		p.view.Start, p.view.Count = low, span
		p.known, p.source, p.basis = true, "inferred", "inferred from the dynamic ports in use while attempts were refused: "+why
	case inDefault:
		p.view.Start, p.view.Count = facts.DefaultStart, facts.DefaultCount
		p.known, p.source, p.basis = false, "inferred", why+"; all of them lie in Windows' default, which is assumed"
	default:
		p.view.Start, p.view.Count = facts.DefaultStart, facts.DefaultCount
		p.known, p.refuted, p.source, p.basis = false, true, "default", "refuted: "+why+", and the range in force is not known"
	}
	return true
}

// inUseRefused is the most distinct ports of a span that were in use at a last refusal.
func (p *pool) inUseRefused(low, high int) int {
	most := 0
	for _, t := range p.m.traces {
		for _, w := range t.Runs[p.t][0].List {
			seen := map[uint16]bool{}
			for i := range w.Holds {
				h := &w.Holds[i]
				fam := facts.IPv4
				if h.V6 {
					fam = facts.IPv6
				}
				if p.view.Families&fam != 0 && int(h.Port) >= low && int(h.Port) <= high {
					seen[h.Port] = true
				}
			}
			most = max(most, len(seen))
		}
	}
	return most
}

// refuteByTables tells that an assumed range cannot be the one in force: a table shows
// many client-side ports outside it.
func (p *pool) refuteByTables() {
	for _, t := range p.m.tables {
		if t.Rows == nil {
			continue
		}
		if n := p.clientsOutside(t); n >= refutedBy {
			p.refuted = true
			p.basis = fmt.Sprintf("refuted: %s shows %s connections made from ports outside Windows' default, which was assumed; the range in force is not known", t.Source.Path, report.Grouped(n))
			return
		}
	}
}

// clientsOutside counts the distinct ports outside the pool's range from which a table
// shows connections made by this machine.
func (p *pool) clientsOutside(t *facts.Table) int {
	return len(clientPorts(t, p.t, func(port int) bool { return port < p.view.Start || port > p.view.End() }))
}

// clientsIn is the most distinct ports of a range from which a table shows connections made
// by the machine.
func (m *machine) clientsIn(t facts.Transport, x *told) int {
	most := 0
	for _, table := range m.tables {
		most = max(most, len(clientPorts(table, t, func(port int) bool { return port >= x.start && port < x.start+x.count })))
	}
	return most
}

// clientPorts are the ports, of those asked for, from which a table shows connections made
// by its machine.
func clientPorts(t *facts.Table, of facts.Transport, wanted func(port int) bool) map[uint16]bool {
	server := listening(t)
	seen := map[uint16]bool{}
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Transport == of && r.Remote >= 0 && r.Port > 0 && !server[r.Port] && wanted(int(r.Port)) {
			seen[r.Port] = true
		}
	}
	return seen
}

// listening are the TCP ports of a table that have a listener.
func listening(t *facts.Table) map[uint16]bool {
	out := map[uint16]bool{}
	for i := range t.Rows {
		if r := &t.Rows[i]; r.Transport == facts.TCP && r.State == facts.Listening {
			out[r.Port] = true
		}
	}
	return out
}
