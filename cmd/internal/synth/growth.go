package synth

import (
	"cmp"
	"maps"
	"slices"
)

// leak is what one process took and did not give back.
type leak struct {
	pid   int
	n     int   // sockets, or ports from table to table
	span  ticks // from the first of them to the end
	ports bool  // the ports of them are known
	sure  bool  // a leak by any reading of the rule; else by one
}

// leaks are those of a pool, by what tells of them.
type leaks struct {
	byTrace, byTables []leak
}

const (
	leakPoints = 5
	leakSpan   = 90 * second
)

// findLeaks looks at what the trace and a series of tables tell up to their end.
func (v *view) findLeaks() leaks {
	return leaks{v.traceLeaks(v.last), v.tableLeaks(never)}
}

// traceLeaks are the processes whose sockets are opened and not given back, up to a
// time.
func (v *view) traceLeaks(end ticks) []leak {
	if !v.trace {
		return nil
	}
	kept := map[int][]*use{}
	for _, u := range v.seen {
		if u.dynamic() && u.opened+bindLeft <= end && u.closed > v.last {
			kept[u.pid] = append(kept[u.pid], u)
		}
	}
	var out []leak
	for _, pid := range slices.Sorted(maps.Keys(kept)) {
		var times []ticks
		leaking, ported := 0, true
		for _, u := range kept[pid] {
			times = append(times, u.opened)
			if u.leaks() {
				leaking++
			}
			ported = ported && v.inPool(u)
		}
		sure, perhaps := evenly(times, end)
		if perhaps {
			// What lives for a while is always there at the end, and no leak.
			sure = sure && float64(leaking) >= 0.8*float64(len(times))
			out = append(out, leak{pid, len(times), end - times[0], ported, sure && ported})
		}
	}
	return out
}

// evenly tells of growth that does not stop: five or more over a minute and a half or
// more, and in the last third at least half the mean rate.
func evenly(times []ticks, end ticks) (sure, perhaps bool) {
	n := len(times)
	if n < leakPoints {
		return false, false
	}
	whole, span := end-times[0], times[n-1]-times[0]
	late := 0
	for _, at := range times {
		if at >= end-whole/3 {
			late++
		}
	}
	due := float64(n) / 6
	sure = n >= 2*leakPoints && span >= leakSpan+2*second && float64(late) >= 1.2*due+1
	perhaps = whole >= leakSpan-2*second && float64(late) >= 0.75*due-1
	return sure, perhaps
}

// tableLeaks are the processes whose ports grow from table to table, if each value is
// taken for no more than the lowest that comes later, up to a time.
func (v *view) tableLeaks(end ticks) []leak {
	var timed []*tableFacts
	pids := map[int]bool{}
	for _, t := range v.tables {
		if t.timed && t.pids && t.at <= end && (len(timed) == 0 || timed[0].boot == t.boot) {
			timed = append(timed, t)
			for pid := range t.byPID[v.transport] {
				pids[pid] = true
			}
		}
	}
	n := len(timed)
	if n < 3 {
		return nil
	}
	slices.SortStableFunc(timed, func(a, b *tableFacts) int { return cmp.Compare(a.at, b.at) })
	var out []leak
	for _, pid := range slices.Sorted(maps.Keys(pids)) {
		low := make([]int, n)
		for k := n - 1; k >= 0; k-- {
			low[k] = timed[k].byPID[v.transport][pid]
			if k+1 < n {
				low[k] = min(low[k], low[k+1])
			}
		}
		if l, ok := steps(low, timed); ok {
			l.pid = pid
			out = append(out, l)
		}
	}
	return out
}

// steps judges the lowest later values of a process, table by table. Whether the table
// before the first rise or that of it is the first point, the rule leaves open.
func steps(low []int, timed []*tableFacts) (leak, bool) {
	n := len(low)
	first, rises := 0, 0
	for k := 1; k < n; k++ {
		if low[k] > low[k-1] {
			rises++
		}
		if low[k] == low[0] {
			first = k
		}
	}
	grown, whole := low[n-1]-low[0], timed[n-1].at-timed[first].at
	before := low[0]
	for k, t := range timed {
		if t.at <= timed[n-1].at-whole/3 {
			before = low[k]
		}
	}
	due := float64(grown) / 6
	late := float64(low[n-1] - before)
	if grown < 3 || whole < leakSpan-second || late < 0.75*due-1 {
		return leak{}, false
	}
	sure := rises >= leakPoints && grown >= 2*leakPoints && late >= 1.2*due+1 && timed[n-1].at-timed[first+1].at >= leakSpan+second
	return leak{n: grown, span: whole, ports: true, sure: sure}, true
}

// sure tells that the leaks, at the rate they were seen with, fill the pool within as
// long again, by any reading: by the trace and by the tables, where both tell of them.
func (l leaks) sure(v *view) bool {
	ahead := func(list []leak) (n int) {
		for _, x := range list {
			if x.sure {
				n += x.n
			}
		}
		return n
	}
	const clear = 1.05
	capacity := clear * float64(v.capacity)
	byTrace, byTables := ahead(l.byTrace), ahead(l.byTables)
	if !v.whole {
		byTrace = 0
	}
	if byTrace > 0 {
		held, _ := v.open(v.last)
		for _, n := range held {
			byTrace += n
		}
	}
	if byTables > 0 {
		byTables += v.tables[len(v.tables)-1].used[v.transport]
	}
	return byTrace+byTables > 0 && (byTrace == 0 || float64(byTrace) >= capacity) && (byTables == 0 || float64(byTables) >= capacity)
}

// perhaps tells the same by the most that the rules could mean.
func (l leaks) perhaps(v *view) bool {
	fastest := map[int]float64{}
	longest := ticks(0)
	for _, x := range slices.Concat(l.byTrace, l.byTables) {
		fastest[x.pid] = max(fastest[x.pid], float64(x.n)/float64(max(x.span, 1)))
		longest = max(longest, x.span)
	}
	rate := 0.0
	for _, pid := range slices.Sorted(maps.Keys(fastest)) {
		rate += fastest[pid]
	}
	_, atAll, _ := v.used()
	const clear = 0.95
	return rate > 0 && float64(atAll)+rate*float64(longest) >= clear*float64(v.capacity)
}

// leaking tells whether a process leaks up to a time, by any reading and by one.
func (v *view) leaking(pid int, end ticks) (sure, perhaps bool) {
	for _, x := range slices.Concat(v.traceLeaks(min(end, v.last)), v.tableLeaks(end)) {
		if x.pid == pid {
			sure, perhaps = sure || x.sure, true
		}
	}
	return sure, perhaps
}
