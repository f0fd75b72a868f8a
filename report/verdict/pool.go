package verdict

import (
	"fmt"
	"slices"

	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

// pool is the dynamic port range of one transport; IPv4 and IPv6 share it.
type pool struct {
	transport    int
	start, count int
	known        bool   // read or given, not assumed
	source       string // evidence id, or "default"
	basis        string // in words
	excluded     [][2]int
	excludedN    int
	excludedRows []string // evidence ids
}

// holds tells whether a port is one the pool can hand out.
func (p *pool) holds(port int) bool {
	if port < p.start || port >= p.start+p.count {
		return false
	}
	return !slices.ContainsFunc(p.excluded, func(x [2]int) bool { return port >= x[0] && port <= x[1] })
}

func (p *pool) capacity() int { return p.count - p.excludedN }

func (p *pool) end() int { return p.start + p.count - 1 }

func (p *pool) share(n int) float64 {
	if p.capacity() <= 0 {
		return 0
	}
	return float64(n) / float64(p.capacity())
}

// exclude takes the part of an excluded range that lies in the pool out of it.
func (p *pool) exclude(start, end int) {
	start, end = max(start, p.start), min(end, p.end())
	if start > end {
		return
	}
	p.excluded = append(p.excluded, [2]int{start, end})
	slices.SortFunc(p.excluded, func(a, b [2]int) int { return a[0] - b[0] })
	joined := p.excluded[:1]
	for _, x := range p.excluded[1:] {
		if last := &joined[len(joined)-1]; x[0] <= last[1]+1 {
			last[1] = max(last[1], x[1])
		} else {
			joined = append(joined, x)
		}
	}
	p.excluded, p.excludedN = joined, 0
	for _, x := range joined {
		p.excludedN += x[1] - x[0] + 1
	}
}

// findPools reads the ranges: the user's, the bundle's, else Windows' default,
// unless the ports the trace was given refute it.
func (c *situation) findPools() {
	for i := range c.pools {
		p := &pool{transport: i, start: defaultStart, count: defaultCount, source: "default", basis: "assumed: no range was in the bundle"}
		c.pools[i] = p
		c.readRange(p)
		if r, ok := c.opts.Ranges[transportNames[i]]; ok {
			c.giveRange(p, r)
		}
		if !p.known {
			c.inferRange(p)
		}
		for _, s := range c.sources {
			if s.host == nil {
				continue
			}
			for _, x := range s.host.Excluded {
				if x.Transport != "" && x.Transport != transportNames[i] || x.End < p.start || x.Start > p.end() {
					continue
				}
				p.exclude(x.Start, x.End)
				p.excludedRows = append(p.excludedRows, c.cite(s.excludedRow(x, i))...)
			}
		}
	}
}

// excludedRow is the evidence of a range that a transport's pool cannot hand out.
func (s *source) excludedRow(x hosttext.Excluded, transport int) report.Evidence {
	return s.row(report.Evidence{
		Kind: "host.excluded", Line: x.Line, TimePrecision: "unknown", PID: -1,
		Text:   fmt.Sprintf("%s ports %d to %d are excluded", upper(transport), x.Start, x.End),
		Fields: map[string]string{"start": fmt.Sprint(x.Start), "end": fmt.Sprint(x.End), "transport": transportNames[transport]},
	})
}

// giveRange takes the range the user gave. Its evidence is the option itself.
func (c *situation) giveRange(p *pool, r Range) {
	option := source{Source: report.Source{Path: "--range"}}
	row := option.row(report.Evidence{
		Kind: "host.range", TimePrecision: "unknown", PID: -1,
		Text:   fmt.Sprintf("dynamic %s range: %d ports from %d, given with --range", transportNames[p.transport], r.Count, r.Start),
		Fields: map[string]string{"start": fmt.Sprint(r.Start), "count": fmt.Sprint(r.Count), "family": "any"},
	})
	p.start, p.count, p.known, p.source, p.basis = r.Start, r.Count, true, row.ID, "given with --range"
	c.cite(row)
}

// readRange takes the range text of the bundle: netsh's before the templates of
// Get-NetTCPSetting, of which Internet is what Windows uses; IPv4 before IPv6,
// since the pool is one and the IPv4 command is the one the procedure asks for.
func (c *situation) readRange(p *pool) {
	for _, template := range []func(string) bool{
		func(t string) bool { return t == "" }, func(t string) bool { return t == "Internet" }, func(t string) bool { return t != "" && t != "Internet" },
	} {
		c.readRangeOf(p, template)
	}
}

func (c *situation) readRangeOf(p *pool, template func(string) bool) {
	for _, s := range c.hosts() {
		for _, r := range s.host.Ranges {
			if !template(r.Template) || r.Transport != transportNames[p.transport] || p.known && (r.Family == "ipv6" || p.start == r.Start && p.count == r.Count) {
				continue
			}
			if p.known && r.Template != "" {
				continue // each template has a range of its own
			}
			if p.known {
				c.note(s, r.Line, "range-disagrees", fmt.Sprintf("another %s range (%d ports from %d) stands in the bundle; the first is used", r.Transport, r.Count, r.Start))
				continue
			}
			row := s.row(report.Evidence{
				Kind: "host.range", Line: r.Line, TimePrecision: "unknown", PID: -1,
				Text:   fmt.Sprintf("dynamic %s range: %d ports from %d", r.Transport, r.Count, r.Start),
				Fields: map[string]string{"start": fmt.Sprint(r.Start), "count": fmt.Sprint(r.Count), "family": r.Family},
			})
			p.start, p.count, p.known, p.source, p.basis = r.Start, r.Count, true, row.ID, "read from "+s.Path
			c.cite(row)
		}
	}
}

// inferRange widens an assumed range that the trace's own ports refute.
func (c *situation) inferRange(p *pool) {
	low, high, outside := 1<<16, 0, 0
	for _, t := range c.traces {
		for port, n := range t.dynamic[p.transport].ports {
			if n == 0 {
				continue
			}
			low, high = min(low, port), max(high, port)
			if !p.holds(port) {
				outside++
			}
		}
	}
	if outside == 0 {
		return
	}
	p.start, p.count = low, high-low+1
	p.basis = fmt.Sprintf("inferred from the ports handed out in the trace (%d outside Windows' default)", outside)
}

func (c *situation) note(s *source, line int, code, text string) {
	c.diagnostics = append(c.diagnostics, report.Diagnostic{Code: code, Severity: "note", Source: s.Path, Line: line, Text: text, Count: 1})
}

// peak is the highest use of a pool that any source shows, the latest of equals.
type peak struct {
	known    bool
	used     int
	at       report.Time
	snapshot *snapshot // nil when the trace shows it
	trace    *trace
}

func (c *situation) findPeak(p *pool) peak {
	var best peak
	for _, sn := range c.snapshots {
		if sn.Failed != "" || sn.rows == 0 {
			continue
		}
		if u := sn.used[p.transport]; !best.known || u >= best.used {
			best = peak{known: true, used: u, at: sn.time, snapshot: sn}
		}
	}
	for _, t := range c.traces {
		n := 0
		for _, ports := range t.openPorts(p) {
			n += len(ports)
		}
		if t.events > 0 && n > best.used {
			best = peak{known: true, used: n, at: stamp(t.last), trace: t}
		}
	}
	return best
}

// peakRow cites what shows a peak.
func (c *situation) peakRow(pk peak) []string {
	switch {
	case pk.snapshot != nil:
		return c.cite(pk.snapshot.row())
	case pk.trace != nil:
		return c.cite(c.traceRow(pk.trace))
	}
	return nil
}

// traceRow is the evidence row that stands for a whole trace.
func (c *situation) traceRow(t *trace) report.Evidence {
	return t.source.row(report.Evidence{
		Kind: "etl.trace", Time: stamp(t.last), TimePrecision: "exact", PID: -1,
		Text: fmt.Sprintf("ports held at the end of the trace (%d port events)", t.events),
	})
}

// openPorts gives the distinct ports of the pool open at the end of the trace, by process.
func (t *trace) openPorts(p *pool) map[*process]map[uint16]struct{} {
	out := map[*process]map[uint16]struct{}{}
	for _, ep := range t.endpoints {
		if !ep.holds || ep.holdsAs != p.transport || !p.holds(int(ep.port)) {
			continue
		}
		if out[ep.process] == nil {
			out[ep.process] = map[uint16]struct{}{}
		}
		out[ep.process][ep.port] = struct{}{}
	}
	return out
}
