package facts

import (
	"cmp"
	"slices"
	"time"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// Run is a stretch of refusals with no gap of a minute between them.
type Run struct {
	From, To report.Time
	Failures int    // refused attempts; 0 where the TCP/IP driver alone tells
	Acquires int    // port failures that the TCP/IP driver told
	ByFamily [2]int // refused attempts over IPv4 and IPv6
	// Success is the first dynamic bind of the pool that succeeded after To and before
	// the next run, zero when none did.
	Success report.Time
	Holds   []Hold // open at To; only of the runs of any family
	Kept    bool   // Holds is set

	from, to, success etl.FileTime
	gone              []Hold // open at to, given back since
}

// Runs are the runs of refusals of one transport and family, by time.
type Runs struct {
	List []Run
	// Times are those of the refusals, thinned to Apart so that memory stays bounded: a
	// distance to the nearest refusal is exact to that.
	Times []report.Time
	Apart etl.FileTime
	Full  bool // further runs were joined to their neighbours

	now   int // index of the run of the latest refusal
	began bool
	times []etl.FileTime
}

const maxFailureTimes = 1 << 18

// at gives the run of a refusal, a new one where none is near.
func (r *Runs) at(at etl.FileTime) *Run {
	gap := ticks(runGap)
	near := func(w *Run) bool { return at > w.from-gap && at < w.to+gap }
	if r.began && near(&r.List[r.now]) {
		return &r.List[r.now]
	}
	i, _ := slices.BinarySearchFunc(r.List, at, func(w Run, t etl.FileTime) int { return cmp.Compare(w.from, t) })
	for _, at := range []int{i - 1, i} {
		if at >= 0 && at < len(r.List) && near(&r.List[at]) {
			r.now, r.began = at, true
			return &r.List[at]
		}
	}
	if len(r.List) >= maxRuns {
		r.Full = true
		r.now = min(i, len(r.List)-1)
		return &r.List[r.now]
	}
	r.List = slices.Insert(r.List, i, Run{from: at, to: at})
	r.now, r.began = i, true
	return &r.List[i]
}

// refuse folds one refusal and gives how many endpoints need not be remembered any more.
func (r *Runs) refuse(at etl.FileTime, v6, acquire bool) (freed int) {
	w := r.at(at)
	if at >= w.to {
		freed = len(w.gone)
		w.success, w.gone = 0, w.gone[:0]
		if w.Kept && r.Full { // a neighbour joined to it
			freed += len(w.Holds)
			w.Kept, w.Holds = false, nil
		}
	}
	w.from, w.to = min(w.from, at), max(w.to, at)
	if acquire {
		w.Acquires++
	} else {
		w.Failures++
		if v6 {
			w.ByFamily[1]++
		} else {
			w.ByFamily[0]++
		}
	}
	r.keep(at)
	return freed
}

// succeed folds a dynamic bind that succeeded.
func (r *Runs) succeed(at etl.FileTime) {
	if !r.began {
		return
	}
	w := &r.List[r.now]
	if at < w.to || r.now+1 < len(r.List) && at > r.List[r.now+1].from {
		i, _ := slices.BinarySearchFunc(r.List, at, func(w Run, t etl.FileTime) int { return cmp.Compare(w.from, t) })
		if i == 0 || at < r.List[i-1].to {
			return
		}
		w = &r.List[i-1]
	}
	if at >= w.to && (w.success == 0 || at < w.success) {
		w.success = at
	}
}

// keep remembers the time for the pairing with log records.
func (r *Runs) keep(at etl.FileTime) {
	if n := len(r.times); n > 0 && at >= r.times[n-1] && at-r.times[n-1] < r.Apart {
		return
	}
	r.times = append(r.times, at)
	if len(r.times) < maxFailureTimes {
		return
	}
	slices.Sort(r.times)
	r.Apart = max(2*r.Apart, 10000)
	kept := r.times[:1]
	for _, v := range r.times[1:] {
		if v-kept[len(kept)-1] >= r.Apart {
			kept = append(kept, v)
		}
	}
	r.times = kept
}

// finish joins runs that grew together and gives their times.
func (r *Runs) finish() {
	var out []Run
	for _, w := range r.List {
		if n := len(out); n > 0 && w.from-out[n-1].to < ticks(runGap) {
			last := &out[n-1]
			if w.to >= last.to {
				last.to, last.success, last.gone = w.to, w.success, w.gone
				last.Holds, last.Kept = w.Holds, w.Kept
			}
			last.Failures += w.Failures
			last.Acquires += w.Acquires
			last.ByFamily[0] += w.ByFamily[0]
			last.ByFamily[1] += w.ByFamily[1]
			continue
		}
		out = append(out, w)
	}
	for i := range out {
		w := &out[i]
		w.From, w.To, w.Success = stamp(w.from), stamp(w.to), stamp(w.success)
		sortHolds(w.Holds)
	}
	r.List = out
	slices.Sort(r.times)
	for _, t := range r.times {
		r.Times = append(r.Times, stamp(t))
	}
	r.times = nil
}

// outlives remembers an endpoint that gives its port back after it was open at the last
// refusal of the run that is the latest so far.
func (t *Trace) outlives(ep *endpoint, at etl.FileTime) {
	r := &t.Runs[ep.holdsAs][0]
	if !r.began {
		return
	}
	w := &r.List[r.now]
	if w.Kept || ep.got.time > w.to || at <= w.to {
		return
	}
	if t.holdings >= maxHoldings {
		t.limit("trace-too-many-holdings", "which ports were in use at the last refusal is not known in full")
		return
	}
	t.holdings++
	w.gone = append(w.gone, ep.hold())
}

// keepHoldings notes which endpoints were open at the last refusal of the latest run.
// It is called before a further run begins, and at the end; no run begins any more once
// there are too many. Where there are too many,
// those of the oldest run go: the last episode is the one that decides.
func (t *Trace) keepHoldings(tr Transport) {
	r := &t.Runs[tr][0]
	if len(r.List) == 0 || r.List[r.now].Kept {
		return
	}
	w := &r.List[r.now]
	w.Kept, w.Holds, w.gone = true, w.gone, nil
	for ep := range t.endpoints.all() {
		if ep.holds && ep.holdsAs == tr && ep.got.time <= w.to {
			w.Holds = append(w.Holds, ep.hold())
			t.holdings++
		}
	}
	for i := range r.List {
		old := &r.List[i]
		if t.holdings <= maxHoldings {
			break
		}
		if old != w && old.Kept {
			t.holdings -= len(old.Holds)
			old.Kept, old.Holds = false, nil
			t.limit("trace-too-many-holdings", "which ports were in use is kept for the last stretches of refusals only")
		}
	}
}

// refuseRun folds the time of one refusal into the runs of its transport.
func (t *Trace) refuseRun(tr Transport, at etl.FileTime, family uint16, acquire bool) {
	runs := &t.Runs[tr]
	if w := &runs[0]; w.began && !w.Full && at >= w.List[w.now].to+ticks(runGap) {
		t.keepHoldings(tr)
	}
	v6 := family == winsock.FamilyIPv6
	t.holdings -= runs[0].refuse(at, v6, acquire)
	if v6 {
		runs[2].refuse(at, v6, acquire)
	} else {
		runs[1].refuse(at, v6, acquire)
	}
	if runs[0].Full {
		t.limit("trace-too-many-windows", "further stretches of refusals are joined to their neighbours")
	}
}

// succeedRun folds the time of a dynamic bind that succeeded.
func (t *Trace) succeedRun(tr Transport, at etl.FileTime, v6 bool) {
	runs := &t.Runs[tr]
	runs[0].succeed(at)
	if v6 {
		runs[2].succeed(at)
	} else {
		runs[1].succeed(at)
	}
}

// sortHolds puts endpoints by time, port and process.
func sortHolds(holds []Hold) {
	slices.SortFunc(holds, func(a, b Hold) int { return compareHolds(&a, &b) })
}

func compareHolds(a, b *Hold) int {
	return cmp.Or(a.Since.Compare(b.Since.Time), int(a.Port)-int(b.Port), cmp.Compare(a.Process.Key, b.Process.Key), cmp.Compare(a.Process.PID, b.Process.PID))
}

// RefusedNear tells that an attempt was refused at most so far from a time.
func (t *Trace) RefusedNear(at report.Time, within time.Duration) bool {
	for tr := range t.Runs {
		if near, ok := t.Runs[tr][0].Nearest(at); ok && at.Sub(near.Time).Abs() <= within {
			return true
		}
	}
	return slices.ContainsFunc(t.Unknown, func(u UnknownAttempt) bool { return u.At.Sub(at.Time).Abs() <= within })
}

// Nearest is the time of the refusal closest to at.
func (r *Runs) Nearest(at report.Time) (report.Time, bool) {
	if len(r.Times) == 0 {
		return report.Time{}, false
	}
	i, _ := slices.BinarySearchFunc(r.Times, at, func(a, b report.Time) int { return a.Compare(b.Time) })
	switch {
	case i == 0:
		return r.Times[0], true
	case i == len(r.Times), r.Times[i].Sub(at.Time) >= at.Sub(r.Times[i-1].Time):
		return r.Times[i-1], true
	}
	return r.Times[i], true
}

// Surround tells that refusals lie at most so far before a time and so far after it.
func (r *Runs) Surround(at report.Time, within time.Duration) bool {
	i, _ := slices.BinarySearchFunc(r.Times, at, func(a, b report.Time) int { return a.Compare(b.Time) })
	before, after := i-1, i
	if i < len(r.Times) && r.Times[i].Equal(at.Time) {
		return true
	}
	return before >= 0 && after < len(r.Times) && at.Sub(r.Times[before].Time) <= within && r.Times[after].Sub(at.Time) <= within
}
