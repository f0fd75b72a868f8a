package synth

import (
	"fmt"
	"slices"
)

// judge says from what the files were made to tell which outcome is right. It knows
// the host and none of the readers; the rules are those the program promises its
// users. Where a figure lies too near to a threshold for one right answer, it says so.
type judge struct {
	host    *host
	told    []*attempt
	damaged bool
}

const (
	full, pressed, farBelow = 0.95, 0.80, 0.50
	near                    = 0.04 // a share this near to a threshold decides nothing
	signalWithin            = 300 * second
)

// decide fills in the outcome and gives the transport it is about.
func (j *judge) decide(t *Truth) int {
	for i := range transportNames {
		if because := j.exhausted(i); because != "" {
			t.Outcome, t.Because = "exhausted", because
			return i
		}
	}
	if j.damaged {
		t.Outcome, t.Because = "inconclusive", "a file is damaged and no refused attempt is known to be left in it"
		t.Also = []string{"exhausted", "likely"}
		return tcp
	}
	for i := range transportNames {
		if because, sure := j.likely(i); because != "" {
			t.Outcome, t.Because = "likely", because
			if !sure {
				t.Also = []string{"not-exhausted", "inconclusive"}
			}
			return i
		}
	}
	because, sure := j.contrary()
	if t.Outcome = "inconclusive"; because != "" {
		t.Outcome, t.Because = "not-exhausted", because
		if !sure {
			t.Also = []string{"inconclusive"}
		}
		return tcp
	}
	t.Because = "nothing shows it and nothing could show the contrary"
	if !sure {
		t.Also = []string{"not-exhausted"}
	}
	if j.used(udp) > 0 && j.used(tcp) == 0 {
		return udp
	}
	return tcp
}

// exhausted finds a direct witness.
func (j *judge) exhausted(i int) string {
	for _, a := range j.told {
		if a.transport == i && a.exhausted() && !j.damaged {
			return "the trace tells of a refused attempt"
		}
	}
	id := []uint16{4231, 4266}[i]
	if j.host.recipe.Log != nil && !j.damaged && j.logged(id) {
		return fmt.Sprintf("the System log has %d", id)
	}
	if j.host.recipe.Texts.Range == "" || j.damaged {
		return ""
	}
	for k := range j.host.truth.tables {
		if f := &j.host.truth.tables[k]; f.timed && f.used[i] >= j.host.pools[i].capacity && j.signal(f.at) {
			return "a table shows the pool full, and a failure is logged near it"
		}
	}
	return ""
}

// logged tells of a record in the analysed window: from a day before the first time
// of a trace or table to ten minutes after the last.
func (j *judge) logged(id uint16) bool {
	first, last, known := j.covered()
	for _, e := range j.host.log.entries {
		if e.record.Provider == "Tcpip" && e.record.ID == id &&
			(!known || e.at >= first-24*3600*second && e.at <= last+600*second) {
			return true
		}
	}
	return false
}

func (j *judge) covered() (first, last ticks, known bool) {
	note := func(at ticks) {
		if !known {
			first, last, known = at, at, true
		}
		first, last = min(first, at), max(last, at)
	}
	if j.host.recipe.Trace != nil {
		for _, b := range j.host.trace.done {
			note(b.first)
			note(b.last)
		}
	}
	for i := range j.host.truth.tables {
		if f := &j.host.truth.tables[i]; f.timed {
			note(f.at)
		}
	}
	return first, last, known
}

// signal is a failure signal within five minutes: 4227, 16002, or the errors of two
// others.
func (j *judge) signal(at ticks) bool {
	if j.host.recipe.Log == nil {
		return false
	}
	others := map[string]bool{}
	for _, e := range j.host.log.entries {
		if e.at < at-signalWithin || e.at > at+signalWithin {
			continue
		}
		switch {
		case e.record.Provider == "Tcpip" && e.record.ID == 4227, e.record.Provider == "AFD" && e.record.ID == 16002:
			return true
		case symptoms[e.record.Provider]:
			others[e.record.Provider] = true
		}
	}
	return len(others) >= 2
}

var symptoms = map[string]bool{
	"NETLOGON": true, "Microsoft-Windows-GroupPolicy": true, "Microsoft-Windows-Time-Service": true, "Microsoft-Windows-DNS-Client": true,
}

// used is the most ports of a pool that the files show in use.
func (j *judge) used(i int) int {
	most := 0
	for k := range j.host.truth.tables {
		most = max(most, j.host.truth.tables[k].used[i])
	}
	atEnd := 0
	for _, n := range j.host.truth.atEnd[i] {
		atEnd += n
	}
	return max(most, atEnd)
}

func (j *judge) share(i, n int) float64 {
	return float64(n) / float64(max(j.host.pools[i].capacity, 1))
}

// likely finds pressure; false with it when a threshold is near.
func (j *judge) likely(i int) (string, bool) {
	if j.host.recipe.Texts.Range == "" {
		return "", true
	}
	share := j.share(i, j.used(i))
	reused := i == tcp && j.host.recipe.Log != nil && j.logged(4227)
	switch {
	case share >= full:
		return fmt.Sprintf("%.0f %% of the pool are in use", 100*share), share >= full+near/2 || share >= 1
	case share > full-near:
		return "the pool is nearly full", false
	case reused && share > pressed-near:
		return "ports were re-used too soon in a crowded pool", share > pressed+near
	}
	return j.filling(i)
}

// filling tells that a process takes ports at a rate that fills the pool within as
// long again as it was seen.
func (j *judge) filling(i int) (string, bool) {
	capacity := float64(j.host.pools[i].capacity)
	for pid, g := range j.host.truth.opens[i] {
		open := g.opened - g.closed
		if open < 15 || float64(open) < 0.4*float64(g.opened) || g.rate() < 0.8 {
			continue
		}
		first, last, _ := j.covered()
		ahead := float64(j.host.truth.atEnd[i][pid]) + g.rate()*float64(last-first)/float64(60*second)
		if ahead >= 0.8*capacity {
			return "a leak fills the pool soon", ahead >= 1.25*capacity && open >= 30 && float64(open) >= 0.6*float64(g.opened)
		}
	}
	return j.tablesFill(i)
}

// tablesFill is the same from table to table.
func (j *judge) tablesFill(i int) (string, bool) {
	var timed []*tableFacts
	for k := range j.host.truth.tables {
		if f := &j.host.truth.tables[k]; f.timed && f.pids {
			timed = append(timed, f)
		}
	}
	if len(timed) < 3 {
		return "", true
	}
	first, last := timed[0], timed[len(timed)-1]
	for pid, n := range last.byPID[i] {
		grown := n - first.byPID[i][pid]
		if grown < 15 {
			continue
		}
		if ahead := float64(last.used[i] + grown); ahead >= 0.8*float64(j.host.pools[i].capacity) {
			return "a process's ports grow from table to table", ahead >= 1.25*float64(j.host.pools[i].capacity) && grown >= 30
		}
	}
	return "", true
}

// contrary says why the pool did not run out; "" when the files could not show that.
// False with it when it depends on more than is worked out here.
func (j *judge) contrary() (string, bool) {
	clear := j.host.recipe.Texts.Range != "" && j.share(tcp, j.used(tcp)) < farBelow-near
	for _, a := range j.told {
		if a.status == tooMany && a.stated {
			return "", true
		}
	}
	if t := j.host.recipe.Trace; t != nil && j.host.trace.complete() && !t.NotClosed && j.spanned() {
		return "dynamic binds succeed from the begin of the trace to its end", clear
	}
	for k := range j.host.truth.tables {
		f := &j.host.truth.tables[k]
		if f.bound && f.pids && f.timed && clear && j.host.recipe.Log != nil && j.host.recipe.Log.covers(f.at) {
			return "a whole table shows a pool that is far from full, and the System log is silent", false
		}
	}
	return "", j.host.recipe.Trace == nil && len(j.host.truth.tables) == 0
}

func (l *Log) covers(at ticks) bool { return ticksOf(l.From) <= at && ticksOf(l.Until) >= at }

// spanned tells that dynamic binds of TCP succeed within a minute of the trace's ends
// and never a minute apart.
func (j *judge) spanned() bool {
	given := slices.Clone(j.host.truth.given[tcp])
	first, last, known := j.covered()
	if !known || len(given) == 0 {
		return false
	}
	slices.Sort(given)
	gap := max(60*second, (last-first)/10)
	if given[0]-first > 60*second || last-given[len(given)-1] > 60*second {
		return false
	}
	for i := range given[1:] {
		if given[i+1]-given[i] > gap {
			return false
		}
	}
	return true
}
