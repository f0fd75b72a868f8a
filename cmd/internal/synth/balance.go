package synth

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// balance is where the ports of a pool were at one time, by one of the inputs.
type balance struct {
	at          ticks
	basis       string // "table", "trace", "stuck-closes" or "none"
	distance    ticks  // less the nearest moment of the episode; negative before it
	capacity    int
	holders     int
	stuck       int
	waiting     int
	unaccounted int
	free        int
	byPID       map[int]int
	closing     map[int]int // of a trace: those that may count too
	table       *tableFacts
	sure        bool // no rule could mean another
}

// byTable is the balance that a table gives. In an episode nothing is free, and what
// the table shows so was used by nobody known.
func (v *view) byTable(t *tableFacts, inEpisode bool) balance {
	b := balance{at: t.at, basis: "table", capacity: v.capacity, holders: t.held[v.transport], waiting: t.waiting[v.transport], byPID: t.byPID[v.transport], table: t}
	if rest := v.capacity - b.holders - b.waiting; t.complete && !inEpisode {
		b.free = v.capacity - t.used[v.transport]
		b.unaccounted = rest - b.free
	} else {
		b.unaccounted = rest
	}
	return b
}

// byTrace is the balance by the sockets that the trace tells to be open.
func (v *view) byTrace(at ticks) balance {
	b := balance{at: at, basis: "trace", capacity: v.capacity}
	b.byPID, b.closing = v.open(at)
	for _, n := range b.byPID {
		b.holders += n
	}
	b.unaccounted = v.capacity - b.holders
	return b
}

// distanceTo is how far a time is from an episode, negative before it.
func (e *episode) distanceTo(at ticks) ticks {
	switch {
	case at < e.from:
		return at - e.from
	case at > e.to:
		return at - e.to
	}
	return 0
}

func abs(t ticks) ticks { return max(t, -t) }

// nearTable is the nearest table in an episode or within five minutes of it, with
// neither a restart nor a recovery between; of equals the earlier. It is not sure where
// the table itself could be called the recovery, or the machine was well between a table
// and the episode.
func (v *view) nearTable(e *episode) (found *tableFacts, sure bool) {
	sure = true
	for _, t := range v.tables {
		d := e.distanceTo(t.at)
		if !t.timed || abs(d) > near5m {
			continue
		}
		from, to := min(t.at, e.to), max(t.at, e.from)
		if d == 0 {
			from, to = 0, 0
		}
		if _, restarted := v.restarted(from, to); restarted {
			continue
		}
		healthy := d != 0 && v.recovered(min(t.at, e.to), max(t.at, e.from))
		if d > 0 && healthy {
			continue
		}
		itself := d > 0 && t.complete && float64(v.notFree(t)) < full*float64(v.capacity)
		if found == nil || abs(d) < abs(e.distanceTo(found.at)) {
			found, sure = t, !itself && !healthy && abs(d) < near5m-second
		}
	}
	return found, sure
}

// books give the balance of an episode: the first of the inputs, best first, that leaves
// less than a tenth unaccounted, else the one that leaves least.
func (j *judge) books(i int, e *episode) balance {
	v := j.views[i]
	sure := v.ranged && (!v.trace || v.whole) && !j.damaged && !e.unsure && v.stuckAt(e.from) == v.stuckAt(e.to+near5m)
	var known []balance
	if len(e.refusals) > 0 && v.trace {
		known = append(known, v.withStuck(v.byTrace(v.lastRefusal(e))))
	}
	if v.stuckAt(e.from) > 0 {
		known = append(known, v.byStuck(e.from))
	}
	best := v.pick(known)
	table, certain := v.nearTable(e)
	if n := len(e.refusals); n > 0 { // it may be measured without the records before and after
		narrow, _ := v.nearTable(&episode{from: e.refusals[0].at, to: e.refusals[n-1].at})
		certain = certain && narrow == table
	}
	if table != nil {
		b := v.withStuck(v.byTable(table, true))
		b.distance = e.distanceTo(table.at)
		without := best
		best = v.pick(slices.Insert(known, 0, b))
		sure = sure && (certain || best.basis == without.basis)
	}
	best.sure = sure
	if best.tenth() {
		return best
	}
	// What is farther off or without a time could leave less, less what is volatile in it.
	for _, t := range v.tables {
		if far := v.byTable(t, true); t != table && far.unaccounted < best.unaccounted {
			best.sure = false
		}
	}
	if v.trace && (len(e.refusals) == 0 || v.byTrace(v.last).unaccounted < best.unaccounted) {
		best.sure = false
	}
	return best
}

// pick gives the first that leaves less than a tenth unaccounted, else the one that
// leaves least.
func (v *view) pick(known []balance) balance {
	best := balance{basis: "none", capacity: v.capacity, unaccounted: v.capacity}
	for _, b := range known {
		if b.tenth() {
			return b
		}
		if b.unaccounted < best.unaccounted {
			best = b
		}
	}
	return best
}

// tenth tells that a balance leaves less than a tenth unaccounted.
func (b *balance) tenth() bool { return 10*b.unaccounted < b.capacity }

// claim is what a process, or all of one image together, hold.
type claim struct {
	pid, instances int
	image          string
	ports          int
	most           int // if closes that were under way count
	member         bool
}

// claims are those of a balance, the largest first. Processes of one image of which none
// has half of their ports are one together, where the files tell their images; svchost is
// never.
func (h *host) claims(b balance) []claim {
	var out []claim
	images := map[string]int{}
	for _, pid := range slices.Sorted(maps.Keys(b.byPID)) {
		c := claim{pid: pid, instances: 1, image: h.image(pid), ports: b.byPID[pid], most: b.byPID[pid] + b.closing[pid]}
		if out = append(out, c); h.recipe.namesImages() {
			images[c.image] += c.ports
		}
	}
	for _, image := range slices.Sorted(maps.Keys(images)) {
		sum := claim{image: image}
		largest := 0
		for _, c := range out {
			if c.pid != 0 && c.image == image {
				sum.instances++
				sum.ports += c.ports
				sum.most += c.most
				largest = max(largest, c.ports)
			}
		}
		if sum.instances < 2 || 2*largest >= sum.ports || image == "svchost.exe" {
			continue
		}
		for k := range out {
			out[k].member = out[k].member || out[k].image == image
		}
		out = append(out, sum)
	}
	slices.SortStableFunc(out, func(a, b claim) int { return cmp.Or(b.ports-a.ports, cmp.Compare(a.pid, b.pid)) })
	return out
}

// namesImages tells that some file says what the processes are called.
func (r *Recipe) namesImages() bool {
	return r.Texts.Tasklist != "" || r.Trace != nil && r.Trace.Names || slices.ContainsFunc(r.Tables, func(t Table) bool { return strings.Contains(t.Flags, "b") })
}

// nameable tells who is the holder by a balance, and who may be called so: one who has
// more than anybody else, than what waits and what is unaccounted, and a quarter of the
// pool; a second with half as much may be told beside it.
func (h *host) nameable(b balance) (named *claim, may []claim) {
	var list []claim
	for _, c := range h.claims(b) {
		if !c.member {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	best, next := list[0], 0
	if len(list) > 1 {
		next = list[1].most
	}
	rest := max(next, b.waiting, b.unaccounted)
	quarter := float64(b.capacity) / 4
	if best.ports > rest && float64(best.ports) >= quarter {
		named = &best
	}
	const slack = 2
	if best.most+slack <= max(b.waiting, b.unaccounted-best.most+best.ports) || float64(best.most+slack) < quarter {
		return named, nil
	}
	for _, c := range list {
		if c.most+slack >= best.ports || named != nil && 2*(c.most+slack) >= best.ports {
			may = append(may, c)
		}
	}
	return named, may
}

// moments are the balances by which a pool without an episode may be told: each table,
// and the trace at its peak and its end.
func (v *view) moments() []balance {
	var out []balance
	for _, t := range v.tables {
		out = append(out, v.byTable(t, false))
	}
	if v.trace && len(v.given) > 0 {
		out = append(out, v.byTrace(v.peak.at), v.byTrace(v.last))
	}
	return out
}
