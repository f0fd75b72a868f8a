package synth

import (
	"cmp"
	"slices"
)

// view is what the files tell of one pool.
type view struct {
	host      *host
	transport int
	capacity  int
	ranged    bool       // the range is told, or is the one that is assumed
	trace     bool       // there is a trace
	whole     bool       // and nothing of it was lost
	first     ticks      // event of the trace
	last      ticks      // event of it
	refusals  []*attempt // that the trace tells, for want of a port, in time order
	stated    bool       // and one with that status for a stated port
	given     []ticks    // dynamic binds that succeeded, in time order
	seen      []*use     // whose bind the trace tells, by when they were opened
	tables    []*tableFacts
	records   []ticks // 4231 or 4266
	reused    []ticks // 4227, for TCP
	stuck     []stuckPort
	peak      peak
}

const (
	bindLeft     = 120 * microsecond // from a bind to the record of its end
	driverBefore = 10 * microsecond  // from the driver's record of a refusal to that of AFD
)

func newView(h *host, transport int, told []*attempt) *view {
	r := h.recipe
	v := &view{host: h, transport: transport, capacity: h.pools[transport].capacity}
	p := []*Range{&r.TCP, &r.UDP}[transport]
	v.ranged = r.Texts.Range != "" && (len(p.Excluded) == 0 || r.Texts.Excluded != "") || p.Start == 49152 && p.Count == 16384 && len(p.Excluded) == 0
	v.trace = r.Trace != nil && len(h.trace.done) > 0
	if v.trace {
		v.fromTrace(told)
	}
	v.stuck = v.stuckPorts()
	for k := range h.truth.tables {
		v.tables = append(v.tables, &h.truth.tables[k])
	}
	if r.Log != nil {
		for _, e := range h.log.entries {
			switch {
			case e.record.Provider != "Tcpip":
			case e.record.ID == []uint16{4231, 4266}[transport]:
				v.records = append(v.records, e.at)
			case e.record.ID == 4227 && transport == tcp:
				v.reused = append(v.reused, e.at)
			}
		}
	}
	return v
}

func (v *view) fromTrace(told []*attempt) {
	v.whole = v.host.trace.complete()
	v.first, v.last = never, 0
	for _, b := range v.host.trace.done {
		v.first, v.last = min(v.first, b.first), max(v.last, b.last)
	}
	for _, a := range told {
		switch {
		case a.transport != v.transport || a.status != tooMany:
		case a.stated:
			v.stated = true
		default:
			v.refusals = append(v.refusals, a)
		}
	}
	slices.SortStableFunc(v.refusals, func(a, b *attempt) int { return cmp.Compare(a.at, b.at) })
	for _, u := range v.host.truth.uses {
		if u.transport != v.transport || !u.seen {
			continue
		}
		v.seen = append(v.seen, u)
		if u.told() && u.dynamic() {
			v.given = append(v.given, u.opened+bindLeft)
		}
	}
	v.peak = v.most()
}

// inPool tells that a use takes a port of the pool, and which it is the trace tells.
func (v *view) inPool(u *use) bool { return u.told() && v.host.pools[v.transport].dynamic[u.port] }

// open is what the trace tells to be open at a time, by PID. A close that is under way
// may be counted or not: those are in closing.
func (v *view) open(at ticks) (byPID, closing map[int]int) {
	byPID, closing = map[int]int{}, map[int]int{}
	for _, u := range v.seen {
		switch {
		case !v.inPool(u) || u.opened > at || u.closed+millisecond <= at:
		case u.opened+bindLeft > at || u.closed <= at:
			closing[u.pid]++
		default:
			byPID[u.pid]++
		}
	}
	return byPID, closing
}

// peak is the most ports the trace tells to be open at one time.
type peak struct {
	at    ticks
	ports int // surely
	atAll int // if closes that were under way count
}

// most finds the peak; of equal ones the last.
func (v *view) most() peak {
	type step struct {
		at ticks
		n  int
	}
	count := func(from, to ticks) (out peak) {
		var steps []step
		for _, u := range v.seen {
			if v.inPool(u) {
				steps = append(steps, step{u.opened + from, 1})
				if u.closed != never {
					steps = append(steps, step{u.closed + to, -1})
				}
			}
		}
		slices.SortStableFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.n, b.n)) })
		n := 0
		for _, s := range steps {
			if n += s.n; n >= out.ports {
				out = peak{at: s.at, ports: n}
			}
		}
		return out
	}
	out := count(bindLeft, 0)
	out.atAll = count(0, millisecond).ports
	return out
}

// used is the most ports that the files show in use at one time: surely, and if closes
// that were under way count.
func (v *view) used() (sure, atAll int, known bool) {
	known = v.trace && len(v.given) > 0
	if atAll = v.peak.atAll; v.whole { // else it may be of what is lost
		sure = v.peak.ports
	}
	stuck := v.mostStuck()
	if stuck > 0 {
		// What else is in use is beside them.
		known, atAll = true, max(atAll+stuck, stuck)
		sure = max(sure, stuck)
	}
	for _, t := range v.tables {
		known = true
		sure, atAll = max(sure, t.used[v.transport]), max(atAll, min(v.capacity, t.used[v.transport]+stuck))
	}
	return sure, atAll, known
}

// ever is the most ports a process of this pool had at one time, whoever saw it.
func (v *view) ever() map[int]int {
	type step struct {
		at  ticks
		pid int
		n   int
	}
	var steps []step
	for _, u := range v.host.truth.uses {
		if u.transport != v.transport || u.port == 0 || !v.host.pools[v.transport].dynamic[u.port] {
			continue
		}
		steps = append(steps, step{u.chosen, u.pid, 1})
		if u.closed != never {
			steps = append(steps, step{u.closed + millisecond, u.pid, -1})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.n, a.n)) })
	now, most := map[int]int{}, map[int]int{}
	for _, s := range steps {
		now[s.pid] += s.n
		most[s.pid] = max(most[s.pid], now[s.pid])
	}
	return most
}

// succeeded tells of a dynamic bind between two times, and of the first of them.
func (v *view) succeeded(after, before ticks) (ticks, bool) {
	at, _ := slices.BinarySearch(v.given, after+1)
	if at < len(v.given) && v.given[at] < before {
		return v.given[at], true
	}
	return 0, false
}

// restarted tells of a restart between two times.
func (v *view) restarted(after, before ticks) (ticks, bool) {
	at := ticksOf(v.host.recipe.Restart) + downFor
	return at, v.host.recipe.Restart > 0 && at > after && at <= before
}

// relieved is the first complete table between two times that shows less than 95 % in
// use.
func (v *view) relieved(after, before ticks) (ticks, bool) {
	for _, t := range v.tables {
		if t.timed && t.complete && v.ranged && t.at > after && t.at < before && float64(v.notFree(t)) < full*float64(v.capacity) {
			return t.at, true
		}
	}
	return 0, false
}
