package synth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"portverdict/report"
)

// Differences says where a report is not the truth, in sentences whose first word says
// of what they are: outcome, headline, pool, cause, window, balance, holder, victim or
// missing. Nothing is said of what the files do not suffice for, and of several right
// answers each is right.
func Differences(t *Truth, r *report.Report) []string {
	d := &differences{truth: t, verdict: &r.Verdict}
	d.outcome()
	d.hosts()
	for i := range t.Pools {
		d.pool(&t.Pools[i])
	}
	windows := d.windows()
	d.holders(windows)
	d.victims()
	d.missing()
	return d.out
}

type differences struct {
	truth   *Truth
	verdict *report.Verdict
	out     []string
}

func (d *differences) say(format string, a ...any) { d.out = append(d.out, fmt.Sprintf(format, a...)) }

// oneOf tells whether a word is the answer or as good.
func oneOf(found, want string, also []string) bool {
	return found == want || slices.Contains(also, found)
}

// or words a choice.
func choice(want string, also []string) string {
	words := append([]string{want}, also...)
	for i, w := range words {
		if w == "" {
			words[i] = "none"
		}
	}
	return strings.Join(words, " or ")
}

func (d *differences) outcome() {
	t, v := d.truth, d.verdict
	if o := string(v.Outcome); !oneOf(o, t.Outcome, t.Also) {
		d.say("outcome %s, want %s: %s (%v)", o, choice(t.Outcome, t.Also), t.Because, v.Reasons)
	} else if o == t.Outcome && len(t.Also) == 0 && !oneOf(v.Transport, t.Transport, t.TransportAlso) {
		d.say("headline of %s, want %s", v.Transport, choice(t.Transport, t.TransportAlso))
	}
	own := slices.ContainsFunc(v.Pools, func(p report.Pool) bool { return p.Transport == v.Transport && p.Cause == v.Cause })
	if len(v.Pools) > 0 && !own && v.Transport != "unknown" {
		d.say("cause %q of the headline is that of no pool of %s", v.Cause, v.Transport)
	}
}

// hosts compares the machine of everything that is told with the one there is, and the
// headline with its pool. A bundle need not name its machine.
func (d *differences) hosts() {
	t, v := d.truth, d.verdict
	named := []string{v.Host}
	for i := range v.Pools {
		named = append(named, v.Pools[i].Host)
	}
	for i := range v.Windows {
		named = append(named, v.Windows[i].Host)
	}
	for i := range v.Holders {
		named = append(named, v.Holders[i].Host)
	}
	for i := range v.Victims {
		named = append(named, v.Victims[i].Host)
	}
	for _, name := range named {
		if name != v.Host || name != "" && name != t.Host {
			d.say("headline of the machine %q and others of %q, want %q", v.Host, name, t.Host)
			return
		}
	}
	if v.Transport != "unknown" && !strings.Contains(v.Summary, strings.ToUpper(v.Transport)) {
		d.say("headline %q does not speak of %s", v.Summary, v.Transport)
	}
}

// pool compares one pool. Its figures are compared where the range is told.
func (d *differences) pool(want *PoolTruth) {
	var found []*report.Pool
	for i := range d.verdict.Pools {
		if p := &d.verdict.Pools[i]; p.Transport == want.Transport {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		d.say("pool %s stands %d times", want.Transport, len(found))
		return
	}
	p := found[0]
	if want.Ranged && (p.Start != want.Start || p.Count != want.Count || p.Capacity != want.Capacity) {
		d.say("pool %s: %d from %d, capacity %d, want %d from %d, capacity %d", p.Transport, p.Count, p.Start, p.Capacity, want.Count, want.Start, want.Capacity)
	}
	if want.UsedSure {
		d.used(want, p)
	}
	if !oneOf(string(p.Outcome), want.Outcome, want.Also) {
		d.say("pool %s is %s, want %s: %s (%v)", p.Transport, p.Outcome, choice(want.Outcome, want.Also), want.Because, p.Reasons)
	} else if want.CauseSure && !oneOf(string(p.Cause), want.Cause, want.CauseAlso) {
		d.say("cause of %s is %q, want %s", p.Transport, p.Cause, choice(want.Cause, want.CauseAlso))
	}
	d.addsUp("pool "+p.Transport, &p.Balance, p.Capacity)
}

func (d *differences) used(want *PoolTruth, p *report.Pool) {
	least, most := *want.Used, max(*want.Used, want.UsedMost)
	switch {
	case p.Used == nil && least > 0:
		d.say("pool %s: what is used is not told, want %d", p.Transport, least)
	case p.Used != nil && (*p.Used < least || *p.Used > most):
		d.say("pool %s: %d used, want %d to %d", p.Transport, *p.Used, least, most)
	}
}

// addsUp checks what is true of every balance.
func (d *differences) addsUp(of string, b *report.Balance, capacity int) {
	if sum := b.Holders + b.StuckCloses + b.TimeWait + b.Unaccounted + b.Free; sum != b.Capacity || b.Capacity != capacity {
		d.say("balance of %s: the parts are %d, its capacity %d, the pool's %d", of, sum, b.Capacity, capacity)
	}
	if least := min(b.Holders, b.StuckCloses, b.TimeWait, b.Unaccounted, b.Free); least < 0 {
		d.say("balance of %s: a part is %d", of, least)
	}
}

// windows compares the episodes, and tells whether they are the same ones.
func (d *differences) windows() bool {
	want, found := d.truth.Windows, d.verdict.Windows
	for i := range found {
		w := &found[i]
		for k := range d.verdict.Pools {
			if p := &d.verdict.Pools[k]; w.Balance != nil && p.Transport == w.Transport {
				d.addsUp(fmt.Sprintf("window %d", i), w.Balance, p.Capacity)
			}
		}
	}
	if !d.truth.Sure.Windows {
		return false
	}
	if len(found) != len(want) {
		d.say("window: %d of them, want %d: %v", len(found), len(want), want)
		return false
	}
	for i := range want {
		if found[i].Transport != want[i].Transport {
			d.say("window %d is of %s, want %s", i, found[i].Transport, want[i].Transport)
			return false
		}
		d.window(i, &want[i], &found[i])
	}
	return true
}

// endedWithin is how near the end of an episode has to be: a recovery begins somewhere
// between the last refusal and the first success.
const endedWithin = 10 * time.Second

// tableWithin is how near the time of a table is: its stamp may have whole seconds.
const tableWithin = time.Second

func (d *differences) window(i int, want *Window, found *report.Window) {
	if !at(found.From, want.From, want.FromAlso) {
		d.say("window %d is from %s, want %s", i, found.From, want.From)
	}
	if !at(found.To, want.To, want.ToAlso) {
		d.say("window %d is to %s, want %s", i, found.To, want.To)
	}
	if found.Failures != want.Failures {
		d.say("window %d has %d failures, want %d", i, found.Failures, want.Failures)
	}
	if !oneOf(found.Ends, want.Ends, want.EndsAlso) {
		d.say("window %d ends by %s, want %s", i, found.Ends, choice(want.Ends, want.EndsAlso))
	} else if ended := moment(want.EndedAt); !ended.IsZero() && found.Ends == want.Ends && found.EndedAt.Sub(ended).Abs() > endedWithin {
		d.say("window %d ended at %s, want %s", i, found.EndedAt, want.EndedAt)
	}
	b := want.Balance
	if !b.Sure {
		return
	}
	f := found.Balance
	if f == nil {
		d.say("balance of window %d is not told", i)
		return
	}
	if b.Unaccounted < b.Capacity && f.Basis != b.Basis {
		d.say("balance of window %d is by %s, want %s", i, f.Basis, b.Basis)
		return
	}
	if b.Basis == "table" && f.At.Sub(moment(b.At)).Abs() > tableWithin {
		d.say("balance of window %d is by the table of %s, want that of %s", i, f.At, b.At)
	}
	more := f.Holders - b.Holders // of closes that were under way
	if more < 0 || more > b.Closing || f.Unaccounted != b.Unaccounted-more || f.TimeWait != b.TimeWait || f.Free != b.Free || f.StuckCloses != b.StuckCloses {
		d.say("balance of window %d: %+v, want %+v", i, *f, b)
	}
}

func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{} // "": not known
	}
	return t
}

// at tells whether a time is the answer or as good.
func at(found report.Time, want string, also []string) bool {
	return found.Equal(moment(want)) || slices.ContainsFunc(also, func(s string) bool { return found.Equal(moment(s)) })
}

// holders compares who held the ports and who is named. Where the episodes are not the
// same, a holder may stand in any of them.
func (d *differences) holders(windows bool) {
	same := func(want *Holder, h *report.Holder) bool {
		return h.Transport == want.Transport && (!windows || h.Window == want.Window) && int(h.PID) == want.PID && (want.PID != 0 || h.Image == want.Image)
	}
	for i := range d.truth.Holders {
		want := &d.truth.Holders[i]
		if !windows && want.Window >= 0 {
			continue
		}
		k := slices.IndexFunc(d.verdict.Holders, func(h report.Holder) bool { return same(want, &h) })
		switch {
		case k < 0 && (want.Sure || want.Named):
			d.say("holder %d %s of %d ports of %s is not told of window %d", want.PID, want.Image, want.Ports, want.Transport, want.Window)
		case k < 0:
		case want.Sure && (d.verdict.Holders[k].Ports < want.Ports || d.verdict.Holders[k].Ports > want.PortsMost):
			d.say("holder %d %s: %d ports of %s in window %d, want %d to %d", want.PID, want.Image, d.verdict.Holders[k].Ports, want.Transport, want.Window, want.Ports, want.PortsMost)
		case want.Named && !d.verdict.Holders[k].Named:
			d.say("holder %d %s of %s is not named in window %d", want.PID, want.Image, want.Transport, want.Window)
		}
	}
	for i := range d.verdict.Holders {
		h := &d.verdict.Holders[i]
		may := slices.ContainsFunc(d.truth.Holders, func(want Holder) bool { return want.MayName && same(&want, h) })
		if h.Named && !may {
			d.say("holder %d %s of %d ports of %s is named in window %d and must not be", h.PID, h.Image, h.Ports, h.Transport, h.Window)
		}
	}
}

// victims compares who was refused and how often, for each pool.
func (d *differences) victims() {
	if !d.truth.Sure.Victims {
		return
	}
	type victim struct {
		transport string
		pid       int
	}
	left := map[victim]int{}
	for _, v := range d.truth.Victims {
		left[victim{v.Transport, v.PID}] += v.Failures
	}
	found := map[victim]int{}
	for _, v := range d.verdict.Victims {
		found[victim{v.Transport, int(v.PID)}] += v.Failures
	}
	both := maps.Clone(left)
	maps.Copy(both, found)
	for _, k := range slices.SortedFunc(maps.Keys(both), func(a, b victim) int { return a.pid - b.pid + 1<<20*strings.Compare(a.transport, b.transport) }) {
		switch want, told := left[k], found[k]; {
		case told == 0:
			d.say("victim %d of %s is not told", k.pid, k.transport)
		case want == 0:
			d.say("victim %d of %s was never refused", k.pid, k.transport)
		case want != told:
			d.say("victim %d of %s: %d failures, want %d", k.pid, k.transport, told, want)
		}
	}
}

// asked are words by which an input that is missing can be known.
var asked = map[string][]string{"netsh trace": {"trace"}, "System.evtx": {"system", "evtx"}, "dynamic port range": {"range", "dynamicport"}}

// missing wants the inputs that would have told more, unless nothing is left to tell.
func (d *differences) missing() {
	if d.verdict.Confidence == report.Proven {
		return
	}
	for _, input := range d.truth.Missing {
		told := slices.ContainsFunc(d.verdict.Missing, func(m report.Missing) bool {
			text := strings.ToLower(m.Input + " " + m.How)
			return slices.ContainsFunc(asked[input], func(word string) bool { return strings.Contains(text, word) })
		})
		if !told {
			d.say("missing %s is not told", input)
		}
	}
}
