package synth

import (
	"fmt"
	"slices"
)

// judge says from what the files were made to tell which outcome is right. It knows
// the host and none of the readers; the rules are those the program promises its
// users. Where a figure lies too near to a threshold for one right answer, it says so.
type judge struct {
	host     *host
	told     []*attempt
	damaged  bool
	views    [2]*view
	episodes [2][]*episode
	leaks    [2]leaks
}

// answer is an outcome with those that are as good, and why.
type answer struct {
	outcome string
	also    []string
	because string
}

const (
	exhausted, likely, healthy, open = "exhausted", "likely", "not-exhausted", "inconclusive"

	full, pressed, farBelow = 0.95, 0.80, 0.50

	near            = 0.01 // a share this near to a threshold decides nothing
	smallestDefault = 16384
)

func newJudge(h *host, told []*attempt) *judge {
	j := &judge{host: h, told: told, damaged: len(h.recipe.Damage) > 0}
	for i := range transportNames {
		j.views[i] = newView(h, i, told)
	}
	first, _, known := j.covered()
	for i, v := range j.views {
		j.episodes[i] = v.episodes()
		for _, e := range j.episodes[i] {
			e.earlier = known && len(e.refusals) == 0 && !e.table && e.to < first-24*3600*second
		}
		j.leaks[i] = v.findLeaks()
	}
	return j
}

// covered is the time of trace and timed tables.
func (j *judge) covered() (first, last ticks, known bool) {
	first, last = never, -never
	if v := j.views[tcp]; v.trace {
		first, last = v.first, v.last
	}
	for k := range j.host.truth.tables {
		if f := &j.host.truth.tables[k]; f.timed {
			first, last = min(first, f.at), max(last, f.at)
		}
	}
	return first, last, first != never
}

// deciding are the episodes of a pool that decide its outcome.
func (j *judge) deciding(i int) []*episode {
	return slices.DeleteFunc(slices.Clone(j.episodes[i]), func(e *episode) bool { return e.earlier })
}

// pool gives the outcome of a pool.
func (j *judge) pool(i int) answer {
	a := j.decide(i)
	v := j.views[i]
	switch {
	case j.damaged:
		a.also = others(a.outcome)
	case v.trace && !v.whole && a.outcome == exhausted && len(v.refusals) > 0 && len(v.refusals) < 10:
		a.also = others(a.outcome) // what tells the transport may be lost
	case v.trace && !v.whole && a.outcome != exhausted && slices.ContainsFunc(j.told, (*attempt).exhausted):
		a.also = others(a.outcome)
	case !v.ranged && a.outcome != exhausted:
		a.also = others(a.outcome)
	}
	return a
}

func others(outcome string) []string {
	return slices.DeleteFunc([]string{exhausted, likely, healthy, open}, func(s string) bool { return s == outcome })
}

func (j *judge) decide(i int) answer {
	if j.damaged {
		return answer{open, nil, "a file is damaged and no refused attempt is known to be left in it"}
	}
	if a, found := j.witnessed(i); found {
		return a
	}
	if a, found := j.pressure(i); found {
		return a
	}
	return j.contrary(i)
}

// witnessed finds what shows that the pool ran out.
func (j *judge) witnessed(i int) (answer, bool) {
	refused, logged, table := false, false, false
	for _, e := range j.deciding(i) {
		refused, logged, table = refused || len(e.refusals) > 0, logged || len(e.records) > 0, table || e.table
	}
	switch {
	case refused:
		return answer{exhausted, nil, "the trace tells of a refused attempt"}, true
	case logged:
		return answer{exhausted, nil, fmt.Sprintf("the System log has %d", []int{4231, 4266}[i])}, true
	case !table:
		return answer{}, false
	}
	a := answer{exhausted, nil, "a table shows the pool full, and a failure is logged near it"}
	for _, t := range j.views[i].tables {
		if _, sure := j.views[i].tableWitness(t); !sure {
			a.also = []string{likely}
		}
	}
	return a, true
}

// pressure finds what makes it likely.
func (j *judge) pressure(i int) (answer, bool) {
	v := j.views[i]
	sure, atAll, _ := v.used()
	low, high := v.share(sure), v.share(atAll)
	reused := len(v.reused) > 0
	weak := i == tcp && j.host.trace.driver[1195] > 0
	switch {
	case low >= full:
		a := answer{likely, nil, fmt.Sprintf("%.0f %% of the pool are in use", 100*low)}
		for _, t := range v.tables {
			if _, sure := v.tableWitness(t); !sure {
				a.also = []string{exhausted}
			}
		}
		return a, true
	case v.share(v.mostStuck()) >= pressed:
		return answer{likely, unless(v.share(v.mostStuck()) >= pressed+near, healthy, open), "ports whose close hangs are most of the pool"}, true
	case weak:
		return answer{likely, nil, "the driver gave ports that were in use already"}, true
	case reused && low > pressed:
		return answer{likely, unless(low > pressed+near, healthy, open), "ports were re-used too soon in a crowded pool"}, true
	case j.leaks[i].sure(v):
		return answer{likely, nil, "leaks fill the pool soon"}, true
	case high >= full:
		return answer{likely, []string{healthy, open}, "the pool is nearly full"}, true
	case j.leaks[i].perhaps(v):
		return answer{likely, []string{healthy, open}, "what grows may fill the pool soon"}, true
	}
	return answer{}, false
}

// unless gives what is as good, unless a thing is sure.
func unless(sure bool, also ...string) []string {
	if sure {
		return nil
	}
	return also
}

func (v *view) share(n int) float64 { return float64(n) / float64(max(v.capacity, 1)) }

// contrary says why a pool did not run out, or that the files cannot show it.
func (j *judge) contrary(i int) answer {
	v := j.views[i]
	if v.stated {
		return answer{open, nil, "a stated port was refused with the status of an empty pool"}
	}
	_, atAll, _ := v.used()
	calm := v.share(atAll) < pressed
	sure := v.share(atAll) < pressed-near
	if len(v.reused) > 0 || v.share(v.mostStuck()) >= farBelow {
		calm = false
	}
	if spanned, close := v.spanned(); spanned && v.whole && calm {
		return answer{healthy, unless(sure && !close && !j.host.recipe.Trace.NotClosed, open), "dynamic binds succeed from the begin of the trace to its end"}
	} else if close && v.whole && calm {
		return answer{open, []string{healthy}, "dynamic binds hardly span the trace"}
	}
	for _, t := range v.tables {
		if log := j.host.recipe.Log; calm && t.complete && t.timed && v.ranged && log != nil && log.covers(t.at) && v.silent(t.at) {
			if share := v.share(v.notFree(t)); share < farBelow {
				return answer{healthy, unless(sure && share < farBelow-near && !log.Silent && j.host.recipe.Host.Build >= 10240 && (!v.trace || v.whole), open), "a whole table shows a pool that is far from full, and the System log is silent"}
			}
		}
	}
	if !calm {
		return answer{open, unless(len(v.reused) > 0 || v.share(v.mostStuck()) >= farBelow+near || v.share(atAll) >= pressed+near, healthy), "the pool is under pressure, and nothing more is known"}
	}
	return answer{open, nil, "nothing shows it and nothing could show the contrary"}
}

func (l *Log) covers(at ticks) bool { return ticksOf(l.From) <= at && ticksOf(l.Until) >= at }

// silent tells that no record of an empty pool stands in the day before.
func (v *view) silent(at ticks) bool {
	return !slices.ContainsFunc(v.records, func(r ticks) bool { return r >= at-24*3600*second && r <= at })
}

// spanned tells that dynamic binds succeed within a minute of the trace's ends and never
// a minute apart; close with it that a threshold is near.
func (v *view) spanned() (spanned, close bool) {
	if !v.trace || len(v.given) == 0 {
		return false, false
	}
	within := max(quiet, (v.last-v.first)/10)
	ends := max(v.given[0]-v.first, v.last-v.given[len(v.given)-1])
	gap := ticks(0)
	for k := range v.given[1:] {
		gap = max(gap, v.given[k+1]-v.given[k])
	}
	spanned = ends <= quiet && gap <= within
	const slack = 2 * second
	return spanned, spanned != (ends <= quiet-slack && gap <= within-slack) || spanned != (ends <= quiet+slack && gap <= within+slack)
}

// bundle is the outcome of the whole by those of its pools, with the pool that the
// headline speaks of and those that are as good.
func (j *judge) bundle(pools [2]answer) (all answer, headline []string) {
	worst := func(p [2]string) string {
		switch {
		case slices.Contains(p[:], exhausted):
			return exhausted
		case slices.Contains(p[:], likely):
			return likely
		}
		if p[tcp] != healthy {
			return open
		}
		for i, v := range j.views {
			if sure, _, known := v.used(); known && v.ranged && v.share(sure) >= pressed || p[i] != healthy && v.stated {
				return open
			}
		}
		return healthy
	}
	all.outcome = worst([2]string{pools[tcp].outcome, pools[udp].outcome})
	for _, a := range append([]string{pools[tcp].outcome}, pools[tcp].also...) {
		for _, b := range append([]string{pools[udp].outcome}, pools[udp].also...) {
			if o := worst([2]string{a, b}); o != all.outcome && !slices.Contains(all.also, o) {
				all.also = append(all.also, o)
			}
		}
	}
	slices.Sort(all.also)
	for i := range transportNames {
		if pools[i].outcome == all.outcome {
			headline = append(headline, transportNames[i])
		}
	}
	if all.outcome == open && len(headline) > 1 || len(headline) == 0 {
		headline = []string{"tcp"} // equally weak
	}
	if headline[0] == "udp" {
		all.because = pools[udp].because
	} else {
		all.because = pools[tcp].because
	}
	return all, headline
}
