package synth

import (
	"maps"
	"slices"
)

// causes are the kinds of a pool's trouble that are right, the best first. Nil: nothing
// can be said of them here.
func (j *judge) causes(i int, a answer) []string {
	v := j.views[i]
	switch {
	case j.damaged || v.trace && !v.whole:
		return nil
	case a.outcome == exhausted || a.outcome == likely:
		if !v.ranged || len(a.also) > 0 {
			return nil
		}
		return j.causesOfTrouble(i)
	case len(a.also) > 0:
		return nil
	}
	return j.otherCauses(i)
}

// causesOfTrouble are those of a pool that ran out, by its last episode, or is likely
// to: burst, leak, churn, a small range, or none that is known.
func (j *judge) causesOfTrouble(i int) []string {
	v := j.views[i]
	var books []balance
	ends := []ticks{never}
	if list := j.deciding(i); len(list) > 0 {
		e := list[len(list)-1]
		switch {
		case v.share(v.stuckAt(e.from)) >= farBelow+near:
			return []string{"stuck-close"}
		case v.share(v.stuckAt(e.to)) >= farBelow-near:
			return nil // it depends on the moment
		}
		b := j.books(i, e)
		if !b.sure {
			return nil
		}
		books = []balance{b}
		ends = []ticks{e.begun(), list[0].begun()} // which first refusal is meant
	} else if books = v.moments(); v.share(v.mostStuck()) >= farBelow {
		return []string{"stuck-close"}
	}
	var out []string
	add := func(cause string) {
		if !slices.Contains(out, cause) {
			out = append(out, cause)
		}
	}
	for _, b := range books {
		named, may := j.host.nameable(b)
		settled := false
		if named != nil {
			may = []claim{*named}
		}
		for _, c := range may {
			kinds, certain := j.holderCauses(i, b, c, ends)
			for _, k := range kinds {
				add(k)
			}
			settled = named != nil && certain
		}
		if settled {
			continue
		}
		if b.waiting > b.unaccounted && !slices.ContainsFunc(j.host.claims(b), func(c claim) bool { return c.ports >= b.waiting }) {
			add("churn")
			continue
		}
		if len(j.deciding(i)) == 0 && j.leaks[i].perhaps(v) {
			add("leak") // of several, none of which is named
		}
		add(j.byRange(i))
	}
	return out
}

// byRange is what is left when no process is the cause.
func (j *judge) byRange(i int) string {
	r := []*Range{&j.host.recipe.TCP, &j.host.recipe.UDP}[i]
	if r.Count < smallestDefault || 10*(r.Count-j.host.pools[i].capacity) >= r.Count {
		return "small-range"
	}
	return "unknown"
}

// members are the processes that a claim is of: one, or all of an image.
func (h *host) members(c claim, b balance) []int {
	if c.pid != 0 {
		return []int{c.pid}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(b.byPID)), func(pid int) bool { return h.image(pid) != c.image })
}

// holderCauses are what the ports of a holder may be called, the first that holds by any
// reading first; certain when nothing else may be.
func (j *judge) holderCauses(i int, b balance, c claim, ends []ticks) (kinds []string, certain bool) {
	v := j.views[i]
	members := j.host.members(c, b)
	burst, perhaps := v.gaveBack(b, c, members)
	if perhaps {
		kinds = append(kinds, "burst")
	}
	if burst { // by a process that lives on, as far as that is told
		return kinds, j.host.recipe.Texts.Tasklist != ""
	}
	leaks, may := true, false
	marks, grown := 0, 0
	for _, pid := range members {
		for _, end := range ends {
			sure, one := v.leaking(pid, end)
			leaks, may = leaks && sure, may || one
		}
		grown += j.grown(i, pid, b.at)
		if b.table != nil {
			marks += b.table.orphans[i][pid] + b.table.halfShut[i][pid]
		}
	}
	// A socket that is bound and nothing more is the mark of a leak; so is one whose peer
	// has gone. One table does not tell whether they grow. What was opened in the trace
	// and is not given back may have come too fast for the rule.
	may = may || marks > 0 || v.trace && grown > 0
	leaks = leaks || 10*marks >= v.capacity && 2*marks >= c.ports && 2*grown >= c.ports
	if leaks || may {
		kinds = append(kinds, "leak")
	}
	return kinds, leaks && !perhaps
}

// grown is how many ports a process took since the start, for ever, and has at a time.
func (j *judge) grown(i, pid int, at ticks) int {
	n := 0
	for _, u := range j.host.truth.uses {
		if u.transport == i && u.pid == pid && u.leaks() && u.port != 0 && u.chosen <= at && u.closed > at {
			n++
		}
	}
	return n
}

// gaveBack tells that a holder took its ports and gave them back while the inputs last:
// surely, and perhaps.
func (v *view) gaveBack(b balance, c claim, members []int) (sure, perhaps bool) {
	sum := func(of map[int]int) (n int) {
		for _, pid := range members {
			n += of[pid]
		}
		return n
	}
	left := func(n int) {
		sure = sure || 10*n <= c.ports
		perhaps = perhaps || 4*n <= 3*c.ports
	}
	if v.trace && v.last > b.at {
		held, _ := v.open(v.last)
		kept := 0
		for _, u := range v.seen {
			if slices.Contains(members, u.pid) && v.inPool(u) && u.opened <= b.at && u.closed > v.last {
				kept++
			}
		}
		if had, _ := v.open(b.at); 10*sum(had) >= 9*c.ports { // the trace saw it take them
			left(sum(held))
			perhaps = perhaps || 4*kept <= 3*c.ports
		}
	}
	for _, t := range v.tables {
		if t.timed && t.pids && t.complete && t.at > b.at && t.boot == v.bootOf(b.at) {
			left(sum(t.byPID[v.transport]))
		}
	}
	return sure, sure || perhaps
}

// bootOf is the boot that a time is of.
func (v *view) bootOf(at ticks) int {
	if r := ticksOf(v.host.recipe.Restart); r > 0 && at >= r+downFor {
		return 1
	}
	return 0
}

// notPorts are statuses of trouble that is not one of ports: memory, a filter, the peer or
// the way to it.
var notPorts = map[uint32]bool{0xC000009A: true, 0xC0000022: true, 0xC00000B5: true, 0xC0000236: true, 0xC000023C: true}

// otherCauses are those of a pool that did not run out.
func (j *judge) otherCauses(i int) []string {
	v := j.views[i]
	type tally struct{ binds, blocked int }
	of := map[int]*tally{}
	at := func(pid int) *tally {
		if of[pid] == nil {
			of[pid] = &tally{}
		}
		return of[pid]
	}
	for _, u := range v.seen {
		at(u.pid).binds++
	}
	for _, a := range j.told {
		if a.transport != i {
			continue
		}
		if a.kind == "bind" { // a connect that failed was bound before
			at(a.pid).binds++
		}
		if notPorts[a.status] && !(a.status == 0xC0000022 && a.stated) {
			at(a.pid).blocked++
		}
	}
	var out []string
	blocked := false
	for _, t := range of {
		blocked = blocked || t.blocked >= 10 && 10*t.blocked >= t.binds
	}
	crowded := len(v.reused) > 0 // towards one remote endpoint
	for _, t := range v.tables {
		crowded = crowded || float64(t.most[i]) >= (pressed-0.05)*float64(v.capacity)
	}
	if crowded {
		out = append(out, "per-peer")
	}
	if blocked {
		return append(out, "not-ports")
	}
	return append(out, "")
}
