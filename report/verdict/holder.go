package verdict

import (
	"cmp"
	"math"
	"slices"

	"portverdict/report"
)

// findHolders lists who held ports of one pool, most first: from the latest
// snapshot that names PIDs, else from what the trace left open.
func (c *situation) findHolders(i int) []report.Holder {
	p := c.pools[i]
	byPID := map[int]*report.Holder{}
	var out []*report.Holder
	traced := c.tracedHolders(p)
	if sn := c.telling(i); sn != nil {
		for _, pid := range sortedKeys(sn.detail[i].byPID) {
			h := sn.detail[i].byPID[pid]
			hold := &report.Holder{
				PID: pid, Ports: len(h.ports), OrphanBound: h.orphanBound, TimeWait: h.timeWait, CloseWait: h.closeWait,
				Basis: "snapshot", Confidence: report.Moderate, Evidence: c.cite(c.holdRow(sn, pid, h)),
				GrowthPerMinute: round(c.growth(i, pid), 1),
			}
			if c.seesBound(sn) && !sn.Truncated {
				hold.Confidence = report.Strong
			}
			byPID[pid] = hold
			out = append(out, hold)
		}
		for i := range mergeTraced(byPID, traced) {
			// Who holds much by the trace and nothing by the table is shown as well.
			if t := &traced[i]; p.share(t.Ports) >= boundLeakShare {
				out = append(out, t)
			}
		}
	} else {
		for n := range traced {
			out = append(out, &traced[n])
		}
	}
	result := make([]report.Holder, 0, len(out))
	for _, h := range out {
		h.Image, h.Services = c.image(h.PID, parseKey(h.ProcessKey)), c.services(h.PID)
		h.Share = round(p.share(h.Ports), 3)
		h.Evidence = unique(append(h.Evidence, c.nameRow(h.PID)...))
		result = append(result, *h)
	}
	slices.SortFunc(result, func(a, b report.Holder) int {
		return cmp.Or(b.Ports-a.Ports, a.PID-b.PID, compareText(a.ProcessKey, b.ProcessKey))
	})
	return result[:min(len(result), holdersShown)]
}

// mergeTraced adds to the snapshot's holders what the trace says of them, and gives
// those of the trace that the snapshot does not have, by index.
func mergeTraced(byPID map[int]*report.Holder, traced []report.Holder) map[int]bool {
	alone := map[int]bool{}
	for i, t := range traced {
		h := byPID[t.PID]
		if h == nil {
			alone[i] = true
			continue
		}
		h.Basis, h.ProcessKey, h.Confidence = "both", t.ProcessKey, report.Strong
		if h.GrowthPerMinute == 0 {
			h.GrowthPerMinute = t.GrowthPerMinute
		}
		h.Evidence = append(h.Evidence, t.Evidence...)
	}
	return alone
}

// tracedHolders are the processes with dynamic ports open at the end of the last trace.
func (c *situation) tracedHolders(p *pool) []report.Holder {
	var out []report.Holder
	for n, t := range slices.Backward(c.traces) {
		if t.events == 0 {
			continue
		}
		until := t.last
		if w := c.traces[n].witness[p.transport].windows; len(w) > 0 {
			until = w[0].from
		}
		row := c.traceRow(t)
		open := t.openPorts(p)
		for _, proc := range t.all {
			ports := open[proc]
			if len(ports) == 0 {
				continue
			}
			out = append(out, report.Holder{
				PID: proc.pid, ProcessKey: hex64(proc.key), Ports: len(ports), Basis: "trace", Confidence: report.Moderate,
				GrowthPerMinute: round(proc.series.slope(until), 1), Evidence: c.cite(row),
			})
		}
		break
	}
	return out
}

// telling gives the latest snapshot that names PIDs; one with BOUND rows (-q)
// is preferred among the tables of one file that are not a series.
func (c *situation) telling(i int) *snapshot {
	var best *snapshot
	for _, sn := range c.snapshots {
		if sn.detail == nil || !sn.names() || len(sn.detail[i].byPID) == 0 {
			continue
		}
		if best != nil && best.HasBound && !sn.HasBound && sn.source == best.source && best.sameMoment(sn) {
			continue
		}
		best = sn
	}
	return best
}

func (c *situation) holdRow(sn *snapshot, pid int, h *held) report.Evidence {
	return sn.source.row(report.Evidence{
		Kind: "netstat.holder", Line: h.line, Time: sn.time, TimePrecision: precision(sn.time), PID: pid,
		Text:   number(len(h.ports), "dynamic port") + " in the table that starts at line " + plain(sn.Line),
		Fields: map[string]string{"ports": plain(len(h.ports)), "orphan_bound": plain(h.orphanBound), "close_wait": plain(h.closeWait)},
	})
}

func precision(t report.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return "exact"
}

// growth is the Theil-Sen slope of a PID's ports over the timed snapshots, up
// to the first in which the pool is full.
func (c *situation) growth(i, pid int) float64 {
	s := c.growthSeries(i, pid)
	if len(s.points) < 3 {
		return 0
	}
	return s.slope(s.points[len(s.points)-1].at)
}

// growthSeries are the ports of a PID over the tables until the pool is full, since
// a full pool does not grow.
func (c *situation) growthSeries(i, pid int) series { return c.portsOverTables(i, pid, poolFull) }

// portsOverTables are the ports of a PID over the tables, evenly thinned, up to the
// first that shows a share of the pool in use.
func (c *situation) portsOverTables(i, pid int, until float64) series {
	var all []point
	p := c.pools[i]
	at := map[*source]int{} // how far the source's counts are read
	for _, sn := range c.snapshots {
		if sn.time.IsZero() || !sn.names() {
			continue
		}
		counts := sn.source.tables.growth[i][pid]
		next := at[sn.source]
		for next < len(counts) && int(counts[next].order) < sn.order {
			next++
		}
		n := 0
		if next < len(counts) && int(counts[next].order) == sn.order {
			n = int(counts[next].ports)
		}
		at[sn.source] = next
		all = append(all, point{fileTime(sn.time.Time), n})
		if p.share(sn.used[i]) >= until {
			break
		}
	}
	return thinned(all)
}

// thinned keeps at most maxSeriesPoints, the last among them.
func thinned(all []point) (s series) {
	if len(all) <= maxSeriesPoints {
		s.points = all
		return s
	}
	for i := range maxSeriesPoints {
		s.points = append(s.points, all[i*(len(all)-1)/(maxSeriesPoints-1)])
	}
	return s
}

// victims are the processes whose attempts were refused, most first.
func (c *situation) victims() []report.Victim {
	type key struct {
		pid int
		key uint64
	}
	found := map[key]*report.Victim{}
	for _, t := range c.traces {
		for _, p := range t.all {
			for _, fc := range p.failures {
				if fc.count == 0 {
					continue
				}
				k := key{pid: p.pid}
				if p.pid < 0 {
					k.key = p.key
				}
				v := found[k]
				if v == nil {
					v = &report.Victim{
						PID: p.pid, Image: c.image(p.pid, p.key), Services: c.services(p.pid), First: stamp(fc.first), Last: stamp(fc.last),
						Evidence: []string{},
					}
					found[k] = v
				}
				v.Failures += fc.count
				v.Endpoints += fc.endpoints
				v.First = earlier(v.First, stamp(fc.first))
				v.Last = later(v.Last, stamp(fc.last))
				v.Evidence = unique(append(v.Evidence, c.cite(ends(p.group(), &t.bindSeen, &t.connSeen)...)...))
			}
		}
	}
	out := make([]report.Victim, 0, len(found))
	for _, v := range found {
		v.Evidence = unique(append(v.Evidence, c.nameRow(v.PID)...))
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b report.Victim) int {
		return cmp.Or(b.Failures-a.Failures, a.PID-b.PID, compareText(a.Image, b.Image))
	})
	return out
}

func unique(in []string) []string {
	slices.Sort(in)
	return slices.Compact(in)
}

func earlier(a, b report.Time) report.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a.Time) {
		return b
	}
	return a
}

func later(a, b report.Time) report.Time {
	if b.After(a.Time) {
		return b
	}
	return a
}

func round(v float64, digits int) float64 {
	f := math.Pow10(digits)
	return math.Round(v*f) / f
}
