package compare

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
)

// ruling is the result for one pool. short says it in a few words where it is unclear;
// why are its reasons, the first of which decided: clauses without capital and full stop.
type ruling struct {
	result Result
	short  string
	why    []string
}

func unclear(short, format string, args ...any) ruling {
	return ruling{Unclear, short, []string{fmt.Sprintf(format, args...)}}
}

// The short forms of what is unclear.
const (
	secondBlind  = "the second bundle cannot show it"
	firstBlind   = "the first bundle cannot show it"
	bothBlind    = "neither bundle can show it"
	noTrouble    = "the first bundle shows no trouble to compare with"
	otherMachine = "the bundles are of different machines"
	swapped      = "the second bundle is the earlier one"
	notLater     = "the second bundle is not later than the first"
	orderUnknown = "it is not known which bundle is later"
	repeated     = "the second bundle repeats the failures of the first"
	bothWays     = "the figures point both ways"
)

// rank orders the outcomes that say something; inconclusive has no place in it.
func rank(o report.Outcome) int {
	return slices.Index([]report.Outcome{report.NotExhausted, report.Likely, report.Exhausted}, o)
}

func troubled(o report.Outcome) bool { return rank(o) > rank(report.NotExhausted) }

// rule judges one pool.
func (p *pair) rule() ruling {
	b, a := p.before.outcome(), p.after.outcome()
	switch {
	case !p.before.known:
		return unclear(otherMachine, "the first bundle does not speak of this machine: %s in the second", outcomeText(a))
	case !p.after.known:
		return unclear(otherMachine, "the second bundle does not speak of this machine: %s in the first", outcomeText(b))
	case rank(b) < 0 && rank(a) < 0:
		return unclear(bothBlind, "both bundles are inconclusive: neither shows whether the ports ran out")
	case rank(a) < 0:
		return unclear(secondBlind, "the second bundle is inconclusive, and missing evidence proves nothing")
	case rank(b) < 0 && a == report.NotExhausted:
		return unclear(noTrouble, "the first bundle is inconclusive, so there is nothing to measure the second against")
	case p.order() == earlier:
		return unclear(swapped, "the second bundle ends (%s) before the first begins: the two may be swapped", report.Minute(p.after.moment().To))
	case rank(b) < 0:
		return p.appeared()
	case rank(a) > rank(b):
		return ruling{Worse, "", []string{fmt.Sprintf("the pool was %s and is now %s", outcomeText(b), outcomeText(a))}}
	case rank(a) < rank(b):
		return p.improved()
	case p.oldFailures():
		return unclear(repeated, "all failures of the second bundle lie in the time of the first (until %s): they may be from before the change", report.Minute(p.before.moment().To))
	}
	return p.byFigures()
}

// appeared judges trouble where the first bundle is inconclusive: it is new if the first
// one would have shown it.
func (p *pair) appeared() ruling {
	a := outcomeText(p.after.outcome())
	if seen := shared(p.after.witnesses(), p.before.eyes()); len(seen) > 0 {
		return ruling{Worse, "", []string{fmt.Sprintf("the pool is now %s, and %s of the first bundle shows nothing of it", a, seen[0])}}
	}
	return unclear(firstBlind, "the pool is now %s, and no input of the first bundle could have shown it", a)
}

// oldFailures tells that a later bundle only repeats what the earlier one has: a System
// log keeps its records over a fix.
func (p *pair) oldFailures() bool {
	b, a := p.before.moment().To, p.after.moment().To
	return p.after.outcome() == report.Exhausted && !a.After(b.Time) && p.goesOn()
}

// goesOn tells that the machine's inputs reach further in the second bundle than in the
// first, so that it was made later.
func (p *pair) goesOn() bool {
	b, a := p.before.span(trace, log, snapshot).To, p.after.span(trace, log, snapshot).To
	return a.After(b.Time)
}

// improved judges a pool whose outcome is a better one than before.
func (p *pair) improved() ruling {
	b, a := p.before.outcome(), p.after.outcome()
	seen := p.seen()
	if !seen && (a == report.Likely || b == report.Likely) {
		return unclear(secondBlind, "%s", p.unseen())
	}
	switch p.order() {
	case noOrder:
		return unclear(orderUnknown, "no time tells that the second bundle is later than the first")
	case overlap:
		return unclear(notLater, "the second bundle shows the pool as it was at %s, which is not later than the first (%s)",
			report.Minute(p.after.moment().From), report.Minute(p.before.moment().To))
	}
	if a == report.Likely {
		return ruling{Better, "", []string{"the pressure is lower but not gone"}}
	}
	var why []string
	if !seen {
		why = append(why, p.unseen())
	}
	why = append(why, p.recurred()...)
	why = append(why, p.leaks()...)
	why = append(why, p.noRoom()...)
	why = append(why, p.tooShort()...)
	if len(why) > 0 {
		return ruling{Better, "", why}
	}
	return ruling{Fixed, "", []string{"the later bundle could have shown exhaustion and shows none", p.longEnough()}}
}

// seen tells that the second bundle has the eyes for what the first one shows. Binds that
// succeed through a trace are the contrary of a refusal, whatever told of it; of a pool
// that was merely near its end they say nothing.
func (p *pair) seen() bool {
	b, eyes := p.before.witnesses(), p.after.eyes()
	if p.after.pool != nil && p.after.outcome() == report.NotExhausted && p.after.spanning() == nil && !p.after.complete() {
		return false
	}
	if p.before.outcome() == report.Exhausted && p.after.spanning() != nil {
		return true
	}
	return len(shared(b, eyes)) > 0
}

func (p *pair) unseen() string {
	if by := p.before.witnesses(); len(by) > 0 {
		return "what showed it before (" + strings.Join(by, ", ") + ") is missing from the second bundle or has gaps there"
	}
	return "the second bundle has no input that speaks of this pool as those of the first do"
}

// recurred tells of an episode after the first bundle.
func (p *pair) recurred() []string {
	end := p.before.moment().To
	for _, w := range p.after.windows {
		if w.From.After(end.Time) {
			return []string{"the ports ran out once more after the first bundle, " + report.Period(w.From, w.To)}
		}
	}
	return nil
}

// strain are the findings that a calm pool may have and a fix may not.
var strain = []string{
	"trace-socket-leak", "snapshot-growth", "bound-leak", "pool-forecast", "evtx-stuck-closes",
	"pool-full", "pool-pressure", "close-wait-pile", "time-wait-churn", "tuple-exhaustion", "evtx-4227",
}

// weighty is the share of a pool from which a process that is not named as the holder is
// still one that a fix has to do with.
const weighty = 0.1

// leaks says what in the second bundle still uses up ports.
func (p *pair) leaks() []string {
	var out []string
	for _, h := range p.leakers() {
		out = append(out, fmt.Sprintf("the leak goes on: %s takes %s and does not give them back", h.Image, rateText(h.GrowthPerMinute)))
	}
	for _, id := range strain {
		if f := p.after.finding(id); f != nil {
			out = append(out, fmt.Sprintf("the second bundle still has the finding %s (%s)", id, lowerFirst(f.Title)))
		}
	}
	return out
}

// leakers are the holders of before that grow on, each image once.
func (p *pair) leakers() []report.Holder {
	suspects := p.before.suspects()
	var out []report.Holder
	var told []string
	for _, h := range p.after.rows() {
		key := imageKey(h.Image)
		if h.GrowthPerMinute > 0 && key != "" && slices.Contains(suspects, key) && !slices.Contains(told, key) {
			told, out = append(told, key), append(out, h)
		}
	}
	return out
}

// suspects are the images that held the pool: named, growing, or with a weighty share.
func (h *half) suspects() []string {
	var out []string
	for _, r := range h.rows() {
		if r.Named || r.GrowthPerMinute > 0 || float64(r.Ports) >= weighty*float64(h.capacity()) {
			out = append(out, imageKey(r.Image))
		}
	}
	return unique(out)
}

// noRoom tells of a pool that is larger now and in which no fewer ports are in use: a
// leak fills any range, a larger one only later.
func (p *pair) noRoom() []string {
	b, a := p.before.pool, p.after.pool
	if a == nil || a.Capacity <= b.Capacity {
		return nil
	}
	was := b.MostUsed()
	if b.Outcome == report.Exhausted {
		was = b.Capacity
	}
	lead := fmt.Sprintf("the pool is larger (%s ports before, %s after)", report.Grouped(b.Capacity), report.Grouped(a.Capacity))
	switch {
	case a.Used != nil && *a.Used >= was:
		return []string{fmt.Sprintf("%s, but no fewer are in use (%s before, %s after)", lead, report.Grouped(was), report.Grouped(*a.Used))}
	case !p.after.exact():
		return []string{lead + ", and how many of them are in use is not known"}
	}
	return nil
}

// tooShort tells that the second bundle does not watch the pool for as long as it took
// to run out.
func (p *pair) tooShort() []string {
	pace, watched := p.pace(), p.watched()
	if pace.need <= 0 {
		pace = p.paceNow()
	}
	switch {
	case pace.need <= 0:
		return []string{fmt.Sprintf("the second bundle watches the pool for %s and the first does not show how long the ports took to run out, so that may be too short: watch for at least as long as it took before", report.Rough(watched))}
	case watched < pace.need:
		return []string{fmt.Sprintf("the second bundle watches the pool for %s, and %s: watch for at least %s", report.Rough(watched), pace.text, report.Rough(pace.need))}
	}
	return nil
}

func (p *pair) longEnough() string {
	return fmt.Sprintf("it watches the pool for %s, and %s", report.Rough(p.watched()), p.pace().text)
}

// shared is what stands in both lists.
func shared(a, b []string) []string {
	var out []string
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}
